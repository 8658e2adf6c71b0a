//! Segments that were begun and never written to.

use std::fs;
use std::path::{Path, PathBuf};

use shopwire_core::Seq;

use super::sample::{all, append, events, only_segment, open, place};

#[test]
fn a_segment_killed_while_it_was_made_is_empty() {
    let place = place();
    append(&mut open(place.path()).log, 0..1);
    for length in 0..8 {
        let next = place.path().join(format!("{:020}-{:020}.log", 2, 1));
        fs::write(&next, &b"SWLOG\0\0\x01"[..length]).unwrap();
        let mut log = open(place.path()).log;
        assert_eq!((log.head(), all(&log)), (Seq(1), events(0..1)));
        append(&mut log, 1..2);
        assert_eq!(all(&log), events(0..2));
        drop(log);
        fs::remove_dir_all(place.path()).unwrap();
        append(&mut open(place.path()).log, 0..1);
    }
}

/// Leaves an empty segment where event `first` begins, as a roll may that failed.
fn leave_empty(directory: &Path, first: u64) -> PathBuf {
    let path = directory.join(format!("{first:020}-{:020}.log", 1));
    fs::write(&path, b"SWLOG\0\0\x01").unwrap();
    path
}

#[test]
fn the_log_goes_on_over_a_segment_that_could_not_be_begun() {
    // Into the places of the former one, behind its last, and behind one that is torn.
    for (left, torn) in [(2, 0), (4, 0), (3, 7)] {
        let place = place();
        append(&mut open(place.path()).log, 0..3);
        let path = only_segment(place.path());
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - torn]).unwrap();
        let left = leave_empty(place.path(), left);
        let whole = if torn == 0 { 3 } else { 2 };
        let mut log = open(place.path()).log;
        assert_eq!((log.head(), all(&log), left.exists()), (Seq(whole), events(0..whole), false));
        append(&mut log, whole..5);
        log.roll().unwrap();
        append(&mut log, 5..6);
        log.close();
        let log = open(place.path()).log;
        assert_eq!(all(&log), events(0..6));
        assert_eq!(log.reader().check(), [""; 0]);
    }
}

#[test]
fn an_empty_segment_amid_the_log_hides_nothing() {
    for is_last in [false, true] {
        let place = place();
        let mut log = open(place.path()).log;
        append(&mut log, 0..3);
        let left = leave_empty(place.path(), 2);
        log.roll().unwrap();
        append(&mut log, 3..4);
        log.close();
        if is_last {
            fs::remove_file(place.path().join(format!("{:020}-{:020}.log", 4, 1))).unwrap();
        }
        let mut log = open(place.path()).log;
        let whole = if is_last { 3 } else { 4 };
        assert_eq!((log.head(), all(&log), left.exists()), (Seq(whole), events(0..whole), false));
        append(&mut log, whole..5);
        drop(log);
        assert_eq!(all(&open(place.path()).log), events(0..5));
    }
}

#[test]
fn an_empty_segment_behind_places_that_are_missing_keeps_its_name() {
    let place = place();
    append(&mut open(place.path()).log, 0..3);
    leave_empty(place.path(), 9);
    let mut log = open(place.path()).log;
    assert_eq!(log.head(), Seq(8), "no place is given twice");
    append(&mut log, 8..9);
    assert_eq!(all(&log), events([0, 1, 2, 8]));
}

#[test]
fn a_segment_is_begun_where_an_attempt_to_do_so_has_failed() {
    let place = place();
    let mut log = open(place.path()).log;
    append(&mut log, 0..2);
    let taken = leave_empty(place.path(), 3);
    log.roll().unwrap();
    append(&mut log, 2..4);
    assert_eq!(all(&log), events(0..4));
    assert!(fs::read(&taken).unwrap().len() > 8);
    // One that holds anything is nobody's to overwrite.
    let full = place.path().join(format!("{:020}-{:020}.log", 5, 1));
    fs::write(&full, b"SWLOG\0\0\x01and more").unwrap();
    assert!(log.roll().is_err());
    append(&mut log, 4..5);
    assert_eq!((all(&log), fs::read(&full).unwrap().len()), (events(0..5), 16));
}
