//! JSON Merge Patch (RFC 7396).

use serde_json::{Map, Value};

/// Applies a patch: `null` removes a member, an object is merged into the one that is there, all else replaces.
pub(super) fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => drop(target.shift_remove(&name)),
            Value::Object(patch) => merge_into(target.entry(name).or_insert(Value::Null), patch),
            value => drop(target.insert(name, value)),
        }
    }
}

/// What is no object counts as an empty one, so that no `null` of the patch remains.
fn merge_into(target: &mut Value, patch: Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(target) = target {
        merge(target, patch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of RFC 7396, appendix A, whose both sides are objects.
    #[test]
    fn merges_as_the_rfc_says() {
        for (target, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            (r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
            (r#"{"a":"foo"}"#, r#"{"a":{"b":1.50}}"#, r#"{"a":{"b":1.50}}"#),
        ] {
            let mut merged: Map<String, Value> = serde_json::from_str(target).unwrap();
            merge(&mut merged, serde_json::from_str(patch).unwrap());
            assert_eq!(serde_json::to_string(&merged).unwrap(), result, "{target} {patch}");
        }
    }
}
