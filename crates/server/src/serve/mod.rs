//! The accept loop: connections with bounds on number, head and time.

mod patient;
mod spoken;
mod timer;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use shopwire_core::Limits;
use shopwire_engine::Timer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

use patient::Patient;
use spoken::{Announced, Spoken};
use timer::HyperTimer;

/// Header fields a request may have.
const HEADER_FIELDS_MAX: usize = 100;
/// How long accepting waits after the system had no room for a connection.
const NO_ROOM_DELAY_MS: u64 = 100;
/// The least that the HTTP library can read with.
const READ_BUFFER_BYTES_MIN: usize = 8 << 10;

/// Who answers requests.
pub trait Answers: Clone + Send + Sync + 'static {
    /// The answer to a request, whatever it is.
    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = Response> + Send;
}

impl Answers for Router {
    async fn answer(&self, request: Request<Incoming>) -> Response {
        let Ok(answer) = self.clone().call(request).await;
        answer
    }
}

/// Serves `surfaces` on `listener` until `shutdown` ends; then lets requests under way finish, at most for as long as a
/// request may take to arrive and to be answered, and returns.
///
/// # Errors
/// If the listener itself fails for good.
pub async fn serve(
    listener: TcpListener,
    surfaces: impl Answers,
    limits: Limits,
    timer: Arc<dyn Timer>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let house = House { surfaces, http: http(&limits, &timer), limits, timer };
    let room = Arc::new(Semaphore::new(house.limits.connections_max));
    let connections = TaskTracker::new();
    let closing = CancellationToken::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let permit = tokio::select! {
            () = &mut shutdown => break,
            permit = Arc::clone(&room).acquire_owned() => permit.map_err(io::Error::other)?,
        };
        let stream = tokio::select! {
            () = &mut shutdown => break,
            stream = house.accept(&listener) => stream?,
        };
        let connection = house.connection(stream, closing.clone());
        connections.spawn(async move {
            connection.await;
            drop(permit);
        });
    }
    drop(listener);
    closing.cancel();
    connections.close();
    // A request that has begun may still take its time to arrive, and its answer to leave.
    let last = house.timer.sleep_ms(house.limits.request_deadline_ms.saturating_mul(2));
    tokio::select! {
        () = connections.wait() => {}
        () = last => tracing::warn!(connections = connections.len(), "left behind when stopping"),
    }
    Ok(())
}

/// What every connection is served with.
struct House<A> {
    surfaces: A,
    http: http1::Builder,
    limits: Limits,
    timer: Arc<dyn Timer>,
}

fn http(limits: &Limits, timer: &Arc<dyn Timer>) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(HyperTimer::new(Arc::clone(timer)))
        .header_read_timeout(Duration::from_millis(limits.request_deadline_ms))
        .keep_alive(true)
        .max_headers(HEADER_FIELDS_MAX)
        .max_header_size(limits.header_bytes_max)
        .max_buf_size(limits.header_bytes_max.max(READ_BUFFER_BYTES_MIN));
    http
}

impl<A: Answers> House<A> {
    /// The next connection. A connection that is gone already, or for which the system has no room now, is no reason to stop.
    async fn accept(&self, listener: &TcpListener) -> io::Result<TcpStream> {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return Ok(stream),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection could be accepted");
                    self.timer.sleep_ms(NO_ROOM_DELAY_MS).await;
                }
            }
        }
    }

    fn connection(&self, stream: TcpStream, closing: CancellationToken) -> impl Future<Output = ()> + use<A> {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let stream = Patient::new(stream, Arc::clone(&self.timer), self.limits.request_deadline_ms);
        let announced = Announced::default();
        let stream = Spoken::new(stream, announced.clone());
        let surfaces = self.surfaces.clone();
        let service = service_fn(move |request| {
            let (surfaces, announced) = (surfaces.clone(), announced.clone());
            async move {
                let answer = surfaces.answer(request).await;
                announced.note();
                Ok::<_, Infallible>(answer)
            }
        });
        let serving = self.http.serve_connection(TokioIo::new(stream), service);
        async move {
            let mut serving = pin!(serving);
            let ended = tokio::select! {
                ended = serving.as_mut() => ended,
                () = closing.cancelled() => {
                    serving.as_mut().graceful_shutdown();
                    serving.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
