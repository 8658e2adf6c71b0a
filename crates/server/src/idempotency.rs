//! `Idempotency-Key`: a POST that is sent again does nothing new and gets the answer it got.
//!
//! A key belongs to the token and to the path. What is kept is the answer of what was done; a refusal is not kept, so that
//! a request can be mended and sent again. The work goes on when the caller hangs up: hanging up is just
//! when a caller will come back with the same key.

use std::sync::PoisonError;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shopwire_core::TokenId;
use shopwire_store::IdempotencyKey;
use tracing::Instrument as _;

use crate::app::App;
use crate::body;
use crate::problem::{Code, Problem};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Bytes a key may have.
const KEY_BYTES_MAX: usize = 255;
/// Bytes an answer may have to be kept.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Of the request's body.
    hash: [u8; 32],
    status: u16,
    location: Option<String>,
    body: String,
}

impl Kept {
    fn replayed(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = (status, Body::from(self.body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
        if let Some(Ok(location)) = self.location.map(HeaderValue::try_from) {
            headers.insert(header::LOCATION, location);
        }
        response
    }
}

/// A key that is under way, until dropped.
struct UnderWay(App, IdempotencyKey);

impl UnderWay {
    fn begin(app: &App, key: IdempotencyKey) -> Result<Self, Problem> {
        let mut keys = app.under_way().lock().unwrap_or_else(PoisonError::into_inner);
        if keys.insert(key.clone()) {
            return Ok(Self(app.clone(), key));
        }
        let detail =
            "a request with this `Idempotency-Key` is under way: wait for its answer, then ask again";
        Err(Problem::new(Code::IdempotencyUnderWay, detail).with_header(header::RETRY_AFTER, "1"))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way().lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// Answers a repeated POST as before, and runs any other request.
pub(crate) async fn replay_or_run(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(key) = key(&request)? else { return Ok(next.run(request).await) };
    let (parts, body) = request.into_parts();
    let body = body::of_request(&app, &parts.headers, body).await?;
    let hash = Sha256::digest(&body).into();
    let under_way = UnderWay::begin(&app, key)?;
    if let Some(kept) = recall(&app, &under_way.1).await? {
        return if kept.hash == hash { Ok(kept.replayed()) } else { Err(mismatch()) };
    }
    let request = Request::from_parts(parts, Body::from(body));
    let work = async move { remembered(&under_way, hash, next.run(request).await).await };
    let done = tokio::spawn(work.in_current_span()).await;
    done.unwrap_or_else(|error| {
        tracing::error!(%error, "a request's work broke off");
        Err(Problem::new(Code::Internal, "the request's work broke off: the server's log says why"))
    })
}

/// The key of a POST that has one.
fn key(request: &Request) -> Result<Option<IdempotencyKey>, Problem> {
    let token = request.extensions().get::<TokenId>().copied();
    let (Some(token), Some(text)) = (token, given_key(request.headers())?) else { return Ok(None) };
    if request.method() != Method::POST {
        return Ok(None);
    }
    if request.uri().path().ends_with("/changes") {
        let detail = "a bulk request takes no `Idempotency-Key`: send again what was not answered, what was done changes nothing";
        return Err(Problem::new(Code::MalformedRequest, detail));
    }
    let operation = format!("POST {}", request.uri().path());
    Ok(Some(IdempotencyKey { token, operation, key: text }))
}

fn given_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(text) if !text.is_empty() && text.len() <= KEY_BYTES_MAX => Ok(Some(text.to_owned())),
        _ => {
            let detail = format!("`Idempotency-Key` must be 1 to {KEY_BYTES_MAX} visible ASCII characters");
            Err(Problem::new(Code::MalformedRequest, detail))
        }
    }
}

async fn recall(app: &App, key: &IdempotencyKey) -> Result<Option<Kept>, Problem> {
    let Some(blob) = app.engine().ledger().recall(key).await? else { return Ok(None) };
    // One that can't be read was kept by another version: better to do the work twice than never.
    Ok(serde_json::from_slice(&blob).ok())
}

/// Keeps the answer of what was done, and gives it.
async fn remembered(under_way: &UnderWay, hash: [u8; 32], response: Response) -> Result<Response, Problem> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let UnderWay(app, key) = under_way;
    let (parts, body) = response.into_parts();
    let body = body::read(body, 0, ANSWER_BYTES_MAX).await?;
    let location = parts.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let kept = Kept {
        hash,
        status: parts.status.as_u16(),
        location: location.map(str::to_owned),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let blob = serde_json::to_vec(&kept).expect("text and numbers are JSON");
    let now = app.engine().timer().now();
    if let Err(error) = app.engine().ledger().remember(key.clone(), blob, now).await {
        // The work is done and its answer must be given; only a repetition would not know of it.
        tracing::error!(%error, "an answer could not be kept under its idempotency key");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn mismatch() -> Problem {
    let detail = "this `Idempotency-Key` was used with another body: choose a new key for a new request";
    Problem::new(Code::IdempotencyMismatch, detail)
}
