//! The log as a whole.

mod begun;
mod care;
mod damage;
mod ends;
mod faults;
mod model;
mod records;
mod sample;
