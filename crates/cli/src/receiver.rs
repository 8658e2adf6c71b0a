//! A local receiver: takes requests, judges them, and tells what they say.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use http::StatusCode;
use http_body_util::{BodyExt as _, Limited};
use serde::Serialize;
use serde_json::value::RawValue;
use shopwire_core::{Headers, Limits};
use shopwire_dialects::{Incoming, Key};
use shopwire_engine::Timer;
use tokio::sync::mpsc;

use crate::speaker::{Speaker, Told};

/// What became of one request.
#[derive(Debug, Serialize)]
pub(crate) struct Received {
    /// Whether it is genuine.
    pub(crate) genuine: bool,
    /// Why not, as a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'static str>,
    /// Why not, in words; or why it can't be read although it is genuine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// What it says, as far as it can be read. Of a request that is not genuine this is only a claim.
    #[serde(flatten)]
    pub(crate) told: Option<Told>,
    /// The answer's status.
    pub(crate) answered: u16,
    /// The body, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Box<RawValue>>,
}

/// What every request is judged by.
pub(crate) struct Judge {
    pub(crate) speaker: Speaker,
    pub(crate) keys: Vec<Key>,
    pub(crate) limits: Limits,
    pub(crate) timer: Arc<dyn Timer>,
    /// The answer to a genuine request.
    pub(crate) success: StatusCode,
    pub(crate) with_body: bool,
    /// Where verdicts go. Bounded: who prints slowly answers slowly.
    pub(crate) verdicts: mpsc::Sender<Received>,
}

/// A router that judges every request, whatever its path and method.
pub(crate) fn router(judge: Judge) -> Router {
    Router::new().fallback(receive).with_state(Arc::new(judge))
}

async fn receive(State(judge): State<Arc<Judge>>, request: Request) -> StatusCode {
    let (head, body) = request.into_parts();
    let Some(body) = judge.read(body).await else {
        let received = Received::refused(StatusCode::PAYLOAD_TOO_LARGE, &judge.limits);
        return judge.tell(received).await;
    };
    let fields = head.headers.iter();
    let headers: Headers =
        fields.map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()))).collect();
    judge.tell(judge.judge(&Incoming { query: head.uri.query(), headers: &headers, body: &body })).await
}

impl Judge {
    /// The whole body, unless it is too long or takes too long.
    #[expect(clippy::disallowed_methods, reason = "read through `Limited` with a named limit")]
    async fn read(&self, body: Body) -> Option<bytes::Bytes> {
        let whole = Limited::new(body, self.limits.body_bytes_max).collect();
        tokio::select! {
            read = whole => Some(read.ok()?.to_bytes()),
            () = self.timer.sleep_ms(self.limits.request_deadline_ms) => None,
        }
    }

    fn judge(&self, incoming: &Incoming<'_>) -> Received {
        let verified = self.speaker.verify(incoming, &self.keys, self.timer.now());
        let read = self.speaker.read(incoming);
        let answered = if verified.is_ok() { self.success } else { StatusCode::UNAUTHORIZED };
        let code = verified.as_ref().err().map(shopwire_dialects::Rejection::code);
        let unreadable = read.as_ref().err().cloned();
        Received {
            genuine: verified.is_ok(),
            code,
            reason: verified.err().map(|rejection| rejection.to_string()).or(unreadable),
            told: read.ok(),
            answered: answered.as_u16(),
            body: self.with_body.then(|| serde_json::from_slice(incoming.body).ok()).flatten(),
        }
    }

    async fn tell(&self, received: Received) -> StatusCode {
        let answer = StatusCode::from_u16(received.answered).unwrap_or(StatusCode::OK);
        match self.verdicts.send(received).await {
            Ok(()) => answer,
            // Nobody prints any more: it is about to end.
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Received {
    fn refused(answered: StatusCode, limits: &Limits) -> Self {
        let (bytes, ms) = (limits.body_bytes_max, limits.request_deadline_ms);
        Self {
            genuine: false,
            code: Some("body_refused"),
            reason: Some(format!(
                "the body has more than {bytes} bytes, took more than {ms} ms or broke off"
            )),
            told: None,
            answered: answered.as_u16(),
            body: None,
        }
    }
}
