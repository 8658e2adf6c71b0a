//! Which header fields of a webhook are kept.

use shopwire_core::{Headers, KeyKind, Source};

/// Fields that belong to the connection, not to the webhook.
const OF_THE_CONNECTION: [&str; 12] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "accept",
    "accept-encoding",
    "keep-alive",
    "te",
    "upgrade",
    "expect",
    "proxy-connection",
    "cache-control",
];

/// Words that give away a field as a credential or a signature: what could be replayed has no business at rest.
const OF_SECRETS: [&str; 7] = ["authorization", "cookie", "token", "secret", "signature", "hmac", "api-key"];

fn is_secret(name: &str, source: &Source) -> bool {
    let name = name.to_ascii_lowercase();
    let is_key = source.keys.iter().any(|key| match &key.kind {
        KeyKind::Header { header } => header.eq_ignore_ascii_case(&name),
        KeyKind::Signing => false,
    });
    is_key || OF_SECRETS.iter().any(|word| name.contains(word))
}

/// The fields that are stored with an event.
pub(super) fn worth_keeping(headers: &Headers, source: &Source) -> Headers {
    let keeps = |name: &str| {
        !OF_THE_CONNECTION.iter().any(|other| other.eq_ignore_ascii_case(name)) && !is_secret(name, source)
    };
    headers.iter().filter(|(name, _)| keeps(name)).collect()
}

/// All fields, with the values of those that may be secret hidden: what an operator may look at.
pub(super) fn masked(headers: &Headers, source: &Source) -> Headers {
    let value = |name: &str, value: &str| match is_secret(name, source) {
        true => format!("(hidden, {} bytes)", value.len()),
        false => value.to_owned(),
    };
    headers.iter().map(|(name, v)| (name.to_owned(), value(name, v))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopwire_core::{DialectId, Secret, SecretVersion, ShopId, SourceId, SourceKey, Timestamp};

    fn source() -> Source {
        let version = SecretVersion::new(Secret::new("s"), Timestamp::EPOCH);
        Source {
            id: SourceId::from_bytes([0; 16]),
            shop: ShopId::from_bytes([0; 16]),
            dialect: DialectId::BigCommerce,
            name: String::new(),
            app: None,
            keys: vec![SourceKey { kind: KeyKind::Header { header: "X-Static".to_owned() }, version }],
            created_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn keeps_what_says_something_and_no_credential() {
        let headers: Headers = [
            ("Host", "h"),
            ("X-Shoplazza-Topic", "orders/create"),
            ("X-Shoplazza-Hmac-Sha256", "abc"),
            ("x-static", "pass"),
            ("Authorization", "Basic x"),
            ("webhook-id", "1"),
            ("webhook-signature", "v1,x"),
        ]
        .into_iter()
        .collect();
        let kept = worth_keeping(&headers, &source());
        assert_eq!(kept.iter().map(|(n, _)| n).collect::<Vec<_>>(), ["X-Shoplazza-Topic", "webhook-id"]);
        let shown = masked(&headers, &source());
        assert_eq!(shown.len(), headers.len());
        assert_eq!(shown.get("x-static"), Some("(hidden, 4 bytes)"));
        assert_eq!(shown.get("host"), Some("h"));
    }
}
