//! Lists of a running server, page by page.

use std::io;

use serde_json::Value;
use shopwire_engine::egress::Method;

use crate::api::{Answer, Api, segment};

/// Items asked for at once.
const PAGE: usize = 100;

/// Hands over up to `max` items of a list, whose query may stand in `path`; answers what refused it, if it was refused.
pub(super) async fn each(
    api: &Api,
    path: &str,
    max: usize,
    mut item: impl FnMut(&Value) -> io::Result<()>,
) -> anyhow::Result<Option<Answer>> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let (mut left, mut cursor) = (max, String::new());
    while left > 0 {
        let target = format!("{path}{separator}limit={}{cursor}", left.min(PAGE));
        let answer = api.ask(Method::Get, &target, None).await?;
        if !answer.is_good() {
            return Ok(Some(answer));
        }
        let page = answer.json()?;
        for value in page["items"].as_array().into_iter().flatten() {
            item(value)?;
            left = left.saturating_sub(1);
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={}", segment(next)),
            None => break,
        }
    }
    Ok(None)
}

/// A path with the parts of its query that are given.
pub(super) fn with_query(path: &str, parts: &[(&str, Option<String>)]) -> String {
    let given = parts.iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    given.fold(path.to_owned(), |path, (name, value)| {
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{path}{separator}{name}={}", segment(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_is_asked() {
        let parts = [("a", Some("x/y".to_owned())), ("b", None), ("c", Some("1".to_owned()))];
        assert_eq!(with_query("/v1/events", &parts), "/v1/events?a=x%2Fy&c=1");
        assert_eq!(with_query("/v1/events", &[]), "/v1/events");
    }
}
