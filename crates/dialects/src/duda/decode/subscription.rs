//! Subscriptions.

use serde_json::Value;
use shopwire_core::commerce::entity::Subscription;

use super::order::order;
use super::word;
use crate::duda::words;
use crate::fields::Fields;

/// The renewal's order stands beside the subscription in Duda's samples and inside it in the table: both are read.
pub(super) fn subscription(mut f: Fields) -> Subscription {
    f.lift("subscription");
    // Where an order is promised and there is none, one without an id is sent.
    let is_none = f.peek(&["initial_order", "id"]).and_then(Value::as_str) == Some("");
    let initial_order = f.object("initial_order", order).filter(|_| !is_none).map(Box::new);
    Subscription {
        id: f.entity_id(),
        status: word(&mut f, "state", words::SUBSCRIPTION),
        first_billing_at: f.when("first_billing_date"),
        next_billing_at: f.when("next_billing_date"),
        final_billing_at: f.when("final_billing_date"),
        expires_at: f.when("expiration_date"),
        initial_order,
        renewal_order: f.object("renewal_order", order).map(Box::new),
        billing_portal_url: f.text("billing_portal_link"),
        extra: f.rest(),
        ..Subscription::default()
    }
}
