//! A documented body for any topic.

use serde::Serialize;
use serde_json::Value;
use sha1::{Digest as _, Sha1};
use shopwire_core::Headers;

use crate::catalog::Topic;
use crate::{Draft, SampleFacts, mac};

/// The store of the documentation's examples.
const STORE_ID: &str = "123456";
const STORE_HASH: &str = "abcdefg";
/// The channel that fills the braces of a per-channel topic, unless the subject is another one.
const CHANNEL_ID: &str = "1";

/// The fields in the order that real bodies have today.
#[derive(Serialize)]
struct Envelope<'a> {
    producer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    created_at: i64,
    store_id: &'a str,
    scope: &'a str,
    data: &'a Value,
}

impl Envelope<'_> {
    fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text, numbers and JSON values can be written")
    }
}

/// A request of this topic, compact as BigCommerce's are.
pub(super) fn sample(topic: &'static Topic, facts: &SampleFacts<'_>) -> Draft {
    let channel = facts.subject_id.filter(|_| topic.id == ["/scope/2"]).unwrap_or(CHANNEL_ID);
    let scope = topic.name.replace("{channel_id}", channel);
    let mut envelope = Envelope {
        producer: format!("stores/{}", facts.shop.get("store_hash").unwrap_or(STORE_HASH)),
        hash: None,
        created_at: facts.now.as_secs(),
        store_id: facts.shop.get("store_id").unwrap_or(STORE_ID),
        scope: &scope,
        data: &data(topic, facts.subject_id),
    };
    envelope.hash = Some(hash(&envelope.to_json(), facts));
    let headers = Headers::new().with("Content-Type", "application/json").with("Accept-Encoding", "gzip");
    Draft { query: None, headers, body: envelope.to_json() }
}

/// 40 hexadecimal digits, another for each event. What BigCommerce computes them from is not public, so only the form
/// can be right.
fn hash(body: &[u8], facts: &SampleFacts<'_>) -> String {
    let mut nonce = [0; 16];
    facts.random.fill(&mut nonce);
    mac::hex(&Sha1::new().chain_update(body).chain_update(nonce).finalize())
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
