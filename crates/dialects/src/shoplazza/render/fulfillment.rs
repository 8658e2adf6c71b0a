//! Fulfilments, on their own and inside orders.

use serde_json::Value;
use shopwire_core::commerce::entity::Shipment;

use super::line_item;
use crate::shape::Nothing::Absent;
use crate::shoplazza::{blank, words};

pub(super) fn fulfillment(shipment: &Shipment, at: &str) -> Value {
    blank::shape("fulfillment", &shipment.extra)
        .text("id", Some(&shipment.id), Absent)
        .text("order_id", shipment.order_id.as_deref(), Absent)
        .text("status", shipment.status.as_deref().map(|word| words::FULFILLMENT.theirs(word)), Absent)
        .presume("status", "waiting")
        .when("created_at", shipment.created_at.as_ref(), Absent)
        .presume("created_at", at)
        .when("updated_at", shipment.updated_at.as_ref(), Absent)
        .presume("updated_at", at)
        .text("tracking_company", shipment.tracking_company.as_deref(), Absent)
        .text("tracking_number", shipment.tracking_number.as_deref(), Absent)
        .text("tracking_company_code", shipment.tracking_company_code.as_deref(), Absent)
        .list("line_items", &shipment.line_items, line_item::of_fulfillment, Absent)
        .done()
}
