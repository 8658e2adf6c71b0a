//! Orders, alone and inside subscriptions.

use std::borrow::Cow;

use serde_json::Value;
use shopwire_core::commerce::Money;
use shopwire_core::commerce::entity::{Address, Discount, Order, ShippingMethod, Tax};
use shopwire_core::commerce::words::{financial, order as status};

use super::address::address;
use super::line_item::{discount, line_item, tax};
use super::payment::payment;
use super::refund::refund;
use super::{EMPTY, words};
use crate::shape::{Nothing, Shape};
use crate::words::status_of;

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
    let source = order.source.as_deref().map(|source| words::SOURCE.theirs(source));
    let status = status(order).map(|status| words::ORDER.theirs(status));
    s.text("source", source.as_deref(), EMPTY)
        .text("mode", mode, Nothing::Text("LIVE"))
        .text("id", Some(&order.id), EMPTY)
        .text("external_id", order.external_id.as_deref(), Nothing::Null)
        .text("status", status.as_deref(), EMPTY)
        .text("email", email, EMPTY)
        .text("invoice_number", order.invoice_number.as_deref(), EMPTY)
        .list("items", &order.line_items, line_item, Nothing::List);
}

/// Duda knows one state where others know two: how far the goods have come, if the other says no more than that the order
/// goes on.
fn status(order: &Order) -> Option<&str> {
    let by_goods = order.fulfillment_status.as_deref().and_then(status_of);
    match order.status.as_deref() {
        None => by_goods,
        Some(status::PLACED) => by_goods.filter(|word| *word != status::PENDING).or(Some(status::PLACED)),
        told => told,
    }
}

fn put_addresses(s: &mut Shape<'_>, order: &Order) {
    let unknown = Address::default();
    s.set("billing_address", address(order.billing_address.as_ref().unwrap_or(&unknown)))
        .object("shipping_address", order.shipping_address.as_ref(), address, Nothing::Null)
        .object("shipping_method", shipping(order).as_ref(), shipping_method, Nothing::Null)
        .text("shipping_instructions", order.shipping_instructions.as_deref(), Nothing::Null);
}

fn put_sums(s: &mut Shape<'_>, order: &Order) {
    s.list("discounts", &discounts(order), discount, Nothing::List)
        .list("taxes", &taxes(order), |item| tax(item, Nothing::Absent), Nothing::List)
        .money("subtotal", order.subtotal.as_ref(), EMPTY)
        .money("total", order.total.as_ref(), EMPTY)
        .set("payment", payment(order))
        .list("refunds", &order.refunds, |item| refund(item, Some(order)), Nothing::List);
}

/// What is taken off, item by item. Of what only comes to a sum there is one item: Duda has no other place for it.
fn discounts(order: &Order) -> Cow<'_, [Discount]> {
    match sum_alone(order.total_discount.as_ref(), order.discounts.is_empty()) {
        Some(amount) => vec![Discount { amount, ..Discount::default() }].into(),
        None => order.discounts.as_slice().into(),
    }
}

/// The same for taxes.
fn taxes(order: &Order) -> Cow<'_, [Tax]> {
    match sum_alone(order.total_tax.as_ref(), order.taxes.is_empty()) {
        Some(amount) => vec![Tax { amount, ..Tax::default() }].into(),
        None => order.taxes.as_slice().into(),
    }
}

/// A sum that is more than nothing and of which no item is known.
fn sum_alone(sum: Option<&Money>, has_no_items: bool) -> Option<Option<Money>> {
    sum.filter(|sum| has_no_items && !sum.amount.decimal().is_zero()).map(|sum| Some(sum.clone()))
}

fn put_rest(s: &mut Shape<'_>, order: &Order, place: Place) {
    let is_alone = place == Place::Alone;
    let customer = order.customer.as_ref();
    let accepts_marketing = order.accepts_marketing.or_else(|| customer?.accepts_marketing);
    let is_cancelled = order.cancel_reason.is_some() || order.cancelled_at.is_some();
    let uncancelled = if is_alone && !is_cancelled { Nothing::Absent } else { Nothing::Null };
    let metadata = order.metadata.as_ref().filter(|map| !map.is_empty()).cloned().map(Value::Object);
    // Where others track each shipment, the last one tells.
    let shipment = order.shipments.last();
    let tracking_url = order.tracking_url.as_deref().or_else(|| shipment?.tracking_url.as_deref());
    let tracking_number = order.tracking_number.as_deref().or_else(|| shipment?.tracking_number.as_deref());
    s.text("tracking_url", tracking_url, Nothing::Null)
        .text("tracking_number", tracking_number, Nothing::Null)
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
