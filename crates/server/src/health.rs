//! Whether the process is there, and whether it can do its work.

use axum::extract::State;
use http::{StatusCode, header};

use crate::app::App;
use crate::problem::{Code, Problem};

/// Whether the process is there.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "It is.")))]
pub(crate) async fn healthz() -> StatusCode {
    StatusCode::OK
}

/// Whether the store can be read, so that requests can be served.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, description = "It can.")))]
pub(crate) async fn readyz(State(app): State<App>) -> Result<StatusCode, Problem> {
    match app.engine().ledger().head().await {
        Ok(_) => Ok(StatusCode::OK),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            let detail = "the store can't be read: the server's log says why";
            Err(Problem::new(Code::Unavailable, detail).with_header(header::RETRY_AFTER, "1"))
        }
    }
}
