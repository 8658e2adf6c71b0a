//! Telling damage from the torn end that a crash leaves.
//!
//! A group is written only once the one before it was synced. So what a crash leaves unfinished is the last group, and no
//! header stands behind it. Where one does, everything before it was on the disk and answered `Ok`, and has been spoiled
//! since: nothing may be cut off there.

use std::io;

use super::file::First;
use super::group::{Group, HEADER};
use super::window::Window;

/// Bytes looked through at a time.
const CHUNK: usize = 1 << 20;

/// The first header behind the byte `from` that goes on with the places from `next` on. Looks at every byte once, and only
/// where something can't be read: of 128 MiB in a fraction of a second.
pub(super) fn header_behind(window: &mut Window<'_>, from: u64, next: First) -> io::Result<Option<Group>> {
    let mut at = from + 1;
    loop {
        let chunk = window.bytes(at, CHUNK)?;
        let mut headers = (at..).zip(chunk.windows(HEADER));
        let found = headers
            .find_map(|(at, bytes)| Group::decode(bytes, at).filter(|group| goes_on(group, from, next)));
        if found.is_some() || chunk.len() < CHUNK {
            return Ok(found);
        }
        at += (CHUNK - HEADER + 1) as u64;
    }
}

/// Whether a header can stand behind the byte `from`, where the places from `next` on begin. Bytes in an event's body that
/// look like a header would have to say where in the file they stand, and among which places.
fn goes_on(group: &Group, from: u64, next: First) -> bool {
    let most = u64::from(group.at) - from;
    let can_be = |first: u64, next: u64| first.checked_sub(next).is_some_and(|between| between < most);
    can_be(group.first_event, next.event) && can_be(group.first_attempt, next.attempt)
}

#[cfg(test)]
mod tests {
    use super::super::file::SegmentFile;
    use super::*;

    const NEXT: First = First { event: 5, attempt: 9 };

    fn header(at: u64, first: First) -> Group {
        let (at, first_event, first_attempt) = (at as u32, first.event, first.attempt);
        Group { at, bytes: 0, events: 1, attempts: 0, first_event, first_attempt, stamp: 3 }
    }

    fn found(at: u64, group: &Group) -> Option<Group> {
        let place = tempfile::tempdir().unwrap();
        let file = SegmentFile::create(place.path(), NEXT).unwrap();
        file.overwrite(at, &group.encode()).unwrap();
        header_behind(&mut Window::new(&file), 8, NEXT).unwrap()
    }

    #[test]
    fn a_header_is_found_wherever_it_stands() {
        let chunk = CHUNK as u64;
        for at in [9, 10, 4_000, chunk - 48, chunk - 30, chunk, chunk + 9, 2 * chunk + 7, 3 * chunk] {
            let group = header(at, NEXT);
            assert_eq!(found(at, &group), Some(group), "{at}");
        }
    }

    #[test]
    fn what_only_looks_like_a_header_is_none() {
        for first in
            [First { event: 4, ..NEXT }, First { attempt: 8, ..NEXT }, First { event: 5_000, ..NEXT }]
        {
            assert_eq!(found(2_000, &header(2_000, first)), None, "{first:?}");
        }
        assert_eq!(found(2_000, &header(1_999, NEXT)), None, "copied from elsewhere");
        assert_eq!(found(8, &header(8, NEXT)), None, "not behind");
    }
}
