//! The rules for what an endpoint may be given.

use shopwire_core::delivery::{CustomHeader, RetryPolicy};
use shopwire_core::{DialectId, Limits};

use crate::configure::ConfigureError;
use crate::egress::check_header;

pub(super) fn check_dialect(dialect: DialectId) -> Result<(), ConfigureError> {
    if dialect == DialectId::CloudEvents {
        return Ok(());
    }
    let message = format!(
        "endpoints speak `cloudevents` in this version; sending in `{dialect}` comes with the sending half of the dialects"
    );
    Err(ConfigureError::invalid("dialect", message))
}

/// Whether a header belongs to the delivery itself, beyond what the exchange reserves.
fn is_ours(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "content-type" || name.starts_with("webhook-") || name.starts_with("ce-")
}

pub(super) fn check_headers(headers: &[CustomHeader], max: usize) -> Result<(), ConfigureError> {
    if headers.len() > max {
        return Err(ConfigureError::Limit { name: "headers_per_endpoint_max", max });
    }
    for (index, CustomHeader { name, value }) in headers.iter().enumerate() {
        check_header(name, value.expose()).map_err(|error| ConfigureError::invalid("headers", error))?;
        if is_ours(name) {
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

#[cfg(test)]
mod tests {
    use shopwire_core::Secret;

    use super::*;

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
            assert!(check_headers(&[header(name, "v")], 5).is_err(), "{name}");
        }
        assert!(check_headers(&[header("Authorization", "Bearer x"), header("X-Env", "")], 5).is_ok());
        assert!(check_headers(&[header("X-Env", "1"), header("x-env", "2")], 5).is_err());
        assert!(matches!(
            check_headers(&[header("a", ""), header("b", "")], 1),
            Err(ConfigureError::Limit { name: "headers_per_endpoint_max", max: 1 })
        ));
        let error =
            check_headers(&[header("X-Key", "sword\r\nfish")], 5).expect_err("a line end").to_string();
        assert!(error.contains("X-Key") && !error.contains("sword"), "{error}");
    }

    #[test]
    fn windows_and_dialects_have_bounds() {
        assert!(check_in_flight(1, 64).is_ok() && check_in_flight(64, 64).is_ok());
        assert!(check_in_flight(0, 64).is_err() && check_in_flight(65, 64).is_err());
        assert!(check_dialect(DialectId::CloudEvents).is_ok());
        for platform in DialectId::PLATFORMS {
            let error = check_dialect(platform).expect_err("not yet").to_string();
            assert!(error.contains("cloudevents") && error.contains(platform.as_str()), "{error}");
        }
    }
}
