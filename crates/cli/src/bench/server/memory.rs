//! What a process holds in memory, by the word of the kernel.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use shopwire_engine::{SystemTimer, Timer as _};
use tokio::task::JoinHandle;

use super::super::clock::now_us;

/// Milliseconds between two looks.
const LOOK_MS: u64 = 100;

/// Memory of a process, in megabytes (of 1,000,000 bytes).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Memory {
    /// What is in memory now (`VmRSS`).
    pub(in super::super) resident_mb: f64,
    /// The most there ever was (`VmHWM`).
    pub(in super::super) peak_mb: f64,
}

impl Memory {
    /// Of the process with this id.
    pub(in super::super) fn of(process: u32) -> anyhow::Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))
            .context("the memory of a process can be read on Linux only")?;
        Self::read(&status)
    }

    fn read(status: &str) -> anyhow::Result<Self> {
        let megabytes = |name: &str| {
            let kib = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let kib = kib.and_then(|kib| kib.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
            let kib = kib.with_context(|| format!("the kernel does not tell a process's {name}"))?;
            anyhow::Ok(kib * 1024.0 / 1e6)
        };
        Ok(Self { resident_mb: megabytes("VmRSS")?, peak_mb: megabytes("VmHWM")? })
    }
}

/// Looks at a process's memory every tenth of a second.
pub(in super::super) struct Sampler {
    seen: Arc<Mutex<Vec<(u64, f64)>>>,
    looking: JoinHandle<()>,
}

impl Sampler {
    pub(super) fn of(process: u32) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        let looking = tokio::spawn(async move {
            while let Ok(memory) = Memory::of(process) {
                noted.lock().unwrap_or_else(PoisonError::into_inner).push((now_us(), memory.resident_mb));
                SystemTimer.sleep_ms(LOOK_MS).await;
            }
        });
        Self { seen, looking }
    }

    /// Ends, and tells what was seen: when, and how many megabytes.
    pub(in super::super) fn seen(self) -> Vec<(u64, f64)> {
        self.looking.abort();
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_understood() {
        let status = "Name:\tshopwire\nVmHWM:\t   20000 kB\nVmRSS:\t   10000 kB\nThreads:\t4\n";
        assert_eq!(Memory::read(status).unwrap(), Memory { resident_mb: 10.24, peak_mb: 20.48 });
        for wrong in ["", "VmHWM:\t1 kB\n", "VmHWM:\t1 kB\nVmRSS:\tmuch\n"] {
            assert!(Memory::read(wrong).is_err(), "{wrong}");
        }
    }
}
