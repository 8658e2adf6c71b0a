//! A receiver of webhooks that does as it is told: answers, hangs, drips, floods, closes, redirects.
//!
//! A real TCP server on loopback, so that what a test sees is what a platform's receiver would see, byte for byte.

mod reply;
mod request;
mod serve;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::task::{JoinHandle, JoinSet};

pub use reply::Reply;
pub use request::Received;

type Script = Box<dyn FnMut(&Received) -> Reply + Send>;

/// A scripted HTTP/1.1 server. Answers `200` with an empty body until told otherwise; ends when dropped.
pub struct ScriptedReceiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    changed: Notify,
    ticks: Semaphore,
}

struct State {
    script: Script,
    early: Option<Reply>,
    requests: Vec<Received>,
    opened: u64,
    closed: u64,
}

impl ScriptedReceiver {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// If loopback cannot be listened on.
    pub async fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts on this address; port 0 takes a free one.
    ///
    /// # Panics
    /// If the address cannot be listened on.
    pub async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a loopback address can be listened on");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = State {
            script: Box::new(|_| Reply::status(200)),
            early: None,
            requests: Vec::new(),
            opened: 0,
            closed: 0,
        };
        let shared =
            Arc::new(Shared { state: Mutex::new(state), changed: Notify::new(), ticks: Semaphore::new(0) });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepting }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of `path` (which starts with `/`) on this receiver.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers every further request as `script` says. It is asked when the whole request has been read.
    pub fn set_script(&self, script: impl FnMut(&Received) -> Reply + Send + 'static) {
        self.shared.lock().script = Box::new(script);
    }

    /// Answers the next requests with these, in order; the last one is repeated.
    ///
    /// # Panics
    /// If there is none.
    pub fn set_replies(&self, replies: impl IntoIterator<Item = Reply>) {
        let mut replies = replies.into_iter().collect::<Vec<_>>().into_iter();
        let mut current = replies.next().expect("at least one reply");
        self.set_script(move |_| {
            let reply = current.clone();
            if let Some(next) = replies.next() {
                current = next;
            }
            reply
        });
    }

    /// Answers as soon as a request's head has been read, and reads no body. Such a request is recorded with an
    /// empty body. `None` goes back to the script.
    pub fn set_early(&self, reply: impl Into<Option<Reply>>) {
        self.shared.lock().early = reply.into();
    }

    /// Lets a dripping reply send its next piece.
    pub fn tick(&self) {
        self.shared.ticks.add_permits(1);
    }

    /// All requests so far, in the order in which they were complete.
    pub fn requests(&self) -> Vec<Received> {
        self.shared.lock().requests.clone()
    }

    /// Ends when `count` requests have come in; gives all of them.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        self.wait_until(|state| state.requests.len() >= count).await;
        self.requests()
    }

    /// How many connections were opened.
    pub fn connections(&self) -> u64 {
        self.shared.lock().opened
    }

    /// Ends when `count` connections have been opened.
    pub async fn wait_for_connections(&self, count: u64) {
        self.wait_until(|state| state.opened >= count).await;
    }

    /// Ends when `count` connections have come to their end, by either side.
    pub async fn wait_for_closed(&self, count: u64) {
        self.wait_until(|state| state.closed >= count).await;
    }

    async fn wait_until(&self, reached: impl Fn(&State) -> bool) {
        loop {
            // Registered before looking: a change in between is not missed.
            let changed = self.shared.changed.notified();
            if reached(&self.shared.lock()) {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for ScriptedReceiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_waiters();
        result
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, so that no connection outlives its receiver.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let connection = shared.change(|state| {
            state.opened += 1;
            state.opened
        });
        connections.spawn(async move {
            serve::connection(stream, connection, &shared).await;
            shared.change(|state| state.closed += 1);
        });
        while connections.try_join_next().is_some() {}
    }
}
