//! Made-up things to store.

use bytes::Bytes;
use shopwire_core::commerce::{CanonicalType, EntityKind, EventType, Subject, is_surrogate, number_for};
use shopwire_core::delivery::{
    CustomHeader, Endpoint, LaneChanges, Outcome, Progress, RetryPolicy, TopicPattern, Waiting,
};
use shopwire_core::{
    DialectId, EndpointId, Event, EventId, Headers, Origin, ReceivedWebhook, RecordedChange, Secret,
    SecretVersion, Seq, ShopId, SourceId, Timestamp,
};

use crate::{
    Appended, AttemptRecord, Committed, EntityChange, EntityKey, LaneUpdate, Ledger, NewEvent, Page,
    PageRequest,
};

/// A moment: `n` seconds after the beginning.
pub(super) fn moment(n: u64) -> Timestamp {
    Timestamp::from_secs(1_764_000_000 + i64::try_from(n).unwrap())
}

fn bytes(kind: u8, n: u64) -> [u8; 16] {
    let mut bytes = [kind; 16];
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    bytes
}

pub(super) fn event_id(n: u64) -> EventId {
    EventId::from_bytes(bytes(1, n))
}

pub(super) fn shop_id(n: u64) -> ShopId {
    ShopId::from_bytes(bytes(2, n))
}

pub(super) fn source_id(n: u64) -> SourceId {
    SourceId::from_bytes(bytes(3, n))
}

pub(super) fn endpoint_id(n: u64) -> EndpointId {
    EndpointId::from_bytes(bytes(4, n))
}

const TYPES: [CanonicalType; 3] =
    [CanonicalType::OrderCreated, CanonicalType::OrderUpdated, CanonicalType::ProductUpdated];

/// The `n`th event: shops, types, subjects, dialects and times take turns. Some arose from a change.
pub(super) fn event(n: u64) -> Event {
    let dialect = DialectId::PLATFORMS[usize::try_from(n % 5).unwrap()];
    let event_type = match usize::try_from(n % 4).unwrap() {
        3 => EventType::Native { dialect, topic: "store:thing".to_owned() },
        place => TYPES[place].into(),
    };
    let webhook = ReceivedWebhook {
        source: source_id(n % 2),
        dialect,
        topic: format!("topic/{}", n % 7),
        platform_event_id: n.is_multiple_of(2).then(|| format!("platform-{n}")),
        query: n.is_multiple_of(3).then(|| "a=1&b=%20".to_owned()),
        headers: Headers::new().with("X-Thing", "žluť").with("x-thing", ""),
        body: Bytes::from(format!("{{\"n\":{n},\"raw\":\"\u{0}\\u00e9\"}}").into_bytes()),
    };
    let change = RecordedChange {
        cause: n.is_multiple_of(2).then(|| "order".to_owned()),
        actor: Some(format!("user {n}")),
        version: n,
        data: webhook.body.clone(),
    };
    Event {
        id: event_id(n),
        shop: shop_id(n % 3),
        event_type,
        subject: Subject::new(EntityKind::Order, n % 6),
        occurred_at: moment(n).plus_ms(-5),
        // Clocks jump: not in the order of the log.
        received_at: moment(n ^ 3),
        origin: if n % 8 == 5 { Origin::Change(change) } else { Origin::Webhook(webhook) },
    }
}

/// The `n`th event, not to be merged with any other.
pub(super) fn alone(n: u64) -> NewEvent {
    NewEvent { event: event(n), identity: None }
}

/// The `n`th event, by a source, with an identity key.
pub(super) fn identified(n: u64, source: SourceId, identity: &str) -> NewEvent {
    NewEvent { event: event(n), identity: Some((source, identity.to_owned())) }
}

/// Appends the events of these numbers and gives their places.
pub(super) async fn append_all(ledger: &dyn Ledger, numbers: std::ops::Range<u64>) -> Vec<Seq> {
    let mut places = Vec::new();
    for n in numbers {
        match ledger.append(alone(n)).await.unwrap() {
            Appended::New(seq) => places.push(seq),
            merged @ Appended::Merged { .. } => panic!("event {n} is no copy: {merged:?}"),
        }
    }
    places
}

/// Names an entity of a shop.
pub(super) fn key(shop: u64, kind: EntityKind, id: &str) -> EntityKey {
    EntityKey { shop: shop_id(shop), kind, id: id.to_owned() }
}

/// The order of this id in the first shop.
pub(super) fn order(id: &str) -> EntityKey {
    key(1, EntityKind::Order, id)
}

/// A change without events or timers, after which the entity tells the version it was computed from.
pub(super) fn change(key: EntityKey, base_version: u64) -> EntityChange {
    let number = number_for(key.shop, key.kind.as_str(), &key.id);
    EntityChange {
        base_version,
        entity: Some(format!("{{\"id\":\"{}\",\"base\":{base_version}}}", key.id).into()),
        marks: Bytes::from_static(b"{}"),
        at: moment(base_version),
        timers: Vec::new(),
        fired: None,
        surrogate: is_surrogate(number).then_some(number),
        events: Vec::new(),
        key,
    }
}

/// Commits a change that meets no conflict; answers the version.
pub(super) async fn commit(ledger: &dyn Ledger, change: EntityChange) -> u64 {
    match ledger.commit(change.clone()).await.unwrap() {
        Committed::Done { version, .. } => version,
        conflict @ Committed::Conflict { .. } => panic!("nobody was first: {conflict:?} of {change:?}"),
    }
}

/// All of the log.
pub(super) async fn log(ledger: &dyn Ledger) -> Vec<Event> {
    let logged = ledger.read_after(Seq::START, usize::MAX, usize::MAX).await.unwrap();
    logged.into_iter().map(|logged| logged.event.clone()).collect()
}

/// An attempt that delivered.
pub(super) fn attempt(seq: Seq, number: u32) -> AttemptRecord {
    AttemptRecord {
        seq,
        number,
        at: moment(seq.0 * 10 + u64::from(number)),
        latency_us: 1234,
        outcome: Outcome::Delivered { status: 204 },
        detail: None,
        response: Bytes::new(),
        next_at: None,
        dead: None,
    }
}

pub(super) fn waiting(seq: Seq, due: u64) -> Waiting {
    let progress = Progress { attempts: 2, steps: 1, first_at: moment(1) };
    Waiting { seq, key: u64::MAX - seq.0, due: Some(moment(due)), progress: Some(progress) }
}

/// A lane that stands at `cursor`, with nothing else to say.
pub(super) fn update(endpoint: EndpointId, cursor: Seq) -> LaneUpdate {
    LaneUpdate { endpoint, cursor, done: Vec::new(), changes: LaneChanges::default(), attempts: Vec::new() }
}

/// An endpoint with two secrets and a header that is one.
pub(super) fn endpoint(n: u64) -> Endpoint {
    let version = |text: &str| SecretVersion::new(Secret::new(format!("{text}-{n}")), moment(n));
    Endpoint {
        id: endpoint_id(n),
        name: format!("endpoint {n}"),
        dialect: DialectId::CloudEvents,
        app: None,
        shop: n.is_multiple_of(2).then(|| shop_id(n)),
        url: "https://example.com/hook".to_owned(),
        topics: vec![TopicPattern::parse(DialectId::CloudEvents, "order.*").unwrap()],
        mode: Default::default(),
        headers: vec![CustomHeader { name: "X-Key".to_owned(), value: Secret::new(format!("header-{n}")) }],
        secrets: vec![version("new"), version("old")],
        ordering: Default::default(),
        retry: n.is_multiple_of(2).then(RetryPolicy::default),
        in_flight_max: 4,
        connections_max: None,
        rate: None,
        failing_max_ms: None,
        trouble: None,
        state: Default::default(),
        created_at: moment(n),
        updated_at: moment(n),
    }
}

/// A page of `size`, with a scan bound that does not matter.
pub(super) fn page(size: usize, before: Option<u64>) -> PageRequest {
    PageRequest { size, before, scan_rows_max: 1_000 }
}

/// All pages of a list, one after another.
pub(super) async fn all_pages<T, F>(mut next: impl FnMut(Option<u64>) -> F) -> Vec<T>
where
    F: Future<Output = Page<T>>,
{
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let page = next(before).await;
        all.extend(page.items);
        assert!(before.is_none() || page.next != before, "a page leads to itself");
        before = page.next;
        if before.is_none() {
            return all;
        }
    }
}
