//! Subscriptions.

use serde_json::Value;
use shopwire_core::DialectId;
use shopwire_core::commerce::entity::{Order, Subscription};
use shopwire_core::commerce::{CanonicalType, When};

use super::order::{Place, order};
use super::{EMPTY, words};
use crate::catalog::Topic;
use crate::shape::{Nothing, Shape};
use crate::{Happening, Unrenderable};

/// A subscription with what its event says beside it: a renewal has its order, and whoever can still pay has the link to
/// where that is done.
pub(super) fn data(
    topic: &Topic,
    subscription: &Subscription,
    happening: &Happening<'_>,
) -> Result<Value, Unrenderable> {
    let is_renewal = topic.event_type == Some(CanonicalType::SubscriptionRenewed);
    let ends = [CanonicalType::SubscriptionCancellationRequested, CanonicalType::SubscriptionCancelled];
    let mut s = Shape::plain();
    s.set("subscription", self::subscription(subscription));
    if is_renewal {
        let renewal = subscription.renewal_order.as_deref().ok_or_else(|| Unrenderable::Missing {
            dialect: DialectId::Duda,
            subject: happening.subject.to_string(),
            field: "renewal_order",
        })?;
        s.set("renewal_order", order(renewal, Place::InSubscription));
    }
    if !topic.event_type.is_some_and(|event_type| ends.contains(&event_type)) {
        s.text("billing_portal_link", subscription.billing_portal_url.as_deref(), EMPTY);
    }
    Ok(s.done())
}

fn subscription(subscription: &Subscription) -> Value {
    let unknown = Order::default();
    let initial = subscription.initial_order.as_deref().unwrap_or(&unknown);
    let state = subscription.status.as_deref().map(|status| words::SUBSCRIPTION.theirs(status));
    let mut s = Shape::of(&subscription.extra);
    s.text("id", Some(&subscription.id), EMPTY);
    put_date(&mut s, "first_billing_date", subscription.first_billing_at.as_ref(), EMPTY);
    put_date(&mut s, "next_billing_date", subscription.next_billing_at.as_ref(), Nothing::Null);
    put_date(&mut s, "final_billing_date", subscription.final_billing_at.as_ref(), Nothing::Null);
    put_date(&mut s, "expiration_date", subscription.expires_at.as_ref(), Nothing::Null);
    s.text("state", state.as_deref(), EMPTY)
        .set("initial_order", order(initial, Place::InSubscription))
        .done()
}

/// A date as Duda writes those of subscriptions: without a zone. One that has a zone is put in UTC.
fn put_date(s: &mut Shape<'_>, key: &str, when: Option<&When>, nothing: Nothing) {
    let in_utc = when.and_then(|when| When::parse(when.moment()?.to_string().trim_end_matches('Z')));
    s.when(key, in_utc.as_ref().or(when), nothing);
}
