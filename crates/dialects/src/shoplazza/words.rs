//! Shoplazza's words for the states of an order (Shoplazza docs: order status), which are the canonical ones almost
//! letter by letter. First its own, then spellings that some of its pages use, then where foreign words belong.

use crate::Words;

/// `status`.
pub(super) const ORDER: Words = Words(&[
    ("opened", "opened"),
    ("placed", "placed"),
    ("finished", "finished"),
    ("cancelled", "cancelled"),
    ("cancelled", "canceled"),
    // Created, or waiting for the payment.
    ("incomplete", "opened"),
    ("awaiting_payment", "opened"),
    // In progress.
    ("pending", "placed"),
    ("in_progress", "placed"),
    ("processed", "placed"),
    ("awaiting_fulfillment", "placed"),
    ("awaiting_shipment", "placed"),
    ("awaiting_pickup", "placed"),
    ("partially_shipped", "placed"),
    ("shipped", "placed"),
    ("dispatched", "placed"),
    ("disputed", "placed"),
    ("partially_refunded", "placed"),
    ("manual_verification_required", "placed"),
    // Nothing can follow.
    ("delivered", "finished"),
    ("completed", "finished"),
    ("refunded", "finished"),
    ("declined", "cancelled"),
]);

/// `financial_status`.
pub(super) const FINANCIAL: Words = Words(&[
    ("waiting", "waiting"),
    ("paying", "paying"),
    ("authorized", "authorized"),
    ("partially_paid", "partially_paid"),
    ("paid", "paid"),
    ("cancelled", "cancelled"),
    ("cancelled", "canceled"),
    ("failed", "failed"),
    ("refunding", "refunding"),
    ("refund_failed", "refund_failed"),
    ("refund_failed", "refund_fail"),
    ("refunded", "refunded"),
    ("partially_refunded", "partially_refunded"),
    ("incomplete", "waiting"),
    ("deferred", "waiting"),
    ("CUSTOM_PAYMENT_STATUS_1", "waiting"),
    ("CUSTOM_PAYMENT_STATUS_2", "waiting"),
    ("CUSTOM_PAYMENT_STATUS_3", "waiting"),
    ("paid_deferred", "paid"),
    ("paid_out", "paid"),
    ("charged_back", "refunded"),
    ("expired", "failed"),
]);

/// `fulfillment_status` of orders and their lines, and the `status` of fulfilments.
pub(super) const FULFILLMENT: Words = Words(&[
    ("initialled", "initialled"),
    ("waiting", "waiting"),
    ("partially_shipped", "partially_shipped"),
    ("shipped", "shipped"),
    ("partially_finished", "partially_finished"),
    ("finished", "finished"),
    ("cancelled", "cancelled"),
    ("cancelled", "canceled"),
    ("returning", "returning"),
    ("partially_returned", "partially_returned"),
    ("returned", "returned"),
    ("processing", "waiting"),
    ("ready_for_pickup", "waiting"),
    ("out_for_delivery", "shipped"),
    ("CUSTOM_FULFILLMENT_STATUS_1", "waiting"),
    ("CUSTOM_FULFILLMENT_STATUS_2", "waiting"),
    ("CUSTOM_FULFILLMENT_STATUS_3", "waiting"),
]);
