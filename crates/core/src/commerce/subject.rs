//! What an event is about.

use std::fmt;
use std::str::FromStr;

use super::EntityKind;

/// The thing an event is about: `order/169`. Kinds of native topics that the event map does not know (`channel/12`)
/// are kept under the platform's own name. Ordering by subject compares the whole text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    text: String,
    slash: usize,
}

/// Text that is not a subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a subject: expected a kind and an id, as in `order/169`")]
pub struct SubjectError(String);

impl Subject {
    /// A subject of a known kind.
    pub fn new(kind: EntityKind, id: impl fmt::Display) -> Self {
        Self::native(kind.as_str(), id)
    }

    /// A subject whose kind may be a platform's own. A slash in `kind` would be read as its end, so none may be there.
    pub fn native(kind: &str, id: impl fmt::Display) -> Self {
        debug_assert!(!kind.contains('/'), "a kind holds no slash: {kind}");
        Self { text: format!("{kind}/{id}"), slash: kind.len() }
    }

    /// The kind's name.
    pub fn kind_name(&self) -> &str {
        &self.text[..self.slash]
    }

    /// The kind, if it is one of the event map's.
    pub fn kind(&self) -> Option<EntityKind> {
        self.kind_name().parse().ok()
    }

    /// The id: everything behind the first slash.
    pub fn id(&self) -> &str {
        &self.text[self.slash + 1..]
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        match text.find('/') {
            Some(slash) if slash > 0 => Ok(Self { text: text.to_owned(), slash }),
            _ => Err(SubjectError(text.chars().take(80).collect())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_whatever_the_id_holds() {
        for (kind, id) in
            [("order", "169"), ("cart", "a/b/c"), ("channel", ""), ("product", "žluťoučký 'kůň'")]
        {
            let subject = Subject::native(kind, id);
            let read: Subject = subject.to_string().parse().expect("a subject");
            assert_eq!((read.kind_name(), read.id()), (kind, id));
            assert_eq!(read, subject);
        }
        assert_eq!("order/1".parse::<Subject>().expect("a subject").kind(), Some(EntityKind::Order));
        assert_eq!("channel/1".parse::<Subject>().expect("a subject").kind(), None);
    }

    #[test]
    fn refuses_text_without_a_kind() {
        for wrong in ["", "order", "/169"] {
            assert!(wrong.parse::<Subject>().is_err(), "{wrong}");
        }
    }
}
