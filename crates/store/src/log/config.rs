//! How the log is cut.

/// How the log is cut into files.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// About how many bytes a segment gets before the next one is begun. A group of records is never cut.
    pub segment_bytes: u64,
}

impl Default for LogConfig {
    /// 128 MiB: about 100 000 events of 1 KiB, which are scanned in well under 0.3 s on opening.
    fn default() -> Self {
        Self { segment_bytes: 128 << 20 }
    }
}
