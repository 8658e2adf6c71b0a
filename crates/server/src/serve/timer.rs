//! The engine's timer as the HTTP library wants it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use shopwire_engine::{Sleep, Timer};

/// Our timer as the HTTP library wants it. It asks for "now" only to add a span to it, so its now stands still and
/// a deadline's distance from it is the span.
pub(super) struct HyperTimer {
    timer: Arc<dyn Timer>,
    origin: Instant,
}

impl HyperTimer {
    #[expect(
        clippy::disallowed_methods,
        reason = "an opaque point to count from; the time that passes is the timer's"
    )]
    pub(super) fn new(timer: Arc<dyn Timer>) -> Self {
        Self { timer, origin: Instant::now() }
    }
}

impl hyper::rt::Timer for HyperTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Box::pin(SharedSleep::new(self.timer.sleep_ms(ms)))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.origin))
    }

    fn now(&self) -> Instant {
        self.origin
    }
}

/// A wait that can be shared among threads, as the HTTP library asks of it. The lock is never taken: it only says so.
pub(super) struct SharedSleep(Mutex<Sleep>);

impl SharedSleep {
    pub(super) fn new(sleep: Sleep) -> Self {
        Self(Mutex::new(sleep))
    }
}

impl Future for SharedSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        sleep.as_mut().poll(cx)
    }
}

impl hyper::rt::Sleep for SharedSleep {}
