//! Every limit by its name.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

macro_rules! limits {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty = $default:expr;)*) => {
        /// The limits of one running Shopwire. Each is a key of the same name in the configuration's `[limits]`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Limits {
            $($(#[doc = $doc])* pub $name: $type,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Limits {
            /// Name, default and meaning of every limit, for the reference.
            pub fn reference() -> Vec<(&'static str, u64, &'static str)> {
                vec![$((stringify!($name), u64::try_from($default).unwrap_or(u64::MAX), concat!($($doc),*).trim_ascii()),)*]
            }
        }
    };
}

limits! {
    /// Bytes of a request body; more is answered 413.
    body_bytes_max: usize = 1 << 20;
    /// Bytes of a request's head; more is answered 431.
    header_bytes_max: usize = 32 << 10;
    /// Levels a JSON body may be nested; deeper is answered 400. At most 120.
    json_depth_max: usize = 64;
    /// Characters of a topic or of an event's id, as a webhook states them; longer ones are answered 400.
    topic_chars_max: usize = 255;
    /// Characters of a subject, its kind included; longer ones are answered 400.
    subject_chars_max: usize = 512;
    /// Milliseconds a client has to send its whole request; slower ones are cut off.
    request_deadline_ms: u64 = 10_000;
    /// Connections served at the same time; more wait to be accepted.
    connections_max: usize = 4_096;
    /// Requests that may wait for the disk at the same time; more are answered 503 with `Retry-After`.
    appends_waiting_max: usize = 8_192;
    /// Bytes of a receiver's response that are kept with the attempt.
    response_bytes_max: usize = 4 << 10;
    /// Milliseconds one attempt may take, from connecting to the last byte of the answer.
    exchange_deadline_ms: u64 = 15_000;
    /// Milliseconds one attempt may take to connect.
    connect_timeout_ms: u64 = 5_000;
    /// Attempts of one delivery: a retry policy with as many delays is refused. Waits that use up no delay (asked for by the
    /// receiver, or our own fault) are bounded by ten times as many attempts.
    attempts_max: usize = 50;
    /// Milliseconds after which a delivery is given up, whatever its policy says.
    delivery_age_max_ms: u64 = 7 * 24 * 3_600_000;
    /// Milliseconds that a receiver's `Retry-After` can put off an attempt at most.
    retry_after_max_ms: u64 = 24 * 3_600_000;
    /// Deliveries in flight to one endpoint.
    in_flight_per_endpoint_max: usize = 64;
    /// Deliveries in flight overall, beside two that each endpoint always has room for.
    in_flight_max: usize = 1_024;
    /// Deliveries in flight to one host, shared fairly among its endpoints, beside the two that each has room for.
    in_flight_per_host_max: usize = 128;
    /// Failures in a row, a minute apart at most, after which an endpoint is left alone; a time-out counts as four.
    breaker_failures_max: usize = 50;
    /// Milliseconds for which an endpoint is left alone at first; twice as many after each probe that fails.
    breaker_delay_ms: u64 = 10_000;
    /// Milliseconds for which an endpoint is left alone at most, before it is probed again.
    breaker_delay_max_ms: u64 = 600_000;
    /// Milliseconds without a success after which an endpoint is disabled, unless it has a span of its own; also the
    /// longest such span. In a platform's dialect the platform's rules hold instead.
    endpoint_failing_max_ms: u64 = 5 * 24 * 3_600_000;
    /// Bytes of committed events held in memory for the lanes; beyond it they read on from the log.
    queued_event_bytes_max: usize = 32 << 20;
    /// Deliveries of one endpoint that may wait for a retry by name; beyond it the lane takes no further event.
    waiting_per_endpoint_max: usize = 10_000;
    /// Events per second that one replay queues, and at most may be asked to; several replays have as many each.
    replay_rate_max: u64 = 1_000;
    /// Deliveries of one endpoint that may wait by name before replays to it queue no more; never more than half of
    /// `waiting_per_endpoint_max`.
    replay_waiting_max: usize = 1_000;
    /// Replays that run at the same time; further ones wait. One whose endpoint has no room for more does not count.
    replays_running_max: usize = 4;
    /// Replays that are known, ended ones too: the oldest of these make room.
    replays_max: usize = 1_000;
    /// Milliseconds for which dead letters are kept. At least 1 hour.
    dead_letter_keep_ms: u64 = 30 * 24 * 3_600_000u64;
    /// Shops that may be configured.
    shops_max: usize = 100_000;
    /// Apps that may be configured.
    apps_max: usize = 10_000;
    /// Sources that may be configured.
    sources_max: usize = 100_000;
    /// Endpoints that may be configured.
    endpoints_max: usize = 10_000;
    /// API tokens that may be configured; every request looks through them.
    tokens_max: usize = 1_000;
    /// Topic patterns of one endpoint.
    topics_per_endpoint_max: usize = 200;
    /// Custom headers of one endpoint.
    headers_per_endpoint_max: usize = 20;
    /// Bytes of the names and values of one endpoint's custom headers together: with the delivery's own they must fit into
    /// a request's head.
    endpoint_header_bytes_max: usize = 16 << 10;
    /// Secrets of one source, app or endpoint that may be active together.
    secrets_active_max: usize = 10;
    /// Rejected requests that are kept; the oldest make room.
    rejections_max: usize = 1_000;
    /// Bytes of a rejected request's body that are kept.
    rejection_body_bytes_max: usize = 2 << 10;
    /// Items on one page of a list.
    page_size_max: usize = 250;
    /// Rows looked at for one page of a filtered list; the page may then be short and still have a next one.
    scan_rows_max: usize = 20_000;
    /// Bytes of one entity's state as JSON; more is answered 413.
    entity_bytes_max: usize = 1 << 20;
    /// Characters of a change's `cause` or `actor`; longer ones are answered 422.
    cause_chars_max: usize = 255;
    /// Bytes that all events of one change may have together: each event of a cart's line tells the whole cart.
    change_events_bytes_max: usize = 64 << 20;
    /// Bytes of one line of a bulk request; a longer one is not done, and answered 413.
    bulk_line_bytes_max: usize = 1 << 20;
    /// Lines of one bulk request; at the first beyond them it ends.
    bulk_lines_max: usize = 1_000_000;
    /// Lines of one bulk request at work at the same time.
    bulk_in_flight_max: usize = 256;
    /// Bytes of the lines at work at the same time, over all bulk requests; a short line counts as 4 KiB.
    bulk_bytes_max: usize = 32 << 20;
    /// Milliseconds for which identity keys of received webhooks are remembered. At least 7 days.
    dedup_keep_ms: u64 = 8 * 24 * 3_600_000;
    /// Milliseconds for which answers to requests with an `Idempotency-Key` are remembered.
    idempotency_keep_ms: u64 = 24 * 3_600_000;
    /// Milliseconds for which events are kept. What an endpoint has still to get is kept longer. At least as long as a delivery
    /// may take (`delivery_age_max_ms`) and identity keys are remembered (`dedup_keep_ms`).
    retention_ms: u64 = 30 * 24 * 3_600_000_u64;
    /// Milliseconds for which events are kept that an endpoint has still to get, a paused or disabled one too. Then they are let
    /// go of, and that is told. At least `retention_ms`.
    retention_undelivered_ms: u64 = 60 * 24 * 3_600_000_u64;
    /// Bytes the log may have: beyond them the oldest events are let go of, however young. What an endpoint has still to get is
    /// kept until the log has half as much again. 0 is without a bound; else at least twice `log_segment_bytes`.
    log_bytes_max: u64 = 0;
    /// Bytes after which a new file of the log is begun, from 1 MiB to 1 GiB. Only whole files are let go of; the last one is
    /// read when the store is opened.
    log_segment_bytes: u64 = 128 << 20;
    /// Subjects that one request may ask to be erased.
    erasure_subjects_max: usize = 100;
}

/// A limit that can't be kept as it was set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("limit `{name}` is {given}, expected {expected}")]
pub struct LimitError {
    /// The limit.
    pub name: &'static str,
    /// What it was set to.
    pub given: u64,
    /// What it may be.
    pub expected: String,
}

const SEVEN_DAYS_MS: u64 = 7 * 24 * 3_600_000;
const LOG_SEGMENT_BYTES: RangeInclusive<u64> = 1 << 20..=1 << 30;

impl Limits {
    /// Whether the limits can be kept: none that must let something through is zero, and promises that depend on them hold.
    pub fn validate(&self) -> Result<(), LimitError> {
        let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let at_least = [
            ("body_bytes_max", wide(self.body_bytes_max), 1_024),
            ("header_bytes_max", wide(self.header_bytes_max), 8_192),
            ("json_depth_max", wide(self.json_depth_max), 8),
            ("request_deadline_ms", self.request_deadline_ms, 100),
            ("connections_max", wide(self.connections_max), 1),
            ("appends_waiting_max", wide(self.appends_waiting_max), 1),
            ("exchange_deadline_ms", self.exchange_deadline_ms, 100),
            ("connect_timeout_ms", self.connect_timeout_ms, 10),
            ("attempts_max", wide(self.attempts_max), 1),
            ("delivery_age_max_ms", self.delivery_age_max_ms, 1_000),
            ("in_flight_per_endpoint_max", wide(self.in_flight_per_endpoint_max), 1),
            ("in_flight_max", wide(self.in_flight_max), 1),
            ("in_flight_per_host_max", wide(self.in_flight_per_host_max), 1),
            ("breaker_failures_max", wide(self.breaker_failures_max), 2),
            ("breaker_delay_ms", self.breaker_delay_ms, 100),
            ("breaker_delay_max_ms", self.breaker_delay_max_ms, self.breaker_delay_ms),
            ("endpoint_failing_max_ms", self.endpoint_failing_max_ms, 60_000),
            ("queued_event_bytes_max", wide(self.queued_event_bytes_max), 1 << 20),
            ("waiting_per_endpoint_max", wide(self.waiting_per_endpoint_max), 1),
            ("page_size_max", wide(self.page_size_max), 1),
            ("entity_bytes_max", wide(self.entity_bytes_max), 1_024),
            ("change_events_bytes_max", wide(self.change_events_bytes_max), 1 << 20),
            ("bulk_line_bytes_max", wide(self.bulk_line_bytes_max), 1_024),
            ("bulk_in_flight_max", wide(self.bulk_in_flight_max), 1),
            ("bulk_bytes_max", wide(self.bulk_bytes_max), wide(self.bulk_line_bytes_max)),
            ("scan_rows_max", wide(self.scan_rows_max), 100),
            ("secrets_active_max", wide(self.secrets_active_max), 2),
            ("dedup_keep_ms", self.dedup_keep_ms, SEVEN_DAYS_MS),
            ("retention_ms", self.retention_ms, self.delivery_age_max_ms.max(self.dedup_keep_ms)),
            ("retention_undelivered_ms", self.retention_undelivered_ms, self.retention_ms),
            ("erasure_subjects_max", wide(self.erasure_subjects_max), 1),
            ("replay_rate_max", self.replay_rate_max, 1),
            ("replay_waiting_max", wide(self.replay_waiting_max), 1),
            ("replays_running_max", wide(self.replays_running_max), 1),
            ("replays_max", wide(self.replays_max), 1),
            ("dead_letter_keep_ms", self.dead_letter_keep_ms, 3_600_000),
        ];
        for (name, given, least) in at_least {
            if given < least {
                return Err(LimitError { name, given, expected: format!("at least {least}") });
            }
        }
        self.validate_log()?;
        // The parser itself stops at 128 levels.
        if self.json_depth_max > 120 {
            let given = wide(self.json_depth_max);
            return Err(LimitError { name: "json_depth_max", given, expected: "at most 120".to_owned() });
        }
        Ok(())
    }

    fn validate_log(&self) -> Result<(), LimitError> {
        if !LOG_SEGMENT_BYTES.contains(&self.log_segment_bytes) {
            let expected = format!("{} to {}", LOG_SEGMENT_BYTES.start(), LOG_SEGMENT_BYTES.end());
            return Err(LimitError { name: "log_segment_bytes", given: self.log_segment_bytes, expected });
        }
        // The file that is written to can't be let go of.
        let least = self.log_segment_bytes * 2;
        if (1..least).contains(&self.log_bytes_max) {
            let expected = format!("0, or at least {least}");
            return Err(LimitError { name: "log_bytes_max", given: self.log_bytes_max, expected });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_a_key_with_a_meaning() {
        let json = serde_json::to_value(Limits::default()).expect("json");
        let reference = Limits::reference();
        assert_eq!(json.as_object().expect("an object").len(), reference.len());
        for (name, default, meaning) in reference {
            assert_eq!(json[name].as_u64(), Some(default), "{name}");
            assert!(meaning.len() > 15, "{name}");
        }
    }

    #[test]
    fn limits_that_would_break_a_promise_are_refused() {
        assert_eq!(Limits::default().validate(), Ok(()));
        let too_short = Limits { dedup_keep_ms: 3_600_000, ..Limits::default() };
        let error = too_short.validate().expect_err("seven days are promised").to_string();
        assert_eq!(error, "limit `dedup_keep_ms` is 3600000, expected at least 604800000");
        let too_deep = Limits { json_depth_max: 128, ..Limits::default() };
        assert_eq!(too_deep.validate().expect_err("the parser stops earlier").name, "json_depth_max");
        let at_once = Limits { dead_letter_keep_ms: 60_000, ..Limits::default() };
        assert_eq!(at_once.validate().expect_err("nobody could see them").name, "dead_letter_keep_ms");
        for (name, limits) in [
            ("replay_rate_max", Limits { replay_rate_max: 0, ..Limits::default() }),
            ("replay_waiting_max", Limits { replay_waiting_max: 0, ..Limits::default() }),
            ("replays_running_max", Limits { replays_running_max: 0, ..Limits::default() }),
            ("replays_max", Limits { replays_max: 0, ..Limits::default() }),
        ] {
            assert_eq!(limits.validate().expect_err("no replay could go on").name, name);
        }
        let nothing = Limits { in_flight_max: 0, ..Limits::default() };
        assert_eq!(nothing.validate().expect_err("nothing could be sent").name, "in_flight_max");
    }

    #[test]
    fn events_are_not_let_go_of_that_may_still_be_delivered_or_recognised() {
        const DAY_MS: u64 = 24 * 3_600_000;
        let kept = |retention_days: u64, undelivered_days: u64, log_bytes_max: u64| {
            let (retention_ms, retention_undelivered_ms) =
                (retention_days * DAY_MS, undelivered_days * DAY_MS);
            let limits =
                Limits { retention_ms, retention_undelivered_ms, log_bytes_max, ..Limits::default() };
            limits.validate().map_err(|error| error.name)
        };
        assert_eq!(kept(8, 8, 0), Ok(()));
        let least = Limits::default().log_segment_bytes * 2;
        assert_eq!(kept(8, 8, least), Ok(()));
        assert_eq!(kept(7, 60, 0), Err("retention_ms"), "identity keys are remembered for eight days");
        assert_eq!(kept(30, 29, 0), Err("retention_undelivered_ms"));
        for little in [1, least - 1] {
            assert_eq!(kept(30, 60, little), Err("log_bytes_max"));
        }
        for log_segment_bytes in [0, (1 << 20) - 1, (1 << 30) + 1, u64::MAX] {
            let cut = Limits { log_segment_bytes, ..Limits::default() };
            assert_eq!(cut.validate().expect_err("a file is no end in itself").name, "log_segment_bytes");
        }
        let long = Limits { delivery_age_max_ms: 31 * DAY_MS, ..Limits::default() };
        assert_eq!(long.validate().expect_err("deliveries may take longer").name, "retention_ms");
    }

    #[test]
    fn unknown_names_are_refused() {
        let error = serde_json::from_str::<Limits>(r#"{"body_bytes": 1}"#).expect_err("unknown").to_string();
        assert!(error.contains("unknown field `body_bytes`"), "{error}");
    }
}
