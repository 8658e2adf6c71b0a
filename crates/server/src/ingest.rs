//! The door for the platforms' webhooks.

use axum::extract::{RawQuery, Request, State};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use shopwire_core::{Headers, SourceId};
use shopwire_engine::receive::ReceivedRequest;

use crate::app::App;
use crate::body;
use crate::extract::Id;
use crate::problem::{Code, Problem};

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
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1]), Problem> {
    // Strangers are sent away before their bodies are read.
    if app.engine().directory().sources.get(source).is_none() {
        let detail = format!("there is no source `{source}`: see where the webhook was registered");
        return Err(Problem::new(Code::UnknownSource, detail));
    }
    let (parts, body) = request.into_parts();
    body::check_content_type(&parts.headers)?;
    let body = body::of_request(&app, &parts.headers, body).await?;
    let headers = fields(&parts.headers);
    let receipt = app.engine().receive(source, ReceivedRequest { query, headers, body }).await?;
    let status = StatusCode::from_u16(receipt.status).unwrap_or(StatusCode::OK);
    let event = HeaderValue::from_str(&receipt.event.to_string());
    Ok((status, [(EVENT, event.expect("an id is letters and digits"))]))
}

/// The header fields as text, in the order they are known in.
fn fields(headers: &HeaderMap) -> Headers {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str(), text(value))).collect()
}
