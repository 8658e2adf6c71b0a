//! Any bytes as what the store has on the disk: a record, a segment with its index, an index.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shopwire_store::fuzzing;
use tempfile::TempDir;

static DIRECTORY: LazyLock<TempDir> = LazyLock::new(|| {
    // In memory where there is such a place: a disk would be the slowest part by far.
    let memory = std::path::Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a directory can be made")
});

fuzz_target!(|input: &[u8]| {
    let Some((which, rest)) = input.split_first() else { return };
    match which % 8 {
        6 => fuzzing::segment(DIRECTORY.path(), rest),
        7 => fuzzing::index(DIRECTORY.path(), rest),
        kind => fuzzing::record(kind, rest),
    }
});
