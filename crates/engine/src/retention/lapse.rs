//! What endpoints lose when events go that they had still to get, and telling it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use shopwire_core::commerce::OperationalType;
use shopwire_core::delivery::Endpoint;
use shopwire_core::{EndpointId, Seq};
use shopwire_store::StoreError;

use crate::Engine;
use crate::bits::Bits;

/// Deliveries that would be lost, by endpoint.
pub(super) struct Lapsing {
    none: Bits,
    first: Seq,
    endpoints: BTreeMap<EndpointId, (Arc<Endpoint>, Bits)>,
}

impl Lapsing {
    /// None yet, among the places from `first` to `last`.
    pub(super) fn between(first: Seq, last: Seq) -> Self {
        Self { none: Bits::between(first, last), first, endpoints: BTreeMap::new() }
    }

    /// This event would be lost to this endpoint.
    pub(super) fn add(&mut self, endpoint: &Arc<Endpoint>, seq: Seq) {
        let none = || (Arc::clone(endpoint), self.none.clone());
        self.endpoints.entry(endpoint.id).or_insert_with(none).1.put(seq);
    }

    /// Who has lost how many, if everything before `first_left` has gone.
    fn lost(&self, first_left: Seq) -> impl Iterator<Item = (&Arc<Endpoint>, u64)> {
        let counted =
            self.endpoints.values().map(move |(endpoint, bits)| (endpoint, bits.count_before(first_left)));
        counted.filter(|(_, lost)| *lost > 0)
    }
}

/// What is told of them.
#[derive(Serialize)]
struct Details {
    /// Deliveries that will never be made.
    deliveries: u64,
    /// The places of the log that went: the first, and the one behind the last.
    from: Seq,
    before: Seq,
}

impl Engine {
    /// Tells of deliveries that lapsed, everything before `first_left` having gone: in the log of the process, in the metrics,
    /// and as an event.
    pub(super) async fn tell_lapsed(&self, lapsing: &Lapsing, first_left: Seq) -> Result<(), StoreError> {
        let mut events = Vec::new();
        for (endpoint, deliveries) in lapsing.lost(first_left) {
            let details = Details { deliveries, from: lapsing.first, before: first_left };
            tracing::error!(
                endpoint.id = %endpoint.id,
                deliveries,
                log.from = details.from.0,
                log.before = details.before.0,
                "events were let go of that an endpoint had still to get: it did not take them for too long"
            );
            self.metrics().log.lapsed.add(deliveries);
            events.push(self.operational(OperationalType::EndpointLapsed, endpoint, &details));
        }
        if !events.is_empty() {
            self.ledger().append_all(events).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(n: u8) -> Arc<Endpoint> {
        let json = serde_json::json!({
            "id": EndpointId::from_bytes([n; 16]), "name": "x", "dialect": "cloudevents", "url": "https://example.com/",
            "topics": ["*"], "secrets": [], "in_flight_max": 1,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        });
        Arc::new(serde_json::from_value(json).expect("an endpoint"))
    }

    #[test]
    fn only_what_has_gone_is_lost_and_each_delivery_once() {
        let mut lapsing = Lapsing::between(Seq(10), Seq(99));
        let (one, other) = (endpoint(1), endpoint(2));
        for seq in [10, 11, 11, 50] {
            lapsing.add(&one, Seq(seq));
        }
        lapsing.add(&other, Seq(50));
        let lost = |first_left| {
            lapsing.lost(Seq(first_left)).map(|(endpoint, lost)| (endpoint.id, lost)).collect::<Vec<_>>()
        };
        assert_eq!(lost(10), []);
        assert_eq!(lost(50), [(one.id, 2)]);
        assert_eq!(lost(51), [(one.id, 3), (other.id, 1)]);
        assert_eq!(lost(1_000), [(one.id, 3), (other.id, 1)]);
    }
}
