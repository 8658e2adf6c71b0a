//! Files that are opened when they are read: a log of many segments needs few descriptors.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::LogConfig;

/// The files that were read last.
#[derive(Debug, Default)]
pub(super) struct OpenFiles {
    /// By their handles' numbers, the one read last at the end.
    open: Mutex<Vec<(u64, Arc<File>)>>,
    handles: AtomicU64,
}

impl OpenFiles {
    fn lock(&self) -> MutexGuard<'_, Vec<(u64, Arc<File>)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, number: u64) -> Option<Arc<File>> {
        let mut open = self.lock();
        let place = open.iter().rposition(|(of, _)| *of == number)?;
        open[place..].rotate_left(1);
        open.last().map(|(_, file)| Arc::clone(file))
    }

    fn keep(&self, number: u64, file: &Arc<File>) {
        let mut open = self.lock();
        if open.len() >= LogConfig::OPEN_FILES_MAX {
            open.remove(0);
        }
        open.push((number, Arc::clone(file)));
    }

    fn close(&self, number: u64) {
        self.lock().retain(|(of, _)| *of != number);
    }
}

/// A file of the log.
#[derive(Debug)]
pub(super) enum Handle {
    /// Open as long as the handle is there.
    Held(File),
    /// Opened when it is read.
    OnDemand(OnDemand),
}

/// A file that is opened when it is read.
#[derive(Debug)]
pub(super) struct OnDemand {
    path: PathBuf,
    is_writable: bool,
    number: u64,
    files: Arc<OpenFiles>,
    /// Set once its name is to go.
    held: OnceLock<Arc<File>>,
}

impl Handle {
    /// A file that is there and gets no more bytes.
    pub(super) fn on_demand(path: &Path, is_writable: bool, files: &Arc<OpenFiles>) -> Self {
        let number = files.handles.fetch_add(1, Ordering::Relaxed);
        let files = Arc::clone(files);
        Self::OnDemand(OnDemand { path: path.to_owned(), is_writable, number, files, held: OnceLock::new() })
    }

    /// Does something with the open file.
    pub(super) fn with<T>(&self, act: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        match self {
            Self::Held(file) => act(file),
            Self::OnDemand(file) => act(&*file.open()?),
        }
    }

    /// Keeps the file open from now on, since its name is to go, or to mean another one: who has it reads on.
    pub(super) fn hold(&self) -> io::Result<()> {
        if let Self::OnDemand(on_demand) = self {
            let file = on_demand.open()?;
            on_demand.held.get_or_init(|| file);
            on_demand.files.close(on_demand.number);
        }
        Ok(())
    }
}

impl OnDemand {
    fn open(&self) -> io::Result<Arc<File>> {
        let held = || self.held.get().map(Arc::clone);
        if let Some(file) = held().or_else(|| self.files.find(self.number)) {
            return Ok(file);
        }
        let opened = OpenOptions::new().read(true).write(self.is_writable).open(&self.path);
        // What stood under its name a moment ago may be gone, or another file.
        if let Some(file) = held() {
            return Ok(file);
        }
        let file = Arc::new(opened?);
        self.files.keep(self.number, &file);
        Ok(file)
    }
}

impl Drop for OnDemand {
    fn drop(&mut self) {
        self.files.close(self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    const OPEN_MAX: usize = LogConfig::OPEN_FILES_MAX;

    fn text(handle: &Handle) -> String {
        let mut text = String::new();
        handle.with(|mut file| file.read_to_string(&mut text)).unwrap();
        text
    }

    #[test]
    fn the_files_read_last_stay_open_and_no_more() {
        let (place, files) = (tempfile::tempdir().unwrap(), Arc::default());
        let handles: Vec<Handle> = (0..=OPEN_MAX)
            .map(|n| {
                let path = place.path().join(n.to_string());
                std::fs::write(&path, n.to_string()).unwrap();
                Handle::on_demand(&path, false, &files)
            })
            .collect();
        for (n, handle) in handles.iter().enumerate() {
            assert_eq!(text(handle), n.to_string());
            // Read again and again, it is never the one that goes.
            text(&handles[0]);
        }
        let open: Vec<u64> = files.lock().iter().map(|(number, _)| *number).collect();
        assert_eq!((open.len(), open.last()), (OPEN_MAX, Some(&0)));
        assert!(!open.contains(&1));
        drop(handles);
        assert!(files.lock().is_empty());
    }

    #[test]
    fn a_file_that_is_held_is_read_on_when_another_one_has_its_name() {
        let (place, files) = (tempfile::tempdir().unwrap(), Arc::default());
        let path = place.path().join("file");
        std::fs::write(&path, "old").unwrap();
        let [held, other] = [(); 2].map(|()| Handle::on_demand(&path, false, &files));
        held.hold().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(other.with(|_| Ok(())).is_err());
        std::fs::write(&path, "new").unwrap();
        assert_eq!((text(&held), text(&other)), ("old".to_owned(), "new".to_owned()));
        assert_eq!(files.lock().len(), 1, "what is held is not counted among them");
    }
}
