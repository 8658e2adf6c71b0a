//! What a figure was measured on.

use std::path::Path;

use serde_json::{Value, json};

/// A machine's facts; what it does not tell is unknown.
pub(super) struct Machine {
    cpu: String,
    cores: usize,
    memory_mb: f64,
    kernel: String,
    filesystem: String,
}

const UNKNOWN: &str = "unknown";

impl Machine {
    /// This machine, with stores in this directory.
    pub(super) fn here(directory: &Path) -> Self {
        let kernel = |part: &str| std::fs::read_to_string(format!("/proc/sys/kernel/{part}")).ok();
        let kernel = [kernel("ostype"), kernel("osrelease")].into_iter().flatten();
        let kernel: Vec<_> = kernel.map(|part| part.trim().to_owned()).collect();
        Self {
            cpu: fact("/proc/cpuinfo", "model name").unwrap_or_else(|| UNKNOWN.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mb: fact("/proc/meminfo", "MemTotal").and_then(|kib| kilobytes(&kib)).unwrap_or(0.0) / 1e3,
            kernel: if kernel.is_empty() { UNKNOWN.to_owned() } else { kernel.join(" ") },
            filesystem: filesystem(directory).unwrap_or_else(|| UNKNOWN.to_owned()),
        }
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "cpu": self.cpu,
            "cores": self.cores,
            "memory_mb": self.memory_mb.round(),
            "kernel": self.kernel,
            "filesystem": self.filesystem,
        })
    }

    /// For people.
    pub(super) fn line(&self) -> String {
        let Self { cpu, cores, kernel, filesystem, .. } = self;
        format!("{cores} cores ({cpu}), {kernel}, {filesystem}, loopback")
    }
}

/// The value of a line `name: value` of a file.
fn fact(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(known, _)| known.trim() == name).map(|(_, value)| value.trim().to_owned())
}

/// `1000 kB` (of 1,024 bytes) in kilobytes.
fn kilobytes(text: &str) -> Option<f64> {
    let kib: f64 = text.strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1.024)
}

/// The type of the file system that a directory is on: that of the longest mount point above it.
fn filesystem(directory: &Path) -> Option<String> {
    let directory = directory.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let above = mounts.filter(|(point, _)| directory.starts_with(point));
    above.max_by_key(|(point, _)| point.len()).map(|(_, kind)| kind.to_owned())
}
