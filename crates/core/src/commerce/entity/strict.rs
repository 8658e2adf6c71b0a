//! JSON values as they are read into entities: an object must be written as one.
//!
//! Derived structs would take a list for an object, its items for the fields in their order; here it is refused, in words
//! for people instead of those of Rust.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

/// A value that is read strictly.
#[derive(Clone, Copy)]
pub(super) struct Strict<'a>(pub(super) &'a Value);

impl<'de> IntoDeserializer<'de, Error> for Strict<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Strict<'de> {
    fn is_not(self, expected: &str) -> Error {
        let given = match self.0 {
            Value::Null => "null".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
            Value::String(text) => format!("the text `{}`", text.chars().take(40).collect::<String>()),
            value => format!("`{value}`"),
        };
        Error::custom(format!("{given} is not {expected}"))
    }

    fn object<V: Visitor<'de>>(self, visitor: V, expected: &str) -> Result<V::Value, Error> {
        let Value::Object(fields) = self.0 else { return Err(self.is_not(expected)) };
        visitor.visit_map(MapDeserializer::new(
            fields.iter().map(|(name, value)| (name.as_str(), Strict(value))),
        ))
    }
}

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Strict))),
            Value::Object(_) => self.object(visitor, "an object"),
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let expected = match name {
            // What many write as a bare number.
            "Money" => r#"money: write it as in `{"amount": "12.50", "currency": "EUR"}`"#,
            _ => "an object",
        };
        self.object(visitor, expected)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_unit() } else { self.object(visitor, "an object") }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_array() { self.deserialize_any(visitor) } else { Err(self.is_not("a list")) }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_string() {
            self.deserialize_any(visitor)
        } else {
            Err(self.is_not("text: write it in quotes"))
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_boolean() {
            self.deserialize_any(visitor)
        } else {
            Err(self.is_not("`true` or `false`"))
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_i64() { self.deserialize_any(visitor) } else { Err(self.is_not("a whole number")) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char str bytes byte_buf unit unit_struct tuple tuple_struct
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::commerce::EntityKind;
    use crate::commerce::entity::Entity;

    fn read(json: serde_json::Value) -> Result<Entity, String> {
        let serde_json::Value::Object(object) = json else { panic!("no object: {json}") };
        Entity::read(EntityKind::Order, object).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_of_another_type_is_told_in_words_for_people() {
        for (json, told) in [
            (json!({"line_items": [["1", "185"]]}), "order at `line_items[0]`: a list is not an object"),
            (json!({"line_items": {"0": {}}}), "order at `line_items`: an object is not a list"),
            (
                json!({"total": 12.5}),
                r#"order at `total`: `12.5` is not money: write it as in `{"amount": "12.50", "currency": "EUR"}`"#,
            ),
            (json!({"status": 5}), "order at `status`: `5` is not text: write it in quotes"),
            (json!({"archived": "yes"}), "order at `archived`: the text `yes` is not `true` or `false`"),
            (json!({"id": null}), "order at `id`: null is not text: write it in quotes"),
            (json!({"extra": []}), "order at `extra`: a list is not an object"),
        ] {
            assert_eq!(read(json).expect_err("wrong"), told);
        }
    }

    #[test]
    fn fields_that_are_null_are_absent_and_extra_is_kept_as_it_came() {
        let order = read(json!({"id": "1", "status": null, "extra": {"a": [[1.50, null, {"b": {}}]]}}))
            .expect("an order");
        let json = serde_json::to_string(&order).expect("json");
        assert_eq!(json, r#"{"id":"1","extra":{"a":[[1.5,null,{"b":{}}]]}}"#);
    }
}
