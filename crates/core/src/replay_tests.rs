use super::*;
use crate::commerce::{CanonicalType, EventType};
use crate::{Headers, Origin, ReceivedWebhook, RecordedChange, SourceId};

const AT: Timestamp = Timestamp::from_secs(1_764_000_000);

fn changed() -> Event {
    let data = b"{}".as_slice().into();
    Event {
        id: EventId::from_bytes([1; 16]),
        shop: ShopId::from_bytes([2; 16]),
        event_type: EventType::Canonical(CanonicalType::OrderCreated),
        subject: "order/169".parse().expect("a subject"),
        occurred_at: Timestamp::EPOCH,
        received_at: AT,
        origin: Origin::Change(RecordedChange { cause: None, actor: None, version: 1, data }),
    }
}

fn received() -> Event {
    let webhook = ReceivedWebhook {
        source: SourceId::from_bytes([3; 16]),
        dialect: DialectId::BigCommerce,
        topic: "store/channel/updated".to_owned(),
        platform_event_id: None,
        query: None,
        headers: Headers::new(),
        body: b"{}".as_slice().into(),
    };
    let topic = webhook.topic.clone();
    let event_type = EventType::Native { dialect: DialectId::BigCommerce, topic };
    Event { event_type, origin: Origin::Webhook(webhook), ..changed() }
}

fn types(names: &[&str]) -> Selection {
    let types =
        names.iter().map(|name| TopicPattern::parse(DialectId::CloudEvents, name).expect("a pattern"));
    Selection { types: types.collect(), ..Selection::default() }
}

#[test]
fn everything_that_is_given_must_hold() {
    let all = Selection::default;
    let shop = changed().shop;
    let subject = "order/169".parse().ok();
    for (selection, covers) in [
        (all(), true),
        (Selection { events: vec![changed().id], ..all() }, true),
        (Selection { events: vec![EventId::from_bytes([9; 16])], ..all() }, false),
        (Selection { shop: Some(shop), subject: subject.clone(), ..types(&["order.*"]) }, true),
        (Selection { shop: Some(ShopId::from_bytes([9; 16])), subject, ..all() }, false),
        (Selection { subject: "order/16".parse().ok(), ..all() }, false),
        (types(&["product.*", "order.created"]), true),
        (types(&["product.*", "order.updated"]), false),
        (Selection { dialect: Some(DialectId::BigCommerce), ..all() }, false),
        (Selection { since: Some(AT), ..all() }, true),
        (Selection { since: Some(AT.plus_ms(1)), ..all() }, false),
        (Selection { until: Some(AT), ..all() }, false),
        (Selection { since: Some(AT), until: Some(AT.plus_ms(1)), ..all() }, true),
    ] {
        assert_eq!(selection.covers(&changed()), covers, "{selection:?}");
    }
    for (selection, covers) in [
        (types(&["bigcommerce:store/channel/*"]), true),
        (types(&["bigcommerce:*"]), true),
        (types(&["order.*"]), false),
        (Selection { dialect: Some(DialectId::BigCommerce), ..all() }, true),
        (Selection { dialect: Some(DialectId::Ecwid), ..all() }, false),
    ] {
        assert_eq!(selection.covers(&received()), covers, "{selection:?}");
    }
    assert!(all().is_everything() && !types(&["*"]).is_everything());
}

#[test]
fn what_is_stored_reads_back() {
    let outcome = PastOutcome {
        endpoint: EndpointId::from_bytes([4; 16]),
        is: PastState::Dead,
        reason: Some(DeadReason::Exhausted),
        since: Some(AT),
        until: None,
    };
    let subject = "cart/a/b".parse().ok();
    let replay = Replay {
        id: ReplayId::from_bytes([5; 16]),
        endpoint: EndpointId::from_bytes([6; 16]),
        selection: Selection { subject, outcome: Some(outcome), since: Some(AT), ..types(&["order.*"]) },
        ignore_topics: true,
        rate: 100,
        last: Seq(77),
        state: ReplayState::Failed { reason: "the endpoint was deleted".to_owned() },
        progress: ReplayProgress { position: Seq(12), queued: 3, ..ReplayProgress::default() },
        created_at: AT,
        updated_at: AT,
    };
    let json = serde_json::to_string(&replay).expect("json");
    assert_eq!(serde_json::from_str::<Replay>(&json).expect("the same"), replay);
    assert!(json.contains(r#""subject":"cart/a/b""#) && json.contains(r#""reason":"exhausted""#), "{json}");
    let wrong = json.replace("cart/a/b", "cart");
    let error = serde_json::from_str::<Replay>(&wrong).expect_err("no subject").to_string();
    assert!(error.contains("`cart` is not a subject"), "{error}");
}

#[test]
fn times_of_outcomes_are_half_open() {
    let outcome = PastOutcome {
        endpoint: EndpointId::from_bytes([4; 16]),
        is: PastState::Failed,
        reason: None,
        since: Some(AT),
        until: Some(AT.plus_ms(10)),
    };
    let within = [-1, 0, 9, 10].map(|ms| outcome.is_within(AT.plus_ms(ms)));
    assert_eq!(within, [false, true, true, false]);
}

#[test]
fn words_are_those_of_the_stored_form() {
    for state in PastState::ALL {
        assert_eq!(serde_json::to_string(&state).expect("json"), format!("\"{}\"", state.as_str()));
    }
    let ended: Vec<_> = [
        ReplayState::Queued,
        ReplayState::Running,
        ReplayState::Finished,
        ReplayState::Cancelled,
        ReplayState::Failed { reason: String::new() },
    ]
    .iter()
    .map(|state| {
        let json = serde_json::to_value(state).expect("json");
        assert_eq!(json["state"], state.as_str());
        assert!(ReplayState::NAMES.contains(&state.as_str()));
        state.has_ended()
    })
    .collect();
    assert_eq!(ended, [false, false, true, true, true]);
}
