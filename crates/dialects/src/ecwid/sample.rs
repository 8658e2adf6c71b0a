//! Bodies as Ecwid's documentation shows them (Ecwid docs: webhooks structure, event data in webhooks).

use super::envelope::{Envelope, uuid};
use crate::catalog::Topic;
use crate::{Draft, SampleFacts};

/// A request of this topic, unsigned.
pub(super) fn draft(topic: &Topic, facts: &SampleFacts<'_>) -> Draft {
    let store_id = facts.shop.get("store_id").unwrap_or("1003");
    let mut chance = [0; 16];
    facts.random.fill(&mut chance);
    let envelope = Envelope {
        topic,
        event_id: uuid(chance),
        created_at: facts.now,
        store_id,
        entity_id: facts.subject_id.unwrap_or_else(|| example_id(topic, store_id)),
        data: topic.sample,
    };
    envelope.draft()
}

fn example_id<'a>(topic: &Topic, store_id: &'a str) -> &'a str {
    match topic.subject {
        "shop" | "app" => store_id,
        "order" => "450012387",
        "abandoned_cart" => "293225803",
        "product" => "667251253",
        _ => "103878161",
    }
}
