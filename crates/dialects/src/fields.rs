//! Taking a platform's object apart, field by field, without ever failing.
//!
//! **Invariant.** Every field is either taken, and then it is what it should be, or it stays and is found in
//! [`Fields::rest`]. A value that says nothing (`null`, `""`, `[]`, `{}`) is passed over when it is asked for.

use serde_json::{Map, Value};
use shopwire_core::commerce::entity::{Bare, Extra, Image};
use shopwire_core::commerce::{Amount, Currency, Money, When};

use crate::lenient;

/// The fields of an object that were not taken yet, and the currency its money is in.
pub(crate) struct Fields {
    fields: Map<String, Value>,
    currency: Option<Currency>,
}

impl Fields {
    /// All fields of an object.
    pub(crate) fn of(fields: Map<String, Value>) -> Self {
        Self { fields, currency: None }
    }

    /// The currency of all money from here on that names no other.
    pub(crate) fn set_currency(&mut self, currency: Option<Currency>) {
        self.currency = currency;
    }

    /// A value that is still there.
    pub(crate) fn peek(&self, pointer: &[&str]) -> Option<&Value> {
        let (first, others) = pointer.split_first()?;
        others.iter().try_fold(self.fields.get(*first)?, |value, key| value.get(key))
    }

    /// Text.
    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        self.take(key, |value| value.as_str().map(str::to_owned))
    }

    /// Text that `fits`; other text stays.
    pub(crate) fn text_where(&mut self, key: &str, fits: impl FnOnce(&str) -> bool) -> Option<String> {
        self.take(key, |value| value.as_str().filter(|text| fits(text)).map(str::to_owned))
    }

    /// An id, or another name that some write as a number.
    pub(crate) fn id(&mut self, key: &str) -> Option<String> {
        self.take(key, lenient::id)
    }

    /// The id of an entity; one that lacks it is kept all the same.
    pub(crate) fn entity_id(&mut self) -> String {
        self.id("id").unwrap_or_else(|| "unknown".to_owned())
    }

    /// A truth.
    pub(crate) fn flag(&mut self, key: &str) -> Option<bool> {
        self.take(key, Value::as_bool)
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, key: &str) -> Option<i64> {
        self.take(key, lenient::integer)
    }

    /// An exact decimal, as a number or as text.
    pub(crate) fn amount(&mut self, key: &str) -> Option<Amount> {
        self.take(key, amount)
    }

    /// Money: a decimal with its own currency behind it (`12.34 USD`), or in the currency of all.
    pub(crate) fn money(&mut self, key: &str) -> Option<Money> {
        let usual = self.currency.clone();
        self.take(key, |value| money(value, usual))
    }

    /// A currency's code.
    pub(crate) fn currency(&mut self, key: &str) -> Option<Currency> {
        self.take(key, |value| value.as_str()?.parse().ok())
    }

    /// A time.
    pub(crate) fn when(&mut self, key: &str) -> Option<When> {
        self.take(key, |value| When::parse(value.as_str()?))
    }

    /// Words, as a list or in one text with separators.
    pub(crate) fn words(&mut self, key: &str, separator: char) -> Vec<String> {
        let words: Option<Vec<String>> = self.take(key, |value| match value {
            Value::String(text) => Some(text.split(separator).map(str::to_owned).collect()),
            Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            _ => None,
        });
        let clean = |word: String| Some(word.trim().to_owned()).filter(|word| !word.is_empty());
        words.unwrap_or_default().into_iter().filter_map(clean).collect()
    }

    /// A picture: an object, or only its address.
    pub(crate) fn image(&mut self, key: &str, read: impl FnOnce(Self) -> Image) -> Option<Image> {
        match self.text(key) {
            Some(url) => Some(Image { url: Some(url), ..Image::default() }),
            None => self.object(key, read),
        }
    }

    /// An object, read by `read`.
    pub(crate) fn object<T>(&mut self, key: &str, read: impl FnOnce(Self) -> T) -> Option<T> {
        let currency = self.currency.clone();
        self.map(key).map(|fields| read(Self { fields, currency }))
    }

    /// An object as it is.
    pub(crate) fn map(&mut self, key: &str) -> Option<Extra> {
        self.pass_over_nothing(key);
        match self.fields.get_mut(key)? {
            Value::Object(fields) => {
                let fields = std::mem::take(fields);
                self.fields.shift_remove(key);
                Some(fields)
            }
            _ => None,
        }
    }

    /// A list of objects, each read by `read`. A list with anything else in it stays.
    pub(crate) fn list<T>(&mut self, key: &str, read: impl Fn(Self) -> T) -> Vec<T> {
        let currency = self.currency.clone();
        let items = self.list_of(key, Value::is_object).into_iter().filter_map(|item| match item {
            Value::Object(fields) => Some(fields),
            _ => None,
        });
        items.map(|fields| read(Self { fields, currency: currency.clone() })).collect()
    }

    /// A list of texts. A list with anything else in it stays.
    pub(crate) fn texts(&mut self, key: &str) -> Vec<String> {
        let texts = self.list_of(key, Value::is_string).into_iter().filter_map(|item| match item {
            Value::String(text) => Some(text),
            _ => None,
        });
        texts.collect()
    }

    /// A list all of whose items fit.
    fn list_of(&mut self, key: &str, fits: fn(&Value) -> bool) -> Vec<Value> {
        self.pass_over_nothing(key);
        match self.fields.get_mut(key) {
            Some(Value::Array(items)) if items.iter().all(fits) => {
                let items = std::mem::take(items);
                self.fields.shift_remove(key);
                items
            }
            _ => Vec::new(),
        }
    }

    /// Takes the fields out of the object at `key` that wraps them. What stood beside it stays, unless it is in there too.
    pub(crate) fn lift(&mut self, key: &str) {
        if let Some(inner) = self.map(key) {
            let beside = std::mem::replace(&mut self.fields, inner);
            for (key, value) in beside {
                self.fields.entry(key).or_insert(value);
            }
        }
    }

    /// Opens JSON that was encoded once more inside a text; what is none stays as it is.
    pub(crate) fn open(&mut self, key: &str) {
        if let Some(value) = self.fields.get_mut(key) {
            *value = lenient::unwrapped(value);
        }
    }

    /// Passes over those of these fields that say nothing, so that they are not found in the rest: fields without a
    /// canonical name, which are put back as they were documented whether they said nothing or were not there.
    pub(crate) fn pass_over_empty(&mut self, keys: &[&str]) {
        keys.iter().for_each(|key| self.pass_over_nothing(key));
    }

    /// What nobody asked for, or what was not what it should be.
    pub(crate) fn rest(&mut self) -> Extra {
        std::mem::take(&mut self.fields)
    }

    /// An entity nobody knows more of than its fields. An `id` among them gives way to the subject's: two keys of one name
    /// would be no good JSON.
    pub(crate) fn into_bare(mut self, subject_id: &str) -> Bare {
        self.fields.shift_remove("id");
        Bare { id: subject_id.to_owned(), facts: self.fields }
    }

    fn take<T>(&mut self, key: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        self.pass_over_nothing(key);
        let taken = read(self.fields.get(key)?);
        if taken.is_some() {
            self.fields.shift_remove(key);
        }
        taken
    }

    /// Passes over a value that says no more than is known without it.
    pub(crate) fn pass_over(&mut self, key: &str, known: &Value) {
        if self.fields.get(key) == Some(known) {
            self.fields.shift_remove(key);
        }
    }

    fn pass_over_nothing(&mut self, key: &str) {
        if self.fields.get(key).is_some_and(says_nothing) {
            self.fields.shift_remove(key);
        }
    }
}

/// Whether a value only fills its place.
pub(crate) fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn amount(value: &Value) -> Option<Amount> {
    match value {
        Value::Number(number) => Amount::parse(number.as_str()),
        Value::String(text) => Amount::parse(text),
        _ => None,
    }
}

fn money(value: &Value, usual: Option<Currency>) -> Option<Money> {
    if let Some((number, code)) = value.as_str().and_then(|text| text.trim().rsplit_once(' ')) {
        return Some(Money { amount: Amount::parse(number)?, currency: Some(code.parse().ok()?) });
    }
    Some(Money { amount: amount(value)?, currency: usual })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        match serde_json::from_str(json) {
            Ok(Value::Object(fields)) => Fields::of(fields),
            other => panic!("not an object: {other:?}"),
        }
    }

    fn rest(mut fields: Fields) -> String {
        serde_json::to_string(&fields.rest()).expect("json")
    }

    #[test]
    fn takes_what_fits_and_leaves_what_does_not() {
        let mut f = fields(
            r#"{"id":7,"title":5,"at":"2019-10-01 10:00:00 xxxx","flag":"yes","n":"12","tags":"a, b,,c"}"#,
        );
        assert_eq!(f.id("id").as_deref(), Some("7"));
        assert_eq!((f.text("title"), f.when("at"), f.flag("flag")), (None, None, None));
        assert_eq!(
            (f.integer("n"), f.words("tags", ',')),
            (Some(12), vec!["a".into(), "b".into(), "c".into()])
        );
        assert_eq!(rest(f), r#"{"title":5,"at":"2019-10-01 10:00:00 xxxx","flag":"yes"}"#);
    }

    #[test]
    fn money_comes_in_every_documented_spelling() {
        let mut f =
            fields(r#"{"a":12.340,"b":"12.34","c":"12.34 EUR","d":"111","e":"a lot","f":true,"g":"1 2"}"#);
        f.set_currency("USD".parse().ok());
        let mut shown = |key| {
            f.money(key).map(|m| {
                format!("{} {}", m.amount, m.currency.map_or(String::new(), |c| c.as_str().to_owned()))
            })
        };
        assert_eq!(shown("a").as_deref(), Some("12.340 USD"));
        assert_eq!(shown("b").as_deref(), Some("12.34 USD"));
        assert_eq!(shown("c").as_deref(), Some("12.34 EUR"));
        assert_eq!(shown("d").as_deref(), Some("111 USD"));
        assert_eq!((shown("e"), shown("f"), shown("g")), (None, None, None));
        assert_eq!(rest(f), r#"{"e":"a lot","f":true,"g":"1 2"}"#);
    }

    #[test]
    fn lists_are_taken_whole_or_left_whole() {
        let mut f =
            fields(r#"{"good":[{"id":1},{"id":2}],"bad":[{"id":1},2],"none":[],"null":null,"text":"[]"}"#);
        let ids = |mut item: Fields| item.id("id");
        assert_eq!(f.list("good", ids), [Some("1".to_owned()), Some("2".to_owned())]);
        for key in ["bad", "none", "null", "text", "absent"] {
            assert!(f.list(key, ids).is_empty(), "{key}");
        }
        assert_eq!(rest(f), r#"{"bad":[{"id":1},2],"text":"[]"}"#);
    }

    #[test]
    fn what_says_nothing_is_passed_over_only_where_it_is_asked() {
        let mut f = fields(r#"{"a":null,"b":"","c":[],"d":{},"e":0,"f":false,"g":null}"#);
        f.pass_over_empty(&["a", "b", "c", "d", "e", "f", "absent"]);
        assert_eq!(rest(f), r#"{"e":0,"f":false,"g":null}"#);
    }

    #[test]
    fn opens_json_inside_text_and_takes_pictures_in_both_forms() {
        let mut f =
            fields(r#"{"config":"{\"a\":[1.50]}","note":"{not json","i":"//host/p.jpg","j":{"id":1}}"#);
        f.open("config");
        f.open("note");
        assert_eq!(f.image("i", |_| Image::default()).and_then(|i| i.url).as_deref(), Some("//host/p.jpg"));
        assert_eq!(
            f.image("j", |_| Image { width: Some(4), ..Image::default() }).and_then(|i| i.width),
            Some(4)
        );
        assert_eq!(rest(f), r#"{"config":{"a":[1.50]},"note":"{not json"}"#);
    }
}
