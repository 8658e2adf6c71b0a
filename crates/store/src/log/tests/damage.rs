//! Bytes amid the active segment that have changed: not to be taken for the end that a crash leaves.

use std::fs;
use std::path::PathBuf;

use shopwire_core::Seq;

use super::sample::{all, attempt, config, encoded, endpoint, events, only_segment, open, place, update};
use crate::StoreError;
use crate::log::{EncodedUpdate, Log};

/// A log of three groups of two events each, and where in its segment they begin.
fn three_groups() -> (tempfile::TempDir, PathBuf, [usize; 3], Vec<u8>) {
    let place = place();
    let mut log = open(place.path()).log;
    let path = only_segment(place.path());
    let starts = [0, 2, 4].map(|n| {
        let start = fs::read(&path).unwrap().len();
        log.put(&encoded(n));
        log.put_update(&EncodedUpdate::new(&update(endpoint(1), n, vec![attempt(n + 1, 1)])));
        log.put(&encoded(n + 1));
        log.commit(None).unwrap();
        start
    });
    drop(log);
    let bytes = fs::read(&path).unwrap();
    (place, path, starts, bytes)
}

#[test]
fn a_header_that_is_damaged_amid_the_log_costs_nothing() {
    let (place, path, starts, bytes) = three_groups();
    for start in &starts[..2] {
        for wrong in *start..start + 48 {
            let mut bytes = bytes.clone();
            bytes[wrong] ^= 1;
            fs::write(&path, &bytes).unwrap();
            let opened = open(place.path());
            assert_eq!((opened.cut_bytes, all(&opened.log)), (0, events(0..6)), "{wrong}");
            assert_eq!(opened.lanes[0].cursor, Seq(4));
            let problems = opened.log.reader().check();
            assert!(problems.len() == 1 && problems[0].contains("damaged"), "{problems:?}");
            drop(opened);
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    }
}

#[test]
fn damage_amid_the_log_that_would_cost_events_is_refused_and_nothing_is_touched() {
    let (place, path, starts, bytes) = three_groups();
    // More than a header, and two headers.
    let spoiled = |places: [usize; 2]| {
        let mut bytes = bytes.clone();
        places.into_iter().for_each(|place| bytes[place] ^= 1);
        bytes
    };
    for bytes in [spoiled([starts[1], starts[1] + 70]), spoiled([starts[0], starts[1]])] {
        fs::write(&path, &bytes).unwrap();
        let Err(StoreError::Unreadable(refused)) = Log::open(place.path(), config(), u64::MAX).map(drop)
        else {
            panic!("events would be lost")
        };
        for said in [path.to_str().unwrap(), &format!("byte {} on", starts[2]), "restore"] {
            assert!(refused.contains(said), "{refused}");
        }
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn a_segment_under_another_name_is_refused_and_not_emptied() {
    let (place, path, _, bytes) = three_groups();
    let renamed = path.with_file_name(format!("{:020}-{:020}.log", 2, 1));
    fs::rename(&path, &renamed).unwrap();
    let refused = Log::open(place.path(), config(), u64::MAX).map(drop);
    assert!(matches!(refused, Err(StoreError::Unreadable(_))), "{refused:?}");
    assert_eq!(fs::read(&renamed).unwrap(), bytes);
}
