//! Dead letters.

use shopwire_core::Seq;
use shopwire_core::delivery::{DeadReason, Outcome, Progress, Waiting, subject_key};

use super::Backend;
use super::sample::{all_pages, append_all, attempt, endpoint_id, event, event_id, moment, page, update};
use crate::{AttemptRecord, DeadLetter, DeadLetterFilter, LaneUpdate, Ledger, Redelivery};

const REASON: DeadReason = DeadReason::Exhausted;

async fn kill(ledger: &dyn Ledger, endpoint: u64, seqs: &[u64], number: u32) {
    let died = |seq| AttemptRecord {
        outcome: Outcome::Refused { status: 500 },
        dead: Some(REASON),
        ..attempt(Seq(seq), number)
    };
    let attempts = seqs.iter().copied().map(died).collect();
    ledger.open_lane(endpoint_id(endpoint), Seq::START).await.unwrap();
    ledger.record(vec![LaneUpdate { attempts, ..update(endpoint_id(endpoint), Seq(9)) }]).await.unwrap();
}

async fn listed(ledger: &dyn Ledger, filter: DeadLetterFilter) -> Vec<(Seq, u8)> {
    let dead = ledger.dead_letters(&filter, page(50, None)).await.unwrap();
    dead.items.iter().map(|dead| (dead.seq, dead.endpoint.as_bytes()[15])).collect()
}

pub(super) async fn the_dead_are_listed_with_their_reason(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..9).await;
    kill(&*ledger, 1, &[3, 5], 4).await;
    kill(&*ledger, 2, &[3], 4).await;
    let ledger = backend.reopen(ledger).await;
    let all = DeadLetterFilter::default;
    let filter = DeadLetterFilter { event: Some(Seq(5)), ..all() };
    let found = ledger.dead_letters(&filter, page(50, None)).await.unwrap().items;
    let expected = DeadLetter {
        event: event_id(4),
        seq: Seq(5),
        endpoint: endpoint_id(1),
        reason: REASON,
        at: moment(54),
        attempts: 4,
        last_outcome: Some(Outcome::Refused { status: 500 }),
    };
    assert_eq!(found, [expected]);
    assert_eq!(listed(&*ledger, all()).await, [(Seq(3), 2), (Seq(5), 1), (Seq(3), 1)]);
    let of_endpoint = DeadLetterFilter { endpoint: Some(endpoint_id(1)), ..all() };
    assert_eq!(listed(&*ledger, of_endpoint).await, [(Seq(5), 1), (Seq(3), 1)]);
    let of_both = DeadLetterFilter { endpoint: Some(endpoint_id(2)), event: Some(Seq(3)) };
    assert_eq!(listed(&*ledger, of_both).await, [(Seq(3), 2)]);
}

pub(super) async fn a_dead_letter_is_redelivered_once(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..9).await;
    kill(&*ledger, 1, &[5], 4).await;
    let now = moment(1_000);
    let redeliver = |endpoint, seq| ledger.redeliver(endpoint_id(endpoint), Seq(seq), now);
    assert_eq!(redeliver(2, 5).await.unwrap(), Redelivery::NotDead);
    assert_eq!(redeliver(1, 4).await.unwrap(), Redelivery::NotDead);
    let progress = Progress { attempts: 4, steps: 0, first_at: now };
    assert_eq!(redeliver(1, 5).await.unwrap(), Redelivery::Waits { progress });
    assert_eq!(redeliver(1, 5).await.unwrap(), Redelivery::NotDead);
    assert_eq!(listed(&*ledger, DeadLetterFilter::default()).await, []);
    let ledger = backend.reopen(ledger).await;
    let key = subject_key(event(4).shop, &event(4).subject);
    let waiting = Waiting { seq: Seq(5), key, due: Some(now), progress: Some(progress) };
    assert_eq!(ledger.lane(endpoint_id(1)).await.unwrap().unwrap().waiting, [waiting]);
}

pub(super) async fn who_dies_again_stands_on_the_list_again(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..9).await;
    kill(&*ledger, 1, &[5, 6], 4).await;
    ledger.redeliver(endpoint_id(1), Seq(5), moment(1)).await.unwrap();
    kill(&*ledger, 1, &[5], 5).await;
    assert_eq!(listed(&*ledger, DeadLetterFilter::default()).await, [(Seq(5), 1), (Seq(6), 1)]);
    let filter = DeadLetterFilter { event: Some(Seq(5)), ..DeadLetterFilter::default() };
    assert_eq!(ledger.dead_letters(&filter, page(9, None)).await.unwrap().items[0].attempts, 5);
}

pub(super) async fn who_is_dismissed_is_off_the_list(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..9).await;
    kill(&*ledger, 1, &[3, 4, 5], 4).await;
    kill(&*ledger, 2, &[3], 4).await;
    assert_eq!(ledger.dead_letter_count().await.unwrap(), 4);
    let places = [Seq(3), Seq(5), Seq(6), Seq(99)];
    assert_eq!(ledger.dismiss(endpoint_id(1), &places).await.unwrap(), 2);
    assert_eq!(ledger.dismiss(endpoint_id(1), &places).await.unwrap(), 0);
    let ledger = backend.reopen(ledger).await;
    assert_eq!(listed(&*ledger, DeadLetterFilter::default()).await, [(Seq(3), 2), (Seq(4), 1)]);
    assert_eq!(ledger.dead_letter_count().await.unwrap(), 2);
    let redelivered = ledger.redeliver(endpoint_id(1), Seq(3), moment(1)).await.unwrap();
    assert_eq!(redelivered, Redelivery::NotDead);
}

pub(super) async fn pages_hold_every_dead_letter_once(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..20).await;
    kill(&*ledger, 1, &(1..=20).collect::<Vec<_>>(), 1).await;
    let (ledger, filter) = (&ledger, &DeadLetterFilter::default());
    let found =
        all_pages(|before| async move { ledger.dead_letters(filter, page(6, before)).await.unwrap() }).await;
    assert_eq!(found.iter().map(|dead| dead.seq.0).collect::<Vec<_>>(), (1..=20).rev().collect::<Vec<_>>());
}

pub(super) async fn the_oldest_expire_first(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..9).await;
    // Each died at ten times its place.
    kill(&*ledger, 1, &[6, 3, 5, 4], 0).await;
    assert_eq!(ledger.expire_dead_letters(moment(30), 9).await.unwrap(), 0);
    assert_eq!(ledger.expire_dead_letters(moment(60), 2).await.unwrap(), 2);
    assert_eq!(listed(&*ledger, DeadLetterFilter::default()).await, [(Seq(5), 1), (Seq(6), 1)]);
    assert_eq!(ledger.expire_dead_letters(moment(60), 9).await.unwrap(), 1);
    let ledger = backend.reopen(ledger).await;
    assert_eq!(listed(&*ledger, DeadLetterFilter::default()).await, [(Seq(6), 1)]);
}
