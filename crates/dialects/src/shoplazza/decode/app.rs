//! Apps and what merchants are charged for them.

use shopwire_core::commerce::entity::{App, Charge};

use crate::fields::Fields;

/// An app goes by the id of its subject, by which its charges name it too; the number it also has stays in `extra`.
pub(super) fn app(mut f: Fields, topic: &str, subject_id: &str) -> App {
    let id = subject_id.to_owned();
    if f.peek(&["application_id"]).is_some() {
        return App { id, charges: vec![charge(f, topic)], ..App::default() };
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
        extra: f.rest(),
        ..App::default()
    }
}

fn charge(mut f: Fields, topic: &str) -> Charge {
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
        extra: f.rest(),
        ..Charge::default()
    }
}
