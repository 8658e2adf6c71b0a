//! Orders.

use serde_json::{Value, json};
use shopwire_core::commerce::entity::{Extra, Order, ShippingMethod};
use shopwire_core::commerce::words::financial;
use shopwire_core::commerce::{Amount, Money};

use super::line_item::plain;
use super::{address, customer, discount, fulfillment, line_item};
use crate::catalog::Topic;
use crate::shape::Nothing::Absent;
use crate::shape::{Shape, two_decimals};
use crate::shoplazza::{blank, words};
use crate::style::js;
use crate::words::fulfillment_of;

/// Status, financial status and fulfilment status of an order when its topic is sent (Shoplazza docs: order status).
const STATES: [(&str, [&str; 3]); 7] = [
    ("orders/paid", ["placed", "paid", "waiting"]),
    ("orders/partially_fulfilled", ["placed", "paid", "partially_shipped"]),
    ("orders/fulfilled", ["placed", "paid", "shipped"]),
    ("orders/finished", ["finished", "paid", "finished"]),
    ("orders/partially_refunded", ["placed", "partially_refunded", "waiting"]),
    ("orders/refunded", ["placed", "refunded", "waiting"]),
    ("orders/cancelled", ["cancelled", "cancelled", "cancelled"]),
];

/// The states of an order that has just been created.
const CREATED: [&str; 3] = ["opened", "waiting", "initialled"];

/// The states that a topic tells of an order of which no more is known.
pub(in crate::shoplazza) fn states_of(topic: &str) -> Option<[&'static str; 3]> {
    STATES.iter().find(|(name, _)| *name == topic).map(|(_, states)| *states)
}

pub(super) fn order(o: &Order, topic: &Topic, at: &str) -> Value {
    let mut s = blank::shape("order", &o.extra);
    states(&mut s, o, topic);
    about(&mut s, o);
    money(&mut s, o);
    times(&mut s, o, at);
    parties(&mut s, o);
    lists(&mut s, o, at);
    s.set("refer_info", refer_info(o));
    for key in ["discount_applications", "applied_gift_cards", "refer_info", "config"] {
        s.enclose(key, js::to_string);
    }
    // Shoplazza docs: there is no refund in these, only the sum of all refunds so far. Where it stands is not told.
    if matches!(topic.name, "orders/partially_refunded" | "orders/refunded") {
        s.set("total_refund_price", refunded(o).map(two_decimals));
    }
    s.done()
}

fn states(s: &mut Shape<'_>, o: &Order, topic: &Topic) {
    let by_topic = states_of(topic.name);
    let is_paid = o.financial_status.as_deref() == Some(financial::PAID);
    let [status, payment, fulfillment] =
        by_topic.or_else(|| states_of("orders/paid").filter(|_| is_paid)).unwrap_or(CREATED);
    // Of the two states that Shoplazza knows, some platforms tell but one.
    let told_fulfillment = o.fulfillment_status.as_deref().or_else(|| match by_topic {
        None => fulfillment_of(o.status.as_deref()?),
        Some(_) => None,
    });
    s.text("status", o.status.as_deref().map(|word| words::ORDER.theirs(word)), Absent)
        .presume("status", status)
        .text(
            "financial_status",
            o.financial_status.as_deref().map(|word| words::FINANCIAL.theirs(word)),
            Absent,
        )
        .presume("financial_status", payment)
        .text("fulfillment_status", told_fulfillment.map(|word| words::FULFILLMENT.theirs(word)), Absent)
        .presume("fulfillment_status", fulfillment);
}

fn about(s: &mut Shape<'_>, o: &Order) {
    let payment = o.payment.as_ref().and_then(|payment| {
        payment.method.as_deref().or_else(|| payment.confirmed_method.as_ref()?.name.as_deref())
    });
    let accepts_marketing = o.accepts_marketing.or_else(|| o.customer.as_ref()?.accepts_marketing);
    s.text("id", Some(&o.id), Absent)
        .text("note", o.note.as_deref(), Absent)
        .text("number", o.number.as_deref(), Absent)
        .text("cancel_reason", o.cancel_reason.as_deref(), Absent)
        .text("payment_method", payment, Absent)
        .text("discount_code", o.discount_code.as_deref(), Absent)
        .text("customer_note", o.customer_note.as_deref(), Absent)
        .flag("buyer_accepts_marketing", accepts_marketing, Absent)
        .words("tags", &o.tags, ",", Absent)
        .text("browser_ip", o.ip_address.as_deref(), Absent)
        .text("landing_site", o.landing_url.as_deref(), Absent)
        .flag("test", o.test, Absent)
        .text("checkout_url", o.checkout_url.as_deref(), Absent);
}

fn money(s: &mut Shape<'_>, o: &Order) {
    let currency = o.currency.as_ref().or_else(|| o.total.as_ref()?.currency.as_ref());
    s.text("currency", currency.map(|currency| currency.as_str()), Absent)
        .money("sub_total", o.subtotal.as_ref(), Absent)
        .money("total_discount", total_discount(o).as_ref(), Absent)
        .money("total_tax", total_tax(o).as_ref(), Absent)
        .money("total_shipping", total_shipping(o), Absent)
        .money("total_price", o.total.as_ref(), Absent)
        .money("total_tip_received", o.total_tip.as_ref(), Absent)
        .money("total_paid", o.total_paid.as_ref(), Absent)
        .presume("main_currency_prices", main_currency_prices(o));
}

fn times(s: &mut Shape<'_>, o: &Order, at: &str) {
    s.when("created_at", o.created_at.as_ref(), Absent)
        .presume("created_at", at)
        .when("updated_at", o.updated_at.as_ref(), Absent)
        .presume("updated_at", at)
        .when("canceled_at", o.cancelled_at.as_ref(), Absent)
        .when("deleted_at", o.deleted_at.as_ref(), Absent)
        .when("placed_at", o.placed_at.as_ref(), Absent)
        .when("closed_at", o.closed_at.as_ref(), Absent);
}

fn parties(s: &mut Shape<'_>, o: &Order) {
    let shipping_address =
        address::of_order("order.shipping_address", o.shipping_address.as_ref(), o.email.as_deref());
    let billing_address =
        address::of_order("order.billing_address", o.billing_address.as_ref(), o.email.as_deref());
    s.set("shipping_line", shipping_line(o.shipping_method.as_ref()))
        .set("customer", customer::of_order(o))
        .set("shipping_address", shipping_address)
        .set("billing_address", billing_address);
}

fn lists(s: &mut Shape<'_>, o: &Order, at: &str) {
    s.list("discount_applications", &o.discounts, discount::of_order, Absent)
        .list("line_items", &o.line_items, line_item::of_order, Absent)
        .list("fulfillments", &o.shipments, |shipment| fulfillment::fulfillment(shipment, at), Absent);
}

/// How it is shipped; the same once more, with id and price, as JSON in a text.
fn shipping_line(method: Option<&ShippingMethod>) -> Value {
    let none = ShippingMethod::default();
    let method = method.unwrap_or(&none);
    let nothing = Extra::new();
    let info = method.extra.get("extra_info").and_then(Value::as_object).unwrap_or(&nothing);
    let delivery = method.extra.get("delivery_method").filter(|delivery| delivery.is_number());
    let info = blank::shape("order.shipping_line.extra_info", info)
        .text("id", method.id.as_deref(), Absent)
        .presume("name", method.name.as_deref().unwrap_or_default())
        .presume("desc", method.description.as_deref().unwrap_or_default())
        .money("shipping_price", method.price.as_ref(), Absent)
        .put(
            "delivery_method",
            delivery.filter(|_| !info.contains_key("delivery_method")).cloned(),
            Value::is_number,
            Absent,
        )
        .done();
    blank::shape("order.shipping_line", &method.extra)
        .text("name", method.name.as_deref(), Absent)
        .text("desc", method.description.as_deref(), Absent)
        .set("extra_info", js::to_string(&info))
        .done()
}

/// What Shoplazza knows of the visit.
fn refer_info(o: &Order) -> Value {
    let nothing = Extra::new();
    let info = o.extra.get("refer_info").and_then(Value::as_object).unwrap_or(&nothing);
    blank::shape("order.refer_info", info)
        .presume("ip", o.ip_address.as_deref().unwrap_or_default())
        .text("user_agent", o.user_agent.as_deref(), Absent)
        .done()
}

/// The sums in the currency the shop counts in, which is taken to be that of the order.
pub(in crate::shoplazza) fn main_currency_prices(o: &Order) -> Value {
    let plain = |money: Option<&Money>| money.map_or_else(|| "0".to_owned(), plain);
    json!({
        "sub_total": plain(o.subtotal.as_ref()),
        "total_discount": plain(total_discount(o).as_ref()),
        "total_tax": plain(total_tax(o).as_ref()),
        "total_shipping": plain(total_shipping(o)),
        "total_price": plain(o.total.as_ref()),
        "actual_rate": "1",
        "primary_market_currency": o.currency.as_ref().map_or("", |currency| currency.as_str()),
    })
}

/// What was taken off, as it is told or else as the discounts come to.
fn total_discount(o: &Order) -> Option<Money> {
    o.total_discount.clone().or_else(|| sum(o.discounts.iter().map(|discount| discount.amount.as_ref())))
}

/// The taxes, as they are told or else as they come to one by one.
fn total_tax(o: &Order) -> Option<Money> {
    o.total_tax.clone().or_else(|| sum(o.taxes.iter().map(|tax| tax.amount.as_ref())))
}

/// What the shipping costs, as it is told of the order or else of its way of shipping.
fn total_shipping(o: &Order) -> Option<&Money> {
    o.total_shipping.as_ref().or_else(|| o.shipping_method.as_ref()?.price.as_ref())
}

/// What was paid back so far, as it is told or else as the refunds come to.
fn refunded(o: &Order) -> Option<Amount> {
    let told = o.total_refunded.clone();
    told.or_else(|| sum(o.refunds.iter().map(|refund| refund.total.as_ref()))).map(|money| money.amount)
}

/// The sum of parts all of which are known.
fn sum<'m>(parts: impl Iterator<Item = Option<&'m Money>>) -> Option<Money> {
    let add = |a: Money, b: Money| {
        let amount = a.amount.decimal().checked_add(b.amount.decimal())?;
        Some(Money { amount: amount.into(), ..a })
    };
    parts.map(Option::<&Money>::cloned).reduce(|a, b| add(a?, b?)).flatten()
}
