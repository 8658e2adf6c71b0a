//! A webhook comes in: verified, deduplicated, on disk.
//!
//! Nothing else happens before the answer: no matching, no rendering, no delivery. What is not accepted leaves a
//! trace in the bounded list of rejected requests, and nothing in the log.

mod headers;
mod keys;
mod rejected;

use bytes::Bytes;
use shopwire_core::{
    DialectId, Event, EventId, Headers, Origin, ReceivedWebhook, Shop, Source, SourceId, Timestamp,
};
use shopwire_dialects::json::JsonError;
use shopwire_dialects::{
    Dialect, Incoming, Reading, ReceivePolicy, Rejection, ShopIdentity, Unreadable, json,
};
use shopwire_store::{Appended, NewEvent, StoreError};

pub(crate) use rejected::RejectedKeeper;

use crate::Engine;

/// A request to a source.
#[derive(Debug, Clone)]
pub struct ReceivedRequest {
    /// The query string without its question mark.
    pub query: Option<String>,
    /// The header fields.
    pub headers: Headers,
    /// The raw body.
    pub body: Bytes,
}

/// What became of a webhook: it is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The event it became, or was merged into.
    pub event: EventId,
    /// Whether it was a copy.
    pub merged: bool,
    /// The status the platform wants to hear.
    pub status: u16,
}

/// Why a webhook was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// No such address.
    #[error("there is no source `{0}`")]
    UnknownSource(SourceId),
    /// Not genuine.
    #[error(transparent)]
    NotGenuine(#[from] Rejection),
    /// Not JSON, or not clean JSON.
    #[error(transparent)]
    Malformed(#[from] JsonError),
    /// Genuine, but not a webhook of this platform.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Genuine, but something in it is longer than such things are.
    #[error("the webhook's {what} has {chars} characters, at most {max} are accepted")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// How long it is.
        chars: usize,
        /// How long it may be.
        max: usize,
    },
    /// Genuine, but of another shop.
    #[error("the webhook is of another shop: its {part} is `{given}`, this source's shop has `{expected}`")]
    WrongShop {
        /// The part of the identity that differs.
        part: String,
        /// What the webhook says.
        given: String,
        /// What the shop has.
        expected: String,
    },
    /// It could not be put on disk. The platform will send it again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReceiveError {
    /// A stable word for it, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownSource(_) => "unknown_source",
            Self::NotGenuine(rejection) => rejection.code(),
            Self::Malformed(_) => "malformed_json",
            Self::Unreadable(_) => "unreadable",
            Self::TooLong { .. } => "too_long",
            Self::WrongShop { .. } => "wrong_shop",
            Self::Store(_) => "store",
        }
    }

    /// Whether the request itself is at fault, and worth keeping for the operator to look at.
    const fn is_theirs(&self) -> bool {
        !matches!(self, Self::UnknownSource(_) | Self::Store(_))
    }
}

impl Engine {
    /// Takes in a webhook that was posted to a source. `Ok` means that it is on disk.
    pub async fn receive(&self, id: SourceId, request: ReceivedRequest) -> Result<Receipt, ReceiveError> {
        let (started, started_us) = (self.timer().now(), self.timer().monotonic_us());
        let source = self.directory().sources.get(id).ok_or(ReceiveError::UnknownSource(id))?;
        // A source's dialect is a platform's: that is checked when it is made.
        let dialect = shopwire_dialects::get(source.dialect).ok_or(ReceiveError::UnknownSource(id))?;
        let judged = self.judge(&source, dialect, &request, started);
        let reading = match judged {
            Ok(reading) => reading,
            Err(error) => {
                self.keep_rejected(&source, dialect.receive_policy(), &request, &error, started);
                return Err(error);
            }
        };
        let event = self.new_event(&source, reading, request, started, dialect.receive_policy());
        let appended = self.append_in_time(event.0, dialect.receive_policy().answer_within_ms).await?;
        self.count_accepted(source.dialect, &appended, started_us);
        let status = dialect.receive_policy().success;
        Ok(match appended {
            Appended::New(_) => Receipt { event: event.1, merged: false, status },
            Appended::Merged { into, .. } => Receipt { event: into, merged: true, status },
        })
    }

    /// Whether the request is genuine, clean, of this shop, and what it says.
    fn judge(
        &self,
        source: &Source,
        dialect: &dyn Dialect,
        request: &ReceivedRequest,
        now: Timestamp,
    ) -> Result<Reading, ReceiveError> {
        let incoming =
            Incoming { query: request.query.as_deref(), headers: &request.headers, body: &request.body };
        let app = source.app.and_then(|app| self.directory().apps.get(app));
        let keys = keys::active(source, app.as_deref(), now);
        dialect.verify(&incoming, &keys, now)?;
        json::check(&request.body, self.limits().json_depth_max)?;
        let reading = dialect.read(&incoming)?;
        self.check_lengths(&reading)?;
        if let Some(shop) = self.directory().shops.get(source.shop) {
            check_shop(&shop, source.dialect, &reading.shop)?;
        }
        Ok(reading)
    }

    /// What is as long as no real one is would be carried along for ever: into headers, indexes, lists.
    fn check_lengths(&self, reading: &Reading) -> Result<(), ReceiveError> {
        let limits = self.limits();
        let (short, long) = (limits.topic_chars_max, limits.subject_chars_max);
        let event_id = reading.platform_event_id.as_deref().unwrap_or_default();
        for (what, text, max) in [
            ("topic", reading.topic.as_str(), short),
            ("event id", event_id, short),
            ("subject", reading.subject.as_str(), long),
        ] {
            let chars = text.chars().count();
            if chars > max {
                return Err(ReceiveError::TooLong { what, chars, max });
            }
        }
        Ok(())
    }

    /// Appends within three quarters of the time that the platform waits. A webhook that is late is answered "try again";
    /// if it comes to be appended after all, the next copy is merged into it.
    async fn append_in_time(&self, event: NewEvent, answer_within_ms: u64) -> Result<Appended, StoreError> {
        let patience_ms = answer_within_ms / 4 * 3;
        tokio::select! {
            biased;
            appended = self.0.ledger.append(event) => self.metrics().seen(appended),
            () = self.timer().sleep_ms(patience_ms) => {
                Err(StoreError::Full(format!("the disk takes longer than {patience_ms} ms")))
            }
        }
    }

    fn new_event(
        &self,
        source: &Source,
        reading: Reading,
        request: ReceivedRequest,
        now: Timestamp,
        policy: &ReceivePolicy,
    ) -> (NewEvent, EventId) {
        let id = EventId::new(now, self.random());
        let event = Event {
            id,
            shop: source.shop,
            event_type: reading.event_type,
            subject: reading.subject,
            occurred_at: reading.occurred_at.unwrap_or(now),
            received_at: now,
            origin: Origin::Webhook(ReceivedWebhook {
                source: source.id,
                dialect: source.dialect,
                topic: reading.topic,
                platform_event_id: reading.platform_event_id,
                query: headers::query_worth_keeping(request.query.as_deref(), policy),
                headers: headers::worth_keeping(&request.headers, source, policy),
                body: request.body,
            }),
        };
        (NewEvent { event, identity: Some((source.id, reading.identity_key)) }, id)
    }

    fn keep_rejected(
        &self,
        source: &Source,
        policy: &ReceivePolicy,
        request: &ReceivedRequest,
        error: &ReceiveError,
        now: Timestamp,
    ) {
        self.metrics().count_rejected(source.dialect);
        if error.is_theirs() {
            // Kept where it can be looked up; a stranger must not be able to fill the log with lines.
            tracing::debug!(source.id = %source.id, code = error.code(), %error, "webhook rejected");
            let kept = rejected::kept(source, policy, request, error, now, self.limits(), self.random());
            self.0.rejected.keep(kept);
        }
    }

    fn count_accepted(&self, dialect: DialectId, appended: &Appended, started_us: u64) {
        self.metrics().count_received(dialect, matches!(appended, Appended::Merged { .. }));
        self.metrics().accept.observe_us(self.timer().monotonic_us().saturating_sub(started_us));
    }
}

fn check_shop(shop: &Shop, dialect: DialectId, given: &ShopIdentity) -> Result<(), ReceiveError> {
    let Some(known) = shop.identities.get(&dialect) else { return Ok(()) };
    let Some(part) = given.contradiction(known) else { return Ok(()) };
    Err(ReceiveError::WrongShop {
        given: given.get(part).unwrap_or_default().to_owned(),
        expected: known.get(part).cloned().unwrap_or_default(),
        part: part.to_owned(),
    })
}
