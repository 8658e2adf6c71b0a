//! Sealing: the index of a segment that gets no more records goes from memory into a file.

use std::io::{self, Write as _};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use super::file::{SegmentFile, replace};
use super::index_file::{self, IndexFile};
use super::memory::{self, MemoryIndex};
use super::open_files::OpenFiles;
use super::segments::{Segment, Shared, index_path};

/// Writes the index of a segment and opens it.
pub(super) fn seal(
    file: &Arc<SegmentFile>,
    index: &MemoryIndex,
    files: &Arc<OpenFiles>,
) -> io::Result<Segment> {
    let path = index_path(&file.path);
    let bytes = index_file::encode(index, file.first, file.settled());
    replace(&path, |mut draft| draft.write_all(&bytes))?;
    let index = IndexFile::open(&path, file.first, file.settled(), files)?.map_err(io::Error::other)?;
    Ok(Segment { file: file.at_rest(files), index: Arc::new(index), is_sealed: true })
}

/// How long a segment that could not be sealed waits for the next try.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// A segment to be sealed, with its index.
type Job = (Arc<SegmentFile>, Arc<memory::Shared>);

/// Seals on a thread of its own. Until a segment is sealed, its index in memory answers for it. Dropping waits until all are.
pub(super) struct Sealer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Sealer {
    pub(super) fn start(shared: Arc<Shared>) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new()
            .name("store-sealer".to_owned())
            .spawn(move || work(&shared, &queue))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) fn seal(&self, file: Arc<SegmentFile>, index: Arc<memory::Shared>) {
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send((file, index)).is_ok());
        if !sent {
            tracing::error!("the thread that seals the log's segments is gone; its indexes stay in memory");
        }
    }
}

/// Seals what comes, and tries again now and then what could not be: a full disk has room again some day.
fn work(shared: &Shared, queue: &mpsc::Receiver<Job>) {
    let mut jobs: Vec<Job> = Vec::new();
    loop {
        let next = if jobs.is_empty() {
            queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            queue.recv_timeout(AGAIN_AFTER)
        };
        match next {
            Ok(job) => jobs.push(job),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        jobs.retain(|job| !run(shared, job));
    }
}

/// Seals one segment; answers whether it could.
fn run(shared: &Shared, (file, index): &Job) -> bool {
    let _alone = shared.care();
    let sealed = {
        let index = index.read().unwrap_or_else(PoisonError::into_inner);
        seal(file, &index, &shared.files)
    };
    match sealed {
        Ok(segment) => {
            shared.replace(segment);
            true
        }
        Err(error) => {
            let segment = file.path.display();
            tracing::warn!(%segment, %error, "a segment of the log can't be sealed for now; its index stays in memory");
            false
        }
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        self.jobs.take();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that seals the log's segments ended in a panic");
        }
    }
}
