//! Apps and what merchants are charged for them.

use std::borrow::Cow;

use serde_json::Value;
use shopwire_core::DialectId;
use shopwire_core::commerce::details;
use shopwire_core::commerce::entity::{App, Charge};

use super::line_item::plain;
use super::{missing, version};
use crate::catalog::Topic;
use crate::shape::Nothing::Absent;
use crate::shoplazza::blank;
use crate::{Happening, Unrenderable};

/// An app goes by `uid`, as in its charges; the number that it also has is computed where none is known.
pub(super) fn app(app: &App, topic: &Topic, happening: &Happening<'_>, at: &str) -> Value {
    let mut s = blank::shape("app", &app.extra);
    if !app.extra.contains_key("id") {
        s.set("id", happening.number("app", &app.id));
    }
    s.text("name", app.name.as_deref(), Absent)
        .text("uid", Some(&app.id), Absent)
        .text("redirect_uri", app.redirect_url.as_deref(), Absent)
        .words("scopes", &app.scopes, " ", Absent)
        .text("icon", app.icon_url.as_deref(), Absent)
        .text("webhook_api_version", app.webhook_api_version.as_deref(), Absent)
        .presume("webhook_api_version", version(topic, happening.api_version))
        .when("created_at", app.created_at.as_ref(), Absent)
        .presume("created_at", at)
        .when("updated_at", app.updated_at.as_ref(), Absent)
        .presume("updated_at", at)
        .done()
}

/// The charge that the event is about: not wrapped, and with the numbers of app and shop in it.
pub(super) fn charge(
    app: &App,
    topic: &Topic,
    happening: &Happening<'_>,
    at: &str,
) -> Result<Value, Unrenderable> {
    let store_id = happening.identity(DialectId::Shoplazza, "store_id")?;
    let store_id = store_id.parse::<u64>().map_or_else(|_| store_id.into(), Value::from);
    let charge = charge_of(app, happening).ok_or_else(|| missing(happening, "charges"))?;
    Ok(blank::shape(blank_of(topic), &charge.extra)
        .set("application_id", app.id.as_str())
        .set("store_id", store_id)
        .text("id", Some(&charge.id), Absent)
        .text("name", charge.name.as_deref(), Absent)
        .text("price", charge.price.as_ref().map(plain).as_deref(), Absent)
        .text("capped_amount", charge.capped_amount.as_ref().map(plain).as_deref(), Absent)
        .text("status", charge.status.as_deref(), Absent)
        .flag("test", charge.test, Absent)
        .integer("trial_days", charge.trial_days, Absent)
        .when("trial_ends_on", charge.trial_ends_at.as_ref(), Absent)
        .when("activated_on", charge.activated_at.as_ref(), Absent)
        .when("billing_on", charge.billing_at.as_ref(), Absent)
        .when("cancelled_on", charge.cancelled_at.as_ref(), Absent)
        .when("updated_at", charge.updated_at.as_ref(), Absent)
        .presume("updated_at", at)
        .done())
}

fn blank_of(topic: &Topic) -> &'static str {
    match topic.name {
        "app/purchases_one_time_update" => "app.charge.one_time",
        "app/subscriptions_update" => "app.charge.subscription",
        _ => "app.charge.capped",
    }
}

/// The charge by its id, of which no more may be known; else the only one there is.
fn charge_of<'a>(app: &'a App, happening: &Happening<'_>) -> Option<Cow<'a, Charge>> {
    let Some(id) = happening.canonical.detail(details::CHARGE_ID) else {
        return app.charges.first().map(Cow::Borrowed);
    };
    let known = app.charges.iter().find(|charge| charge.id == id).map(Cow::Borrowed);
    Some(known.unwrap_or_else(|| Cow::Owned(Charge { id: id.to_owned(), ..Charge::default() })))
}
