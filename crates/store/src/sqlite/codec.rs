//! The bytes that versions 1 and 2 kept of what came with an event's body.
//!
//! ```text
//! 1 byte   version of this form: 1
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
//! byte for byte.

use bytes::Bytes;
use shopwire_core::{DialectId, Headers, Origin, ReceivedWebhook, RecordedChange, SourceId};

const VERSION: u8 = 1;
const WEBHOOK: u8 = 1;
const CHANGE: u8 = 2;

/// What stands about a webhook in the event's head.
pub(super) struct Known {
    pub(super) source: Option<SourceId>,
    pub(super) dialect: Option<DialectId>,
    pub(super) topic: Option<String>,
}

/// The origin again. The error says what is wrong with the record.
pub(super) fn decode(known: Known, record: &[u8], body: Vec<u8>) -> Result<Origin, &'static str> {
    let mut rest = Reader(record);
    let origin = match rest.take(2)? {
        [VERSION, WEBHOOK] => Origin::Webhook(decode_webhook(known, &mut rest, body)?),
        [VERSION, CHANGE] => Origin::Change(decode_change(&mut rest, body)?),
        [VERSION, _] => return Err("its origin is of an unknown kind"),
        _ => return Err("it was written by a later version"),
    };
    if rest.0.is_empty() { Ok(origin) } else { Err("there is something behind its end") }
}

fn decode_change(rest: &mut Reader<'_>, body: Vec<u8>) -> Result<RecordedChange, &'static str> {
    let (cause, actor) = (rest.option()?, rest.option()?);
    let version = u64::from_le_bytes(rest.take(8)?.try_into().expect("eight bytes were taken"));
    Ok(RecordedChange { cause, actor, version, data: Bytes::from(body) })
}

fn decode_webhook(
    known: Known,
    rest: &mut Reader<'_>,
    body: Vec<u8>,
) -> Result<ReceivedWebhook, &'static str> {
    let (Some(source), Some(dialect), Some(topic)) = (known.source, known.dialect, known.topic) else {
        return Err("its origin is incomplete");
    };
    let platform_event_id = rest.option()?;
    let query = rest.option()?;
    let mut headers = Headers::new();
    for _ in 0..rest.length()? {
        headers.push(rest.text()?, rest.text()?);
    }
    Ok(ReceivedWebhook { source, dialect, topic, platform_event_id, query, headers, body: Bytes::from(body) })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("it ends too early")?;
        self.0 = rest;
        Ok(taken)
    }

    fn length(&mut self) -> Result<usize, &'static str> {
        let bytes = self.take(4)?.try_into().expect("four bytes were taken");
        Ok(u32::from_le_bytes(bytes) as usize)
    }

    fn text(&mut self) -> Result<&'a str, &'static str> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| "a text in it is not UTF-8")
    }

    fn option(&mut self) -> Result<Option<String>, &'static str> {
        match self.take(1)? {
            [0] => Ok(None),
            [1] => Ok(Some(self.text()?.to_owned())),
            _ => Err("an option in it is neither there nor absent"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As it was written.
    fn encode(origin: &Origin) -> Vec<u8> {
        match origin {
            Origin::Webhook(webhook) => encode_webhook(webhook),
            Origin::Change(change) => encode_change(change),
        }
    }

    fn encode_change(change: &RecordedChange) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.extend([VERSION, CHANGE]);
        put_option(&mut out, change.cause.as_deref());
        put_option(&mut out, change.actor.as_deref());
        out.extend(change.version.to_le_bytes());
        out
    }

    fn encode_webhook(webhook: &ReceivedWebhook) -> Vec<u8> {
        let fields: usize = webhook.headers.iter().map(|(name, value)| name.len() + value.len() + 8).sum();
        let mut out = Vec::with_capacity(fields + 64 + webhook.query.as_ref().map_or(0, String::len));
        out.extend([VERSION, WEBHOOK]);
        put_option(&mut out, webhook.platform_event_id.as_deref());
        put_option(&mut out, webhook.query.as_deref());
        put_length(&mut out, webhook.headers.len());
        for (name, value) in webhook.headers.iter() {
            put_text(&mut out, name);
            put_text(&mut out, value);
        }
        out
    }

    fn put_length(out: &mut Vec<u8>, length: usize) {
        let length = u32::try_from(length).expect("a request's head is limited far below 4 GiB");
        out.extend(length.to_le_bytes());
    }

    fn put_text(out: &mut Vec<u8>, text: &str) {
        put_length(out, text.len());
        out.extend_from_slice(text.as_bytes());
    }

    fn put_option(out: &mut Vec<u8>, text: Option<&str>) {
        out.push(u8::from(text.is_some()));
        if let Some(text) = text {
            put_text(out, text);
        }
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
            assert_eq!(decode(known, &expected, origin.body().to_vec()), Ok(origin));
        }
    }

    #[test]
    fn every_shortened_or_lengthened_record_is_refused() {
        for (_, origin) in both() {
            let record = encode(&origin);
            for length in 0..record.len() {
                assert!(decode(known(), &record[..length], Vec::new()).is_err(), "{length} of {origin:?}");
            }
            assert!(decode(known(), &[&record[..], &[0]].concat(), Vec::new()).is_err(), "{origin:?}");
        }
    }

    #[test]
    fn what_a_later_version_wrote_is_told_from_what_nobody_did() {
        for (_, origin) in both() {
            let record = encode(&origin);
            let changed = |place: usize, byte| {
                let mut record = record.clone();
                record[place] = byte;
                decode(known(), &record, Vec::new()).unwrap_err()
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
            assert_eq!(decode(known, &record, Vec::new()), Err("its origin is incomplete"));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            head in (0..3u8, 0..4u8),
            record in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            for record in [record.clone(), [&[head.0, head.1][..], &record].concat()] {
                if let Ok(read) = decode(known(), &record, Vec::new()) {
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
            prop_assert_eq!(decode(known(), &encode(&written), body), Ok(written));
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
            prop_assert_eq!(decode(nothing(), &encode(&written), data), Ok(written));
        }
    }
}
