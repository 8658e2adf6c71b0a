//! Putting a platform's object together, field by field, in the order of its documentation: the counterpart of
//! [`Fields`](crate::fields::Fields).
//!
//! **Invariants.** Fields stand in the order in which they are put. Every field that is put is there, whether there is
//! anything to say or not: a receiver finds what the documentation promises, with [`Nothing`] in its documented form. What
//! a decoder left in `extra` under the platform's own name (because it has no canonical name, or was not what it should
//! be) comes back at its place, if it has the documented JSON type; what has no place in the documented form stays out.

use serde_json::{Map, Number, Value};
use shopwire_core::commerce::entity::Extra;
use shopwire_core::commerce::{Amount, Money, When};

use crate::fields::says_nothing;

/// What a platform sends where there is nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nothing {
    /// The field is left out.
    Absent,
    /// `null`.
    Null,
    /// A text: `""`, or a word that means nothing in particular.
    Text(&'static str),
    /// `false`.
    False,
    /// A whole number.
    Whole(i64),
    /// `[]`.
    List,
    /// `{}`.
    Object,
}

impl Nothing {
    fn value(self) -> Option<Value> {
        match self {
            Self::Absent => None,
            Self::Null => Some(Value::Null),
            Self::Text(text) => Some(text.into()),
            Self::False => Some(false.into()),
            Self::Whole(number) => Some(number.into()),
            Self::List => Some(Value::Array(Vec::new())),
            Self::Object => Some(Value::Object(Map::new())),
        }
    }
}

/// An object on its way out.
pub(crate) struct Shape<'e> {
    said: Map<String, Value>,
    extra: Option<&'e Extra>,
    /// Whether there is no place for fields that are not there yet.
    is_blank: bool,
}

impl<'e> Shape<'e> {
    /// The shape of something that keeps the platform's own fields in `extra`.
    pub(crate) fn of(extra: &'e Extra) -> Self {
        Self { said: Map::new(), extra: Some(extra), is_blank: false }
    }

    /// The shape of something that has nothing of its own.
    pub(crate) fn plain() -> Self {
        Self { said: Map::new(), extra: None, is_blank: false }
    }

    /// A blank of the whole shape to fill in: every field in its place, with its documented nothing, or what `extra` holds
    /// for it if that has the same type. To what is put from here on, [`Nothing::Absent`] means what the blank says; what the
    /// blank has no place for stays out, unless it is [`set`](Self::set).
    pub(crate) fn filling(blank: &Extra, extra: &'e Extra) -> Self {
        let mut said = blank.clone();
        for (key, nothing) in &mut said {
            if let Some(left) = extra.get(key).filter(|left| nothing.is_null() || is_alike(nothing, left)) {
                *nothing = left.clone();
            }
        }
        Self { said, extra: Some(extra), is_blank: true }
    }

    /// What follows from the rest, where the field says nothing so far.
    pub(crate) fn presume(&mut self, key: &str, value: impl Into<Value>) -> &mut Self {
        let says_nothing = self.said.get(key).map_or(!self.is_blank, says_nothing);
        if says_nothing { self.set(key, value) } else { self }
    }

    /// Encodes what a field holds once more as JSON in a text.
    pub(crate) fn enclose(&mut self, key: &str, encode: impl FnOnce(&Value) -> String) -> &mut Self {
        if let Some(value) = self.said.get_mut(key).filter(|value| !value.is_string()) {
            *value = encode(value).into();
        }
        self
    }

    /// Text; empty text says nothing.
    pub(crate) fn text(&mut self, key: &str, text: Option<&str>, nothing: Nothing) -> &mut Self {
        let text = text.filter(|text| !text.is_empty()).map(Value::from);
        self.put(key, text, Value::is_string, nothing)
    }

    /// Words in one text, each pair with `separator` between.
    pub(crate) fn words(
        &mut self,
        key: &str,
        words: &[String],
        separator: &str,
        nothing: Nothing,
    ) -> &mut Self {
        self.text(key, Some(&words.join(separator)), nothing)
    }

    /// A truth.
    pub(crate) fn flag(&mut self, key: &str, flag: Option<bool>, nothing: Nothing) -> &mut Self {
        self.put(key, flag.map(Value::from), Value::is_boolean, nothing)
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, key: &str, number: Option<i64>, nothing: Nothing) -> &mut Self {
        self.put(key, number.map(Value::from), Value::is_number, nothing)
    }

    /// Money as text with two decimals, or more where it is that exact: `"19.90"`.
    pub(crate) fn money(&mut self, key: &str, money: Option<&Money>, nothing: Nothing) -> &mut Self {
        let text = money.map(|money| two_decimals(money.amount).into());
        self.put(key, text, Value::is_string, nothing)
    }

    /// Money as a number: `19.9`.
    pub(crate) fn money_number(&mut self, key: &str, money: Option<&Money>, nothing: Nothing) -> &mut Self {
        self.number(key, money.map(|money| money.amount), nothing)
    }

    /// An exact decimal as text, digit by digit: `"1.250"`.
    pub(crate) fn amount(&mut self, key: &str, amount: Option<Amount>, nothing: Nothing) -> &mut Self {
        self.put(key, amount.map(|amount| amount.to_string().into()), Value::is_string, nothing)
    }

    /// An exact decimal as a number: `1.25`.
    pub(crate) fn number(&mut self, key: &str, amount: Option<Amount>, nothing: Nothing) -> &mut Self {
        self.put(key, amount.map(number), Value::is_number, nothing)
    }

    /// A time, as it came.
    pub(crate) fn when(&mut self, key: &str, when: Option<&When>, nothing: Nothing) -> &mut Self {
        self.put(key, when.map(|when| when.as_str().into()), Value::is_string, nothing)
    }

    /// An object, put together by `shape`.
    pub(crate) fn object<T: ?Sized>(
        &mut self,
        key: &str,
        part: Option<&T>,
        shape: impl FnOnce(&T) -> Value,
        nothing: Nothing,
    ) -> &mut Self {
        self.put(key, part.map(shape), Value::is_object, nothing)
    }

    /// An object as it is; an empty one says nothing.
    pub(crate) fn map(&mut self, key: &str, map: Option<&Extra>, nothing: Nothing) -> &mut Self {
        let map = map.filter(|map| !map.is_empty()).map(|map| Value::Object(map.clone()));
        self.put(key, map, Value::is_object, nothing)
    }

    /// A list, each item put together by `shape`; an empty one says nothing.
    pub(crate) fn list<T>(
        &mut self,
        key: &str,
        items: &[T],
        shape: impl FnMut(&T) -> Value,
        nothing: Nothing,
    ) -> &mut Self {
        let list = (!items.is_empty()).then(|| items.iter().map(shape).collect());
        self.put(key, list, Value::is_array, nothing)
    }

    /// A field without a canonical name: what `extra` holds under the platform's own, if it `fits` the documented type.
    pub(crate) fn extra(&mut self, key: &str, fits: fn(&Value) -> bool, nothing: Nothing) -> &mut Self {
        self.put(key, None, fits, nothing)
    }

    /// A value that is always there: fixed, or computed from others.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>) -> &mut Self {
        self.said.insert(key.to_owned(), value.into());
        self
    }

    /// The object.
    pub(crate) fn done(&mut self) -> Value {
        Value::Object(std::mem::take(&mut self.said))
    }

    /// Puts what there is to say; failing that, what `extra` holds under the key if it `fits`; failing that, nothing.
    pub(crate) fn put(
        &mut self,
        key: &str,
        value: Option<Value>,
        fits: fn(&Value) -> bool,
        nothing: Nothing,
    ) -> &mut Self {
        let value = value.or_else(|| self.left(key, fits)).or_else(|| nothing.value());
        if let Some(value) = value.filter(|_| !self.is_blank || self.said.contains_key(key)) {
            self.said.insert(key.to_owned(), value);
        }
        self
    }

    fn left(&self, key: &str, fits: fn(&Value) -> bool) -> Option<Value> {
        self.extra?.get(key).filter(|value| fits(value)).cloned()
    }
}

/// Whether two values are of the same JSON type.
fn is_alike(one: &Value, other: &Value) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// Money as most people write it.
pub(crate) fn two_decimals(amount: Amount) -> String {
    let mut decimal = amount.decimal();
    if decimal.scale() < 2 {
        decimal.rescale(2);
    }
    decimal.to_string()
}

/// The same digits as a number.
pub(crate) fn number(amount: Amount) -> Value {
    let number: Option<Number> = serde_json::from_str(&amount.to_string()).ok();
    number.map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn extra(value: Value) -> Extra {
        value.as_object().cloned().expect("an object")
    }

    fn money(amount: &str) -> Option<Money> {
        Some(Money { amount: Amount::parse(amount)?, currency: None })
    }

    fn written(value: &Value) -> String {
        serde_json::to_string(value).expect("json")
    }

    #[test]
    fn every_form_has_its_type_and_its_nothing() {
        let when = When::parse("2025-02-14T00:00:00");
        let (some, none) = (Extra::from_iter([("a".to_owned(), json!(1))]), Extra::new());
        let shape = |is_rich: bool, nothing| {
            let mut s = Shape::plain();
            let words = ["a".to_owned(), "b".to_owned()];
            let amount = Amount::parse("1.250").filter(|_| is_rich);
            s.text("text", is_rich.then_some("x"), nothing)
                .words("words", if is_rich { &words } else { &[] }, ", ", nothing)
                .flag("flag", is_rich.then_some(true), nothing)
                .integer("integer", is_rich.then_some(7), nothing)
                .amount("amount", amount, nothing)
                .number("number", amount, nothing)
                .when("when", when.as_ref().filter(|_| is_rich), nothing)
                .map("map", Some(if is_rich { &some } else { &none }), nothing)
                .object("object", is_rich.then_some(&7), |n| json!({ "n": n }), nothing)
                .list("list", &[1, 2][..if is_rich { 2 } else { 0 }], |n| json!(n), nothing);
            written(&s.done())
        };
        let rich = r#"{"text":"x","words":"a, b","flag":true,"integer":7,"amount":"1.250","number":1.250,"when":"2025-02-14T00:00:00","map":{"a":1},"object":{"n":7},"list":[1,2]}"#;
        assert_eq!(shape(true, Nothing::Null), rich);
        assert_eq!(shape(false, Nothing::Absent), "{}");
        let sparse: Map<String, Value> = serde_json::from_str(&shape(false, Nothing::Null)).expect("json");
        assert_eq!(sparse.len(), 10);
        assert!(sparse.values().all(Value::is_null), "{sparse:?}");
    }

    #[test]
    fn nothing_takes_the_documented_form() {
        let mut s = Shape::plain();
        s.text("t", Some(""), Nothing::Text("")).flag("f", None, Nothing::False);
        s.integer("n", None, Nothing::Whole(1)).list("l", &[(); 0], |()| Value::Null, Nothing::List);
        s.map("o", None, Nothing::Object);
        assert_eq!(written(&s.done()), r#"{"t":"","f":false,"n":1,"l":[],"o":{}}"#);
    }

    #[test]
    fn money_has_two_decimals_or_more() {
        for (amount, text) in
            [("20", "20.00"), ("19.9", "19.90"), ("-0.5", "-0.50"), ("8.625", "8.625"), ("0", "0.00")]
        {
            let mut s = Shape::plain();
            s.money("m", money(amount).as_ref(), Nothing::Null).money_number(
                "n",
                money(amount).as_ref(),
                Nothing::Null,
            );
            assert_eq!(written(&s.done()), format!(r#"{{"m":"{text}","n":{amount}}}"#));
        }
    }

    #[test]
    fn what_was_left_in_extra_comes_back_at_its_place_if_it_fits() {
        let extra = extra(json!({
            "created": "2019-10-01 10:00:00 xxxx", "weight": 1.5, "odd": { "a": 1 }, "foreign": true,
        }));
        let mut s = Shape::of(&extra);
        s.text("odd", None, Nothing::Null).extra("weight", Value::is_number, Nothing::Null);
        s.when("created", None, Nothing::Null);
        s.flag("foreign2", None, Nothing::Absent).set("id", 7);
        let expected = r#"{"odd":null,"weight":1.5,"created":"2019-10-01 10:00:00 xxxx","id":7}"#;
        assert_eq!(written(&s.done()), expected);
    }

    #[test]
    fn a_blank_gives_order_types_and_nothings() {
        let blank = extra(json!({ "a": "", "b": 0, "c": null, "d": {}, "e": [], "f": "" }));
        let left = extra(json!({ "b": 7, "c": [1], "a": 5, "foreign": true, "e": [2] }));
        let mut s = Shape::filling(&blank, &left);
        s.text("f", Some("x"), Nothing::Absent).text("a", None, Nothing::Absent).flag(
            "b",
            None,
            Nothing::Absent,
        );
        s.presume("f", "not needed").presume("a", "presumed").presume("d", json!({ "k": 1 }));
        s.enclose("d", written)
            .enclose("f", written)
            .text("g", Some("no place"), Nothing::Null)
            .presume("h", "none");
        assert_eq!(written(&s.done()), r#"{"a":"presumed","b":7,"c":[1],"d":"{\"k\":1}","e":[2],"f":"x"}"#);
    }

    #[test]
    fn what_is_said_wins_over_what_was_left() {
        let extra = extra(json!({ "name": "old" }));
        assert_eq!(
            written(&Shape::of(&extra).text("name", Some("new"), Nothing::Null).done()),
            r#"{"name":"new"}"#
        );
    }
}
