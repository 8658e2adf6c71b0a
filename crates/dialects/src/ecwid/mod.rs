//! Webhooks of Ecwid by Lightspeed: one address for each app receives the events of every store that installed it.
//!
//! One `POST` is one event: a small JSON envelope (`eventId`, `eventCreated`, `storeId`, `entityId`, `eventType`) and for
//! some topics a `data` object; the entity itself has to be fetched. The topic also stands in the query
//! (`?eventtype=order.updated`). The signature covers the event's time and id **only**: everything else in the body is a
//! hint, and a replayed request can be told by its `eventId` alone.
//!
//! Ecwid docs: [how to process webhooks][process], [list of events][events], [structure][structure],
//! [signature][signature]; the SDK's [webhook types][sdk].
//!
//! [process]: https://docs.ecwid.com/build-apps/webhook-automations/setup-webhooks/how-to-process-webhooks
//! [events]: https://api-docs.ecwid.com/reference/supported-webhook-events
//! [structure]: https://api-docs.ecwid.com/reference/webhooks-structure
//! [signature]: https://api-docs.ecwid.com/reference/authenticate-webhooks-with-signature
//! [sdk]: https://github.com/Ecwid/ecwid-java-api-client

mod decode;
mod envelope;
mod places;
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

/// The dialect of Ecwid.
#[derive(Debug, Clone, Copy)]
pub struct Ecwid;

impl Dialect for Ecwid {
    fn id(&self) -> DialectId {
        DialectId::Ecwid
    }

    fn catalog(&self) -> &'static Catalog {
        &catalog::ECWID
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
