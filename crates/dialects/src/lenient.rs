//! Reading what platforms really send: strings where numbers are promised, `null` where nothing is meant.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::json;

/// An id: text or a number, as text. Numbers keep the digits they were written with.
pub fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An [`id`] that is not yet parsed. Borrowed wherever the text holds no escapes.
pub fn raw_id(value: &RawValue) -> Option<Cow<'_, str>> {
    let is_number = value.get().starts_with(|c: char| c == '-' || c.is_ascii_digit());
    if is_number { Some(Cow::Borrowed(value.get())) } else { raw_text(value) }
}

/// Text that is not yet parsed; `None` for anything else and for the empty text.
pub fn raw_text(value: &RawValue) -> Option<Cow<'_, str>> {
    let inner = value.get().strip_prefix('"')?.strip_suffix('"')?;
    let text = match inner.contains('\\') {
        false => Cow::Borrowed(inner),
        true => Cow::Owned(serde_json::from_str(value.get()).ok()?),
    };
    (!text.is_empty()).then_some(text)
}

/// Reads a body that must be a JSON object into its members; the error says why it can't.
pub(crate) fn object<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    // The derived reader would also take a list for the fields in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err("it is not a JSON object".to_owned());
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// How deep JSON inside a string may be nested; what is deeper stays text.
const UNWRAPPED_DEPTH_MAX: usize = 32;

/// JSON that may come as itself or encoded once more inside a string; text that is no JSON stays text.
pub fn unwrapped(value: &Value) -> Value {
    match value {
        // So far it was looked at as text only.
        Value::String(text) if json::check(text.as_bytes(), UNWRAPPED_DEPTH_MAX).is_ok() => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        other => other.clone(),
    }
}

/// An integer that may be written as a number or as its digits in a string.
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(digits) => digits.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_text_whatever_they_came_as() {
        assert_eq!(id(&json!("169")).as_deref(), Some("169"));
        assert_eq!(id(&json!(169)).as_deref(), Some("169"));
        let long: Value = serde_json::from_str("124791144633646482197").expect("json");
        assert_eq!(id(&long).as_deref(), Some("124791144633646482197"));
        for nothing in [json!(null), json!(""), json!({}), json!([1]), json!(true)] {
            assert_eq!(id(&nothing), None, "{nothing}");
        }
    }

    #[test]
    fn unparsed_ids_read_like_parsed_ones() {
        for text in ["169", "-1", "\"169\"", r#""a\/b\u0161""#, "null", "\"\"", "{}", "[1]", "true"] {
            let raw: &RawValue = serde_json::from_str(text).expect("json");
            let parsed: Value = serde_json::from_str(text).expect("json");
            assert_eq!(raw_id(raw).map(Cow::into_owned), id(&parsed), "{text}");
            assert_eq!(raw_text(raw).as_deref(), parsed.as_str().filter(|t| !t.is_empty()), "{text}");
        }
    }

    #[test]
    fn json_inside_strings_is_opened_and_text_is_left() {
        assert_eq!(unwrapped(&json!("[1]")), json!([1]));
        assert_eq!(unwrapped(&json!([1])), json!([1]));
        assert_eq!(unwrapped(&json!("not json")), json!("not json"));
        assert_eq!(integer(&json!("12")), Some(12));
        assert_eq!(integer(&json!("12.5")), None);
    }
}
