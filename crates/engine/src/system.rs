//! The machine's own clock and randomness: the one place where they come in.

use std::cell::RefCell;
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

    /// By the monotonic clock: a span gets no longer because the clock is set back.
    #[expect(clippy::disallowed_methods, reason = "this is where waiting comes in")]
    fn sleep_ms(&self, ms: u64) -> Sleep {
        Box::pin(tokio::time::sleep(Duration::from_millis(ms)))
    }

    #[expect(clippy::disallowed_methods, reason = "this is where measuring comes in")]
    fn monotonic_us(&self) -> u64 {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        u64::try_from(Instant::now().saturating_duration_since(*START).as_micros()).unwrap_or(u64::MAX)
    }
}

/// The operating system's randomness. A few bytes at a time, as ids are made of, are taken from what each thread has
/// fetched ahead, since a system call costs more than they do; whatever is longer, as keys are, comes straight from the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > FEW_BYTES_MAX {
            fetch(bytes);
        } else {
            AHEAD.with_borrow_mut(|ahead| ahead.take(bytes));
        }
    }
}

/// What counts as a few bytes.
const FEW_BYTES_MAX: usize = 16;
/// What is fetched ahead at a time.
const AHEAD_BYTES: usize = 1024;

thread_local! {
    static AHEAD: RefCell<Ahead> = const { RefCell::new(Ahead { bytes: [0; AHEAD_BYTES], left: 0 }) };
}

/// Random bytes that nobody has had yet: the first `left` of them.
struct Ahead {
    bytes: [u8; AHEAD_BYTES],
    left: usize,
}

impl Ahead {
    /// Moves bytes out; nothing stays behind that could be had twice.
    fn take(&mut self, bytes: &mut [u8]) {
        if self.left < bytes.len() {
            fetch(&mut self.bytes);
            self.left = AHEAD_BYTES;
        }
        let taken = self.left - bytes.len()..self.left;
        self.left = taken.start;
        bytes.copy_from_slice(&self.bytes[taken.clone()]);
        self.bytes[taken].fill(0);
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where chance comes in")]
fn fetch(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives randomness, or nothing can be signed");
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nothing_random_is_handed_out_twice() {
        let numbers = |_| (0..3 * AHEAD_BYTES / 8).map(|_| SystemRandom.number()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..2).map(|n| std::thread::spawn(move || numbers(n))).collect();
        let all: Vec<u64> = threads.into_iter().flat_map(|thread| thread.join().expect("numbers")).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        let mut ahead = Ahead { bytes: [7; AHEAD_BYTES], left: AHEAD_BYTES };
        ahead.take(&mut [0; 10]);
        assert_eq!((ahead.left, &ahead.bytes[ahead.left..]), (AHEAD_BYTES - 10, &[0; 10][..]));
    }

    #[test]
    fn every_length_is_filled() {
        for length in 0..64 {
            let mut bytes = vec![0; length + 24];
            let end = bytes.len();
            SystemRandom.fill(&mut bytes[24..]);
            assert!(bytes[..24].iter().all(|byte| *byte == 0));
            // Twelve zeros in a row would be a wonder.
            assert!(bytes[24..end].windows(12).all(|run| run.iter().any(|byte| *byte != 0)), "{length}");
        }
    }
}
