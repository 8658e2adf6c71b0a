//! Whether the process is there, and whether it can do its work.

use axum::extract::State;
use http::{StatusCode, header};
use shopwire_store::StoreError;

use crate::app::App;
use crate::problem::{Code, Problem};

/// Whether the process is there.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "It is.")))]
pub(crate) async fn healthz() -> StatusCode {
    StatusCode::OK
}

/// Whether the store can be read and has room, so that requests can be served.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, description = "It can.")))]
pub(crate) async fn readyz(State(app): State<App>) -> Result<StatusCode, Problem> {
    let Err(error) = app.engine().ready().await else { return Ok(StatusCode::OK) };
    tracing::warn!(%error, "not ready");
    let (code, detail) = match error {
        StoreError::Full(_) => (
            Code::Busy,
            "the store has no room: what is to be kept is answered 503 until there is some again",
        ),
        _ => (Code::Unavailable, "the store can't be used: the server's log says why"),
    };
    Err(Problem::new(code, detail).with_header(header::RETRY_AFTER, "1"))
}
