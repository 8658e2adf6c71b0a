//! Webhooks of Shoptet: an add-on registers one address for each topic with each e-shop that installed it.
//!
//! One `POST` is one event: an envelope of four keys (`eshopId`, `event`, `eventCreated`, `eventInstance`), which names
//! the entity by its code, guid or id and tells no more, unless the registration asked for the `payload`. There is no
//! delivery id: e-shop, event, entity and second together are what two copies have in common. "Mass" topics name many
//! entities by a JSON list inside a string. The signature covers the raw body and holds no time.
//!
//! [Documentation][docs], [OpenAPI][openapi] (tag "Webhooks"), the official [PHP SDK][sdk].
//!
//! [docs]: https://developers.shoptet.com/api/documentation/webhooks/
//! [openapi]: https://github.com/shoptet/developers
//! [sdk]: https://github.com/shoptet/api-sdk

mod codes;
mod decode;
mod envelope;
mod policy;
mod render;
mod sample;
mod sign;
#[cfg(test)]
mod tests;
mod verify;

use shopwire_core::delivery::SendPolicy;
use shopwire_core::{DialectId, ReceivedWebhook, Timestamp};

use crate::catalog::{self, Catalog, Topic};
use crate::registration::Registration;
use crate::{
    Canonical, Dialect, Draft, Happening, Incoming, Key, Outgoing, Reading, ReceivePolicy, Rejection,
    SampleFacts, Unreadable, Unrenderable, Verified,
};

/// The dialect of Shoptet.
#[derive(Debug, Clone, Copy)]
pub struct Shoptet;

impl Dialect for Shoptet {
    fn id(&self) -> DialectId {
        DialectId::Shoptet
    }

    fn catalog(&self) -> &'static Catalog {
        &catalog::SHOPTET
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

    fn verify(&self, incoming: &Incoming<'_>, keys: &[Key], _now: Timestamp) -> Result<Verified, Rejection> {
        verify::verify(incoming, keys)
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Reading, Unreadable> {
        decode::read(incoming)
    }

    fn canonical(&self, incoming: &Incoming<'_>, reading: &Reading) -> Result<Canonical, Unreadable> {
        decode::canonical(incoming, reading)
    }

    fn render(&self, topic: &'static Topic, happening: &Happening<'_>) -> Result<Draft, Unrenderable> {
        render::render(topic, happening)
    }

    fn forward(&self, received: &ReceivedWebhook, _happening: &Happening<'_>) -> Draft {
        render::forward(received)
    }

    fn sample(&self, topic: &'static Topic, facts: &SampleFacts<'_>) -> Draft {
        sample::draft(topic, facts)
    }

    fn sign(&self, draft: Draft, key: &Key, _now: Timestamp) -> Outgoing {
        sign::sign(draft, key)
    }
}
