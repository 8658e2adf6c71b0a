//! Waking the timers' task when something is to be looked at earlier than it thought.

use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use shopwire_core::Timestamp;
use tokio::sync::Notify;

/// Tells the timers' task of timers that are set.
pub(crate) struct Alarm {
    /// Until when the task sleeps: only what is due earlier has to wake it.
    asleep_until_ms: AtomicI64,
    bell: Notify,
}

impl Default for Alarm {
    fn default() -> Self {
        Self { asleep_until_ms: AtomicI64::new(i64::MAX), bell: Notify::new() }
    }
}

impl Alarm {
    /// A timer was committed.
    pub(crate) fn set(&self, at: Option<Timestamp>) {
        if at.is_some_and(|at| at.as_ms() < self.asleep_until_ms.load(SeqCst)) {
            self.bell.notify_one();
        }
    }

    /// From now on every timer rings: the task is about to look which one is the next.
    pub(super) fn listen(&self) {
        self.asleep_until_ms.store(i64::MAX, SeqCst);
    }

    /// The task sleeps until then; without a time, until it rings.
    pub(super) fn sleep_until(&self, next: Option<Timestamp>) {
        self.asleep_until_ms.store(next.map_or(i64::MAX, Timestamp::as_ms), SeqCst);
    }

    /// Nothing rings: the task rests and will look by itself.
    pub(super) fn mute(&self) {
        self.asleep_until_ms.store(i64::MIN, SeqCst);
    }

    /// Ends when it rings, at once if it has since the last time.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }
}
