//! Duda: its native store first, and the sites around it.
//!
//! A webhook is one `POST` of an envelope: the site (`resource_data.site_name`), what happened (`event_type`), when
//! (`event_timestamp`, in milliseconds) and mostly the whole resource (`data`). It is signed, where signing is enabled,
//! over a timestamp and the raw body. Nothing in an event of the native store names the event itself, so copies are told
//! from news by site, type, time and the id of what it is about.
//!
//! - [Events of the native store](https://developer.duda.co/docs/events)
//! - [Introduction to webhooks](https://developer.duda.co/docs/webhooks-introduction) (envelope, retries)
//! - [Authentication](https://developer.duda.co/docs/webhooks-authentication)
//! - [Webhooks of apps](https://developer.duda.co/docs/app-store-webhooks) (scopes)
//! - [Reference of the other families](https://github.com/DudaDev/Duda-Developer-Documentation/tree/HEAD/webhooks/reference)
//!
//! **Invariants.** The secret is base64, and what it decodes to is the key. What is sent is byte for byte what
//! `JSON.stringify` would write, because Duda's own samples verify that instead of the raw body.

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

/// The webhooks of Duda.
#[derive(Debug, Clone, Copy)]
pub struct Duda;

impl Dialect for Duda {
    fn id(&self) -> DialectId {
        DialectId::Duda
    }

    fn catalog(&self) -> &'static Catalog {
        &catalog::DUDA
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

    fn forward(&self, received: &ReceivedWebhook, _: &Happening<'_>) -> Draft {
        render::forward(received)
    }

    fn sample(&self, topic: &'static Topic, facts: &SampleFacts<'_>) -> Draft {
        sample::sample(topic, facts)
    }

    fn sign(&self, draft: Draft, key: &Key, now: Timestamp) -> Outgoing {
        sign::sign(draft, key, now)
    }
}
