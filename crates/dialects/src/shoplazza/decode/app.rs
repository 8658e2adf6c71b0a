//! Apps and what merchants are charged for them.

use serde_json::Value;
use shopwire_core::commerce::entity::{App, Charge};
use shopwire_core::commerce::is_surrogate;

use crate::fields::Fields;
use crate::shoplazza::blank;

/// An app goes by the id of its subject, by which its charges name it too; the number it also has stays in `extra`, unless
/// it was only computed from that id.
pub(super) fn app(mut f: Fields, topic: &str, subject_id: &str) -> App {
    let id = subject_id.to_owned();
    let is_charge = f.peek(&["application_id"]).is_some();
    for key in ["uid", "application_id"] {
        f.pass_over(key, &subject_id.into());
    }
    if is_charge {
        return App { id, charges: vec![charge(f, topic)], ..App::default() };
    }
    let number = f.peek(&["id"]).and_then(Value::as_u64);
    if number.is_some_and(|number| is_surrogate(number) || number.to_string() == subject_id) {
        f.id("id");
    }
    App {
        id,
        name: f.text("name"),
        scopes: f.words("scopes", ' '),
        webhook_api_version: f.text("webhook_api_version"),
        redirect_url: f.text("redirect_uri"),
        icon_url: f.text("icon"),
        created_at: f.when("created_at"),
        updated_at: f.when("updated_at"),
        extra: blank::rest(&mut f, "app"),
        ..App::default()
    }
}

fn charge(mut f: Fields, topic: &str) -> Charge {
    // The shop's number is no part of the charge, and in one of the documented bodies its key is spelled wrong.
    for key in ["store_id", "stord_id"] {
        f.id(key);
    }
    Charge {
        id: f.entity_id(),
        name: f.text("name"),
        status: f.text("status"),
        recurring: match topic.strip_prefix("app/") {
            Some(rest) if rest.starts_with("subscriptions_") => Some(true),
            Some(rest) if rest.starts_with("purchases_one_time_") => Some(false),
            _ => None,
        },
        price: f.money("price"),
        capped_amount: f.money("capped_amount"),
        test: f.flag("test"),
        trial_days: f.integer("trial_days"),
        trial_ends_at: f.when("trial_ends_on"),
        activated_at: f.when("activated_on"),
        billing_at: f.when("billing_on"),
        cancelled_at: f.when("cancelled_on"),
        created_at: f.when("created_at"),
        updated_at: f.when("updated_at"),
        extra: blank::rest(&mut f, "app.charge.subscription"),
        ..Charge::default()
    }
}
