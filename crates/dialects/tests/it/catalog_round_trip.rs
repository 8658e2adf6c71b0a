//! Every topic of every dialect: sample → sign → verify → read → canonical.

use std::sync::atomic::{AtomicU8, Ordering};

use shopwire_core::commerce::EventType;
use shopwire_core::{Headers, Random, Secret, Timestamp};
use shopwire_dialects::catalog::Topic;
use shopwire_dialects::{Dialect, Draft, Incoming, Key, Outgoing, Rejection, SampleFacts, ShopIdentity};

/// Never the same bytes twice in a row.
#[derive(Default)]
struct Counter(AtomicU8);

impl Random for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = self.0.fetch_add(1, Ordering::Relaxed));
    }
}

fn now() -> Timestamp {
    Timestamp::from_secs(1_790_000_000)
}

/// Readable as text and as base64, whichever a dialect takes its secret for.
fn key() -> Key {
    Key::Signing(Secret::new("c2hvcHdpcmUtc2hvcHdpcmUtc2hvcHdpcmUt"))
}

fn received(request: &Outgoing) -> Incoming<'_> {
    Incoming { query: request.query.as_deref(), headers: &request.headers, body: &request.body }
}

/// Calls `check` with a sample of every topic.
fn for_every_topic(check: impl Fn(&dyn Dialect, &'static Topic, Draft)) {
    let (shop, random) = (ShopIdentity::default(), Counter::default());
    for dialect in shopwire_dialects::all() {
        for topic in dialect.catalog().topics {
            let facts = SampleFacts { shop: &shop, subject_id: None, now: now(), random: &random };
            check(*dialect, topic, dialect.sample(topic, &facts));
        }
    }
}

#[test]
fn every_topic_is_verified_read_and_understood() {
    for_every_topic(|dialect, topic, draft| {
        let at = format!("{} {}", dialect.id(), topic.name);
        let request = dialect.sign(draft, &key(), now());
        let incoming = received(&request);
        assert_eq!(dialect.verify(&incoming, &[key()], now()).map(|verified| verified.key), Ok(0), "{at}");
        let reading = dialect.read(&incoming).expect(&at);
        assert_eq!(reading.event_type, topic.event_type(dialect.id(), &reading.topic), "{at}");
        let found = dialect.catalog().find(&reading.topic).expect(&at);
        assert!(std::ptr::eq(found, topic), "{at} became {}", found.name);
        assert_eq!(reading.subject.kind_name(), topic.subject, "{at}");
        assert!(!reading.identity_key.is_empty(), "{at}");
        assert!(!reading.shop.0.is_empty(), "{at}");
        let canonical = dialect.canonical(&incoming, &reading).expect(&at);
        let object = serde_json::to_value(&canonical.object).expect(&at);
        assert_eq!(object.get("id").and_then(|id| id.as_str()), Some(reading.subject.id()), "{at}");
    });
}

#[test]
fn every_event_type_survives_its_own_name() {
    for_every_topic(|dialect, topic, draft| {
        let request = dialect.sign(draft, &key(), now());
        let reading = dialect.read(&received(&request)).expect(topic.name);
        assert_eq!(reading.event_type.to_string().parse::<EventType>(), Ok(reading.event_type));
    });
}

#[test]
fn no_topic_passes_under_another_secret_without_a_signature_or_without_a_key() {
    let another = Key::Signing(Secret::new("YW5vdGhlci1hbm90aGVyLWFub3RoZXItYW5v"));
    for_every_topic(|dialect, topic, draft| {
        let at = format!("{} {}", dialect.id(), topic.name);
        let unsigned = dialect.verify(&received(&draft), &[key()], now());
        assert!(matches!(unsigned, Err(Rejection::MissingHeader { .. })), "{at}: {unsigned:?}");
        let request = dialect.sign(draft, &key(), now());
        let forged = dialect.verify(&received(&request), std::slice::from_ref(&another), now());
        assert_eq!(forged, Err(Rejection::WrongSignature), "{at}");
        assert_eq!(dialect.verify(&received(&request), &[], now()), Err(Rejection::NoKey), "{at}");
        let bare = Incoming { headers: &Headers::new(), ..received(&request) };
        assert!(dialect.verify(&bare, &[key()], now()).is_err(), "{at}");
        let rotated = dialect.verify(&received(&request), &[another.clone(), key()], now());
        assert_eq!(rotated.map(|verified| verified.key), Ok(1), "{at}");
    });
}

#[test]
fn the_window_is_kept_where_there_is_one() {
    for_every_topic(|dialect, topic, draft| {
        let at = format!("{} {}", dialect.id(), topic.name);
        let request = dialect.sign(draft, &key(), now());
        let judged = |offset_s: i64| {
            let verdict = dialect.verify(&received(&request), &[key()], now().plus_ms(offset_s * 1000));
            verdict.err().map(|rejection| rejection.code())
        };
        match dialect.receive_policy().window {
            Some(window) => {
                assert_eq!((judged(window.past_s), judged(-window.future_s)), (None, None), "{at}");
                assert_eq!(judged(window.past_s + 1), Some("too_old"), "{at}");
                assert_eq!(judged(-window.future_s - 1), Some("too_new"), "{at}");
            }
            None => assert_eq!((judged(1_000_000), judged(-1_000_000)), (None, None), "{at}"),
        }
    });
}
