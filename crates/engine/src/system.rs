//! The machine's own clock and randomness: the one place where they come in.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use shopwire_core::{Clock, Random, Timestamp};

use crate::{Sleep, Timer};

/// How long a wait goes on before it looks at the clock again: clocks jump, waits do not.
const LOOK_AGAIN_MS: i64 = 60_000;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTimer;

impl Clock for SystemTimer {
    #[expect(clippy::disallowed_methods, reason = "this is where the present comes in")]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_ms(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Timer for SystemTimer {
    #[expect(clippy::disallowed_methods, reason = "this is where waiting comes in")]
    fn sleep_until(&self, at: Timestamp) -> Sleep {
        let clock = *self;
        Box::pin(async move {
            loop {
                let left_ms = at.since_ms(clock.now());
                if left_ms <= 0 {
                    return;
                }
                let step_ms = u64::try_from(left_ms.min(LOOK_AGAIN_MS)).unwrap_or(0);
                tokio::time::sleep(Duration::from_millis(step_ms)).await;
            }
        })
    }

    #[expect(clippy::disallowed_methods, reason = "this is where measuring comes in")]
    fn monotonic_us(&self) -> u64 {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        u64::try_from(Instant::now().saturating_duration_since(*START).as_micros()).unwrap_or(u64::MAX)
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "this is where chance comes in")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness, or nothing can be signed");
    }
}
