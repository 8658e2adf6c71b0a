//! Any bytes as a receiver's answer: bounded, and the same however they are cut into pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shopwire_engine::egress::EgressConfig;
use shopwire_engine::egress::fuzzing::read_answer;

fuzz_target!(|input: &[u8]| {
    let Some((first, wire)) = input.split_first() else { return };
    // Small bounds, so that they are met.
    let config = EgressConfig {
        response_bytes_max: 64,
        response_head_bytes_max: 512,
        response_drain_bytes_max: 64,
        ..EgressConfig::default()
    };
    let whole = read_answer(wire, wire.len(), &config);
    let pieces = read_answer(wire, usize::from(*first), &config);
    for answer in [&whole, &pieces].into_iter().flatten().flatten() {
        assert!((200..=999).contains(&answer.status), "{answer:?}");
        assert!(answer.body_start.len() <= config.response_bytes_max, "{answer:?}");
    }
    if let (Ok(Some(whole)), Ok(Some(pieces))) = (whole, pieces) {
        assert_eq!((whole.status, &whole.headers), (pieces.status, &pieces.headers));
        if !whole.body_truncated && !pieces.body_truncated {
            assert_eq!(whole.body_start, pieces.body_start);
        }
    }
});
