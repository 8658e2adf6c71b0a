//! The check of JSON from strangers agrees with a parser that builds it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use shopwire_dialects::json;

const DEPTH_MAX: usize = 20;

fuzz_target!(|input: &[u8]| {
    let parsed = serde_json::from_slice::<Value>(input);
    match json::check(input, DEPTH_MAX) {
        Ok(()) => {
            let value = parsed.expect("what is accepted can be parsed");
            assert!(depth(&value) <= DEPTH_MAX);
            drop(shopwire_dialects::lenient::id(&value));
            drop(shopwire_dialects::lenient::unwrapped(&value));
        }
        Err(error) => assert!(error.to_string().len() < 500, "{error}"),
    }
});

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
