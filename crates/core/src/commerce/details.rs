//! What events say beyond the entity they are about: the names, and for occurrences what must be there.
//!
//! `data.details` of an event. Ids are text, as everywhere.

use super::CanonicalType;

/// The line item that was added, changed or removed (`cart.line_item_*`).
pub const LINE_ITEM_ID: &str = "line_item_id";
/// The coupon applied, by its id (`cart.coupon_applied`).
pub const COUPON_ID: &str = "coupon_id";
/// The code under which it was applied (`cart.coupon_applied`).
pub const COUPON_CODE: &str = "coupon_code";
/// The order a cart became (`cart.converted`).
pub const ORDER_ID: &str = "order_id";
/// The message written (`order.message_created`).
pub const MESSAGE_ID: &str = "message_id";
/// `absolute` for changes by hand, `relative` for those an order caused (`*.inventory_changed*`).
pub const INVENTORY_METHOD: &str = "inventory_method";
/// A whole number: by how many the stock changed, signed (`relative`), or how many there are now (`absolute`).
pub const INVENTORY_VALUE: &str = "inventory_value";
/// The product something is about, where the subject does not say it (`stock.moved`).
pub const PRODUCT_ID: &str = "product_id";
/// The variant something is about, where the subject does not say it (`stock.moved`, `product.in_stock`, …).
pub const VARIANT_ID: &str = "variant_id";
/// By how many a stock's level changed, a signed decimal as text (`stock.moved`).
pub const QUANTITY_DELTA: &str = "quantity_delta";
/// The charge an event is about (`app.subscription_changed`, `app.one_time_charge_changed`, `app.usage_cap_approaching`).
pub const CHARGE_ID: &str = "charge_id";
/// The keys that changed (`app.storage_changed`).
pub const STORAGE_KEYS: &str = "storage_keys";
/// Who asked (`*.data_*_requested`): free text.
pub const REQUESTED_BY: &str = "requested_by";
/// How many customers an import touched (`customer.imported`): a whole number.
pub const COUNT: &str = "count";

/// The JSON type of a detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetailType {
    /// Text.
    Text,
    /// A whole number, 0 or more.
    Whole,
}

/// One detail an occurrence may or must tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail {
    /// Its name.
    pub name: &'static str,
    /// Its JSON type.
    pub json: DetailType,
    /// Whether an occurrence without it is refused.
    pub required: bool,
}

/// What an occurrence of this type tells; empty for types that tell nothing beyond the entity's id.
pub const fn of_occurrence(event_type: CanonicalType) -> &'static [Detail] {
    const MESSAGE: &[Detail] = &[Detail { name: MESSAGE_ID, json: DetailType::Text, required: true }];
    const IMPORT: &[Detail] = &[Detail { name: COUNT, json: DetailType::Whole, required: false }];
    const REQUEST: &[Detail] = &[Detail { name: REQUESTED_BY, json: DetailType::Text, required: false }];
    match event_type {
        CanonicalType::OrderMessageCreated => MESSAGE,
        CanonicalType::CustomerImported => IMPORT,
        CanonicalType::CustomerDataRemovalRequested
        | CanonicalType::CustomerDataExportRequested
        | CanonicalType::ShopDataRemovalRequested
        | CanonicalType::ShopDataExportRequested => REQUEST,
        _ => &[],
    }
}
