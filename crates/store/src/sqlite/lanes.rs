//! What happens in lanes. Progress goes into the log and into memory, see [`stands`]; who waits by name or was
//! given up has a row.

use std::collections::HashSet;

use rusqlite::{Connection, Row};
use shopwire_core::delivery::{LaneRecord, Progress, Waiting, subject_key};
use shopwire_core::{EndpointId, Seq, Timestamp};

use super::column::{Sql, get, get_option};
use super::dead_letters;
use super::fault::unreadable;
use super::group::Group;
use super::stands::{self, Stand, Stands};
use crate::log::{EncodedUpdate, LogReader};
use crate::{LaneStand, LaneUpdate, Redelivery, StoreError};

/// See [`Ledger::lane`](crate::Ledger::lane). Where it stands is looked up first: a row that comes in between is known twice
/// then, and not missed.
pub(super) fn read(
    db: &Connection,
    stands: &Stands,
    endpoint: EndpointId,
) -> Result<Option<LaneRecord>, StoreError> {
    stands.get(endpoint).map(|stand| record_of(db, endpoint, stand)).transpose()
}

fn record_of(db: &Connection, endpoint: EndpointId, stand: Stand) -> Result<LaneRecord, StoreError> {
    let waiting = db
        .prepare_cached(
            "SELECT seq, key, due, attempts, steps, first_at FROM waiting WHERE endpoint = ?1 ORDER BY seq",
        )?
        .query_map([Sql(&endpoint)], waiting)?
        .collect::<Result<_, _>>()?;
    Ok(LaneRecord { cursor: stand.cursor, done: stand.done, waiting })
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    let progress = match (row.get(3)?, row.get(4)?, get_option(row, 5)?) {
        (Some(attempts), Some(steps), Some(first_at)) => Some(Progress { attempts, steps, first_at }),
        _ => None,
    };
    let key: i64 = row.get(1)?;
    Ok(Waiting { seq: get(row, 0)?, key: key.cast_unsigned(), due: get_option(row, 2)?, progress })
}

/// See [`Ledger::lane_stands`](crate::Ledger::lane_stands).
pub(super) fn all(db: &Connection, stands: &Stands) -> Result<Vec<LaneStand>, StoreError> {
    let mut first_waiting = db.prepare_cached("SELECT min(seq) FROM waiting WHERE endpoint = ?1")?;
    let mut all = Vec::new();
    for (endpoint, Stand { opened_at, cursor, .. }) in stands.all() {
        let first_waiting = first_waiting.query_row([Sql(&endpoint)], |row| get_option(row, 0))?;
        all.push(LaneStand { endpoint, opened_at, cursor, first_waiting });
    }
    all.sort_unstable_by_key(|stand| stand.endpoint);
    Ok(all)
}

/// See [`Ledger::open_lane`](crate::Ledger::open_lane).
pub(super) fn open(group: &mut Group<'_>, endpoint: EndpointId, at: Seq) -> Result<LaneRecord, StoreError> {
    let db = group.sql()?;
    let stand = match group.lane(endpoint) {
        Some(stand) => stand.clone(),
        None => {
            let stand = Stand { opened_at: at, cursor: at, done: Vec::new(), is_stored: true };
            stands::store(db, endpoint, &stand)?;
            group.set_lane(endpoint, Some(stand.clone()));
            stand
        }
    };
    record_of(db, endpoint, stand)
}

/// A lane's update on its way into the log.
pub(super) struct Update {
    update: LaneUpdate,
    encoded: EncodedUpdate,
}

impl Update {
    pub(super) fn new(update: LaneUpdate) -> Self {
        Self { encoded: EncodedUpdate::new(&update), update }
    }

    pub(super) fn weight_bytes(&self) -> usize {
        self.encoded.len()
    }

    fn needs_sql(&self) -> bool {
        !self.update.changes.is_empty() || self.update.attempts.iter().any(|attempt| attempt.dead.is_some())
    }
}

/// See [`Ledger::record`](crate::Ledger::record).
pub(super) fn record(group: &mut Group<'_>, updates: &[Update]) -> Result<(), StoreError> {
    if updates.iter().any(Update::needs_sql) {
        group.sql()?;
    }
    updates.iter().try_for_each(|update| record_one(group, update))
}

fn record_one(group: &mut Group<'_>, Update { update, encoded }: &Update) -> Result<(), StoreError> {
    let Some(stand) = group.lane(update.endpoint) else {
        // Its progress must not be found by a lane that is opened later.
        group.put_update(&EncodedUpdate::new(&at(update, Seq::START, &[])));
        return Ok(());
    };
    if update.cursor >= stand.cursor {
        stand.advance(update.cursor, &update.done);
        group.put_update(encoded);
    } else {
        // The newest update in the log tells where the lane stands.
        let corrected = at(update, stand.cursor, &stand.done);
        group.put_update(&EncodedUpdate::new(&corrected));
    }
    if !update.changes.is_empty() {
        rename(group.sql()?, update)?;
    }
    bury(group, update)
}

/// The same update, by a lane that stands elsewhere.
fn at(update: &LaneUpdate, cursor: Seq, done: &[Seq]) -> LaneUpdate {
    LaneUpdate { cursor, done: done.to_vec(), ..update.clone() }
}

/// Who is known by name from now on, then who no longer is: a delivery may come and go within one update.
fn rename(db: &Connection, update: &LaneUpdate) -> Result<(), StoreError> {
    for waiting in &update.changes.wait {
        wait(db, update.endpoint, waiting)?;
    }
    let mut forget = db.prepare_cached("DELETE FROM waiting WHERE endpoint = ?1 AND seq = ?2")?;
    for seq in &update.changes.forget {
        forget.execute((Sql(&update.endpoint), Sql(*seq)))?;
    }
    Ok(())
}

/// Puts on the list of the dead who was given up, unless the event itself is gone.
fn bury(group: &mut Group<'_>, update: &LaneUpdate) -> Result<(), StoreError> {
    for attempt in &update.attempts {
        let Some(reason) = attempt.dead else { continue };
        if let Some(event) = group.event_id(attempt.seq)? {
            dead_letters::insert(group.sql()?, update.endpoint, event, reason, attempt)?;
        }
    }
    Ok(())
}

fn wait(db: &Connection, endpoint: EndpointId, waiting: &Waiting) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO waiting (endpoint, seq, key, due, attempts, steps, first_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET key = excluded.key, due = excluded.due, attempts = excluded.attempts,
         steps = excluded.steps, first_at = excluded.first_at",
    )?
    .execute((
        Sql(&endpoint),
        Sql(waiting.seq),
        waiting.key.cast_signed(),
        waiting.due.map(Sql),
        waiting.progress.map(|progress| progress.attempts),
        waiting.progress.map(|progress| progress.steps),
        waiting.progress.map(|progress| Sql(progress.first_at)),
    ))?;
    Ok(())
}

/// What must be known of an event to deliver it once more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Again {
    seq: Seq,
    key: u64,
    /// The number of its last attempt.
    attempts: u32,
}

/// Looks up what must be known to deliver these events to an endpoint once more, before the writer is asked: its time is
/// everybody's. Left out are those that are gone or can't be read.
pub(super) fn look_up(
    log: &LogReader,
    endpoint: EndpointId,
    places: &[Seq],
) -> Result<Vec<Again>, StoreError> {
    let mut found = Vec::with_capacity(places.len());
    for &seq in places {
        match log.head_at(seq) {
            Ok(Some(head)) => found.push(Again {
                seq,
                key: subject_key(head.shop, &head.subject),
                attempts: log.last_attempt_number(endpoint, seq)?,
            }),
            Ok(None) | Err(StoreError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// See [`Ledger::redeliver`](crate::Ledger::redeliver). An event that is gone can't be delivered, and its dead letter stays.
pub(super) fn redeliver(
    db: &Connection,
    endpoint: EndpointId,
    seq: Seq,
    again: Option<Again>,
    now: Timestamp,
) -> Result<Redelivery, StoreError> {
    let Some(attempts) = dead_letters::take(db, endpoint, seq)? else { return Ok(Redelivery::NotDead) };
    let Again { key, .. } = again.ok_or_else(|| {
        unreadable(
            format_args!("the dead letter of {endpoint}"),
            format!("event {seq} is no longer in the log"),
        )
    })?;
    let progress = Progress { attempts, steps: 0, first_at: now };
    wait(db, endpoint, &Waiting { seq, key, due: Some(now), progress: Some(progress) })?;
    Ok(Redelivery::Waits { progress })
}

/// See [`Ledger::replay`](crate::Ledger::replay).
pub(super) fn replay(
    group: &mut Group<'_>,
    endpoint: EndpointId,
    events: &[Again],
    now: Timestamp,
) -> Result<Vec<Waiting>, StoreError> {
    let db = group.sql()?;
    let Some(stand) = group.lane(endpoint) else { return Ok(Vec::new()) };
    let (cursor, done) = (stand.cursor, stand.done.iter().copied().collect::<HashSet<_>>());
    let mut is_waiting = db.prepare_cached("SELECT 1 FROM waiting WHERE endpoint = ?1 AND seq = ?2")?;
    let mut replayed = Vec::with_capacity(events.len());
    for &Again { seq, key, attempts } in events {
        let is_settled = seq <= cursor || done.contains(&seq);
        if !is_settled || is_waiting.exists((Sql(&endpoint), Sql(seq)))? {
            continue;
        }
        let of_dead = dead_letters::take(db, endpoint, seq)?.unwrap_or(0);
        let progress = Progress { attempts: of_dead.max(attempts), steps: 0, first_at: now };
        let waiting = Waiting { seq, key, due: Some(now), progress: Some(progress) };
        wait(db, endpoint, &waiting)?;
        replayed.push(waiting);
    }
    Ok(replayed)
}

/// Forgets a lane with all that stands in it.
pub(super) fn remove(group: &mut Group<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    let db = group.sql()?;
    for table in ["lane", "waiting", "dead_letter"] {
        db.execute(&format!("DELETE FROM {table} WHERE endpoint = ?1"), [Sql(&endpoint)])?;
    }
    group.set_lane(endpoint, None);
    Ok(())
}
