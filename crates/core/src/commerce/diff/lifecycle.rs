//! Coming, changing, going: the events that most kinds have.

use serde_json::Map;

use super::Consequences;
use super::case::Case;
use crate::commerce::{ArisesFrom, Canonical, CanonicalType, EntityKind};

/// Gives the `created`, `updated` or `deleted` of the entity's kind, where the event map has it.
pub(super) fn apply(case: &Case<'_>, out: &mut Consequences) {
    let (how, object) = match (case.before, case.after) {
        (None, Some(after)) => (ArisesFrom::Created, after),
        (Some(_), Some(after)) => (ArisesFrom::Changed, after),
        (Some(before), None) => (ArisesFrom::Deleted, before),
        (None, None) => return,
    };
    if let Some(event_type) = event_type(case.write.kind, how) {
        out.give(event_type, case.write.id, || Canonical {
            object: object.clone(),
            previous: case.previous.clone(),
            details: Map::new(),
        });
    }
}

/// The event for an entity of this kind that came, changed or went; `None` where the map has no such row.
fn event_type(kind: EntityKind, how: ArisesFrom) -> Option<CanonicalType> {
    match (kind, how) {
        // Shoptet: one event for a list of which anything was added, changed or taken out.
        (EntityKind::PaymentMethod, _) => Some(CanonicalType::PaymentMethodChanged),
        (EntityKind::ShippingMethod, _) => Some(CanonicalType::ShippingMethodChanged),
        (EntityKind::OrderStatus, _) => Some(CanonicalType::OrderStatusListChanged),
        // A cart is found abandoned when time passes, but a shop that finds out itself tells it as a new entity.
        (EntityKind::AbandonedCart, ArisesFrom::Created) => Some(CanonicalType::AbandonedCartCreated),
        _ => {
            let mut all = CanonicalType::ALL.iter().copied();
            all.find(|row| row.kind() == kind && row.arises_from() == how)
        }
    }
}
