//! An event on its way to the lanes.

use std::sync::{Arc, OnceLock};

use shopwire_core::LoggedEvent;
use shopwire_core::delivery::{SubjectKey, subject_key};
use shopwire_dialects::cloudevents::{self, Rendered};

use crate::Metrics;

/// A committed event, shared by all lanes it goes to. It is rendered once, by whoever needs it first, and counted
/// as queued memory for as long as somebody holds it.
#[derive(Debug)]
pub struct Parcel {
    logged: Arc<LoggedEvent>,
    key: SubjectKey,
    rendered: OnceLock<Rendered>,
    metrics: Arc<Metrics>,
    weight_bytes: i64,
}

impl Parcel {
    /// Wraps an event.
    pub fn new(logged: Arc<LoggedEvent>, metrics: Arc<Metrics>) -> Arc<Self> {
        // Rendering makes about as much again.
        let weight_bytes = i64::try_from(logged.weight_bytes() * 2).unwrap_or(i64::MAX);
        metrics.queued_bytes.add(weight_bytes);
        let key = subject_key(logged.event.shop, &logged.event.subject);
        Arc::new(Self { logged, key, rendered: OnceLock::new(), metrics, weight_bytes })
    }

    /// The event.
    pub fn logged(&self) -> &LoggedEvent {
        &self.logged
    }

    /// The event as a CloudEvent.
    pub fn rendered(&self) -> &Rendered {
        self.rendered.get_or_init(|| cloudevents::render(&self.logged))
    }

    /// Stands for its subject within its shop.
    pub fn key(&self) -> SubjectKey {
        self.key
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        self.metrics.queued_bytes.add(-self.weight_bytes);
    }
}
