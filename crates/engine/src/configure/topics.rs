//! What an endpoint may ask for.

use shopwire_core::commerce::{CanonicalType, EventType, OperationalType};
use shopwire_core::delivery::TopicPattern;
use shopwire_core::{DialectId, nearest};
use shopwire_dialects::catalog::Catalog;

use super::ConfigureError;

/// Reads the topic patterns of an endpoint in a dialect: at least one, each once, and none that no event can ever match.
/// Those of a platform get their documented names. For `cloudevents`, everything is meant if none are given.
pub(super) fn patterns(
    dialect: DialectId,
    given: Option<&[String]>,
    max: usize,
) -> Result<Vec<TopicPattern>, ConfigureError> {
    let platform = shopwire_dialects::get(dialect).map(|dialect| dialect.catalog());
    let everything = ["*".to_owned()];
    let given = given.unwrap_or(if platform.is_some() { &[] } else { &everything });
    if given.is_empty() {
        return Err(ConfigureError::invalid("topics", none_given(platform)));
    }
    if given.len() > max {
        return Err(ConfigureError::Limit { name: "topics_per_endpoint_max", max });
    }
    let mut patterns = Vec::with_capacity(given.len());
    for text in given {
        let read = platform.map_or_else(|| canonical(text), |catalog| of_platform(dialect, catalog, text));
        let pattern = read.map_err(|message| ConfigureError::invalid("topics", message))?;
        if !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    Ok(patterns)
}

fn none_given(platform: Option<&Catalog>) -> String {
    match platform.and_then(|catalog| Some((catalog.title, catalog.topics.first()?.name))) {
        Some((title, topic)) => format!("no `topics` are given: name some of {title}'s, as in `{topic}`"),
        None => "`topics` is empty: name event types as in `order.created`, or `*` for everything".to_owned(),
    }
}

fn canonical(text: &str) -> Result<TopicPattern, String> {
    let pattern = TopicPattern::parse(DialectId::CloudEvents, text).map_err(|error| error.to_string())?;
    let is_native = text.contains(':');
    let is_canonical = || CanonicalType::ALL.iter().any(|canonical| pattern.matches(canonical.as_str()));
    let is_operational = || OperationalType::ALL.iter().any(|told| pattern.matches(told.as_str()));
    if !is_native && !is_canonical() && !is_operational() {
        return Err(format!("topic pattern `{text}` covers no event type there is"));
    }
    if let Some(canonical) = travels_as(text) {
        return Err(format!("`{text}` travels as `{}`: ask for that", canonical.as_str()));
    }
    Ok(pattern)
}

/// The canonical type under which a platform's topic travels, so that asking for its own name would give nothing.
fn travels_as(text: &str) -> Option<CanonicalType> {
    let Ok(EventType::Native { dialect, topic }) = text.parse() else { return None };
    shopwire_dialects::get(dialect)?.catalog().find(&topic)?.event_type
}

fn of_platform(dialect: DialectId, catalog: &Catalog, text: &str) -> Result<TopicPattern, String> {
    let pattern = TopicPattern::parse(dialect, text).map_err(|error| error.to_string())?;
    let covered = catalog.covered(text);
    let Some(topic) = covered.first() else { return Err(unknown(catalog, text)) };
    if text.contains('{') {
        return Err(format!("topic `{text}` is a template: give the id in place of what stands in braces"));
    }
    if pattern.wildcard().is_some() {
        return Ok(pattern);
    }
    TopicPattern::parse(dialect, &topic.documented(text)).map_err(|error| error.to_string())
}

fn unknown(catalog: &Catalog, text: &str) -> String {
    let shown: String = text.chars().take(80).collect();
    let near = nearest(&shown, catalog.topics.iter().map(|topic| topic.name));
    let meant = near.first().map(|name| format!(": did you mean `{name}`?")).unwrap_or_default();
    format!("{} has no topic `{shown}`{meant}", catalog.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[&str]) -> Result<Vec<String>, String> {
        read_in(DialectId::CloudEvents, given)
    }

    fn read_in(dialect: DialectId, given: &[&str]) -> Result<Vec<String>, String> {
        let given: Vec<_> = given.iter().map(|text| (*text).to_owned()).collect();
        let read = patterns(dialect, Some(&given), 5).map_err(|error| error.to_string())?;
        Ok(read.iter().map(|pattern| pattern.as_str().to_owned()).collect())
    }

    #[test]
    fn what_can_happen_can_be_asked_for() {
        assert_eq!(read(&["*"]).expect("all"), ["*"]);
        assert_eq!(read(&["endpoint.*", "endpoint.failing"]).expect("told of itself").len(), 2);
        let several = ["order.*", "product.created", "bigcommerce:*", "bigcommerce:store/channel/updated"];
        assert_eq!(read(&several).expect("several"), several);
        assert_eq!(read(&["order.paid", "order.paid"]).expect("once"), ["order.paid"]);
    }

    #[test]
    fn what_can_never_match_is_refused_with_the_cure() {
        for (wrong, cure) in [
            (&[][..], "`*` for everything"),
            (&["order.exploded"], "no event type"),
            (&["orders.*"], "no kind"),
            (&["shopify:orders/create"], "no platform"),
            (&["bigcommerce:store/order/created"], "travels as `order.created`"),
            (&["*", "order.*", "a", "b", "c", "d"], "topics_per_endpoint_max"),
        ] {
            let error = read(wrong).expect_err(cure);
            assert!(error.contains(cure), "{error}");
        }
    }

    #[test]
    fn a_platforms_topics_are_its_own_under_their_documented_names() {
        for (dialect, given, read) in [
            (DialectId::Duda, "PRODUCT_CREATED", "ECOMM_PRODUCT_CREATED"),
            (DialectId::Shoptet, "order:create", "order:create"),
            (DialectId::BigCommerce, "store/channel/7/order/created", "store/channel/7/order/created"),
            (DialectId::BigCommerce, "store/cart/*", "store/cart/*"),
            (
                DialectId::BigCommerce,
                "store/channel/*/inventory/product/stock_changed",
                "store/channel/*/inventory/product/stock_changed",
            ),
            (DialectId::Ecwid, "profile.subscription_status_changed", "profile.subscriptionStatusChanged"),
        ] {
            assert_eq!(read_in(dialect, &[given]).expect(given), [read]);
        }
        let twice = read_in(DialectId::Duda, &["PRODUCT_CREATED", "ECOMM_PRODUCT_CREATED"]);
        assert_eq!(twice.expect("once"), ["ECOMM_PRODUCT_CREATED"]);
    }

    #[test]
    fn what_a_platform_does_not_have_is_refused_with_what_is_near() {
        for (dialect, wrong, cure) in [
            (DialectId::Shoptet, "order:created", "did you mean `order:create`?"),
            (DialectId::Duda, "ecomm_order_craeted", "did you mean `ECOMM_ORDER_CREATED`?"),
            (DialectId::Shoplazza, "orders/*", "no wildcards"),
            (DialectId::BigCommerce, "store/orders/*", "has no topic `store/orders/*`"),
            (DialectId::BigCommerce, "*", "wrong place"),
            (DialectId::BigCommerce, "store/channel/{channel_id}/order/created", "give the id"),
            (DialectId::Ecwid, "*", "no wildcards"),
        ] {
            let error = read_in(dialect, &[wrong]).expect_err(wrong);
            assert!(error.contains(cure), "{error}");
        }
        let error = patterns(DialectId::Ecwid, None, 5).expect_err("topics are needed").to_string();
        assert!(error.contains("name some of Ecwid"), "{error}");
        assert_eq!(patterns(DialectId::CloudEvents, None, 5).expect("everything")[0].as_str(), "*");
    }
}
