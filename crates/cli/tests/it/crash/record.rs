//! What the sender knows: what it asked for, and what was answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use shopwire_core::DialectId;

/// A webhook, as its platform tells copies from others: the dialect and the identity key.
pub(super) type WebhookKey = (DialectId, String);

/// A write: the order's id and the version it makes.
pub(super) type WriteKey = (String, u64);

/// The sender's record. Shared by all who send.
#[derive(Default)]
pub(super) struct Record(Mutex<Asked>);

/// What is in it.
#[derive(Default)]
pub(super) struct Asked {
    /// Webhooks that were sent, with the event that was answered, once one was.
    pub(super) webhooks: BTreeMap<WebhookKey, Option<String>>,
    /// Writes that were sent, with the ids of the events that were answered, once they were.
    pub(super) writes: BTreeMap<WriteKey, Option<Vec<String>>>,
    /// What was answered as it never may be.
    pub(super) wrong: Vec<String>,
}

impl Record {
    pub(super) fn asked(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap()
    }
}

impl Asked {
    /// The ids of all events that were answered for.
    pub(super) fn answered(&self) -> BTreeSet<&str> {
        let of_writes = self.writes.values().flatten().flatten();
        self.webhooks.values().flatten().chain(of_writes).map(String::as_str).collect()
    }

    /// A webhook was answered: every copy of it is to be answered with the same event.
    pub(super) fn webhook_answered(&mut self, key: WebhookKey, event: String) {
        match self.webhooks.insert(key.clone(), Some(event.clone())) {
            Some(Some(earlier)) if earlier != event => {
                self.wrong.push(format!("copies of {key:?} were answered with {earlier} and {event}"));
            }
            _ => {}
        }
    }
}
