//! BigCommerce.
//!
//! A webhook is one `POST` with a thin JSON body: which store (`store_id`, `producer`), what happened (`scope`), and the
//! ids of what it happened to (`data`). Whoever wants to know more asks the REST API. Requests are signed by Standard
//! Webhooks with the client secret of the app or store-level API account; before that existed, and still today, a secret
//! could travel in a header of one's own choice. Delivery is at least once and in no promised order; `hash` names an
//! event over all its copies.
//!
//! - [Overview](https://github.com/bigcommerce/docs/blob/HEAD/docs/integrations/webhooks/overview.mdx)
//! - [HTTPS webhooks and their security](https://github.com/bigcommerce/docs/blob/HEAD/docs/integrations/webhooks/https-webhook-overview.mdx)
//! - [Events](https://github.com/bigcommerce/docs/blob/HEAD/docs/integrations/webhooks/events/index.mdx), with pages
//!   beside it for channels, inventory and B2B Edition
//! - [Standard Webhooks](https://www.standardwebhooks.com)
//!
//! **Invariants.** The scope is always the concrete one, whatever wildcard was subscribed. `hash` is opaque: what it is
//! computed from is not public, so it is compared and never checked.

mod decode;
mod envelope;
mod facts;
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

/// The webhooks of BigCommerce.
#[derive(Debug, Clone, Copy)]
pub struct BigCommerce;

impl Dialect for BigCommerce {
    fn id(&self) -> DialectId {
        DialectId::BigCommerce
    }

    fn catalog(&self) -> &'static Catalog {
        &catalog::BIGCOMMERCE
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

    fn verify(&self, incoming: &Incoming<'_>, keys: &[Key], now: Timestamp) -> Result<Verified, Rejection> {
        verify::verify(incoming, keys, now)
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Reading, Unreadable> {
        decode::read(incoming.body)
    }

    fn canonical(&self, incoming: &Incoming<'_>, reading: &Reading) -> Result<Canonical, Unreadable> {
        decode::canonical(incoming.body, reading)
    }

    fn render(&self, topic: &'static Topic, happening: &Happening<'_>) -> Result<Draft, Unrenderable> {
        render::render(topic, happening)
    }

    fn forward(&self, received: &ReceivedWebhook, _happening: &Happening<'_>) -> Draft {
        render::forward(received)
    }

    fn sample(&self, topic: &'static Topic, facts: &SampleFacts<'_>) -> Draft {
        sample::sample(topic, facts)
    }

    fn sign(&self, draft: Draft, key: &Key, now: Timestamp) -> Outgoing {
        sign::sign(draft, key, now)
    }
}
