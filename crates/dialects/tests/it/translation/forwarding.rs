//! Within one dialect: what was received goes out again byte for byte, under the head that the platform sends, and by the
//! id it came with. What is made new has one id for all attempts, and another for every event.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use shopwire_core::{Headers, Random};
use shopwire_dialects::{Draft, SampleFacts};

use super::*;

/// Always the same bytes.
struct Same;

impl Random for Same {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x17);
    }
}

/// The names of the header fields of a signed request, in the documented letters.
fn head(dialect: DialectId) -> &'static [&'static str] {
    match dialect {
        Ecwid => &["Content-Type", "Cache-Control", "X-Ecwid-Webhook-Signature"],
        BigCommerce => {
            &["Content-Type", "Accept-Encoding", "webhook-id", "webhook-timestamp", "webhook-signature"]
        }
        Shoptet => &["Content-Type", "Shoptet-Webhook-Signature"],
        Shoplazza => &[
            "Content-Type",
            "X-Shoplazza-Topic",
            "X-Shoplazza-Hmac-Sha256",
            "X-Shoplazza-Shop-Domain",
            "X-Shoplazza-Api-Version",
            "X-Shoplazza-Deduplication-ID",
        ],
        _ => &["content-type", "x-duda-signature", "x-duda-signature-timestamp"],
    }
}

/// Ecwid signs a number of seconds. Without one nothing can be verified, and no such webhook gets as far as here.
const UNSIGNED: &[&str] = &["lenient_ids_as_strings.json", "lenient_only_the_essential.json"];

/// Every file of a folder and the folders in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Every fixture of a dialect, as a request under a topic that takes any body, and a sample of every topic.
fn fixtures(dialect: &dyn Dialect) -> Vec<(String, Draft)> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(dialect.id().as_str()).join("fixtures");
    let request = |path: PathBuf| {
        let name = path.strip_prefix(&folder).expect("inside").display().to_string();
        let headers = Headers::new()
            .with("x-shoplazza-topic", "orders/update")
            .with("x-shoplazza-shop-domain", "nordhaven.myshoplaza.com")
            .with("x-shoplazza-api-version", "2022-01")
            .with("x-shoplazza-deduplication-id", &*name);
        (name, Draft { query: None, headers, body: fs::read(path).expect("a fixture") })
    };
    let is_body = |path: &PathBuf| !path.display().to_string().contains("/canonical/");
    let samples = dialect.catalog().topics.iter().map(|topic| {
        let (shop, random) = (identity(), Same);
        let facts = SampleFacts { shop: &shop, subject_id: None, now: NOW, random: &random };
        (topic.name.to_owned(), dialect.sample(topic, &facts))
    });
    files(&folder).into_iter().filter(is_body).map(request).chain(samples).collect()
}

#[test]
fn every_fixture_goes_out_again_byte_for_byte() {
    for dialect in shopwire_dialects::all() {
        let mut count = 0;
        for (name, received) in fixtures(*dialect) {
            let at = format!("{} {name}", dialect.id());
            let incoming = Incoming { query: None, headers: &received.headers, body: &received.body };
            // Some fixtures are parts that others are made of.
            let Ok(event) = translate::received(*dialect, &incoming, &stamp([1; 16])) else { continue };
            let key_before = dialect.read(&incoming).expect(&at).identity_key;
            let said = translate::into(&event, dialect.id(), &identity()).expect(&at);
            let request = dialect.sign(said.draft, &key(), NOW);
            assert_eq!(request.body, received.body, "{at}");
            let names: Vec<_> = request.headers.iter().map(|(name, _)| name).collect();
            let is_signed = !UNSIGNED.iter().any(|unsigned| name == *unsigned);
            let head = head(dialect.id());
            assert_eq!(names, if is_signed { head } else { &head[..names.len()] }, "{at}");
            let topic = &event.origin.webhook().expect("it came in").topic;
            let query = (dialect.id() == Ecwid).then(|| format!("eventtype={topic}"));
            assert_eq!(request.query, query, "{at}");
            let again =
                Incoming { query: request.query.as_deref(), headers: &request.headers, body: &request.body };
            assert_eq!(dialect.read(&again).expect(&at).identity_key, key_before, "{at}");
            count += 1;
        }
        assert!(count > dialect.catalog().topics.len(), "{}: {count} bodies", dialect.id());
    }
}

/// The id that a receiver deduplicates by, where the platform sends one.
fn id_of(dialect: &dyn Dialect, said: &Translation) -> Option<String> {
    let draft = &said.draft;
    let incoming = Incoming { query: draft.query.as_deref(), headers: &draft.headers, body: &draft.body };
    dialect.read(&incoming).expect("it can be read").platform_event_id
}

proptest! {
    // Each case goes through every topic there is.
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn attempts_share_an_id_and_events_do_not(one: [u8; 16], other: [u8; 16]) {
        prop_assume!(one != other);
        for dialect in shopwire_dialects::all() {
            for event_type in dialect.catalog().topics.iter().filter_map(|topic| topic.event_type) {
                let said = |id| translate::into(&change(event_type, id), dialect.id(), &identity()).expect("a topic");
                let (first, second, another) = (said(one), said(one), said(other));
                prop_assert_eq!(&first, &second);
                let sends_one = matches!(dialect.id(), Ecwid | BigCommerce | Shoplazza);
                prop_assert_eq!(id_of(*dialect, &first).is_some(), sends_one);
                prop_assert!(!sends_one || id_of(*dialect, &first) != id_of(*dialect, &another));
            }
        }
    }
}
