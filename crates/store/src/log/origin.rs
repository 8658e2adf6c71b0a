//! The stored bytes of what came with an event's body, as part of its record.
//!
//! ```text
//! 1 byte   version of this form: 1; 0 if what follows could not be understood already when it was copied into the log
//! 1 byte   origin: 1 = a platform's webhook, 2 = a change
//! webhook: option   the platform's own id of the event
//!          option   the query string
//!          u32      number of header fields, then of each the name and the value
//! change:  option   the cause
//!          option   the actor
//!          u64      the entity's version
//! ```
//!
//! A text is a little-endian `u32` length and UTF-8; an option is a byte 0, or a byte 1 and a text. The body stands apart,
//! byte for byte. A form that was once written stays readable: a new one gets a new version.

use bytes::Bytes;
use shopwire_core::{DialectId, Headers, Origin, ReceivedWebhook, RecordedChange, SourceId};

use super::wire::{Reader, put_length, put_option, put_text};

const VERSION: u8 = 1;
const DAMAGED: u8 = 0;
const WEBHOOK: u8 = 1;
const CHANGE: u8 = 2;

/// Puts the record of an origin, without its body.
pub(super) fn put(out: &mut Vec<u8>, origin: &Origin) {
    match origin {
        Origin::Webhook(webhook) => put_webhook(out, webhook),
        Origin::Change(change) => put_change(out, change),
    }
}

/// Puts bytes that should have been a record, but can't be understood.
pub(super) fn put_damaged(out: &mut Vec<u8>, record: &[u8]) {
    out.push(DAMAGED);
    out.extend_from_slice(record);
}

fn put_change(out: &mut Vec<u8>, change: &RecordedChange) {
    out.extend([VERSION, CHANGE]);
    put_option(out, change.cause.as_deref());
    put_option(out, change.actor.as_deref());
    out.extend(change.version.to_le_bytes());
}

fn put_webhook(out: &mut Vec<u8>, webhook: &ReceivedWebhook) {
    out.extend([VERSION, WEBHOOK]);
    put_option(out, webhook.platform_event_id.as_deref());
    put_option(out, webhook.query.as_deref());
    put_length(out, webhook.headers.len());
    for (name, value) in webhook.headers.iter() {
        put_text(out, name);
        put_text(out, value);
    }
}

/// What stands about a webhook in the event's head.
pub(crate) struct Known {
    pub(crate) source: Option<SourceId>,
    pub(crate) dialect: Option<DialectId>,
    pub(crate) topic: Option<String>,
}

/// The origin again. The error says what is wrong with the record.
pub(crate) fn decode(known: Known, record: &[u8], body: Bytes) -> Result<Origin, &'static str> {
    let mut rest = Reader(record);
    let origin = match rest.take(2)? {
        [VERSION, WEBHOOK] => Origin::Webhook(decode_webhook(known, &mut rest, body)?),
        [VERSION, CHANGE] => Origin::Change(decode_change(&mut rest, body)?),
        [VERSION, _] => return Err("its origin is of an unknown kind"),
        [DAMAGED, _] => return Err("it was damaged already when it was copied into the log"),
        _ => return Err("it was written by a later version"),
    };
    if rest.0.is_empty() { Ok(origin) } else { Err("there is something behind its end") }
}

fn decode_change(rest: &mut Reader<'_>, body: Bytes) -> Result<RecordedChange, &'static str> {
    let (cause, actor) = (rest.option()?, rest.option()?);
    let version = rest.u64()?;
    Ok(RecordedChange { cause, actor, version, data: body })
}

fn decode_webhook(known: Known, rest: &mut Reader<'_>, body: Bytes) -> Result<ReceivedWebhook, &'static str> {
    let (Some(source), Some(dialect), Some(topic)) = (known.source, known.dialect, known.topic) else {
        return Err("its origin is incomplete");
    };
    let platform_event_id = rest.option()?;
    let query = rest.option()?;
    let mut headers = Headers::new();
    for _ in 0..rest.u32()? {
        headers.push(rest.text()?, rest.text()?);
    }
    Ok(ReceivedWebhook { source, dialect, topic, platform_event_id, query, headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(origin: &Origin) -> Vec<u8> {
        let mut record = Vec::new();
        put(&mut record, origin);
        record
    }

    fn known() -> Known {
        let (source, topic) = (SourceId::from_bytes([1; 16]), "PUBLISH".to_owned());
        Known { source: Some(source), dialect: Some(DialectId::Duda), topic: Some(topic) }
    }

    /// A change has none of what a head says about a webhook.
    fn nothing() -> Known {
        Known { source: None, dialect: None, topic: None }
    }

    fn webhook() -> ReceivedWebhook {
        ReceivedWebhook {
            source: SourceId::from_bytes([1; 16]),
            dialect: DialectId::Duda,
            topic: "PUBLISH".to_owned(),
            platform_event_id: None,
            query: Some("a=1".to_owned()),
            headers: Headers::new().with("X-Duda", "žluť").with("x-duda", ""),
            body: Bytes::from_static(&[0, 0xff, b'{']),
        }
    }

    fn change() -> RecordedChange {
        RecordedChange {
            cause: Some("order".to_owned()),
            actor: None,
            version: 0x0102_0304_0506_0708,
            data: Bytes::from_static(b"{}"),
        }
    }

    fn both() -> [(Known, Origin); 2] {
        [(known(), Origin::Webhook(webhook())), (nothing(), Origin::Change(change()))]
    }

    #[test]
    fn version_one_stays_as_it_is() {
        let of_webhook = [
            &[1, 1, 0, 1, 3, 0, 0, 0][..],
            b"a=1",
            &[2, 0, 0, 0, 6, 0, 0, 0],
            b"X-Duda",
            &[6, 0, 0, 0],
            "žluť".as_bytes(),
            &[6, 0, 0, 0],
            b"x-duda",
            &[0, 0, 0, 0],
        ];
        let of_change = [&[1, 2, 1, 5, 0, 0, 0][..], b"order", &[0], &[8, 7, 6, 5, 4, 3, 2, 1]];
        for ((known, origin), expected) in both().into_iter().zip([of_webhook.concat(), of_change.concat()]) {
            assert_eq!(encode(&origin), expected);
            assert_eq!(decode(known, &expected, origin.body().clone()), Ok(origin));
        }
    }

    #[test]
    fn every_shortened_or_lengthened_record_is_refused() {
        for (_, origin) in both() {
            let record = encode(&origin);
            for length in 0..record.len() {
                assert!(decode(known(), &record[..length], Bytes::new()).is_err(), "{length} of {origin:?}");
            }
            assert!(decode(known(), &[&record[..], &[0]].concat(), Bytes::new()).is_err(), "{origin:?}");
        }
    }

    #[test]
    fn what_a_later_version_wrote_is_told_from_what_nobody_did() {
        for (_, origin) in both() {
            let record = encode(&origin);
            let changed = |place: usize, byte| {
                let mut record = record.clone();
                record[place] = byte;
                decode(known(), &record, Bytes::new()).unwrap_err()
            };
            assert_eq!(changed(0, 2), "it was written by a later version");
            assert_eq!(changed(1, 3), "its origin is of an unknown kind");
        }
    }

    #[test]
    fn a_webhook_without_source_dialect_or_topic_is_incomplete() {
        let record = encode(&Origin::Webhook(webhook()));
        for known in [
            Known { source: None, ..known() },
            Known { dialect: None, ..known() },
            Known { topic: None, ..known() },
        ] {
            assert_eq!(decode(known, &record, Bytes::new()), Err("its origin is incomplete"));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            head in (0..3u8, 0..4u8),
            record in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            for record in [record.clone(), [&[head.0, head.1][..], &record].concat()] {
                if let Ok(read) = decode(known(), &record, Bytes::new()) {
                    prop_assert_eq!(encode(&read), record);
                }
            }
        }

        #[test]
        fn whatever_was_received_is_read(
            id in proptest::option::of(".*"),
            query in proptest::option::of(".*"),
            fields in proptest::collection::vec((".*", ".*"), 0..5),
            body in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let headers = fields.into_iter().collect();
            let written = Origin::Webhook(ReceivedWebhook {
                platform_event_id: id, query, headers, body: body.clone().into(), ..webhook()
            });
            prop_assert_eq!(decode(known(), &encode(&written), body.into()), Ok(written));
        }

        #[test]
        fn whatever_was_changed_is_read(
            cause in proptest::option::of(".*"),
            actor in proptest::option::of(".*"),
            version in any::<u64>(),
            data in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let data_bytes = Bytes::from(data.clone());
            let written = Origin::Change(RecordedChange { cause, actor, version, data: data_bytes });
            prop_assert_eq!(decode(nothing(), &encode(&written), data.into()), Ok(written));
        }
    }
}
