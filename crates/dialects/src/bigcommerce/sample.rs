//! A documented body for any topic.

use serde_json::Value;

use super::envelope::Envelope;
use crate::catalog::Topic;
use crate::{Draft, SampleFacts};

/// The store of the documentation's examples.
const STORE_ID: &str = "123456";
const STORE_HASH: &str = "abcdefg";
/// The channel that fills the braces of a per-channel topic, unless the subject is another one.
const CHANNEL_ID: &str = "1";

/// A request of this topic, with a hash that is another for each event.
pub(super) fn sample(topic: &'static Topic, facts: &SampleFacts<'_>) -> Draft {
    let channel = facts.subject_id.filter(|_| topic.id == ["/scope/2"]).unwrap_or(CHANNEL_ID);
    let envelope = Envelope {
        store_hash: facts.shop.get("store_hash").unwrap_or(STORE_HASH),
        store_id: facts.shop.get("store_id").unwrap_or(STORE_ID),
        scope: &topic.name.replace("{channel_id}", channel),
        created_at: facts.now,
        data: &data(topic, facts.subject_id),
    };
    let mut nonce = [0; 16];
    facts.random.fill(&mut nonce);
    envelope.draft(&nonce)
}

/// The catalogue's sample with the wanted subject in every place that names it.
fn data(topic: &Topic, subject_id: Option<&str>) -> Value {
    let text = topic.sample.unwrap_or("{}");
    let mut data: Value = serde_json::from_str(text).expect("samples are checked when the catalogue is read");
    let Some(wanted) = subject_id else { return data };
    let places = topic.id.iter().filter_map(|pointer| pointer.strip_prefix("/data"));
    let mut example = None;
    for place in places {
        if let Some(id) = data.pointer_mut(place)
            && example.get_or_insert_with(|| id.clone()) == id
        {
            *id = id_like(id, wanted);
        }
    }
    data
}

/// The wanted id as a number where the example is one and the id can be.
fn id_like(example: &Value, wanted: &str) -> Value {
    let number = wanted.parse::<i64>().ok().filter(|n| example.is_number() && n.to_string() == wanted);
    number.map_or_else(|| Value::from(wanted), Value::from)
}
