//! How many deliveries in flight a receiver can take.
//!
//! The window starts as wide as it may be, so that a healthy receiver is never held back. It halves when the receiver
//! shows that it has too much to do (time-outs, 429, 503, 504), narrows by a quarter when its answers become much
//! slower than they used to be, and widens by one for every window's worth of successes. What was in flight when it narrowed
//! says nothing about the narrower window, and is not heard.

/// Answers faster than this are no sign of trouble, whatever they used to be.
const SLOW_US: u64 = 500_000;
/// How many times slower than usual answers must have become.
const SLOWER: u64 = 4;

/// What an attempt says about how much the receiver can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// It took the delivery, in so many microseconds.
    Took {
        /// How long it took.
        latency_us: u64,
    },
    /// It has too much to do.
    TooMuch,
    /// Nothing.
    Unknown,
}

/// The window of one endpoint.
#[derive(Debug, Clone)]
pub struct Window {
    max: usize,
    size: usize,
    /// Successes since it last changed.
    took: usize,
    /// Attempts that were in flight when it narrowed, and are not back yet.
    unheard: usize,
    /// How long answers take over the long run, and of late; 0 before the first.
    usual_us: u64,
    lately_us: u64,
}

impl Window {
    /// As wide as it may be.
    pub const fn new(max: usize) -> Self {
        Self { max, size: max, took: 0, unheard: 0, usual_us: 0, lately_us: 0 }
    }

    /// Deliveries that may be in flight: at least one.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Another maximum: one that is raised is believed, as the first was.
    pub fn resize(&mut self, max: usize) {
        if max > self.max {
            self.size = max;
        }
        self.max = max;
        self.size = self.size.min(max);
    }

    /// An attempt has come back; `in_flight` more are under way. Answers whether the window narrowed.
    pub fn note(&mut self, load: Load, in_flight: usize) -> bool {
        let is_heard = self.unheard == 0;
        self.unheard = self.unheard.saturating_sub(1).min(in_flight);
        match load {
            Load::Unknown => false,
            Load::TooMuch => is_heard && self.narrow(self.size / 2, in_flight),
            Load::Took { latency_us } => {
                self.learn(latency_us);
                if is_heard && self.is_slowing() {
                    // What is slow now is the new usual: it narrows once, and again only if it gets slower still.
                    self.usual_us = self.lately_us;
                    return self.narrow(self.size * 3 / 4, in_flight);
                }
                self.widen();
                false
            }
        }
    }

    fn narrow(&mut self, size: usize, in_flight: usize) -> bool {
        let former = self.size;
        self.size = size.max(1);
        (self.took, self.unheard) = (0, in_flight);
        self.size < former
    }

    fn widen(&mut self) {
        self.took += 1;
        if self.took >= self.size && self.size < self.max {
            self.size += 1;
            self.took = 0;
        }
    }

    fn learn(&mut self, latency_us: u64) {
        let towards = |from: u64, share: u64| {
            if from == 0 { latency_us } else { from - from / share + latency_us / share }
        };
        self.usual_us = towards(self.usual_us, 64);
        self.lately_us = towards(self.lately_us, 8);
    }

    const fn is_slowing(&self) -> bool {
        self.lately_us >= SLOW_US && self.lately_us >= self.usual_us.saturating_mul(SLOWER)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FAST: Load = Load::Took { latency_us: 100 };

    /// A receiver that takes `capacity` at a time and answers 503 to all beyond: where the window settles, over so many rounds.
    fn settled(capacity: usize, max: usize, rounds: usize) -> Vec<usize> {
        let mut window = Window::new(max);
        (0..rounds)
            .map(|_| {
                let sent = window.size();
                for back in 0..sent {
                    let load = if back < capacity { FAST } else { Load::TooMuch };
                    window.note(load, sent - back - 1);
                }
                sent
            })
            .collect()
    }

    #[test]
    fn it_finds_what_a_receiver_takes_and_stays_about_there() {
        let sizes = settled(10, 64, 200);
        assert_eq!(sizes[0], 64);
        assert!(sizes[8..].iter().all(|size| (5..=11).contains(size)), "{sizes:?}");
        let average = sizes[8..].iter().sum::<usize>() as f64 / (sizes.len() - 8) as f64;
        assert!(average > 7.0, "{average}: three quarters of what it takes, as the halving of windows gives");
    }

    #[test]
    fn a_batch_of_time_outs_halves_it_once() {
        let mut window = Window::new(16);
        let narrowed = (0..16).rev().filter(|left| window.note(Load::TooMuch, *left)).count();
        assert_eq!((narrowed, window.size()), (1, 8));
        assert!((0..8).rev().any(|left| window.note(Load::TooMuch, left)));
        assert_eq!(window.size(), 4);
    }

    #[test]
    fn answers_that_become_slow_narrow_it_and_slow_ones_from_the_start_do_not() {
        let mut window = Window::new(16);
        let took = |latency_ms: u64| Load::Took { latency_us: latency_ms * 1_000 };
        (0..100).for_each(|_| assert!(!window.note(took(20), 0)));
        assert!((0..50).any(|_| window.note(took(2_000), 0)), "a hundred times slower");
        let mut window = Window::new(16);
        assert!((0..500).all(|_| !window.note(took(5_000), 15)));
        assert_eq!(window.size(), 16);
    }

    #[test]
    fn a_raised_maximum_is_tried_and_a_lowered_one_kept() {
        let mut window = Window::new(16);
        window.resize(4);
        assert_eq!(window.size(), 4);
        window.resize(32);
        assert_eq!(window.size(), 32);
    }

    fn load() -> impl Strategy<Value = Load> {
        prop_oneof![
            (1u64..20_000_000).prop_map(|latency_us| Load::Took { latency_us }),
            Just(Load::TooMuch),
            Just(Load::Unknown),
        ]
    }

    proptest! {
        #[test]
        fn it_stays_between_one_and_its_maximum_and_opens_again_on_success(
            max in 1usize..64,
            loads in proptest::collection::vec((load(), 0usize..64), 0..300),
        ) {
            let mut window = Window::new(max);
            for (load, in_flight) in loads {
                window.note(load, in_flight);
                prop_assert!((1..=max).contains(&window.size()));
            }
            // From one to `max` takes 1 + 2 + … + (max - 1) successes at most.
            for _ in 0..max * max {
                window.note(FAST, 0);
            }
            prop_assert_eq!(window.size(), max);
        }

        /// Loopback, a good line, a bad one: as long as answers come in half a second, nothing is held back.
        #[test]
        fn a_receiver_that_is_quick_is_never_held_back(
            latencies in proptest::collection::vec(1u64..SLOW_US, 1..500),
        ) {
            let mut window = Window::new(16);
            for latency_us in latencies {
                let narrowed = window.note(Load::Took { latency_us }, 15);
                prop_assert!(!narrowed);
            }
            prop_assert_eq!(window.size(), 16);
        }
    }
}
