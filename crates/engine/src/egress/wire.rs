//! One request and its answer on one connection.

use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use shopwire_core::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWrite};

use super::failure::{Failure, Phase};
use super::request::OutRequest;
use super::response::{Limits, Reader, Response};
use super::stream::Stream;
use super::target::Target;

/// How much is read at once.
const READ_BYTES: usize = 8 * 1024;
/// Bodies up to this size are copied behind the head, so that they leave in one write (and one TLS record).
const COPIED_BODY_BYTES_MAX: usize = 16 * 1024;
/// Buffers that grew beyond this are given back when a connection becomes idle.
const IDLE_BUFFER_BYTES_MAX: usize = 16 * 1024;

/// What is known of an exchange even if it never ends.
#[derive(Debug, Default)]
pub(super) struct Trace {
    pub(super) phase: Phase,
    pub(super) remote: Option<IpAddr>,
    pub(super) reused: bool,
    /// Whether any byte of an answer has come.
    pub(super) answered: bool,
}

/// An open connection with its buffers.
pub(super) struct Connection {
    stream: Stream,
    remote: IpAddr,
    out: Vec<u8>,
    input: BytesMut,
    idle_since: Timestamp,
}

impl Connection {
    pub(super) fn new(stream: Stream, remote: IpAddr) -> Self {
        Self { stream, remote, out: Vec::new(), input: BytesMut::new(), idle_since: Timestamp::EPOCH }
    }

    /// Sends the request and reads the answer; also says whether the connection may be used again.
    ///
    /// Both happen at the same time: a receiver may answer, and close, before it has read the whole request (413), and
    /// its answer counts even if our writing fails for it.
    pub(super) async fn exchange(
        &mut self,
        target: &Target,
        request: &OutRequest,
        limits: Limits,
        trace: &mut Trace,
    ) -> Result<(Response, bool), Failure> {
        trace.remote = Some(self.remote);
        let Self { stream, out, input, .. } = self;
        out.clear();
        request.write_head(target, out);
        let copied = request.body().len() <= COPIED_BODY_BYTES_MAX;
        if copied {
            out.extend_from_slice(request.body());
        }
        let mut outgoing = Outgoing::new(out, if copied { &[] } else { request.body() });
        let mut incoming = Incoming { reader: Reader::new(limits), input };
        let reusable = poll_fn(|cx| {
            // Reading first: what has been answered is seen before a write fails.
            let reading = incoming.poll(stream, cx, trace, outgoing.state);
            if reading.is_pending() {
                outgoing.poll(stream, cx);
                trace.phase = match () {
                    () if incoming.reader.in_body() => Phase::Body,
                    () if outgoing.state == Writing::Done => Phase::Head,
                    () => Phase::Write,
                };
            }
            reading
        })
        .await?;
        let reusable = reusable && outgoing.state == Writing::Done;
        let response = incoming.reader.finish().ok_or(Failure::Closed { phase: trace.phase })?;
        Ok((response, reusable))
    }

    /// Makes the connection ready for waiting, from `now` on.
    pub(super) fn rest(&mut self, now: Timestamp) {
        self.idle_since = now;
        if self.out.capacity() > IDLE_BUFFER_BYTES_MAX {
            self.out = Vec::new();
        }
        if self.input.capacity() > IDLE_BUFFER_BYTES_MAX {
            self.input = BytesMut::new();
        }
    }

    /// Since when it has been idle.
    pub(super) fn idle_since(&self) -> Timestamp {
        self.idle_since
    }

    /// Whether an idle connection can be used. Anything there is to read on it, be it the end or bytes that nobody
    /// asked for, makes it useless.
    pub(super) async fn is_usable(&mut self) -> bool {
        let Self { stream, input, .. } = self;
        input.reserve(READ_BYTES);
        poll_fn(|cx| Poll::Ready(pin!(stream.read_buf(input)).poll(cx).is_pending())).await
    }
}

struct Incoming<'a> {
    reader: Reader,
    input: &'a mut BytesMut,
}

impl Incoming<'_> {
    /// Reads until the answer is complete; then says whether the connection may be used again.
    fn poll(
        &mut self,
        stream: &mut Stream,
        cx: &mut Context<'_>,
        trace: &mut Trace,
        writing: Writing,
    ) -> Poll<Result<bool, Failure>> {
        loop {
            self.input.reserve(READ_BYTES);
            let read = ready!(pin!(stream.read_buf(self.input)).poll(cx));
            match read {
                Ok(0) => return Poll::Ready(self.ended(trace)),
                Err(error) => {
                    // Peers that end TLS without saying so; and a reset that we provoked by still writing to one
                    // that had answered and closed.
                    let usual = error.kind() == io::ErrorKind::UnexpectedEof || writing != Writing::Done;
                    let ended =
                        if usual { self.ended(trace) } else { Err(Failure::Closed { phase: trace.phase }) };
                    return Poll::Ready(tls_failure(&error).map_or(ended, Err));
                }
                Ok(_) => trace.answered = true,
            }
            match self.reader.advance(self.input) {
                Ok(None) => {}
                Ok(Some(reusable)) => return Poll::Ready(Ok(reusable)),
                Err(error) => return Poll::Ready(Err(error.into())),
            }
            if self.reader.in_body() {
                trace.phase = Phase::Body;
            }
        }
    }

    fn ended(&self, trace: &Trace) -> Result<bool, Failure> {
        if self.reader.is_complete_at_end() { Ok(false) } else { Err(Failure::Closed { phase: trace.phase }) }
    }
}

fn tls_failure(error: &io::Error) -> Option<Failure> {
    let tls = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(Failure::Tls { detail: tls.to_string() })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    Sending,
    Flushing,
    Done,
    /// The other side takes no more. Not an error yet: it may have answered.
    Broken,
}

struct Outgoing<'a> {
    head: &'a [u8],
    body: &'a [u8],
    state: Writing,
}

impl<'a> Outgoing<'a> {
    fn new(head: &'a [u8], body: &'a [u8]) -> Self {
        Self { head, body, state: Writing::Sending }
    }

    /// Writes what can be written now.
    fn poll(&mut self, stream: &mut Stream, cx: &mut Context<'_>) {
        loop {
            let step = match self.state {
                Writing::Sending => self.send(stream, cx),
                Writing::Flushing => Pin::new(&mut *stream).poll_flush(cx).map_ok(|()| Writing::Done),
                Writing::Done | Writing::Broken => return,
            };
            match step {
                Poll::Ready(Ok(next)) => self.state = next,
                Poll::Ready(Err(_)) => self.state = Writing::Broken,
                Poll::Pending => return,
            }
        }
    }

    fn send(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<Writing>> {
        let stream = Pin::new(stream);
        let written = match (self.head, self.body) {
            ([], []) => return Poll::Ready(Ok(Writing::Flushing)),
            (one, []) | ([], one) => ready!(stream.poll_write(cx, one))?,
            (head, body) => {
                ready!(stream.poll_write_vectored(cx, &[IoSlice::new(head), IoSlice::new(body)]))?
            }
        };
        if written == 0 {
            return Poll::Ready(Ok(Writing::Broken));
        }
        let of_head = written.min(self.head.len());
        self.head = &self.head[of_head..];
        self.body = &self.body[written - of_head..];
        Poll::Ready(Ok(Writing::Sending))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    async fn pair() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let here = TcpStream::connect(address).await.unwrap();
        (Connection::new(Stream::Plain(here), address.ip()), listener.accept().await.unwrap().0)
    }

    async fn wait_until_readable(connection: &Connection) {
        let Stream::Plain(tcp) = &connection.stream else { unreachable!("the pair is in clear") };
        tcp.readable().await.unwrap();
    }

    #[tokio::test]
    async fn an_idle_connection_is_usable_until_anything_comes_on_it() {
        let (mut connection, mut there) = pair().await;
        assert!(connection.is_usable().await);
        there.write_all(b"HTTP/1.1 500 Late\r\n\r\n").await.unwrap();
        wait_until_readable(&connection).await;
        assert!(!connection.is_usable().await);

        let (mut connection, there) = pair().await;
        drop(there);
        wait_until_readable(&connection).await;
        assert!(!connection.is_usable().await);
    }

    #[tokio::test]
    async fn large_buffers_are_not_kept_while_idle() {
        let (mut connection, _there) = pair().await;
        connection.out = Vec::with_capacity(IDLE_BUFFER_BYTES_MAX + 1);
        connection.input = BytesMut::with_capacity(IDLE_BUFFER_BYTES_MAX + 1);
        connection.rest(Timestamp::EPOCH);
        assert_eq!((connection.out.capacity(), connection.input.capacity()), (0, 0));
    }
}
