//! Every limit by its name.

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
    /// Attempts of one delivery; more than a retry policy with this many delays is refused.
    attempts_max: usize = 50;
    /// Milliseconds after which a delivery is given up, whatever its policy says.
    delivery_age_max_ms: u64 = 7 * 24 * 3_600_000;
    /// Milliseconds that a receiver's `Retry-After` can put off an attempt at most.
    retry_after_max_ms: u64 = 24 * 3_600_000;
    /// Deliveries in flight to one endpoint.
    in_flight_per_endpoint_max: usize = 64;
    /// Deliveries in flight overall.
    in_flight_max: usize = 1_024;
    /// Bytes of committed events held in memory for the lanes; beyond it they read on from the log.
    queued_event_bytes_max: usize = 32 << 20;
    /// Deliveries of one endpoint that may wait for a retry by name; beyond it the lane takes no further event.
    waiting_per_endpoint_max: usize = 10_000;
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
    /// Milliseconds for which identity keys of received webhooks are remembered. At least 7 days.
    dedup_keep_ms: u64 = 8 * 24 * 3_600_000;
    /// Milliseconds for which answers to requests with an `Idempotency-Key` are remembered.
    idempotency_keep_ms: u64 = 24 * 3_600_000;
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
    fn unknown_names_are_refused() {
        let error = serde_json::from_str::<Limits>(r#"{"body_bytes": 1}"#).expect_err("unknown").to_string();
        assert!(error.contains("unknown field `body_bytes`"), "{error}");
    }
}
