//! Searching the log.

use shopwire_core::{DialectId, Event, Seq};

use super::Backend;
use super::sample::{all_pages, append_all, event, moment, page, shop_id};
use crate::{EventFilter, EventHead, Ledger, PageRequest};

fn head(seq: u64, event: &Event) -> EventHead {
    let webhook = event.origin.webhook();
    EventHead {
        seq: Seq(seq),
        id: event.id,
        shop: event.shop,
        event_type: event.event_type.clone(),
        subject: event.subject.clone(),
        occurred_at: event.occurred_at,
        received_at: event.received_at,
        source: webhook.map(|webhook| webhook.source),
        dialect: webhook.map(|webhook| webhook.dialect),
        topic: webhook.map(|webhook| webhook.topic.clone()),
    }
}

fn is_wanted(filter: &EventFilter, head: &EventHead) -> bool {
    filter.shop.is_none_or(|shop| head.shop == shop)
        && filter.event_type.as_ref().is_none_or(|wanted| head.event_type == *wanted)
        && filter.subject.as_ref().is_none_or(|subject| head.subject == *subject)
        && filter.dialect.is_none_or(|dialect| head.dialect == Some(dialect))
        && filter.since.is_none_or(|since| head.received_at >= since)
        && filter.until.is_none_or(|until| head.received_at < until)
}

async fn found(ledger: &dyn Ledger, filter: &EventFilter, size: usize) -> Vec<EventHead> {
    all_pages(|before| async move { ledger.search(filter, page(size, before)).await.unwrap() }).await
}

/// Every combination of filters that are there and filters that are not.
pub(super) async fn every_filter_gives_what_a_scan_gives(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..60).await;
    let heads: Vec<EventHead> = (0..60).rev().map(|n| head(n + 1, &event(n))).collect();
    for given in 0..64u8 {
        let has = |bit: u8| given & (1 << bit) != 0;
        let filter = EventFilter {
            shop: has(0).then(|| shop_id(1)),
            event_type: has(1).then(|| event(if has(0) { 7 } else { 5 }).event_type),
            subject: has(2).then(|| event(1).subject),
            dialect: has(3).then_some(DialectId::Shoptet),
            since: has(4).then(|| moment(20)),
            until: has(5).then(|| moment(47)),
        };
        let expected: Vec<EventHead> =
            heads.iter().filter(|head| is_wanted(&filter, head)).cloned().collect();
        for size in [1, 4, 100] {
            assert_eq!(found(&*ledger, &filter, size).await, expected, "{filter:?} by {size}");
        }
    }
}

pub(super) async fn pages_lose_and_double_nothing_while_events_come(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..30).await;
    let mut before = None;
    let mut seen = Vec::new();
    for round in 0.. {
        let found = ledger.search(&EventFilter::default(), page(4, before)).await.unwrap();
        seen.extend(found.items.into_iter().map(|head| head.seq.0));
        before = found.next;
        if before.is_none() {
            break;
        }
        append_all(&*ledger, 100 + round * 3..103 + round * 3).await;
    }
    assert_eq!(seen, (1..=30).rev().collect::<Vec<_>>());
}

pub(super) async fn a_page_ends_after_so_many_rows(backend: &dyn Backend) {
    let ledger = backend.open().await;
    append_all(&*ledger, 0..20).await;
    let filter = EventFilter { event_type: Some(event(0).event_type), ..EventFilter::default() };
    let request = PageRequest { size: 50, before: None, scan_rows_max: 6 };
    let first = ledger.search(&filter, request).await.unwrap();
    assert_eq!(first.items.iter().map(|head| head.seq.0).collect::<Vec<_>>(), [17]);
    assert_eq!(first.next, Some(15));
    let nothing = EventFilter { until: Some(moment(0)), ..EventFilter::default() };
    let first = ledger.search(&nothing, request).await.unwrap();
    assert!(first.items.is_empty() && first.next.is_some(), "an empty page is not the end");
    let last = ledger.search(&nothing, PageRequest { before: Some(6), ..request }).await.unwrap();
    assert_eq!((last.items, last.next), (Vec::new(), None));
}
