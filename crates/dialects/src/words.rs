//! A platform's words for states against the canonical ones, as data.

use std::borrow::Cow;

use shopwire_core::commerce::words::{fulfillment, order};

/// A table of (canonical word, the platform's word). Going out, the first line with the canonical word counts; coming in,
/// the first line with the platform's. So a line further down can say how a foreign word is put without disturbing how
/// the platform's own is read. Words that stand in no line are passed on as they are.
#[derive(Debug, Clone, Copy)]
pub struct Words(pub &'static [(&'static str, &'static str)]);

impl Words {
    /// The canonical word for a platform's.
    pub fn ours<'w>(&self, theirs: &'w str) -> &'w str {
        self.0.iter().find(|(_, word)| *word == theirs).map_or(theirs, |(ours, _)| ours)
    }

    /// The platform's word for a canonical one.
    pub fn theirs<'w>(&self, ours: &'w str) -> &'w str {
        self.0.iter().find(|(word, _)| *word == ours).map_or(ours, |(_, theirs)| theirs)
    }
}

/// The words of one state on a platform that writes them in capitals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vocabulary {
    /// The words there are.
    pub(crate) words: Words,
    /// What a shop's own word is put as; `None` where nobody documents which words there are: it is put in capitals.
    pub(crate) other: Option<&'static str>,
}

impl Vocabulary {
    /// The canonical word.
    pub(crate) fn ours<'w>(&self, theirs: &'w str) -> &'w str {
        self.words.ours(theirs)
    }

    /// The platform's word. One that is spelled as its words are (`CUSTOM_PAYMENT_STATUS_1`) is one of them.
    pub(crate) fn theirs<'w>(&self, ours: &'w str) -> Cow<'w, str> {
        let word = self.words.theirs(ours);
        let is_theirs = word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        match self.other {
            _ if is_theirs && !word.is_empty() => word.into(),
            Some(other) => other.into(),
            None => word.to_ascii_uppercase().into(),
        }
    }
}

/// What an order's status says of its fulfilment and what its fulfilment says of its status, as (status, fulfilment): some
/// platforms know but one of the two. The first line with a word counts.
const STANDING: Words = Words(&[
    (order::PENDING, fulfillment::WAITING),
    (order::IN_PROGRESS, fulfillment::PROCESSING),
    (order::PARTIALLY_SHIPPED, fulfillment::PARTIALLY_SHIPPED),
    (order::SHIPPED, fulfillment::SHIPPED),
    (order::DELIVERED, fulfillment::FINISHED),
    (order::CANCELLED, fulfillment::CANCELLED),
    (order::AWAITING_PICKUP, fulfillment::READY_FOR_PICKUP),
    (order::DISPATCHED, fulfillment::OUT_FOR_DELIVERY),
    (order::SHIPPED, fulfillment::PARTIALLY_FINISHED),
]);

/// How far an order of this status has come, where nothing else tells.
pub(crate) fn fulfillment_of(status: &str) -> Option<&'static str> {
    STANDING.0.iter().find(|(word, _)| *word == status).map(|(_, fulfillment)| *fulfillment)
}

/// The status of an order that has come so far, where nothing else tells.
pub(crate) fn status_of(fulfillment: &str) -> Option<&'static str> {
    STANDING.0.iter().find(|(_, word)| *word == fulfillment).map(|(status, _)| *status)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: Words =
        Words(&[("shipped", "SHIPPED"), ("delivered", "DELIVERED"), ("finished", "DELIVERED")]);

    #[test]
    fn every_word_of_the_platform_comes_back_as_itself() {
        for theirs in ["SHIPPED", "DELIVERED", "SOMETHING_NEW"] {
            assert_eq!(STATES.theirs(STATES.ours(theirs)), theirs);
        }
        assert_eq!((STATES.theirs("finished"), STATES.ours("DELIVERED")), ("DELIVERED", "delivered"));
    }
}
