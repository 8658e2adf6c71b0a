//! Shoplazza.
//!
//! A webhook is one `POST` whose body is the whole resource as JSON, mostly wrapped in its name (`{"order":{…}}`); what
//! happened, in which shop and in which version stands in headers. It is signed with the app's client secret over the
//! raw body alone, so a copy is as good as the original: `X-Shoplazza-Deduplication-ID` tells copies apart from news.
//! Delivery is at least once and in no promised order.
//!
//! - [Supported webhook events](https://www.shoplazza.dev/reference/supported-webhook-events)
//! - [Webhook overview](https://www.shoplazza.dev/docs/app/building-blocks/webhooks/overview)
//! - [Webhook properties](https://www.shoplazza.dev/reference/webhook-properties) (the headers)
//! - [Webhook best practices](https://www.shoplazza.dev/reference/webhook-best-practices)
//!
//! **Invariants.** The topic is what the header says, never guessed from the body. Bodies are read wrapped or bare.

mod blank;
mod decode;
mod policy;
mod render;
mod sample;
mod sign;
mod verify;
mod words;

#[cfg(test)]
mod tests;

use shopwire_core::delivery::SendPolicy;
use shopwire_core::{DialectId, ReceivedWebhook, Timestamp};

use crate::catalog::{self, Catalog, Topic};
use crate::registration::Registration;
use crate::{
    Canonical, Dialect, Draft, Happening, Incoming, Key, Outgoing, Reading, ReceivePolicy, Rejection,
    SampleFacts, Unreadable, Unrenderable, Verified,
};

/// The webhooks of Shoplazza.
#[derive(Debug, Clone, Copy)]
pub struct Shoplazza;

impl Dialect for Shoplazza {
    fn id(&self) -> DialectId {
        DialectId::Shoplazza
    }

    fn catalog(&self) -> &'static Catalog {
        &catalog::SHOPLAZZA
    }

    fn receive_policy(&self) -> &'static ReceivePolicy {
        &policy::RECEIVE
    }

    fn send_policy(&self) -> &'static SendPolicy {
        &policy::SEND
    }

    fn registration(&self) -> &'static Registration {
        &policy::REGISTRATION
    }

    fn verify(&self, incoming: &Incoming<'_>, keys: &[Key], _: Timestamp) -> Result<Verified, Rejection> {
        verify::verify(incoming, keys)
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Reading, Unreadable> {
        decode::read(incoming)
    }

    fn canonical(&self, incoming: &Incoming<'_>, reading: &Reading) -> Result<Canonical, Unreadable> {
        decode::canonical(incoming.body, reading)
    }

    fn render(&self, topic: &'static Topic, happening: &Happening<'_>) -> Result<Draft, Unrenderable> {
        render::render(topic, happening)
    }

    fn forward(&self, received: &ReceivedWebhook, happening: &Happening<'_>) -> Draft {
        render::forward(received, happening)
    }

    fn sample(&self, topic: &'static Topic, facts: &SampleFacts<'_>) -> Draft {
        sample::sample(topic, facts)
    }

    fn sign(&self, draft: Draft, key: &Key, _: Timestamp) -> Outgoing {
        sign::sign(draft, key)
    }
}
