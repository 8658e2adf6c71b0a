//! HTTP header fields as they stand on the wire: order and letter case kept, names compared without case.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Header fields in their order, with the case they were given in. Values are text; bytes that are not
/// UTF-8 are replaced when a request is read, since no dialect uses any.
///
/// All of them stand in one text: a webhook has ten of them, and an event of the log keeps three.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    text: String,
    /// Where each field's name and value end; they begin where the former ends.
    ends: Vec<(usize, usize)>,
}

impl Headers {
    /// No fields.
    pub const fn new() -> Self {
        Self { text: String::new(), ends: Vec::new() }
    }

    /// No fields, with room for so many of them that have so many bytes together.
    pub fn with_capacity(fields: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(fields) }
    }

    /// Adds a field behind the others.
    pub fn push(&mut self, name: impl AsRef<str>, value: impl AsRef<str>) {
        self.text.push_str(name.as_ref());
        let name_end = self.text.len();
        self.text.push_str(value.as_ref());
        self.ends.push((name_end, self.text.len()));
    }

    /// Adds a field and gives the fields back, for building in one expression.
    #[must_use]
    pub fn with(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.push(name, value);
        self
    }

    /// The value of the first field of this name, in any letter case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    /// The values of all fields of this name, in any letter case.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut begin = 0;
        self.ends.iter().map(move |&(name_end, end)| {
            let field = (&self.text[begin..name_end], &self.text[name_end..end]);
            begin = end;
            field
        })
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Headers")?;
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut headers = Self::new();
        fields.into_iter().for_each(|(name, value)| headers.push(name, value));
        headers
    }
}

/// A list of pairs.
impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<(String, String)>::deserialize(deserializer).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_names_without_case_and_keeps_what_was_given() {
        let headers =
            Headers::new().with("X-Ecwid-Webhook-Signature", "a").with("x-ecwid-webhook-signature", "b");
        assert_eq!(headers.get("x-ECWID-webhook-signature"), Some("a"));
        assert_eq!(headers.get_all("X-Ecwid-Webhook-Signature").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(headers.iter().next(), Some(("X-Ecwid-Webhook-Signature", "a")));
        assert_eq!(headers.get("other"), None);
    }

    #[test]
    fn is_stored_as_a_list_of_pairs_and_tells_fields_apart_by_their_ends() {
        let headers = Headers::new().with("a", "bc").with("", "").with("d", "š");
        let json = serde_json::to_string(&headers).expect("json");
        assert_eq!(json, r#"[["a","bc"],["",""],["d","š"]]"#);
        assert_eq!(serde_json::from_str::<Headers>(&json).expect("what was written"), headers);
        assert_ne!(headers, Headers::new().with("ab", "c").with("", "").with("d", "š"));
        assert_eq!((headers.len(), headers.get("D")), (3, Some("š")));
    }
}
