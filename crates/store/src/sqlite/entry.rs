//! Events on their way into the log.

use std::sync::Arc;

use shopwire_core::{Event, LoggedEvent, Seq};

use crate::log::EncodedEvent;

/// An event that has no place yet. What can be computed beforehand is: the writer's time is everybody's time.
pub(super) struct Entry {
    /// Its place is given by the writer.
    logged: Arc<LoggedEvent>,
    encoded: EncodedEvent,
}

impl Entry {
    /// An event, and what copies of it are recognised by.
    pub(super) fn new(event: Event, key: Option<[u8; 16]>) -> Self {
        let encoded = EncodedEvent::new(&event, key);
        Self { logged: Arc::new(LoggedEvent { seq: Seq::START, event }), encoded }
    }

    pub(super) fn event(&self) -> &Event {
        &self.logged.event
    }

    pub(super) fn encoded(&self) -> &EncodedEvent {
        &self.encoded
    }

    /// Gives it its place. It may be given another one after a group that failed.
    pub(super) fn placed(&mut self, seq: Seq) -> Arc<LoggedEvent> {
        Arc::get_mut(&mut self.logged).expect("an event is shared only until its group has ended").seq = seq;
        Arc::clone(&self.logged)
    }

    pub(super) fn weight_bytes(&self) -> usize {
        self.encoded.len()
    }
}
