//! Orders.

use shopwire_core::commerce::entity::{Address, Discount, Order, Payment, ShippingMethod};

use super::{customer::customer, line_item::line_item, shipment::shipment};
use crate::fields::Fields;

pub(super) fn order(mut f: Fields) -> Order {
    // These hold JSON encoded once more; newer versions send some of them as they are.
    for key in ["discount_applications", "refer_info", "config", "applied_gift_cards"] {
        f.open(key);
    }
    let currency = f.currency("currency");
    f.set_currency(currency.clone());
    Order {
        id: f.entity_id(),
        number: f.id("number"),
        status: f.text("status"),
        financial_status: f.text("financial_status"),
        fulfillment_status: f.text("fulfillment_status"),
        source: f.text("source"),
        test: f.flag("test"),
        email: f.text("email"),
        accepts_marketing: f.flag("buyer_accepts_marketing"),
        customer: f.object("customer", customer),
        billing_address: f.object("billing_address", address),
        shipping_address: f.object("shipping_address", address),
        shipping_method: f.object("shipping_line", shipping_method),
        line_items: f.list("line_items", line_item),
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
        discounts: f.list("discount_applications", discount),
        payment: f
            .text("payment_method")
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
        extra: f.rest(),
        ..Order::default()
    }
}

pub(super) fn address(mut f: Fields) -> Address {
    f.open("extra_info");
    Address {
        id: f.id("id"),
        name: f.text("name"),
        first_name: f.text("first_name"),
        last_name: f.text("last_name"),
        company: f.text("company"),
        line1: f.text("address1"),
        line2: f.text("address2"),
        district: f.text("area"),
        city: f.text("city"),
        region: f.text("province"),
        region_code: f.text("province_code"),
        country: f.text("country"),
        country_code: f.text("country_code"),
        postal_code: f.id("zip"),
        phone: f.id("phone"),
        email: f.text("email"),
        latitude: f.amount("latitude"),
        longitude: f.amount("longitude"),
        is_default: f.flag("default"),
        extra: f.rest(),
        ..Address::default()
    }
}

pub(super) fn discount(mut f: Fields) -> Discount {
    Discount {
        id: f.id("discount_id"),
        title: f.text("title"),
        kind: f.text("type"),
        amount: f.money("discount_amount"),
        extra: f.rest(),
        ..Discount::default()
    }
}

fn shipping_method(mut f: Fields) -> ShippingMethod {
    f.open("extra_info");
    ShippingMethod {
        id: f.id("id"),
        name: f.text("name"),
        description: f.text("desc"),
        price: f.money("shipping_price"),
        extra: f.rest(),
        ..ShippingMethod::default()
    }
}
