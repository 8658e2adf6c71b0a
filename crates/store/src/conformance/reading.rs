//! Following the log and reading single events.

use shopwire_core::Seq;

use super::Backend;
use super::sample::{append_all, event, event_id};

pub(super) async fn an_event_reads_back_whole(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..12).await;
    let ledger = backend.reopen(ledger).await;
    for n in 0..12 {
        let read = ledger.event(event_id(n)).await.unwrap().unwrap();
        assert_eq!((read.seq, &read.event), (Seq(n + 1), &event(n)));
    }
    assert_eq!(ledger.event(event_id(99)).await.unwrap(), None);
}

pub(super) async fn reading_on_gives_every_event_once(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..25).await;
    let mut after = Seq::START;
    let mut read = Vec::new();
    loop {
        let events = ledger.read_after(after, 7, usize::MAX).await.unwrap();
        let Some(last) = events.last() else { break };
        assert!(events.len() <= 7);
        after = last.seq;
        read.extend(events.into_iter().map(|logged| (logged.seq, logged.event.clone())));
    }
    assert_eq!(read, (0..25).map(|n| (Seq(n + 1), event(n))).collect::<Vec<_>>());
    assert!(ledger.read_after(Seq(u64::MAX), 1, 1).await.unwrap().is_empty());
}

pub(super) async fn reading_on_stops_before_too_many_bytes(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..10).await;
    let weights: Vec<usize> = ledger
        .read_after(Seq::START, 10, usize::MAX)
        .await
        .unwrap()
        .iter()
        .map(|e| e.weight_bytes())
        .collect();
    let three: usize = weights[..3].iter().sum();
    for (bytes_max, count) in [(0, 1), (three - 1, 2), (three, 3), (three + 1, 3)] {
        let events = ledger.read_after(Seq::START, 10, bytes_max).await.unwrap();
        assert_eq!(events.len(), count, "{bytes_max} bytes");
    }
}

pub(super) async fn places_are_read_in_order_and_unknown_ones_left_out(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..5).await;
    let places = [Seq(4), Seq(99), Seq(2), Seq(0), Seq(u64::MAX)];
    let read = ledger.read_at(&places).await.unwrap();
    assert_eq!(read.iter().map(|event| event.seq).collect::<Vec<_>>(), [Seq(2), Seq(4)]);
    assert!(ledger.read_at(&[]).await.unwrap().is_empty());
}
