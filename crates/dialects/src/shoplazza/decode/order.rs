//! Orders.

use serde_json::Value;
use shopwire_core::commerce::entity::{Extra, Order, Payment, ShippingMethod};

use super::{address::address, customer, discount::discount, line_item::line_item, shipment::shipment};
use crate::Words;
use crate::fields::Fields;
use crate::shoplazza::render::order::main_currency_prices;
use crate::shoplazza::{blank, words};

/// The method of payment while there is none.
const NOT_PAID: &str = "none";

pub(super) fn order(mut f: Fields) -> Order {
    // These hold JSON encoded once more; newer versions send some of them as they are.
    for key in ["discount_applications", "refer_info", "config", "applied_gift_cards"] {
        f.open(key);
    }
    let currency = f.currency("currency");
    f.set_currency(currency.clone());
    let (user_agent, refer_info) = refer_info(&mut f);
    let mut order = Order {
        id: f.entity_id(),
        number: f.id("number"),
        status: state(&mut f, "status", words::ORDER),
        financial_status: state(&mut f, "financial_status", words::FINANCIAL),
        fulfillment_status: state(&mut f, "fulfillment_status", words::FULFILLMENT),
        source: f.text("source"),
        test: f.flag("test"),
        email: f.text("email"),
        accepts_marketing: f.flag("buyer_accepts_marketing"),
        customer: f.object("customer", customer::of_order).flatten(),
        billing_address: f.object("billing_address", |f| address(f, "order.billing_address")).flatten(),
        shipping_address: f.object("shipping_address", |f| address(f, "order.shipping_address")).flatten(),
        shipping_method: f.object("shipping_line", shipping_method).flatten(),
        line_items: f.list("line_items", |f| line_item(f, "order.line_item")),
        currency,
        subtotal: f.money("sub_total"),
        total_discount: f.money("total_discount"),
        total_tax: f.money("total_tax"),
        total_shipping: f.money("total_shipping"),
        total_tip: f.money("total_tip_received"),
        total: f.money("total_price"),
        total_paid: f.money("total_paid"),
        total_refunded: f.money("total_refund_price"),
        discount_code: f.text("discount_code"),
        discounts: f.list("discount_applications", |f| discount(f, "order.discount")),
        payment: f
            .text_where("payment_method", |method| method != NOT_PAID)
            .map(|method| Payment { method: Some(method), ..Payment::default() }),
        shipments: f.list("fulfillments", shipment),
        note: f.text("note"),
        customer_note: f.text("customer_note"),
        tags: f.words("tags", ','),
        cancel_reason: f.text("cancel_reason"),
        created_at: f.when("created_at"),
        updated_at: f.when("updated_at"),
        placed_at: f.when("placed_at"),
        cancelled_at: f.when("cancelled_at").or_else(|| f.when("canceled_at")),
        finished_at: f.when("finished_at"),
        closed_at: f.when("closed_at"),
        deleted_at: f.when("deleted_at"),
        landing_url: f.text("landing_site"),
        checkout_url: f.text("checkout_url"),
        ip_address: f.text("browser_ip"),
        user_agent,
        extra: blank::rest(&mut f, "order"),
        ..Order::default()
    };
    keep(&mut order.extra, "refer_info", refer_info);
    let presumed = main_currency_prices(&order);
    blank::forget(&mut order.extra, "main_currency_prices", presumed);
    order
}

fn state(f: &mut Fields, key: &str, words: Words) -> Option<String> {
    f.text(key).map(|word| words.ours(&word).to_owned())
}

fn shipping_method(mut f: Fields) -> Option<ShippingMethod> {
    f.open("extra_info");
    let outer = ["name", "desc", "delivery_method"].map(|key| f.peek(&[key]).cloned());
    let info = f.object("extra_info", |mut info| {
        for (key, known) in ["name", "desc", "delivery_method"].into_iter().zip(outer.iter().flatten()) {
            info.pass_over(key, known);
        }
        (
            info.id("id"),
            info.money("shipping_price"),
            blank::rest(&mut info, "order.shipping_line.extra_info"),
        )
    });
    let (id, price, info) = info.unwrap_or_default();
    let mut method = ShippingMethod {
        id: f.id("id").or(id),
        name: f.text("name"),
        description: f.text("desc"),
        price: f.money("shipping_price").or(price),
        extra: blank::rest(&mut f, "order.shipping_line"),
    };
    keep(&mut method.extra, "extra_info", info);
    (method != ShippingMethod::default()).then_some(method)
}

/// What Shoplazza knows of the visit: the buyer's browser, and what has no canonical name. Their address it tells twice.
fn refer_info(f: &mut Fields) -> (Option<String>, Extra) {
    let address = f.peek(&["browser_ip"]).cloned();
    let info = f.object("refer_info", |mut info| {
        if let Some(address) = &address {
            info.pass_over("ip", address);
        }
        (info.text("user_agent"), blank::rest(&mut info, "order.refer_info"))
    });
    info.unwrap_or_default()
}

/// Keeps what is left of an object.
fn keep(extra: &mut Extra, key: &str, rest: Extra) {
    if !rest.is_empty() {
        extra.insert(key.to_owned(), Value::Object(rest));
    }
}
