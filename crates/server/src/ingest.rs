//! The door for the platforms' webhooks.

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use hyper::body::Body;
use shopwire_core::{Headers, SourceId};
use shopwire_engine::receive::ReceivedRequest;

use crate::app::App;
use crate::body;
use crate::extract::Id;
use crate::problem::{Code, Problem};
use crate::scope::Scope;

/// The header that tells which event a webhook became.
const EVENT: HeaderName = HeaderName::from_static("shopwire-event-id");

/// Takes in a webhook of the source's platform.
///
/// The answer is given when the event is on disk. Copies of a webhook get the same answer and the same event. What is not
/// genuine, not clean JSON or of another shop is refused and shows up among the rejections.
#[utoipa::path(
    post,
    path = "/in/{source}",
    tag = "ingest",
    params(("source" = String, Path, description = "The source's id.")),
    request_body(content = Object, content_type = "application/json", description = "The platform's webhook, byte for byte."),
    responses((
        status = 200,
        description = "It is on disk.",
        headers(("shopwire-event-id" = String, description = "The event it became or was merged into.")),
    )),
)]
pub(crate) async fn receive(
    State(app): State<App>,
    Id(source): Id<SourceId>,
    request: Request,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1]), Problem> {
    take_in(&app, source, request).await
}

/// The source that a webhook is for. Whatever is not clearly one goes the way of all other requests.
pub(crate) fn source_of<B>(request: &http::Request<B>) -> Option<SourceId> {
    let id = request.uri().path().strip_prefix("/in/").filter(|_| request.method() == Method::POST)?;
    id.parse().ok()
}

/// Answers a webhook for this source.
pub(crate) async fn answer<B>(app: &App, source: SourceId, request: http::Request<B>) -> Response
where
    B: Body<Data = Bytes> + Unpin,
{
    let scope = Scope::of(app, &request);
    scope.run(async { take_in(app, source, request).await.into_response() }).await
}

async fn take_in<B>(
    app: &App,
    source: SourceId,
    request: http::Request<B>,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1]), Problem>
where
    B: Body<Data = Bytes> + Unpin,
{
    // Strangers are sent away before their bodies are read.
    if !app.engine().directory().sources.contains(source) {
        let detail = format!("there is no source `{source}`: see where the webhook was registered");
        return Err(Problem::new(Code::UnknownSource, detail));
    }
    let (parts, body) = request.into_parts();
    body::check_content_type(&parts.headers)?;
    let body = body::of_request(app, &parts.headers, body).await?;
    let (query, headers) = (parts.uri.query().map(str::to_owned), fields(&parts.headers));
    let receipt = app.engine().receive(source, ReceivedRequest { query, headers, body }).await?;
    let status = StatusCode::from_u16(receipt.status).unwrap_or(StatusCode::OK);
    let event = HeaderValue::try_from(receipt.event.to_string());
    Ok((status, [(EVENT, event.expect("an id is letters and digits"))]))
}

/// The header fields as text, in the order they are known in.
fn fields(headers: &HeaderMap) -> Headers {
    let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let mut fields = Headers::with_capacity(headers.len(), bytes);
    for (name, value) in headers {
        fields.push(name, String::from_utf8_lossy(value.as_bytes()));
    }
    fields
}
