//! When a platform sends a topic, beyond its event type: as data.

use serde::Serialize;
use shopwire_core::commerce::Canonical;

/// What must hold for a topic to be sent. Names are canonical fields of the entity.
#[derive(Debug, Serialize)]
pub struct Condition {
    /// Only if one of these fields changed, where the platform lists them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub changed: &'static [&'static str],
    /// Not if nothing but these fields changed.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub ignoring: &'static [&'static str],
    /// Only if the event tells these details: the body is about them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub telling: &'static [&'static str],
    /// Not if a field is one of these words, or was before it changed.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub except: &'static [Except],
}

/// Words of a field with which a topic is not sent.
#[derive(Debug, Serialize)]
pub struct Except {
    /// The field.
    pub field: &'static str,
    /// The words.
    pub is: &'static [&'static str],
}

impl Condition {
    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.changed.is_empty()
            && self.ignoring.is_empty()
            && self.telling.is_empty()
            && self.except.is_empty()
    }

    /// Whether an event that says this fulfils it. Where an event does not tell what changed (most platforms' webhooks
    /// don't), nothing speaks against it.
    pub fn admits(&self, canonical: &Canonical) -> bool {
        self.is_empty()
            || self.telling.iter().all(|detail| canonical.details.contains_key(*detail))
                && self.admits_change(canonical)
                && !self.is_excepted(canonical)
    }

    fn admits_change(&self, canonical: &Canonical) -> bool {
        let changed = || canonical.previous.keys().map(String::as_str);
        if changed().next().is_none() {
            return true;
        }
        let is_listed = self.changed.is_empty() || changed().any(|field| self.changed.contains(&field));
        is_listed && changed().any(|field| !self.ignoring.contains(&field))
    }

    fn is_excepted(&self, canonical: &Canonical) -> bool {
        if self.except.is_empty() {
            return false;
        }
        let object = canonical.object.to_map();
        self.except.iter().any(|Except { field, is }| {
            let words = [object.get(*field), canonical.previous.get(*field)];
            words.into_iter().flatten().filter_map(|word| word.as_str()).any(|word| is.contains(&word))
        })
    }
}

#[cfg(test)]
mod tests {
    use shopwire_core::commerce::entity::Order;

    use super::*;

    fn order(financial_status: &str, changed: &[&str]) -> Canonical {
        let status = Some(financial_status.to_owned());
        let mut canonical = Canonical::of(Order { financial_status: status, ..Order::default() });
        canonical.previous = changed.iter().map(|field| ((*field).to_owned(), "before".into())).collect();
        canonical
    }

    const NONE: Condition = Condition { changed: &[], ignoring: &[], telling: &[], except: &[] };

    #[test]
    fn a_list_of_fields_wants_one_of_them_changed() {
        let condition = Condition { changed: &["note", "tags"], ..NONE };
        assert!(condition.admits(&order("paid", &["email", "tags"])));
        assert!(!condition.admits(&order("paid", &["email"])));
        assert!(condition.admits(&order("paid", &[])), "nothing is known of what changed");
    }

    #[test]
    fn what_is_ignored_counts_only_in_company() {
        let condition = Condition { ignoring: &["addresses"], ..NONE };
        assert!(!condition.admits(&order("paid", &["addresses"])));
        assert!(condition.admits(&order("paid", &["addresses", "email"])));
    }

    #[test]
    fn a_topic_about_a_detail_wants_it_told() {
        let condition = Condition { telling: &["charge_id"], ..NONE };
        assert!(!condition.admits(&order("paid", &["status"])));
        assert!(condition.admits(&order("paid", &["status"]).with("charge_id", "900")));
    }

    #[test]
    fn excepted_words_count_before_and_after() {
        let condition =
            Condition { except: &[Except { field: "financial_status", is: &["paid", "before"] }], ..NONE };
        assert!(!condition.admits(&order("paid", &[])));
        assert!(condition.admits(&order("waiting", &["status"])));
        assert!(!condition.admits(&order("waiting", &["financial_status"])));
    }
}
