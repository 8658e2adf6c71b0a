//! Secrets and their rotation: the old one stays good for a while beside the new one.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use shopwire_core::{DialectId, Random, Secret, SecretVersion, Timestamp};
use shopwire_dialects::{Key, SampleFacts, ShopIdentity};

use super::ConfigureError;

/// How long a former secret stays good unless one says otherwise: a day, in milliseconds.
pub const OVERLAP_DEFAULT_MS: u64 = 24 * 3_600_000;
/// How long a former secret may stay good: a week, in milliseconds.
const OVERLAP_MAX_MS: u64 = 7 * OVERLAP_DEFAULT_MS;
/// Bytes a platform's secret may have.
const SECRET_BYTES_MAX: usize = 1_000;

/// When former secrets end, if the new one begins `now`.
pub(super) fn overlap_end(overlap_ms: u64, now: Timestamp) -> Result<Timestamp, ConfigureError> {
    if overlap_ms > OVERLAP_MAX_MS {
        let message = format!(
            "`overlap_ms` is {overlap_ms}, expected 0 (the former secret ends at once) to {OVERLAP_MAX_MS} (a week)"
        );
        return Err(ConfigureError::invalid("overlap_ms", message));
    }
    Ok(now.plus_ms(i64::try_from(overlap_ms).unwrap_or(i64::MAX)))
}

/// Lets a secret end at `end`, unless it ends earlier anyway.
pub(super) fn expire(version: &mut SecretVersion, end: Timestamp) {
    version.expires_at = Some(version.expires_at.map_or(end, |at| at.min(end)));
}

/// Puts a new secret before the former ones, which end at `end`; drops those that have ended.
pub(super) fn rotate(versions: &mut Vec<SecretVersion>, secret: Secret, now: Timestamp, end: Timestamp) {
    versions.iter_mut().for_each(|version| expire(version, end));
    versions.retain(|version| version.is_active(now));
    versions.insert(0, SecretVersion::new(secret, now));
}

/// Whether so many secrets may be active together.
pub(super) fn check_active(count: usize, max: usize) -> Result<(), ConfigureError> {
    if count > max { Err(ConfigureError::Limit { name: "secrets_active_max", max }) } else { Ok(()) }
}

/// Whether a text can be a platform's secret. The text itself is never repeated.
pub(super) fn check_secret(field: &'static str, secret: &Secret) -> Result<(), ConfigureError> {
    let text = secret.expose();
    let wrong = if text.is_empty() {
        "is empty: give the one the platform shows"
    } else if text.len() > SECRET_BYTES_MAX {
        "is longer than 1000 bytes: give the one the platform shows"
    } else if text.trim() != text || text.contains(char::is_control) {
        "has blanks around it or control characters in it, as happens when copying: remove them"
    } else {
        return Ok(());
    };
    Err(ConfigureError::invalid(field, format!("`{field}` {wrong}")))
}

/// Whether a platform could sign with this key: its secrets may have a form of their own, and one in another form would
/// verify nothing. Tried on a sample, so that the form stays the dialect's own matter.
pub(super) fn check_fits(
    field: &'static str,
    dialect: DialectId,
    key: &Key,
    now: Timestamp,
    random: &dyn Random,
) -> Result<(), ConfigureError> {
    let Some(dialect) = shopwire_dialects::get(dialect) else { return Ok(()) };
    let Some(topic) = dialect.catalog().topics.first() else { return Ok(()) };
    let facts = SampleFacts { shop: &ShopIdentity::default(), subject_id: None, now, random };
    let draft = dialect.sample(topic, &facts);
    if dialect.sign(draft.clone(), key, now) != draft {
        return Ok(());
    }
    let title = dialect.catalog().title;
    let message = format!(
        "`{field}` holds a secret that is not in the form {title} gives out: copy it from there again"
    );
    Err(ConfigureError::invalid(field, message))
}

/// Whether a text is a Standard Webhooks secret: `whsec_` and 24 to 64 bytes in base64.
pub(super) fn check_whsec(secret: &Secret) -> Result<(), ConfigureError> {
    let key = secret.expose().strip_prefix("whsec_").and_then(|text| BASE64_STANDARD.decode(text).ok());
    match key {
        Some(key) if (24..=64).contains(&key.len()) => Ok(()),
        _ => Err(ConfigureError::invalid(
            "secret",
            "`secret` is not `whsec_` followed by 24 to 64 bytes in base64: leave it out, and one is made",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    #[test]
    fn the_former_secret_stays_good_for_the_overlap_and_no_longer() {
        let end = overlap_end(60_000, NOW).expect("an overlap");
        let mut versions = vec![SecretVersion::new(Secret::new("old"), NOW)];
        rotate(&mut versions, Secret::new("new"), NOW, end);
        assert_eq!(versions[0].secret.expose(), "new");
        assert!(versions[1].is_active(NOW.plus_ms(59_999)) && !versions[1].is_active(NOW.plus_ms(60_000)));
        // A longer overlap later does not prolong what was promised to end.
        rotate(&mut versions, Secret::new("newer"), NOW, NOW.plus_ms(90_000));
        assert_eq!(versions[2].expires_at, Some(end));
        // What has ended is dropped with its secret.
        rotate(&mut versions, Secret::new("newest"), NOW.plus_ms(60_000), NOW.plus_ms(60_000));
        assert_eq!(versions.iter().map(|v| v.secret.expose()).collect::<Vec<_>>(), ["newest"]);
        assert!(overlap_end(OVERLAP_MAX_MS, NOW).is_ok() && overlap_end(OVERLAP_MAX_MS + 1, NOW).is_err());
    }

    #[test]
    fn secrets_that_no_platform_gives_are_refused_without_being_shown() {
        assert!(check_secret("secret", &Secret::new("a b-c")).is_ok());
        for wrong in ["", " swordfish", "swordfish\n", "sword\0fish", &"x".repeat(1001)] {
            let error = check_secret("secret", &Secret::new(wrong)).expect_err(wrong).to_string();
            assert!(!error.contains("fish"), "{error}");
        }
    }

    struct Zero;
    impl Random for Zero {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn a_secret_must_have_the_platforms_own_form() {
        let fits = |dialect, text: &str| {
            check_fits("keys", dialect, &Key::Signing(Secret::new(text)), NOW, &Zero).is_ok()
        };
        for dialect in DialectId::PLATFORMS {
            assert!(fits(dialect, "c3dvcmRmaXNo"), "{dialect}");
        }
        // Duda's are base64; the others take any text.
        assert!(!fits(DialectId::Duda, "sword_fish!"));
        assert!(fits(DialectId::Shoptet, "sword_fish!"));
    }

    #[test]
    fn standard_webhooks_secrets_have_a_length() {
        let of = |bytes: usize| Secret::new(format!("whsec_{}", BASE64_STANDARD.encode(vec![7; bytes])));
        assert!(check_whsec(&of(24)).is_ok() && check_whsec(&of(64)).is_ok());
        for wrong in [of(23), of(65), Secret::new("whsec_"), Secret::new("swordfish"), Secret::new("whsec_?")]
        {
            assert!(!check_whsec(&wrong).expect_err("wrong").to_string().contains("fish"));
        }
    }
}
