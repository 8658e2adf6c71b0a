//! The whole ledger against a simple model, with random actions, and with closes and crashes in between.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use shopwire_core::delivery::{DeadReason, LaneChanges, LaneRecord, Outcome, Progress, Waiting, subject_key};
use shopwire_core::{EndpointId, Event, Seq, SourceId, Timestamp};
use shopwire_store::{
    Appended, AttemptFilter, AttemptRecord, Committed, DeadLetterFilter, EntityChange, EventFilter,
    LaneUpdate, Ledger as _, NewEvent, NounId, PageRequest, Redelivery, Retention, SqliteLedger,
};

use crate::support::{Store, change, changed, event};

/// What is done; places are drawn among those there are when its turn comes.
#[derive(Debug, Clone)]
enum Action {
    Append {
        key: Option<u8>,
    },
    AppendAll {
        count: u64,
    },
    Commit {
        id: u8,
        is_stale: bool,
        events: u64,
    },
    Open {
        lane: u8,
        at: Index,
    },
    Record {
        lane: u8,
        cursor: Index,
        done: Vec<Index>,
        wait: Vec<Index>,
        forget: Vec<Index>,
        made: Vec<(Index, bool)>,
    },
    Redeliver {
        lane: u8,
        seq: Index,
    },
    Replay {
        lane: u8,
        seqs: Vec<Index>,
    },
    Remove {
        lane: u8,
    },
    Erase {
        subject: u64,
    },
    Retain {
        keep_from: Index,
    },
    Close,
    /// With so many bytes of a group that was never answered.
    Crash {
        torn: Vec<u8>,
    },
}

#[derive(Debug, Clone, Default)]
struct Lane {
    opened_at: Seq,
    record: LaneRecord,
    /// Those given up, with their attempts.
    dead: BTreeMap<Seq, u32>,
    is_removed: bool,
}

/// What must be there, as plainly as it can be said.
#[derive(Default)]
struct Model {
    /// `None` once they were erased.
    log: Vec<Option<Event>>,
    first: u64,
    keys: BTreeMap<u8, Seq>,
    versions: BTreeMap<u8, u64>,
    lanes: BTreeMap<u8, Lane>,
    attempts: Vec<(u8, AttemptRecord)>,
}

const NOW: Timestamp = Timestamp::from_secs(1_765_000_000);

fn endpoint(lane: u8) -> EndpointId {
    EndpointId::from_bytes([lane + 1; 16])
}

impl Model {
    fn head(&self) -> Seq {
        Seq(self.log.len() as u64)
    }

    fn place(&self, index: &Index) -> Seq {
        Seq(index.index(self.log.len() + 1) as u64)
    }

    fn places(&self, indexes: &[Index]) -> Vec<Seq> {
        indexes.iter().map(|index| self.place(index)).collect()
    }

    /// Places that there is an event at.
    fn events(&self, indexes: &[Index]) -> Vec<Seq> {
        let is_there = |seq: &Seq| seq.0 >= self.first.max(1);
        self.places(indexes).into_iter().filter(is_there).collect()
    }

    fn fresh(&mut self, count: u64) -> Vec<Event> {
        let n = self.log.len() as u64;
        let events: Vec<Event> = (n..n + count).map(|n| changed(n, 1)).collect();
        self.log.extend(events.iter().cloned().map(Some));
        events
    }

    fn attempts_of(&self, lane: u8, seq: Seq) -> u32 {
        let of_both = |(to, attempt): &&(u8, AttemptRecord)| *to == lane && attempt.seq == seq;
        self.attempts.iter().filter(of_both).count() as u32
    }

    fn wait(lane: &mut Lane, waiting: Waiting) {
        lane.record.waiting.retain(|known| known.seq != waiting.seq);
        lane.record.waiting.push(waiting);
        lane.record.waiting.sort_by_key(|waiting| waiting.seq);
    }

    fn open_lane(&mut self, lane: u8) -> Option<&mut Lane> {
        self.lanes.get_mut(&lane).filter(|lane| !lane.is_removed)
    }
}

fn waiting(seq: Seq, event: &Event, attempts: u32) -> Waiting {
    let progress = Progress { attempts, steps: 0, first_at: NOW };
    Waiting { seq, key: subject_key(event.shop, &event.subject), due: Some(NOW), progress: Some(progress) }
}

/// A store and what must be in it.
struct Run {
    store: Store,
    ledger: SqliteLedger,
    model: Model,
}

type Checked = Result<(), TestCaseError>;

impl Run {
    async fn act(&mut self, action: &Action) -> Checked {
        match action {
            Action::Append { key } => self.append(*key).await,
            Action::AppendAll { count } => {
                let events = self.model.fresh(*count);
                prop_assert_eq!(self.ledger.append_all(events).await, Ok(self.model.head()));
                Ok(())
            }
            Action::Commit { id, is_stale, events } => self.commit(*id, *is_stale, *events).await,
            Action::Open { lane, at } => self.open(*lane, at).await,
            Action::Record { .. } => self.record(action).await,
            Action::Redeliver { lane, seq } => self.redeliver(*lane, seq).await,
            Action::Replay { lane, seqs } => self.replay(*lane, seqs).await,
            Action::Remove { lane } => {
                self.ledger.remove(NounId::Endpoint(endpoint(*lane))).await.unwrap();
                self.model.lanes.entry(*lane).or_default().is_removed = true;
                Ok(())
            }
            Action::Erase { subject } => self.erase(*subject).await,
            Action::Retain { keep_from } => self.retain(keep_from).await,
            Action::Close | Action::Crash { .. } => self.end(action).await,
        }
    }

    async fn append(&mut self, key: Option<u8>) -> Checked {
        let known = key.and_then(|key| self.model.keys.get(&key)).copied();
        let known = known.filter(|seq| seq.0 >= self.model.first);
        let n = self.model.log.len() as u64;
        let identity = key.map(|key| (SourceId::from_bytes([3; 16]), key.to_string()));
        let answer = self.ledger.append(NewEvent { event: event(n), identity }).await.unwrap();
        match known {
            Some(known) => {
                let merged = matches!(answer, Appended::Merged { seq, .. } if seq == known);
                prop_assert!(merged, "{answer:?}");
            }
            None => {
                self.model.log.push(Some(event(n)));
                prop_assert_eq!(answer, Appended::New(self.model.head()));
                self.model.keys.extend(key.map(|key| (key, self.model.head())));
            }
        }
        Ok(())
    }

    async fn commit(&mut self, id: u8, is_stale: bool, count: u64) -> Checked {
        let version = self.model.versions.get(&id).copied().unwrap_or(0);
        let base = version + u64::from(is_stale);
        let expected = if is_stale {
            Committed::Conflict { version }
        } else {
            self.model.versions.insert(id, version + 1);
            Committed::Done { version: version + 1, head: Seq(self.model.log.len() as u64 + count) }
        };
        let events = if is_stale { vec![event(0)] } else { self.model.fresh(count) };
        let change = EntityChange { events, ..change(&id.to_string(), base) };
        prop_assert_eq!(self.ledger.commit(change).await, Ok(expected));
        Ok(())
    }

    async fn open(&mut self, lane: u8, at: &Index) -> Checked {
        let at = self.model.place(at);
        let known = self.model.lanes.entry(lane).or_insert_with(|| Lane {
            opened_at: at,
            record: LaneRecord { cursor: at, ..LaneRecord::default() },
            ..Lane::default()
        });
        if known.is_removed {
            return Ok(());
        }
        prop_assert_eq!(self.ledger.open_lane(endpoint(lane), at).await.unwrap(), known.record.clone());
        Ok(())
    }

    async fn record(&mut self, action: &Action) -> Checked {
        let Action::Record { lane, cursor, done, wait, forget, made } = action else { unreachable!() };
        let model = &mut self.model;
        let mut attempts = Vec::new();
        for (index, dies) in made {
            let Some(seq) = model.events(&[*index]).pop() else { continue };
            let attempt = AttemptRecord {
                seq,
                number: model.attempts_of(*lane, seq) + 1,
                at: NOW,
                latency_us: 1,
                outcome: Outcome::Refused { status: 500 },
                detail: None,
                response: bytes::Bytes::new(),
                next_at: None,
                dead: dies.then_some(DeadReason::Exhausted),
            };
            model.attempts.push((*lane, attempt.clone()));
            attempts.push(attempt);
        }
        let wait: Vec<Waiting> = model
            .places(wait)
            .into_iter()
            .map(|seq| Waiting { key: 1, ..waiting(seq, &event(0), 1) })
            .collect();
        let changes = LaneChanges { wait, forget: model.places(forget) };
        let (cursor, done) = (model.place(cursor), model.places(done));
        let update = LaneUpdate { endpoint: endpoint(*lane), cursor, done, changes, attempts };
        if let Some(known) = model.open_lane(*lane) {
            if update.cursor >= known.record.cursor {
                known.record.cursor = update.cursor;
                known.record.done.clone_from(&update.done);
            }
            update.changes.wait.iter().for_each(|waiting| Model::wait(known, *waiting));
            known.record.waiting.retain(|waiting| !update.changes.forget.contains(&waiting.seq));
            let died = update.attempts.iter().filter(|attempt| attempt.dead.is_some());
            known.dead.extend(died.map(|attempt| (attempt.seq, attempt.number)));
        }
        self.ledger.record(vec![update]).await.unwrap();
        Ok(())
    }

    async fn redeliver(&mut self, lane: u8, seq: &Index) -> Checked {
        let seq = self.model.place(seq);
        let answer = self.ledger.redeliver(endpoint(lane), seq, NOW).await;
        let event = self.model.log.get((seq.0 as usize).wrapping_sub(1)).cloned().flatten();
        let event = event.filter(|_| seq.0 >= self.model.first);
        let Some(known) = self.model.open_lane(lane) else {
            prop_assert_eq!(answer, Ok(Redelivery::NotDead));
            return Ok(());
        };
        match (known.dead.get(&seq).copied(), event) {
            (None, _) => prop_assert_eq!(answer, Ok(Redelivery::NotDead)),
            (Some(attempts), Some(event)) => {
                let waiting = waiting(seq, &event, attempts);
                prop_assert_eq!(answer, Ok(Redelivery::Waits { progress: waiting.progress.unwrap() }));
                known.dead.remove(&seq);
                Model::wait(known, waiting);
            }
            // What was erased or dropped can't be delivered.
            (Some(_), None) => prop_assert!(answer.is_err()),
        }
        Ok(())
    }

    async fn replay(&mut self, lane: u8, seqs: &[Index]) -> Checked {
        let seqs = self.model.places(seqs);
        let answer = self.ledger.replay(endpoint(lane), &seqs, NOW).await.unwrap();
        let mut expected = Vec::new();
        for seq in seqs {
            let Some(Some(event)) = self.model.log.get((seq.0 as usize).wrapping_sub(1)).cloned() else {
                continue;
            };
            let attempts = self.model.attempts_of(lane, seq);
            let is_there = seq.0 >= self.model.first;
            let Some(known) = self.model.open_lane(lane) else { continue };
            let is_settled = seq <= known.record.cursor || known.record.done.contains(&seq);
            let is_waiting = known.record.waiting.iter().any(|waiting| waiting.seq == seq);
            if is_there && is_settled && !is_waiting {
                known.dead.remove(&seq);
                let waiting = waiting(seq, &event, attempts);
                Model::wait(known, waiting);
                expected.push(waiting);
            }
        }
        prop_assert_eq!(answer, expected);
        Ok(())
    }

    async fn erase(&mut self, subject: u64) -> Checked {
        let Event { shop, subject, .. } = event(subject);
        let erasure = self.ledger.erase(shop, &subject, NOW).await.unwrap();
        let first = self.model.first.max(1) as usize;
        let mut count = 0;
        for known in &mut self.model.log[first - 1..] {
            if known.take_if(|event| event.shop == shop && event.subject == subject).is_some() {
                count += 1;
            }
        }
        prop_assert_eq!((erasure.events, erasure.finished_at), (count, Some(NOW)));
        Ok(())
    }

    async fn retain(&mut self, keep_from: &Index) -> Checked {
        let keep_from = self.model.place(keep_from);
        let before = self.model.first.max(1);
        let all = Retention { received_before: Some(Timestamp::MAX), ..Retention::default() };
        let dropped = self.ledger.retain(Retention { keep_from: Some(keep_from), ..all }).await.unwrap();
        prop_assert!(dropped.first.0 <= keep_from.0.max(before), "{:?} from {}", dropped, keep_from);
        prop_assert_eq!(dropped.events, dropped.first.0 - before);
        self.model.first = dropped.first.0;
        Ok(())
    }

    async fn end(&mut self, how: &Action) -> Checked {
        if let Action::Crash { torn } = how {
            let left = self.store.as_after_a_crash();
            let segment = std::fs::OpenOptions::new().append(true).open(left.active_segment());
            std::io::Write::write_all(&mut segment.unwrap(), torn).unwrap();
            self.ledger = left.of_short_segments();
            self.store = left;
        } else {
            self.ledger.close().await.unwrap();
            self.ledger = self.store.of_short_segments();
        }
        self.check().await
    }

    async fn check(&self) -> Checked {
        let (ledger, model) = (&self.ledger, &self.model);
        prop_assert_eq!(ledger.head().await.unwrap(), model.head());
        let first = model.first.max(1);
        let there = || (1..).map(Seq).zip(&model.log).skip(first as usize - 1);
        let log = ledger.read_after(Seq::START, usize::MAX, usize::MAX).await.unwrap();
        let expected = there().filter_map(|(seq, event)| Some((seq, event.as_ref()?)));
        prop_assert!(log.iter().map(|logged| (logged.seq, &logged.event)).eq(expected));
        let heads = ledger.search(&EventFilter::default(), all()).await.unwrap().items;
        prop_assert!(heads.iter().rev().map(|head| head.seq).eq(there().map(|(seq, _)| seq)));
        self.check_lanes().await?;
        let page = ledger.attempts(&AttemptFilter::default(), all()).await.unwrap();
        let expected: Vec<_> = model.attempts.iter().filter(|(_, attempt)| attempt.seq.0 >= first).collect();
        let found = page.items.iter().rev().map(|found| (found.endpoint, &found.attempt));
        prop_assert!(found.eq(expected.iter().map(|(lane, attempt)| (endpoint(*lane), attempt))));
        prop_assert_eq!(ledger.health(true).await.unwrap().problems, [""; 0]);
        Ok(())
    }

    async fn check_lanes(&self) -> Checked {
        for (lane, known) in &self.model.lanes {
            let read = self.ledger.lane(endpoint(*lane)).await.unwrap();
            let expected = (!known.is_removed).then(|| known.record.clone());
            prop_assert_eq!(read, expected, "lane {}", lane);
            let filter = DeadLetterFilter { endpoint: Some(endpoint(*lane)), event: None };
            let dead = self.ledger.dead_letters(&filter, all()).await.unwrap().items;
            let dead: BTreeMap<Seq, u32> = dead.into_iter().map(|dead| (dead.seq, dead.attempts)).collect();
            let expected = if known.is_removed { BTreeMap::new() } else { known.dead.clone() };
            prop_assert_eq!(dead, expected, "lane {}", lane);
        }
        let stands = self.ledger.lane_stands().await.unwrap();
        let open = self.model.lanes.iter().filter(|(_, known)| !known.is_removed);
        let stands = stands.iter().map(|stand| (stand.endpoint, stand.opened_at, stand.cursor));
        prop_assert!(stands.eq(open.map(|(lane, known)| (
            endpoint(*lane),
            known.opened_at,
            known.record.cursor
        ))));
        Ok(())
    }
}

fn all() -> PageRequest {
    PageRequest { size: usize::MAX, before: None, scan_rows_max: usize::MAX }
}

fn action() -> impl Strategy<Value = Action> {
    let places = || vec(any::<Index>(), 0..3);
    let record =
        (0..3u8, any::<Index>(), places(), places(), places(), vec((any::<Index>(), any::<bool>()), 0..3));
    prop_oneof![
        6 => proptest::option::of(0..5u8).prop_map(|key| Action::Append { key }),
        3 => (0..20u64).prop_map(|count| Action::AppendAll { count }),
        3 => (0..2u8, prop::bool::weighted(0.2), 0..3u64)
            .prop_map(|(id, is_stale, events)| Action::Commit { id, is_stale, events }),
        2 => (0..3u8, any::<Index>()).prop_map(|(lane, at)| Action::Open { lane, at }),
        8 => record.prop_map(|(lane, cursor, done, wait, forget, made)| {
            Action::Record { lane, cursor, done, wait, forget, made }
        }),
        2 => (0..3u8, any::<Index>()).prop_map(|(lane, seq)| Action::Redeliver { lane, seq }),
        2 => (0..3u8, vec(any::<Index>(), 0..9)).prop_map(|(lane, seqs)| Action::Replay { lane, seqs }),
        1 => (0..3u8).prop_map(|lane| Action::Remove { lane }),
        1 => (0..12u64).prop_map(|subject| Action::Erase { subject }),
        1 => any::<Index>().prop_map(|keep_from| Action::Retain { keep_from }),
        1 => Just(Action::Close),
        2 => vec(any::<u8>(), 0..80).prop_map(|torn| Action::Crash { torn }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_is_as_the_model_says(actions in vec(action(), 1..60)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let store = Store::fresh();
            let ledger = store.of_short_segments();
            let mut run = Run { store, ledger, model: Model::default() };
            for action in &actions {
                run.act(action).await?;
            }
            run.check().await
        })?;
    }
}
