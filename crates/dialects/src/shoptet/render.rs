//! Canonical events → requests (Shoptet docs: webhooks; OpenAPI: `notificationData`).

use shopwire_core::{DialectId, ReceivedWebhook};

use super::codes;
use super::envelope::{self, Envelope};
use crate::catalog::Topic;
use crate::{Draft, Happening, Unrenderable};

#[cfg(test)]
mod tests;

/// The request for something that happened. Shoptet has no delivery id, so every attempt has the same body.
pub(super) fn render(topic: &'static Topic, happening: &Happening<'_>) -> Result<Draft, Unrenderable> {
    let eshop_id = happening.identity(DialectId::Shoptet, "eshop_id")?;
    let code = happening.subject.kind().and_then(|kind| codes::of(kind, happening.canonical));
    let instance = match topic.identifier {
        "shop" => Some(eshop_id),
        "fixed" => None,
        "code" => code.as_deref().or(Some(happening.subject.id())),
        _ => Some(happening.subject.id()),
    };
    Ok(Envelope { topic, eshop_id, created_at: happening.occurred_at, instance }.draft())
}

/// The body as it came, with the head that Shoptet sends.
pub(super) fn forward(received: &ReceivedWebhook) -> Draft {
    Draft { query: None, headers: envelope::headers(), body: received.body.to_vec() }
}
