//! A client as small as can be, so that a test sees what is on the wire.

use std::net::SocketAddr;

use serde_json::Value;
use shopwire_core::Headers;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Bytes of an answer that a test reads at most.
const ANSWER_BYTES_MAX: usize = 8 << 20;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads what a connection that is closed behind it has given.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Headers = lines.filter_map(|line| line.split_once(": ")).collect();
        Self { status, headers, body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem, which must be a whole one of this status and code.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(self.headers.get("content-type"), Some("application/problem+json"), "{problem}");
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"].as_u16(), Some(status), "{problem}");
        assert_eq!(problem["type"], format!("https://shopwire.dev/problems/{code}"));
        assert_eq!(problem["request_id"].as_str(), self.headers.get("x-request-id"), "{problem}");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        problem
    }
}

/// Numbers as tests want them, although they are kept as text.
trait AsU16 {
    fn as_u16(&self) -> Option<u16>;
}

impl AsU16 for Value {
    fn as_u16(&self) -> Option<u16> {
        self.as_u64().and_then(|number| number.try_into().ok())
    }
}

/// The head of a request whose connection is closed behind it.
pub(crate) fn head(method: &str, target: &str, headers: &Headers) -> String {
    let fields = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<String>();
    format!("{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{fields}")
}

/// Sends bytes as they are, and reads until the other side closes.
pub(crate) async fn raw(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    until_closed(&mut stream).await
}

/// What comes until the other side closes. A reset is an end too: whoever closes early may reset.
pub(crate) async fn until_closed(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(1..) = stream.read_buf(&mut bytes).await {
        assert!(bytes.len() <= ANSWER_BYTES_MAX, "an endless answer");
    }
    bytes
}

/// One request, one answer, one connection.
pub(crate) async fn send(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &Headers,
    body: &[u8],
) -> Answer {
    let mut request = head(method, target, headers).into_bytes();
    request.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    request.extend_from_slice(body);
    Answer::parse(&raw(address, &request).await)
}
