//! HTTP header fields as they stand on the wire: order and letter case kept, names compared without case.

use serde::{Deserialize, Serialize};

/// Header fields in their order, with the case they were given in. Values are text; bytes that are not
/// UTF-8 are replaced when a request is read, since no dialect uses any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// No fields.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a field behind the others.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Adds a field and gives the fields back, for building in one expression.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.push(name, value);
        self
    }

    /// The value of the first field of this name, in any letter case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The values of all fields of this name, in any letter case.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(n, v)| (n.into(), v.into())).collect())
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
}
