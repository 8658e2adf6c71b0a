//! An event on its way to the lanes.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use shopwire_core::delivery::{SubjectKey, subject_key};
use shopwire_core::{DialectId, LoggedEvent};
use shopwire_dialects::cloudevents::{self, Rendered};
use shopwire_dialects::publish::{Undraftable, draft};
use shopwire_dialects::{Canonical, Dialect, Draft, ShopIdentity};

use crate::Metrics;

/// A request in a platform's dialect, or why there is none.
pub(crate) type Drafted = Arc<Result<Draft, Undraftable>>;

/// The dialect and the version of webhooks a draft is in.
type DraftKey = (DialectId, Option<String>);

/// A committed event, shared by all lanes it goes to. It is read once and rendered once for each dialect (and version),
/// by whoever needs it first, and counted as queued memory for as long as somebody holds it.
#[derive(Debug)]
pub struct Parcel {
    logged: Arc<LoggedEvent>,
    key: SubjectKey,
    rendered: OnceLock<Rendered>,
    canonical: OnceLock<Option<Canonical>>,
    /// A handful: one for each dialect that somebody wants it in.
    drafts: Mutex<Vec<(DraftKey, Drafted)>>,
    metrics: Arc<Metrics>,
    /// About what it holds: the event at first, and then whatever is made of it.
    weight_bytes: AtomicI64,
}

impl Parcel {
    /// Wraps an event.
    pub fn new(logged: Arc<LoggedEvent>, metrics: Arc<Metrics>) -> Arc<Self> {
        let key = subject_key(logged.event.shop, &logged.event.subject);
        let (rendered, canonical, drafts, weight_bytes) = Default::default();
        // Rendering makes about as much again.
        let weighs_bytes = logged.weight_bytes() * 2;
        let parcel = Self { logged, key, rendered, canonical, drafts, metrics, weight_bytes };
        parcel.weigh(weighs_bytes);
        Arc::new(parcel)
    }

    /// So much more is held.
    fn weigh(&self, bytes: usize) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.weight_bytes.fetch_add(bytes, Relaxed);
        self.metrics.queued_bytes.add(bytes);
    }

    /// The event.
    pub fn logged(&self) -> &LoggedEvent {
        &self.logged
    }

    /// The event as a CloudEvent.
    pub fn rendered(&self) -> &Rendered {
        self.rendered.get_or_init(|| cloudevents::render(&self.logged))
    }

    /// What the event says, in canonical names; `None` where that can't be read.
    pub(crate) fn canonical(&self) -> Option<&Canonical> {
        let read = || {
            // What was read holds its text and the names and lists around it.
            self.weigh(self.logged.weight_bytes() * 2);
            shopwire_dialects::canonical(&self.logged.event)
        };
        self.canonical.get_or_init(read).as_ref()
    }

    /// The event as an unsigned request of a platform. Whoever comes first says which identity the shop has there.
    pub(crate) fn draft(
        &self,
        dialect: &dyn Dialect,
        api_version: Option<&str>,
        identity: impl FnOnce() -> ShopIdentity,
    ) -> Drafted {
        let mut drafts = self.drafts.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |(of, version): &DraftKey| *of == dialect.id() && version.as_deref() == api_version;
        if let Some((_, drafted)) = drafts.iter().find(|(key, _)| is_it(key)) {
            return Arc::clone(drafted);
        }
        let drafted =
            Arc::new(draft(dialect, &self.logged.event, self.canonical(), &identity(), api_version));
        self.weigh(drafted.as_ref().as_ref().map_or(0, weight_bytes));
        drafts.push(((dialect.id(), api_version.map(str::to_owned)), Arc::clone(&drafted)));
        drafted
    }

    /// Stands for its subject within its shop.
    pub fn key(&self) -> SubjectKey {
        self.key
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        self.metrics.queued_bytes.add(-self.weight_bytes.load(Relaxed));
    }
}

/// About how many bytes a draft holds in memory.
fn weight_bytes(draft: &Draft) -> usize {
    let headers: usize = draft.headers.iter().map(|(name, value)| name.len() + value.len() + 48).sum();
    256 + draft.body.len() + headers
}

#[cfg(test)]
mod tests {
    use shopwire_core::commerce::entity::Entity;
    use shopwire_core::commerce::{CanonicalType, EntityKind, EventType};
    use shopwire_core::{Event, EventId, Origin, RecordedChange, Seq, ShopId, Timestamp};

    use super::*;

    fn parcel(metrics: &Arc<Metrics>) -> Arc<Parcel> {
        let data = Canonical::of(Entity::only(EntityKind::Order, "169")).to_json();
        let event = Event {
            id: EventId::from_bytes([1; 16]),
            shop: ShopId::from_bytes([2; 16]),
            event_type: EventType::Canonical(CanonicalType::OrderCreated),
            subject: "order/169".parse().expect("a subject"),
            occurred_at: Timestamp::EPOCH,
            received_at: Timestamp::EPOCH,
            origin: Origin::Change(RecordedChange {
                cause: None,
                actor: None,
                version: 1,
                data: data.into(),
            }),
        };
        Parcel::new(Arc::new(LoggedEvent { seq: Seq(1), event }), Arc::clone(metrics))
    }

    #[test]
    fn whatever_is_made_of_an_event_is_counted_once_and_until_it_is_dropped() {
        let metrics = Arc::new(Metrics::default());
        let held = || metrics.queued_bytes.get();
        let parcel = parcel(&metrics);
        let whole = i64::try_from(parcel.logged().weight_bytes() * 2).expect("little");
        assert_eq!(held(), whole);
        parcel.rendered();
        assert_eq!(held(), whole, "our own form was counted from the start");
        let ecwid = shopwire_dialects::get(DialectId::Ecwid).expect("a platform");
        let identity = || ShopIdentity([("store_id".to_owned(), "1003".to_owned())].into());
        let drafted = parcel.draft(ecwid, None, identity);
        let body_bytes = drafted.as_ref().as_ref().expect("ecwid has a word for it").body.len();
        let drafted_bytes = held();
        assert!(drafted_bytes > 2 * whole + i64::try_from(body_bytes).expect("little"), "{drafted_bytes}");
        parcel.draft(ecwid, None, || panic!("it is drafted already"));
        assert_eq!(held(), drafted_bytes);
        drop(parcel);
        assert_eq!(held(), 0);
    }
}
