//! The bytes of records.

use proptest::prelude::*;
use shopwire_core::Seq;

use super::sample::{endpoint, event, key, update};
use crate::log::event::EventView;
use crate::log::record::{FRAME, length};
use crate::log::{EncodedEvent, attempt, event as events, lane, record};

fn reframed(mut bytes: Vec<u8>) -> Vec<u8> {
    record::end(&mut bytes, 0);
    bytes
}

#[test]
fn events_read_back_whole_and_erased_ones_keep_id_type_and_times() {
    for n in 0..20 {
        let event = event(n);
        let encoded = EncodedEvent::new(&event, (n % 2 == 0).then(|| key(n)));
        let view = EventView::open(&encoded.bytes).unwrap();
        assert_eq!((view.event().as_ref(), view.mark), (Ok(&event), encoded.mark));
        let head = view.head(Seq(n)).unwrap();

        let erased = events::erased(&encoded.bytes).unwrap();
        assert_eq!(erased.len(), encoded.bytes.len());
        let view = EventView::open(&erased).unwrap();
        assert!(view.is_erased && view.event().is_err());
        let left = view.head(Seq(n)).unwrap();
        assert_eq!(
            (left.id, left.shop, left.event_type, left.occurred_at, left.received_at),
            (head.id, head.shop, head.event_type, head.occurred_at, head.received_at)
        );
        assert_eq!((left.subject.as_str(), left.source, left.topic), ("order/", None, None));
        assert_eq!((view.mark.key, view.mark.subject), (encoded.mark.key, 0));
    }
}

#[test]
fn attempts_and_lanes_read_back() {
    for n in 1..30 {
        let made = super::sample::attempt(n, 1);
        let mut bytes = Vec::new();
        attempt::put(&mut bytes, endpoint(1), &made);
        assert!(bytes.len() <= attempt::capacity(&made));
        assert_eq!(attempt::open(&bytes), Ok((endpoint(1), made.clone())));
        match attempt::erased(&bytes).unwrap() {
            None => assert!(made.detail.is_none() && made.response.is_empty()),
            Some(erased) => {
                assert_eq!(erased.len(), bytes.len());
                let left = attempt::open(&erased).unwrap().1;
                assert!(left.detail.is_none() && left.response.is_empty());
                assert_eq!((left.seq, left.outcome, left.dead), (made.seq, made.outcome, made.dead));
                assert_eq!(attempt::erased(&erased), Ok(None));
            }
        }
    }
    let update = update(endpoint(3), 9, Vec::new());
    let mut bytes = Vec::new();
    lane::put(&mut bytes, update.endpoint, update.cursor, &update.done);
    let (_, rest) = record::open(&bytes).unwrap();
    let lane = lane::read(rest).unwrap();
    assert_eq!((lane.endpoint, lane.cursor, lane.done), (update.endpoint, update.cursor, update.done));
}

proptest! {
    #[test]
    fn whatever_is_framed_is_read_or_refused(
        kind in 0..7_u8, rest in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = reframed([&[0; FRAME][..], &[kind], &rest].concat());
        prop_assert_eq!(length(&bytes), Some(bytes.len()));
        if let Ok(view) = EventView::open(&bytes) {
            view.event().ok();
            view.head(Seq(1)).ok();
            events::erased(&bytes).ok();
        }
        attempt::erased(&bytes).ok();
        if let Ok((_, rest)) = record::open(&bytes) {
            lane::read(rest).ok();
        }
    }

    #[test]
    fn a_changed_event_is_read_or_refused(n in 0..20_u64, place in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = EncodedEvent::new(&event(n), None).bytes;
        let place = FRAME + place.index(bytes.len() - FRAME);
        bytes[place] = byte;
        let bytes = reframed(bytes);
        if let Ok(view) = EventView::open(&bytes) {
            view.event().ok();
        }
    }
}
