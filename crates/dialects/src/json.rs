//! Strict reading of JSON from strangers: no duplicate keys, bounded depth, the whole text.

mod clean;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Why a body is not acceptable JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not UTF-8.
    #[error("the body is not UTF-8 at byte {at}")]
    NotUtf8 {
        /// Offset of the first wrong byte.
        at: usize,
    },
    /// Nested deeper than allowed.
    #[error("the body is nested deeper than {depth_max} levels")]
    TooDeep {
        /// The limit.
        depth_max: usize,
    },
    /// Not JSON, or an object with the same key twice.
    #[error("the body is not acceptable JSON: {0}")]
    Malformed(String),
}

/// Checks that `body` is one JSON value with no duplicate keys, nested at most `depth_max` levels deep (at most 120),
/// without building it in memory.
pub fn check(body: &[u8], depth_max: usize) -> Result<(), JsonError> {
    let text = std::str::from_utf8(body).map_err(|error| JsonError::NotUtf8 { at: error.valid_up_to() })?;
    // serde_json itself stops at 128 levels, so a larger limit could not be kept.
    let depth_max = depth_max.min(120);
    match clean::look_through(text, depth_max) {
        clean::Verdict::Clean => Ok(()),
        clean::Verdict::Reserved => Err(JsonError::Malformed("it has a key that is reserved".to_owned())),
        clean::Verdict::Unsure => read(text, depth_max),
    }
}

/// The same, slower and with the place of what is wrong.
fn read(text: &str, depth_max: usize) -> Result<(), JsonError> {
    let too_deep = Cell::new(false);
    let mut reader = serde_json::Deserializer::from_str(text);
    let scan = Scan { depth_left: depth_max, too_deep: &too_deep };
    match scan.deserialize(&mut reader).and_then(|()| reader.end()) {
        Ok(()) => Ok(()),
        Err(_) if too_deep.get() => Err(JsonError::TooDeep { depth_max }),
        Err(error) => Err(JsonError::Malformed(error.to_string())),
    }
}

/// Walks a value and keeps nothing of it but the keys of the objects it stands in.
#[derive(Clone, Copy)]
struct Scan<'a> {
    depth_left: usize,
    too_deep: &'a Cell<bool>,
}

impl Scan<'_> {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left, ..self }),
            None => {
                self.too_deep.set(true);
                Err(E::custom("nested too deep"))
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Scan<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut keys = Keys::default();
        while let Some(Key(key)) = entries.next_key()? {
            let shown = || key.chars().take(60).collect::<String>();
            if !keys.insert(key.clone()) {
                return Err(de::Error::custom(format_args!("duplicate key `{}`", shown())));
            }
            entries.next_value_seed(inner)?;
        }
        Ok(())
    }
}

/// A key, borrowed from the text unless it holds escapes.
#[derive(PartialEq, Eq, Hash)]
struct Key<'de>(Cow<'de, str>);

impl<'de> de::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct AsKey;
        impl<'de> Visitor<'de> for AsKey {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        d.deserialize_str(AsKey)
    }
}

/// The keys of one object: a list while they are few, a set beyond, so that a hostile object costs no quadratic time.
#[derive(Default)]
struct Keys<'de> {
    few: Vec<Cow<'de, str>>,
    many: std::collections::HashSet<Cow<'de, str>>,
}

impl<'de> Keys<'de> {
    const FEW: usize = 32;

    /// Whether it was not among them.
    fn insert(&mut self, key: Cow<'de, str>) -> bool {
        if self.few.contains(&key) || self.many.contains(&key) {
            return false;
        }
        if self.few.len() < Self::FEW {
            self.few.push(key);
        } else {
            self.many.insert(key);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_the_parser_takes_for_its_own_are_refused() {
        for body in [
            r#"{"$serde_json::private::RawValue":"1"}"#,
            r#"{"a":[{"\u0024serde_json::private::RawValue":"[[[["}]}"#,
            r#"{"$serde_json::private::Number":"1"}"#,
            r#"{"b":1,"$serde_json::private::":{}}"#,
        ] {
            let refused = check(body.as_bytes(), 64).map_err(|error| error.to_string());
            assert_eq!(
                refused,
                Err("the body is not acceptable JSON: it has a key that is reserved".to_owned())
            );
        }
        assert_eq!(check(br#"{"a":"$serde_json::private::RawValue","$serde_json":1.5}"#, 64), Ok(()));
    }

    #[test]
    fn accepts_json() {
        for good in
            ["{}", "[]", "null", r#"{"a":{"b":[1,2.5e300,"x",null,true]},"c":123456789012345678901234}"#]
        {
            assert_eq!(check(good.as_bytes(), 16), Ok(()), "{good}");
        }
        let many = format!("{{{}}}", (0..500).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(","));
        assert_eq!(check(many.as_bytes(), 16), Ok(()));
    }

    #[test]
    fn refuses_what_is_not_one_clean_value() {
        for bad in ["", "{", "{} {}", "{\"a\":1,}", "nul", "\"\u{0}\"", "{\"a\":\0}", "{'a':1}", "[+2]"] {
            assert!(matches!(check(bad.as_bytes(), 16), Err(JsonError::Malformed(_))), "{bad:?}");
        }
        assert_eq!(check(b"{\"a\":\"\xff\"}", 16), Err(JsonError::NotUtf8 { at: 6 }));
    }

    #[test]
    fn refuses_duplicate_keys_at_any_level_and_in_any_spelling() {
        let late = format!(
            "{{{},\"k3\":1}}",
            (0..500).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(",")
        );
        for bad in [r#"{"a":1,"a":2}"#, r#"{"x":[{"a":1,"\u0061":2}]}"#, &late] {
            let error = check(bad.as_bytes(), 16).expect_err(bad).to_string();
            assert!(error.contains("duplicate key"), "{error}");
        }
    }

    #[test]
    fn refuses_depth_without_following_it() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(check(nested(16).as_bytes(), 16), Ok(()));
        assert_eq!(check(nested(17).as_bytes(), 16), Err(JsonError::TooDeep { depth_max: 16 }));
        assert_eq!(check(nested(100_000).as_bytes(), 64), Err(JsonError::TooDeep { depth_max: 64 }));
    }
}
