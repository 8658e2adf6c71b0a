//! Time that a test moves by hand.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use shopwire_core::{Clock, Timestamp};
use tokio::sync::Notify;

/// A clock that stands still until it is moved. Clones show the same time.
///
/// Whoever sleeps on it wakes when the clock is moved to (or past) the wake-up time, earliest first.
#[derive(Clone)]
pub struct SimClock(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    slept: Notify,
}

struct State {
    now: Timestamp,
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
    next_id: u64,
}

impl SimClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        let state = State { now, sleepers: BTreeMap::new(), next_id: 0 };
        Self(Arc::new(Shared { state: Mutex::new(state), slept: Notify::new() }))
    }

    /// Moves the clock to `now`, in either direction, and wakes whoever waited for it.
    pub fn set(&self, now: Timestamp) {
        let due = {
            let mut state = self.0.lock();
            state.now = now;
            let later = state.sleepers.split_off(&(now, u64::MAX));
            std::mem::replace(&mut state.sleepers, later)
        };
        due.into_values().for_each(Waker::wake);
    }

    /// Moves the clock `ms` on (or back, if negative).
    pub fn advance_ms(&self, ms: i64) {
        self.set(self.now().plus_ms(ms));
    }

    /// Ends when the clock has been moved to `at`; at once if it is already there.
    pub fn sleep_until(&self, at: Timestamp) -> SimSleep {
        SimSleep { clock: self.clone(), at, id: None }
    }

    /// How many are sleeping now.
    pub fn sleepers(&self) -> usize {
        self.0.lock().sleepers.len()
    }

    /// When the next sleeper wants to wake.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.0.lock().sleepers.first_key_value().map(|((at, _), _)| *at)
    }

    /// Ends as soon as somebody sleeps until exactly `at`.
    pub async fn wait_for_sleep_until(&self, at: Timestamp) {
        self.wait_for_sleeps_until(at, 1).await;
    }

    /// Ends as soon as so many sleep until exactly `at`: for those whose spans are the same.
    pub async fn wait_for_sleeps_until(&self, at: Timestamp, count: usize) {
        loop {
            let slept = self.0.slept.notified();
            if self.0.lock().sleepers.keys().filter(|(wake, _)| *wake == at).count() >= count {
                return;
            }
            slept.await;
        }
    }

    /// Ends as soon as at least `count` are sleeping, so that a test knows that the other side has come to rest.
    pub async fn wait_for_sleepers(&self, count: usize) {
        loop {
            // Registered before looking: a sleeper that comes in between is not missed.
            let slept = self.0.slept.notified();
            if self.sleepers() >= count {
                return;
            }
            slept.await;
        }
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.0.lock().now
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wait on a [`SimClock`].
pub struct SimSleep {
    clock: SimClock,
    at: Timestamp,
    id: Option<u64>,
}

impl Future for SimSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let shared = Arc::clone(&self.clock.0);
        let mut state = shared.lock();
        if state.now >= self.at {
            return Poll::Ready(());
        }
        let id = self.id.unwrap_or(state.next_id);
        if self.id.replace(id).is_none() {
            state.next_id += 1;
        }
        state.sleepers.insert((self.at, id), cx.waker().clone());
        drop(state);
        shared.slept.notify_waiters();
        Poll::Pending
    }
}

impl Drop for SimSleep {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.clock.0.lock().sleepers.remove(&(self.at, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_gets_there_and_not_before() {
        let clock = SimClock::at(Timestamp::EPOCH);
        let sleep = tokio::spawn(clock.sleep_until(Timestamp::from_ms(10)));
        clock.wait_for_sleepers(1).await;
        assert_eq!(clock.next_wake(), Some(Timestamp::from_ms(10)));

        clock.advance_ms(9);
        tokio::task::yield_now().await;
        assert!(!sleep.is_finished());

        clock.advance_ms(1);
        sleep.await.unwrap();
        assert_eq!((clock.sleepers(), clock.now()), (0, Timestamp::from_ms(10)));
    }

    #[tokio::test]
    async fn a_dropped_sleeper_is_forgotten_and_a_past_moment_does_not_wait() {
        let clock = SimClock::at(Timestamp::from_ms(100));
        clock.sleep_until(Timestamp::from_ms(100)).await;
        let sleep = tokio::spawn(clock.sleep_until(Timestamp::MAX));
        clock.wait_for_sleepers(1).await;
        sleep.abort();
        assert!(sleep.await.unwrap_err().is_cancelled());
        assert_eq!((clock.sleepers(), clock.next_wake()), (0, None));
    }

    #[tokio::test]
    async fn the_clock_can_go_back() {
        let clock = SimClock::at(Timestamp::from_ms(100));
        clock.set(Timestamp::from_ms(50));
        assert_eq!(clock.now(), Timestamp::from_ms(50));
        let sleep = tokio::spawn(clock.sleep_until(Timestamp::from_ms(60)));
        clock.wait_for_sleepers(1).await;
        clock.set(Timestamp::from_ms(1_000));
        sleep.await.unwrap();
    }
}
