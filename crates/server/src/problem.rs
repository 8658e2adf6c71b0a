//! Refusals as RFC 9457 problems: the one place that knows which status goes with what.
//!
//! A [`Problem`] travels in the response's extensions and gets its body from [`scope`](crate::scope), which knows the
//! request's id. What only the operator should see goes to the log, not into a problem.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value};
use shopwire_core::DialectId;
use shopwire_core::commerce::diff::OccurrenceError;
use shopwire_core::commerce::entity::EntityError;
use shopwire_dialects::json::JsonError;
use shopwire_dialects::registration::Refusal;
use shopwire_engine::capture::CaptureError;
use shopwire_engine::configure::ConfigureError;
use shopwire_engine::receive::ReceiveError;
use shopwire_store::StoreError;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:ident, $title:literal;)*) => {
        /// The kinds of problems.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable word for programs, also the end of the problem's `type`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The status it is answered with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// What it is, the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// Not HTTP as it should be.
    MalformedRequest = "malformed_request", BAD_REQUEST, "The request can't be read";
    /// Not JSON, not clean JSON, or not of the documented shape.
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not acceptable JSON";
    /// A query parameter that can't be.
    InvalidParameter = "invalid_parameter", BAD_REQUEST, "A query parameter can't be used";
    /// A genuine request that is no webhook of the source's platform.
    UnreadableWebhook = "unreadable_webhook", BAD_REQUEST, "The body is not a webhook of this platform";
    /// No token, or one that is not known.
    Unauthorized = "unauthorized", UNAUTHORIZED, "A valid token is needed";
    /// A webhook whose signature does not hold.
    NotGenuine = "not_genuine", UNAUTHORIZED, "The webhook is not genuine";
    /// The token may not do this.
    Forbidden = "forbidden", FORBIDDEN, "The token may not do this";
    /// A genuine webhook that speaks of another shop.
    WrongShop = "wrong_shop", FORBIDDEN, "The webhook is of another shop";
    /// No such thing.
    NotFound = "not_found", NOT_FOUND, "There is no such thing";
    /// No such source.
    UnknownSource = "unknown_source", NOT_FOUND, "There is no such source";
    /// Another method is wanted.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not served here";
    /// The request did not arrive in time.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request took too long to arrive";
    /// It can't be done to something in this state.
    Conflict = "conflict", CONFLICT, "The state of things does not allow it";
    /// A request with the same idempotency key is under way.
    IdempotencyUnderWay = "idempotency_under_way", CONFLICT, "A request with this idempotency key is under way";
    /// What was expected of an entity does not hold.
    PreconditionFailed = "precondition_failed", PRECONDITION_FAILED, "What was expected does not hold";
    /// More bytes than allowed.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// More header fields, or more bytes of them, than allowed.
    HeadTooLarge = "head_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "The request's head is too large";
    /// Not JSON by its own word.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be JSON";
    /// A field whose value can't be.
    InvalidField = "invalid_field", UNPROCESSABLE_ENTITY, "A field's value can't be used";
    /// As many as there may be.
    LimitReached = "limit_reached", UNPROCESSABLE_ENTITY, "A limit is reached";
    /// The endpoint's platform would refuse it.
    PlatformRule = "platform_rule", UNPROCESSABLE_ENTITY, "A rule of the platform stands against it";
    /// The endpoint's platform would refuse it beside what is registered.
    PlatformConflict = "platform_conflict", CONFLICT, "The platform does not register this together";
    /// Another request was made under this idempotency key.
    IdempotencyMismatch = "idempotency_mismatch", UNPROCESSABLE_ENTITY, "The idempotency key was used for another request";
    /// A fault of ours.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong here";
    /// No room at the moment.
    Busy = "busy", SERVICE_UNAVAILABLE, "There is no room at the moment";
    /// The store can't be used.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The store can't be used at the moment";
}

/// What every problem's `type` begins with.
const TYPES: &str = "https://shopwire.dev/problems/";

/// A refusal.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    /// Further members for programs.
    members: Vec<(&'static str, Value)>,
    /// What a platform refuses, in whose words it is told as well.
    refusal: Option<Box<(DialectId, Refusal)>>,
    headers: Vec<(header::HeaderName, &'static str)>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl std::fmt::Display) -> Self {
        Self { code, detail: detail.to_string(), members: Vec::new(), refusal: None, headers: Vec::new() }
    }

    /// Adds a member.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    /// Adds a header field.
    #[must_use]
    pub(crate) fn with_header(mut self, name: header::HeaderName, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// What a refusal that was not made by us stands for (of axum, for the little that is left to it).
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let code =
            Code::ALL.iter().find(|code| code.status() == status).copied().unwrap_or({
                if status.is_server_error() { Code::Internal } else { Code::MalformedRequest }
            });
        Self::new(code, code.title())
    }

    /// The status it is answered with.
    pub(crate) fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The JSON of it; without a request's id if no request could be read.
    pub(crate) fn body(&self, request_id: Option<&str>) -> Vec<u8> {
        self.json(request_id).to_string().into_bytes()
    }

    /// The same, to be put into other JSON.
    pub(crate) fn json(&self, request_id: Option<&str>) -> Value {
        let mut json = Map::new();
        json.insert("type".into(), format!("{TYPES}{}", self.code.as_str()).into());
        json.insert("title".into(), self.code.title().into());
        json.insert("status".into(), self.code.status().as_u16().into());
        json.insert("detail".into(), self.detail.as_str().into());
        json.insert("code".into(), self.code.as_str().into());
        for (name, value) in &self.members {
            json.insert((*name).into(), value.clone());
        }
        if let Some(answer) = self.platform_answer(request_id) {
            json.insert("platform_answer".into(), answer);
        }
        if let Some(id) = request_id {
            json.insert("request_id".into(), id.into());
        }
        Value::Object(json)
    }

    /// The body that the platform itself answers with, where one is documented.
    fn platform_answer(&self, request_id: Option<&str>) -> Option<Value> {
        let (dialect, refusal) = self.refusal.as_deref()?;
        shopwire_dialects::get(*dialect)?.registration().answer(refusal, request_id)
    }

    /// What a platform would refuse.
    fn refused(dialect: DialectId, refusal: Refusal) -> Self {
        let is_conflict = refusal.rule.status() == StatusCode::CONFLICT.as_u16();
        let code = if is_conflict { Code::PlatformConflict } else { Code::PlatformRule };
        let field = if refusal.rule.is_about_url() { "url" } else { "topics" };
        let problem = Self::new(code, &refusal.message).with("field", field);
        let problem = problem.with("dialect", dialect.as_str()).with("rule", refusal.rule.as_str());
        Self { refusal: Some(Box::new((dialect, refusal))), ..problem }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let problem = match &error {
            StoreError::Full(_) => {
                tracing::warn!(%error, "refused for want of room");
                Self::new(Code::Busy, "there is no room at the moment: try again in a second")
            }
            _ => {
                tracing::error!(%error, "the store failed");
                Self::new(
                    Code::Unavailable,
                    "the store can't be used at the moment: the server's log says why",
                )
            }
        };
        problem.with_header(header::RETRY_AFTER, "1")
    }
}

impl From<ConfigureError> for Problem {
    fn from(error: ConfigureError) -> Self {
        let detail = error.to_string();
        match error {
            ConfigureError::Invalid { field, .. } => {
                Self::new(Code::InvalidField, detail).with("field", field)
            }
            ConfigureError::NotFound { .. } => Self::new(Code::NotFound, detail),
            ConfigureError::Conflict { .. } => Self::new(Code::Conflict, detail),
            ConfigureError::Refused { dialect, refusal } => Self::refused(dialect, refusal),
            ConfigureError::Limit { name, max } => {
                Self::new(Code::LimitReached, detail).with("limit", name).with("max", max)
            }
            ConfigureError::Store(error) => error.into(),
        }
    }
}

impl From<CaptureError> for Problem {
    fn from(error: CaptureError) -> Self {
        let detail = error.to_string();
        match error {
            CaptureError::UnknownShop(_) | CaptureError::NotThere { .. } => Self::new(Code::NotFound, detail),
            CaptureError::Invalid(EntityError { path, .. }) => {
                Self::new(Code::InvalidField, detail).with("pointer", pointer(&path)).with("field", path)
            }
            CaptureError::WrongId { .. } => {
                Self::new(Code::InvalidField, detail).with("pointer", "/id").with("field", "id")
            }
            CaptureError::Text { what, .. } => Self::new(Code::InvalidField, detail).with("field", what),
            CaptureError::TooLarge { limit, max, .. } => {
                Self::new(Code::BodyTooLarge, detail).with("limit", limit).with("max", max)
            }
            CaptureError::Unexpected { version } => {
                Self::new(Code::PreconditionFailed, detail).with("version", version)
            }
            CaptureError::Contended => Self::new(Code::Busy, detail).with_header(header::RETRY_AFTER, "1"),
            CaptureError::Occurrence(error) => {
                Self::new(Code::InvalidField, detail).with("field", field_of(&error))
            }
            CaptureError::Broken => {
                Self::new(Code::Internal, "the change broke off: the server's log says why")
            }
            CaptureError::Store(error) => error.into(),
        }
    }
}

/// `line_items[1].quantity` as a JSON Pointer (RFC 6901): `/line_items/1/quantity`.
fn pointer(path: &str) -> String {
    let steps = path.split(['.', '[']).filter(|step| !step.is_empty());
    steps.map(|step| format!("/{}", step.trim_end_matches(']'))).collect()
}

fn field_of(error: &OccurrenceError) -> String {
    match error {
        OccurrenceError::NotAnOccurrence(_) | OccurrenceError::WrongObject(_) => "type".to_owned(),
        OccurrenceError::Missing { name, .. } | OccurrenceError::WrongType { name, .. } => {
            format!("details.{name}")
        }
        OccurrenceError::Unknown { name, .. } => format!("details.{name}"),
    }
}

impl From<JsonError> for Problem {
    fn from(error: JsonError) -> Self {
        Self::new(Code::MalformedJson, error)
    }
}

impl From<ReceiveError> for Problem {
    fn from(error: ReceiveError) -> Self {
        let code = match error {
            ReceiveError::UnknownSource(_) => Code::UnknownSource,
            ReceiveError::NotGenuine(_) => Code::NotGenuine,
            ReceiveError::Malformed(error) => return error.into(),
            ReceiveError::Unreadable(_) | ReceiveError::TooLong { .. } => Code::UnreadableWebhook,
            ReceiveError::WrongShop { .. } => Code::WrongShop,
            ReceiveError::Store(error) => return error.into(),
        };
        let problem = Self::new(code, &error);
        match code {
            Code::NotGenuine => problem.with("reason", error.code()),
            _ => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_word_of_its_own_and_a_status_that_says_no() {
        let mut words = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(words.insert(code.as_str()), "{code:?}");
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
        }
    }

    #[test]
    fn places_are_told_as_pointers() {
        for (path, expected) in [
            ("", ""),
            ("created_at", "/created_at"),
            ("line_items[1].quantity", "/line_items/1/quantity"),
            ("line_items[0].taxes[12].rate", "/line_items/0/taxes/12/rate"),
        ] {
            assert_eq!(pointer(path), expected);
        }
    }

    #[test]
    fn what_the_store_says_is_not_shown() {
        let problem = Problem::from(StoreError::Unavailable("/var/lib/secret.db: disk I/O error".to_owned()));
        let body = String::from_utf8(problem.body(Some("req_1"))).expect("text");
        assert!(!body.contains("secret.db") && body.contains("\"unavailable\""), "{body}");
    }

    #[test]
    fn want_of_room_says_when_to_come_back() {
        let response = Problem::from(StoreError::Full("8192 appends wait".to_owned())).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        let problem: &Problem = response.extensions().get().expect("a problem");
        assert_eq!(problem.code, Code::Busy);
    }

    #[test]
    fn statuses_of_others_become_problems_with_the_same_status() {
        for status in [400, 404, 405, 413, 415, 422, 500, 503] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(Problem::of_status(status).code.status(), status);
        }
        assert_eq!(Problem::of_status(StatusCode::IM_A_TEAPOT).code, Code::MalformedRequest);
        assert_eq!(Problem::of_status(StatusCode::BAD_GATEWAY).code, Code::Internal);
    }
}
