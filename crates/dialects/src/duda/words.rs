//! Duda's words for states (tables of its documentation) against the canonical ones. Lines without a word of Duda's own
//! that came before say how what other platforms know is put to Duda's apps: with the nearest word there is. What a shop
//! calls by a word of its own is put as the word that promises least.

use crate::Words;
use crate::words::Vocabulary;

/// `order.status`.
pub(super) const ORDER: Vocabulary = Vocabulary {
    words: Words(&[
        ("in_progress", "IN_PROGRESS"),
        ("processed", "PROCESSED"),
        ("disputed", "DISPUTED"),
        ("shipped", "SHIPPED"),
        ("delivered", "DELIVERED"),
        ("pending", "PENDING"),
        ("cancelled", "CANCELLED"),
        ("dispatched", "DISPATCHED"),
        ("incomplete", "PENDING"),
        ("opened", "PENDING"),
        ("placed", "IN_PROGRESS"),
        ("awaiting_payment", "PENDING"),
        ("awaiting_fulfillment", "IN_PROGRESS"),
        ("awaiting_shipment", "PROCESSED"),
        ("awaiting_pickup", "PROCESSED"),
        ("partially_shipped", "PROCESSED"),
        ("completed", "DELIVERED"),
        ("finished", "DELIVERED"),
        ("declined", "CANCELLED"),
        ("refunded", "CANCELLED"),
        ("partially_refunded", "PROCESSED"),
        ("manual_verification_required", "PENDING"),
    ]),
    other: Some("PENDING"),
};

/// `payment.status`, which is the order's financial status.
pub(super) const PAYMENT: Vocabulary = Vocabulary {
    words: Words(&[
        ("paid", "PAID"),
        ("deferred", "DEFERRED"),
        ("paid_deferred", "PAID_DEFERRED"),
        ("charged_back", "CHARGED_BACK"),
        ("refunded", "REFUNDED"),
        ("paid_out", "PAIDOUT"),
        ("paying", "PENDING"),
        ("failed", "FAILED"),
        ("expired", "EXPIRED"),
        ("cancelled", "CANCELLED"),
        ("waiting", "OPEN"),
        ("authorized", "AUTHORIZED"),
        ("incomplete", "OPEN"),
        ("CUSTOM_PAYMENT_STATUS_1", "OPEN"),
        ("CUSTOM_PAYMENT_STATUS_2", "OPEN"),
        ("CUSTOM_PAYMENT_STATUS_3", "OPEN"),
        ("partially_paid", "PENDING"),
        ("refunding", "PAID"),
        ("refund_failed", "PAID"),
        ("partially_refunded", "PAID"),
    ]),
    other: Some("OPEN"),
};

/// `order.source`.
pub(super) const SOURCE: Vocabulary = Vocabulary {
    words: Words(&[
        ("checkout", "CHECKOUT"),
        ("external", "EXTERNAL"),
        ("subscription_billing_engine", "SUBSCRIPTION_BILLING_ENGINE"),
    ]),
    other: Some("EXTERNAL"),
};

/// `subscription.state`.
pub(super) const SUBSCRIPTION: Vocabulary = Vocabulary {
    words: Words(&[
        ("active", "ACTIVE"),
        ("finished", "FINISHED"),
        ("stopped", "STOPPED"),
        ("cancellation_requested", "CANCELLATION_REQUESTED"),
        ("cancelled", "STOPPED"),
        ("expired", "FINISHED"),
    ]),
    other: Some("ACTIVE"),
};

/// `product.type`.
pub(super) const PRODUCT_TYPE: Vocabulary = Vocabulary {
    words: Words(&[
        ("physical", "PHYSICAL"),
        ("digital", "DIGITAL"),
        ("service", "SERVICE"),
        ("donation", "DONATION"),
    ]),
    other: Some("PHYSICAL"),
};

/// The `status` of products and variations: whether they are shown.
pub(super) const DISPLAY: Vocabulary =
    Vocabulary { words: Words(&[("active", "ACTIVE"), ("hidden", "HIDDEN")]), other: Some("HIDDEN") };

/// `product.stock_status`.
pub(super) const STOCK: Vocabulary = Vocabulary {
    words: Words(&[("in_stock", "IN_STOCK"), ("out_of_stock", "OUT_OF_STOCK")]),
    other: Some("IN_STOCK"),
};
