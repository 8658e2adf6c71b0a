//! How a `catalog.toml` is read and what is refused. Shared by the build script and its tests.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use shopwire_core::commerce::CanonicalType;
use shopwire_core::commerce::entity::Entity;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CatalogFile {
    pub(crate) dialect: About,
    #[serde(default)]
    pub(crate) wildcard: Vec<WildcardLine>,
    pub(crate) topic: Vec<TopicLine>,
}

/// What is said of the dialect as a whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) docs: Vec<String>,
    /// Optional fields that every topic of the platform's own list must have here: `scope`, `min_version`, `rest`.
    #[serde(default)]
    pub(crate) requires: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WildcardLine {
    pub(crate) name: String,
    pub(crate) summary: String,
}

/// Where a topic is listed: among those the project began with, or public since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ListedIn {
    Seed,
    Later,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopicLine {
    pub(crate) name: String,
    pub(crate) event_type: Option<String>,
    pub(crate) subject: String,
    pub(crate) id: Vec<String>,
    pub(crate) identifier: String,
    pub(crate) scope: Option<String>,
    pub(crate) min_version: Option<String>,
    #[serde(default)]
    pub(crate) beta: bool,
    #[serde(default)]
    pub(crate) conflicts: Vec<String>,
    #[serde(default)]
    pub(crate) aliases: Vec<String>,
    pub(crate) rest: Option<String>,
    /// Canonical fields one of which must have changed.
    #[serde(default)]
    pub(crate) fields: Vec<String>,
    /// Canonical fields whose change alone does not count.
    #[serde(default)]
    pub(crate) ignores: Vec<String>,
    /// Details the event must tell.
    #[serde(default)]
    pub(crate) telling: Vec<String>,
    #[serde(default)]
    pub(crate) except: Vec<ExceptLine>,
    pub(crate) summary: String,
    pub(crate) note: Option<String>,
    pub(crate) listed: ListedIn,
    pub(crate) sample: Option<String>,
}

/// Words of a canonical field with which the topic is not sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExceptLine {
    pub(crate) field: String,
    pub(crate) is: Vec<String>,
}

/// The words an `identifier` may be: what the id in the body is.
pub(crate) const IDENTIFIERS: [&str; 8] =
    ["number", "string", "code", "guid", "uuid", "shop", "fixed", "list"];

/// Reads and checks one catalogue; the error names the topic and what is wrong with it.
pub(crate) fn read(dialect: &str, text: &str) -> Result<CatalogFile, String> {
    let catalog: CatalogFile = toml::from_str(text).map_err(|error| error.to_string())?;
    if catalog.dialect.name != dialect {
        return Err(format!("[dialect] name is `{}`, expected `{dialect}`", catalog.dialect.name));
    }
    check_names(&catalog)?;
    for topic in &catalog.topic {
        check_topic(&catalog, topic).map_err(|what| format!("topic `{}`: {what}", topic.name))?;
    }
    Ok(catalog)
}

fn check_names(catalog: &CatalogFile) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    let topics = catalog.topic.iter().flat_map(|t| std::iter::once(&t.name).chain(&t.aliases));
    for name in topics.chain(catalog.wildcard.iter().map(|w| &w.name)) {
        if !seen.insert(name) {
            return Err(format!("topic `{name}` stands there twice"));
        }
    }
    let mut taken = BTreeMap::new();
    for (topic, event_type) in catalog.topic.iter().filter_map(|t| Some((t, t.event_type.as_ref()?))) {
        if let Some(other) = taken.insert(event_type, &topic.name) {
            return Err(format!(
                "topic `{}`: event type `{event_type}` is already claimed by topic `{other}`",
                topic.name
            ));
        }
    }
    Ok(())
}

fn check_topic(catalog: &CatalogFile, topic: &TopicLine) -> Result<(), String> {
    match &topic.event_type {
        Some(name) => check_event_type(name, &topic.subject)?,
        None if topic.listed == ListedIn::Seed => return Err("missing field `event_type`".to_owned()),
        None => {}
    }
    if topic.summary.trim().is_empty() || topic.subject.trim().is_empty() || topic.subject.contains('/') {
        return Err(
            "`summary` and `subject` must say something, and a subject's kind holds no slash".to_owned()
        );
    }
    if !IDENTIFIERS.contains(&topic.identifier.as_str()) {
        return Err(format!("identifier `{}` is none of {IDENTIFIERS:?}", topic.identifier));
    }
    if topic.id.is_empty() || topic.id.iter().any(|pointer| !pointer.starts_with('/')) {
        return Err("`id` must be one or more JSON pointers into the body, as in [\"/data/id\"]".to_owned());
    }
    if let Some(unknown) = topic.conflicts.iter().find(|c| !catalog.topic.iter().any(|t| t.name == **c)) {
        return Err(format!("conflicts with `{unknown}`, which is not in this catalogue"));
    }
    check_fields(topic)?;
    if let Some(sample) = &topic.sample {
        serde_json::from_str::<serde_json::Value>(sample).map_err(|error| format!("sample: {error}"))?;
    }
    check_required(catalog, topic)
}

/// Conditions are told in the canonical names of the entity's fields.
fn check_fields(topic: &TopicLine) -> Result<(), String> {
    let Some(canonical) = topic.event_type.as_ref().and_then(|name| name.parse::<CanonicalType>().ok())
    else {
        return Ok(());
    };
    let schema = Entity::schema_for(canonical.kind());
    let known = schema.get("properties").and_then(|properties| properties.as_object());
    let named =
        topic.fields.iter().chain(&topic.ignores).chain(topic.except.iter().map(|except| &except.field));
    match known.and_then(|known| named.into_iter().find(|field| !known.contains_key(*field))) {
        Some(unknown) => {
            Err(format!("condition on `{unknown}`, which is no field of a {}", canonical.kind()))
        }
        None => Ok(()),
    }
}

fn check_event_type(name: &str, subject: &str) -> Result<(), String> {
    let Ok(canonical) = name.parse::<CanonicalType>() else {
        return Err(format!("event type `{name}` is not in the event map"));
    };
    if canonical.kind().as_str() != subject {
        return Err(format!("subject is `{subject}`, but `{name}` is about a {}", canonical.kind()));
    }
    Ok(())
}

fn check_required(catalog: &CatalogFile, topic: &TopicLine) -> Result<(), String> {
    if topic.listed != ListedIn::Seed {
        return Ok(());
    }
    for field in &catalog.dialect.requires {
        let present = match field.as_str() {
            "scope" => topic.scope.is_some(),
            "min_version" => topic.min_version.is_some(),
            "rest" => topic.rest.is_some(),
            other => {
                return Err(format!("[dialect] requires `{other}`, which is no optional field of a topic"));
            }
        };
        if !present {
            return Err(format!("missing field `{field}`"));
        }
    }
    Ok(())
}
