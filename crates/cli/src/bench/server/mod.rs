//! The server that is measured: a process of its own, which is `shopwire serve` itself; or, where something has to be done
//! that no server offers (keep nothing, let go of the log at a given moment), the same server in a role of the bench.

mod bare;
mod memory;
mod role;

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde::de::DeserializeOwned;
use shopwire_engine::{SystemTimer, Timer as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::clock::now_us;
use super::helper::{Helper, this_program};
use super::order::ServerOrder;
use super::store::Store;
pub(super) use memory::{Memory, Sampler};
pub(crate) use role::ServerRole;

/// Milliseconds a server may take to start or to stop.
const PATIENCE_MS: u64 = 60_000;

/// The file beside its store that a server's standard error goes to.
const SAID: &str = "said.txt";

/// How a server is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As users run it.
    Real,
    /// Without a store under it.
    Bare,
    /// With the real store, and obeying the bench's orders.
    Obeying,
}

/// A running server.
pub(super) struct Server {
    process: Process,
    url: String,
    /// What it said on standard error.
    said: PathBuf,
    started_us: u64,
    ready_us: u64,
}

enum Process {
    Real(Child),
    Ours(Helper),
}

impl Server {
    /// Starts a server on a store and waits until it is ready. `set` are keys of the configuration beside the bench's own.
    pub(super) async fn start(store: &Store, kind: Kind, set: &[String]) -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let mut command = command(store, kind, &address, set)?;
        let started_us = now_us();
        let process = match kind {
            Kind::Real => Process::Real(
                command
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(File::create(store.data().join(SAID))?)
                    .kill_on_drop(true)
                    .spawn()
                    .context("the server can't be started")?,
            ),
            Kind::Bare | Kind::Obeying => Process::Ours(Helper::start_with("server", &mut command)?),
        };
        let (url, said) = (format!("http://{address}"), store.data().join(SAID));
        let mut server = Self { process, url, said, started_us, ready_us: 0 };
        server.ready_us = server.wait_until_ready(&address).await?;
        Ok(server)
    }

    async fn wait_until_ready(&mut self, address: &str) -> anyhow::Result<u64> {
        for _ in 0..PATIENCE_MS {
            if is_ready(address).await.unwrap_or(false) {
                return Ok(now_us());
            }
            if let Process::Real(process) = &mut self.process
                && let Some(status) = process.try_wait()?
            {
                let said = std::fs::read_to_string(&self.said).unwrap_or_default();
                bail!("the server ended while it started, {status}: {}", said.trim());
            }
            SystemTimer.sleep_ms(1).await;
        }
        bail!("the server is not ready on {address} after {PATIENCE_MS} ms")
    }

    /// From the start of its process to its being ready.
    pub(super) fn start_ms(&self) -> f64 {
        (self.ready_us - self.started_us) as f64 / 1_000.0
    }

    /// A URL of it.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// What it holds in memory.
    pub(super) fn memory(&self) -> anyhow::Result<Memory> {
        Memory::of(self.process()?)
    }

    /// Looks at its memory from now on.
    pub(super) fn sample_memory(&self) -> anyhow::Result<Sampler> {
        Ok(Sampler::of(self.process()?))
    }

    fn process(&self) -> anyhow::Result<u32> {
        let id = match &self.process {
            Process::Real(process) => process.id(),
            Process::Ours(helper) => helper.id(),
        };
        id.context("the server has ended by itself")
    }

    /// Asks one that obeys.
    pub(super) async fn ask<T: DeserializeOwned>(&mut self, order: &ServerOrder) -> anyhow::Result<T> {
        match &mut self.process {
            Process::Real(_) => bail!("a server as users run it takes no orders of the bench"),
            Process::Ours(helper) => helper.ask(order).await,
        }
    }

    /// Ends it in order, so that all it knows is on the disk.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        let id = self.process()?;
        let Process::Real(mut process) = self.process else {
            return self.kill().await;
        };
        Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
        tokio::select! {
            ended = process.wait() => drop(ended?),
            () = SystemTimer.sleep_ms(PATIENCE_MS) => bail!("the server does not stop"),
        }
        Ok(())
    }

    /// Ends it at once: what hangs would hold an orderly end up until its deadline.
    pub(super) async fn kill(self) -> anyhow::Result<()> {
        match self.process {
            Process::Real(mut process) => Ok(process.kill().await?),
            Process::Ours(helper) => helper.kill().await,
        }
    }
}

/// How a server is started. What the user's environment or directory say is for their own server.
fn command(store: &Store, kind: Kind, address: &str, set: &[String]) -> anyhow::Result<Command> {
    let mut command = this_program()?;
    command.env_clear().current_dir(store.data()).args(match kind {
        Kind::Real => &["serve"][..],
        Kind::Bare => &["bench-role", "server", "--bare"],
        Kind::Obeying => &["bench-role", "server"],
    });
    let listen = format!("server.listen={address}");
    let own = ["egress.allowed=127.0.0.0/8", "log.level=error", "store.path=.", &listen];
    for key in set.iter().map(String::as_str).chain(own) {
        command.args(["--set", key]);
    }
    Ok(command)
}

/// Whether a server answers 200 to `GET /readyz`.
async fn is_ready(address: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(status.ends_with(b" 200"))
}
