//! Attempts.

use bytes::Bytes;
use shopwire_core::Seq;
use shopwire_core::delivery::{DeadReason, Outcome};

use super::Backend;
use super::sample::{all_pages, append_all, attempt, endpoint_id, event_id, moment, page, update};
use crate::{AttemptFilter, AttemptPlace, AttemptRecord, LaneUpdate, Ledger, PageRequest, StoredAttempt};

async fn record(ledger: &dyn Ledger, endpoint: u64, attempts: Vec<AttemptRecord>) {
    ledger.open_lane(endpoint_id(endpoint), Seq::START).await.unwrap();
    ledger.record(vec![LaneUpdate { attempts, ..update(endpoint_id(endpoint), Seq::START) }]).await.unwrap();
}

pub(super) async fn attempts_read_back_whole(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..1).await;
    let outcomes = [
        Outcome::Delivered { status: 204 },
        Outcome::Gone,
        Outcome::Throttled { status: 429, retry_after_ms: None },
        Outcome::Throttled { status: 503, retry_after_ms: Some(0) },
        Outcome::Redirected { status: 301 },
        Outcome::Refused { status: 500 },
        Outcome::TimedOut,
        Outcome::ConnectFailed,
        Outcome::DnsFailed,
        Outcome::TlsFailed,
        Outcome::AddressRefused,
        Outcome::Broken,
        Outcome::OurFault,
    ];
    let written: Vec<AttemptRecord> = (1..)
        .zip(outcomes)
        .map(|(number, outcome)| AttemptRecord {
            outcome,
            detail: (number % 2 == 0).then(|| "certificate expired".to_owned()),
            response: Bytes::from(vec![0xff; usize::try_from(number - 1).unwrap()]),
            next_at: (number % 3 == 0).then(|| moment(77)),
            dead: (number == 13).then_some(DeadReason::TooOld),
            ..attempt(Seq(1), number)
        })
        .collect();
    record(&*ledger, 1, written.clone()).await;
    let ledger = backend.reopen(ledger).await;
    let read = ledger.attempts(&AttemptFilter::default(), page(50, None)).await.unwrap();
    let expected: Vec<StoredAttempt> = written
        .into_iter()
        .rev()
        .map(|attempt| StoredAttempt {
            event: event_id(0),
            endpoint: endpoint_id(1),
            superseded: attempt.number != 13,
            attempt,
        })
        .collect();
    assert_eq!((read.items, read.next), (expected, None));
}

pub(super) async fn every_filter_gives_what_it_says(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..2).await;
    let refused =
        |seq, number| AttemptRecord { outcome: Outcome::Refused { status: 500 }, ..attempt(seq, number) };
    record(&*ledger, 1, vec![refused(Seq(1), 1), refused(Seq(2), 1)]).await;
    record(&*ledger, 2, vec![attempt(Seq(1), 1)]).await;
    record(&*ledger, 1, vec![attempt(Seq(1), 2)]).await;

    let all = AttemptFilter::default;
    let cases = [
        (all(), vec![(1, 1, 2), (1, 2, 1), (2, 1, 1), (1, 1, 1)]),
        (AttemptFilter { event: Some(Seq(1)), ..all() }, vec![(1, 1, 2), (1, 2, 1), (1, 1, 1)]),
        (AttemptFilter { endpoint: Some(endpoint_id(1)), ..all() }, vec![(1, 1, 2), (2, 1, 1), (1, 1, 1)]),
        (AttemptFilter { outcome: Some("refused".to_owned()), ..all() }, vec![(2, 1, 1), (1, 1, 1)]),
        (AttemptFilter { latest: true, ..all() }, vec![(1, 1, 2), (1, 2, 1), (2, 1, 1)]),
        (AttemptFilter { latest: true, outcome: Some("refused".to_owned()), ..all() }, vec![(2, 1, 1)]),
        (
            AttemptFilter {
                event: Some(Seq(1)),
                endpoint: Some(endpoint_id(1)),
                latest: true,
                outcome: None,
            },
            vec![(1, 1, 2)],
        ),
        (AttemptFilter { outcome: Some("refused'".to_owned()), ..all() }, vec![]),
        (AttemptFilter { event: Some(Seq(9)), ..all() }, vec![]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<_> =
            expected.into_iter().map(|(seq, to, n)| (Seq(seq), endpoint_id(to), n)).collect();
        for size in [1, 2, 10] {
            let (ledger, filter) = (&ledger, &filter);
            let found =
                all_pages(|before| async move { ledger.attempts(filter, page(size, before)).await.unwrap() })
                    .await;
            let found: Vec<_> = found.iter().map(|a| (a.attempt.seq, a.endpoint, a.attempt.number)).collect();
            assert_eq!(found, expected, "{filter:?} by {size}");
        }
    }
}

pub(super) async fn pages_hold_every_attempt_once(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..30).await;
    record(&*ledger, 1, (1..=30).map(|seq| attempt(Seq(seq), 1)).collect()).await;
    let ledger = &ledger;
    let filter = &AttemptFilter { outcome: Some("delivered".to_owned()), ..AttemptFilter::default() };
    let found = all_pages(|before| async move {
        ledger.attempts(filter, PageRequest { size: 7, before, scan_rows_max: 3 }).await.unwrap()
    })
    .await;
    assert_eq!(found.iter().map(|a| a.attempt.seq.0).collect::<Vec<_>>(), (1..=30).rev().collect::<Vec<_>>());
}

pub(super) async fn walking_on_tells_every_attempt_once_and_in_order(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..60).await;
    let mut expected = Vec::new();
    for seq in (1..=60).rev() {
        let attempts = vec![attempt(Seq(seq), 1), attempt(Seq(seq), 2)];
        expected.extend(
            attempts.iter().map(|attempt| (event_id(seq - 1), endpoint_id(seq % 3), attempt.clone())),
        );
        record(&*ledger, seq % 3, attempts).await;
    }
    let ledger = backend.reopen(ledger).await;
    for limit in [1, 7, 1_000] {
        let (mut walked, mut after) = (Vec::new(), AttemptPlace::default());
        loop {
            let step = ledger.walk_attempts(after, limit).await.unwrap();
            assert!(step.attempts.len() <= limit);
            walked.extend(step.attempts.into_iter().map(|it| (it.event, it.endpoint, it.attempt)));
            match step.next {
                Some(next) => assert!(std::mem::replace(&mut after, next) < next),
                None => break,
            }
        }
        assert_eq!(walked, expected, "by {limit}");
    }
}
