//! What surrounds every request: its id, its span in the log, and the body of whatever problem comes out.

use std::future::Future;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};
use shopwire_core::Random;
use shopwire_dialects::mac;
use tracing::{Instrument as _, Span};

use crate::app::App;
use crate::problem::Problem;

/// The header that tells a request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What surrounds one request.
pub(crate) struct Scope {
    /// Names the request: in the log, in its answer and in problems.
    id: String,
    span: Span,
}

impl Scope {
    /// Only method and path are logged: queries, headers and bodies may hold secrets.
    pub(crate) fn of<B>(app: &App, request: &http::Request<B>) -> Self {
        let id = request_id(app.engine().random());
        let span = tracing::info_span!(
            "request",
            request.id = %id,
            http.method = %request.method(),
            http.path = %request.uri().path(),
        );
        Self { id, span }
    }

    /// Gives an answer its surroundings.
    pub(crate) async fn run(self, answer: impl Future<Output = Response>) -> Response {
        let Self { id, span } = self;
        let run = async {
            let mut response = answer.await;
            if response.status().is_client_error() || response.status().is_server_error() {
                response = with_problem(response, &id);
            }
            tracing::debug!(http.status = response.status().as_u16(), "answered");
            response
        };
        let mut response = run.instrument(span).await;
        if let Ok(value) = HeaderValue::try_from(id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        response
    }
}

/// Runs a request in its scope.
pub(crate) async fn request(State(app): State<App>, request: Request, next: Next) -> Response {
    Scope::of(&app, &request).run(next.run(request)).await
}

fn request_id(random: &dyn Random) -> String {
    let mut bytes = [0; 12];
    random.fill(&mut bytes);
    format!("req_{}", mac::hex(&bytes))
}

/// The same refusal, its body a problem; a header that says more (`Allow`, `Retry-After`) stays.
fn with_problem(response: Response, request_id: &str) -> Response {
    let (mut parts, _) = response.into_parts();
    let problem = parts.extensions.remove::<Problem>().unwrap_or_else(|| Problem::of_status(parts.status));
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    Response::from_parts(parts, Body::from(problem.body(Some(request_id))))
}
