//! What a run is to be.

use shopwire_core::{Clock as _, Random};
use shopwire_engine::SystemTimer;

/// The variables that say what a run is to be.
pub(super) const SEED: &str = "SHOPWIRE_CRASH_SEED";
pub(super) const SECONDS: &str = "SHOPWIRE_CRASH_SECONDS";
/// Seconds of a run that nobody asked to be longer.
const SHORT_S: i64 = 12;

/// How long, and with which choices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) seconds: i64,
}

impl Plan {
    /// From `SHOPWIRE_CRASH_SEED` and `SHOPWIRE_CRASH_SECONDS`; by default a seed of its own, and a short run.
    pub(super) fn from_environment() -> Self {
        let seed = variable(SEED).unwrap_or_else(|| SystemTimer.now().as_ms() as u64);
        let seconds = variable(SECONDS).map_or(SHORT_S, |seconds| seconds as i64);
        Self { seed, seconds }
    }

    /// Whether there is time to wait for retries of a platform's schedule, the first of which is 20 to 40 s away.
    pub(super) fn is_long(&self) -> bool {
        self.seconds >= 60
    }
}

#[expect(clippy::disallowed_methods, reason = "how a test is to run is told by whoever runs it")]
fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`, expected a whole number")))
}

/// A random number below `end`.
pub(super) fn below(random: &dyn Random, end: u64) -> u64 {
    random.number() % end
}
