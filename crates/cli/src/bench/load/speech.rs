//! What the load says: each platform's webhooks in their own form, about an order of its own each, filled up to a KiB.
//!
//! A body is made once; for each event its number and the time are patched in, and it is signed by the dialect's own rule.

use std::sync::LazyLock;

use anyhow::Context as _;
use bytes::Bytes;
use shopwire_core::{Clock as _, DialectId, Headers, Secret};
use shopwire_dialects::{Dialect, Draft, Key, mac};
use shopwire_engine::SystemTimer;
use shopwire_engine::egress::OutRequest;

use super::super::order::NUMBER_FIRST;
use super::template::Template;

/// What every body is filled up to, in bytes.
pub(in super::super) const BODY_BYTES: usize = 1024;

/// What every source's webhooks are signed with: in base64, as Duda has it; the others take any text.
pub(in super::super) fn secret() -> Secret {
    Secret::new(mac::base64(b"bench_client_secret"))
}

/// Topics of BigCommerce that the load can go round.
pub(in super::super) const TOPICS: u64 = EVENT_TYPES.len() as u64;

/// The event types they stand for, in their order. The one topic of each other platform stands for the first.
pub(in super::super) const EVENT_TYPES: [&str; 10] = [
    "order.updated",
    "order.created",
    "order.archived",
    "order.status_changed",
    "product.created",
    "product.updated",
    "product.deleted",
    "customer.created",
    "customer.updated",
    "customer.deleted",
];

/// The form of one topic's webhook: header fields and body, with `{number}`, `{seconds}` and `{filler}` to be filled in.
struct Form {
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Ecwid docs: webhooks structure.
const ECWID: &[Form] = &[Form {
    headers: &[JSON],
    body: r#"{"eventId":"80aece08-40e8-4145-8764-{number}00","eventCreated":{seconds},"storeId":1003,"entityId":{number},"eventType":"order.updated","data":{"orderId":"{number}","note":"{filler}"}}"#,
}];

macro_rules! bigcommerce {
    ($scope:literal, $kind:literal) => {
        Form {
            headers: &[JSON],
            body: concat!(
                r#"{"producer":"stores/abcdefg","hash":"{number}{number}{number}{number}","created_at":{seconds},"store_id":"123456","scope":""#,
                $scope,
                r#"","data":{"type":""#,
                $kind,
                r#"","id":{number},"note":"{filler}"}}"#,
            ),
        }
    };
}

/// BigCommerce docs: webhook events. Topics that the event map has a name for, each with its own.
const BIGCOMMERCE: &[Form] = &[
    bigcommerce!("store/order/updated", "order"),
    bigcommerce!("store/order/created", "order"),
    bigcommerce!("store/order/archived", "order"),
    bigcommerce!("store/order/statusUpdated", "order"),
    bigcommerce!("store/product/created", "product"),
    bigcommerce!("store/product/updated", "product"),
    bigcommerce!("store/product/deleted", "product"),
    bigcommerce!("store/customer/created", "customer"),
    bigcommerce!("store/customer/updated", "customer"),
    bigcommerce!("store/customer/deleted", "customer"),
];

/// Shoptet docs: webhooks; with the payload some e-shops have in addition.
const SHOPTET: &[Form] = &[Form {
    headers: &[JSON],
    body: r#"{"eshopId":222651,"event":"order:update","eventCreated":"2026-03-14T09:26:53+0100","eventInstance":"{number}","payload":{"data":{"order":{"code":"{number}","note":"{filler}"}}}}"#,
}];

/// Shoplazza docs: webhook properties.
const SHOPLAZZA: &[Form] = &[Form {
    headers: &[
        JSON,
        ("X-Shoplazza-Topic", "orders/update"),
        ("X-Shoplazza-Shop-Domain", "example.myshoplaza.com"),
        ("X-Shoplazza-Api-Version", "2022-01"),
        ("X-Shoplazza-Deduplication-ID", "{number}"),
    ],
    body: r#"{"order":{"id":"{number}","number":"{number}","status":"opened","currency":"EUR","total_price":"84.60","note":"{filler}"}}"#,
}];

/// Duda docs: webhook events of the native store.
const DUDA: &[Form] = &[Form {
    headers: &[JSON],
    body: r#"{"event_type":"ECOMM_ORDER_UPDATED","event_timestamp":{seconds}000,"data":{"id":"{number}","status":"IN_PROGRESS","email":"ada@example.com","total":"41.40","metadata":{"note":"{filler}"}},"resource_data":{"site_name":"7d0b41f2"}}"#,
}];

/// Says what a platform says.
pub(super) struct Speech {
    dialect: &'static dyn Dialect,
    key: Key,
    topics: Vec<Topic>,
}

/// One topic's requests.
struct Topic {
    headers: Vec<(&'static str, Template)>,
    body: Template,
}

impl Speech {
    /// The first so many topics of a platform.
    pub(super) fn of(dialect: DialectId, topics: u64) -> anyhow::Result<Self> {
        let forms = match dialect {
            DialectId::Ecwid => ECWID,
            DialectId::BigCommerce => BIGCOMMERCE,
            DialectId::Shoptet => SHOPTET,
            DialectId::Shoplazza => SHOPLAZZA,
            DialectId::Duda => DUDA,
            DialectId::CloudEvents => &[],
        };
        let wanted = usize::try_from(topics)?;
        let forms = forms.get(..wanted).filter(|forms| !forms.is_empty());
        let forms = forms.with_context(|| format!("the load does not know {topics} topics of {dialect}"))?;
        let dialect = shopwire_dialects::get(dialect).context("a platform's dialect")?;
        let topic = |form: &Form| Topic {
            headers: form.headers.iter().map(|(name, value)| (*name, Template::of(value, 0))).collect(),
            body: Template::of(form.body, BODY_BYTES),
        };
        Ok(Self { dialect, key: Key::Signing(secret()), topics: forms.iter().map(topic).collect() })
    }

    /// The signed request for the event at this place.
    pub(super) fn request(&self, place: u64) -> anyhow::Result<OutRequest> {
        let signed = self.dialect.sign(self.draft(place), &self.key, SystemTimer.now());
        Ok(OutRequest::new(signed.headers, Bytes::from(signed.body))?)
    }

    fn draft(&self, place: u64) -> Draft {
        let topic = &self.topics[usize::try_from(place).unwrap_or(0) % self.topics.len()];
        let (number, seconds) = (NUMBER_FIRST + place, SystemTimer.now().as_secs());
        let headers: Headers =
            topic.headers.iter().map(|(name, value)| (*name, value.text(number, seconds))).collect();
        Draft { query: None, headers, body: topic.body.filled(number, seconds) }
    }
}

/// The body of a BigCommerce webhook, for who fills a log with them.
pub(in super::super) fn body(place: u64, seconds: i64) -> Vec<u8> {
    static BODY: LazyLock<Template> = LazyLock::new(|| Template::of(BIGCOMMERCE[0].body, BODY_BYTES));
    BODY.filled(NUMBER_FIRST + place, seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopwire_dialects::Incoming;

    #[test]
    fn every_webhook_is_genuine_of_its_size_and_about_its_own_order() {
        for (dialect, topics) in [
            (DialectId::Ecwid, 1),
            (DialectId::BigCommerce, TOPICS),
            (DialectId::Shoptet, 1),
            (DialectId::Shoplazza, 1),
            (DialectId::Duda, 1),
        ] {
            let speech = Speech::of(dialect, topics).unwrap();
            let mut keys = std::collections::BTreeSet::new();
            for place in 0..2 * topics {
                let signed = speech.dialect.sign(speech.draft(place), &speech.key, SystemTimer.now());
                assert_eq!(signed.body.len(), BODY_BYTES, "{dialect}");
                let incoming = Incoming { query: None, headers: &signed.headers, body: &signed.body };
                speech
                    .dialect
                    .verify(&incoming, std::slice::from_ref(&speech.key), SystemTimer.now())
                    .unwrap();
                let reading = speech.dialect.read(&incoming).unwrap();
                assert_eq!(reading.subject.id(), (NUMBER_FIRST + place).to_string(), "{dialect}");
                assert!(keys.insert(reading.identity_key), "{dialect}: {place}");
                let topic = usize::try_from(place % topics).unwrap();
                assert_eq!(reading.event_type.to_string(), EVENT_TYPES[topic], "{dialect}");
            }
        }
    }

    #[test]
    fn what_it_has_no_form_of_is_refused() {
        assert!(Speech::of(DialectId::CloudEvents, 1).is_err());
        assert!(Speech::of(DialectId::Duda, 2).is_err());
        assert!(Speech::of(DialectId::Duda, 0).is_err());
    }
}
