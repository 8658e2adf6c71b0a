//! Replaying.

use shopwire_core::delivery::{DeadReason, LaneChanges, Outcome, Progress, Waiting, subject_key};
use shopwire_core::{EndpointId, Seq};

use super::Backend;
use super::sample::{append_all, attempt, endpoint_id, event, moment, page, update, waiting};
use crate::{AttemptRecord, DeadLetterFilter, LaneUpdate, Ledger};

/// How the event at a place waits after so many attempts.
fn again(seq: u64, attempts: u32, now: u64) -> Waiting {
    let event = event(seq - 1);
    let progress = Progress { attempts, steps: 0, first_at: moment(now) };
    let key = subject_key(event.shop, &event.subject);
    Waiting { seq: Seq(seq), key, due: Some(moment(now)), progress: Some(progress) }
}

/// A lane that stands at `cursor`, after these attempts.
async fn lane(ledger: &dyn Ledger, cursor: u64, attempts: Vec<AttemptRecord>) -> EndpointId {
    let endpoint = endpoint_id(1);
    ledger.open_lane(endpoint, Seq::START).await.unwrap();
    ledger.record(vec![LaneUpdate { attempts, ..update(endpoint, Seq(cursor)) }]).await.unwrap();
    endpoint
}

pub(super) async fn settled_events_wait_again_and_count_on(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..9).await;
    let attempts = vec![attempt(Seq(2), 1), attempt(Seq(3), 1), attempt(Seq(3), 2), attempt(Seq(3), 3)];
    let endpoint = lane(&*ledger, 8, attempts).await;
    let places = [Seq(1), Seq(2), Seq(3)];
    let expected = [again(1, 0, 50), again(2, 1, 50), again(3, 3, 50)];
    assert_eq!(ledger.replay(endpoint, &places, moment(50)).await.unwrap(), expected);
    assert_eq!(ledger.replay(endpoint, &places, moment(60)).await.unwrap(), [], "they wait already");
    let ledger = backend.reopen(ledger).await;
    assert_eq!(ledger.lane(endpoint).await.unwrap().unwrap().waiting, expected);
}

pub(super) async fn what_is_not_settled_is_left_out(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..9).await;
    let endpoint = lane(&*ledger, 2, Vec::new()).await;
    let changes = LaneChanges { wait: vec![waiting(Seq(1), 5)], forget: Vec::new() };
    let stands = LaneUpdate { changes, done: vec![Seq(5)], ..update(endpoint, Seq(4)) };
    ledger.record(vec![stands]).await.unwrap();
    let all: Vec<Seq> = (0..=12).chain([5, u64::MAX]).map(Seq).collect();
    let replayed = ledger.replay(endpoint, &all, moment(9)).await.unwrap();
    assert_eq!(replayed, [again(2, 0, 9), again(3, 0, 9), again(4, 0, 9), again(5, 0, 9)]);
    assert_eq!(ledger.replay(endpoint_id(2), &all, moment(9)).await.unwrap(), [], "its lane is not open");
    assert_eq!(ledger.replay(endpoint, &[], moment(9)).await.unwrap(), []);
}

pub(super) async fn hundreds_are_replayed_at_once_and_the_dead_among_them_live(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..400).await;
    let attempts = (1..=400u64).map(|seq| AttemptRecord {
        outcome: Outcome::Refused { status: 500 },
        dead: (seq % 2 == 0).then_some(DeadReason::Exhausted),
        ..attempt(Seq(seq), 4)
    });
    let endpoint = lane(&*ledger, 400, attempts.collect()).await;
    let places: Vec<Seq> = (101..=400).map(Seq).collect();
    let replayed = ledger.replay(endpoint, &places, moment(50)).await.unwrap();
    assert_eq!(replayed, (101..=400).map(|seq| again(seq, 4, 50)).collect::<Vec<_>>());
    let dead = ledger.dead_letters(&DeadLetterFilter::default(), page(500, None)).await.unwrap().items;
    let left: Vec<u64> = dead.iter().map(|dead| dead.seq.0).collect();
    assert_eq!(left, (1..=50).rev().map(|n| n * 2).collect::<Vec<_>>());
}
