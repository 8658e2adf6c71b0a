//! Where the log ends: what a crash leaves, stamps, what is taken back.

use std::fs;
use std::path::PathBuf;

use shopwire_core::Seq;

use super::sample::{
    all, append, attempt, config, encoded, endpoint, event, events, key, only_segment, open, place, record,
    update,
};
use crate::log::{EncodedUpdate, Log};
use crate::{LaneUpdate, StoreError};

/// A log with two groups, and the bytes of its segment after each of them.
fn two_groups() -> (tempfile::TempDir, PathBuf, usize, Vec<u8>) {
    let place = place();
    let mut log = open(place.path()).log;
    log.put(&encoded(0));
    log.put(&encoded(1));
    log.put_update(&EncodedUpdate::new(&update(endpoint(1), 0, vec![attempt(1, 1)])));
    log.commit(None).unwrap();
    let path = only_segment(place.path());
    let first = fs::read(&path).unwrap().len();
    log.put(&encoded(2));
    log.put_update(&EncodedUpdate::new(&update(endpoint(1), 1, vec![attempt(2, 1), attempt(3, 1)])));
    log.put(&encoded(3));
    log.commit(None).unwrap();
    drop(log);
    let bytes = fs::read(&path).unwrap();
    (place, path, first, bytes)
}

#[test]
fn a_group_that_is_not_whole_is_cut_off_at_every_byte() {
    let (place, path, first, bytes) = two_groups();
    for length in first..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let opened = open(place.path());
        assert_eq!(opened.cut_bytes, (length - first) as u64);
        assert_eq!((opened.log.head(), all(&opened.log)), (Seq(2), events(0..2)), "{length}");
        assert_eq!(opened.lanes[0].cursor, Seq(0));
        drop(opened);
        assert_eq!(fs::read(&path).unwrap().len(), first);
    }
    fs::write(&path, &bytes).unwrap();
    let opened = open(place.path());
    assert_eq!((opened.cut_bytes, all(&opened.log)), (0, events(0..4)));
    assert_eq!(opened.lanes[0].cursor, Seq(1));
}

#[test]
fn a_last_group_with_one_wrong_byte_is_cut_off() {
    let (place, path, first, bytes) = two_groups();
    for wrong in first..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[wrong] ^= 0x55;
        fs::write(&path, &bytes).unwrap();
        let opened = open(place.path());
        assert_eq!((opened.log.head(), all(&opened.log)), (Seq(2), events(0..2)), "{wrong}");
    }
}

#[test]
fn the_log_goes_on_where_it_was_cut() {
    let (place, path, first, bytes) = two_groups();
    fs::write(&path, &bytes[..first + 10]).unwrap();
    append(&mut open(place.path()).log, 7..9);
    let log = open(place.path()).log;
    assert_eq!(all(&log), events([0, 1, 7, 8]));
    assert_eq!(log.find(&key(8)).unwrap(), Some(Seq(4)));
    assert_eq!(log.find(&key(2)).unwrap(), None);
}

#[test]
fn what_a_later_version_wrote_is_refused() {
    let place = place();
    drop(open(place.path()));
    let path = only_segment(place.path());
    fs::write(&path, b"SWLOG\0\0\x02").unwrap();
    let refused = Log::open(place.path(), config(), 0).err();
    assert!(matches!(refused, Some(StoreError::Unreadable(_))), "{refused:?}");
}

#[test]
fn groups_of_transactions_that_never_committed_are_cut_off() {
    let place = place();
    let mut log = open(place.path()).log;
    append(&mut log, 0..1);
    for (n, stamp) in [(1, Some(4)), (2, Some(5)), (3, None)] {
        log.put(&encoded(n));
        log.commit(stamp).unwrap();
        log.settle();
    }
    drop(log);
    for committed in [9, 5] {
        let log = Log::open(place.path(), config(), committed).unwrap().log;
        assert_eq!(all(&log), events(0..4), "{committed}");
    }
    // What stands behind a group was answered: then the database is the wrong one, and nothing is cut off.
    for committed in [4, 3] {
        let refused = Log::open(place.path(), config(), committed).err().map(|error| error.to_string());
        assert!(refused.is_some_and(|refused| refused.contains("older than the log")), "{committed}");
    }
    let mut log = Log::open(place.path(), config(), 5).unwrap().log;
    log.put(&encoded(4));
    log.commit(Some(6)).unwrap();
    log.settle();
    drop(log);
    for (committed, left) in [(6, 5), (5, 4), (5, 4)] {
        let log = Log::open(place.path(), config(), committed).unwrap().log;
        assert_eq!(all(&log), events(0..left), "{committed}");
    }
}

#[test]
fn what_waits_for_its_transaction_is_found_but_not_seen() {
    let place = place();
    let mut log = open(place.path()).log;
    append(&mut log, 0..1);
    log.put(&encoded(1));
    log.commit(Some(1)).unwrap();
    assert_eq!((log.head(), log.find(&key(1)).unwrap()), (Seq(2), Some(Seq(2))));
    assert_eq!(log.event_id(Seq(2)).unwrap(), Some(event(1).id));
    assert_eq!((log.reader().head(), all(&log)), (Seq(1), events(0..1)));
    log.take_back().unwrap();
    assert_eq!((log.head(), log.find(&key(1)).unwrap()), (Seq(1), None));
    log.take_back().unwrap();

    log.put(&encoded(2));
    log.commit(Some(2)).unwrap();
    log.settle();
    log.take_back().unwrap();
    assert_eq!((log.reader().head(), all(&log)), (Seq(2), events([0, 2])));
    log.put(&encoded(3));
    log.commit(Some(3)).unwrap();
    log.put(&encoded(4));
    log.undo();
    assert_eq!((log.head(), all(&log)), (Seq(3), events([0, 2, 3])));
    drop(log);
    assert_eq!(all(&open(place.path()).log), events([0, 2, 3]));
}

#[test]
fn the_newest_update_of_each_lane_is_told_and_none_goes_back() {
    let place = place();
    let mut log = open(place.path()).log;
    for (lane, cursor) in [(1, 5), (2, 3), (1, 7), (1, 6), (2, 3)] {
        record(&mut log, &update(endpoint(lane), cursor, Vec::new()));
    }
    drop(log);
    let mut lanes = open(place.path()).lanes;
    lanes.sort_by_key(|lane| lane.cursor);
    let lanes: Vec<_> = lanes.iter().map(|lane| (lane.endpoint, lane.cursor, &lane.done[..])).collect();
    let expected =
        [(endpoint(2), Seq(3), &[Seq(5), Seq(8)][..]), (endpoint(1), Seq(7), &[Seq(9), Seq(12)][..])];
    assert_eq!(lanes, expected);
}

#[test]
fn a_lane_at_the_beginning_may_take_back_what_it_said() {
    let place = place();
    let mut log = open(place.path()).log;
    for done in [vec![Seq(2)], Vec::new()] {
        record(&mut log, &LaneUpdate { done, ..update(endpoint(1), 0, Vec::new()) });
    }
    drop(log);
    let lanes = open(place.path()).lanes;
    assert_eq!((lanes.len(), lanes[0].cursor, lanes[0].done.len()), (1, Seq::START, 0));
}

#[test]
fn keys_are_found_wherever_they_are_the_newest_first() {
    let place = place();
    let mut log = open(place.path()).log;
    append(&mut log, 0..3);
    log.roll().unwrap();
    append(&mut log, 3..5);
    log.roll().unwrap();
    append(&mut log, [5, 0]);
    log.put(&encoded(7));
    let found = |log: &Log| [0, 1, 4, 5, 7, 9].map(|n| log.find(&key(n)).unwrap().map(|seq| seq.0));
    assert_eq!(found(&log), [Some(7), Some(2), Some(5), Some(6), Some(8), None]);
    log.commit(None).unwrap();
    log.close();
    let log = open(place.path()).log;
    assert_eq!(found(&log), [Some(7), Some(2), Some(5), Some(6), Some(8), None]);
    assert!(log.reader().check().is_empty());
}

#[test]
fn nothing_is_rolled_that_has_no_place() {
    let place = place();
    let mut log = open(place.path()).log;
    for _ in 0..100 {
        record(&mut log, &update(endpoint(1), 0, Vec::new()));
    }
    assert!(!log.is_long());
    log.roll().unwrap();
    record(&mut log, &update(endpoint(1), 0, vec![attempt(1, 1)]));
    assert!(log.is_long());
    log.roll().unwrap();
    append(&mut log, 0..1);
    log.close();
    let log = open(place.path()).log;
    assert_eq!(all(&log), events(0..1));
    assert_eq!(log.reader().span().first, Seq(1));
}
