//! Receive, dispatch, deliver: the engine of Shopwire.

pub mod egress;
mod timer;

pub use timer::{Sleep, Timer};
