//! Subscriptions.

use shopwire_core::commerce::entity::Subscription;

use super::order::order;
use crate::fields::Fields;

/// The renewal's order stands beside the subscription in Duda's samples and inside it in the table: both are read.
pub(super) fn subscription(mut f: Fields) -> Subscription {
    f.lift("subscription");
    Subscription {
        id: f.entity_id(),
        status: f.text("state"),
        first_billing_at: f.when("first_billing_date"),
        next_billing_at: f.when("next_billing_date"),
        final_billing_at: f.when("final_billing_date"),
        expires_at: f.when("expiration_date"),
        initial_order: f.object("initial_order", order).map(Box::new),
        renewal_order: f.object("renewal_order", order).map(Box::new),
        billing_portal_url: f.text("billing_portal_link"),
        extra: f.rest(),
        ..Subscription::default()
    }
}
