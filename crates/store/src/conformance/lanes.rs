//! Where lanes stand.

use shopwire_core::Seq;
use shopwire_core::delivery::{LaneChanges, LaneRecord, Waiting};

use super::Backend;
use super::sample::{append_all, attempt, endpoint_id, page, update, waiting};
use crate::{AttemptFilter, LaneStand, LaneUpdate, NounId};

pub(super) async fn a_lane_opens_once_and_reads_back(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..5).await;
    let endpoint = endpoint_id(1);
    assert_eq!(ledger.lane(endpoint).await.unwrap(), None);
    let opened = LaneRecord { cursor: Seq(3), ..LaneRecord::default() };
    assert_eq!(ledger.open_lane(endpoint, Seq(3)).await.unwrap(), opened);
    assert_eq!(ledger.open_lane(endpoint, Seq(5)).await.unwrap(), opened);
    assert_eq!(ledger.lane(endpoint).await.unwrap(), Some(opened));
    assert_eq!(ledger.lane(endpoint_id(2)).await.unwrap(), None);
}

pub(super) async fn a_cursor_never_goes_back(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..9).await;
    let endpoint = endpoint_id(1);
    ledger.open_lane(endpoint, Seq::START).await.unwrap();
    let ahead = LaneUpdate { done: vec![Seq(6), Seq(8)], ..update(endpoint, Seq(4)) };
    let behind = LaneUpdate {
        done: vec![Seq(5)],
        attempts: vec![attempt(Seq(2), 1)],
        changes: LaneChanges { wait: vec![waiting(Seq(2), 9)], forget: Vec::new() },
        ..update(endpoint, Seq(2))
    };
    ledger.record(vec![ahead, behind]).await.unwrap();
    let lane = ledger.lane(endpoint).await.unwrap().unwrap();
    assert_eq!((lane.cursor, lane.done), (Seq(4), vec![Seq(6), Seq(8)]));
    assert_eq!(lane.waiting, [waiting(Seq(2), 9)]);
    assert_eq!(ledger.attempts(&AttemptFilter::default(), page(9, None)).await.unwrap().items.len(), 1);
}

pub(super) async fn names_come_change_and_go(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..9).await;
    let (endpoint, other) = (endpoint_id(1), endpoint_id(2));
    ledger.open_lane(endpoint, Seq::START).await.unwrap();
    ledger.open_lane(other, Seq::START).await.unwrap();
    let held = Waiting { due: None, progress: None, ..waiting(Seq(7), 0) };
    let changes = |wait, forget| LaneChanges { wait, forget };
    let first = changes(vec![held, waiting(Seq(3), 50), waiting(Seq(5), 40)], Vec::new());
    ledger.record(vec![LaneUpdate { changes: first.clone(), ..update(endpoint, Seq(7)) }]).await.unwrap();
    ledger.record(vec![LaneUpdate { changes: first, ..update(other, Seq(7)) }]).await.unwrap();
    let lane = ledger.lane(endpoint).await.unwrap().unwrap();
    assert_eq!(lane.waiting, [waiting(Seq(3), 50), waiting(Seq(5), 40), held]);

    let second = changes(vec![waiting(Seq(7), 60)], vec![Seq(3), Seq(4)]);
    ledger.record(vec![LaneUpdate { changes: second, ..update(endpoint, Seq(7)) }]).await.unwrap();
    let lane = ledger.lane(endpoint).await.unwrap().unwrap();
    assert_eq!(lane.waiting, [waiting(Seq(5), 40), waiting(Seq(7), 60)]);
    assert_eq!(ledger.lane(other).await.unwrap().unwrap().waiting.len(), 3);
}

pub(super) async fn what_is_named_and_forgotten_at_once_is_gone(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..3).await;
    let endpoint = endpoint_id(1);
    ledger.open_lane(endpoint, Seq::START).await.unwrap();
    // In the order in which it happened to one delivery: named, named again, forgotten.
    let changes = LaneChanges {
        wait: vec![waiting(Seq(1), 5), waiting(Seq(1), 6), waiting(Seq(2), 7)],
        forget: vec![Seq(1)],
    };
    ledger.record(vec![LaneUpdate { changes, ..update(endpoint, Seq(2)) }]).await.unwrap();
    assert_eq!(ledger.lane(endpoint).await.unwrap().unwrap().waiting, [waiting(Seq(2), 7)]);
}

pub(super) async fn a_lane_that_is_not_open_keeps_only_attempts(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..3).await;
    let endpoint = endpoint_id(1);
    let late = LaneUpdate {
        attempts: vec![attempt(Seq(1), 1)],
        changes: LaneChanges { wait: vec![waiting(Seq(2), 9)], forget: Vec::new() },
        ..update(endpoint, Seq(2))
    };
    ledger.record(vec![late]).await.unwrap();
    assert_eq!(ledger.lane(endpoint).await.unwrap(), None);
    assert_eq!(ledger.attempts(&AttemptFilter::default(), page(9, None)).await.unwrap().items.len(), 1);
    assert_eq!(ledger.open_lane(endpoint, Seq(1)).await.unwrap().waiting, []);
    assert_eq!(ledger.health(true).await.unwrap().problems, [""; 0]);
}

pub(super) async fn lanes_survive_reopening(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..9).await;
    let endpoint = endpoint_id(1);
    ledger.open_lane(endpoint, Seq::START).await.unwrap();
    let changes = LaneChanges { wait: vec![waiting(Seq(2), 9)], forget: Vec::new() };
    let done = vec![Seq(6), Seq(8)];
    ledger
        .record(vec![LaneUpdate { changes, done: done.clone(), ..update(endpoint, Seq(4)) }])
        .await
        .unwrap();
    let ledger = backend.reopen(ledger).await;
    let expected = LaneRecord { cursor: Seq(4), done, waiting: vec![waiting(Seq(2), 9)] };
    assert_eq!(ledger.lane(endpoint).await.unwrap(), Some(expected));
}

pub(super) async fn all_lanes_tell_where_they_stand(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..9).await;
    assert_eq!(ledger.lane_stands().await.unwrap(), []);
    let (first, second) = (endpoint_id(1), endpoint_id(2));
    ledger.open_lane(first, Seq(2)).await.unwrap();
    ledger.open_lane(second, Seq(9)).await.unwrap();
    ledger.record(vec![update(first, Seq(5))]).await.unwrap();
    let changes = LaneChanges { wait: vec![waiting(Seq(6), 9), waiting(Seq(3), 8)], forget: Vec::new() };
    ledger.record(vec![LaneUpdate { changes, ..update(first, Seq(7)) }]).await.unwrap();
    let expected = [
        LaneStand { endpoint: first, opened_at: Seq(2), cursor: Seq(7), first_waiting: Some(Seq(3)) },
        LaneStand { endpoint: second, opened_at: Seq(9), cursor: Seq(9), first_waiting: None },
    ];
    assert_eq!(ledger.lane_stands().await.unwrap(), expected);
    let ledger = backend.reopen(ledger).await;
    assert_eq!(ledger.lane_stands().await.unwrap(), expected);
    ledger.remove(NounId::Endpoint(first)).await.unwrap();
    assert_eq!(ledger.lane_stands().await.unwrap(), expected[1..]);
}

pub(super) async fn an_endpoint_that_comes_back_begins_anew(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..9).await;
    let endpoint = endpoint_id(1);
    // What came too late before it was opened says nothing of it.
    let late = LaneUpdate { done: vec![Seq(9)], ..update(endpoint, Seq(8)) };
    ledger.record(vec![late]).await.unwrap();
    let opened = LaneRecord { cursor: Seq(3), ..LaneRecord::default() };
    assert_eq!(ledger.open_lane(endpoint, Seq(3)).await.unwrap(), opened);
    let ledger = backend.reopen(ledger).await;
    assert_eq!(ledger.lane(endpoint).await.unwrap(), Some(opened));
}
