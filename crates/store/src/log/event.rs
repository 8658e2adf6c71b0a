//! The record of an event.
//!
//! ```text
//! 16  id        16  shop
//! i64 occurred  i64 received         milliseconds
//! u8  1 if there is a key, plus 2 if it came by a webhook
//! 16  key of copies, or zeros
//! text type     text subject
//! webhook: 16 source, text dialect, text topic
//! u32 length of the origin's record, then that (see origin.rs)
//! …   the body
//! ```
//!
//! An erased event has the same form up to the subject, of which only the kind is left, and zeros from there on.

use std::borrow::Cow;

use bytes::Bytes;
use shopwire_core::commerce::{EventType, Subject};
use shopwire_core::{DialectId, Event, EventId, Origin, Seq, ShopId, SourceId, Timestamp};

use super::origin::{self, Known};
use super::record::{self, Kind};
use super::wire::{Reader, put_length, put_text};
use super::{DedupKey, fault};
use crate::{EventFilter, EventHead};

const HAS_KEY: u8 = 1;
const IS_WEBHOOK: u8 = 2;

/// What an index knows of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EventMark {
    pub(super) id: EventId,
    pub(super) key: Option<DedupKey>,
    /// [`subject_hash`]; 0 if it was erased.
    pub(super) subject: u64,
    pub(super) received_at: Timestamp,
}

/// FNV-1a of a subject's text, never 0. It stands in indexes, so it never changes.
pub(super) fn subject_hash(subject: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    subject.bytes().fold(0xcbf2_9ce4_8422_2325, step).max(1)
}

pub(super) fn type_name(event_type: &EventType) -> Cow<'static, str> {
    match event_type.canonical() {
        Some(canonical) => Cow::Borrowed(canonical.as_str()),
        None => Cow::Owned(event_type.to_string()),
    }
}

/// What stands in a record in front of the origin, texts as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) id: EventId,
    pub(crate) shop: ShopId,
    pub(crate) occurred_at: Timestamp,
    pub(crate) received_at: Timestamp,
    pub(crate) key: Option<DedupKey>,
    pub(crate) event_type: &'a str,
    pub(crate) subject: &'a str,
    /// The source, the dialect and the topic of a webhook.
    pub(crate) from: Option<(SourceId, &'a str, &'a str)>,
}

/// The whole record of an event.
pub(super) fn encode(event: &Event, key: Option<&DedupKey>) -> Vec<u8> {
    let head = Head {
        id: event.id,
        shop: event.shop,
        occurred_at: event.occurred_at,
        received_at: event.received_at,
        key: key.copied(),
        event_type: &type_name(&event.event_type),
        subject: event.subject.as_str(),
        from: event.origin.webhook().map(|from| (from.source, from.dialect.as_str(), from.topic.as_str())),
    };
    let mut out = Vec::with_capacity(capacity(event));
    put(&mut out, &head, |out| origin::put(out, &event.origin), event.origin.body());
    out
}

/// The whole record of an event whose origin can't be understood: it has its place and its head, and its bytes are kept.
pub(super) fn encode_damaged(head: &Head<'_>, origin: &[u8], body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, head, |out| origin::put_damaged(out, origin), body);
    out
}

fn put(out: &mut Vec<u8>, head: &Head<'_>, put_origin: impl FnOnce(&mut Vec<u8>), body: &[u8]) {
    let start = record::begin(out, Kind::Event);
    put_prefix(out, head);
    if let Some((source, dialect, topic)) = head.from {
        out.extend(source.as_bytes());
        put_text(out, dialect);
        put_text(out, topic);
    }
    let origin_at = out.len();
    put_length(out, 0);
    put_origin(out);
    let origin_bytes = u32::try_from(out.len() - origin_at - 4).expect("a request's head is far below 4 GiB");
    out[origin_at..origin_at + 4].copy_from_slice(&origin_bytes.to_le_bytes());
    out.extend_from_slice(body);
    record::end(out, start);
}

fn put_prefix(out: &mut Vec<u8>, head: &Head<'_>) {
    out.extend(head.id.as_bytes());
    out.extend(head.shop.as_bytes());
    out.extend(head.occurred_at.as_ms().to_le_bytes());
    out.extend(head.received_at.as_ms().to_le_bytes());
    let has_key = if head.key.is_some() { HAS_KEY } else { 0 };
    out.push(has_key | if head.from.is_some() { IS_WEBHOOK } else { 0 });
    out.extend(head.key.unwrap_or_default());
    put_text(out, head.event_type);
    put_text(out, head.subject);
}

/// Room enough for nearly every record, so that it is allocated once.
fn capacity(event: &Event) -> usize {
    let of_origin = match &event.origin {
        Origin::Webhook(webhook) => {
            let headers: usize =
                webhook.headers.iter().map(|(name, value)| name.len() + value.len() + 8).sum();
            let texts = [&webhook.platform_event_id, &webhook.query];
            let texts: usize = texts.into_iter().flatten().map(String::len).sum();
            headers + texts + webhook.topic.len()
        }
        Origin::Change(change) => [&change.cause, &change.actor].into_iter().flatten().map(String::len).sum(),
    };
    220 + event.subject.as_str().len() + of_origin + event.origin.body().len()
}

/// A record that was opened, with what was cheap to read.
pub(super) struct EventView<'a> {
    pub(super) mark: EventMark,
    pub(super) shop: ShopId,
    occurred_at: Timestamp,
    event_type: &'a str,
    pub(super) subject: &'a str,
    pub(super) is_erased: bool,
    from: Option<(SourceId, &'a str, &'a str)>,
    rest: &'a [u8],
}

impl<'a> EventView<'a> {
    /// Opens a whole record. The error says what is wrong with it.
    pub(super) fn open(record: &'a [u8]) -> Result<Self, &'static str> {
        let (kind, rest) = record::open(record)?;
        let is_erased = match kind {
            Kind::Event => false,
            Kind::ErasedEvent => true,
            _ => return Err("it is no event"),
        };
        Self::read(Reader(rest), is_erased)
    }

    fn read(mut rest: Reader<'a>, is_erased: bool) -> Result<Self, &'static str> {
        let id = EventId::from_bytes(rest.array()?);
        let shop = ShopId::from_bytes(rest.array()?);
        let occurred_at = Timestamp::from_ms(rest.i64()?);
        let received_at = Timestamp::from_ms(rest.i64()?);
        let flags = rest.byte()?;
        let key = rest.array()?;
        let (event_type, subject) = (rest.text()?, rest.text()?);
        let from = if flags & IS_WEBHOOK == 0 {
            None
        } else {
            Some((SourceId::from_bytes(rest.array()?), rest.text()?, rest.text()?))
        };
        let mark = EventMark {
            id,
            key: (flags & HAS_KEY != 0).then_some(key),
            subject: if is_erased { 0 } else { subject_hash(subject) },
            received_at,
        };
        Ok(Self { mark, shop, occurred_at, event_type, subject, is_erased, from, rest: rest.0 })
    }

    /// Whether the filter wants it. Compares texts as they are, since most events that are looked at are not wanted.
    pub(super) fn is_wanted(&self, filter: &EventFilter, event_type: Option<&str>) -> bool {
        let received_at = self.mark.received_at;
        filter.shop.is_none_or(|shop| self.shop == shop)
            && event_type.is_none_or(|wanted| self.event_type == wanted)
            && filter.subject.as_ref().is_none_or(|subject| self.subject == subject.as_str())
            && filter.dialect.is_none_or(|wanted| self.from.is_some_and(|(_, d, _)| d == wanted.as_str()))
            && filter.since.is_none_or(|since| received_at >= since)
            && filter.until.is_none_or(|until| received_at < until)
    }

    /// The head of the event.
    pub(super) fn head(&self, seq: Seq) -> Result<EventHead, String> {
        let wrong = |what: &str, text: &str| format!("`{text}` is no {what}");
        let dialect = |name: &str| name.parse::<DialectId>().map_err(|_| wrong("dialect", name));
        Ok(EventHead {
            seq,
            id: self.mark.id,
            shop: self.shop,
            event_type: self.event_type.parse().map_err(|_| wrong("event type", self.event_type))?,
            subject: self.subject.parse().map_err(|_| wrong("subject", self.subject))?,
            occurred_at: self.occurred_at,
            received_at: self.mark.received_at,
            source: self.from.map(|(source, ..)| source),
            dialect: self.from.map(|(_, name, _)| dialect(name)).transpose()?,
            topic: self.from.map(|(.., topic)| topic.to_owned()),
        })
    }

    /// The whole event. An erased one has none.
    pub(super) fn event(&self) -> Result<Event, String> {
        if self.is_erased {
            return Err("it was erased".to_owned());
        }
        let EventHead {
            id, shop, event_type, subject, occurred_at, received_at, source, dialect, topic, ..
        } = self.head(Seq::START)?;
        let mut rest = Reader(self.rest);
        let record = rest.u32().and_then(|length| rest.take(length as usize))?;
        // Copied: a slice would keep the whole buffer that was read in memory.
        let body = Bytes::copy_from_slice(rest.0);
        let origin = origin::decode(Known { source, dialect, topic }, record, body)?;
        Ok(Event { id, shop, event_type, subject, occurred_at, received_at, origin })
    }
}

/// What takes the place of the record of an event once it is erased: a record of the same length.
pub(super) fn erased(record: &[u8]) -> Result<Vec<u8>, String> {
    let view = EventView::open(record)?;
    let subject: Subject = view.subject.parse().map_err(fault::text)?;
    let kind_alone = Subject::native(subject.kind_name(), "");
    let head = Head {
        id: view.mark.id,
        shop: view.shop,
        occurred_at: view.occurred_at,
        received_at: view.mark.received_at,
        key: view.mark.key,
        event_type: view.event_type,
        subject: kind_alone.as_str(),
        from: None,
    };
    let mut out = Vec::with_capacity(record.len());
    let start = record::begin(&mut out, Kind::ErasedEvent);
    put_prefix(&mut out, &head);
    out.resize(record.len(), 0);
    record::end(&mut out, start);
    Ok(out)
}
