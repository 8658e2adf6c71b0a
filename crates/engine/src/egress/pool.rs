//! The connections of one lane, and exchanges over them.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shopwire_core::Timestamp;

use super::Shared;
use super::failure::{Failure, Phase};
use super::request::OutRequest;
use super::response::{Limits, Response};
use super::target::Target;
use super::wait::before;
use super::wire::{Connection, Trace};

/// What came of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The answer, whatever its status, or why there is none.
    pub result: Result<Response, Failure>,
    /// From the start of the exchange to its end.
    pub latency_ms: u64,
    /// Whether a connection of an earlier exchange was used.
    pub reused: bool,
    /// The address that was connected to, if it came to that.
    pub remote: Option<IpAddr>,
}

/// Connections to one target, owned by one lane. Exchanges may run at the same time, each on its own connection;
/// how many is the lane's decision.
pub struct Pool {
    shared: Arc<Shared>,
    target: Target,
    idle_max: usize,
    connect_timeout_ms: u64,
    exchange_deadline_ms: u64,
    /// The most recently used last: it is the likeliest to be alive.
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(super) fn new(shared: Arc<Shared>, target: Target, idle_max: usize) -> Self {
        let (connect_timeout_ms, exchange_deadline_ms) =
            (shared.config.connect_timeout_ms, shared.config.exchange_deadline_ms);
        let idle = Mutex::new(Vec::new());
        Self { shared, target, idle_max, connect_timeout_ms, exchange_deadline_ms, idle }
    }

    /// Shorter times, where they are given: for connecting, and for a whole exchange. The operator's are the longest.
    #[must_use]
    pub fn within(self, connect_ms: Option<u64>, exchange_ms: Option<u64>) -> Self {
        let shorter = |longest_ms: u64, given: Option<u64>| given.map_or(longest_ms, |ms| ms.min(longest_ms));
        Self {
            connect_timeout_ms: shorter(self.connect_timeout_ms, connect_ms),
            exchange_deadline_ms: shorter(self.exchange_deadline_ms, exchange_ms),
            ..self
        }
    }

    /// Where the requests go.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Sends a request and reads its answer, within the exchange's deadline. Dropping the future gives the exchange up.
    pub async fn exchange(&self, request: &OutRequest) -> Exchange {
        let timer = &self.shared.timer;
        let started = timer.now();
        let mut trace = Trace::default();
        let deadline = timer.sleep_ms(self.exchange_deadline_ms);
        let outcome = before(deadline, self.send(request, started, &mut trace)).await;
        let result = outcome.unwrap_or(Err(Failure::Timeout { phase: trace.phase }));
        let latency_ms = u64::try_from(timer.now().since_ms(started)).unwrap_or(0);
        Exchange { result, latency_ms, reused: trace.reused, remote: trace.remote }
    }

    /// Closes the connections that have been idle for too long. Exchanges that keep their connection do this too; a lane asks
    /// for it now and then, since it may have fallen silent.
    pub fn close_expired(&self) {
        let now = self.shared.timer.now();
        let expired = self.take_expired(&mut self.lock(), now);
        // Closed here, outside the lock.
        drop(expired);
    }

    /// They stand in the order in which they became idle.
    fn take_expired(&self, idle: &mut Vec<Connection>, now: Timestamp) -> Vec<Connection> {
        let count = idle.iter().take_while(|connection| self.is_expired(connection, now)).count();
        idle.drain(..count).collect()
    }

    /// How many connections are idle now.
    pub fn idle(&self) -> usize {
        self.lock().len()
    }

    async fn send(
        &self,
        request: &OutRequest,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<Response, Failure> {
        if let Some(connection) = self.take_idle(now).await {
            trace.reused = true;
            match self.send_on(connection, request, trace).await {
                // It ended while it was idle, which we could not know: not the receiver's failure.
                Err(Failure::Closed { .. }) if !trace.answered => *trace = Trace::default(),
                result => return result,
            }
        }
        let connection = self.shared.connect(&self.target, self.connect_timeout_ms).await?;
        self.send_on(connection, request, trace).await
    }

    async fn send_on(
        &self,
        mut connection: Connection,
        request: &OutRequest,
        trace: &mut Trace,
    ) -> Result<Response, Failure> {
        trace.phase = Phase::Write;
        let limits = Limits::from(&self.shared.config);
        let (response, reusable) = connection.exchange(&self.target, request, limits, trace).await?;
        if reusable {
            self.put_idle(connection);
        }
        Ok(response)
    }

    async fn take_idle(&self, now: Timestamp) -> Option<Connection> {
        loop {
            let mut connection = self.lock().pop()?;
            let expired = self.is_expired(&connection, now);
            if !expired && connection.is_usable().await {
                return Some(connection);
            }
        }
    }

    fn put_idle(&self, mut connection: Connection) {
        let now = self.shared.timer.now();
        connection.rest(now);
        let mut idle = self.lock();
        let expired = self.take_expired(&mut idle, now);
        if idle.len() < self.idle_max {
            idle.push(connection);
        }
        drop(idle);
        // Closed here, outside the lock.
        drop(expired);
    }

    fn is_expired(&self, connection: &Connection, now: Timestamp) -> bool {
        let idle_ms = u64::try_from(now.since_ms(connection.idle_since())).unwrap_or(0);
        idle_ms >= self.shared.config.idle_timeout_ms
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("target", &self.target)
            .field("idle", &self.idle())
            .finish_non_exhaustive()
    }
}
