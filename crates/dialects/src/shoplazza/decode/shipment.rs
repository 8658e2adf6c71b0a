//! Fulfilments, on their own and inside orders.

use shopwire_core::commerce::entity::Shipment;

use super::line_item::line_item;
use crate::fields::Fields;
use crate::shoplazza::{blank, words};

pub(super) fn shipment(mut f: Fields) -> Shipment {
    Shipment {
        id: f.entity_id(),
        order_id: f.id("order_id"),
        status: f.text("status").map(|word| words::FULFILLMENT.ours(&word).to_owned()),
        tracking_number: f.id("tracking_number"),
        tracking_company: f.text("tracking_company"),
        tracking_company_code: f.id("tracking_company_code"),
        tracking_url: f.text("tracking_url"),
        line_items: f.list("line_items", |f| line_item(f, "fulfillment.line_item")),
        created_at: f.when("created_at"),
        updated_at: f.when("updated_at"),
        extra: blank::rest(&mut f, "fulfillment"),
    }
}
