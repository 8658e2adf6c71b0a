//! A whole server in this process, in time that stands still, which sends nothing anywhere.

use std::sync::Arc;

use shopwire_core::{Clock, DialectId, Limits, Secret, Timestamp};
use shopwire_engine::configure::{KeyDraft, RegistrationConfig, ShopDraft, SourceDraft};
use shopwire_engine::egress::{Egress, EgressConfig, Resolve, Resolving};
use shopwire_engine::{Engine, EngineParts, Sleep, Timer};
use shopwire_server::{ServerConfig, router, serve};
use shopwire_store::{SecretKey, SqliteConfig, SqliteLedger};
use shopwire_testkit::{SeededRandom, SimClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::{Duration, timeout};

use crate::{NOW, SECRET};

/// How long a connection has to be silent before we close our side of it.
const SILENCE: Duration = Duration::from_millis(20);
/// How long a server may take to close its side then.
const PATIENCE: Duration = Duration::from_secs(20);

struct StandingStill(SimClock);

impl Clock for StandingStill {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Timer for StandingStill {
    fn sleep_until(&self, at: Timestamp) -> Sleep {
        Box::pin(self.0.sleep_until(at))
    }
}

/// No name is known.
struct NoNames;

impl Resolve for NoNames {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(async { Err(std::io::Error::other("no name is known")) })
    }
}

/// The server, and what stands for its ids in the inputs.
pub struct Server {
    runtime: Runtime,
    address: std::net::SocketAddr,
    /// Words of an input, and what is sent for them.
    words: Vec<(&'static str, String)>,
    _directory: tempfile::TempDir,
}

impl Server {
    /// Starts it on loopback, with one shop that has a source of every platform. No endpoint can be made, so that nothing
    /// is ever sent.
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let (address, words) = runtime.block_on(started(directory.path()));
        Self { runtime, address, words, _directory: directory }
    }

    /// The input with real ids and the real token in place of their words.
    pub fn spelt(&self, input: &[u8]) -> Vec<u8> {
        self.words
            .iter()
            .fold(input.to_vec(), |bytes, (word, real)| replaced(&bytes, word.as_bytes(), real.as_bytes()))
    }

    /// All that is answered to these bytes on one connection.
    ///
    /// # Panics
    /// If the connection does not end.
    pub fn answer(&self, wire: &[u8]) -> Vec<u8> {
        self.runtime.block_on(async {
            let mut stream = TcpStream::connect(self.address).await.expect("the server listens");
            let mut answer = Vec::new();
            // It may close before it has read everything.
            drop(stream.write_all(wire).await);
            loop {
                match timeout(SILENCE, stream.read_buf(&mut answer)).await {
                    Ok(Ok(1..)) => {}
                    Ok(_) => return answer,
                    Err(_) => break,
                }
            }
            drop(stream.shutdown().await);
            let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
            drop(ended.expect("a connection ends when its client has gone"));
            answer
        })
    }
}

fn replaced(bytes: &[u8], word: &[u8], real: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let Some(at) = rest.windows(word.len()).position(|window| window == word) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(real);
        rest = &rest[at + word.len()..];
    }
    out.extend_from_slice(rest);
    out
}

async fn started(data: &std::path::Path) -> (std::net::SocketAddr, Vec<(&'static str, String)>) {
    let limits = Limits { endpoints_max: 0, ..Limits::default() };
    let (random, timer) = (Arc::new(SeededRandom::new(1)), Arc::new(StandingStill(SimClock::at(NOW))));
    let config = SqliteConfig::new(data, SecretKey::new([7; 32]), &limits);
    let ledger = SqliteLedger::open(config, Arc::clone(&random) as _).expect("a fresh store");
    let egress =
        Egress::new(EgressConfig::default(), Arc::clone(&timer) as _, Arc::new(NoNames)).expect("defaults");
    let parts = EngineParts {
        ledger: Arc::new(ledger),
        timer: Arc::clone(&timer) as _,
        random,
        egress,
        limits: limits.clone(),
        registration: RegistrationConfig::default(),
    };
    let engine = Engine::start(parts).await.expect("an engine");
    let token = engine.ensure_admin().await.expect("a token").expect("the first start");
    let mut words = vec![("TOKEN", token.expose().to_owned())];
    let draft = ShopDraft { name: "Teapots".to_owned(), identities: Default::default() };
    let shop = engine.create_shop(draft).await.expect("a shop").id;
    words.push(("SHOP", shop.to_string()));
    for (word, dialect) in
        ["SOURCE1", "SOURCE2", "SOURCE3", "SOURCE4", "SOURCE5"].into_iter().zip(DialectId::PLATFORMS)
    {
        let keys = vec![KeyDraft::Signing(Secret::new(SECRET))];
        let draft = SourceDraft { shop, dialect, name: dialect.to_string(), app: None, keys };
        words.push((word, engine.create_source(draft).await.expect("a source").id.to_string()));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    let router = router(engine, ServerConfig::default());
    tokio::spawn(serve(listener, router, limits, timer, std::future::pending()));
    (address, words)
}
