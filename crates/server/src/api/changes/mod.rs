//! Many changes in one request: NDJSON in, NDJSON out, line by line.
//!
//! **Invariants.** Each line is done as a whole or not at all, and answered in the order of the lines; one that is wrong does
//! not keep the others from being done. Lines of one entity are done in order, others at the same time. What is
//! in memory is bounded, whatever the length of the request: while answers are not read, no further lines are.

mod line;
mod lines;

use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::future::Either;
use futures_util::{FutureExt as _, StreamExt as _};
use http::{HeaderMap, header};
use shopwire_core::ShopId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

use super::collection::OfShop;
use crate::app::App;
use crate::problem::{Code, Problem};
use line::{AnswerLine, ChangeLine};
use lines::Line;

/// What a short line counts as: it costs more than its bytes.
const LINE_BYTES_LEAST: usize = 4 << 10;
/// Answers that are written at once if they are ready.
const ANSWERS_AT_ONCE: usize = 64;
/// The content type of answers.
const NDJSON: &str = "application/x-ndjson";

/// The room for lines at work, over all requests, in units of [`LINE_BYTES_LEAST`].
pub(crate) fn room(bulk_bytes_max: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(units(bulk_bytes_max) as usize))
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(LINE_BYTES_LEAST)).unwrap_or(u32::MAX).max(1)
}

/// Does many changes: one JSON object a line, one answer a line, as soon as it is done.
///
/// Each line is done as a whole or not at all; one that is wrong is answered with its problem and does not keep the others
/// from being done. Lines of one entity are done in order. Answers come while lines are still being sent: read them, or
/// the server stops reading. An `Idempotency-Key` is not taken: a line that is sent again changes nothing.
#[utoipa::path(
    post, path = "/v1/shops/{shop}/changes", tag = "entities", params(("shop" = String, Path)),
    request_body(content = ChangeLine, content_type = "application/x-ndjson", description = "One change a line, of any number of lines."),
    responses((status = 200, description = "One answer a line.", body = AnswerLine, content_type = "application/x-ndjson")),
)]
pub(crate) async fn change_many(
    State(app): State<App>,
    OfShop(shop): OfShop,
    request: Request,
) -> Result<Response, Problem> {
    check_request(&app, shop, request.headers())?;
    let in_flight_max = app.engine().limits().bulk_in_flight_max;
    let answers = lines::lines(app.clone(), request.into_body())
        .then({
            let app = app.clone();
            move |line| with_room(app.clone(), line)
        })
        .map(move |(line, room)| begin(&app, shop, line, room))
        .buffered(in_flight_max)
        .ready_chunks(ANSWERS_AT_ONCE)
        .map(|answers| Ok::<_, std::convert::Infallible>(Bytes::from(answers.concat())));
    Ok(([(header::CONTENT_TYPE, NDJSON)], Body::from_stream(answers)).into_response())
}

fn check_request(app: &App, shop: ShopId, headers: &HeaderMap) -> Result<(), Problem> {
    if app.engine().directory().shops.get(shop).is_none() {
        return Err(Problem::new(Code::NotFound, format!("there is no shop `{shop}`")));
    }
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines" => {
            Ok(())
        }
        _ => {
            let shown: String = essence.chars().take(80).collect();
            let detail = format!("the content type is `{shown}`: send one JSON object a line as `{NDJSON}`");
            Err(Problem::new(Code::UnsupportedMediaType, detail))
        }
    }
}

/// Waits until there is room for a line.
async fn with_room(app: App, line: Line) -> (Line, Option<OwnedSemaphorePermit>) {
    let bytes = line.1.as_ref().map_or(0, Bytes::len);
    // A closed semaphore would mean no bound, but nobody closes it.
    let room = Arc::clone(app.bulk_room()).acquire_many_owned(units(bytes)).await.ok();
    (line, room)
}

/// Begins the change that a line asks for; gives its answer. It is done in a task of its own, so that nobody who reads no
/// answers keeps an entity, or room, to themselves.
fn begin(
    app: &App,
    shop: ShopId,
    (number, line): Line,
    room: Option<OwnedSemaphorePermit>,
) -> impl Future<Output = Bytes> + Send + use<> {
    let change = line.and_then(|line| line::change(shop, &line, app.engine().limits().json_depth_max));
    let change = match change {
        Ok(change) => change,
        Err(problem) => return Either::Left(std::future::ready(line::answer(number, Err(problem)))),
    };
    let id = change.key.id.clone();
    let begun = app.engine().begin(change);
    let work = async move {
        let outcome = begun.await.map(|written| (id, written)).map_err(Problem::from);
        drop(room);
        line::answer(number, outcome)
    };
    Either::Right(tokio::spawn(work.in_current_span()).map(move |answer| {
        answer.unwrap_or_else(|error| {
            tracing::error!(%error, "a change broke off");
            let detail = "the change broke off: the server's log says why";
            line::answer(number, Err(Problem::new(Code::Internal, detail)))
        })
    }))
}
