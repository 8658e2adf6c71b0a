//! Where the lanes stand, in memory: the rows in the database are written now and then only.
//!
//! Progress goes into the log with its attempts, and here; the rows are written when a lane is opened, when a segment of the
//! log is full, with the counts of copies if these come alone, and when the store is copied or closed. On opening, what the
//! segment being written says of the lanes is applied over the rows.
//!
//! **Invariants.** A cursor never goes back, unless the log has lost its end ([`beyond`](super::beyond)). Nothing is seen here
//! before it is synced.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use shopwire_core::{EndpointId, Seq};

use super::column::{Sql, get};
use super::fault::unreadable;
use crate::StoreError;

/// Where one lane stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) opened_at: Seq,
    pub(super) cursor: Seq,
    /// Finished beyond the cursor.
    pub(super) done: Vec<Seq>,
    /// Whether the row in the database says the same.
    pub(super) is_stored: bool,
}

impl Stand {
    /// Moves on, unless that would be back.
    pub(super) fn advance(&mut self, cursor: Seq, done: &[Seq]) {
        if cursor >= self.cursor && (cursor != self.cursor || done != self.done) {
            self.cursor = cursor;
            self.done.clear();
            self.done.extend_from_slice(done);
            self.is_stored = false;
        }
    }

    /// The last place that it knows.
    fn last(&self) -> Seq {
        self.done.iter().copied().fold(self.cursor.max(self.opened_at), Seq::max)
    }
}

/// All lanes that are open.
#[derive(Debug, Default)]
pub(super) struct Stands(Mutex<HashMap<EndpointId, Stand>>);

impl Stands {
    /// As the rows say.
    pub(super) fn read(db: &Connection) -> Result<Self, StoreError> {
        let mut statement = db.prepare("SELECT endpoint, opened_at, cursor, done FROM lane")?;
        let mut rows = statement.query(())?;
        let mut stands = HashMap::new();
        while let Some(row) = rows.next()? {
            let endpoint: EndpointId = get(row, 0)?;
            let done: Vec<u8> = row.get(3)?;
            let done = places(&done)
                .ok_or_else(|| unreadable(format_args!("the lane of {endpoint}"), "its list is cut"))?;
            let (opened_at, cursor) = (get(row, 1)?, get(row, 2)?);
            stands.insert(endpoint, Stand { opened_at, cursor, done, is_stored: true });
        }
        Ok(Self(Mutex::new(stands)))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<EndpointId, Stand>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One lane.
    pub(super) fn get(&self, endpoint: EndpointId) -> Option<Stand> {
        self.lock().get(&endpoint).cloned()
    }

    /// All of them, in no order.
    pub(super) fn all(&self) -> Vec<(EndpointId, Stand)> {
        self.lock().iter().map(|(endpoint, stand)| (*endpoint, stand.clone())).collect()
    }

    /// Moves a lane on, if it is open.
    pub(super) fn advance(&self, endpoint: EndpointId, cursor: Seq, done: &[Seq]) {
        if let Some(stand) = self.lock().get_mut(&endpoint) {
            stand.advance(cursor, done);
        }
    }

    /// Lets no lane stand behind the end of the log. Answers those that did: where they stood, and how they stand now.
    pub(super) fn end_at(&self, head: Seq) -> Vec<(EndpointId, Seq, Stand)> {
        let mut ended = Vec::new();
        for (endpoint, stand) in self.lock().iter_mut() {
            let stood_at = stand.last();
            if stood_at > head {
                stand.opened_at = stand.opened_at.min(head);
                stand.cursor = stand.cursor.min(head);
                stand.done.retain(|place| *place <= head);
                stand.is_stored = true;
                ended.push((*endpoint, stood_at, stand.clone()));
            }
        }
        ended
    }

    /// Takes over what was committed.
    pub(super) fn take_over(&self, moved: &mut Moved) {
        if moved.0.is_empty() {
            return;
        }
        let mut stands = self.lock();
        for (endpoint, stand) in moved.0.drain() {
            match stand {
                Some(stand) => stands.insert(endpoint, stand),
                None => stands.remove(&endpoint),
            };
        }
    }

    /// The lanes whose rows are out of date.
    pub(super) fn unstored(&self) -> Vec<(EndpointId, Stand)> {
        let stands = self.lock();
        let unstored = stands.iter().filter(|(_, stand)| !stand.is_stored);
        unstored.map(|(endpoint, stand)| (*endpoint, stand.clone())).collect()
    }

    /// The rows of these lanes are up to date.
    pub(super) fn stored(&self, lanes: &[(EndpointId, Stand)]) {
        let mut stands = self.lock();
        for (endpoint, _) in lanes {
            if let Some(stand) = stands.get_mut(endpoint) {
                stand.is_stored = true;
            }
        }
    }
}

/// What the group being written changes: nobody sees it before it is committed. `None` stands for a lane that was removed.
#[derive(Debug, Default)]
pub(super) struct Moved(HashMap<EndpointId, Option<Stand>>);

impl Moved {
    /// A lane as this group leaves it, to be changed; `None` if it is not open.
    pub(super) fn get<'a>(&'a mut self, stands: &Stands, endpoint: EndpointId) -> Option<&'a mut Stand> {
        self.0.entry(endpoint).or_insert_with(|| stands.get(endpoint)).as_mut()
    }

    /// Puts a lane.
    pub(super) fn set(&mut self, endpoint: EndpointId, stand: Option<Stand>) {
        self.0.insert(endpoint, stand);
    }
}

/// Writes a lane's row.
pub(super) fn store(db: &Connection, endpoint: EndpointId, stand: &Stand) -> Result<(), StoreError> {
    let done: Vec<u8> = stand.done.iter().flat_map(|seq| seq.0.to_le_bytes()).collect();
    db.prepare_cached(
        "INSERT INTO lane (endpoint, opened_at, cursor, done) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET opened_at = excluded.opened_at, cursor = excluded.cursor, done = excluded.done",
    )?
    .execute((Sql(&endpoint), Sql(stand.opened_at), Sql(stand.cursor), done))?;
    Ok(())
}

fn places(bytes: &[u8]) -> Option<Vec<Seq>> {
    let (places, rest) = bytes.as_chunks::<8>();
    rest.is_empty().then(|| places.iter().map(|place| Seq(u64::from_le_bytes(*place))).collect())
}
