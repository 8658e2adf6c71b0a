//! What a receiver got.

use bytes::Bytes;
use shopwire_core::Headers;

/// One request as it came over the wire.
#[derive(Debug, Clone)]
pub struct Received {
    /// Which connection it came on, counted from 1.
    pub connection: u64,
    /// `POST`.
    pub method: String,
    /// The request target: path and query.
    pub target: String,
    /// The head's bytes exactly as sent, up to and with the empty line.
    pub head: Bytes,
    /// The fields of the head, in order and letter case as sent.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

impl Received {
    /// The value of a header, its name in any letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// The head as text.
    pub fn head_text(&self) -> String {
        String::from_utf8_lossy(&self.head).into_owned()
    }

    /// The request whose head `bytes` starts with, without its body, and the body's length; `None` if more
    /// bytes are needed.
    pub(super) fn parse(bytes: &[u8], connection: u64) -> Result<Option<(Self, usize)>, httparse::Error> {
        let mut fields = [httparse::EMPTY_HEADER; 128];
        let mut request = httparse::Request::new(&mut fields);
        let httparse::Status::Complete(end) = request.parse(bytes)? else {
            return Ok(None);
        };
        let headers: Headers =
            request.headers.iter().map(|h| (h.name, String::from_utf8_lossy(h.value).into_owned())).collect();
        let body_bytes = headers.get("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
        let received = Self {
            connection,
            method: request.method.unwrap_or_default().to_owned(),
            target: request.path.unwrap_or_default().to_owned(),
            head: Bytes::copy_from_slice(&bytes[..end]),
            headers,
            body: Bytes::new(),
        };
        Ok(Some((received, body_bytes)))
    }
}
