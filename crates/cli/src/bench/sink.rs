//! The receiver of the bench: answers 200 at once (which every platform counts as success) and notes what arrived when.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, bail};
use shopwire_engine::{SystemTimer, Timer as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Milliseconds without a single arrival after which the rest is given up.
const PATIENCE_MS: u64 = 30_000;

/// A sink on a thread of its own.
pub(super) struct Sink {
    address: SocketAddr,
    hanging: SocketAddr,
    arrivals: Arc<Mutex<Arrivals>>,
}

/// What arrived.
#[derive(Default)]
struct Arrivals {
    requests: usize,
    /// When each subject's event arrived first, in microseconds.
    by_subject: HashMap<u64, u64>,
    last_us: u64,
}

impl Sink {
    pub(super) fn start() -> anyhow::Result<Self> {
        let arrivals = Arc::new(Mutex::new(Arrivals::default()));
        let (answering, hanging) = (bind()?, bind()?);
        let addresses = (answering.local_addr()?, hanging.local_addr()?);
        let noted = Arc::clone(&arrivals);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || runtime.block_on(serve(answering, hanging, noted)));
        Ok(Self { address: addresses.0, hanging: addresses.1, arrivals })
    }

    /// Where it answers.
    pub(super) fn url(&self) -> String {
        format!("http://{}/sink", self.address)
    }

    /// Where it takes connections and never answers.
    pub(super) fn hanging_url(&self) -> String {
        format!("http://{}/hang", self.hanging)
    }

    fn noted(&self) -> MutexGuard<'_, Arrivals> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what arrived.
    pub(super) fn forget(&self) {
        *self.noted() = Arrivals::default();
    }

    /// Requests that arrived, copies counted.
    pub(super) fn arrivals(&self) -> usize {
        self.noted().requests
    }

    /// Ends when as many different events have arrived.
    pub(super) async fn wait_for(&self, events: usize) -> anyhow::Result<()> {
        self.wait_until(events, |arrivals| arrivals.by_subject.len()).await
    }

    /// Ends when as many requests have arrived.
    pub(super) async fn wait_for_requests(&self, requests: usize) -> anyhow::Result<()> {
        self.wait_until(requests, |arrivals| arrivals.requests).await
    }

    async fn wait_until(&self, events: usize, count: impl Fn(&Arrivals) -> usize) -> anyhow::Result<()> {
        let (mut before, mut quiet_ms) = (0, 0);
        loop {
            let arrived = count(&self.noted());
            if arrived >= events {
                return Ok(());
            }
            quiet_ms = if arrived == before { quiet_ms + 20 } else { 0 };
            if quiet_ms >= PATIENCE_MS {
                bail!("{arrived} of {events} events arrived, and none in the last {PATIENCE_MS} ms");
            }
            before = arrived;
            SystemTimer.sleep_ms(20).await;
        }
    }

    /// Seconds from `started_us` to the last arrival.
    pub(super) fn last_arrival_s(&self, started_us: u64) -> f64 {
        self.noted().last_us.saturating_sub(started_us) as f64 / 1e6
    }

    /// For each of the events, the microseconds from its being sent to its arrival.
    pub(super) fn latencies_us(&self, sent: &[(u64, u64)]) -> Vec<u64> {
        let noted = self.noted();
        let of =
            |(subject, sent_us): &(u64, u64)| Some(noted.by_subject.get(subject)?.saturating_sub(*sent_us));
        sent.iter().filter_map(of).collect()
    }
}

/// An address at which nobody listens.
pub(super) fn refusing_url() -> anyhow::Result<String> {
    let address = bind()?.local_addr()?;
    Ok(format!("http://{address}/refuse"))
}

fn bind() -> anyhow::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("the sink can't listen")?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn serve(
    answering: std::net::TcpListener,
    hanging: std::net::TcpListener,
    noted: Arc<Mutex<Arrivals>>,
) {
    let (Ok(answering), Ok(hanging)) = (TcpListener::from_std(answering), TcpListener::from_std(hanging))
    else {
        return;
    };
    let mut held = Vec::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = answering.accept() => drop(tokio::spawn(answer(stream, Arc::clone(&noted)))),
            Ok((stream, _)) = hanging.accept() => held.push(stream),
        }
    }
}

/// Answers every request of a connection with 200.
async fn answer(mut stream: TcpStream, noted: Arc<Mutex<Arrivals>>) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let mut buffer = Vec::with_capacity(16 << 10);
    loop {
        while let Some((end, subject)) = whole_request(&buffer) {
            note(&noted, subject);
            buffer.drain(..end);
            if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.is_err() {
                return;
            }
        }
        match stream.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The end of the first whole request in the buffer, and the number of the order it is about.
fn whole_request(buffer: &[u8]) -> Option<(usize, Option<u64>)> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = request.parse(buffer).ok()? else { return None };
    let length = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"))?;
    let length: usize = std::str::from_utf8(length.value).ok()?.parse().ok()?;
    let body = buffer.get(head..head + length)?;
    Some((head + length, order(body)))
}

/// The number behind `"subject":"order/`.
fn order(body: &[u8]) -> Option<u64> {
    const BEFORE: &[u8] = b"\"subject\":\"order/";
    let at = body.windows(BEFORE.len()).position(|window| window == BEFORE)? + BEFORE.len();
    let digits = body[at..].split(|byte| !byte.is_ascii_digit()).next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn note(noted: &Mutex<Arrivals>, subject: Option<u64>) {
    let now_us = SystemTimer.monotonic_us();
    let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
    noted.requests += 1;
    noted.last_us = now_us;
    if let Some(subject) = subject {
        noted.by_subject.entry(subject).or_insert(now_us);
    }
}
