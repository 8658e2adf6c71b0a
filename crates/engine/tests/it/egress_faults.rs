//! What may go wrong on the way to a receiver and is none of the plain failures: handshakes cut in two, certificates of
//! nobody, connections reset in the middle of an answer, names that change where they lead.

use std::net::SocketAddr;

use rcgen::{CertificateParams, KeyPair};
use shopwire_engine::egress::{EgressConfig, Failure, Refusal, Target};
use shopwire_testkit::{Reply, ScriptedReceiver, SimClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::egress::{Lane, NOW, ScriptedResolver, egress, loopback, request};
use crate::egress_tls::{Authority, TlsReceiver, failure, trusting};

/// How a connection is ended.
#[derive(Debug, Clone, Copy)]
enum End {
    Closed,
    Reset,
}

/// Passes a connection on to `to`, but of the answer only the first `bytes` bytes.
async fn cutting(to: SocketAddr, bytes: usize, end: End) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut here, mut there) =
            (listener.accept().await.unwrap().0, TcpStream::connect(to).await.unwrap());
        let mut hello = vec![0; 16 * 1024];
        let said = here.read(&mut hello).await.unwrap();
        there.write_all(&hello[..said]).await.unwrap();
        let mut answer = vec![0; bytes];
        there.read_exact(&mut answer).await.unwrap();
        here.write_all(&answer).await.unwrap();
        if matches!(end, End::Reset) {
            here.set_zero_linger().unwrap();
        }
    });
    address
}

#[tokio::test]
async fn a_handshake_that_is_cut_anywhere_is_a_tls_failure_and_nothing_is_sent() {
    let authority = Authority::new();
    let there = TlsReceiver::start("receiver.test", &authority).await;
    let egress = trusting(std::slice::from_ref(&authority.der), &SimClock::at(NOW));
    // Nothing, half a record's head, half of the hello, half of the certificate.
    for bytes in [0, 3, 60, 400] {
        for end in [End::Closed, End::Reset] {
            let cut = cutting(SocketAddr::from(([127, 0, 0, 1], there.port)), bytes, end).await;
            let target = Target::parse(&format!("https://receiver.test:{}/in", cut.port())).unwrap();
            let detail = failure(&egress.pool(target, 1)).await;
            assert!(detail.starts_with("the handshake was broken off"), "{bytes} {end:?}: {detail}");
        }
    }
    assert_eq!(there.receiver.requests().len(), 0);
}

#[tokio::test]
async fn a_certificate_that_vouches_for_itself_or_is_not_valid_yet_is_refused() {
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["receiver.test".to_owned()]).unwrap().self_signed(&key).unwrap();
    let alone = TlsReceiver::presenting(own.der().clone(), &key).await;
    let clock = SimClock::at(NOW);
    let detail = failure(&alone.pool(&trusting(&[], &clock), "receiver.test")).await;
    assert!(detail.contains("UnknownIssuer"), "{detail}");
    let authority = Authority::new();
    let there = TlsReceiver::start("receiver.test", &authority).await;
    clock.advance_ms(-2 * 365 * 86_400_000);
    let detail = failure(&there.pool(&trusting(&[authority.der], &clock), "receiver.test")).await;
    assert!(detail.contains("not valid yet"), "{detail}");
    assert_eq!((alone.receiver.requests().len(), there.receiver.requests().len()), (0, 0));
}

#[tokio::test]
async fn a_connection_that_is_reset_in_the_middle_of_a_body_is_broken_and_not_used_again() {
    let body = || Reply::status(200).body("0123456789");
    for reply in [body().reset_mid_body(), Reply::status(200).chunked(["01234", "56789"]).reset_mid_body()] {
        let lane = Lane::replying([reply.clone(), Reply::status(200)]).await;
        let exchange = lane.post().await;
        assert!(matches!(exchange.result, Err(Failure::Closed { .. })), "{reply:?}: {:?}", exchange.result);
        assert_eq!((lane.receiver.requests().len(), lane.pool.idle()), (1, 0), "who knows what it has done");
        assert_eq!(lane.status().await, (200, false));
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_later_is_judged_anew_for_every_connection() {
    let there = ScriptedReceiver::start().await;
    let port = there.address().port();
    let elsewhere = ScriptedReceiver::start_at(SocketAddr::from(([127, 0, 0, 2], port))).await;
    there.set_replies([Reply::status(200).header("Connection", "close")]);
    let resolver = ScriptedResolver::answering(&[&["127.0.0.1"], &["127.0.0.1"], &["127.0.0.2"]]);
    let config = EgressConfig { allowed: vec!["127.0.0.1/32".parse().unwrap()], ..loopback() };
    let egress = egress(config, &SimClock::at(NOW), resolver);
    let url = format!("http://rebind.example:{port}/");
    let pool = egress.pool(egress.check(&url).await.unwrap(), 4);
    assert_eq!(pool.exchange(&request("{}")).await.result.unwrap().status, 200);
    let refusal = Refusal { address: [127, 0, 0, 2].into(), reason: "loopback" };
    for _ in 0..2 {
        assert_eq!(pool.exchange(&request("{}")).await.result, Err(Failure::Refused(refusal)));
    }
    assert_eq!((there.connections(), elsewhere.connections()), (1, 0));
}
