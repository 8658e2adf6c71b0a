//! How the log is cut.

/// How the log is cut into files.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// About how many bytes a segment gets before the next one is begun; 1 GiB at most. A group of records is never cut.
    pub segment_bytes: u64,
    /// The disk's faults.
    #[cfg(test)]
    pub(crate) broken: Broken,
}

impl LogConfig {
    /// So many files of the log are held open for those who read it, however many there are. The one that is written to, and
    /// those that are being read at a moment, come on top.
    pub const OPEN_FILES_MAX: usize = 32;

    /// Segments of about so many bytes.
    pub fn new(segment_bytes: u64) -> Self {
        Self {
            segment_bytes,
            #[cfg(test)]
            broken: Broken::default(),
        }
    }
}

impl Default for LogConfig {
    /// 128 MiB: about 100 000 events of 1 KiB, which are scanned in well under 0.3 s on opening.
    fn default() -> Self {
        Self::new(128 << 20)
    }
}

/// A disk that tests break: what is set fails until it is cleared.
#[cfg(test)]
#[derive(Debug, Clone, Default)]
pub(crate) struct Broken(std::sync::Arc<std::sync::Mutex<Faults>>);

/// What fails.
#[cfg(test)]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    /// Writes fail as on a full disk, after so many percent of the bytes.
    pub(crate) full_after: Option<usize>,
    /// Syncs fail.
    pub(crate) sync: bool,
    /// Cutting fails.
    pub(crate) cut: bool,
    /// So many records can be overwritten, and syncs of that made; the next one fails.
    pub(crate) overwrites: Option<usize>,
}

#[cfg(test)]
impl Broken {
    pub(crate) fn set(&self, faults: Faults) {
        *self.0.lock().unwrap() = faults;
    }

    pub(super) fn check_write(
        &self,
        write_part: impl FnOnce(usize) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let Some(percent) = self.0.lock().unwrap().full_after else { return Ok(()) };
        write_part(percent)?;
        Err(std::io::ErrorKind::StorageFull.into())
    }

    pub(super) fn check_sync(&self) -> std::io::Result<()> {
        if self.0.lock().unwrap().sync { Err(std::io::Error::other("sync")) } else { Ok(()) }
    }

    pub(super) fn check_cut(&self) -> std::io::Result<()> {
        if self.0.lock().unwrap().cut { Err(std::io::Error::other("cut")) } else { Ok(()) }
    }

    pub(super) fn check_overwrite(&self) -> std::io::Result<()> {
        let mut faults = self.0.lock().unwrap();
        let Some(left) = &mut faults.overwrites else { return Ok(()) };
        *left = left.checked_sub(1).ok_or_else(|| std::io::Error::other("overwriting"))?;
        Ok(())
    }
}
