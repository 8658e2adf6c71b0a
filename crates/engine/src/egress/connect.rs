//! From a target to an open connection to a permitted address.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpStream;

use super::failure::{Failure, Phase};
use super::stream::Stream;
use super::target::{Host, Scheme, Target};
use super::wait::before;
use super::wire::Connection;
use super::{Refusal, Shared};

impl Shared {
    /// Looks up, judges, connects and encrypts, within the time-out.
    pub(super) async fn connect(&self, target: &Target, timeout_ms: u64) -> Result<Connection, Failure> {
        let sleep = self.timer.sleep_ms(timeout_ms);
        let opened = before(sleep, self.open(target, timeout_ms)).await;
        opened.unwrap_or(Err(Failure::Timeout { phase: Phase::Connect }))
    }

    async fn open(&self, target: &Target, timeout_ms: u64) -> Result<Connection, Failure> {
        let started = self.timer.now();
        let addresses = self.permitted_addresses(target).await?;
        let spent_ms = u64::try_from(self.timer.now().since_ms(started)).unwrap_or(0);
        let budget_ms = timeout_ms.saturating_sub(spent_ms);
        let (tcp, remote) = self.dial(&addresses, target.port(), budget_ms).await?;
        let stream = match target.scheme() {
            Scheme::Http => Stream::Plain(tcp),
            Scheme::Https => {
                let encrypted = self.tls.connect(target.server_name().clone(), tcp).await;
                Stream::Tls(Box::new(encrypted.map_err(|e| Failure::Tls { detail: tls_detail(&e) })?))
            }
        };
        Ok(Connection::new(stream, remote))
    }

    /// The addresses of a target's host that may be connected to. What is judged here is what is connected to.
    async fn permitted_addresses(&self, target: &Target) -> Result<Vec<IpAddr>, Failure> {
        let addresses = match target.host() {
            Host::Address(address) => vec![*address],
            Host::Name(name) => {
                let dns = |detail: String| Failure::Dns { host: name.clone(), detail };
                let found = self.resolver.resolve(name).await.map_err(|e| dns(e.to_string()))?;
                if found.is_empty() {
                    return Err(dns("the name has no addresses".to_owned()));
                }
                found
            }
        };
        self.guard.permitted(target.scheme(), &addresses).map_err(Refusal::into)
    }

    /// The first address that accepts. Each but the last gets an even share of the time that is left, so that one
    /// that swallows packets does not use up the others' time.
    async fn dial(
        &self,
        addresses: &[IpAddr],
        port: u16,
        budget_ms: u64,
    ) -> Result<(TcpStream, IpAddr), Failure> {
        let share_ms = budget_ms / addresses.len().max(1) as u64;
        let mut failure = Failure::Timeout { phase: Phase::Connect };
        for (index, &address) in addresses.iter().enumerate() {
            let connecting = open_tcp(SocketAddr::new(address, port));
            let connected = if index + 1 == addresses.len() {
                Some(connecting.await)
            } else {
                before(self.timer.sleep_ms(share_ms), connecting).await
            };
            match connected {
                Some(Ok(tcp)) => return Ok((tcp, address)),
                Some(Err(error)) => failure = Failure::Connect { address, detail: error.to_string() },
                None => {}
            }
        }
        Err(failure)
    }
}

async fn open_tcp(address: SocketAddr) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

fn tls_detail(error: &io::Error) -> String {
    match error.get_ref().and_then(|source| source.downcast_ref::<rustls::Error>()) {
        Some(tls) => tls.to_string(),
        None => format!("the handshake was broken off ({error})"),
    }
}
