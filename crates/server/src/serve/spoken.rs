//! What the HTTP library refuses by itself, said in words.
//!
//! A head that can't be read never becomes a request, so the library answers it: with a bare status, and then closes. Here
//! that answer is replaced, on its way out, by the same refusal with a problem as its body. An answer that a service has
//! given is never touched: it is announced before it is written.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::problem::{Code, Problem};

/// Whether a service has given an answer of which nothing is written yet. Of one connection.
#[derive(Clone, Default)]
pub(super) struct Announced(Arc<AtomicBool>);

impl Announced {
    /// Notes that the service has given an answer.
    pub(super) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A stream on which no refusal leaves without words.
pub(super) struct Spoken<S> {
    stream: S,
    announced: Announced,
    /// What is still to be written in place of the bare refusal that is being written.
    instead: Option<Bytes>,
}

impl<S: AsyncWrite + Unpin> Spoken<S> {
    pub(super) fn new(stream: S, announced: Announced) -> Self {
        Self { stream, announced, instead: None }
    }

    /// What is to be written instead of these bytes, if anything.
    fn begin(&mut self, bytes: &[u8]) -> bool {
        if self.instead.is_none() && !self.announced.0.load(Ordering::Relaxed) {
            self.instead = bare_refusal(bytes).map(|(status, date)| in_words(status, date));
        }
        self.instead.is_some()
    }

    /// Writes all of what stands in place of `bytes`; then those count as written.
    fn poll_instead(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        while let Some(left) = self.instead.as_mut().filter(|left| !left.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, left))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => left.advance(written),
            }
        }
        self.instead = None;
        Poll::Ready(Ok(bytes.len()))
    }

    /// Passes on what the stream says to a write of an answer.
    fn written(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.announced.0.store(false, Ordering::Relaxed);
        }
        written
    }
}

/// The status and the date, if this is nothing but the head of a refusal as the library writes it: its length of nothing, and that the
/// connection closes.
fn bare_refusal(bytes: &[u8]) -> Option<(StatusCode, &str)> {
    let head = std::str::from_utf8(bytes.strip_suffix(b"\r\n\r\n")?).ok()?;
    let mut lines = head.split("\r\n");
    let (version, rest) = lines.next()?.split_once(' ')?;
    let status: StatusCode = rest.split(' ').next()?.parse().ok()?;
    let (mut is_empty, mut date) = (false, None);
    for line in lines {
        match line.split_once(": ")? {
            ("content-length", "0") => is_empty = true,
            ("date", value) => date = Some(value),
            ("connection", "close") => {}
            _ => return None,
        }
    }
    let is_refusal = version.starts_with("HTTP/1.") && status.is_client_error() && is_empty;
    is_refusal.then_some((status, date?))
}

/// The whole of the refusal. It names no request: none has been read.
fn in_words(status: StatusCode, date: &str) -> Bytes {
    let problem = match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Problem::new(
            Code::HeadTooLarge,
            "the request's head has too many fields, or more bytes than the limit `header_bytes_max`: send less",
        ),
        _ => Problem::new(
            Code::MalformedRequest,
            "this is no request of HTTP/1.1: look at its first line and its header fields (is it TLS?)",
        ),
    };
    let (status, body) = (problem.status(), problem.body(None));
    let (code, reason, length) = (status.as_u16(), status.canonical_reason().unwrap_or_default(), body.len());
    let head = [
        format!("HTTP/1.1 {code} {reason}"),
        "content-type: application/problem+json".to_owned(),
        format!("content-length: {length}"),
        "connection: close".to_owned(),
        format!("date: {date}"),
    ];
    let mut answer = format!("{}\r\n\r\n", head.join("\r\n")).into_bytes();
    answer.extend_from_slice(&body);
    answer.into()
}

impl<S: AsyncRead + Unpin> AsyncRead for Spoken<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Spoken<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.begin(bytes) {
            return self.poll_instead(cx, bytes);
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = pieces.first().map_or(&[][..], |piece| piece);
        if self.begin(first) {
            return self.poll_instead(cx, first);
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_library_says_by_itself_is_a_bare_refusal() {
        let own = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        assert_eq!(bare_refusal(own.as_bytes()), Some((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "x")));
        for other in [
            "",
            "\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\ndate: x\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ndate: x\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\ndate: x\r\n\r\n{}",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: x\r\nx-request-id: req_1\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: x\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n",
            "x HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: x\r\n\r\n",
        ] {
            assert_eq!(bare_refusal(other.as_bytes()), None, "{other}");
        }
    }
}
