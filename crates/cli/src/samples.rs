//! Genuine signed requests of any topic: rendered from canonical samples where the event map has a name for it, else as the
//! platform's documentation shows it.

pub(crate) mod canonical;

use anyhow::{anyhow, bail};
use shopwire_core::commerce::{CanonicalType, EventType};
use shopwire_core::{DialectId, Event, EventId, ShopId, SourceId};
use shopwire_dialects::catalog::Topic;
use shopwire_dialects::publish::Undraftable;
use shopwire_dialects::translate::{self, Stamp};
use shopwire_dialects::{
    Dialect, Draft, Incoming, Key, Outgoing, SampleFacts, ShopIdentity, Unrenderable, cloudevents,
};

use crate::identity;
use crate::keys::where_it_is;
use crate::speaker::signing_keys;
use crate::wildcards;
use canonical::Own;
use shopwire_core::did_you_mean;

/// A sample of a topic, signed with all of the keys that it can be signed with.
pub(crate) fn signed(
    dialect: DialectId,
    topic: &str,
    keys: &[Key],
    facts: &SampleFacts<'_>,
    own: &Own,
) -> anyhow::Result<Outgoing> {
    match shopwire_dialects::get(dialect) {
        Some(platform) => of_platform(platform, topic, keys, facts, own),
        None => in_our_words(topic, keys, facts, own),
    }
}

fn of_platform(
    dialect: &dyn Dialect,
    name: &str,
    keys: &[Key],
    facts: &SampleFacts<'_>,
    own: &Own,
) -> anyhow::Result<Outgoing> {
    let topic = find(dialect, name)?;
    identity::check(dialect.id(), facts.shop)?;
    let draft = draft(dialect, topic, facts, own)?;
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

/// The request for a topic, unsigned.
fn draft(
    dialect: &dyn Dialect,
    topic: &'static Topic,
    facts: &SampleFacts<'_>,
    own: &Own,
) -> anyhow::Result<Draft> {
    let Some(event_type) = topic.event_type else {
        if !own.is_nothing() {
            bail!("`{}` has no event type: no entity can be told under it, only its sample", topic.name);
        }
        return Ok(dialect.sample(topic, facts));
    };
    let told = canonical::telling(event_type, own, facts.subject_id)?;
    let shop = identity::or_example(dialect.id(), facts.shop);
    let event = translate::changed(event_type, &told, &stamp(ShopId::from_bytes(SAMPLE_SHOP), facts));
    let translated = translate::into(&event, dialect.id(), &shop);
    translated.map(|translation| translation.draft).map_err(with_cure)
}

/// What is missing can be given.
fn with_cure(error: Undraftable) -> anyhow::Error {
    match &error {
        Undraftable::Unrenderable(Unrenderable::Missing { field, .. }) => {
            let cure = format!("what an event says beyond its entity is given as in `--detail {field}=…`");
            anyhow!("{error}; {cure}")
        }
        _ => anyhow!(error),
    }
}

/// The shop of samples: numbers that stand for ids are the same in every run.
const SAMPLE_SHOP: [u8; 16] = [0x5a; 16];

fn stamp(shop: ShopId, facts: &SampleFacts<'_>) -> Stamp {
    let (id, source) = (EventId::new(facts.now, facts.random), SourceId::new(facts.now, facts.random));
    Stamp { id, shop, source, now: facts.now }
}

/// A canonical event type as a change of our sample tells it, a platform's own topic as the platform's sample does.
fn in_our_words(name: &str, keys: &[Key], facts: &SampleFacts<'_>, own: &Own) -> anyhow::Result<Outgoing> {
    let event = our_event(name, facts, own)?;
    let draft = translate::into(&event, DialectId::CloudEvents, &ShopIdentity::default())?.draft;
    let Draft { query, mut headers, body } = draft;
    cloudevents::sign(&mut headers, &event.id.to_string(), &body, &signing_keys(keys), facts.now);
    Ok(Outgoing { query, headers, body })
}

fn our_event(name: &str, facts: &SampleFacts<'_>, own: &Own) -> anyhow::Result<Event> {
    let name = name.strip_prefix(cloudevents::TYPE_PREFIX).unwrap_or(name);
    let stamp = stamp(shop_of(facts)?, facts);
    let mut of_platform = facts.shop.clone();
    of_platform.0.remove(OWN_SHOP);
    let (dialect, topic) = match event_type(name)? {
        EventType::Canonical(event_type) => {
            if let Some(part) = of_platform.0.keys().next() {
                bail!(
                    "`--shop`: cloudevents has no part `{part}`, expected `{OWN_SHOP}`, as in `{OWN_SHOP}=shop_…`"
                );
            }
            let told = canonical::telling(event_type, own, facts.subject_id)?;
            return Ok(translate::changed(event_type, &told, &stamp));
        }
        EventType::Native { dialect, topic } => (dialect, topic),
        EventType::Operational(operational) => {
            bail!("`{operational}` is told by Shopwire itself, of an endpoint: there is no sample of it")
        }
    };
    if !own.is_nothing() {
        bail!("`{topic}` is a topic of {dialect} alone: no entity can be told under it, only its sample");
    }
    let platform = shopwire_dialects::get(dialect);
    let platform =
        platform.ok_or_else(|| anyhow!("`{dialect}` has no topics of its own: name a platform"))?;
    let topic = find(platform, &topic)?;
    identity::check(dialect, &of_platform)?;
    let draft = platform.sample(topic, facts);
    let incoming = Incoming { query: draft.query.as_deref(), headers: &draft.headers, body: &draft.body };
    Ok(translate::received(platform, &incoming, &stamp)?)
}

/// The event type of this name, canonical or native.
fn event_type(name: &str) -> anyhow::Result<EventType> {
    name.parse().map_err(|_| {
        if let Some(wildcard) = wildcards::to_subscribe_only(DialectId::CloudEvents, name) {
            return anyhow!(wildcard);
        }
        let meant = did_you_mean(name, CanonicalType::ALL.iter().map(|known| known.as_str()));
        let meant = meant.unwrap_or_else(|| "`shopwire catalog table` lists all".to_owned());
        anyhow!("`{name}` is not an event type: {meant}")
    })
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
        signed(dialect, topic, &[Key::Signing(Secret::new(secret))], &facts, &Own::default())
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
    fn every_topic_of_every_platform_can_be_told_of_our_samples() {
        for dialect in DialectId::PLATFORMS {
            let platform = shopwire_dialects::get(dialect).expect("a platform");
            for topic in platform.catalog().topics {
                let sample = sample(dialect, topic.name, "bXlzZWNyZXRzZWNyZXQ=").expect(topic.name);
                let headers = &sample.headers;
                let incoming = Incoming { query: sample.query.as_deref(), headers, body: &sample.body };
                let reading = platform.read(&incoming).expect(topic.name);
                assert_eq!(reading.event_type.canonical(), topic.event_type, "{}", topic.name);
                assert!(topic.is_template() || reading.topic == topic.name, "{}", reading.topic);
            }
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
