//! One delivery, one attempt: rendered, signed, sent, judged.
//!
//! The [`Courier`] has what all lanes share; an [`Address`] is one endpoint as it is sent to, with connections of its own.
//! What comes of an attempt is an [`Outcome`](shopwire_core::delivery::Outcome), never an error: whatever a receiver does
//! is an answer, and our own failures are never booked on it.

mod address;
mod attempt;
mod blocks;
mod courier;
mod erased;
mod hosts;
mod redeliver;
mod speech;
mod test_send;

pub use address::Address;
pub(crate) use address::policy_of;
pub use attempt::Attempted;
pub use courier::Courier;
pub(crate) use courier::{CourierParts, Place, Places};
pub(crate) use erased::Erased;
pub use redeliver::RedeliverError;
