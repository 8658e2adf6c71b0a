//! One dialect's webhook as another's: read, understood, published under the other's topic, rendered. Pure.
//!
//! **Invariants.** What comes in is read as leniently as a source reads it; what goes out is as strict as a delivery.
//! Within one dialect the body is passed on byte for byte. Nothing is signed here.

use shopwire_core::commerce::{CanonicalType, Subject};
use shopwire_core::{
    DialectId, Event, EventId, Headers, LoggedEvent, Origin, ReceivedWebhook, RecordedChange, Seq, ShopId,
    SourceId, Timestamp,
};

use crate::publish::{self, NotPublished, Undraftable};
use crate::{Canonical, Dialect, Draft, Incoming, ShopIdentity, Unreadable, cloudevents};

/// What the log would know of an event beyond what it says itself.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// The event's id.
    pub id: EventId,
    /// The shop it happened in.
    pub shop: ShopId,
    /// The source a webhook came in by.
    pub source: SourceId,
    /// When it was received.
    pub now: Timestamp,
}

/// A webhook in a dialect's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// The topic it goes out under, for `cloudevents` the event type with its prefix.
    pub topic: String,
    /// The request, unsigned.
    pub draft: Draft,
}

/// A platform's request as the event that the log would keep of it.
pub fn received(dialect: &dyn Dialect, incoming: &Incoming<'_>, stamp: &Stamp) -> Result<Event, Unreadable> {
    let reading = dialect.read(incoming)?;
    let headers: Headers =
        incoming.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Event {
        id: stamp.id,
        shop: stamp.shop,
        event_type: reading.event_type,
        subject: reading.subject,
        occurred_at: reading.occurred_at.unwrap_or(stamp.now),
        received_at: stamp.now,
        origin: Origin::Webhook(ReceivedWebhook {
            source: stamp.source,
            dialect: dialect.id(),
            topic: reading.topic,
            platform_event_id: reading.platform_event_id,
            query: incoming.query.map(str::to_owned),
            headers,
            body: incoming.body.to_vec().into(),
        }),
    })
}

/// What would be told of an entity, as the event that a change of a shop's state gives.
pub fn changed(event_type: CanonicalType, canonical: &Canonical, stamp: &Stamp) -> Event {
    Event {
        id: stamp.id,
        shop: stamp.shop,
        event_type: event_type.into(),
        subject: Subject::new(event_type.kind(), canonical.object.id()),
        occurred_at: stamp.now,
        received_at: stamp.now,
        origin: Origin::Change(RecordedChange {
            cause: None,
            actor: None,
            version: 1,
            data: canonical.to_json().into(),
        }),
    }
}

/// An event in the words of a platform, or for `cloudevents` in ours (structured). Whoever asks counts as holding every
/// scope and the newest version. `identity` is the shop's on that platform.
pub fn into(event: &Event, to: DialectId, identity: &ShopIdentity) -> Result<Translation, Undraftable> {
    let Some(dialect) = crate::get(to) else { return Ok(canonical_form(event)) };
    let canonical = crate::canonical(event);
    let published = publish::publish(dialect, event, || canonical.as_ref(), None)?;
    let draft = publish::draft(dialect, event, canonical.as_ref(), identity, None)?;
    Ok(Translation { topic: published.name.into_owned(), draft })
}

fn canonical_form(event: &Event) -> Translation {
    let logged = LoggedEvent { seq: Seq::START.next(), event: event.clone() };
    let rendered = cloudevents::render(&logged);
    let mode = shopwire_core::delivery::ContentMode::Structured;
    let (headers, body) = (rendered.headers(mode), rendered.body(mode).to_vec());
    let topic = format!("{}{}", cloudevents::TYPE_PREFIX, event.event_type);
    Translation { topic, draft: Draft { query: None, headers, body } }
}

/// The platforms that have a topic for an event type, with it, in the order of the event map.
pub fn counterparts(event_type: CanonicalType) -> impl Iterator<Item = (DialectId, &'static str)> {
    crate::all().iter().filter_map(move |dialect| {
        dialect.catalog().for_event_type(event_type).map(|topic| (dialect.id(), topic.name))
    })
}

impl Undraftable {
    /// Whether the platform has no topic for it.
    pub const fn has_no_counterpart(&self) -> bool {
        matches!(self, Self::NotPublished(NotPublished::NoTopic { .. } | NotPublished::Foreign { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SampleFacts, testing};

    fn stamp() -> Stamp {
        let (id, shop, source) =
            (EventId::from_bytes([1; 16]), ShopId::from_bytes([2; 16]), SourceId::from_bytes([3; 16]));
        Stamp { id, shop, source, now: Timestamp::from_secs(1_764_000_000) }
    }

    fn sample(dialect: &dyn Dialect, topic: &str) -> Event {
        let topic = dialect.catalog().find(topic).expect("a topic");
        let (shop, now) = (ShopIdentity::default(), stamp().now);
        let facts = SampleFacts { shop: &shop, subject_id: None, now, random: &testing::Same };
        let draft = dialect.sample(topic, &facts);
        let incoming = Incoming { query: draft.query.as_deref(), headers: &draft.headers, body: &draft.body };
        received(dialect, &incoming, &stamp()).expect("readable")
    }

    #[test]
    fn another_platform_s_words_say_the_same() {
        let event = sample(&crate::shoplazza::Shoplazza, "orders/paid");
        let to = into(&event, DialectId::Ecwid, &ShopIdentity::of("store_id", "1003"));
        assert!(to.as_ref().is_err_and(Undraftable::has_no_counterpart), "{to:?}");
        let event = sample(&crate::shoplazza::Shoplazza, "orders/create");
        let to =
            into(&event, DialectId::Duda, &ShopIdentity::of("site_name", "7d0b41f2")).expect("a counterpart");
        assert_eq!(to.topic, "ECOMM_ORDER_CREATED");
        let body = String::from_utf8(to.draft.body).expect("text");
        assert!(body.contains("\"event_type\":\"ECOMM_ORDER_CREATED\""), "{body}");
    }

    #[test]
    fn within_a_dialect_the_body_stays_byte_for_byte() {
        let event = sample(&crate::bigcommerce::BigCommerce, "store/channel/updated");
        let to = into(&event, DialectId::BigCommerce, &ShopIdentity::default()).expect("its own");
        assert_eq!(to.draft.body, event.origin.body().to_vec());
        let other = into(&event, DialectId::Shoptet, &ShopIdentity::of("eshop_id", "1"));
        assert!(other.as_ref().is_err_and(Undraftable::has_no_counterpart), "{other:?}");
    }

    #[test]
    fn a_shop_without_an_identity_is_refused_and_not_made_up() {
        let event = sample(&crate::shoplazza::Shoplazza, "orders/create");
        let said = into(&event, DialectId::Duda, &ShopIdentity::default()).expect_err("no site").to_string();
        assert!(said.contains("`site_name`"), "{said}");
    }

    #[test]
    fn what_the_canonical_form_says_comes_from_the_change() {
        let order = shopwire_core::commerce::entity::Order { id: "169".to_owned(), ..Default::default() };
        let event = changed(CanonicalType::OrderPaid, &Canonical::of(order), &stamp());
        let to = into(&event, DialectId::CloudEvents, &ShopIdentity::default()).expect("ours");
        assert_eq!(to.topic, "shopwire.order.paid");
        assert!(String::from_utf8_lossy(&to.draft.body).contains("\"subject\":\"order/169\""));
        let known: Vec<_> = counterparts(CanonicalType::OrderPaid).map(|(dialect, _)| dialect).collect();
        assert_eq!(known, [DialectId::Shoplazza, DialectId::Duda]);
    }
}
