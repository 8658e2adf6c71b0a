//! The canonical event types: what can happen in a shop, whatever the platform.

use std::fmt;
use std::str::FromStr;

use super::EntityKind;
use crate::DialectId;

/// How an event type comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArisesFrom {
    /// The entity is there now and was not before.
    Created,
    /// The entity differs from what it was.
    Changed,
    /// The entity is no longer there.
    Deleted,
    /// A particular part of the entity moved from one state into another.
    Transition,
    /// Something happened that shows in no state.
    Occurrence,
    /// Time passed.
    Timer,
}

macro_rules! event_types {
    ($($name:ident = $text:literal, $kind:ident, $from:ident;)*) => {
        /// The canonical event types, one for each row of the event map.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CanonicalType {
            $(#[doc = concat!("`", $text, "`")] $name,)*
        }

        impl CanonicalType {
            /// All canonical event types, in the order of the event map.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name, as in `order.created`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The kind of entity the event is about.
            pub const fn kind(self) -> EntityKind {
                match self { $(Self::$name => EntityKind::$kind,)* }
            }

            /// How the event comes about.
            pub const fn arises_from(self) -> ArisesFrom {
                match self { $(Self::$name => ArisesFrom::$from,)* }
            }

            fn find(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

event_types! {
    ShopCreated = "shop.created", Shop, Created;
    ShopUpdated = "shop.updated", Shop, Changed;
    ShopDeleted = "shop.deleted", Shop, Deleted;
    ShopPlanChanged = "shop.plan_changed", Shop, Transition;
    ShopCurrenciesChanged = "shop.currencies_changed", Shop, Transition;
    ShopBillingInformationChanged = "shop.billing_information_changed", Shop, Transition;
    ShopDesignChanged = "shop.design_changed", Shop, Transition;
    ShopMandatoryFieldsChanged = "shop.mandatory_fields_changed", Shop, Transition;
    ShopDomainChanged = "shop.domain_changed", Shop, Transition;
    ShopDataRemovalRequested = "shop.data_removal_requested", Shop, Occurrence;
    ShopDataExportRequested = "shop.data_export_requested", Shop, Occurrence;
    AppInstalled = "app.installed", App, Created;
    AppUninstalled = "app.uninstalled", App, Deleted;
    AppExpired = "app.expired", App, Timer;
    AppSubscriptionChanged = "app.subscription_changed", App, Transition;
    AppOneTimeChargeChanged = "app.one_time_charge_changed", App, Transition;
    AppUsageCapApproaching = "app.usage_cap_approaching", App, Transition;
    AppStorageChanged = "app.storage_changed", App, Transition;
    ProductCreated = "product.created", Product, Created;
    ProductUpdated = "product.updated", Product, Changed;
    ProductDeleted = "product.deleted", Product, Deleted;
    ProductInventoryChanged = "product.inventory_changed", Product, Transition;
    ProductInventoryChangedByOrder = "product.inventory_changed_by_order", Product, Transition;
    ProductInStock = "product.in_stock", Product, Transition;
    ProductSoldOut = "product.sold_out", Product, Transition;
    ProductLowStock = "product.low_stock", Product, Transition;
    VariantCreated = "variant.created", Variant, Created;
    VariantUpdated = "variant.updated", Variant, Changed;
    VariantDeleted = "variant.deleted", Variant, Deleted;
    VariantInventoryChanged = "variant.inventory_changed", Variant, Transition;
    VariantInventoryChangedByOrder = "variant.inventory_changed_by_order", Variant, Transition;
    StockMoved = "stock.moved", Stock, Transition;
    CategoryCreated = "category.created", Category, Created;
    CategoryUpdated = "category.updated", Category, Changed;
    CategoryDeleted = "category.deleted", Category, Deleted;
    BrandCreated = "brand.created", Brand, Created;
    BrandUpdated = "brand.updated", Brand, Changed;
    BrandDeleted = "brand.deleted", Brand, Deleted;
    ProductTypeCreated = "product_type.created", ProductType, Created;
    ProductTypeUpdated = "product_type.updated", ProductType, Changed;
    ProductTypeDeleted = "product_type.deleted", ProductType, Deleted;
    CustomerCreated = "customer.created", Customer, Created;
    CustomerUpdated = "customer.updated", Customer, Changed;
    CustomerDeleted = "customer.deleted", Customer, Deleted;
    CustomerOrdersDisabled = "customer.orders_disabled", Customer, Transition;
    CustomerOrdersEnabled = "customer.orders_enabled", Customer, Transition;
    CustomerImported = "customer.imported", Customer, Occurrence;
    CustomerDataRemovalRequested = "customer.data_removal_requested", Customer, Occurrence;
    CustomerDataExportRequested = "customer.data_export_requested", Customer, Occurrence;
    OrderCreated = "order.created", Order, Created;
    OrderUpdated = "order.updated", Order, Changed;
    OrderDeleted = "order.deleted", Order, Deleted;
    OrderArchived = "order.archived", Order, Transition;
    OrderStatusChanged = "order.status_changed", Order, Transition;
    OrderMessageCreated = "order.message_created", Order, Occurrence;
    OrderPaid = "order.paid", Order, Transition;
    OrderPartiallyFulfilled = "order.partially_fulfilled", Order, Transition;
    OrderFulfilled = "order.fulfilled", Order, Transition;
    OrderFinished = "order.finished", Order, Transition;
    OrderPartiallyRefunded = "order.partially_refunded", Order, Transition;
    OrderRefunded = "order.refunded", Order, Transition;
    OrderCancelled = "order.cancelled", Order, Transition;
    CartCreated = "cart.created", Cart, Created;
    CartUpdated = "cart.updated", Cart, Changed;
    CartDeleted = "cart.deleted", Cart, Deleted;
    CartLineItemCreated = "cart.line_item_created", Cart, Transition;
    CartLineItemUpdated = "cart.line_item_updated", Cart, Transition;
    CartLineItemDeleted = "cart.line_item_deleted", Cart, Transition;
    CartCouponApplied = "cart.coupon_applied", Cart, Transition;
    CartConverted = "cart.converted", Cart, Transition;
    AbandonedCartCreated = "abandoned_cart.created", AbandonedCart, Timer;
    AbandonedCartUpdated = "abandoned_cart.updated", AbandonedCart, Changed;
    AbandonedCartDeleted = "abandoned_cart.deleted", AbandonedCart, Deleted;
    CouponCreated = "coupon.created", Coupon, Created;
    CouponUpdated = "coupon.updated", Coupon, Changed;
    CouponDeleted = "coupon.deleted", Coupon, Deleted;
    PromotionCreated = "promotion.created", Promotion, Created;
    PromotionUpdated = "promotion.updated", Promotion, Changed;
    PromotionDeleted = "promotion.deleted", Promotion, Deleted;
    ReviewCreated = "review.created", Review, Created;
    ReviewUpdated = "review.updated", Review, Changed;
    ReviewDeleted = "review.deleted", Review, Deleted;
    InvoiceCreated = "invoice.created", Invoice, Created;
    InvoiceUpdated = "invoice.updated", Invoice, Changed;
    InvoiceDeleted = "invoice.deleted", Invoice, Deleted;
    CreditNoteCreated = "credit_note.created", CreditNote, Created;
    CreditNoteUpdated = "credit_note.updated", CreditNote, Changed;
    CreditNoteDeleted = "credit_note.deleted", CreditNote, Deleted;
    DeliveryNoteCreated = "delivery_note.created", DeliveryNote, Created;
    DeliveryNoteUpdated = "delivery_note.updated", DeliveryNote, Changed;
    DeliveryNoteDeleted = "delivery_note.deleted", DeliveryNote, Deleted;
    ProformaInvoiceCreated = "proforma_invoice.created", ProformaInvoice, Created;
    ProformaInvoiceUpdated = "proforma_invoice.updated", ProformaInvoice, Changed;
    ProformaInvoiceDeleted = "proforma_invoice.deleted", ProformaInvoice, Deleted;
    PaymentProofCreated = "payment_proof.created", PaymentProof, Created;
    PaymentProofUpdated = "payment_proof.updated", PaymentProof, Changed;
    PaymentProofDeleted = "payment_proof.deleted", PaymentProof, Deleted;
    ShipmentCreated = "shipment.created", Shipment, Created;
    ShipmentUpdated = "shipment.updated", Shipment, Changed;
    ShipmentDeleted = "shipment.deleted", Shipment, Deleted;
    RefundCreated = "refund.created", Refund, Created;
    SubscriptionCreated = "subscription.created", Subscription, Created;
    SubscriptionRenewed = "subscription.renewed", Subscription, Transition;
    SubscriptionPaymentFailed = "subscription.payment_failed", Subscription, Transition;
    SubscriptionCancellationRequested = "subscription.cancellation_requested", Subscription, Transition;
    SubscriptionCancelled = "subscription.cancelled", Subscription, Transition;
    SubscriberCreated = "subscriber.created", Subscriber, Created;
    SubscriberUpdated = "subscriber.updated", Subscriber, Changed;
    SubscriberDeleted = "subscriber.deleted", Subscriber, Deleted;
    PaymentMethodChanged = "payment_method.changed", PaymentMethod, Changed;
    ShippingMethodChanged = "shipping_method.changed", ShippingMethod, Changed;
    OrderStatusListChanged = "order_status.changed", OrderStatus, Changed;
    ShippingRequestConfirmed = "shipping_request.confirmed", ShippingRequest, Transition;
    ShippingRequestCancelled = "shipping_request.cancelled", ShippingRequest, Transition;
    JobFinished = "job.finished", Job, Transition;
}

impl fmt::Display for CanonicalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What Shopwire tells of itself, beside the event map: how an endpoint fares. No platform has a word for it, and only who
/// asks for it by name (`endpoint.failing`, `endpoint.*`) gets it; `*` stands for what happens in shops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperationalType {
    /// `endpoint.failing`: nothing reaches an endpoint any more; told again some time before it is disabled.
    EndpointFailing,
    /// `endpoint.disabled`: nothing is sent to it any more.
    EndpointDisabled,
    /// `endpoint.recovered`: it takes deliveries again.
    EndpointRecovered,
    /// `endpoint.lapsed`: events it had still to get were let go of, since they were too old or the log too large.
    EndpointLapsed,
}

impl OperationalType {
    /// What the names begin with, and the kind of their subjects (`endpoint/ep_…`).
    pub const KIND: &'static str = "endpoint";
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::EndpointFailing, Self::EndpointDisabled, Self::EndpointRecovered, Self::EndpointLapsed];

    /// The name, as in `endpoint.failing`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EndpointFailing => "endpoint.failing",
            Self::EndpointDisabled => "endpoint.disabled",
            Self::EndpointRecovered => "endpoint.recovered",
            Self::EndpointLapsed => "endpoint.lapsed",
        }
    }

    fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operational| operational.as_str() == name)
    }
}

impl fmt::Display for OperationalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is not an event type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an event type: expected a canonical one (`order.created`) or a native one (`bigcommerce:store/channel/updated`)"
)]
pub struct UnknownEventType(String);

impl FromStr for CanonicalType {
    type Err = UnknownEventType;

    fn from_str(name: &str) -> Result<Self, UnknownEventType> {
        Self::find(name).ok_or_else(|| UnknownEventType(name.chars().take(80).collect()))
    }
}

/// What an event is called in the log and on the way out: canonical where the map has a name for it, otherwise
/// the platform's own topic under the dialect's name; or what Shopwire tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// One of the event map.
    Canonical(CanonicalType),
    /// A topic the map has no name for, as the platform wrote it: `bigcommerce:store/channel/updated`.
    Native {
        /// The dialect that sent it.
        dialect: DialectId,
        /// The dialect's own name.
        topic: String,
    },
    /// What Shopwire tells of itself.
    Operational(OperationalType),
}

impl EventType {
    /// The canonical type, if it is one.
    pub const fn canonical(&self) -> Option<CanonicalType> {
        match self {
            Self::Canonical(canonical) => Some(*canonical),
            Self::Native { .. } | Self::Operational(_) => None,
        }
    }

    /// The operational type, if it is one.
    pub const fn operational(&self) -> Option<OperationalType> {
        match self {
            Self::Operational(operational) => Some(*operational),
            Self::Canonical(_) | Self::Native { .. } => None,
        }
    }
}

impl From<OperationalType> for EventType {
    fn from(operational: OperationalType) -> Self {
        Self::Operational(operational)
    }
}

impl From<CanonicalType> for EventType {
    fn from(canonical: CanonicalType) -> Self {
        Self::Canonical(canonical)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Canonical(canonical) => canonical.fmt(f),
            Self::Native { dialect, topic } => write!(f, "{dialect}:{topic}"),
            Self::Operational(operational) => operational.fmt(f),
        }
    }
}

impl FromStr for EventType {
    type Err = UnknownEventType;

    fn from_str(name: &str) -> Result<Self, UnknownEventType> {
        // A dialect's topics may hold colons themselves (`order:create`), so only a known dialect's name counts.
        if let Some((dialect, topic)) = name.split_once(':')
            && let Ok(dialect) = dialect.parse::<DialectId>()
            && !topic.is_empty()
        {
            return Ok(Self::Native { dialect, topic: topic.to_owned() });
        }
        if let Some(operational) = OperationalType::find(name) {
            return Ok(Self::Operational(operational));
        }
        name.parse().map(Self::Canonical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_the_map_has_rows() {
        assert_eq!(CanonicalType::ALL.len(), 115);
    }

    #[test]
    fn names_read_back_and_begin_with_their_kind() {
        for canonical in CanonicalType::ALL {
            assert_eq!(canonical.as_str().parse(), Ok(*canonical));
            assert!(canonical.as_str().starts_with(&format!("{}.", canonical.kind())), "{canonical}");
        }
    }

    #[test]
    fn native_types_keep_the_platforms_own_name() {
        for name in ["bigcommerce:store/channel/updated", "shoptet:order:paid", "duda:PUBLISH"] {
            let native: EventType = name.parse().expect(name);
            assert_eq!(native.canonical(), None);
            assert_eq!(native.to_string(), name);
        }
    }

    #[test]
    fn what_shopwire_tells_of_itself_stands_beside_the_map() {
        for operational in OperationalType::ALL {
            let read: EventType = operational.as_str().parse().expect("an event type");
            assert_eq!((read.operational(), read.canonical()), (Some(*operational), None));
            assert_eq!(read.to_string(), operational.as_str());
            assert!(operational.as_str().parse::<CanonicalType>().is_err(), "{operational}");
        }
    }

    #[test]
    fn refuses_what_is_neither() {
        for name in [
            "",
            "order",
            "endpoint.exploded",
            "endpoint.",
            "order.exploded",
            "order:create",
            "shopify:orders/create",
            "duda:",
        ] {
            assert!(name.parse::<EventType>().is_err(), "{name}");
        }
    }
}
