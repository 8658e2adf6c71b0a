//! The webhook dialects of the five platforms.
//!
//! A dialect is a folder with the same files as the others: `catalog.toml` (every topic, as data), `verify.rs` and
//! `sign.rs` (is this request theirs; make one their receivers accept), `decode.rs` (headers and body → who, what,
//! when), `sample.rs` (a documented body for any topic), `policy.rs` (deadlines and windows), `fixtures/`, `tests.rs`.
//!
//! **Invariants.** No I/O, no clock, no storage: functions of bytes and values. Verification sees the raw bytes and
//! compares in constant time. Decoding is lenient and never refuses an unknown topic; what is sent out is strict.

pub mod bigcommerce;
pub mod catalog;
pub mod cloudevents;
pub mod duda;
pub mod ecwid;
mod fields;
pub mod json;
pub mod lenient;
pub mod mac;
mod peek;
pub mod publish;
pub mod registration;
mod render;
mod request;
mod shape;
pub mod shoplazza;
pub mod shoptet;
pub mod style;
#[cfg(test)]
mod testing;
pub mod translate;
mod verdict;
mod words;

pub use render::{Happening, Unrenderable};
pub use request::{Draft, Incoming, Key, Outgoing, SampleFacts, ShopIdentity};
pub use shopwire_core::commerce::Canonical;
pub use verdict::{Reading, Rejection, Unreadable, Verified, Window};
pub use words::Words;

use catalog::{Catalog, Topic};
use registration::Registration;
use shopwire_core::delivery::SendPolicy;
use shopwire_core::{DialectId, Event, Origin, ReceivedWebhook, Timestamp};

/// What the receiving side of a platform's webhooks demands and allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivePolicy {
    /// The answer must be there within this time, or the platform counts a failure.
    pub answer_within_ms: u64,
    /// The status that every documented version of the platform counts as success.
    pub success: u16,
    /// How old or new a signed timestamp may be; `None` where the scheme signs no time.
    pub window: Option<Window>,
    /// Header fields of the platform's own that say something and prove nothing, in lower case. Only these are kept.
    pub headers: &'static [&'static str],
    /// Query parameters that say something, in lower case. Only these are kept.
    pub query: &'static [&'static str],
}

/// One platform's webhooks: how they are verified, understood and made.
pub trait Dialect: Send + Sync {
    /// Its name.
    fn id(&self) -> DialectId;

    /// Its topics.
    fn catalog(&self) -> &'static Catalog;

    /// What it demands of whoever receives its webhooks.
    fn receive_policy(&self) -> &'static ReceivePolicy;

    /// How the deliveries in it are judged and retried.
    fn send_policy(&self) -> &'static SendPolicy;

    /// What it lets an app register.
    fn registration(&self) -> &'static Registration;

    /// Whether the request is genuine under any of the keys at the moment `now`, and if not, why.
    fn verify(&self, incoming: &Incoming<'_>, keys: &[Key], now: Timestamp) -> Result<Verified, Rejection>;

    /// Who, what and when: all that is needed to append the request to the log. Cheap: parses no more than that.
    fn read(&self, incoming: &Incoming<'_>) -> Result<Reading, Unreadable>;

    /// The canonical data of a request that [`read`](Self::read) has accepted.
    fn canonical(&self, incoming: &Incoming<'_>, reading: &Reading) -> Result<Canonical, Unreadable>;

    /// The request for something that happened, exactly as the platform documents it, unsigned. What the platform's body
    /// holds and the canonical data do not is sent as the platform sends it when there is nothing to say.
    fn render(&self, topic: &'static Topic, happening: &Happening<'_>) -> Result<Draft, Unrenderable>;

    /// A webhook of this platform, passed on as it was received: the same body, and head and query as the platform sends
    /// them with it. Unsigned.
    fn forward(&self, received: &ReceivedWebhook, happening: &Happening<'_>) -> Draft;

    /// A request of this topic as the platform's documentation shows it, not yet signed.
    fn sample(&self, topic: &'static Topic, facts: &SampleFacts<'_>) -> Draft;

    /// Signs a draft at the moment `now`, as the platform would.
    fn sign(&self, draft: Draft, key: &Key, now: Timestamp) -> Outgoing;
}

/// The five platforms' dialects, in the order of the event map.
pub fn all() -> &'static [&'static dyn Dialect] {
    &[&ecwid::Ecwid, &bigcommerce::BigCommerce, &shoptet::Shoptet, &shoplazza::Shoplazza, &duda::Duda]
}

/// What an event of the log says, in canonical names; `None` where that can't be read.
pub fn canonical(event: &Event) -> Option<Canonical> {
    match &event.origin {
        Origin::Webhook(webhook) => {
            let incoming =
                Incoming { query: webhook.query.as_deref(), headers: &webhook.headers, body: &webhook.body };
            get(webhook.dialect)?.canonical(&incoming, &logged(event, webhook)).ok()
        }
        Origin::Change(change) => Canonical::from_json(event.subject.kind()?, &change.data).ok(),
    }
}

/// What was read of a webhook when it was taken in, as far as the log tells: it is not read a second time.
fn logged(event: &Event, webhook: &ReceivedWebhook) -> Reading {
    Reading {
        shop: ShopIdentity::default(),
        topic: webhook.topic.clone(),
        event_type: event.event_type.clone(),
        subject: event.subject.clone(),
        identity_key: String::new(),
        platform_event_id: webhook.platform_event_id.clone(),
        occurred_at: Some(event.occurred_at),
    }
}

/// The dialect of this name; `None` for `cloudevents`, which is only sent.
pub fn get(id: DialectId) -> Option<&'static dyn Dialect> {
    all().iter().copied().find(|dialect| dialect.id() == id)
}
