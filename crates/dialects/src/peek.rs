//! Finding a few values in a body without building the rest of it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::lenient;

/// The body as one JSON value that was looked through, but not taken apart.
pub(crate) fn body(bytes: &[u8]) -> Result<&RawValue, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// What stands at a JSON pointer. Only keys of objects are followed.
pub(crate) fn at<'a>(raw: &'a RawValue, pointer: &str) -> Option<&'a RawValue> {
    pointer.split('/').skip(1).try_fold(raw, |raw, key| member(raw, &[key]))
}

/// An id: text or a number. `None` for objects, lists and the like, which are not even parsed.
pub(crate) fn id(raw: &RawValue) -> Option<String> {
    lenient::raw_id(raw).map(Cow::into_owned)
}

/// The id at the first of these JSON pointers that leads to one.
pub(crate) fn first_id(raw: &RawValue, pointers: &[&str]) -> Option<String> {
    pointers.iter().find_map(|pointer| id(at(raw, pointer)?))
}

/// The first member of an object that goes by one of these names; what is no object has none.
pub(crate) fn member<'a>(raw: &'a RawValue, keys: &[&str]) -> Option<&'a RawValue> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_str(raw.get());
    // The search ends at the member, which the reader takes for a broken object: only what was found counts.
    drop(reader.deserialize_map(Member { keys, found: &mut found }));
    found
}

/// Looks for one member of an object.
struct Member<'k, 'f, 'de> {
    keys: &'k [&'k str],
    found: &'f mut Option<&'de RawValue>,
}

impl<'de> Visitor<'de> for Member<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(is_it) = entries.next_key_seed(Is(self.keys))? {
            if is_it {
                *self.found = Some(entries.next_value()?);
                return Ok(());
            }
            entries.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Whether a key is one that is looked for.
struct Is<'k>(&'k [&'k str]);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<bool, D::Error> {
        d.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        Ok(self.0.contains(&key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_ids_and_passes_over_the_rest() {
        let bytes = br#" {"big":[[{"id":0}]],"order":{"a\u006e":1,"id":124791144633646482197},"id":"x"} "#;
        let raw = body(bytes).expect("json");
        assert_eq!(first_id(raw, &["/order/id", "/id"]).as_deref(), Some("124791144633646482197"));
        assert_eq!(first_id(raw, &["/order/an"]).as_deref(), Some("1"));
        assert_eq!(
            first_id(raw, &["/product/id", "/order", "/big", "/big/id", "/id/id", "/id"]).as_deref(),
            Some("x")
        );
        assert_eq!(first_id(raw, &["/none"]), None);
        assert_eq!(member(raw, &["none", "id"]).and_then(id).as_deref(), Some("x"));
        assert_eq!(at(raw, "").map(RawValue::get), Some(raw.get()));
    }

    #[test]
    fn refuses_what_is_not_json_and_survives_any_depth() {
        for bad in [&b""[..], b"{", b"{} {}", b"{\"id\":\"\xff\"}"] {
            assert!(body(bad).is_err(), "{bad:?}");
        }
        let deep = format!("{{\"id\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(first_id(body(deep.as_bytes()).expect("json"), &["/id"]), None);
    }
}
