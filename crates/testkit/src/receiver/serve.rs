//! One connection of a receiver, from its first byte to its end.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::reply::Then;
use super::{Received, Reply, Shared};

/// More than any test sends; a request beyond it ends the connection.
const REQUEST_BYTES_MAX: usize = 64 << 20;

/// Serves requests until either side ends the connection.
pub(super) async fn connection(mut stream: TcpStream, number: u64, shared: &Shared) {
    let mut buffer = BytesMut::new();
    // A test decides what a broken connection means; the receiver only stops serving it.
    while let Ok(Some(reply)) = next_reply(&mut stream, &mut buffer, number, shared).await {
        if send(&mut stream, &reply, shared).await.is_err() {
            return;
        }
        match reply.then {
            Then::Continue => {}
            Then::Hang => return drain(&mut stream).await,
            Then::Close => return,
            Then::Reset => return stream.set_zero_linger().expect("a socket takes SO_LINGER"),
        }
    }
}

/// Reads one request, records it, and asks for its reply; `None` when the other side has closed.
async fn next_reply(
    stream: &mut TcpStream,
    buffer: &mut BytesMut,
    number: u64,
    shared: &Shared,
) -> io::Result<Option<Reply>> {
    let (mut received, body_bytes) = loop {
        match Received::parse(buffer, number).map_err(io::Error::other)? {
            Some(parsed) => break parsed,
            None if !more(stream, buffer).await? => return Ok(None),
            None => {}
        }
    };
    buffer.advance(received.head.len());
    let early = shared.lock().early.clone();
    if let Some(reply) = early {
        shared.change(|state| state.requests.push(received));
        return Ok(Some(reply));
    }
    while buffer.len() < body_bytes {
        if !more(stream, buffer).await? {
            return Ok(None);
        }
    }
    received.body = buffer.split_to(body_bytes).freeze();
    Ok(Some(shared.change(|state| {
        let reply = (state.script)(&received);
        state.requests.push(received);
        reply
    })))
}

async fn more(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<bool> {
    if buffer.len() > REQUEST_BYTES_MAX {
        return Err(io::Error::other("the request is too long"));
    }
    Ok(stream.read_buf(buffer).await? > 0)
}

async fn send(stream: &mut TcpStream, reply: &Reply, shared: &Shared) -> io::Result<()> {
    let wire = reply.wire();
    for piece in wire.chunks(reply.piece_bytes.unwrap_or(usize::MAX)) {
        if reply.piece_bytes.is_some() {
            tick(stream, shared).await?;
        }
        stream.write_all(piece).await?;
    }
    let zeros = [0; 16 * 1024];
    let mut left = reply.flood_bytes();
    while left > 0 {
        left -= stream.write(&zeros[..left.min(zeros.len())]).await?;
    }
    Ok(())
}

/// Waits for the test's next tick, or fails when the other side has gone.
async fn tick(stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    tokio::select! {
        permit = shared.ticks.acquire() => {
            permit.expect("the semaphore is never closed").forget();
            Ok(())
        }
        () = drain(stream) => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

/// Reads and forgets until the other side closes.
async fn drain(stream: &mut TcpStream) {
    let mut scratch = [0; 1024];
    while matches!(stream.read(&mut scratch).await, Ok(1..)) {}
}
