//! What a platform registers once, and what it does not register together.

use std::sync::Arc;

use shopwire_core::delivery::{Endpoint, TopicPattern};
use shopwire_dialects::catalog::Catalog;
use shopwire_dialects::registration::{Once, Refusal, Registration, Rule};

use super::{quoted, refused, share_shop, url};

fn texts<'a>(patterns: impl IntoIterator<Item = &'a TopicPattern>) -> Vec<String> {
    patterns.into_iter().map(|pattern| pattern.as_str().to_owned()).collect()
}

/// More topics than one call registers.
pub(super) fn too_many(rules: &Registration, title: &str, endpoint: &Endpoint) -> Option<Refusal> {
    let (count, max) = (endpoint.topics.len(), rules.topics_per_call_max?);
    if count <= max {
        return None;
    }
    let message =
        format!("{count} topics are given, {title} registers at most {max} at once: use several endpoints");
    refused(Rule::TopicsPerCall, texts(&endpoint.topics[max..]), message)
}

/// Topics that exclude each other, in the endpoint or with those of the same app in the same shop.
pub(super) fn conflict(catalog: &Catalog, endpoint: &Endpoint, beside: &[Arc<Endpoint>]) -> Option<Refusal> {
    let there = beside.iter().filter(|other| share_shop(endpoint, other)).flat_map(|other| &other.topics);
    let registered: Vec<_> = there.chain(&endpoint.topics).map(TopicPattern::as_str).collect();
    let excluded = |pattern: &TopicPattern| {
        let conflicts = catalog.find(pattern.as_str()).map_or(&[][..], |topic| topic.conflicts);
        conflicts.iter().copied().find(|conflict| registered.contains(conflict))
    };
    let conflicts: Vec<_> =
        endpoint.topics.iter().filter_map(|pattern| Some((pattern, excluded(pattern)?))).collect();
    let (one, other) = conflicts.first()?;
    let message = format!(
        "{} does not register `{one}` together with `{other}`, here or in another endpoint of the app: leave out one of them",
        catalog.title
    );
    refused(Rule::Conflict, texts(conflicts.iter().map(|(pattern, _)| *pattern)), message)
}

/// What the app has already and may have only once, or only so many times.
pub(super) fn not_once(
    rules: &Registration,
    title: &str,
    endpoint: &Endpoint,
    beside: &[Arc<Endpoint>],
) -> Option<Refusal> {
    if rules.once == Once::Endpoint {
        return second_endpoint(title, endpoint, beside);
    }
    let beside: Vec<_> =
        beside.iter().map(AsRef::as_ref).filter(|other| share_shop(endpoint, other)).collect();
    let duplicates = match rules.once {
        Once::Topic => duplicates(Rule::OneUrlPerTopic, title, endpoint, &beside),
        Once::TopicAtUrl => {
            let at_url = beside.iter().copied().filter(|other| url::same(&other.url, &endpoint.url));
            duplicates(Rule::TopicAndUrlOnce, title, endpoint, &at_url.collect::<Vec<_>>())
        }
        Once::Nothing | Once::Endpoint => None,
    };
    duplicates.or_else(|| full(rules, title, endpoint, &beside))
}

fn second_endpoint(title: &str, endpoint: &Endpoint, beside: &[Arc<Endpoint>]) -> Option<Refusal> {
    let message = format!(
        "{title} has one URL for an app, and this one's is endpoint `{}`: change that, or delete it first",
        beside.first()?.id
    );
    refused(Rule::OneEndpointPerApp, vec![endpoint.url.clone()], message)
}

fn duplicates(rule: Rule, title: &str, endpoint: &Endpoint, beside: &[&Endpoint]) -> Option<Refusal> {
    let is_there = |pattern: &&TopicPattern| beside.iter().any(|other| other.topics.contains(pattern));
    let topics: Vec<_> = endpoint.topics.iter().filter(is_there).collect();
    let first = topics.first()?;
    let holder = beside.iter().find(|other| other.topics.contains(first))?;
    let what =
        if rule == Rule::OneUrlPerTopic { "a topic only once" } else { "a topic with a URL only once" };
    let message = format!(
        "{title} registers {what} for an app in a shop, and {} {} there already, in endpoint `{}`: change that, or delete it first",
        quoted(&topics),
        if topics.len() == 1 { "is" } else { "are" },
        holder.id
    );
    refused(rule, texts(topics), message)
}

fn full(rules: &Registration, title: &str, endpoint: &Endpoint, beside: &[&Endpoint]) -> Option<Refusal> {
    let max = rules.endpoints_per_topic_max?;
    let is_full =
        |pattern: &&TopicPattern| beside.iter().filter(|other| other.topics.contains(pattern)).count() >= max;
    let topics: Vec<_> = endpoint.topics.iter().filter(is_full).collect();
    if topics.is_empty() {
        return None;
    }
    let message = format!(
        "{title} registers a topic at most {max} times for an app in a shop, and {} has that many endpoints: delete one first",
        quoted(&topics)
    );
    refused(Rule::EndpointsPerTopic, texts(topics), message)
}
