//! A shop changes: compared with what was known, and committed together with the events that follow.
//!
//! A write reads the entity's snapshot, asks the [diff](shopwire_core::commerce::diff) what follows, and commits state,
//! timers and events as one, provided that the snapshot is still the one it read; else it begins anew. So two writers to
//! one entity never lose or invent an event, whoever and wherever they are.
//!
//! **Invariants.** What was answered is on disk. A write that changes nothing commits nothing. Writes to one entity are
//! done in the order in which they were begun; nothing depends on that but the caller's expectation. A write that has
//! begun is finished, even if the caller no longer waits for it. What a change may cost in memory is bounded.

mod change;
mod error;
mod inner;
mod look;
mod merge;
mod occur;
mod record;
mod turns;
mod weight;
mod write;

pub use change::{Change, Expectation, What, Writing, Written};
pub use error::CaptureError;
pub use look::Seen;
pub use occur::Happening;
pub use record::Given;

pub(crate) use look::Stored;
pub(crate) use record::Recorder;
pub(crate) use write::state;

use serde_json::{Map, Value};
use shopwire_store::EntityKey;
use tracing::Instrument as _;

use crate::Engine;
use turns::Turns;

/// What capturing keeps in memory.
#[derive(Default)]
pub(crate) struct Capture {
    pub(crate) turns: Turns,
    /// Held by whoever does a change that is heavy in memory: one at a time.
    heavy: tokio::sync::Mutex<()>,
    /// Shared by whoever writes into a shop, from looking whether it is there to the commit; held alone by whoever takes a
    /// shop away. So nothing is left of a shop that is gone.
    pub(crate) shops: tokio::sync::RwLock<()>,
}

impl Engine {
    /// Begins a change: changes of one entity are done in the order of these calls, others at the same time. What comes out
    /// must be driven to its end by a task of its own, whoever waits for it or not: if it were dropped half-way, a later
    /// change of the same entity might be done before it.
    pub fn begin(
        &self,
        change: Change,
    ) -> impl Future<Output = Result<Written, CaptureError>> + Send + 'static {
        let turn = self.0.capture.turns.take(&change.key);
        let engine = self.clone();
        async move {
            let _turn = turn.come().await;
            engine.write(change).await
        }
    }

    /// Does a change, even if nobody waits for what comes out.
    async fn change(&self, key: EntityKey, what: What, writing: Writing) -> Result<Written, CaptureError> {
        let work = self.begin(Change { key, what, writing });
        tokio::spawn(work.in_current_span()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a change broke off");
            Err(CaptureError::Broken)
        })
    }

    /// Puts a whole entity. `Ok` means that it is on disk, with the events that follow.
    pub async fn put_entity(
        &self,
        key: EntityKey,
        entity: Map<String, Value>,
        writing: Writing,
    ) -> Result<Written, CaptureError> {
        self.change(key, What::Put(entity), writing).await
    }

    /// Changes some of an entity's fields: a JSON Merge Patch (RFC 7396).
    pub async fn patch_entity(
        &self,
        key: EntityKey,
        patch: Map<String, Value>,
        writing: Writing,
    ) -> Result<Written, CaptureError> {
        self.change(key, What::Patch(patch), writing).await
    }

    /// Deletes an entity.
    pub async fn delete_entity(&self, key: EntityKey, writing: Writing) -> Result<Written, CaptureError> {
        self.change(key, What::Delete, writing).await
    }
}
