//! Bodies as Shoptet's documentation shows them.

use super::envelope::Envelope;
use crate::catalog::Topic;
use crate::{Draft, SampleFacts};

/// A request of this topic, unsigned.
pub(super) fn draft(topic: &Topic, facts: &SampleFacts<'_>) -> Draft {
    let eshop_id = facts.shop.get("eshop_id").unwrap_or("222651");
    let own_id = Some(eshop_id).filter(|_| topic.identifier == "shop");
    Envelope { topic, eshop_id, created_at: facts.now, instance: facts.subject_id.or(own_id) }.draft()
}
