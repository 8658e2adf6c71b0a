//! Orders, alone and inside subscriptions.

use serde_json::Value;
use shopwire_core::commerce::Money;
use shopwire_core::commerce::entity::{Address, Order, ShippingMethod};
use shopwire_core::commerce::words::financial;

use super::address::address;
use super::line_item::{discount, line_item, tax};
use super::payment::payment;
use super::refund::refund;
use super::{EMPTY, words};
use crate::shape::{Nothing, Shape};

/// Where an order stands: Duda's samples differ in what they leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In an event of its own.
    Alone,
    /// In a subscription.
    InSubscription,
}

pub(super) fn order(order: &Order, place: Place) -> Value {
    let mut s = Shape::of(&order.extra);
    put_head(&mut s, order);
    put_addresses(&mut s, order);
    put_sums(&mut s, order);
    put_rest(&mut s, order, place);
    s.done()
}

/// The order of an event that is sent only when its payment becomes `PAID`: who tells no more of it says at least that.
pub(super) fn paid(order: &Order) -> Value {
    let says = order.financial_status.is_some() || order.payment.as_ref().is_some_and(|p| p.status.is_some());
    if says {
        return self::order(order, Place::Alone);
    }
    let paid = Order { financial_status: Some(financial::PAID.to_owned()), ..order.clone() };
    self::order(&paid, Place::Alone)
}

fn put_head(s: &mut Shape<'_>, order: &Order) {
    let mode = order.test.map(|is_test| if is_test { "TEST" } else { "LIVE" });
    let customer = order.customer.as_ref();
    let email = order.email.as_deref().or_else(|| customer?.email.as_deref());
    s.text("source", order.source.as_deref().map(|source| words::SOURCE.theirs(source)), EMPTY)
        .text("mode", mode, Nothing::Text("LIVE"))
        .text("id", Some(&order.id), EMPTY)
        .text("external_id", order.external_id.as_deref(), Nothing::Null)
        .text("status", order.status.as_deref().map(|status| words::ORDER.theirs(status)), EMPTY)
        .text("email", email, EMPTY)
        .text("invoice_number", order.invoice_number.as_deref(), EMPTY)
        .list("items", &order.line_items, line_item, Nothing::List);
}

fn put_addresses(s: &mut Shape<'_>, order: &Order) {
    let unknown = Address::default();
    s.set("billing_address", address(order.billing_address.as_ref().unwrap_or(&unknown)))
        .object("shipping_address", order.shipping_address.as_ref(), address, Nothing::Null)
        .object("shipping_method", shipping(order).as_ref(), shipping_method, Nothing::Null)
        .text("shipping_instructions", order.shipping_instructions.as_deref(), Nothing::Null);
}

fn put_sums(s: &mut Shape<'_>, order: &Order) {
    s.list("discounts", &order.discounts, discount, Nothing::List)
        .list("taxes", &order.taxes, |item| tax(item, Nothing::Absent), Nothing::List)
        .money("subtotal", order.subtotal.as_ref(), EMPTY)
        .money("total", order.total.as_ref(), EMPTY)
        .set("payment", payment(order))
        .list("refunds", &order.refunds, |item| refund(item, Some(order)), Nothing::List);
}

fn put_rest(s: &mut Shape<'_>, order: &Order, place: Place) {
    let is_alone = place == Place::Alone;
    let customer = order.customer.as_ref();
    let accepts_marketing = order.accepts_marketing.or_else(|| customer?.accepts_marketing);
    let is_cancelled = order.cancel_reason.is_some() || order.cancelled_at.is_some();
    let uncancelled = if is_alone && !is_cancelled { Nothing::Absent } else { Nothing::Null };
    let metadata = order.metadata.as_ref().filter(|map| !map.is_empty()).cloned().map(Value::Object);
    s.text("tracking_url", order.tracking_url.as_deref(), Nothing::Null)
        .text("tracking_number", order.tracking_number.as_deref(), Nothing::Null)
        .when("created", order.created_at.as_ref(), EMPTY)
        .text("user_agent", order.user_agent.as_deref(), Nothing::Null)
        .flag(
            "customer_accepts_marketing",
            accepts_marketing,
            if is_alone { Nothing::Absent } else { Nothing::False },
        )
        .text("ip_address", order.ip_address.as_deref(), Nothing::Null)
        .text("cancellation_reason", order.cancel_reason.as_deref(), uncancelled)
        .when("cancelled", order.cancelled_at.as_ref(), uncancelled)
        .extra(
            "custom_fields",
            |left| left.as_array().is_some_and(|fields| !fields.is_empty()),
            Nothing::Absent,
        )
        // Both forms are documented: a text, and an object.
        .put(
            "metadata",
            metadata,
            |left| left.is_object() || left.is_string(),
            if is_alone { EMPTY } else { Nothing::Object },
        );
}

/// How the goods go, if anything is known of it: its price may stand in the order alone.
fn shipping(order: &Order) -> Option<ShippingMethod> {
    let price: Option<Money> = order.total_shipping.clone();
    match order.shipping_method.clone() {
        Some(method) => Some(ShippingMethod { price: method.price.clone().or(price), ..method }),
        None => price.map(|price| ShippingMethod { price: Some(price), ..ShippingMethod::default() }),
    }
}

fn shipping_method(method: &ShippingMethod) -> Value {
    let mut s = Shape::of(&method.extra);
    s.text("id", method.id.as_deref(), Nothing::Absent)
        .text("name", method.name.as_deref(), EMPTY)
        .money("cost", method.price.as_ref(), EMPTY)
        .done()
}
