//! One line of a bulk request: what it asks for, and its answer.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shopwire_core::ShopId;
use shopwire_dialects::json;
use shopwire_engine::capture::{Change, Expectation, What, Writing, Written};
use shopwire_store::EntityKey;
use utoipa::ToSchema;

use crate::api::collection::kind_in;
use crate::api::writing::is_silent;
use crate::api::written::{self, GivenView};
use crate::problem::{Code, Problem};

/// What is to become of an entity.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ChangeOp)]
pub(crate) enum Op {
    /// `entity` is all of it.
    Put,
    /// `patch` is a JSON Merge Patch of it (RFC 7396).
    Patch,
    /// It goes.
    Delete,
}

/// One line of a bulk request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangeLine, example = json!({"op": "patch", "collection": "orders", "id": "169", "patch": {"status": "shipped"}, "if_match": 7}))]
pub(crate) struct ChangeLine {
    op: Op,
    #[schema(example = "orders")]
    collection: String,
    #[schema(example = "169")]
    id: String,
    /// The whole entity, of a `put`.
    entity: Option<Map<String, Value>>,
    /// What changes, of a `patch`.
    patch: Option<Map<String, Value>>,
    /// The version it must be at, or `*` if it must be there.
    if_match: Option<Value>,
    /// `*` if it must not be there.
    if_none_match: Option<String>,
    /// Why, in one word.
    cause: Option<String>,
    /// Who did it.
    actor: Option<String>,
    /// `none`: the state is taken over silently.
    events: Option<String>,
}

/// The answer to one line.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangeAnswer, example = json!({"line": 1, "status": 201, "id": "169", "version": 1, "events": [{"id": "evt_0193…", "type": "order.created", "subject": "order/169"}]}))]
pub(crate) struct AnswerLine {
    /// The number of the line, from 1; blank lines count.
    line: u64,
    /// The status the change would have been answered with alone.
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The entity's version from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    /// The events that followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<GivenView>>,
    /// Why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<Value>,
}

/// What a line asks for.
pub(super) fn change(shop: ShopId, line: &Bytes, depth_max: usize) -> Result<Change, Problem> {
    json::check(line, depth_max)?;
    // A struct would also be read from a list.
    if !line.trim_ascii_start().starts_with(b"{") {
        let detail = r#"the line is no JSON object: write one as in {"op":"put","collection":"orders","id":"169","entity":{}}"#;
        return Err(Problem::new(Code::MalformedJson, detail.to_owned()));
    }
    let line: ChangeLine = serde_json::from_slice(line).map_err(|error| {
        Problem::new(Code::MalformedJson, format!("the line is not what is expected: {error}"))
    })?;
    let kind = kind_in(&line.collection)?;
    let expectation = expectation(line.if_match.as_ref(), line.if_none_match.as_deref())?;
    let silent = is_silent(line.events.as_deref())?;
    let what = match (line.op, line.entity, line.patch) {
        (Op::Put, Some(entity), None) => What::Put(entity),
        (Op::Patch, None, Some(patch)) => What::Patch(patch),
        (Op::Delete, None, None) => What::Delete,
        _ => {
            return Err(wrong(
                "op",
                "a `put` has an `entity`, a `patch` has a `patch`, a `delete` has neither",
            ));
        }
    };
    let writing = Writing { cause: line.cause, actor: line.actor, expectation, silent };
    Ok(Change { key: EntityKey { shop, kind, id: line.id }, what, writing })
}

fn expectation(if_match: Option<&Value>, if_none_match: Option<&str>) -> Result<Expectation, Problem> {
    match (if_match, if_none_match) {
        (None, None) => Ok(Expectation::Any),
        (Some(Value::String(star)), None) if star == "*" => Ok(Expectation::Present),
        (Some(given), None) => {
            let version = given.as_u64().map(Expectation::Version);
            version.ok_or_else(|| wrong("if_match", "`if_match` must be a version, as in `7`, or `\"*\"`"))
        }
        (None, Some("*")) => Ok(Expectation::Absent),
        (None, Some(_)) => Err(wrong("if_none_match", "`if_none_match` must be `\"*\"`")),
        (Some(_), Some(_)) => Err(wrong("if_match", "`if_match` and `if_none_match` contradict each other")),
    }
}

fn wrong(field: &'static str, detail: &str) -> Problem {
    Problem::new(Code::InvalidField, detail).with("field", field)
}

/// The answer to a line, with its end.
pub(super) fn answer(line: u64, outcome: Result<(String, Written), Problem>) -> Bytes {
    let answer = match outcome {
        Ok((id, done)) => AnswerLine {
            line,
            status: written::status(&done).as_u16(),
            id: Some(id),
            version: Some(done.version),
            events: Some(done.events.iter().map(GivenView::from).collect()),
            problem: None,
        },
        Err(problem) => AnswerLine {
            line,
            status: problem.status().as_u16(),
            id: None,
            version: None,
            events: None,
            problem: Some(problem.json(None)),
        },
    };
    let mut json = serde_json::to_vec(&answer).expect("text and numbers are JSON");
    json.push(b'\n');
    Bytes::from(json)
}
