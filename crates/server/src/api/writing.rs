//! How a change is to be done, as requests say it: query parameters, `If-Match` and `If-None-Match`.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, header};
use serde::Deserialize;
use shopwire_engine::capture::{Expectation, Writing};
use utoipa::IntoParams;

use crate::extract::Params;
use crate::problem::{Code, Problem};

/// How the change is to be done.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WriteQuery {
    /// Why, in one word: `order` for what an order did to other entities, as to the stock of a product.
    cause: Option<String>,
    /// Who did it.
    actor: Option<String>,
    /// `none`: the state is taken over silently, as for a shop's existing state.
    #[param(example = "none")]
    events: Option<String>,
}

/// How the change is to be done.
pub(crate) struct How(pub(crate) Writing);

impl<S: Send + Sync> FromRequestParts<S> for How {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Params(query) = Params::<WriteQuery>::from_request_parts(parts, state).await?;
        let silent = is_silent(query.events.as_deref())?;
        let expectation = expectation(&parts.headers)?;
        Ok(Self(Writing { cause: query.cause, actor: query.actor, expectation, silent }))
    }
}

/// What `events` says.
pub(super) fn is_silent(events: Option<&str>) -> Result<bool, Problem> {
    match events {
        None => Ok(false),
        Some("none") => Ok(true),
        Some(_) => {
            let detail = "`events` must be `none`, or be left out";
            Err(Problem::new(Code::InvalidParameter, detail).with("parameter", "events"))
        }
    }
}

fn expectation(headers: &HeaderMap) -> Result<Expectation, Problem> {
    match (headers.get(header::IF_MATCH), headers.get(header::IF_NONE_MATCH)) {
        (None, None) => Ok(Expectation::Any),
        (Some(tag), None) => match tag.to_str().unwrap_or_default().trim() {
            "*" => Ok(Expectation::Present),
            text => version(text)
                .map(Expectation::Version)
                .ok_or_else(|| malformed("`If-Match` must be one version in quotes, as in `\"7\"`, or `*`")),
        },
        (None, Some(tag)) if tag == "*" => Ok(Expectation::Absent),
        (None, Some(_)) => {
            Err(malformed("`If-None-Match` must be `*`: the entity is written if it is not there"))
        }
        (Some(_), Some(_)) => {
            Err(malformed("`If-Match` and `If-None-Match` contradict each other: send one of them"))
        }
    }
}

fn version(tag: &str) -> Option<u64> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn malformed(detail: &str) -> Problem {
    Problem::new(Code::MalformedRequest, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn read(fields: &[(HeaderName, &'static str)]) -> Option<Expectation> {
        let fields = fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        expectation(&HeaderMap::from_iter(fields)).ok()
    }

    #[test]
    fn conditions_are_versions_in_quotes_or_stars() {
        use header::{IF_MATCH, IF_NONE_MATCH};
        assert_eq!(read(&[]), Some(Expectation::Any));
        assert_eq!(read(&[(IF_MATCH, "\"7\"")]), Some(Expectation::Version(7)));
        assert_eq!(read(&[(IF_MATCH, "*")]), Some(Expectation::Present));
        assert_eq!(read(&[(IF_NONE_MATCH, "*")]), Some(Expectation::Absent));
        for wrong in ["7", "\"7", "W/\"7\"", "\"7\", \"8\"", "\"\"", "\"+7\"", "\"x\"", ""] {
            assert_eq!(read(&[(IF_MATCH, wrong)]), None, "{wrong}");
        }
        assert_eq!(read(&[(IF_NONE_MATCH, "\"7\"")]), None);
        assert_eq!(read(&[(IF_MATCH, "*"), (IF_NONE_MATCH, "*")]), None);
    }
}
