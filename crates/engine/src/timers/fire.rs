//! One timer that is due.

use shopwire_core::commerce::diff::{Consequences, Known, fire};
use shopwire_store::{Committed, DueTimer, EntityChange, StoreError};

use crate::Engine;
use crate::capture::{Recorder, Stored, state};

/// How often a timer is looked at anew, when the entity changes meanwhile, before it has to wait for the next round.
const TRIES_MAX: usize = 4;

impl Engine {
    /// Lets a timer fire, unless it is no longer set.
    pub(super) async fn fire(&self, due: DueTimer) -> Result<(), StoreError> {
        let _turn = self.0.capture.turns.take(&due.key).come().await;
        for _ in 0..TRIES_MAX {
            let stored = Stored::read(self, &due.key).await?;
            let change = self.fired(&due, &stored)?;
            let (events, timers) = (change.events.len(), change.timers.clone());
            match self.0.ledger.commit(change).await? {
                Committed::Done { .. } => {
                    self.metrics().count_timer(events);
                    self.0.alarm.set(timers.into_iter().filter_map(|(_, at)| at).min());
                    return Ok(());
                }
                // The entity is as we saw it, so it is the timer that is no longer set.
                Committed::Conflict { version } if version == stored.version => return Ok(()),
                Committed::Conflict { .. } => {}
            }
        }
        Ok(())
    }

    /// What follows; the entity stays as it is.
    fn fired(&self, due: &DueTimer, stored: &Stored) -> Result<EntityChange, StoreError> {
        let now = self.timer().now();
        let key = &due.key;
        // Of an entity that is gone nothing follows but the timer's end.
        let Consequences { events, marks, timers, .. } = match stored.entity(key) {
            Some(entity) => {
                let known = Known { entity: &entity, marks: &stored.marks };
                fire(due.timer, key.kind, &key.id, known, now)
            }
            None => Consequences::remembering(&stored.marks),
        };
        let recorder = Recorder {
            shop: key.shop,
            cause: None,
            actor: None,
            version: stored.version + 1,
            now,
            random: self.random(),
            bytes_max: usize::MAX,
        };
        let events = recorder.events(events).map_err(|error| StoreError::Unreadable(error.to_string()))?;
        let state = state(key, stored, stored.bytes.clone(), &marks, now, events);
        Ok(EntityChange { timers, fired: Some((due.timer, due.due)), ..state })
    }
}
