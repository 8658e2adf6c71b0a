//! What an app may hear of: its scopes and its version.

use shopwire_core::App;
use shopwire_core::delivery::Endpoint;
use shopwire_dialects::catalog::{Catalog, Topic};
use shopwire_dialects::registration::{Refusal, Rule};

use super::{quoted, refused};

/// The first right that the app lacks for what the endpoint asks. A pattern needs the right to one of its topics at least.
pub(super) fn refusal(catalog: &Catalog, endpoint: &Endpoint, app: &App) -> Option<Refusal> {
    lacking_scope(catalog, endpoint, app).or_else(|| lacking_version(catalog, endpoint, app))
}

/// Those of the endpoint's patterns none of whose topics may be had, with the first of these topics.
fn barred<'a>(
    catalog: &Catalog,
    endpoint: &'a Endpoint,
    may: impl Fn(&Topic) -> bool,
) -> Vec<(&'a str, &'static Topic)> {
    let first_barred = |pattern: &'a str| {
        let covered = catalog.covered(pattern);
        let all_barred = !covered.iter().any(|topic| may(topic));
        covered.first().filter(|_| all_barred).map(|topic| (pattern, *topic))
    };
    endpoint.topics.iter().filter_map(|pattern| first_barred(pattern.as_str())).collect()
}

fn owned(barred: &[(&str, &'static Topic)]) -> Vec<String> {
    barred.iter().map(|(pattern, _)| (*pattern).to_owned()).collect()
}

fn lacking_scope(catalog: &Catalog, endpoint: &Endpoint, app: &App) -> Option<Refusal> {
    let holds = |scope: &str| match endpoint.shop {
        Some(shop) => app.grants.get(&shop).is_some_and(|grant| grant.scopes.contains(scope)),
        // Before its first installation nothing is known of what it will be granted.
        None => app.grants.is_empty() || app.grants.values().any(|grant| grant.scopes.contains(scope)),
    };
    let barred = barred(catalog, endpoint, |topic| topic.scope.is_none_or(holds));
    let (pattern, topic) = barred.first()?;
    let scope = topic.scope?;
    let place = endpoint
        .shop
        .map_or_else(|| "in no shop that installed it".to_owned(), |shop| format!("not in shop `{shop}`"));
    let shop = endpoint.shop.map_or_else(|| "{shop}".to_owned(), |shop| shop.to_string());
    let message = format!(
        "`{pattern}` needs scope `{scope}`, which app `{id}` has {place}: grant it first, with `PUT /v1/apps/{id}/grants/{shop}`",
        id = app.id
    );
    refused(Rule::Scope, owned(&barred), message)
}

fn lacking_version(catalog: &Catalog, endpoint: &Endpoint, app: &App) -> Option<Refusal> {
    let version = app.webhook_api_version.as_deref()?;
    let barred = barred(catalog, endpoint, |topic| topic.min_version.is_none_or(|least| least <= version));
    let least = barred.iter().filter_map(|(_, topic)| topic.min_version).max()?;
    let message = format!(
        "{} came with version {least} of {}'s webhooks, app `{}` gets {version}: give the app a later `webhook_api_version`",
        quoted(barred.iter().map(|(pattern, _)| pattern)),
        catalog.title,
        app.id
    );
    refused(Rule::Version, owned(&barred), message)
}
