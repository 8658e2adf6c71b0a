//! Shipments.

use super::{LineItem, entity};
use crate::commerce::When;

entity! {
    /// A shipment: things of an order that were sent together.
    Shipment {
        /// The order.
        order_id: Option<String>,
        /// Its state.
        status: Option<String>,
        /// The carrier's number.
        tracking_number: Option<String>,
        /// The carrier.
        tracking_company: Option<String>,
        /// The carrier, by the platform's code.
        tracking_company_code: Option<String>,
        /// Where the parcel can be followed.
        tracking_url: Option<String>,
        /// What is in it.
        line_items: Vec<LineItem>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
