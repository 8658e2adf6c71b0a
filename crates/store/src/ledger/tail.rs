//! The committed events as they come, in bounded memory.
//!
//! The feed never waits for who follows it: what does not fit any more becomes a [`TailItem::Gap`], which stands in the
//! queue where the events would have stood. **Invariant:** the places told by the items never go back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shopwire_core::{LoggedEvent, Seq};
use tokio::sync::Notify;

/// One step of the tail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailItem {
    /// Events committed together.
    Events(Vec<Arc<LoggedEvent>>),
    /// Events up to this place were committed, but not kept in memory: read them from the log.
    Gap(Seq),
}

/// How much may stand in a tail that nobody has taken yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TailBounds {
    /// Events.
    pub events_max: usize,
    /// Their weight in bytes, see [`LoggedEvent::weight_bytes`].
    pub bytes_max: usize,
}

/// The end of a tail where events come out, see [`Ledger::tail`](super::Ledger::tail).
#[derive(Debug)]
pub struct Tail(Arc<Shared>);

/// The end of a tail where events go in. Dropping it ends the tail.
#[derive(Debug)]
pub struct TailFeed(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    bounds: TailBounds,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<TailItem>,
    events: usize,
    bytes: usize,
    is_ended: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tail {
    /// A tail that holds at most so much, and its other end.
    pub fn bounded(bounds: TailBounds) -> (TailFeed, Self) {
        let shared = Arc::new(Shared { bounds, state: Mutex::default(), changed: Notify::new() });
        (TailFeed(Arc::clone(&shared)), Self(shared))
    }

    /// The next step; `None` when the ledger is closed, or another tail was asked for. Cancel safe.
    pub async fn next(&mut self) -> Option<TailItem> {
        loop {
            // Registered before looking: what comes in between is not missed.
            let changed = self.0.changed.notified();
            {
                let mut state = self.0.lock();
                if let Some(item) = state.take() {
                    return Some(item);
                }
                if state.is_ended {
                    return None;
                }
            }
            changed.await;
        }
    }
}

impl TailFeed {
    /// Hands on events that were committed, in order. Never waits.
    pub fn publish(&self, mut events: Vec<Arc<LoggedEvent>>) {
        let Some(last) = events.last().map(|event| event.seq) else { return };
        let mut state = self.0.lock();
        let fitting = state.room_for(&events, self.0.bounds);
        let is_whole = fitting == events.len();
        events.truncate(fitting);
        if !events.is_empty() {
            state.items.push_back(TailItem::Events(events));
        }
        if !is_whole {
            state.gap(last);
        }
        drop(state);
        self.0.changed.notify_one();
    }
}

impl Drop for TailFeed {
    fn drop(&mut self) {
        self.0.lock().is_ended = true;
        self.0.changed.notify_one();
    }
}

impl State {
    fn take(&mut self) -> Option<TailItem> {
        let item = self.items.pop_front()?;
        if let TailItem::Events(events) = &item {
            self.events -= events.len();
            self.bytes -= events.iter().map(|event| event.weight_bytes()).sum::<usize>();
        }
        Some(item)
    }

    /// Counts in as many of the first events as there is room for.
    fn room_for(&mut self, events: &[Arc<LoggedEvent>], bounds: TailBounds) -> usize {
        for (place, event) in events.iter().enumerate() {
            let bytes = self.bytes + event.weight_bytes();
            if self.events >= bounds.events_max || bytes > bounds.bytes_max {
                return place;
            }
            self.events += 1;
            self.bytes = bytes;
        }
        events.len()
    }

    /// One gap after another is one gap, so that they need no bound.
    fn gap(&mut self, last: Seq) {
        match self.items.back_mut() {
            Some(TailItem::Gap(end)) => *end = last,
            _ => self.items.push_back(TailItem::Gap(last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use shopwire_core::commerce::{CanonicalType, EntityKind, Subject};
    use shopwire_core::{
        DialectId, Event, EventId, Headers, Origin, ReceivedWebhook, ShopId, SourceId, Timestamp,
    };

    fn events(places: std::ops::RangeInclusive<u64>) -> Vec<Arc<LoggedEvent>> {
        let webhook = ReceivedWebhook {
            source: SourceId::from_bytes([1; 16]),
            dialect: DialectId::Duda,
            topic: "t".to_owned(),
            platform_event_id: None,
            query: None,
            headers: Headers::new(),
            body: Bytes::from_static(&[0; 488]),
        };
        let event = Event {
            id: EventId::from_bytes([1; 16]),
            shop: ShopId::from_bytes([1; 16]),
            event_type: CanonicalType::OrderCreated.into(),
            subject: Subject::new(EntityKind::Order, 1),
            occurred_at: Timestamp::EPOCH,
            received_at: Timestamp::EPOCH,
            origin: Origin::Webhook(webhook),
        };
        places.map(|seq| Arc::new(LoggedEvent { seq: Seq(seq), event: event.clone() })).collect()
    }

    async fn next(tail: &mut Tail) -> (char, Vec<u64>) {
        match tail.next().await.unwrap() {
            TailItem::Events(events) => ('e', events.iter().map(|event| event.seq.0).collect()),
            TailItem::Gap(seq) => ('g', vec![seq.0]),
        }
    }

    #[tokio::test]
    async fn what_does_not_fit_by_number_or_by_weight_becomes_one_gap() {
        for bounds in [
            TailBounds { events_max: 3, bytes_max: usize::MAX },
            TailBounds { events_max: usize::MAX, bytes_max: 3_500 },
        ] {
            let (feed, mut tail) = Tail::bounded(bounds);
            feed.publish(events(1..=2));
            feed.publish(events(3..=5));
            feed.publish(events(6..=7));
            assert_eq!(next(&mut tail).await, ('e', vec![1, 2]));
            feed.publish(events(8..=8));
            assert_eq!(next(&mut tail).await, ('e', vec![3]));
            assert_eq!(next(&mut tail).await, ('g', vec![7]));
            assert_eq!(next(&mut tail).await, ('e', vec![8]));
        }
    }

    #[tokio::test]
    async fn an_event_that_never_fits_is_a_gap() {
        let (feed, mut tail) = Tail::bounded(TailBounds { events_max: 9, bytes_max: 10 });
        feed.publish(events(1..=1));
        assert_eq!(next(&mut tail).await, ('g', vec![1]));
        feed.publish(Vec::new());
        drop(feed);
        assert_eq!(tail.next().await, None);
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let (feed, mut tail) = Tail::bounded(TailBounds { events_max: 9, bytes_max: usize::MAX });
        let waiting = tokio::spawn(async move { (next(&mut tail).await, tail.next().await) });
        tokio::task::yield_now().await;
        feed.publish(events(1..=1));
        drop(feed);
        assert_eq!(waiting.await.unwrap(), (('e', vec![1]), None));
    }
}
