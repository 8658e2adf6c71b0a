//! Any bytes on a connection of the real server: an answer for each request, and never a fault of ours.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shopwire_fuzz::SECRET;
use shopwire_fuzz::server::Server;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

fuzz_target!(|input: &[u8]| {
    let wire = SERVER.spelt(input);
    let answer = SERVER.answer(&wire);
    let text = String::from_utf8_lossy(&answer);
    if !answer.is_empty() {
        assert!(text.starts_with("HTTP/1."), "{text}");
    }
    assert!(!text.contains("HTTP/1.1 500 "), "{text}");
    // Unless it was just told.
    assert!(!text.contains(SECRET) || String::from_utf8_lossy(&wire).contains(SECRET), "{text}");
});
