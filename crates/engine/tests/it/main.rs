//! The engine from outside: one binary, simulated time, real sockets.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod canonical;
mod capture;
mod capture_bounds;
mod capture_races;
mod care;
mod care_of_log;
mod changing;
mod clock_jumps;
mod cold_lanes;
mod deliveries;
mod disk;
mod egress;
mod egress_answers;
mod egress_failures;
mod egress_faults;
mod egress_guard;
mod egress_tls;
mod isolation;
mod model;
mod outage;
mod outcomes;
mod platforms;
mod receive;
mod replays;
mod replays_bounds;
mod replays_selection;
mod restart;
mod retries;
mod routing;
mod store_faults;
mod story;
mod timers;
mod unreliable;
mod world;

use shopwire_core::{Clock, Timestamp};
use shopwire_engine::{Sleep, Timer};
use shopwire_testkit::SimClock;

/// The test's clock as the engine's timer.
#[derive(Clone)]
struct SimTimer(SimClock);

impl Clock for SimTimer {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Timer for SimTimer {
    fn sleep_until(&self, at: Timestamp) -> Sleep {
        Box::pin(self.0.sleep_until(at))
    }
}
