//! Reading the table of scenarios.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

const TABLE: &str = include_str!("scenarios.toml");

#[derive(Debug, Deserialize)]
struct Table {
    scenario: Vec<Scenario>,
}

/// One line of the specification.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    pub(super) says: String,
    #[serde(default)]
    pub(super) given: Vec<String>,
    pub(super) when: Vec<String>,
    #[serde(default)]
    ecwid: Vec<String>,
    #[serde(default)]
    bigcommerce: Vec<String>,
    #[serde(default)]
    shoptet: Vec<String>,
    #[serde(default)]
    shoplazza: Vec<String>,
    #[serde(default)]
    duda: Vec<String>,
}

impl Scenario {
    /// The topics each platform hears, sorted.
    pub(super) fn expected(&self) -> BTreeMap<&'static str, Vec<String>> {
        let heard = [
            ("ecwid", &self.ecwid),
            ("bigcommerce", &self.bigcommerce),
            ("shoptet", &self.shoptet),
            ("shoplazza", &self.shoplazza),
            ("duda", &self.duda),
        ];
        let sorted = |topics: &Vec<String>| {
            let mut topics = topics.clone();
            topics.sort();
            topics
        };
        heard.into_iter().map(|(platform, topics)| (platform, sorted(topics))).collect()
    }
}

pub(super) fn scenarios() -> Vec<Scenario> {
    toml::from_str::<Table>(TABLE).expect("a table of scenarios").scenario
}

/// What a line of `given` or `when` asks for.
pub(super) enum Step {
    /// Method, `collection/id` with its query, and the body.
    Change {
        method: &'static str,
        target: String,
        body: Option<Value>,
    },
    Occur(Value),
    WaitS(i64),
}

impl Step {
    /// Reads a line; `soon` gives the time some seconds after the beginning.
    pub(super) fn read(line: &str, soon: impl Fn(i64) -> String) -> Self {
        let (verb, rest) = line.split_once(' ').expect(line);
        let (target, body) = rest.split_once(' ').map_or((rest, None), |(target, body)| (target, Some(body)));
        let change = |method| {
            let body = body.map(|text| with_times(text, soon));
            Self::Change { method, target: target.to_owned(), body }
        };
        match verb {
            "PUT" => change("PUT"),
            "PATCH" => change("PATCH"),
            "DELETE" => change("DELETE"),
            "WAIT" => Self::WaitS(target.parse().expect(line)),
            "OCCUR" => occurrence(target, rest),
            _ => panic!("no step: {line}"),
        }
    }
}

/// `OCCUR type id details`.
fn occurrence(event_type: &str, rest: &str) -> Step {
    let mut parts = rest.splitn(3, ' ').skip(1);
    let (id, details) = (parts.next().expect(rest), parts.next().expect(rest));
    let details: Value = serde_json::from_str(details).expect(rest);
    Step::Occur(serde_json::json!({ "type": event_type, "id": id, "details": details }))
}

fn with_times(text: &str, soon: impl Fn(i64) -> String) -> Value {
    let mut parts = text.split("\"@+");
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (secs, rest) = part.split_once('"').expect(text);
        written += &format!("\"{}\"{rest}", soon(secs.parse().expect(text)));
    }
    serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"))
}
