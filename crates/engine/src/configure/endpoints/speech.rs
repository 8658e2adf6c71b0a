//! What follows from the dialect that an endpoint is spoken to in.

use shopwire_core::delivery::{ContentMode, Ordering, RetryPolicy};
use shopwire_core::{App, DialectId, Limits, Secret, Timestamp};
use shopwire_dialects::Key;

use super::checks::{check_failing_max, check_retry};
use crate::Engine;
use crate::configure::{ConfigureError, secrets};

/// The dialect that is given, or else the app's, or else `cloudevents`.
pub(super) fn dialect(given: Option<DialectId>, app: Option<&App>) -> Result<DialectId, ConfigureError> {
    match (given, app) {
        (Some(given), Some(app)) if given != app.dialect => {
            let message = format!(
                "app `{}` is one of {}, so that its endpoints are not spoken to in `{given}`: leave the dialect out",
                app.id, app.dialect
            );
            Err(ConfigureError::invalid("dialect", message))
        }
        (given, app) => Ok(given.or(app.map(|app| app.dialect)).unwrap_or(DialectId::CloudEvents)),
    }
}

/// Only CloudEvents have a binary form.
pub(super) fn mode(dialect: DialectId, given: ContentMode) -> Result<ContentMode, ConfigureError> {
    if given == ContentMode::Structured || dialect == DialectId::CloudEvents {
        return Ok(given);
    }
    let message = format!("requests in {dialect}'s dialect have one form only: leave `mode` out");
    Err(ConfigureError::invalid("mode", message))
}

/// Platforms promise no order.
pub(super) fn ordering(dialect: DialectId, given: Option<Ordering>) -> Ordering {
    let usual = if dialect == DialectId::CloudEvents { Ordering::Subject } else { Ordering::None };
    given.unwrap_or(usual)
}

/// A platform's schedule is its own.
pub(super) fn retry(
    dialect: DialectId,
    given: Option<RetryPolicy>,
    limits: &Limits,
) -> Result<Option<RetryPolicy>, ConfigureError> {
    match given {
        None if dialect != DialectId::CloudEvents => Ok(None),
        Some(_) if dialect != DialectId::CloudEvents => {
            let message =
                format!("deliveries in {dialect}'s dialect are retried as {dialect} does: leave `retry` out");
            Err(ConfigureError::invalid("retry", message))
        }
        given => {
            let retry = given.unwrap_or_default();
            check_retry(&retry, limits)?;
            Ok(Some(retry))
        }
    }
}

/// When a platform gives an endpoint up is its own matter.
pub(super) fn failing_max(
    dialect: DialectId,
    given_ms: Option<u64>,
    limits: &Limits,
) -> Result<Option<u64>, ConfigureError> {
    match given_ms {
        Some(_) if dialect != DialectId::CloudEvents => {
            let message = format!(
                "an endpoint in {dialect}'s dialect is given up as {dialect} does: leave `failing_max_ms` out"
            );
            Err(ConfigureError::invalid("failing_max_ms", message))
        }
        given_ms => given_ms.map(|ms| check_failing_max(ms, limits.endpoint_failing_max_ms)).transpose(),
    }
}

impl Engine {
    /// An endpoint's own secret: for `cloudevents` the given one or a new one; for a platform the one it gave out, which an
    /// endpoint of an app can do without.
    pub(super) fn own_secret(
        &self,
        dialect: DialectId,
        has_app: bool,
        given: Option<Secret>,
        now: Timestamp,
    ) -> Result<Option<Secret>, ConfigureError> {
        match given {
            Some(secret) if dialect == DialectId::CloudEvents => {
                secrets::check_whsec(&secret)?;
                Ok(Some(secret))
            }
            None if dialect == DialectId::CloudEvents => Ok(Some(Secret::new_whsec(self.random()))),
            Some(secret) => {
                secrets::check_secret("secret", &secret)?;
                secrets::check_fits("secret", dialect, &Key::Signing(secret.clone()), now, self.random())?;
                Ok(Some(secret))
            }
            None if has_app => Ok(None),
            None => {
                let message = format!(
                    "requests in {dialect}'s dialect are signed with a secret that its receiver knows: give it as `secret`, or an `app` that has it"
                );
                Err(ConfigureError::invalid("secret", message))
            }
        }
    }
}
