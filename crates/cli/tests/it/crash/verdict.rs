//! The records held against each other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use shopwire_core::commerce::EntityKind;
use shopwire_core::delivery::Ordering;
use shopwire_core::{Event, LoggedEvent, Origin, Seq};
use shopwire_dialects::{Incoming, ShopIdentity, translate};
use shopwire_store::{DeadLetterFilter, EntityKey, Ledger, PageRequest};

use super::house::{House, LISTENING, Listener};
use super::receiver::Noted;
use super::record::{Asked, Record};

/// What is wrong, as lists of what it is wrong about, and what is to be reported.
#[derive(Default)]
pub(super) struct Verdict {
    events: usize,
    answered: usize,
    dead: usize,
    duplicates: Vec<(String, usize)>,
    lost: Vec<String>,
    undelivered: Vec<String>,
    out_of_order: Vec<String>,
    unasked: Vec<String>,
    otherwise_wrong: Vec<String>,
}

impl Verdict {
    /// Whether every event has come to an end everywhere.
    pub(super) fn is_settled(&self) -> bool {
        self.undelivered.is_empty()
    }

    /// Everything that must not be.
    pub(super) fn faults(&self) -> Vec<String> {
        let named =
            |name: &str, list: &[String]| list.iter().map(|of| format!("{name}: {of}")).collect::<Vec<_>>();
        [
            named("lost at the door", &self.lost),
            named("not delivered", &self.undelivered),
            named("out of order", &self.out_of_order),
            named("nobody asked for", &self.unasked),
            named("wrong", &self.otherwise_wrong),
        ]
        .concat()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = self.lost.len() + self.undelivered.len();
        let (out_of_order, unasked) = (self.out_of_order.len(), self.unasked.len());
        write!(
            f,
            "{} answered, {} events: {lost} lost, {out_of_order} out of order, ",
            self.answered, self.events
        )?;
        write!(f, "{unasked} unasked, {} dead; duplicates:", self.dead)?;
        self.duplicates.iter().try_for_each(|(name, count)| write!(f, " {name} {count}"))
    }
}

/// Compares what was asked, what is stored and what arrived. No server may be running.
pub(super) async fn look(house: &House, record: &Record) -> Verdict {
    let ledger = house.ledger();
    let log = read_log(&*ledger).await;
    let mut verdict = Verdict { events: log.len(), ..Verdict::default() };
    check_store(&*ledger, house, record, &mut verdict).await;
    check_log(&log, &record.asked(), &mut verdict);
    for listener in &house.listeners {
        let filter = DeadLetterFilter { endpoint: Some(listener.id), event: None };
        let page = PageRequest { size: 1_000_000, before: None, scan_rows_max: 10_000_000 };
        let dead = ledger.dead_letters(&filter, page).await.unwrap().items;
        verdict.dead += dead.len();
        check_listener(listener, &log, &dead.into_iter().map(|letter| letter.seq).collect(), &mut verdict);
    }
    ledger.close().await.unwrap();
    verdict
}

async fn read_log(ledger: &dyn Ledger) -> Vec<Arc<LoggedEvent>> {
    let (mut log, mut after) = (Vec::new(), Seq::START);
    loop {
        let read = ledger.read_after(after, 1_000, 16 << 20).await.unwrap();
        let Some(last) = read.last() else { return log };
        after = last.seq;
        log.extend(read);
    }
}

/// The store is whole, and every order is at a version that was asked for, and not before the one that was answered last.
async fn check_store(ledger: &dyn Ledger, house: &House, record: &Record, verdict: &mut Verdict) {
    verdict.otherwise_wrong.extend(ledger.health(true).await.unwrap().problems);
    let mut versions = BTreeMap::<String, (u64, u64)>::new();
    for ((id, version), events) in &record.asked().writes {
        let (answered, begun) = versions.entry(id.clone()).or_default();
        *begun = (*begun).max(*version);
        *answered = if events.is_some() { (*answered).max(*version) } else { *answered };
    }
    for (id, (answered, begun)) in versions {
        let key = EntityKey { shop: house.shop, kind: EntityKind::Order, id: id.clone() };
        let version = ledger.snapshot(&key).await.unwrap().map_or(0, |snapshot| snapshot.version);
        if !(answered..=begun).contains(&version) {
            let wrong = format!("order {id} is at version {version}, not between {answered} and {begun}");
            verdict.otherwise_wrong.push(wrong);
        }
    }
}

/// What was answered is in the log; what is in the log was asked for, and stands there once.
fn check_log(log: &[Arc<LoggedEvent>], asked: &Asked, verdict: &mut Verdict) {
    let ids: HashSet<String> = log.iter().map(|logged| logged.event.id.to_string()).collect();
    let answered = asked.answered();
    verdict.answered = answered.len();
    verdict.lost.extend(answered.into_iter().filter(|id| !ids.contains(*id)).map(str::to_owned));
    verdict.otherwise_wrong.extend(asked.wrong.iter().cloned());
    let (mut seen, mut versions) = (HashSet::new(), HashMap::<&str, u64>::new());
    for LoggedEvent { event, .. } in log.iter().map(AsRef::as_ref).filter(|logged| !is_ours(&logged.event)) {
        let told = format!("{} {}", event.event_type, event.subject);
        let (identity, was_asked) = match &event.origin {
            Origin::Webhook(webhook) => {
                let incoming = Incoming {
                    query: webhook.query.as_deref(),
                    headers: &webhook.headers,
                    body: &webhook.body,
                };
                let dialect = shopwire_dialects::get(webhook.dialect).unwrap();
                let key = (webhook.dialect, dialect.read(&incoming).unwrap().identity_key);
                (format!("{key:?}"), asked.webhooks.contains_key(&key))
            }
            Origin::Change(change) => {
                let latest = versions.entry(event.subject.as_str()).or_default();
                if *latest > change.version {
                    verdict
                        .out_of_order
                        .push(format!("{told}: version {} behind {latest} in the log", change.version));
                }
                *latest = change.version;
                let key = (event.subject.id().to_owned(), change.version);
                (format!("{told} {key:?}"), asked.writes.contains_key(&key))
            }
        };
        if !was_asked {
            verdict.unasked.push(format!("{told} ({})", event.id));
        }
        if !seen.insert(identity) {
            verdict.unasked.push(format!("{told} ({}) stands twice in the log", event.id));
        }
    }
}

/// What the engine tells of itself: asked for by nobody, and not always sent.
fn is_ours(event: &Event) -> bool {
    event.subject.kind_name() == "endpoint"
}

/// One receiver's record against the log: everything meant for it was taken or given up, nothing else came, in order.
fn check_listener(listener: &Listener, log: &[Arc<LoggedEvent>], dead: &HashSet<Seq>, verdict: &mut Verdict) {
    let meant: Vec<(String, &LoggedEvent)> =
        log.iter().filter_map(|logged| Some((key_at(listener, &logged.event)?, &**logged))).collect();
    let places: HashMap<&str, usize> =
        meant.iter().enumerate().map(|(at, (key, _))| (key.as_str(), at)).collect();
    assert_eq!(places.len(), meant.len(), "what arrives can be told apart");
    let noted = listener.receiver.noted();
    let mut taken = vec![0usize; meant.len()];
    for noted in &noted {
        match noted {
            Noted::Forged => verdict.otherwise_wrong.push("a request that is not genuine".to_owned()),
            Noted::Arrived(key) if !places.contains_key(key.as_str()) => {
                verdict.unasked.push(format!("at a receiver: {key}"));
            }
            Noted::Arrived(_) => {}
            Noted::Taken(key) => drop(places.get(key.as_str()).map(|at| taken[*at] += 1)),
        }
    }
    for ((_, logged), taken) in meant.iter().zip(&taken) {
        if *taken == 0 && !dead.contains(&logged.seq) && !is_ours(&logged.event) {
            verdict.undelivered.push(format!("{} to {}", logged.event.id, name(listener)));
        }
    }
    if listener.ordering == Ordering::Subject {
        let told = overtaking(&noted, &meant, &places, dead).into_iter();
        verdict.out_of_order.extend(told.map(|told| format!("{told} at {}", name(listener))));
    }
    let duplicates = taken.iter().map(|taken| taken.saturating_sub(1)).sum();
    verdict.duplicates.push((name(listener), duplicates));
}

fn name(listener: &Listener) -> String {
    let ordering = if listener.ordering == Ordering::Subject { "ordered" } else { "unordered" };
    format!("{}/{ordering}", if listener.is_platform { LISTENING.as_str() } else { "ours" })
}

/// By what a receiver knows the event; `None` if it is not meant for it.
fn key_at(listener: &Listener, event: &Event) -> Option<String> {
    if !listener.is_platform {
        return Some(event.id.to_string());
    }
    let identity = ShopIdentity::of("site_name", "crash");
    // The other shop's events come from webhooks.
    event.origin.webhook().is_none().then_some(())?;
    let said = translate::into(event, LISTENING, &identity).ok()?;
    String::from_utf8(said.draft.body).ok()
}

/// Where an event overtook an earlier one of its subject.
///
/// P3: events of one subject are never delivered out of order. What a receiver can see of that promise is exactly this: **an
/// event arrives for the first time only after every earlier event of its subject (in the log's order, among those meant
/// for this endpoint) was taken by a whole 2xx answer, or was given up.** That is more than the order of first successes: it
/// also forbids two of one subject in flight at once. It allows what "at least once" needs: an answer that never reached
/// the server (a crash, a broken connection) makes an event come again, and by then later ones may have been taken already;
/// its first time is what counts, for after that the receiver knows the id.
pub(super) fn overtaking(
    noted: &[Noted],
    meant: &[(String, &LoggedEvent)],
    places: &HashMap<&str, usize>,
    dead: &HashSet<Seq>,
) -> Vec<String> {
    let mut open = HashMap::<(_, &str), BTreeSet<usize>>::new();
    let subject = |at: usize| (meant[at].1.event.shop, meant[at].1.event.subject.as_str());
    for at in (0..meant.len()).filter(|at| !dead.contains(&meant[*at].1.seq)) {
        open.entry(subject(at)).or_default().insert(at);
    }
    let (mut arrived, mut told) = (HashSet::new(), Vec::new());
    for noted in noted {
        match noted {
            Noted::Arrived(key) => {
                let Some(&at) = places.get(key.as_str()) else { continue };
                let earliest = open.get(&subject(at)).and_then(BTreeSet::first);
                if arrived.insert(at) && earliest.is_some_and(|earliest| *earliest < at) {
                    let (late, early) = (&meant[at].1.event, &meant[*earliest.unwrap()].1.event);
                    told.push(format!("{} overtook {} of {}", late.id, early.id, late.subject));
                }
            }
            Noted::Taken(key) => {
                let Some(&at) = places.get(key.as_str()) else { continue };
                open.get_mut(&subject(at)).map(|open| open.remove(&at));
            }
            Noted::Forged => {}
        }
    }
    told
}

/// That the judge itself can find fault.
#[cfg(test)]
mod tests {
    use shopwire_core::commerce::CanonicalType::OrderUpdated;
    use shopwire_core::commerce::{Canonical, entity};
    use shopwire_core::{EventId, ShopId, SourceId, Timestamp};
    use translate::Stamp;

    use super::*;

    /// The events `a` and `b` of one subject and `x` of another, in this order in the log.
    fn log() -> Vec<(String, LoggedEvent)> {
        let logged = |(place, (key, order)): (u64, (&str, &str))| {
            let id = EventId::from_bytes([u8::try_from(place).unwrap(); 16]);
            let (shop, source) = (ShopId::from_bytes([9; 16]), SourceId::from_bytes([9; 16]));
            let order = entity::Order { id: order.to_owned(), ..Default::default() };
            let stamp = Stamp { id, shop, source, now: Timestamp::EPOCH };
            let event = translate::changed(OrderUpdated, &Canonical::of(order), &stamp);
            (key.to_owned(), LoggedEvent { seq: Seq(place), event })
        };
        (1..).zip([("a", "1"), ("b", "1"), ("x", "2")]).map(logged).collect()
    }

    /// How many overtook: capital letters are taken, small ones arrive.
    fn overtook(course: &str, dead: &[u64]) -> usize {
        let log = log();
        let meant: Vec<_> = log.iter().map(|(key, logged)| (key.clone(), logged)).collect();
        let places = meant.iter().enumerate().map(|(at, (key, _))| (key.as_str(), at)).collect();
        let noted = course.chars().map(|letter| {
            let key = letter.to_lowercase().to_string();
            if letter.is_lowercase() { Noted::Arrived(key) } else { Noted::Taken(key) }
        });
        let dead = dead.iter().copied().map(Seq).collect();
        overtaking(&noted.collect::<Vec<_>>(), &meant, &places, &dead).len()
    }

    #[test]
    fn only_what_comes_first_before_an_earlier_one_was_taken_has_overtaken() {
        for fine in ["aAbB", "xaXAbB", "aaAbB", "aAbaABbB", "aAbBaA", "xXxX", ""] {
            assert_eq!(overtook(fine, &[]), 0, "{fine}");
        }
        for (wrong, count) in [("bBaA", 1), ("abAB", 1), ("b", 1), ("xXbaA", 1), ("aabAB", 1)] {
            assert_eq!(overtook(wrong, &[]), count, "{wrong}");
        }
        assert_eq!((overtook("bB", &[1]), overtook("abB", &[1]), overtook("bB", &[3])), (0, 0, 1));
    }
}
