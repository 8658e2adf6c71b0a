//! Retention, erasure, copies.

use std::fs;

use shopwire_core::Seq;
use shopwire_core::commerce::Subject;

use super::sample::{
    all, append, attempt, config, encoded, endpoint, event, events, key, moment, open, page, place, record,
    shop, update,
};
use crate::log::event::subject_hash;
use crate::log::segments::Segment;
use crate::log::{Broken, Faults, Log, LogConfig, journal};
use crate::{AttemptFilter, AttemptPlace, EventFilter, Retention, StoreError};

/// Segments of three events each, all but the last one sealed.
fn segments(count: u64) -> (tempfile::TempDir, Log) {
    let place = place();
    let mut log = open(place.path()).log;
    for first in (0..count * 3).step_by(3) {
        append(&mut log, first..first + 3);
        record(&mut log, &update(endpoint(1), first, vec![attempt(first + 1, 1), attempt(first + 2, 1)]));
        if first + 3 < count * 3 {
            log.roll().unwrap();
        }
    }
    log.close();
    let log = open(place.path()).log;
    (place, log)
}

fn first_left(retention: Retention) -> u64 {
    let (place, log) = segments(4);
    let reader = log.reader();
    let before = reader.span();
    let dropped = reader.retain(&retention).unwrap();
    let after = reader.span();
    assert_eq!((before.head, after.head, after.first), (Seq(12), Seq(12), dropped.first));
    assert_eq!((dropped.bytes, dropped.events), (before.bytes - after.bytes, after.first.0 - 1));
    assert_eq!(all(&log), events(after.first.0 - 1..12));
    log.close();
    let log = open(place.path()).log;
    assert_eq!((all(&log), log.reader().check()), (events(after.first.0 - 1..12), Vec::new()));
    after.first.0
}

#[test]
fn whole_segments_go_by_age_and_by_size_but_none_that_is_kept() {
    let none = Retention::default;
    assert_eq!(first_left(none()), 1);
    // The newest events of the segments were received at 6, 7 and 12.
    for (before, first) in [(6, 1), (7, 4), (8, 7), (12, 7), (13, 10)] {
        assert_eq!(first_left(Retention { received_before: Some(moment(before)), ..none() }), first);
    }
    assert_eq!(first_left(Retention { received_before: Some(moment(99)), ..none() }), 10);
    assert_eq!(first_left(Retention { bytes_max: Some(0), ..none() }), 10);
    assert_eq!(first_left(Retention { bytes_max: Some(0), keep_from: Some(Seq(10)), ..none() }), 10);
    assert_eq!(first_left(Retention { bytes_max: Some(0), keep_from: Some(Seq(9)), ..none() }), 7);
    assert_eq!(first_left(Retention { bytes_max: Some(0), keep_from: Some(Seq(1)), ..none() }), 1);
    let bytes = segments(4).1.reader().span().bytes;
    assert_eq!(first_left(Retention { bytes_max: Some(bytes), ..none() }), 1);
    assert_eq!(first_left(Retention { bytes_max: Some(bytes - 1), ..none() }), 4);
}

#[test]
fn places_go_on_when_all_else_is_gone() {
    let (place, mut log) = segments(2);
    log.roll().unwrap();
    log.close();
    let log = open(place.path()).log;
    log.reader().retain(&Retention { bytes_max: Some(0), ..Retention::default() }).unwrap();
    let span = log.reader().span();
    assert_eq!((span.first, span.head), (Seq(7), Seq(6)));
    log.close();
    let mut log = open(place.path()).log;
    append(&mut log, 6..7);
    record(&mut log, &update(endpoint(1), 0, vec![attempt(7, 1), attempt(1, 2)]));
    let walk = log.reader().walk_attempts(AttemptPlace(0), 9).unwrap();
    assert_eq!(walk.attempts.len(), 1, "the event of the other one is gone");
    let read = log.reader().read_after(Seq::START, 9, usize::MAX).unwrap();
    assert_eq!(read.iter().map(|event| event.seq).collect::<Vec<_>>(), [Seq(7)]);
    assert_eq!(log.find(&key(1)).unwrap(), None);
}

#[test]
fn what_a_crash_amid_dropping_leaves_is_cleared_away() {
    let (place, log) = segments(3);
    let oldest = log.reader().files()[0].0.clone();
    log.close();
    fs::remove_file(&oldest).unwrap();
    let log = open(place.path()).log;
    assert!(!oldest.with_extension("idx").exists());
    assert_eq!((all(&log), log.reader().check()), (events(3..9), Vec::new()));
}

/// The subject of events 1, 7, 13 …
fn subject() -> Subject {
    event(1).subject
}

fn assert_erased(log: &Log, count: u64) {
    let reader = log.reader();
    let is_left = |n: &u64| n % 6 != 1;
    assert_eq!(all(log), events((0..count).filter(is_left)));
    let about = EventFilter { subject: Some(subject()), ..EventFilter::default() };
    assert!(reader.search(&about, page(9, None)).unwrap().items.is_empty());
    assert!(!reader.is_subject(shop(1), &subject()).unwrap());
    let heads = reader.search(&EventFilter::default(), page(1_000, None)).unwrap().items;
    for n in (1..count).step_by(6) {
        let (head, former) = (heads.iter().find(|head| head.seq == Seq(n + 1)).unwrap(), event(n));
        assert_eq!(reader.head_at(head.seq), Ok(None), "it can't be delivered");
        assert_eq!(
            (head.id, &head.event_type, head.received_at),
            (former.id, &former.event_type, former.received_at)
        );
        assert_eq!((head.subject.as_str(), head.source), ("order/", None));
        assert_eq!(reader.place_of(former.id).unwrap(), Some(Seq(n + 1)));
        assert_eq!(log.find(&key(n)).unwrap(), Some(Seq(n + 1)), "copies are still merged");
        let of_event = AttemptFilter { event: Some(Seq(n + 1)), ..AttemptFilter::default() };
        for stored in reader.attempts(&of_event, page(9, None)).unwrap().items {
            assert!(stored.attempt.detail.is_none() && stored.attempt.response.is_empty());
        }
    }
    assert_eq!(reader.check(), Vec::<String>::new());
}

fn holds(directory: &std::path::Path, wanted: &[u8]) -> bool {
    let files = fs::read_dir(directory).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(wanted.len()).any(|window| window == wanted))
}

#[test]
fn a_subject_is_erased_in_sealed_segments_and_in_the_active_one() {
    let (place, log) = segments(3);
    assert!(holds(place.path(), b"order/1"));
    let emptied = log.reader().erase(shop(1), &subject()).unwrap();
    assert_eq!((emptied.events, emptied.attempts), (2, 2));
    assert_erased(&log, 9);
    assert!(!holds(place.path(), b"order/1"));
    assert_eq!(log.reader().erase(shop(1), &subject()).unwrap().events, 0);
    assert_eq!(log.reader().erase(shop(0), &event(0).subject).unwrap().events, 2);
    log.close();
    let mut log = open(place.path()).log;
    append(&mut log, [20]);
    assert_eq!(log.reader().check(), Vec::<String>::new());
}

#[test]
fn others_with_the_same_subject_stay() {
    let (_place, log) = segments(3);
    assert_eq!(log.reader().erase(shop(0), &subject()).unwrap(), Default::default());
    assert_eq!(all(&log), events(0..9));
}

#[test]
fn an_erasure_is_finished_after_a_crash_wherever_it_came() {
    for done in 0..4 {
        let (place, mut log) = segments(3);
        // The last group of the active segment is among what is erased: half overwritten it would look torn.
        append(&mut log, 9..14);
        log.close();
        let before: Vec<_> = files(place.path());
        let log = open(place.path()).log;
        let emptied = log.reader().erase(shop(1), &subject()).unwrap();
        assert_eq!(emptied.events, 3);
        log.close();
        let after: Vec<_> = files(place.path());
        let mut overwrites = Vec::new();
        for (place, (path, bytes)) in before.iter().enumerate() {
            // Some segments were overwritten in part.
            let half: Vec<u8> = if place % 4 <= done {
                bytes
                    .iter()
                    .zip(&after[place].1)
                    .enumerate()
                    .map(|(n, (old, new))| if n % 2 == 0 { *old } else { *new })
                    .collect()
            } else {
                bytes.clone()
            };
            let is_log = path.extension().unwrap() == "log";
            if is_log {
                overwrites.extend(changed(path, bytes, &after[place].1));
            }
            fs::write(path, if is_log { &half } else { bytes }).unwrap();
        }
        journal::note(place.path(), &overwrites).unwrap();
        let log = open(place.path()).log;
        assert_erased(&log, 14);
    }
}

fn files(directory: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// What differs between two states of a segment, as one overwrite.
fn changed(path: &std::path::Path, before: &[u8], after: &[u8]) -> Option<journal::Overwrite> {
    let first = crate::log::file::First::of_stem(path.file_stem().unwrap().to_str().unwrap()).unwrap();
    let differs = |place: &usize| before[*place] != after[*place];
    let (from, to) = ((0..before.len()).find(differs)?, (0..before.len()).rfind(differs)?);
    Some(journal::Overwrite { first, offset: from as u32, record: after[from..=to].to_vec() })
}

#[test]
fn a_copy_of_the_files_opens_as_a_log() {
    let (_place, mut log) = segments(3);
    append(&mut log, 9..10);
    let files = log.reader().files();
    // What comes after the list was made is not in the copy.
    append(&mut log, 10..12);
    let copy = place();
    for with_indexes in [true, false] {
        for (path, bytes) in &files {
            let taken = fs::read(path).unwrap();
            let into = copy.path().join(path.file_name().unwrap());
            if with_indexes || path.extension().unwrap() == "log" {
                fs::write(into, &taken[..*bytes as usize]).unwrap();
            } else {
                fs::remove_file(into).unwrap();
            }
        }
        let log = open(copy.path()).log;
        assert_eq!((all(&log), log.reader().check()), (events(0..10), Vec::new()));
        log.close();
    }
}

#[test]
fn who_reads_a_segment_that_goes_reads_on() {
    let (_place, log) = segments(3);
    let reader = log.reader();
    let list = reader.shared.list();
    reader.retain(&Retention { bytes_max: Some(0), ..Retention::default() }).unwrap();
    let mut window = crate::log::window::Window::new(&list[0].file);
    let offset = list[0].index.offsets(0..1).unwrap()[0];
    assert_eq!(window.record(u64::from(offset)).unwrap(), Ok(&encoded(0).bytes[..]));
}

#[test]
fn an_erasure_that_failed_midway_is_finished_with_the_next_one() {
    let (place, log) = segments(3);
    journal::note(place.path(), &erasing_of_two(&log)).unwrap();
    assert_eq!(log.reader().erase(shop(0), &subject()).unwrap(), Default::default());
    assert_eq!(all(&log), events([0, 2, 3, 4, 5, 6, 8]));
    assert_eq!((journal::noted(place.path()).unwrap(), log.reader().check()), (Vec::new(), Vec::new()));
    log.close();
    assert_eq!(open(place.path()).log.reader().check(), Vec::<String>::new());
}

/// What erases the events 1 and 7 of three segments.
fn erasing_of_two(log: &Log) -> Vec<journal::Overwrite> {
    let list = log.reader().shared.list();
    [(0, 1), (2, 1)]
        .into_iter()
        .map(|(segment, number)| {
            let offset = list[segment].index.offsets(number..number + 1).unwrap()[0];
            let n = segment as u64 * 3 + u64::from(number);
            let record = crate::log::event::erased(&encoded(n).bytes).unwrap();
            journal::Overwrite { first: list[segment].first(), offset, record }
        })
        .collect()
}

#[test]
fn a_copy_made_amid_an_erasure_finishes_it() {
    let (place, log) = segments(3);
    journal::note(place.path(), &erasing_of_two(&log)).unwrap();
    let copy = self::place();
    for (path, bytes) in log.reader().files() {
        let taken = fs::read(&path).unwrap();
        fs::write(copy.path().join(path.file_name().unwrap()), &taken[..bytes as usize]).unwrap();
    }
    let log = open(copy.path()).log;
    assert_eq!((all(&log), log.reader().check()), (events([0, 2, 3, 4, 5, 6, 8]), Vec::new()));
    assert_eq!(journal::noted(copy.path()).unwrap(), []);
}

#[test]
fn an_erasure_in_pieces_is_finished_after_a_crash_wherever_it_came() {
    for steps in 0.. {
        let (place, log) = segments(4);
        log.close();
        let broken = Broken::default();
        let log = Log::open(place.path(), LogConfig { broken: broken.clone(), ..config() }, 0).unwrap().log;
        broken.set(Faults { overwrites: Some(steps), ..Faults::default() });
        let emptied = log.reader().erase_by_pieces(shop(1), &subject(), 1);
        drop(log);
        let noted = journal::noted(place.path()).unwrap();
        let records = noted.iter().filter(|overwrite| !overwrite.record.is_empty()).count();
        assert!(records <= 1, "{records} records were noted at once");
        assert_eq!(records == 0, emptied.is_ok());
        let log = open(place.path()).log;
        assert_eq!(log.reader().check(), Vec::<String>::new());
        let left = all(&log).iter().filter(|event| event.subject == subject()).count();
        let about = |segment: &Segment| segment.index.about(subject_hash(subject().as_str())).unwrap().len();
        let known: usize = log.reader().shared.list().iter().map(about).sum();
        assert_eq!(known, left, "an index knows what should be forgotten");
        log.reader().erase(shop(1), &subject()).unwrap();
        assert_erased(&log, 12);
        if let Ok(emptied) = emptied {
            assert_eq!((emptied.events, emptied.attempts), (2, 2));
            assert!(steps > 4, "each record was written, and synced, by itself");
            return;
        }
    }
}

#[test]
fn who_reads_what_is_damaged_does_not_wait_for_an_erasure() {
    let (place, log) = segments(2);
    let (path, _) = log.reader().files()[0].clone();
    log.close();
    let mut bytes = fs::read(&path).unwrap();
    let wanted = encoded(1).bytes;
    let at = bytes.windows(wanted.len()).position(|window| window == wanted).unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let log = open(place.path()).log;
    let reader = log.reader();
    let _erasing = reader.shared.care();
    assert!(matches!(reader.read_at(&[Seq(2)]), Err(StoreError::Damaged { seq: Seq(2), .. })));
}

#[test]
fn a_segment_that_goes_while_the_log_is_looked_at_is_no_fault() {
    let (_place, log) = segments(3);
    let reader = log.reader();
    let list = reader.shared.list();
    reader.retain(&Retention { bytes_max: Some(0), ..Retention::default() }).unwrap();
    assert_eq!(reader.check_list(&list), Vec::<String>::new());
    fs::remove_file(&list[2].file.path).unwrap();
    assert_eq!(reader.check_list(&list).len(), 1, "one that is still wanted is");
}

#[test]
fn who_has_the_index_of_before_an_erasure_goes_on_with_it() {
    let (_place, log) = segments(3);
    let list = log.reader().shared.list();
    let known = |segment: &Segment| {
        let index = &segment.index;
        (index.offsets(0..3).unwrap(), index.id(2).unwrap(), index.rows(0..2).unwrap())
    };
    let before: Vec<_> = list.iter().map(known).collect();
    log.reader().erase(shop(1), &subject()).unwrap();
    assert!(list.iter().map(known).eq(before));
}

/// How many files below a directory this process has open.
#[cfg(target_os = "linux")]
fn open_below(directory: &std::path::Path) -> usize {
    let open = fs::read_dir("/proc/self/fd").unwrap();
    open.filter(|entry| {
        let path = fs::read_link(entry.as_ref().unwrap().path());
        path.is_ok_and(|path| path.starts_with(directory))
    })
    .count()
}

#[cfg(target_os = "linux")]
#[test]
fn however_many_segments_there_are_few_files_are_open() {
    const OPEN_MAX: usize = LogConfig::OPEN_FILES_MAX;
    let (place, log) = segments(OPEN_MAX as u64);
    assert!(open_below(place.path()) <= 1, "what nobody reads is not open");
    assert_eq!(all(&log).len(), OPEN_MAX * 3);
    assert!(log.reader().walk_attempts(AttemptPlace(0), usize::MAX).unwrap().next.is_none());
    assert!((10..=OPEN_MAX + 1).contains(&open_below(place.path())));
    log.reader().retain(&Retention { bytes_max: Some(0), ..Retention::default() }).unwrap();
    assert!(open_below(place.path()) <= 1, "what is gone is not kept open");
}
