//! The log: appending, following, searching.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Row};
use shopwire_core::commerce::EventType;
use shopwire_core::{Event, EventId, LoggedEvent, Seq, Timestamp};

use super::codec;
use super::column::{Sql, get, get_option, whole};
use super::fault::damaged;
use super::paging::Walk;
use crate::{EventFilter, EventHead, Page, PageRequest, StoreError};

/// The columns of a head, in the order in which [`head`] reads them.
const HEAD: &str =
    "e.seq, e.id, e.shop, e.type, e.subject, e.occurred_at, e.received_at, e.source, e.dialect, e.topic";
const WITH_RECORD: &str = "FROM event e LEFT JOIN event_record r ON r.seq = e.seq";

/// Puts an event into the log. `record` is what [`codec::encode`] made of it.
pub(super) fn insert(db: &Connection, logged: &LoggedEvent, record: &[u8]) -> Result<(), StoreError> {
    let LoggedEvent { seq, event } = logged;
    let webhook = event.origin.webhook();
    db.prepare_cached(
        "INSERT INTO event (seq, id, shop, type, subject, dialect, topic, source, occurred_at, received_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        Sql(*seq),
        Sql(&event.id),
        Sql(&event.shop),
        &*type_name(&event.event_type),
        event.subject.as_str(),
        webhook.map(|webhook| webhook.dialect.as_str()),
        webhook.map(|webhook| &webhook.topic),
        webhook.map(|webhook| Sql(&webhook.source)),
        Sql(event.occurred_at),
        Sql(event.received_at),
    ))?;
    db.prepare_cached("INSERT INTO event_record (seq, record, body) VALUES (?1, ?2, ?3)")?.execute((
        Sql(*seq),
        record,
        &event.origin.body()[..],
    ))?;
    Ok(())
}

fn type_name(event_type: &EventType) -> Cow<'static, str> {
    match event_type.canonical() {
        Some(canonical) => Cow::Borrowed(canonical.as_str()),
        None => Cow::Owned(event_type.to_string()),
    }
}

/// The place of the last event.
pub(super) fn last(db: &Connection) -> Result<Seq, StoreError> {
    let last: Option<u64> = db.query_row("SELECT max(seq) FROM event", (), |row| row.get(0))?;
    Ok(last.map_or(Seq::START, Seq))
}

/// The head of the event at a place.
pub(super) fn head_at(db: &Connection, seq: Seq) -> Result<Option<EventHead>, StoreError> {
    let mut statement = db.prepare_cached(&format!("SELECT {HEAD} FROM event e WHERE e.seq = ?1"))?;
    let mut rows = statement.query([Sql(seq)])?;
    rows.next()?.map(head).transpose()
}

fn head(row: &Row<'_>) -> Result<EventHead, StoreError> {
    let seq = get(row, 0)?;
    read_head(row, seq).map_err(|error| damaged(seq, error))
}

fn read_head(row: &Row<'_>, seq: Seq) -> Result<EventHead, StoreError> {
    let wrong = |what: &str, text: &str| StoreError::Unreadable(format!("`{text}` is no {what}"));
    let text =
        |column| row.get_ref(column)?.as_str().map_err(|error| StoreError::Unreadable(error.to_string()));
    let (event_type, subject) = (text(3)?, text(4)?);
    let dialect: Option<String> = row.get(8)?;
    Ok(EventHead {
        seq,
        id: get(row, 1)?,
        shop: get(row, 2)?,
        event_type: event_type.parse().map_err(|_| wrong("event type", event_type))?,
        subject: subject.parse().map_err(|_| wrong("subject", subject))?,
        occurred_at: get(row, 5)?,
        received_at: get(row, 6)?,
        source: get_option(row, 7)?,
        dialect: dialect.map(|name| name.parse().map_err(|_| wrong("dialect", &name))).transpose()?,
        topic: row.get(9)?,
    })
}

/// A head, and behind it the record and the body.
fn event(row: &Row<'_>) -> Result<Arc<LoggedEvent>, StoreError> {
    let seq = get(row, 0)?;
    read_event(row, seq).map_err(|error| damaged(seq, error))
}

fn read_event(row: &Row<'_>, seq: Seq) -> Result<Arc<LoggedEvent>, StoreError> {
    let EventHead { id, shop, event_type, subject, occurred_at, received_at, source, dialect, topic, .. } =
        read_head(row, seq)?;
    let wrong = |why: &str| StoreError::Unreadable(format!("{why} ({id})"));
    let body: Option<Vec<u8>> = row.get(11)?;
    let body = body.ok_or_else(|| wrong("what was received is missing"))?;
    let record = row.get_ref(10)?.as_blob().map_err(|_| wrong("its record is not a blob"))?;
    let known = codec::Known { source, dialect, topic };
    let origin = codec::decode(known, record, body).map_err(wrong)?;
    let event = Event { id, shop, event_type, subject, occurred_at, received_at, origin };
    Ok(Arc::new(LoggedEvent { seq, event }))
}

/// See [`Ledger::read_after`](crate::Ledger::read_after).
pub(super) fn read_after(
    db: &Connection,
    after: Seq,
    limit: usize,
    bytes_max: usize,
) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
    let sql =
        format!("SELECT {HEAD}, r.record, r.body {WITH_RECORD} WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query((Sql(after), whole(limit as u64)))?;
    let mut events = Vec::new();
    let mut bytes = 0;
    loop {
        let read = match rows.next() {
            Ok(Some(row)) => event(row),
            Ok(None) => break,
            Err(error) => Err(in_next(db, after, error.into())),
        };
        let event = match read {
            Err(_) if !events.is_empty() => break,
            read => read?,
        };
        bytes += event.weight_bytes();
        if bytes > bytes_max && !events.is_empty() {
            break;
        }
        events.push(event);
    }
    Ok(events)
}

/// Says of which event a fault is that was found before its row came: of the next one, if that is known.
fn in_next(db: &Connection, after: Seq, error: StoreError) -> StoreError {
    let next = "SELECT min(seq) FROM event WHERE seq > ?1";
    match db.query_row(next, [Sql(after)], |row| get_option(row, 0)) {
        Ok(Some(seq)) => damaged(seq, error),
        Ok(None) | Err(_) => error,
    }
}

/// See [`Ledger::read_at`](crate::Ledger::read_at).
pub(super) fn read_at(db: &Connection, places: &[Seq]) -> Result<Vec<Arc<LoggedEvent>>, StoreError> {
    let mut places = places.to_vec();
    places.sort_unstable();
    places.dedup();
    let sql = format!("SELECT {HEAD}, r.record, r.body {WITH_RECORD} WHERE e.seq = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    let mut events = Vec::with_capacity(places.len());
    for place in places {
        let mut rows = statement.query([Sql(place)])?;
        if let Some(row) = rows.next().map_err(|error| damaged(place, error.into()))? {
            events.push(event(row)?);
        }
    }
    Ok(events)
}

/// See [`Ledger::event`](crate::Ledger::event).
pub(super) fn by_id(db: &Connection, id: EventId) -> Result<Option<Arc<LoggedEvent>>, StoreError> {
    let seq = db
        .prepare_cached("SELECT seq FROM event WHERE id = ?1")?
        .query_row([Sql(&id)], |row| get(row, 0))
        .optional()?;
    let Some(seq) = seq else { return Ok(None) };
    Ok(read_at(db, &[seq])?.pop())
}

/// See [`Ledger::search`](crate::Ledger::search). Subjects have an index; all else is looked for by walking over the
/// heads. Times are only compared: clocks jump, so that a place tells nothing certain of them.
pub(super) fn search(
    db: &Connection,
    filter: &EventFilter,
    page: PageRequest,
) -> Result<Page<EventHead>, StoreError> {
    let event_type = filter.event_type.as_ref().map(type_name);
    let select = format!("SELECT {HEAD} FROM event e");
    let subject = filter.subject.as_ref().map(|subject| subject.as_str().to_owned());
    Walk::new(&select, "e.seq", page).and("e.subject = ?", subject).run(db, page, |row| {
        let seq: Seq = get(row, 0)?;
        let is_wanted = is_wanted(row, filter, event_type.as_deref())?;
        Ok((seq.0, if is_wanted { Some(head(row)?) } else { None }))
    })
}

/// Compares columns as they are, since most rows that are looked at are not wanted.
fn is_wanted(row: &Row<'_>, filter: &EventFilter, event_type: Option<&str>) -> Result<bool, StoreError> {
    let is = |column: usize, wanted: Option<&[u8]>| -> rusqlite::Result<bool> {
        let Some(wanted) = wanted else { return Ok(true) };
        Ok(row.get_ref(column)?.as_bytes_or_null().ok().flatten() == Some(wanted))
    };
    let received_at: Timestamp = get(row, 6)?;
    Ok(is(2, filter.shop.as_ref().map(|shop| &shop.as_bytes()[..]))?
        && is(3, event_type.map(str::as_bytes))?
        && is(8, filter.dialect.map(|dialect| dialect.as_str().as_bytes()))?
        && filter.since.is_none_or(|since| received_at >= since)
        && filter.until.is_none_or(|until| received_at < until))
}
