//! Canonical events → requests.

use shopwire_core::{Headers, ReceivedWebhook};

use crate::catalog::Topic;
use crate::{Draft, Happening, Unrenderable};

pub(super) fn render(_topic: &'static Topic, _happening: &Happening<'_>) -> Result<Draft, Unrenderable> {
    Ok(Draft { query: None, headers: Headers::new(), body: Vec::new() })
}

pub(super) fn forward(received: &ReceivedWebhook, _happening: &Happening<'_>) -> Draft {
    Draft { query: received.query.clone(), headers: Headers::new(), body: received.body.to_vec() }
}
