//! The `shopwire` binary.
fn main() {}
