//! The state of shops against a simple model of it.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use shopwire_core::commerce::diff::TimerKind::{self, AppExpiry, CartAbandonment};
use shopwire_core::{EventId, Seq, Timestamp};
use shopwire_store::{Committed, DueTimer, EntityChange, EntityKey, Ledger as _, SqliteLedger};

use crate::support::{Store, change, changed, event};

const IDS: [&str; 3] = ["a", "b", "c"];

/// A change as it is drawn: what it says of the state there will be when its turn comes.
#[derive(Debug, Clone)]
struct Drawn {
    id: &'static str,
    /// How far its version is behind.
    stale: u64,
    is_deletion: bool,
    timers: Vec<(TimerKind, Option<u8>)>,
    /// The timer that fires, and whether the time it was set for is still right.
    fired: Option<(TimerKind, bool)>,
    events: u64,
    end: Option<End>,
}

/// How the process ends after it.
#[derive(Debug, Clone, Copy)]
enum End {
    Closes,
    Crashes,
}

/// What must be there, as plainly as it can be said.
#[derive(Default)]
struct Model {
    snapshots: BTreeMap<&'static str, (u64, Option<bytes::Bytes>)>,
    timers: BTreeMap<(Timestamp, &'static str, &'static str), TimerKind>,
    log: Vec<EventId>,
}

impl Model {
    fn version(&self, id: &str) -> u64 {
        self.snapshots.get(id).map_or(0, |(version, _)| *version)
    }

    fn due(&self, id: &str, timer: TimerKind) -> Option<Timestamp> {
        self.timers.iter().find(|((_, of, _), set)| *of == id && **set == timer).map(|((due, ..), _)| *due)
    }

    fn set(&mut self, id: &'static str, timer: TimerKind, due: Option<Timestamp>) {
        self.timers.retain(|(_, of, _), set| *of != id || *set != timer);
        self.timers.extend(due.map(|due| ((due, id, timer.as_str()), timer)));
    }

    /// The change that was drawn, with fresh events from the `n`th on.
    fn change(&self, drawn: &Drawn, n: u64) -> EntityChange {
        let base = self.version(drawn.id).saturating_sub(drawn.stale);
        let events: Vec<_> = (n..n + drawn.events).map(|n| changed(n, base + 1)).collect();
        let plain = change(drawn.id, base);
        EntityChange {
            entity: plain.entity.clone().filter(|_| !drawn.is_deletion),
            timers: drawn.timers.iter().map(|(timer, due)| (*timer, due.map(moment))).collect(),
            fired: drawn.fired.map(|(timer, is_right)| {
                let due = self.due(drawn.id, timer).unwrap_or(moment(0));
                (timer, if is_right { due } else { due.plus_ms(1) })
            }),
            events,
            ..plain
        }
    }

    /// What must become of a change.
    fn apply(&mut self, id: &'static str, change: &EntityChange) -> Committed {
        let version = self.version(id);
        let is_due = change.fired.is_none_or(|(timer, due)| self.due(id, timer) == Some(due));
        if change.base_version != version || !is_due {
            return Committed::Conflict { version };
        }
        let version = version + 1;
        self.snapshots.insert(id, (version, change.entity.clone()));
        let fired = change.fired.map(|(timer, _)| (timer, None));
        for (timer, due) in fired.into_iter().chain(change.timers.iter().copied()) {
            self.set(id, timer, due);
        }
        self.log.extend(change.events.iter().map(|event| event.id));
        Committed::Done { version, head: Seq(self.log.len() as u64) }
    }

    async fn check(&self, ledger: &SqliteLedger) -> Result<(), TestCaseError> {
        for id in IDS {
            let read = ledger.snapshot(&key(id)).await.unwrap();
            let read = read.map(|snapshot| (snapshot.version, snapshot.entity));
            prop_assert_eq!(read.as_ref(), self.snapshots.get(id), "{}", id);
        }
        let listed = ledger.snapshots(key("").shop, key("").kind, None, 9).await.unwrap();
        let there = self.snapshots.iter().filter(|(_, (_, entity))| entity.is_some()).map(|(id, _)| *id);
        prop_assert!(listed.iter().map(|snapshot| snapshot.key.id.as_str()).eq(there));
        let due = ledger.timers_due(Timestamp::MAX, 99).await.unwrap();
        let set = self.timers.iter().map(|((due, id, _), timer)| DueTimer {
            key: key(id),
            timer: *timer,
            due: *due,
        });
        prop_assert_eq!(due, set.collect::<Vec<_>>());
        let log = ledger.read_after(Seq::START, usize::MAX, usize::MAX).await.unwrap();
        prop_assert!(log.iter().map(|logged| logged.event.id).eq(self.log.iter().copied()));
        Ok(())
    }
}

fn key(id: &str) -> EntityKey {
    change(id, 0).key
}

fn moment(n: u8) -> Timestamp {
    event(0).received_at.plus_ms(n.into())
}

fn timer() -> impl Strategy<Value = TimerKind> {
    prop_oneof![Just(CartAbandonment), Just(AppExpiry)]
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let rarely = || prop::bool::weighted(0.15);
    (
        prop::sample::select(&IDS[..]),
        (rarely(), 1..3u64),
        prop::bool::weighted(0.3),
        vec((timer(), prop::option::of(0..9u8)), 0..3),
        prop::option::weighted(0.3, (timer(), any::<bool>())),
        0..4u64,
        prop_oneof![6 => Just(None), 1 => Just(Some(End::Closes)), 1 => Just(Some(End::Crashes))],
    )
        .prop_map(|(id, (is_stale, stale), is_deletion, timers, fired, events, end)| Drawn {
            id,
            stale: if is_stale { stale } else { 0 },
            is_deletion,
            timers,
            fired,
            events,
            end,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn state_timers_and_log_are_as_the_model_says(changes in vec(drawn(), 1..25)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let mut store = Store::fresh();
            let mut ledger = store.sqlite();
            ledger.append_all(vec![event(0)]).await.unwrap();
            let mut model = Model { log: vec![event(0).id], ..Model::default() };
            for (round, drawn) in (1..).zip(&changes) {
                let change = model.change(drawn, round * 10);
                let expected = model.apply(drawn.id, &change);
                prop_assert_eq!(ledger.commit(change).await, Ok(expected));
                match drawn.end {
                    None => continue,
                    Some(End::Closes) => ledger.close().await.unwrap(),
                    Some(End::Crashes) => store = store.as_after_a_crash(),
                }
                ledger = store.sqlite();
            }
            model.check(&ledger).await
        })?;
    }
}
