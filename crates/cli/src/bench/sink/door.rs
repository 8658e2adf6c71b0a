//! Where the sink is reached, and is not while it is shut.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::record::Record;
use super::request::{Path, Request};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A listener that can be closed with all its connections, and opened again at the same address.
pub(super) struct Door {
    address: SocketAddr,
    record: Rc<RefCell<Record>>,
    open: CancellationToken,
}

impl Door {
    /// Opens a door on any free port of loopback.
    pub(super) async fn open(record: Rc<RefCell<Record>>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("the sink can't listen")?;
        let address = listener.local_addr()?;
        let door = Self { address, record, open: CancellationToken::new() };
        door.listen(listener);
        Ok(door)
    }

    /// Where it is.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on whoever connects is refused, and whoever is connected is cut off.
    pub(super) fn shut(&self) {
        self.open.cancel();
    }

    /// Opens again.
    pub(super) async fn reopen(&mut self) -> anyhow::Result<()> {
        let listener = TcpListener::bind(self.address).await;
        let listener =
            listener.with_context(|| format!("the sink can't listen on {} again", self.address))?;
        self.open = CancellationToken::new();
        self.listen(listener);
        Ok(())
    }

    fn listen(&self, listener: TcpListener) {
        let (open, record) = (self.open.clone(), Rc::clone(&self.record));
        tokio::task::spawn_local(async move {
            loop {
                let accepted = tokio::select! {
                    () = open.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                // Who is gone before it is accepted is no loss; it connects again.
                let Ok((stream, _)) = accepted else { continue };
                let (open, record) = (open.clone(), Rc::clone(&record));
                tokio::task::spawn_local(async move {
                    tokio::select! {
                        () = open.cancelled() => {}
                        // A connection that breaks is the sender's to mend.
                        ended = serve(stream, &record) => drop(ended),
                    }
                });
            }
        });
    }
}

/// Answers every request of a connection.
async fn serve(mut stream: TcpStream, record: &RefCell<Record>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 << 10);
    let mut answers = Vec::new();
    while stream.read_buf(&mut buffer).await? > 0 {
        let mut read = 0;
        while let Some(request) = Request::first(&buffer[read..]) {
            read += request.bytes;
            match request.path {
                Path::Endpoint(endpoint) => {
                    record.borrow_mut().note(endpoint, request.body);
                    answers.extend_from_slice(ANSWER);
                }
                Path::Hang => return hold(stream).await,
            }
        }
        buffer.drain(..read);
        if !answers.is_empty() {
            stream.write_all(&answers).await?;
            answers.clear();
        }
    }
    Ok(())
}

/// Keeps a connection until the other side gives it up.
async fn hold(mut stream: TcpStream) -> std::io::Result<()> {
    let mut unread = [0; 1024];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}
