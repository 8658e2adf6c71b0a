//! What the client makes of answers, and when it uses a connection again.

use shopwire_engine::egress::{EgressConfig, Failure, Phase, ProtocolError};
use shopwire_testkit::Reply;

use crate::egress::{Lane, loopback, request};

#[tokio::test]
async fn every_framing_is_read_and_only_clear_ends_keep_the_connection() {
    for (reply, body, kept) in [
        (Reply::status(200).body("whole"), "whole", true),
        (Reply::status(200).chunked(["in ", "chunks"]), "in chunks", true),
        (Reply::status(200).until_close("to the end"), "to the end", false),
        (Reply::status(200).header("Connection", "close").body("last"), "last", false),
        (Reply::raw("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold"), "old", false),
        (Reply::raw("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n"), "", true),
        (Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokrest"), "ok", false),
        (
            Reply::raw(
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            ),
            "a",
            false,
        ),
        (Reply::raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"), "1", true),
        (Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n"), "", true),
    ] {
        let lane = Lane::replying([reply.clone(), Reply::status(200)]).await;
        let response = lane.post().await.result.unwrap();
        assert_eq!(
            (response.body_start.as_ref(), response.body_truncated),
            (body.as_bytes(), false),
            "{reply:?}"
        );
        assert_eq!(lane.status().await, (200, kept), "{reply:?}");
    }
}

#[tokio::test]
async fn an_answer_that_comes_byte_by_byte_is_read() {
    let lane = Lane::replying([Reply::status(200).header("X-A", "b").chunked(["ab", "c"]).drip(1)]).await;
    let exchange = lane.start(request("{}"));
    for _ in 0..500 {
        lane.receiver.tick();
    }
    let response = exchange.await.unwrap().result.unwrap();
    assert_eq!((response.headers.get("x-a"), response.body_start.as_ref()), (Some("b"), &b"abc"[..]));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = Lane::replying([Reply::status(200)]).await;
    let to = elsewhere.receiver.url("/");
    for status in [301, 303, 307, 308, 302] {
        let reply =
            if status == 302 { Reply::redirect(&to) } else { Reply::status(status).header("Location", &to) };
        let lane = Lane::replying([reply]).await;
        let response = lane.post().await.result.unwrap();
        assert_eq!((response.status, response.headers.get("location")), (status, Some(to.as_str())));
    }
    assert_eq!(elsewhere.receiver.connections(), 0);
}

#[tokio::test]
async fn a_long_body_is_cut_and_drained_within_limits() {
    let lane = Lane::replying([Reply::flood(100_000), Reply::status(200)]).await;
    let response = lane.post().await.result.unwrap();
    assert_eq!((response.body_start.len(), response.body_truncated), (16 * 1024, true));
    assert_eq!(lane.status().await, (200, true));
}

#[tokio::test]
async fn a_flood_costs_the_connection_and_no_memory() {
    let endless = Reply::status(200).until_close(vec![b'x'; 8 << 20]);
    let chunks = Reply::status(200).chunked(vec![vec![b'x'; 1000]; 8000]);
    for reply in [Reply::flood(64 << 20), endless, chunks] {
        let lane = Lane::replying([reply]).await;
        let response = lane.post().await.result.unwrap();
        assert_eq!((response.status, response.body_start.len()), (200, 16 * 1024));
        assert!(response.body_truncated);
        assert_eq!(lane.pool.idle(), 0);
        lane.receiver.wait_for_closed(1).await;
    }
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let config = EgressConfig { response_head_bytes_max: 4096, ..loopback() };
    let lane = Lane::with(config).await;
    let head = format!("HTTP/1.1 200 OK\r\nX-Long: {}", "x".repeat(1 << 20));
    lane.receiver.set_replies([Reply::raw(head)]);
    let failure = lane.post().await.result.unwrap_err();
    assert_eq!(failure, Failure::Protocol(ProtocolError::HeadTooLarge { bytes_max: 4096 }));
    lane.receiver.wait_for_closed(1).await;
}

#[tokio::test]
async fn an_early_answer_counts_although_the_body_cannot_be_written() {
    for reply in [
        Reply::status(413).body("too large").then_close(),
        Reply::status(413).header("Connection", "close").body("too large").then_close(),
        Reply::status(413).until_close("too large"),
    ] {
        let lane = Lane::replying([Reply::status(200)]).await;
        lane.receiver.set_early(reply);
        let exchange = lane.pool.exchange(&request(vec![b'x'; 5 << 20])).await;
        let response = exchange.result.unwrap();
        assert_eq!((response.status, response.body_start.as_ref()), (413, &b"too large"[..]));
        assert_eq!(lane.pool.idle(), 0);
    }
}

#[tokio::test]
async fn an_early_answer_on_an_open_connection_does_not_wait_for_the_body() {
    let lane = Lane::replying([Reply::status(200)]).await;
    lane.receiver.set_early(Reply::status(401).header("X-Reads", "nothing").drip(1 << 20));
    let exchange = lane.start(request(vec![b'x'; 32 << 20]));
    lane.receiver.wait_for(1).await;
    lane.receiver.tick();
    assert_eq!(exchange.await.unwrap().result.unwrap().status, 401);
    assert_eq!(lane.pool.idle(), 0);
}

#[tokio::test]
async fn an_idle_connection_that_was_closed_is_replaced() {
    // Closed right after the answer: seen before, or while, the second request is sent.
    let lane = Lane::replying([Reply::status(200).then_close(), Reply::status(202)]).await;
    assert_eq!(lane.status().await, (200, false));
    lane.receiver.wait_for_closed(1).await;
    assert_eq!(lane.status().await, (202, false));
    assert_eq!((lane.receiver.requests().len(), lane.receiver.connections()), (2, 2));
}

#[tokio::test]
async fn a_reused_connection_that_ends_without_an_answer_is_retried_once_on_a_fresh_one() {
    for gone in [Reply::close(), Reply::reset()] {
        let lane = Lane::replying([Reply::status(200), gone.clone(), Reply::status(202)]).await;
        assert_eq!(lane.status().await, (200, false));
        assert_eq!(lane.status().await, (202, false));
        let connections: Vec<_> = lane.receiver.requests().iter().map(|r| r.connection).collect();
        assert_eq!(connections, [1, 1, 2]);

        let lane = Lane::replying([Reply::status(200), gone]).await;
        lane.status().await;
        let failure = lane.post().await.result.unwrap_err();
        assert_eq!(failure, Failure::Closed { phase: Phase::Head });
        assert_eq!(lane.receiver.requests().len(), 3);
    }
}

#[tokio::test]
async fn connections_that_were_idle_for_too_long_are_closed() {
    let lane = Lane::replying([Reply::status(200)]).await;
    lane.status().await;
    lane.clock.advance_ms(29_999);
    assert_eq!(lane.status().await, (200, true));
    lane.clock.advance_ms(30_000);
    assert_eq!(lane.status().await, (200, false));
    lane.clock.advance_ms(30_000);
    lane.pool.close_expired();
    assert_eq!(lane.pool.idle(), 0);
    lane.receiver.wait_for_closed(2).await;
}
