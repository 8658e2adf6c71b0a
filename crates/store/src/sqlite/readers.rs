//! The readers: a few threads, each with a connection that can't write.
//!
//! In write-ahead mode readers see the last commit and never make the writer wait. Whoever wants to read waits for a
//! permit, so that the queue is bounded.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use super::connection;
use super::fault::closed;
use crate::StoreError;

/// Reads that may be queued; more wait before they are.
const READS_WAITING_MAX: usize = 256;

type Read = Box<dyn FnOnce(&Connection) + Send>;

/// The callers' side of the readers.
pub(super) struct Readers {
    open: Mutex<Option<Open>>,
    permits: Semaphore,
}

struct Open {
    queue: Sender<Read>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts `count` threads.
    pub(super) fn start(file: &Path, count: usize) -> Result<Self, StoreError> {
        let (queue, reads) = channel();
        let reads = Arc::new(Mutex::new(reads));
        let mut threads = Vec::with_capacity(count);
        for number in 0..count {
            let db = connection::reading(file)?;
            let reads = Arc::clone(&reads);
            let thread = std::thread::Builder::new()
                .name(format!("store-reader-{number}"))
                .spawn(move || run(&db, &reads))
                .map_err(|error| StoreError::Unavailable(format!("no thread for a reader: {error}")))?;
            threads.push(thread);
        }
        let open = Mutex::new(Some(Open { queue, threads }));
        Ok(Self { open, permits: Semaphore::new(READS_WAITING_MAX) })
    }

    /// Runs `read` on one of the connections.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _permit = self.permits.acquire().await.map_err(|_| closed())?;
        let (reply, answer) = oneshot::channel();
        self.send(Box::new(move |db| {
            // Whoever hung up meanwhile needs no answer, and nobody else waits for one that nobody reads.
            if !reply.is_closed() {
                reply.send(read(db)).ok();
            }
        }))?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    fn send(&self, read: Read) -> Result<(), StoreError> {
        match &*self.open.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(open) => open.queue.send(read).map_err(|_| closed()),
            None => Err(closed()),
        }
    }

    /// Takes no further read; the threads end when they have answered those that are queued.
    pub(super) fn end(&self) -> Vec<JoinHandle<()>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        open.map(|open| open.threads).unwrap_or_default()
    }
}

fn run(db: &Connection, reads: &Mutex<Receiver<Read>>) {
    loop {
        // One waits at the queue, the others for their turn to wait there.
        let next = reads.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(read) => read(db),
            Err(_) => return,
        }
    }
}
