//! Genuine signed requests of any topic, made from the dialects' samples.

use anyhow::{anyhow, bail};
use shopwire_core::commerce::{CanonicalType, EventType};
use shopwire_core::delivery::ContentMode;
use shopwire_core::{DialectId, Event, EventId, LoggedEvent, Origin, ReceivedWebhook, Seq, ShopId, SourceId};
use shopwire_dialects::catalog::Topic;
use shopwire_dialects::{Dialect, Incoming, Key, Outgoing, SampleFacts, cloudevents};

use crate::identity;
use crate::keys::where_it_is;
use crate::nearest::did_you_mean;
use crate::speaker::signing_keys;
use crate::wildcards;

/// A sample of a topic, signed with all of the keys that it can be signed with.
pub(crate) fn signed(
    dialect: DialectId,
    topic: &str,
    keys: &[Key],
    facts: &SampleFacts<'_>,
) -> anyhow::Result<Outgoing> {
    match shopwire_dialects::get(dialect) {
        Some(platform) => of_platform(platform, topic, keys, facts),
        None => canonical(topic, keys, facts),
    }
}

fn of_platform(
    dialect: &dyn Dialect,
    name: &str,
    keys: &[Key],
    facts: &SampleFacts<'_>,
) -> anyhow::Result<Outgoing> {
    let topic = find(dialect, name)?;
    identity::check(dialect.id(), facts.shop)?;
    let draft = dialect.sample(topic, facts);
    let fields = draft.headers.len();
    let signed = keys.iter().fold(draft, |draft, key| dialect.sign(draft, key, facts.now));
    if signed.headers.len() < fields + keys.len() {
        bail!("the secret can't be used to sign: {}", where_it_is(dialect.id()));
    }
    Ok(signed)
}

/// The topic of this name in the dialect's catalogue.
pub(crate) fn find(dialect: &dyn Dialect, name: &str) -> anyhow::Result<&'static Topic> {
    let catalog = dialect.catalog();
    let topic = catalog.find(name).ok_or_else(|| {
        if let Some(wildcard) = wildcards::to_subscribe_only(dialect.id(), name) {
            return anyhow!(wildcard);
        }
        let meant = did_you_mean(name, catalog.topics.iter().map(|topic| topic.name));
        let meant = meant.unwrap_or_else(|| format!("`shopwire catalog {}` lists all", dialect.id()));
        anyhow!("`{name}` is not a topic of {}: {meant}", dialect.id())
    })?;
    if topic.is_template() && name != topic.name {
        bail!("samples of `{name}` are made from its template: name the topic `{}`", topic.name);
    }
    Ok(topic)
}

/// The event type as the platforms' samples tell it: of the first platform, in the order of the event map, that has it.
fn canonical(name: &str, keys: &[Key], facts: &SampleFacts<'_>) -> anyhow::Result<Outgoing> {
    let name = name.strip_prefix(cloudevents::TYPE_PREFIX).unwrap_or(name);
    let (dialect, topic) = standing_for(name)?;
    let mut of_platform = facts.shop.clone();
    of_platform.0.remove(OWN_SHOP);
    identity::check(dialect.id(), &of_platform)?;
    let draft = dialect.sample(topic, facts);
    let incoming = Incoming { query: draft.query.as_deref(), headers: &draft.headers, body: &draft.body };
    let reading = dialect.read(&incoming)?;
    let event = Event {
        id: EventId::new(facts.now, facts.random),
        shop: shop_of(facts)?,
        event_type: reading.event_type,
        subject: reading.subject,
        occurred_at: reading.occurred_at.unwrap_or(facts.now),
        received_at: facts.now,
        origin: Origin::Webhook(ReceivedWebhook {
            source: SourceId::new(facts.now, facts.random),
            dialect: dialect.id(),
            topic: reading.topic,
            platform_event_id: reading.platform_event_id,
            query: draft.query,
            headers: draft.headers,
            body: draft.body.into(),
        }),
    };
    let rendered = cloudevents::render(&LoggedEvent { seq: Seq::START.next(), event });
    let body = rendered.body(ContentMode::Structured);
    let mut headers = rendered.headers(ContentMode::Structured);
    cloudevents::sign(&mut headers, rendered.id(), body, &signing_keys(keys), facts.now);
    Ok(Outgoing { query: None, headers, body: body.to_vec() })
}

/// The topic that stands for an event type, canonical or native.
fn standing_for(name: &str) -> anyhow::Result<(&'static dyn Dialect, &'static Topic)> {
    match name.parse() {
        Ok(EventType::Canonical(canonical)) => {
            let mut dialects = shopwire_dialects::all().iter();
            let found =
                dialects.find_map(|dialect| Some((*dialect, dialect.catalog().for_event_type(canonical)?)));
            found.ok_or_else(|| anyhow!("no platform has a topic for `{canonical}`"))
        }
        Ok(EventType::Native { dialect, topic }) => {
            let platform = shopwire_dialects::get(dialect);
            let platform =
                platform.ok_or_else(|| anyhow!("`{dialect}` has no topics of its own: name a platform"))?;
            Ok((platform, find(platform, &topic)?))
        }
        Err(_) => {
            if let Some(wildcard) = wildcards::to_subscribe_only(DialectId::CloudEvents, name) {
                bail!(wildcard);
            }
            let meant = did_you_mean(name, CanonicalType::ALL.iter().map(|known| known.as_str()));
            bail!(
                "`{name}` is not an event type: {}",
                meant.unwrap_or_else(|| "`shopwire catalog table` lists all".to_owned())
            )
        }
    }
}

/// The part of an identity that names a shop of ours.
const OWN_SHOP: &str = "shop";

/// `--shop shop=shp_…`, or one made up.
fn shop_of(facts: &SampleFacts<'_>) -> anyhow::Result<ShopId> {
    match facts.shop.get(OWN_SHOP) {
        Some(id) => Ok(id.parse()?),
        None => Ok(ShopId::new(facts.now, facts.random)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speaker::Speaker;
    use shopwire_core::{Secret, Timestamp};
    use shopwire_dialects::ShopIdentity;
    use shopwire_engine::SystemRandom;

    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    fn sample(dialect: DialectId, topic: &str, secret: &str) -> anyhow::Result<Outgoing> {
        let shop = ShopIdentity::default();
        let facts = SampleFacts { shop: &shop, subject_id: None, now: NOW, random: &SystemRandom };
        signed(dialect, topic, &[Key::Signing(Secret::new(secret))], &facts)
    }

    #[test]
    fn every_event_type_has_a_canonical_sample_that_says_so() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        for canonical in CanonicalType::ALL {
            let name = canonical.as_str();
            let sample = sample(DialectId::CloudEvents, name, secret).expect(name);
            let incoming = Incoming { query: None, headers: &sample.headers, body: &sample.body };
            Speaker::Shopwire.verify(&incoming, &[Key::Signing(Secret::new(secret))], NOW).expect("genuine");
            assert_eq!(Speaker::Shopwire.read(&incoming).expect("readable").event_type, name);
        }
    }

    #[test]
    fn native_event_types_have_one_too() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let native = "shopwire.bigcommerce:store/channel/updated";
        let sample = sample(DialectId::CloudEvents, native, secret).expect("a sample");
        assert!(
            String::from_utf8_lossy(&sample.body)
                .contains("\"type\":\"shopwire.bigcommerce:store/channel/updated\"")
        );
    }

    #[test]
    fn what_can_not_be_made_is_said_with_what_can() {
        for (dialect, topic, says) in [
            (DialectId::Ecwid, "order.craeted", "did you mean `order.created`"),
            (DialectId::BigCommerce, "order/created", "`store/order/created`"),
            (DialectId::BigCommerce, "store/order/*", "a wildcard for subscribing"),
            (DialectId::CloudEvents, "order.*", "a wildcard for subscribing"),
            (DialectId::Duda, "nothing", "`shopwire catalog duda` lists all"),
            (DialectId::CloudEvents, "order.piad", "did you mean `order.paid`"),
            (DialectId::CloudEvents, "cloudevents:x", "no topics of its own"),
            (
                DialectId::BigCommerce,
                "store/channel/5/order/created",
                "name the topic `store/channel/{channel_id}/",
            ),
        ] {
            let said = sample(dialect, topic, "x").expect_err(topic).to_string();
            assert!(said.contains(says), "{said}");
        }
        let said =
            sample(DialectId::Duda, "ECOMM_ORDER_CREATED", "not base64!").expect_err("no key").to_string();
        assert!(said.contains("can't be used to sign"), "{said}");
    }
}
