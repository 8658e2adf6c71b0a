//! Which header fields of a webhook are kept, and which may be shown.
//!
//! Only what is known to be harmless: a name does not tell whether a value is a credential, and what could be replayed has
//! no business at rest.

use shopwire_core::{Headers, KeyKind, Source};
use shopwire_dialects::ReceivePolicy;

/// Fields that any sender may have, and that say something.
const OF_ANYBODY: [&str; 2] = ["content-type", "user-agent"];

/// Fields that belong to the connection: shown where a request is explained, not kept with an event.
const OF_THE_CONNECTION: [&str; 7] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "accept",
    "accept-encoding",
    "cache-control",
];

/// What is kept has about so many fields and bytes.
const KEPT_FIELDS: usize = 4;
const KEPT_BYTES: usize = 192;

fn is_among(name: &str, names: &[&str]) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// Whether the source's own static key comes in this header.
fn is_key(name: &str, source: &Source) -> bool {
    source.keys.iter().any(|key| match &key.kind {
        KeyKind::Header { header } => header.eq_ignore_ascii_case(name),
        KeyKind::Signing => false,
    })
}

fn is_harmless(name: &str, source: &Source, policy: &ReceivePolicy) -> bool {
    (is_among(name, &OF_ANYBODY) || is_among(name, policy.headers)) && !is_key(name, source)
}

/// The fields that are stored with an event.
pub(super) fn worth_keeping(headers: &Headers, source: &Source, policy: &ReceivePolicy) -> Headers {
    let mut kept = Headers::with_capacity(KEPT_FIELDS, KEPT_BYTES);
    let harmless = headers.iter().filter(|(name, _)| is_harmless(name, source, policy));
    harmless.for_each(|(name, value)| kept.push(name, value));
    kept
}

/// The parameters of the query that the dialect reads.
pub(super) fn query_worth_keeping(query: Option<&str>, policy: &ReceivePolicy) -> Option<String> {
    let named = |pair: &&str| is_among(pair.split('=').next().unwrap_or_default(), policy.query);
    let kept: Vec<&str> = query?.split('&').filter(named).collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

/// All fields, with the values of those hidden that are not known to be harmless: what an operator may look at.
pub(super) fn masked(headers: &Headers, source: &Source, policy: &ReceivePolicy) -> Headers {
    let shown = |name: &str| {
        is_harmless(name, source, policy) || (is_among(name, &OF_THE_CONNECTION) && !is_key(name, source))
    };
    let value = |name: &str, value: &str| match shown(name) {
        true => value.to_owned(),
        false => format!("(hidden, {} bytes)", value.len()),
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

    fn policy(dialect: DialectId) -> &'static ReceivePolicy {
        shopwire_dialects::get(dialect).expect("a platform's dialect").receive_policy()
    }

    #[test]
    fn keeps_what_is_known_to_say_something_and_hides_the_rest() {
        let headers: Headers = [
            ("Host", "h"),
            ("Content-Type", "application/json"),
            ("x-static", "pass"),
            ("X-WP-BigCommerce-Webhook-Auth-Header", "supersecret"),
            ("X-Pass", "word"),
            ("Authorization", "Basic x"),
            ("webhook-id", "1"),
            ("webhook-signature", "v1,x"),
        ]
        .into_iter()
        .collect();
        let policy = policy(DialectId::BigCommerce);
        let kept = worth_keeping(&headers, &source(), policy);
        assert_eq!(kept.iter().map(|(n, _)| n).collect::<Vec<_>>(), ["Content-Type", "webhook-id"]);
        let shown = masked(&headers, &source(), policy);
        assert_eq!(shown.len(), headers.len());
        for hidden in [
            "x-static",
            "X-WP-BigCommerce-Webhook-Auth-Header",
            "X-Pass",
            "Authorization",
            "webhook-signature",
        ] {
            assert!(shown.get(hidden).expect(hidden).starts_with("(hidden, "), "{hidden}");
        }
        assert_eq!((shown.get("host"), shown.get("webhook-id")), (Some("h"), Some("1")));
    }

    #[test]
    fn a_key_is_hidden_whatever_its_header_is_called() {
        let mut source = source();
        source.keys[0].kind = KeyKind::Header { header: "User-Agent".to_owned() };
        let headers: Headers = [("user-agent", "pass")].into_iter().collect();
        let policy = policy(DialectId::BigCommerce);
        assert!(worth_keeping(&headers, &source, policy).is_empty());
        assert_eq!(masked(&headers, &source, policy).get("user-agent"), Some("(hidden, 4 bytes)"));
    }

    #[test]
    fn of_the_query_only_what_the_dialect_reads_is_kept() {
        let query = Some("token=secret&eventType=order.created&x");
        let kept = query_worth_keeping(query, policy(DialectId::Ecwid));
        assert_eq!(kept.as_deref(), Some("eventType=order.created"));
        assert_eq!(query_worth_keeping(query, policy(DialectId::Duda)), None);
        assert_eq!(query_worth_keeping(None, policy(DialectId::Ecwid)), None);
    }
}
