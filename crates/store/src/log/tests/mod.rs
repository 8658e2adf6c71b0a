//! The log as a whole.

mod care;
mod ends;
mod faults;
mod model;
mod records;
mod sample;
