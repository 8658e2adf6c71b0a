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
