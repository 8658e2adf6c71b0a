//! The store against simple models of it.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use shopwire_core::delivery::{LaneChanges, LaneRecord, Progress, Waiting};
use shopwire_core::{EndpointId, Seq, ShopId, Timestamp};
use shopwire_store::{EventFilter, LaneUpdate, Ledger as _, PageRequest};

use crate::support::{Store, event, new_event};

const EVENTS: u64 = 12;
const ENDPOINT: [u8; 16] = [9; 16];

/// What a lane's record must be, as plainly as it can be said.
#[derive(Default)]
struct Model {
    cursor: Seq,
    done: Vec<Seq>,
    waiting: BTreeMap<Seq, Waiting>,
}

impl Model {
    fn apply(&mut self, update: &LaneUpdate) {
        if update.cursor >= self.cursor {
            (self.cursor, self.done) = (update.cursor, update.done.clone());
        }
        self.waiting.extend(update.changes.wait.iter().map(|waiting| (waiting.seq, *waiting)));
        for seq in &update.changes.forget {
            self.waiting.remove(seq);
        }
    }

    fn record(&self) -> LaneRecord {
        LaneRecord {
            cursor: self.cursor,
            done: self.done.clone(),
            waiting: self.waiting.values().copied().collect(),
        }
    }
}

fn seq() -> impl Strategy<Value = Seq> {
    (1..=EVENTS).prop_map(Seq)
}

fn waiting() -> impl Strategy<Value = Waiting> {
    let moment = || any::<u32>().prop_map(|secs| Timestamp::from_secs(secs.into()));
    let progress = (any::<u32>(), any::<u32>(), moment()).prop_map(|(attempts, steps, first_at)| Progress {
        attempts,
        steps,
        first_at,
    });
    (seq(), any::<u64>(), proptest::option::of(moment()), proptest::option::of(progress))
        .prop_map(|(seq, key, due, progress)| Waiting { seq, key, due, progress })
}

fn update() -> impl Strategy<Value = LaneUpdate> {
    (0..=EVENTS, vec(seq(), 0..4), vec(waiting(), 0..4), vec(seq(), 0..3)).prop_map(
        |(cursor, done, wait, forget)| LaneUpdate {
            endpoint: EndpointId::from_bytes(ENDPOINT),
            cursor: Seq(cursor),
            done,
            changes: LaneChanges { wait, forget },
            attempts: Vec::new(),
        },
    )
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_lane_is_restored_as_the_model_says(groups in vec((vec(update(), 1..4), any::<bool>()), 1..8)) {
        run(async {
            let store = Store::fresh();
            let mut ledger = store.sqlite();
            for n in 0..EVENTS {
                ledger.append(new_event(n)).await.unwrap();
            }
            let endpoint = EndpointId::from_bytes(ENDPOINT);
            ledger.open_lane(endpoint, Seq::START).await.unwrap();
            let mut model = Model::default();
            for (updates, reopens) in groups {
                updates.iter().for_each(|update| model.apply(update));
                ledger.record(updates).await.unwrap();
                if reopens {
                    ledger.close().await.unwrap();
                    ledger = store.sqlite();
                }
                prop_assert_eq!(ledger.lane(endpoint).await.unwrap(), Some(model.record()));
            }
            Ok(())
        })?;
    }

    #[test]
    fn pages_of_a_search_are_the_filtered_log(
        numbers in proptest::collection::btree_set(0u64..200, 0..40),
        (shop, kind, subject, since) in (
            proptest::option::of(0u8..3), proptest::option::of(0u64..2),
            proptest::option::of(0u64..4), proptest::option::of(0u64..200),
        ),
        (size, scan_rows_max) in (1usize..10, 1usize..30),
    ) {
        run(async {
            let store = Store::fresh();
            let ledger = store.sqlite();
            for n in &numbers {
                ledger.append(new_event(*n)).await.unwrap();
            }
            let filter = EventFilter {
                shop: shop.map(|shop| ShopId::from_bytes([shop; 16])),
                event_type: kind.map(|n| event(n).event_type),
                subject: subject.map(|n| event(n).subject),
                since: since.map(|n| event(n).received_at),
                ..EventFilter::default()
            };
            let is_wanted = |n: &&u64| {
                shop.is_none_or(|shop| *n % 3 == u64::from(shop))
                    && kind.is_none_or(|kind| *n % 2 == kind)
                    && subject.is_none_or(|subject| *n % 4 == subject)
                    && since.is_none_or(|since| **n >= since)
            };
            let expected: Vec<_> = numbers.iter().rev().filter(is_wanted).map(|n| event(*n).id).collect();
            let (mut found, mut before) = (Vec::new(), None);
            loop {
                let page = ledger.search(&filter, PageRequest { size, before, scan_rows_max }).await.unwrap();
                prop_assert!(page.items.len() <= size);
                found.extend(page.items.into_iter().map(|head| head.id));
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            prop_assert_eq!(found, expected);
            Ok(())
        })?;
    }
}
