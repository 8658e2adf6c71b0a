//! Endpoints: where events go.

use serde::{Deserialize, Serialize};

use super::{Rate, RetryPolicy, TopicPattern, Trouble};
use crate::{AppId, DialectId, EndpointId, HoldsSecrets, Secret, SecretVersion, ShopId, Timestamp};

/// An outbound address with all that decides what is sent there and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// A name for people.
    pub name: String,
    /// The dialect it is spoken to in.
    pub dialect: DialectId,
    /// The app it belongs to: its secrets sign, and its scopes say which events it gets. Only in a platform's dialect.
    #[serde(default)]
    pub app: Option<AppId>,
    /// The one shop whose events it gets; `None` for all shops (of its app: all that installed it).
    #[serde(default)]
    pub shop: Option<ShopId>,
    /// Where to.
    pub url: String,
    /// What it wants to hear of.
    pub topics: Vec<TopicPattern>,
    /// How canonical events are put into a request.
    #[serde(default)]
    pub mode: ContentMode,
    /// Headers that come with every request.
    #[serde(default)]
    pub headers: Vec<CustomHeader>,
    /// Its own secrets, newest first; all that have not expired sign. With none, those of its app do.
    pub secrets: Vec<SecretVersion>,
    /// What order is kept.
    #[serde(default)]
    pub ordering: Ordering,
    /// When failed deliveries are tried again; `None` for the policy of its dialect.
    #[serde(default)]
    pub retry: Option<RetryPolicy>,
    /// Deliveries in flight at the same time.
    pub in_flight_max: usize,
    /// Connections open at the same time. Each carries one delivery at a time, so that no more than so many are in flight;
    /// `None` for as many as may be in flight.
    #[serde(default)]
    pub connections_max: Option<usize>,
    /// How often it is sent to at most; `None` for as often as it can take.
    #[serde(default)]
    pub rate: Option<Rate>,
    /// Milliseconds without a success after which it is disabled; `None` for the operator's limit.
    #[serde(default)]
    pub failing_max_ms: Option<u64>,
    /// That it is failing, as it was told last.
    #[serde(default)]
    pub trouble: Option<Trouble>,
    /// Whether it is sent to.
    #[serde(default)]
    pub state: EndpointState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// How a CloudEvent is put into a request (CloudEvents 1.0 HTTP binding).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentMode {
    /// All of it in the body.
    #[default]
    Structured,
    /// Attributes in `ce-` headers, data in the body.
    Binary,
}

/// What order is kept among the deliveries to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ordering {
    /// Events of one subject are delivered in the order of the log; other subjects do not wait.
    #[default]
    Subject,
    /// None.
    None,
}

/// A header of the operator's own. Its value may be a credential, so it is kept like a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomHeader {
    /// The name, sent in this letter case.
    pub name: String,
    /// The value; stored encrypted, never serialised.
    #[serde(skip)]
    pub value: Secret,
}

/// Whether an endpoint is sent to. Its events are kept in every state but the last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EndpointState {
    /// It is.
    #[default]
    Active,
    /// Not, by an operator's wish.
    Paused {
        /// Since when.
        since: Timestamp,
    },
    /// Not, because of how its receiver fared: what it answered, or that nothing reached it for too long.
    Disabled {
        /// Since when.
        since: Timestamp,
        /// Why, for people.
        reason: String,
    },
    /// Never again: its platform deletes the subscription of a receiver that fails for too long. It gets no further events
    /// and can't be resumed; its dead letters stay until it is deleted.
    Removed {
        /// Since when.
        since: Timestamp,
        /// Why, for people.
        reason: String,
    },
}

impl Endpoint {
    /// Whether it is sent to.
    pub const fn is_active(&self) -> bool {
        matches!(self.state, EndpointState::Active)
    }

    /// Connections open at the same time.
    pub fn connections(&self) -> usize {
        self.connections_max.unwrap_or(self.in_flight_max)
    }
}

impl HoldsSecrets for Endpoint {
    fn secrets(&self) -> Vec<&Secret> {
        self.secrets.iter().map(|v| &v.secret).chain(self.headers.iter().map(|h| &h.value)).collect()
    }

    fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        let signing = self.secrets.iter_mut().map(|v| &mut v.secret);
        signing.chain(self.headers.iter_mut().map(|h| &mut h.value)).collect()
    }
}
