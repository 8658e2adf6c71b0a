//! How platforms write their JSON, where receivers depend on it byte for byte.

pub mod js;
pub mod php;
