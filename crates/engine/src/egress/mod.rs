//! The guarded HTTP/1.1 client through which every delivery leaves.
//!
//! We write the exchange ourselves, and do not use an HTTP library, for one reason: receivers of some platforms
//! compare header names with letter case, so names must go out byte for byte as given, in the order given.
//! Answers are read with `httparse`.
//!
//! Invariants:
//! - **No address is connected to that the [`Guard`] has not seen.** Names are resolved when connecting, each address
//!   is checked, and the connection goes to the checked address; there is no second look-up. Redirects are
//!   answers, not instructions. No proxy, no cookies, no environment.
//! - **One deadline covers the whole exchange**: look-up, connecting, TLS, writing, and the answer's head and body.
//! - **Everything is bounded**: what is kept of an answer, what is read beyond that to keep the connection, heads,
//!   header counts, interim answers, idle connections.
//! - **At least once**: a reused connection that proves closed before the first byte of an answer is replaced once by a
//!   fresh one, and the request is sent again. Receivers deduplicate by the delivery's id.
//! - Time comes from the [`Timer`], also for judging certificates.

mod chunked;
mod config;
mod connect;
mod failure;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod head;
mod pool;
mod request;
mod resolve;
mod response;
mod stream;
mod target;
mod tls;
mod wait;
mod wire;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use tokio_rustls::TlsConnector;

pub use config::{EgressConfig, EgressError};
pub use failure::{Failure, Phase, ProtocolError};
pub use guard::{Guard, Refusal};
pub use pool::{Exchange, Pool};
pub use request::{Method, OutRequest, RequestError, check_header};
pub use resolve::{Resolve, Resolving, SystemResolver};
pub use response::Response;
pub use target::{Host, Scheme, Target, TargetError};

use crate::Timer;
use wait::before;

/// The way out: guard, resolver, TLS and limits, shared by all lanes. Clones are cheap and share everything.
#[derive(Clone)]
pub struct Egress(Arc<Shared>);

struct Shared {
    config: EgressConfig,
    guard: Guard,
    resolver: Arc<dyn Resolve>,
    timer: Arc<dyn Timer>,
    tls: TlsConnector,
}

impl Egress {
    /// Builds the way out.
    ///
    /// # Errors
    /// If an extra root certificate cannot be read.
    pub fn new(
        config: EgressConfig,
        timer: Arc<dyn Timer>,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, EgressError> {
        let tls = tls::connector(&config.extra_roots, Arc::clone(&timer))?;
        let guard = Guard::new(config.allowed.clone(), config.plain_http);
        Ok(Self(Arc::new(Shared { config, guard, resolver, timer, tls })))
    }

    /// Judges an address before an endpoint is saved, and gives it parsed.
    ///
    /// A name that cannot be resolved now is accepted, unless whatever it resolved to would be refused: that is reported
    /// by its attempts. What is accepted here is
    /// judged again on every connection.
    ///
    /// # Errors
    /// If the URL is not one we send to, or its name or all its addresses are refused.
    pub async fn check(&self, url: &str) -> Result<Target, TargetError> {
        let target = Target::parse(url)?;
        let guard = &self.0.guard;
        let refused = |refusal| TargetError::Refused { host: target.host().to_string(), refusal };
        if let Host::Name(name) = target.host() {
            guard.check_name(name).map_err(refused)?;
            if target.scheme() == Scheme::Http && !guard.permits_plain_http() {
                return Err(TargetError::PlainHttp { host: name.clone() });
            }
        }
        let addresses = match target.host() {
            Host::Address(address) => vec![*address],
            Host::Name(name) => self.0.resolve_in_time(name).await,
        };
        if addresses.is_empty() {
            return Ok(target);
        }
        guard.permitted(target.scheme(), &addresses).map_err(refused)?;
        Ok(target)
    }

    /// Connections to one target, owned by one lane; at most `idle_max` of them are kept open between exchanges.
    pub fn pool(&self, target: Target, idle_max: usize) -> Pool {
        Pool::new(Arc::clone(&self.0), target, idle_max)
    }

    /// The rules for addresses.
    pub fn guard(&self) -> &Guard {
        &self.0.guard
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("config", &self.0.config).finish_non_exhaustive()
    }
}

impl Shared {
    /// The addresses of a name, none if it cannot be resolved within the connect time-out.
    async fn resolve_in_time(&self, name: &str) -> Vec<IpAddr> {
        let sleep = self.timer.sleep_ms(self.config.connect_timeout_ms);
        match before(sleep, self.resolver.resolve(name)).await {
            Some(Ok(addresses)) => addresses,
            Some(Err(_)) | None => Vec::new(),
        }
    }
}
