//! What a canonical endpoint may ask for.

use shopwire_core::DialectId;
use shopwire_core::commerce::{CanonicalType, EventType};
use shopwire_core::delivery::TopicPattern;

use super::ConfigureError;

/// Reads the topic patterns of a `cloudevents` endpoint: at least one, each once, and none that no event can ever match.
pub(super) fn patterns(given: &[String], max: usize) -> Result<Vec<TopicPattern>, ConfigureError> {
    if given.is_empty() {
        let message = "`topics` is empty: name event types as in `order.created`, or `*` for everything";
        return Err(ConfigureError::invalid("topics", message));
    }
    if given.len() > max {
        return Err(ConfigureError::Limit { name: "topics_per_endpoint_max", max });
    }
    let mut patterns = Vec::with_capacity(given.len());
    for text in given {
        let pattern = pattern(text)?;
        if !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    Ok(patterns)
}

fn pattern(text: &str) -> Result<TopicPattern, ConfigureError> {
    let invalid = |message: String| ConfigureError::invalid("topics", message);
    let pattern =
        TopicPattern::parse(DialectId::CloudEvents, text).map_err(|error| invalid(error.to_string()))?;
    let is_native = text.contains(':');
    if !is_native && !CanonicalType::ALL.iter().any(|canonical| pattern.matches(canonical.as_str())) {
        return Err(invalid(format!("topic pattern `{text}` covers no event type there is")));
    }
    if let Some(canonical) = travels_as(text) {
        return Err(invalid(format!("`{text}` travels as `{}`: ask for that", canonical.as_str())));
    }
    Ok(pattern)
}

/// The canonical type under which a platform's topic travels, so that asking for its own name would give nothing.
fn travels_as(text: &str) -> Option<CanonicalType> {
    let Ok(EventType::Native { dialect, topic }) = text.parse() else { return None };
    shopwire_dialects::get(dialect)?.catalog().find(&topic)?.event_type
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[&str]) -> Result<Vec<String>, String> {
        let given: Vec<_> = given.iter().map(|text| (*text).to_owned()).collect();
        let read = patterns(&given, 5).map_err(|error| error.to_string())?;
        Ok(read.iter().map(|pattern| pattern.as_str().to_owned()).collect())
    }

    #[test]
    fn what_can_happen_can_be_asked_for() {
        assert_eq!(read(&["*"]).expect("all"), ["*"]);
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
}
