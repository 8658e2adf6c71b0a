//! Looking for what is wrong with the log.

use std::io;

use super::index_file;
use super::reader::LogReader;
use super::scan::{Purpose, scan};
use super::segments::{Segment, index_path};

impl LogReader {
    /// What is wrong with the log; empty if all is well. Reads everything.
    pub(crate) fn check(&self) -> Vec<String> {
        self.check_list(&self.shared.list())
    }

    pub(super) fn check_list(&self, list: &[Segment]) -> Vec<String> {
        let mut problems: Vec<String> = list.windows(2).filter_map(|pair| gap(&pair[0], &pair[1])).collect();
        for Segment { file, .. } in list {
            // One segment at a time: others want to take care of the log, too.
            let _alone = self.shared.care();
            // It may have been let go of, sealed or erased from since the list was made.
            let now = self.shared.list();
            let Some(segment) = now.iter().find(|segment| segment.first() == file.first) else { continue };
            match check(segment) {
                Ok(found) => problems.extend(found.map(|what| tell(segment, &what))),
                Err(error) => problems.push(tell(segment, &format!("it can't be read: {error}"))),
            }
        }
        problems
    }
}

/// Reads a segment and compares what is known of it.
fn check(segment: &Segment) -> io::Result<Option<String>> {
    if let Some(problem) = check_files(segment)? {
        return Ok(Some(problem));
    }
    let scanned = scan(&segment.file, Purpose::ReadOnly)?;
    if scanned.damaged > 0 {
        return Ok(Some(format!("{} records are damaged", scanned.damaged)));
    }
    if !segment.is_sealed {
        return Ok(None);
    }
    if scanned.end != segment.file.settled() {
        return Ok(Some(format!("behind byte {} it can't be understood", scanned.end)));
    }
    let expected = index_file::encode(&scanned.index, segment.first(), segment.file.settled());
    let is_same = std::fs::read(index_path(&segment.file.path))? == expected;
    Ok((!is_same).then(|| "its index says something else: remove the `.idx` and restart".to_owned()))
}

/// Places that are in neither of two segments that follow each other, or in both.
fn gap(former: &Segment, next: &Segment) -> Option<String> {
    let (end, first) = (former.events_end(), next.first().event);
    let (attempts_end, first_attempt) = (former.attempts_end(), next.first().attempt);
    let what = if end < first {
        format!("events {end} to {} are missing before it", first - 1)
    } else if attempts_end < first_attempt {
        format!("attempts {attempts_end} to {} are missing before it", first_attempt - 1)
    } else if end > first || attempts_end > first_attempt {
        format!("the segment before it reaches to event {} and attempt {}", end - 1, attempts_end - 1)
    } else {
        return None;
    };
    Some(tell(next, &what))
}

/// Whether a segment's files are there, as long as they should be.
fn check_files(segment: &Segment) -> io::Result<Option<String>> {
    if segment.file.len()? < segment.file.settled() {
        return Ok(Some("it has become shorter".to_owned()));
    }
    if !segment.file.path.exists() {
        return Ok(Some("its file is gone".to_owned()));
    }
    let has_index = !segment.is_sealed || index_path(&segment.file.path).exists();
    Ok((!has_index).then(|| "its index is gone: it is made anew on restart".to_owned()))
}

fn tell(segment: &Segment, what: &str) -> String {
    format!("log segment `{}`: {what}", segment.file.path.display())
}
