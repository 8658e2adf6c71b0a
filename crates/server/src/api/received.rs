//! What was received, as it was received.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;
use shopwire_core::{Headers, ReceivedWebhook};
use utoipa::ToSchema;

/// A header field.
#[derive(Serialize, ToSchema)]
#[schema(as = HeaderField)]
pub(crate) struct HeaderView {
    name: String,
    value: String,
}

pub(super) fn header_views(headers: &Headers) -> Vec<HeaderView> {
    let view = |(name, value): (&str, &str)| HeaderView { name: name.to_owned(), value: value.to_owned() };
    headers.iter().map(view).collect()
}

/// The platform's webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = Received)]
pub(crate) struct ReceivedView {
    /// The platform's own id of the event, where it has one.
    platform_event_id: Option<String>,
    /// The query string, where there was one.
    query: Option<String>,
    /// The header fields that say something; signatures and credentials are left out.
    headers: Vec<HeaderView>,
    /// The body, every number as it was written.
    #[schema(value_type = Option<Object>)]
    body: Option<Box<RawValue>>,
    /// The body in base64, if it is no JSON.
    body_base64: Option<String>,
}

impl From<&ReceivedWebhook> for ReceivedView {
    fn from(webhook: &ReceivedWebhook) -> Self {
        let body: Option<Box<RawValue>> = serde_json::from_slice(&webhook.body).ok();
        Self {
            platform_event_id: webhook.platform_event_id.clone(),
            query: webhook.query.clone(),
            headers: header_views(&webhook.headers),
            body_base64: body.is_none().then(|| BASE64_STANDARD.encode(&webhook.body)),
            body,
        }
    }
}
