//! Orders, on their own and inside subscriptions.

use serde_json::Value;
use shopwire_core::commerce::entity::{
    Address, Choice, Discount, LineItem, Order, Payment, PaymentMethod, ShippingMethod, Tax,
};

use super::{image, refund::refund, said, word};
use crate::duda::words;
use crate::fields::Fields;

pub(super) fn order(mut f: Fields) -> Order {
    // The only currency an order names is that of its payment.
    let currency =
        f.peek(&["payment", "currency"]).and_then(Value::as_str).and_then(|code| code.parse().ok());
    f.set_currency(currency.clone());
    let mut payment = f.object("payment", payment);
    // State and currency of the payment are those of the order, and are kept there alone.
    let financial_status = payment.as_mut().and_then(|payment| payment.status.take());
    let shipping_method = f.object("shipping_method", shipping_method);
    f.pass_over_empty(&["custom_fields"]);
    Order {
        id: f.entity_id(),
        external_id: f.id("external_id"),
        invoice_number: f.id("invoice_number"),
        status: word(&mut f, "status", words::ORDER),
        financial_status,
        source: word(&mut f, "source", words::SOURCE),
        test: f.text_where("mode", |mode| matches!(mode, "TEST" | "LIVE")).map(|mode| mode == "TEST"),
        email: f.text("email"),
        accepts_marketing: f.flag("customer_accepts_marketing"),
        billing_address: f.object("billing_address", address).and_then(said),
        shipping_address: f.object("shipping_address", address).and_then(said),
        total_shipping: shipping_method.as_ref().and_then(|method| method.price.clone()),
        shipping_method,
        shipping_instructions: f.text("shipping_instructions"),
        line_items: f.list("items", line_item),
        currency,
        subtotal: f.money("subtotal"),
        total: f.money("total"),
        discounts: f.list("discounts", discount),
        taxes: f.list("taxes", tax),
        payment: payment.and_then(said),
        refunds: f.list("refunds", refund),
        tracking_number: f.id("tracking_number"),
        tracking_url: f.text("tracking_url"),
        cancel_reason: f.text("cancellation_reason"),
        created_at: f.when("created"),
        cancelled_at: f.when("cancelled"),
        ip_address: f.text("ip_address"),
        user_agent: f.text("user_agent"),
        metadata: f.map("metadata"),
        extra: f.rest(),
        ..Order::default()
    }
}

fn line_item(mut f: Fields) -> LineItem {
    f.pass_over_empty(&["unit_dimensions", "combined_weight"]);
    LineItem {
        id: f.id("id"),
        product_id: f.id("product_id"),
        variant_id: f.id("variation_id"),
        external_product_id: f.id("external_product_id"),
        external_variant_id: f.id("external_variation_id"),
        title: f.text("name"),
        sku: f.id("sku"),
        quantity: f.amount("quantity"),
        price: f.money("unit_price"),
        total: f.money("total"),
        requires_shipping: f.flag("shippable"),
        weight: f.amount("unit_weight"),
        image: f.image("image", image),
        options: f.list("options", choice),
        discounts: f.list("discounts", discount),
        taxes: f.list("taxes", tax),
        metadata: f.map("metadata"),
        extra: f.rest(),
        ..LineItem::default()
    }
}

fn address(mut f: Fields) -> Address {
    let name = f.text("name");
    f.pass_over_empty(&["full_name"]);
    if f.peek(&["full_name"]).and_then(Value::as_str) == name.as_deref() {
        // The name in full is the name once more.
        drop(f.text("full_name"));
    }
    Address {
        id: f.id("id"),
        name,
        first_name: f.text("first_name"),
        last_name: f.text("last_name"),
        company: f.text("company"),
        line1: f.text("address_1"),
        line2: f.text("address_2"),
        street_name: f.text("street_name"),
        street_number: f.id("street_number"),
        district: f.text("sub_locality"),
        city: f.text("city"),
        region_code: f.text_where("region", is_region_code),
        region: f.text("region"),
        country_code: f.text_where("country", is_country_code),
        country: f.text("country"),
        postal_code: f.id("postal_code"),
        phone: f.id("phone"),
        email: f.text("email"),
        extra: f.rest(),
        ..Address::default()
    }
}

fn is_country_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// Codes and names of regions share a field: up to three capitals or digits are a code, also behind that of the country
/// (`CN-GX`).
fn is_region_code(text: &str) -> bool {
    let code =
        text.split_once('-').filter(|(country, _)| is_country_code(country)).map_or(text, |(_, code)| code);
    matches!(code.len(), 1..=3)
        && code.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
}

fn shipping_method(mut f: Fields) -> ShippingMethod {
    ShippingMethod {
        id: f.id("id"),
        name: f.text("name"),
        description: f.text("description"),
        price: f.money("cost"),
        extra: f.rest(),
    }
}

fn payment(mut f: Fields) -> Payment {
    // The order has taken it over.
    drop(f.currency("currency"));
    Payment {
        transaction_id: f.id("transaction_id"),
        status: word(&mut f, "status", words::PAYMENT),
        method: f.text("method"),
        card_brand: f.text("card_brand"),
        card_last4: f.id("card_last_4"),
        confirmed_method: f.object("confirmed_method", payment_method).and_then(said),
        extra: f.rest(),
        ..Payment::default()
    }
}

fn payment_method(mut f: Fields) -> PaymentMethod {
    PaymentMethod {
        gateway: f.text("gateway"),
        name: f.text("name"),
        display_name: f.text("display_name"),
        icon_url: f.text("icon"),
        details: f.text("details"),
        instructions: f.text("instructions"),
        extra: f.rest(),
    }
}

fn discount(mut f: Fields) -> Discount {
    Discount {
        id: f.id("id"),
        title: f.text("name"),
        kind: f.text("type"),
        amount: f.money("savings"),
        extra: f.rest(),
    }
}

pub(super) fn tax(mut f: Fields) -> Tax {
    Tax {
        id: f.id("id"),
        name: f.text("name"),
        rate: f.amount("rate"),
        amount: f.money("amount"),
        provider: f.text("provider"),
        extra: f.rest(),
    }
}

/// What was chosen of an option; the ids of both stay in `extra`.
pub(super) fn choice(mut f: Fields) -> Choice {
    f.pass_over_empty(&["option_id", "choice_id"]);
    Choice {
        name: f.text("option_name").or_else(|| f.text("name")),
        value: f.id("choice_value").or_else(|| f.id("value")),
        extra: f.rest(),
    }
}
