//! Where the stores of a bench are, each in a directory of its own, until the bench ends.

use std::path::{Path, PathBuf};

use shopwire_core::Random as _;
use shopwire_dialects::mac;
use shopwire_engine::SystemRandom;

/// A directory that is gone with this.
pub(in super::super) struct Workshop {
    directory: PathBuf,
    made: std::cell::Cell<u32>,
}

impl Workshop {
    /// In this directory.
    pub(in super::super) fn within(directory: &Path) -> Self {
        let mut unique = [0; 6];
        SystemRandom.fill(&mut unique);
        let directory = directory.join(format!("shopwire-bench-{}", mac::hex(&unique)));
        Self { directory, made: std::cell::Cell::new(0) }
    }

    /// A place for another store; the former ones are gone. One at a time, since some are large.
    pub(in super::super) fn next(&self) -> PathBuf {
        self.clear();
        self.made.set(self.made.get() + 1);
        self.directory.join(self.made.get().to_string())
    }

    fn clear(&self) {
        // What can't be removed is in the way of nobody; the system's own cleaner finds it.
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        self.clear();
    }
}
