//! What the operating system allows.

use shopwire_core::Limits;
use shopwire_store::LogConfig;

use super::Check;

/// Whether as many connections as are allowed can be open at once.
#[cfg(unix)]
pub(super) fn open_files(limits: &Limits) -> Check {
    let allowed = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    judge(allowed, wanted(limits))
}

#[cfg(not(unix))]
pub(super) fn open_files(_: &Limits) -> Check {
    Check::ok("open files", "not limited on this system")
}

/// What the database, listeners and the runtime have open, a file of the log for each reader, and some to spare.
#[cfg(unix)]
const OTHERS: usize = 96;

/// Connections in both directions, the files of the log, however many there are, and the others.
#[cfg(unix)]
fn wanted(limits: &Limits) -> u64 {
    let connections = limits.connections_max.saturating_add(limits.in_flight_max);
    let wanted = connections.saturating_add(LogConfig::OPEN_FILES_MAX).saturating_add(OTHERS);
    u64::try_from(wanted).unwrap_or(u64::MAX)
}

#[cfg(unix)]
fn judge(allowed: Option<u64>, wanted: u64) -> Check {
    const NAME: &str = "open files";
    match allowed {
        None => Check::ok(NAME, "not limited"),
        Some(allowed) if allowed >= wanted => {
            Check::ok(NAME, format!("{allowed} allowed, {wanted} needed at most"))
        }
        Some(allowed) => Check::warning(
            NAME,
            format!(
                "{allowed} allowed, but `limits.connections_max` and `limits.in_flight_max` can need {wanted}"
            ),
            format!(
                "run `ulimit -n {wanted}` before (systemd: `LimitNOFILE={wanted}`), or lower these limits"
            ),
        ),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn too_few_files_are_a_warning_that_names_how_many_are_needed() {
        assert_eq!(judge(None, 10).level, Level::Ok);
        assert_eq!(judge(Some(10), 10).level, Level::Ok);
        let check = judge(Some(9), 10);
        assert_eq!(check.level, Level::Warning);
        assert!(check.cure.is_some_and(|cure| cure.contains("ulimit -n 10")));
    }
}
