//! What handlers take from a request; whatever can't be taken is a problem.

use std::error::Error as _;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use http::request::Parts;
use serde::Deserialize as _;
use serde::de::{DeserializeOwned, Deserializer};
use shopwire_dialects::json;

use crate::app::App;
use crate::body;
use crate::problem::{Code, Problem};

/// The one parameter of the path: an id, or a name. Text that can't be one names nothing.
pub(crate) struct Id<T>(pub(crate) T);

impl<T, S> FromRequestParts<S> for Id<T>
where
    T: FromStr<Err: Display> + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = text.map_err(|error| Problem::new(Code::NotFound, error))?;
        text.parse().map(Self).map_err(|error| Problem::new(Code::NotFound, error))
    }
}

/// The two parameters of the path, in their order.
pub(crate) struct Ids<T, U>(pub(crate) T, pub(crate) U);

impl<T, U, S> FromRequestParts<S> for Ids<T, U>
where
    T: FromStr<Err: Display> + Send,
    U: FromStr<Err: Display> + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let texts = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((one, other)) = texts.map_err(|error| Problem::new(Code::NotFound, error))?;
        let one = one.parse().map_err(|error| Problem::new(Code::NotFound, error))?;
        let other = other.parse().map_err(|error| Problem::new(Code::NotFound, error))?;
        Ok(Self(one, other))
    }
}

/// The query parameters; unknown ones are refused.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        // The cause says it all; what stands around it speaks of our tools.
        let wrong = |error: QueryRejection| {
            let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            Problem::new(Code::InvalidParameter, format!("the query can't be used: {cause}"))
        };
        read.map(|Query(params)| Self(params)).map_err(wrong)
    }
}

/// A query parameter as what it stands for.
pub(crate) fn param<T: FromStr<Err: Display>>(
    name: &'static str,
    given: Option<&str>,
) -> Result<Option<T>, Problem> {
    let wrong = |error: T::Err| {
        Problem::new(Code::InvalidParameter, format!("`{name}`: {error}")).with("parameter", name)
    };
    given.map(str::parse).transpose().map_err(wrong)
}

/// A query parameter that is a moment.
pub(crate) fn moment(
    name: &'static str,
    given: Option<&str>,
) -> Result<Option<shopwire_core::Timestamp>, Problem> {
    let Some(text) = given else { return Ok(None) };
    let read = shopwire_core::Timestamp::parse(text).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        let detail = format!("`{name}`: `{shown}` is not an RFC 3339 time, as in `2026-11-22T01:31:00Z`");
        Problem::new(Code::InvalidParameter, detail).with("parameter", name)
    });
    read.map(Some)
}

/// The JSON body: clean, within bounds, of the documented shape. No body at all counts as `{}`.
pub(crate) struct Given<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let body = body::of_request(app, &parts.headers, body).await?;
        if body.is_empty() {
            return shaped(b"{}").map(Self);
        }
        body::check_content_type(&parts.headers)?;
        json::check(&body, app.engine().limits().json_depth_max)?;
        shaped(&body).map(Self)
    }
}

/// The JSON body, like [`Given`], but there must be one.
pub(crate) struct Whole<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Whole<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        use hyper::body::Body as _;

        if request.body().is_end_stream() {
            return Err(Problem::new(Code::MalformedJson, "the request has no body: send a JSON object"));
        }
        Given::from_request(request, app).await.map(|Given(given)| Self(given))
    }
}

fn shaped<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        Problem::new(Code::MalformedJson, format!("the body is not what is expected: {error}"))
    })
}

/// Tells a field that is `null` from one that is not given: the former is `Some(None)`.
pub(crate) fn nullable<'de, T, D>(d: D) -> Result<Option<Option<T>>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(d).map(Some)
}
