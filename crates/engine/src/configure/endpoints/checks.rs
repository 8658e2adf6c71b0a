//! The rules for what an endpoint may be given.

use shopwire_core::delivery::{CustomHeader, Rate, RetryPolicy};
use shopwire_core::{DialectId, Limits};

use crate::configure::ConfigureError;
use crate::egress::check_header;

/// Whether a header belongs to the delivery itself, beyond what the exchange reserves. Every platform but BigCommerce, which
/// signs as Standard Webhooks do, has its name in those of its own.
fn is_ours(dialect: DialectId, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "content-type"
        || name.starts_with("webhook-")
        || name.starts_with("ce-")
        || name.contains(dialect.as_str())
}

pub(super) fn check_headers(
    dialect: DialectId,
    headers: &[CustomHeader],
    limits: &Limits,
) -> Result<(), ConfigureError> {
    let max = limits.headers_per_endpoint_max;
    if headers.len() > max {
        return Err(ConfigureError::Limit { name: "headers_per_endpoint_max", max });
    }
    let bytes: usize = headers.iter().map(|header| header.name.len() + header.value.expose().len()).sum();
    let max = limits.endpoint_header_bytes_max;
    if bytes > max {
        let message = format!(
            "`headers` have {bytes} bytes together, at most {max} (limit `endpoint_header_bytes_max`)"
        );
        return Err(ConfigureError::invalid("headers", message));
    }
    for (index, CustomHeader { name, value }) in headers.iter().enumerate() {
        check_header(name, value.expose()).map_err(|error| ConfigureError::invalid("headers", error))?;
        if is_ours(dialect, name) {
            let message = format!("header `{name}` is set by the delivery itself: remove it");
            return Err(ConfigureError::invalid("headers", message));
        }
        if headers[..index].iter().any(|earlier| earlier.name.eq_ignore_ascii_case(name)) {
            let message = format!("header `{name}` is given twice: give it once");
            return Err(ConfigureError::invalid("headers", message));
        }
    }
    Ok(())
}

pub(super) fn check_retry(retry: &RetryPolicy, limits: &Limits) -> Result<(), ConfigureError> {
    let checked = retry.validate(limits.attempts_max, limits.delivery_age_max_ms);
    checked.map_err(|error| ConfigureError::invalid("retry", error))
}

pub(super) fn check_in_flight(given: usize, max: usize) -> Result<usize, ConfigureError> {
    if (1..=max).contains(&given) {
        return Ok(given);
    }
    let message =
        format!("`in_flight_max` is {given}, expected 1 to {max} (limit `in_flight_per_endpoint_max`)");
    Err(ConfigureError::invalid("in_flight_max", message))
}

pub(super) fn check_connections(given: Option<usize>, max: usize) -> Result<Option<usize>, ConfigureError> {
    match given {
        Some(given) if !(1..=max).contains(&given) => {
            let message = format!(
                "`connections_max` is {given}, expected 1 to {max} (limit `in_flight_per_endpoint_max`)"
            );
            Err(ConfigureError::invalid("connections_max", message))
        }
        given => Ok(given),
    }
}

pub(super) fn check_rate(given: Option<Rate>) -> Result<Option<Rate>, ConfigureError> {
    match given.map_or(Ok(()), |rate| rate.validate()) {
        Ok(()) => Ok(given),
        Err(error) => Err(ConfigureError::invalid("rate", error)),
    }
}

/// The shortest span that an endpoint may have before it is disabled, in milliseconds.
const FAILING_MIN_MS: u64 = 60_000;

pub(super) fn check_failing_max(given_ms: u64, max_ms: u64) -> Result<u64, ConfigureError> {
    if (FAILING_MIN_MS..=max_ms).contains(&given_ms) {
        return Ok(given_ms);
    }
    let message = format!(
        "`failing_max_ms` is {given_ms}, expected {FAILING_MIN_MS} to {max_ms} (limit `endpoint_failing_max_ms`)"
    );
    Err(ConfigureError::invalid("failing_max_ms", message))
}

#[cfg(test)]
mod tests {
    use shopwire_core::Secret;

    use super::*;

    const CLOUD_EVENTS: DialectId = DialectId::CloudEvents;

    fn header(name: &str, value: &str) -> CustomHeader {
        CustomHeader { name: name.to_owned(), value: Secret::new(value) }
    }

    #[test]
    fn headers_of_the_delivery_itself_can_not_be_set() {
        for name in [
            "Host",
            "content-length",
            "Content-Type",
            "Transfer-Encoding",
            "Connection",
            "Webhook-Id",
            "webhook-signature",
            "CE-Type",
            "X Y",
            "",
        ] {
            assert!(check_headers(CLOUD_EVENTS, &[header(name, "v")], &Limits::default()).is_err(), "{name}");
        }
        assert!(
            check_headers(
                CLOUD_EVENTS,
                &[header("Authorization", "Bearer x"), header("X-Env", "")],
                &Limits::default()
            )
            .is_ok()
        );
        assert!(
            check_headers(CLOUD_EVENTS, &[header("X-Env", "1"), header("x-env", "2")], &Limits::default())
                .is_err()
        );
        assert!(matches!(
            check_headers(
                CLOUD_EVENTS,
                &[header("a", ""), header("b", "")],
                &Limits { headers_per_endpoint_max: 1, ..Limits::default() }
            ),
            Err(ConfigureError::Limit { name: "headers_per_endpoint_max", max: 1 })
        ));
        let error = check_headers(CLOUD_EVENTS, &[header("X-Key", "sword\r\nfish")], &Limits::default())
            .expect_err("a line end")
            .to_string();
        assert!(error.contains("X-Key") && !error.contains("sword"), "{error}");
    }

    #[test]
    fn headers_together_fit_into_a_head() {
        let limits = Limits { endpoint_header_bytes_max: 10, ..Limits::default() };
        assert!(check_headers(CLOUD_EVENTS, &[header("X-A", "12"), header("X-B", "34")], &limits).is_ok());
        let error = check_headers(CLOUD_EVENTS, &[header("X-A", "12"), header("X-B", "345")], &limits);
        let error = error.expect_err("11 bytes").to_string();
        assert_eq!(error, "`headers` have 11 bytes together, at most 10 (limit `endpoint_header_bytes_max`)");
    }

    #[test]
    fn windows_have_bounds() {
        assert!(check_in_flight(1, 64).is_ok() && check_in_flight(64, 64).is_ok());
        assert!(check_in_flight(0, 64).is_err() && check_in_flight(65, 64).is_err());
    }

    #[test]
    fn connections_rates_and_spans_have_bounds() {
        assert_eq!(check_connections(None, 64).expect("the default"), None);
        assert!(check_connections(Some(64), 64).is_ok() && check_connections(Some(1), 64).is_ok());
        assert!(check_connections(Some(0), 64).is_err() && check_connections(Some(65), 64).is_err());
        let rate = |per_second, burst| check_rate(Some(Rate { per_second, burst }));
        assert!(check_rate(None).is_ok() && rate(0.5, None).is_ok() && rate(10.0, Some(1)).is_ok());
        assert!(rate(0.0, None).is_err() && rate(1.0, Some(0)).is_err() && rate(f64::NAN, None).is_err());
        assert!(check_failing_max(60_000, 60_000).is_ok());
        let error = check_failing_max(59_999, 100_000).expect_err("too short").to_string();
        assert_eq!(
            error,
            "`failing_max_ms` is 59999, expected 60000 to 100000 (limit `endpoint_failing_max_ms`)"
        );
    }

    #[test]
    fn no_header_takes_the_place_of_a_platforms_own() {
        for (dialect, name) in [
            (DialectId::Ecwid, "X-Ecwid-Webhook-Signature"),
            (DialectId::Shoptet, "shoptet-webhook-signature"),
            (DialectId::Shoplazza, "X-Shoplazza-Topic"),
            (DialectId::Duda, "x-duda-signature"),
            (DialectId::BigCommerce, "webhook-id"),
        ] {
            assert!(check_headers(dialect, &[header(name, "v")], &Limits::default()).is_err(), "{name}");
            assert!(check_headers(dialect, &[header("Authorization", "v")], &Limits::default()).is_ok());
        }
    }
}
