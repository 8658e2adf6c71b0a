//! A clock that all processes of a bench share, and waits that are exact.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Microseconds on the machine's monotonic clock: the same moment is the same number in every process.
pub(super) fn now_us() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds * 1_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000
}

/// Seconds between two moments; never quite zero, so that one can divide by it.
pub(super) fn seconds_between(from_us: u64, to_us: u64) -> f64 {
    to_us.saturating_sub(from_us).max(1) as f64 / 1e6
}

/// Sleeps on this thread until the clock shows `at_us`. The runtime's timers are exact to a millisecond only, which at a
/// hundred requests a second would be most of what is measured.
#[expect(clippy::disallowed_methods, reason = "this is where the load's steps are paced")]
pub(super) fn sleep_until(at_us: u64) {
    loop {
        let left_us = at_us.saturating_sub(now_us());
        if left_us == 0 {
            return;
        }
        std::thread::sleep(Duration::from_micros(left_us));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_and_nobody_is_woken_early() {
        let before = now_us();
        sleep_until(before + 300);
        assert!(now_us() >= before + 300);
        assert!(seconds_between(5, 5) > 0.0);
    }
}
