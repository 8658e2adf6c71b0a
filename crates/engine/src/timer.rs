//! Waiting, as a parameter.

use std::future::Future;
use std::pin::Pin;

use shopwire_core::{Clock, Timestamp};

/// A wait that ends at a moment.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A clock one can also wait on. The product waits on the machine's clock; tests move theirs by hand.
pub trait Timer: Clock {
    /// Ends when the clock has reached `at`, at once if it already has.
    fn sleep_until(&self, at: Timestamp) -> Sleep;

    /// Microseconds since some fixed moment, never going back: for measuring how long things take.
    fn monotonic_us(&self) -> u64 {
        u64::try_from(self.now().as_ms()).unwrap_or(0).saturating_mul(1000)
    }

    /// Ends `ms` from now.
    fn sleep_ms(&self, ms: u64) -> Sleep {
        self.sleep_until(self.now().plus_ms(i64::try_from(ms).unwrap_or(i64::MAX)))
    }
}
