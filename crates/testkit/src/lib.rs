//! Simulated time, scripted receivers and fixtures for Shopwire's tests. Never shipped.
//!
//! Nothing in here waits on the machine's clock: a test moves time by hand ([`SimClock`]) and lets a slow receiver
//! go on by hand ([`ScriptedReceiver::tick`]), so that every test is as fast as the machine and gives the same
//! result each time.

mod clock;
mod random;
mod receiver;

pub use clock::{SimClock, SimSleep};
pub use random::SeededRandom;
pub use receiver::{Received, Reply, ScriptedReceiver};
