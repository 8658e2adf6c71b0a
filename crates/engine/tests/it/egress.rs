//! What the egress tests stand on, and what goes out on the wire.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use shopwire_core::{Headers, Timestamp};
use shopwire_engine::egress::{Egress, EgressConfig, Exchange, OutRequest, Pool, Resolve, Resolving, Target};
use shopwire_testkit::{Reply, ScriptedReceiver, SimClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::SimTimer;

/// 2026-11-22, when the certificates of the tests are valid.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_795_305_600);

/// A resolver that says what the test wants, look-up by look-up; the last answer is repeated.
#[derive(Default)]
pub(crate) struct ScriptedResolver {
    answers: Mutex<VecDeque<io::Result<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl ScriptedResolver {
    pub(crate) fn answering(answers: &[&[&str]]) -> Arc<Self> {
        let parsed = answers.iter().map(|list| Ok(list.iter().map(|a| a.parse().unwrap()).collect()));
        Arc::new(Self { answers: Mutex::new(parsed.collect()), asked: Mutex::default() })
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Resolve for ScriptedResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a> {
        self.asked.lock().unwrap().push(host.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let answer = match answers.front() {
            Some(Ok(addresses)) => Ok(addresses.clone()),
            Some(Err(error)) => Err(io::Error::new(error.kind(), error.to_string())),
            None => Err(io::Error::other("no such host")),
        };
        if answers.len() > 1 {
            answers.pop_front();
        }
        Box::pin(async { answer })
    }
}

/// Loopback allowed, all else as in the product.
pub(crate) fn loopback() -> EgressConfig {
    EgressConfig { allowed: vec!["127.0.0.0/8".parse().unwrap()], ..EgressConfig::default() }
}

pub(crate) fn egress(config: EgressConfig, clock: &SimClock, resolver: Arc<ScriptedResolver>) -> Egress {
    Egress::new(config, Arc::new(SimTimer(clock.clone())), resolver).unwrap()
}

pub(crate) fn request(body: impl Into<Bytes>) -> OutRequest {
    OutRequest::new(Headers::new().with("Content-Type", "application/json"), body.into()).unwrap()
}

/// A lane's pool to a scripted receiver, in simulated time.
pub(crate) struct Lane {
    pub(crate) clock: SimClock,
    pub(crate) receiver: ScriptedReceiver,
    pub(crate) pool: Arc<Pool>,
    echo: tokio::sync::Mutex<(TcpStream, TcpStream)>,
}

impl Lane {
    pub(crate) async fn with(config: EgressConfig) -> Self {
        let (clock, receiver) = (SimClock::at(NOW), ScriptedReceiver::start().await);
        let egress = egress(config, &clock, Arc::default());
        let pool = Arc::new(egress.pool(Target::parse(&receiver.url("/hooks")).unwrap(), 4));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let there = listener.accept().await.unwrap().0;
        Self { clock, receiver, pool, echo: tokio::sync::Mutex::new((here, there)) }
    }

    pub(crate) async fn replying(replies: impl IntoIterator<Item = Reply>) -> Self {
        let lane = Self::with(loopback()).await;
        lane.receiver.set_replies(replies);
        lane
    }

    pub(crate) async fn post(&self) -> Exchange {
        self.pool.exchange(&request("{}")).await
    }

    /// The status of a complete answer, and whether the connection was a reused one.
    pub(crate) async fn status(&self) -> (u16, bool) {
        let exchange = self.post().await;
        (exchange.result.unwrap().status, exchange.reused)
    }

    pub(crate) fn start(&self, request: OutRequest) -> JoinHandle<Exchange> {
        let pool = Arc::clone(&self.pool);
        tokio::spawn(async move { pool.exchange(&request).await })
    }

    /// Lets every task go on until all have seen what is on the sockets: what is sent over another connection
    /// afterwards arrives afterwards.
    pub(crate) async fn settle(&self) {
        let (here, there) = &mut *self.echo.lock().await;
        for _ in 0..8 {
            here.write_all(b"?").await.unwrap();
            assert_eq!(there.read_u8().await.unwrap(), b'?');
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn headers_arrive_in_their_order_and_letter_case() {
    let lane = Lane::replying([Reply::status(200)]).await;
    let headers = Headers::new()
        .with("X-Ecwid-Webhook-Signature", "c2ln")
        .with("x-duda-signature", "sha256=0")
        .with("User-Agent", "Shopwire")
        .with("X-MiXeD", "first")
        .with("x-mixed", "second");
    let request = OutRequest::new(headers, Bytes::from_static(b"{\"a\":1}")).unwrap();
    let request = request.with_query("eventtype=order.updated").unwrap();
    let exchange = lane.pool.exchange(&request).await;
    assert_eq!((exchange.result.unwrap().status, exchange.remote), (200, Some([127, 0, 0, 1].into())));

    let received = lane.receiver.requests().remove(0);
    assert_eq!(received.body, "{\"a\":1}");
    let expected = format!(
        "POST /hooks?eventtype=order.updated HTTP/1.1\r\nHost: {}\r\nX-Ecwid-Webhook-Signature: c2ln\r\n\
         x-duda-signature: sha256=0\r\nUser-Agent: Shopwire\r\nX-MiXeD: first\r\nx-mixed: second\r\n\
         Content-Length: 7\r\n\r\n",
        lane.receiver.address()
    );
    assert_eq!(received.head_text(), expected);
}

#[tokio::test]
async fn small_and_large_bodies_arrive_whole() {
    let lane = Lane::replying([Reply::status(200)]).await;
    for bytes in [0, 1, 16 * 1024, 16 * 1024 + 1, 3 << 20] {
        let body: Bytes = (0..bytes).map(|i| (i % 251) as u8).collect();
        let exchange = lane.pool.exchange(&request(body.clone())).await;
        assert_eq!(exchange.result.unwrap().status, 200, "{bytes}");
        assert!(lane.receiver.requests().pop().unwrap().body == body, "{bytes}");
    }
    assert_eq!(lane.receiver.connections(), 1);
}

#[tokio::test]
async fn exchanges_at_the_same_time_use_connections_of_their_own() {
    let lane = Lane::replying([Reply::status(200).body("x").drip(1000), Reply::status(200)]).await;
    let slow = lane.start(request("slow"));
    lane.receiver.wait_for(1).await;
    assert_eq!(lane.status().await, (200, false));
    lane.receiver.tick();
    assert_eq!(slow.await.unwrap().result.unwrap().body_start, "x");
    assert_eq!((lane.receiver.connections(), lane.pool.idle()), (2, 2));
}

#[tokio::test]
async fn no_more_connections_are_kept_than_asked_for() {
    let lane = Lane::replying([Reply::status(200)]).await;
    let pool = egress(loopback(), &lane.clock, Arc::default()).pool(lane.pool.target().clone(), 0);
    for _ in 0..2 {
        assert!(!pool.exchange(&request("{}")).await.reused);
    }
    assert_eq!(pool.idle(), 0);
    lane.receiver.wait_for_closed(2).await;
}

/// Run again by `the_environment_s_proxies_are_ignored`, in a process whose environment names proxies.
#[tokio::test]
async fn goes_straight_to_the_receiver() {
    let lane = Lane::replying([Reply::status(201)]).await;
    assert_eq!(lane.status().await, (201, false));
    assert!(lane.receiver.requests()[0].head_text().starts_with("POST /hooks HTTP/1.1\r\n"));
}

#[test]
fn the_environment_s_proxies_are_ignored() {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "egress::goes_straight_to_the_receiver"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:1");
    }
    let output = command.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
