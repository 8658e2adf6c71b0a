//! Requests that break off: nothing of them is done, and the next one is served.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{ORDERS, World, genuine};

/// How a client goes away.
#[derive(Debug, Clone, Copy)]
enum End {
    /// It closes its side and would still read.
    Closed,
    /// It resets the connection.
    Reset,
}

#[tokio::test]
async fn a_webhook_whose_connection_ends_in_its_body_is_not_taken_and_comes_again() {
    let world = World::new().await;
    for (dialect, topic) in ORDERS {
        let (source, webhook) = (world.source(dialect).await, genuine(dialect, topic, "169", 1));
        let of_dialect = format!("/v1/events?dialect={dialect}");
        for end in [End::Closed, End::Reset] {
            let query = webhook.query.as_ref().map_or(String::new(), |query| format!("?{query}"));
            let mut head = format!("POST /in/{source}{query} HTTP/1.1\r\nHost: test\r\n");
            for (name, value) in webhook.headers.iter() {
                head.extend([name, ": ", value, "\r\n"]);
            }
            head.push_str(&format!("Content-Length: {}\r\n\r\n", webhook.body.len()));
            let mut stream = TcpStream::connect(world.address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&webhook.body[..webhook.body.len() - 1]).await.unwrap();
            match end {
                End::Closed => {
                    stream.shutdown().await.unwrap();
                    let mut answer = Vec::new();
                    while stream.read_buf(&mut answer).await.unwrap() > 0 {}
                    assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
                }
                End::Reset => stream.set_zero_linger().unwrap(),
            }
            drop(stream);
            // Served by the same server, behind it.
            assert!(world.all(&of_dialect, 10).await.is_empty(), "{dialect} {end:?}");
        }
        assert_eq!(world.deliver(&source, &webhook).await.status, 200, "{dialect}");
        assert_eq!(world.all(&of_dialect, 10).await.len(), 1, "{dialect}");
    }
    world.stop().await;
}
