//! What became of an event, told endpoint by endpoint.

use serde::Serialize;
use shopwire_core::delivery::Outcome;
use shopwire_core::{EndpointId, Timestamp};
use shopwire_engine::{DeliveryState, DeliveryStory};
use shopwire_store::Merges;
use utoipa::ToSchema;

use super::attempts::AttemptView;

/// Further copies of the event's webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = Merges)]
pub(crate) struct MergesView {
    /// How many came.
    count: u64,
    /// When the last one came.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_at: Option<Timestamp>,
}

impl From<Merges> for MergesView {
    fn from(merges: Merges) -> Self {
        Self { count: merges.count, last_at: merges.last_at }
    }
}

/// What became of an event at one endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryStory)]
pub(crate) struct DeliveryStoryView {
    #[schema(value_type = String)]
    endpoint: EndpointId,
    /// The endpoint's name.
    endpoint_name: String,
    /// `filtered`, `before_endpoint`, `queued`, `held`, `waiting`, `delivered` or `dead`.
    state: &'static str,
    /// Why it is in this state, for people.
    why: String,
    /// When it was delivered or given up.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// When the next attempt is due.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Timestamp>,
    /// The attempts, newest first.
    attempts: Vec<AttemptView>,
}

impl From<&DeliveryStory> for DeliveryStoryView {
    fn from(story: &DeliveryStory) -> Self {
        let (state, why) = told(&story.state);
        let (at, next_at) = match &story.state {
            DeliveryState::Delivered { at } | DeliveryState::Dead { at, .. } => (Some(*at), None),
            DeliveryState::Waiting { next_at, .. } => (None, *next_at),
            _ => (None, None),
        };
        Self {
            endpoint: story.endpoint.id,
            endpoint_name: story.endpoint.name.clone(),
            state,
            why,
            at,
            next_at,
            attempts: story.attempts.iter().map(AttemptView::from).collect(),
        }
    }
}

/// The state as a stable word, and why.
fn told(state: &DeliveryState) -> (&'static str, String) {
    match state {
        DeliveryState::Filtered(why) => ("filtered", (*why).to_owned()),
        DeliveryState::BeforeEndpoint => (
            "before_endpoint",
            "it is older than the endpoint, which gets what happens since it was made".to_owned(),
        ),
        DeliveryState::Queued => ("queued", "the endpoint's lane will come to it".to_owned()),
        DeliveryState::Held => {
            ("held", "the endpoint is paused or disabled; it is sent when the endpoint is resumed".to_owned())
        }
        DeliveryState::Waiting { next_at, last } => ("waiting", waits(next_at.is_some(), last.as_ref())),
        DeliveryState::Delivered { .. } => ("delivered", "the receiver took it".to_owned()),
        DeliveryState::Dead { reason, .. } => ("dead", format!("it was given up: {}", reason.code())),
    }
}

fn waits(is_due: bool, last: Option<&Outcome>) -> String {
    match (is_due, last) {
        (true, Some(outcome)) => format!("the last attempt ended in {outcome}; it is tried again"),
        (true, None) => "it waits for its attempt".to_owned(),
        (false, _) => "it waits for an earlier event of the same subject".to_owned(),
    }
}
