//! What the fuzz targets share: webhooks as text, so that a corpus can be read, and what they are judged by.
//!
//! A target panics where an invariant is broken; libFuzzer keeps the input that did it.

pub mod server;

use shopwire_core::{DialectId, EventId, Headers, Random, Secret, ShopId, SourceId, Timestamp};
use shopwire_dialects::translate::Stamp;
use shopwire_dialects::{Dialect, Draft, Incoming, Key, ShopIdentity};

/// When everything happens.
pub const NOW: Timestamp = Timestamp::from_secs(1_795_305_600);

/// A secret that every platform could have given: text for most, base64 for Duda.
pub const SECRET: &str = "dGVzdCBjbGllbnQgc2VjcmV0";

/// The keys of every source.
pub fn keys() -> Vec<Key> {
    let header = Key::Header { name: "X-Secret".to_owned(), value: Secret::new("open sesame") };
    vec![Key::Signing(Secret::new(SECRET)), header]
}

/// What the log knows of every event.
pub fn stamp() -> Stamp {
    let (id, shop, source) =
        (EventId::from_bytes([1; 16]), ShopId::from_bytes([2; 16]), SourceId::from_bytes([3; 16]));
    Stamp { id, shop, source, now: NOW }
}

/// A shop that is known on every platform.
pub fn identity() -> ShopIdentity {
    ["store_id", "store_hash", "eshop_id", "eshop_url", "shop_domain", "site_name", "account_id"]
        .into_iter()
        .fold(ShopIdentity::default(), |identity, name| identity.and(name, "1003"))
}

/// Chance that repeats itself, the same for every input.
#[derive(Default)]
pub struct Same;

impl Random for Same {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x5a);
    }
}

/// A webhook of a dialect, as a platform or somebody who pretends to be one sends it.
pub struct Webhook {
    /// Whose it is said to be.
    pub dialect: &'static dyn Dialect,
    /// The request.
    pub draft: Draft,
}

impl Webhook {
    /// Reads `ecwid?query`, lines of `name: value`, an empty line, and the body.
    pub fn parse(input: &[u8]) -> Option<Self> {
        let end = input.windows(2).position(|pair| pair == b"\n\n")?;
        let (head, body) = (std::str::from_utf8(&input[..end]).ok()?, &input[end + 2..]);
        let mut lines = head.split('\n');
        let first = lines.next()?;
        let (name, query) = match first.split_once('?') {
            Some((name, query)) => (name, Some(query.to_owned())),
            None => (first, None),
        };
        let dialect = shopwire_dialects::get(name.parse::<DialectId>().ok()?)?;
        let headers: Headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Some(Self { dialect, draft: Draft { query, headers, body: body.to_vec() } })
    }

    /// The same as text.
    pub fn write(dialect: &dyn Dialect, draft: &Draft) -> Vec<u8> {
        let mut text = dialect.id().as_str().to_owned();
        if let Some(query) = &draft.query {
            text.push('?');
            text.push_str(query);
        }
        for (name, value) in draft.headers.iter() {
            text.extend(["\n", name, ": ", value]);
        }
        text.push_str("\n\n");
        [text.into_bytes(), draft.body.clone()].concat()
    }

    /// As a dialect looks at it.
    pub fn incoming(&self) -> Incoming<'_> {
        incoming(&self.draft)
    }
}

/// A draft as the other side would see it.
pub fn incoming(draft: &Draft) -> Incoming<'_> {
    Incoming { query: draft.query.as_deref(), headers: &draft.headers, body: &draft.body }
}
