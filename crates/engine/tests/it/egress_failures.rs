//! Each way in which there is no answer, and the deadline over all of them.

use std::sync::Arc;

use shopwire_engine::egress::{EgressConfig, Failure, OutRequest, Phase, ProtocolError, Target};
use shopwire_testkit::Reply;
use tokio::net::TcpListener;

use crate::egress::{Lane, ScriptedResolver, egress, loopback, request};

const DEADLINE_MS: i64 = 15_000;

/// Sends a request, lets the receiver come to rest, and checks that the deadline and nothing before it ends the exchange.
async fn times_out(lane: &Lane, request: OutRequest, phase: Phase) {
    let exchange = lane.start(request);
    lane.receiver.wait_for(1).await;
    lane.settle().await;
    lane.clock.advance_ms(DEADLINE_MS - 1);
    lane.settle().await;
    assert!(!exchange.is_finished(), "{phase:?}");
    lane.clock.advance_ms(1);
    let exchange = exchange.await.unwrap();
    assert_eq!(exchange.result, Err(Failure::Timeout { phase }));
    assert_eq!(exchange.latency_ms, DEADLINE_MS as u64);
    lane.receiver.wait_for_closed(1).await;
    assert_eq!(lane.clock.sleepers(), 0);
}

#[tokio::test]
async fn the_deadline_ends_a_receiver_that_never_answers() {
    times_out(&Lane::replying([Reply::hang()]).await, request("{}"), Phase::Head).await;
}

#[tokio::test]
async fn the_deadline_ends_an_answer_without_its_body() {
    let reply = Reply::status(200).body("never sent").hang_after_head();
    times_out(&Lane::replying([reply]).await, request("{}"), Phase::Body).await;
}

#[tokio::test]
async fn the_deadline_ends_a_body_that_is_not_read() {
    let lane = Lane::replying([Reply::status(200)]).await;
    lane.receiver.set_early(Reply::status(200).drip(1));
    times_out(&lane, request(vec![b'x'; 32 << 20]), Phase::Write).await;
}

#[tokio::test]
async fn the_deadline_ends_a_dripping_head_and_a_dripping_body() {
    for (before, phase) in [(10, Phase::Head), (60, Phase::Body)] {
        let lane = Lane::replying([Reply::status(200).body("0123456789".repeat(100)).drip(1)]).await;
        let exchange = lane.start(request("{}"));
        lane.receiver.wait_for(1).await;
        // One byte for each 100 ms: never silent for long, never done.
        for tick in 0..DEADLINE_MS / 100 {
            assert!(!exchange.is_finished(), "{phase:?} after {tick} ticks");
            if tick < before {
                lane.receiver.tick();
            }
            lane.settle().await;
            lane.clock.advance_ms(100);
        }
        assert_eq!(exchange.await.unwrap().result, Err(Failure::Timeout { phase }));
    }
}

#[tokio::test]
async fn a_silent_handshake_ends_with_the_connect_time_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lane = Lane::with(loopback()).await;
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let pool = egress(loopback(), &lane.clock, Arc::default()).pool(Target::parse(&url).unwrap(), 1);
    let exchange = tokio::spawn(async move { pool.exchange(&request("{}")).await });
    let accepted = listener.accept().await.unwrap();
    lane.clock.advance_ms(4_999);
    lane.settle().await;
    assert!(!exchange.is_finished());
    lane.clock.advance_ms(1);
    assert_eq!(exchange.await.unwrap().result, Err(Failure::Timeout { phase: Phase::Connect }));
    drop(accepted);
}

#[tokio::test]
async fn a_platform_s_times_count_where_they_are_shorter_than_the_operator_s() {
    for (connect_ms, exchange_ms, ends_ms) in
        [(Some(3_000), Some(10_000), 3_000), (Some(60_000), None, 5_000), (None, Some(2_000), 2_000)]
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let lane = Lane::with(loopback()).await;
        let target = Target::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
        let pool =
            egress(loopback(), &lane.clock, Arc::default()).pool(target, 1).within(connect_ms, exchange_ms);
        let exchange = tokio::spawn(async move { pool.exchange(&request("{}")).await });
        let accepted = listener.accept().await.unwrap();
        lane.clock.advance_ms(ends_ms - 1);
        lane.settle().await;
        assert!(!exchange.is_finished(), "{connect_ms:?} {exchange_ms:?}");
        lane.clock.advance_ms(1);
        assert_eq!(exchange.await.unwrap().result, Err(Failure::Timeout { phase: Phase::Connect }));
        drop(accepted);
    }
}

#[tokio::test]
async fn a_deadline_shorter_than_the_connect_time_out_wins() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lane = Lane::with(loopback()).await;
    let config = EgressConfig { exchange_deadline_ms: 100, ..loopback() };
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let pool = egress(config, &lane.clock, Arc::default()).pool(Target::parse(&url).unwrap(), 1);
    let exchange = tokio::spawn(async move { pool.exchange(&request("{}")).await });
    let accepted = listener.accept().await.unwrap();
    lane.clock.advance_ms(100);
    assert_eq!(exchange.await.unwrap().result, Err(Failure::Timeout { phase: Phase::Connect }));
    drop(accepted);
}

#[tokio::test]
async fn a_connection_that_ends_too_early_is_its_own_failure() {
    let body = || Reply::status(200).body("0123456789");
    for (reply, phase) in [
        (Reply::close(), Phase::Head),
        (Reply::reset(), Phase::Head),
        (body().close_mid_head(), Phase::Head),
        (body().close_mid_body(), Phase::Body),
        (Reply::status(200).chunked(["0123456789"]).close_mid_body(), Phase::Body),
    ] {
        let lane = Lane::replying([reply.clone(), Reply::status(200)]).await;
        let exchange = lane.post().await;
        assert_eq!(exchange.result, Err(Failure::Closed { phase }), "{reply:?}");
        // A fresh connection is not retried: who knows what the receiver has done.
        assert_eq!(lane.receiver.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_reused_connection_that_ends_in_the_middle_of_an_answer_is_not_retried() {
    let lane = Lane::replying([Reply::status(200), Reply::status(200).close_mid_head()]).await;
    lane.status().await;
    let exchange = lane.post().await;
    assert_eq!((exchange.result, exchange.reused), (Err(Failure::Closed { phase: Phase::Head }), true));
    assert_eq!(lane.receiver.requests().len(), 2);
}

#[tokio::test]
async fn what_is_no_http_is_a_protocol_failure() {
    for (wire, expected) in [
        ("SSH-2.0-OpenSSH_9.9\r\n", ProtocolError::Head(httparse::Error::Version)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", ProtocolError::ContentLength),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", ProtocolError::Chunked),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", ProtocolError::Status(101)),
    ] {
        let lane = Lane::replying([Reply::raw(wire)]).await;
        assert_eq!(lane.post().await.result, Err(Failure::Protocol(expected)), "{wire}");
        assert_eq!(lane.pool.idle(), 0);
    }
}

#[tokio::test]
async fn a_closed_port_is_a_connect_failure_and_the_next_address_is_tried() {
    let lane = Lane::replying([Reply::status(200)]).await;
    let port = lane.receiver.address().port();
    let target = Target::parse(&format!("http://receiver.test:{port}/")).unwrap();
    // Nobody listens on 127.0.0.2.
    let both = ScriptedResolver::answering(&[&["127.0.0.2", "127.0.0.1"]]);
    let exchange =
        egress(loopback(), &lane.clock, both).pool(target.clone(), 1).exchange(&request("{}")).await;
    assert_eq!((exchange.result.unwrap().status, exchange.remote), (200, Some([127, 0, 0, 1].into())));

    let closed = ScriptedResolver::answering(&[&["127.0.0.2"]]);
    let exchange = egress(loopback(), &lane.clock, closed).pool(target, 1).exchange(&request("{}")).await;
    let failure = exchange.result.unwrap_err();
    assert!(matches!(failure, Failure::Connect { address, .. } if address.to_string() == "127.0.0.2"));
    assert!(failure.to_string().starts_with("cannot connect to 127.0.0.2: "), "{failure}");
}

#[tokio::test]
async fn an_unknown_name_is_a_dns_failure() {
    let lane = Lane::with(loopback()).await;
    for resolver in [Arc::<ScriptedResolver>::default(), ScriptedResolver::answering(&[&[]])] {
        let egress = egress(loopback(), &lane.clock, resolver);
        // Not known yet, perhaps: that is no reason to refuse the endpoint.
        let target = egress.check("https://unknown.test/").await.unwrap();
        let failure = egress.pool(target, 1).exchange(&request("{}")).await.result.unwrap_err();
        assert!(matches!(&failure, Failure::Dns { host, .. } if host == "unknown.test"), "{failure}");
    }
}
