//! Where the lanes stand.

use rusqlite::{Connection, OptionalExtension as _, Row};
use shopwire_core::delivery::{LaneRecord, Progress, Waiting, subject_key};
use shopwire_core::{EndpointId, Seq, Timestamp};

use super::column::{Sql, get, get_option};
use super::fault::unreadable;
use super::{attempts, dead_letters, log};
use crate::{LaneUpdate, Redelivery, StoreError};

/// See [`Ledger::lane`](crate::Ledger::lane).
pub(super) fn read(db: &Connection, endpoint: EndpointId) -> Result<Option<LaneRecord>, StoreError> {
    // One snapshot for both: cursor and names belong together.
    let snapshot = db.is_autocommit().then(|| db.unchecked_transaction()).transpose()?;
    let stored: Option<(Seq, Vec<u8>)> = db
        .prepare_cached("SELECT cursor, done FROM lane WHERE endpoint = ?1")?
        .query_row([Sql(&endpoint)], |row| Ok((get(row, 0)?, row.get(1)?)))
        .optional()?;
    let Some((cursor, done)) = stored else { return Ok(None) };
    let waiting = db
        .prepare_cached(
            "SELECT seq, key, due, attempts, steps, first_at FROM waiting WHERE endpoint = ?1 ORDER BY seq",
        )?
        .query_map([Sql(&endpoint)], waiting)?
        .collect::<Result<_, _>>()?;
    snapshot.map(rusqlite::Transaction::commit).transpose()?;
    let done =
        places(&done).ok_or_else(|| unreadable(format_args!("the lane of {endpoint}"), "its list is cut"))?;
    Ok(Some(LaneRecord { cursor, done, waiting }))
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    let progress = match (row.get(3)?, row.get(4)?, get_option(row, 5)?) {
        (Some(attempts), Some(steps), Some(first_at)) => Some(Progress { attempts, steps, first_at }),
        _ => None,
    };
    let key: i64 = row.get(1)?;
    Ok(Waiting { seq: get(row, 0)?, key: key.cast_unsigned(), due: get_option(row, 2)?, progress })
}

fn places(bytes: &[u8]) -> Option<Vec<Seq>> {
    let (places, rest) = bytes.as_chunks::<8>();
    rest.is_empty().then(|| places.iter().map(|place| Seq(u64::from_le_bytes(*place))).collect())
}

/// See [`Ledger::open_lane`](crate::Ledger::open_lane).
pub(super) fn open(db: &Connection, endpoint: EndpointId, at: Seq) -> Result<LaneRecord, StoreError> {
    db.prepare_cached(
        "INSERT INTO lane (endpoint, cursor, done) VALUES (?1, ?2, x'') ON CONFLICT DO NOTHING",
    )?
    .execute((Sql(&endpoint), Sql(at)))?;
    let lane = read(db, endpoint)?;
    lane.ok_or_else(|| {
        unreadable(format_args!("the lane of {endpoint}"), "it was just opened and is not there")
    })
}

/// See [`Ledger::record`](crate::Ledger::record).
pub(super) fn record(db: &Connection, updates: &[LaneUpdate]) -> Result<(), StoreError> {
    for update in updates {
        let is_open = stand(db, update)?;
        for attempt in &update.attempts {
            attempts::insert(db, update.endpoint, attempt)?;
        }
        if is_open {
            rename(db, update)?;
            for attempt in &update.attempts {
                dead_letters::insert(db, update.endpoint, attempt)?;
            }
        }
    }
    Ok(())
}

/// Moves the lane to where it stands now; answers whether it is open.
fn stand(db: &Connection, update: &LaneUpdate) -> Result<bool, StoreError> {
    let done: Vec<u8> = update.done.iter().flat_map(|seq| seq.0.to_le_bytes()).collect();
    let changed = db
        .prepare_cached(
            "UPDATE lane SET done = CASE WHEN cursor <= ?2 THEN ?3 ELSE done END, cursor = max(cursor, ?2)
             WHERE endpoint = ?1",
        )?
        .execute((Sql(&update.endpoint), Sql(update.cursor), done))?;
    Ok(changed == 1)
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

/// See [`Ledger::redeliver`](crate::Ledger::redeliver).
pub(super) fn redeliver(
    db: &Connection,
    endpoint: EndpointId,
    seq: Seq,
    now: Timestamp,
) -> Result<Redelivery, StoreError> {
    let Some(attempts) = dead_letters::take(db, endpoint, seq)? else { return Ok(Redelivery::NotDead) };
    let head = log::head_at(db, seq)?.ok_or_else(|| {
        unreadable(format_args!("the dead letter of {endpoint}"), format!("event {seq} is missing"))
    })?;
    let progress = Progress { attempts, steps: 0, first_at: now };
    let key = subject_key(head.shop, &head.subject);
    wait(db, endpoint, &Waiting { seq, key, due: Some(now), progress: Some(progress) })?;
    Ok(Redelivery::Waits { progress })
}

/// See [`Ledger::replay`](crate::Ledger::replay).
pub(super) fn replay(
    db: &Connection,
    endpoint: EndpointId,
    places: &[Seq],
    now: Timestamp,
) -> Result<Vec<Waiting>, StoreError> {
    let Some(lane) = read(db, endpoint)? else { return Ok(Vec::new()) };
    let mut replayed = Vec::new();
    for &seq in places {
        let is_settled = seq <= lane.cursor || lane.done.contains(&seq);
        let is_waiting = lane.waiting.iter().any(|waiting| waiting.seq == seq);
        if !is_settled || is_waiting {
            continue;
        }
        let Some(head) = log::head_at(db, seq)? else { continue };
        let attempts = dead_letters::take(db, endpoint, seq)?.unwrap_or(0);
        let progress = Progress { attempts, steps: 0, first_at: now };
        let key = subject_key(head.shop, &head.subject);
        let waiting = Waiting { seq, key, due: Some(now), progress: Some(progress) };
        wait(db, endpoint, &waiting)?;
        replayed.push(waiting);
    }
    Ok(replayed)
}

/// Forgets a lane with all that stands in it.
pub(super) fn remove(db: &Connection, endpoint: EndpointId) -> Result<(), StoreError> {
    for table in ["lane", "waiting", "dead_letter"] {
        db.execute(&format!("DELETE FROM {table} WHERE endpoint = ?1"), [Sql(&endpoint)])?;
    }
    Ok(())
}
