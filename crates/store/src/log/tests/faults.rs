//! A disk that does not do its part, and bytes that have changed on it.

use std::fs;
use std::path::PathBuf;

use shopwire_core::Seq;

use super::sample::{all, append, config, encoded, events, key, open, place};
use crate::log::{Broken, Faults, Log, LogConfig};
use crate::{EventFilter, PageRequest, StoreError};

#[test]
fn a_write_that_fails_leaves_the_log_as_it_was() {
    let faults = [0, 50, 99].map(|percent| Faults { full_after: Some(percent), ..Faults::default() });
    for faults in faults.into_iter().chain([Faults { sync: true, ..Faults::default() }]) {
        let place = place();
        let broken = Broken::default();
        let mut log =
            Log::open(place.path(), LogConfig { broken: broken.clone(), ..config() }, 0).unwrap().log;
        append(&mut log, 0..2);
        broken.set(faults);
        log.put(&encoded(2));
        let error = log.commit(None).unwrap_err();
        assert_eq!(matches!(error, StoreError::Full(_)), !faults.sync, "{error}");
        assert_eq!((log.head(), log.find(&key(2)).unwrap(), all(&log)), (Seq(2), None, events(0..2)));
        broken.set(Faults::default());
        append(&mut log, 3..4);
        drop(log);
        assert_eq!(all(&open(place.path()).log), events([0, 1, 3]), "{faults:?}");
    }
}

#[test]
fn a_log_that_can_not_be_cut_takes_nothing_any_more() {
    let place = place();
    let broken = Broken::default();
    let mut log = Log::open(place.path(), LogConfig { broken: broken.clone(), ..config() }, 0).unwrap().log;
    append(&mut log, 0..1);
    log.put(&encoded(1));
    log.commit(Some(1)).unwrap();
    broken.set(Faults { cut: true, ..Faults::default() });
    assert!(log.take_back().is_err());
    broken.set(Faults::default());
    log.put(&encoded(2));
    for refused in [log.commit(None), log.roll(), log.take_back()] {
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    }
    assert_eq!((log.head(), all(&log)), (Seq(1), events(0..1)));
    drop(log);
    assert_eq!(all(&Log::open(place.path(), config(), 0).unwrap().log), events(0..1));
}

/// A log of one sealed segment and one active one, three events each, with one byte of the second event of the sealed or of
/// the active one changed.
fn damaged(segment: usize) -> (tempfile::TempDir, Vec<PathBuf>) {
    let place = place();
    let mut log = open(place.path()).log;
    append(&mut log, 0..3);
    log.roll().unwrap();
    append(&mut log, 3..6);
    let files = log.reader().files();
    log.close();
    let mut logs: Vec<PathBuf> = files.into_iter().map(|(path, _)| path).collect();
    logs.retain(|path| path.extension().unwrap() == "log");
    let mut bytes = fs::read(&logs[segment]).unwrap();
    let middle = encoded(if segment == 0 { 1 } else { 4 }).bytes;
    let at = bytes.windows(middle.len()).position(|window| window == middle).unwrap();
    bytes[at + middle.len() / 2] ^= 1;
    fs::write(&logs[segment], bytes).unwrap();
    (place, logs)
}

#[test]
fn one_damaged_record_costs_one_event() {
    for (segment, without_index) in [(0, false), (0, true), (1, false)] {
        let (place, logs) = damaged(segment);
        if without_index {
            fs::remove_file(logs[0].with_extension("idx")).unwrap();
        }
        let opened = open(place.path());
        assert_eq!((opened.cut_bytes, opened.log.head()), (0, Seq(6)));
        let reader = opened.log.reader();
        let bad = Seq(if segment == 0 { 2 } else { 5 });
        let read: Vec<_> = reader.read_after(Seq::START, 9, usize::MAX).unwrap();
        assert_eq!(read.last().unwrap().seq.next(), bad);
        let error = reader.read_after(Seq(bad.0 - 1), 9, usize::MAX).unwrap_err();
        assert!(matches!(&error, StoreError::Damaged { seq, .. } if *seq == bad), "{error}");
        assert!(matches!(reader.read_at(&[bad]), Err(StoreError::Damaged { .. })));
        assert!(matches!(reader.head_at(bad), Err(StoreError::Damaged { .. })));
        assert_eq!(reader.read_after(bad, 1, usize::MAX).unwrap()[0].seq, bad.next());
        let page = PageRequest { size: 9, before: None, scan_rows_max: 9 };
        assert_eq!(reader.search(&EventFilter::default(), page).unwrap().items.len(), 5);
        let problems = reader.check();
        assert!(problems.len() == 1 && problems[0].contains("1 records are damaged"), "{problems:?}");
    }
}

#[test]
fn a_sealed_segment_with_a_damaged_header_is_read_by_its_index() {
    let (place, logs) = damaged(0);
    let mut bytes = fs::read(&logs[0]).unwrap();
    bytes[8] ^= 1;
    fs::write(&logs[0], bytes).unwrap();
    let log = open(place.path()).log;
    assert_eq!(log.reader().read_at(&[Seq(1), Seq(3), Seq(5)]).unwrap().len(), 3);
    log.close();
    fs::remove_file(logs[0].with_extension("idx")).unwrap();
    let log = open(place.path()).log;
    // What the header said is told by its records and the next one.
    assert_eq!(log.reader().read_at(&[Seq(1), Seq(3), Seq(4)]).unwrap().len(), 3);
    assert!(matches!(log.reader().read_at(&[Seq(2)]), Err(StoreError::Damaged { .. })));
    let problems = log.reader().check();
    assert!(problems.len() == 1 && problems[0].contains("2 records are damaged"), "{problems:?}");
}

#[test]
fn a_sealed_segment_without_index_costs_what_stands_behind_two_damaged_headers() {
    let (place, logs) = damaged(0);
    let mut bytes = fs::read(&logs[0]).unwrap();
    let headers: Vec<usize> = (8..bytes.len()).filter(|at| bytes[*at..].starts_with(b"GRP1")).collect();
    bytes[headers[0]] ^= 1;
    bytes[headers[1]] ^= 1;
    fs::write(&logs[0], bytes).unwrap();
    fs::remove_file(logs[0].with_extension("idx")).unwrap();
    let log = open(place.path()).log;
    for seq in 1..=3 {
        assert!(matches!(log.reader().read_at(&[Seq(seq)]), Err(StoreError::Damaged { .. })), "{seq}");
    }
    assert_eq!(log.reader().read_at(&[Seq(4)]).unwrap().len(), 1);
    assert!(!log.reader().check().is_empty());
}

#[test]
fn an_index_that_is_damaged_is_made_anew() {
    let place = place();
    let mut log = open(place.path()).log;
    append(&mut log, 0..3);
    log.roll().unwrap();
    append(&mut log, 3..4);
    log.close();
    let index = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().path());
    let index = index.into_iter().find(|path| path.extension().unwrap() == "idx").unwrap();
    let sound = fs::read(&index).unwrap();
    for length in (0..sound.len()).step_by(7) {
        fs::write(&index, &sound[..length]).unwrap();
        assert_eq!(all(&open(place.path()).log), events(0..4));
        assert_eq!(fs::read(&index).unwrap(), sound, "{length}");
    }
    for wrong in 0..130 {
        let mut bytes = sound.clone();
        bytes[wrong] ^= 1;
        fs::write(&index, bytes).unwrap();
        assert_eq!(all(&open(place.path()).log), events(0..4));
        assert_eq!(fs::read(&index).unwrap(), sound, "{wrong}");
    }
    let mut bytes = sound;
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&index, bytes).unwrap();
    assert_eq!(open(place.path()).log.reader().check().len(), 1);
}

#[test]
fn a_missing_segment_is_told_and_no_hindrance() {
    let place = place();
    let mut log = open(place.path()).log;
    for first in [0, 3, 6] {
        append(&mut log, first..first + 3);
        log.roll().unwrap();
    }
    let files = log.reader().files();
    log.close();
    fs::remove_file(&files.iter().find(|(path, _)| path.to_string_lossy().contains("0004-")).unwrap().0)
        .unwrap();
    let log = open(place.path()).log;
    assert_eq!((log.head(), all(&log)), (Seq(9), events([0, 1, 2, 6, 7, 8])));
    assert_eq!(log.reader().read_at(&[Seq(5)]).unwrap().len(), 0);
    let problems = log.reader().check();
    assert!(problems.len() == 1 && problems[0].contains("events 4 to 6 are missing"), "{problems:?}");
}
