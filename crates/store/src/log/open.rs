//! Opening: from the files back to a log.

use std::io;
use std::path::Path;
use std::sync::{Arc, RwLock};

use super::file::{First, SegmentFile};
use super::index_file::IndexFile;
use super::lane::LaneMark;
use super::memory::{self, MemoryIndex};
use super::open_files::OpenFiles;
use super::scan::{Purpose, scan};
use super::seal::seal;
use super::segments::{Segment, found_in, index_path};
use super::{LogConfig, fault, journal};
use crate::{StoreError, disk};

/// What was found in the directory, made fit for use.
pub(super) struct Found {
    /// All segments but the active one.
    pub(super) sealed: Vec<Segment>,
    /// The active one.
    pub(super) file: Arc<SegmentFile>,
    pub(super) index: Arc<memory::Shared>,
    pub(super) lanes: Vec<LaneMark>,
    pub(super) cut_bytes: u64,
}

/// Opens what is there.
pub(super) fn open(
    directory: &Path,
    config: &LogConfig,
    committed_stamp: u64,
    files: &Arc<OpenFiles>,
) -> Result<Found, StoreError> {
    prepare(directory).map_err(fault::of_disk)?;
    let mut names = found_in(directory).map_err(fault::of_disk)?;
    let active = active_of(directory, &mut names)?;
    let sealed = open_all_sealed(directory, config, &names, active, files)?;
    let end = sealed.last().map_or(First { event: 1, attempt: 1 }, Segment::places_end);
    match active {
        Some(first) if !drop_left_over(directory, first, end)? => {
            open_active(directory, config, first, committed_stamp, sealed)
        }
        _ => {
            let file = create(directory, config, end)?;
            Ok(Found { sealed, file, index: Arc::default(), lanes: Vec::new(), cut_bytes: 0 })
        }
    }
}

/// Takes the active segment from the names. The newest one has no index as long as it is written to: one that has was sealed
/// by whoever left it here.
fn active_of(directory: &Path, names: &mut Vec<First>) -> Result<Option<First>, StoreError> {
    let has_index = |first: &First| index_path(&directory.join(first.stem())).exists();
    let Some(newest) = names.pop_if(|first| !has_index(first)) else { return Ok(None) };
    let file = open_file(directory, newest)?;
    let former = if file.is_empty() { names.pop_if(|first| !has_index(first)) } else { None };
    let Some(former) = former else { return Ok(Some(newest)) };
    // It was begun just now, or could not be, and then the former one was gone on with and may have a torn end. It is
    // begun anew soon, unless its name alone tells how far the former one reached.
    let scanned = scan(&open_file(directory, former)?, Purpose::ReadOnly).map_err(fault::of_disk)?;
    let end = scanned.places_end(former);
    if end.event >= newest.event && end.attempt >= newest.attempt {
        remove(&file.path).map_err(fault::of_disk)?;
        return Ok(Some(former));
    }
    names.push(former);
    Ok(Some(newest))
}

/// Drops a segment that is what a failed roll has left: it is empty, and the log went on in the former one, to `end`, over
/// the places that its name claims. Answers whether it is one.
fn drop_left_over(directory: &Path, first: First, end: First) -> Result<bool, StoreError> {
    if end.event <= first.event && end.attempt <= first.attempt {
        return Ok(false);
    }
    let file = open_file(directory, first)?;
    if file.is_empty() {
        let segment = file.path.display();
        tracing::warn!(%segment, "an empty segment of the log is removed: it was begun, and the log went on without it");
        remove(&file.path).map_err(fault::of_disk)?;
    }
    Ok(file.is_empty())
}

/// Removes a segment for good, and then the index that it may have.
fn remove(log: &Path) -> io::Result<()> {
    std::fs::remove_file(log)?;
    match std::fs::remove_file(index_path(log)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    disk::sync_name(log)
}

fn open_all_sealed(
    directory: &Path,
    config: &LogConfig,
    names: &[First],
    active: Option<First>,
    files: &Arc<OpenFiles>,
) -> Result<Vec<Segment>, StoreError> {
    let mut sealed: Vec<Segment> = Vec::with_capacity(names.len() + 1);
    for (place, first) in names.iter().enumerate() {
        if let Some(former) = sealed.last()
            && drop_left_over(directory, *first, former.places_end())?
        {
            continue;
        }
        let next = names.get(place + 1).copied().or(active);
        sealed.push(open_sealed(directory, config, *first, next, files)?);
    }
    Ok(sealed)
}

fn prepare(directory: &Path) -> io::Result<()> {
    disk::make_directory(directory)?;
    journal::redo(directory)?;
    clear(directory)
}

/// Removes what a crash left: drafts, and indexes whose segment is gone.
fn clear(directory: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let is = |extension| path.extension().is_some_and(|found| found == extension);
        if is("tmp") || is("idx") && !path.with_extension("log").exists() {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Makes a segment.
pub(super) fn create(
    directory: &Path,
    config: &LogConfig,
    first: First,
) -> Result<Arc<SegmentFile>, StoreError> {
    let file = SegmentFile::create(directory, first).map_err(fault::of_disk)?;
    Ok(fit(file, config))
}

fn open_file(directory: &Path, first: First) -> Result<SegmentFile, StoreError> {
    let file = SegmentFile::open(directory, first).map_err(fault::of_disk)?;
    if file.is_known().map_err(fault::of_disk)? {
        return Ok(file);
    }
    let path = file.path.display();
    Err(StoreError::Unreadable(format!("`{path}` is no segment of the log, or a later version wrote it")))
}

fn open_sealed(
    directory: &Path,
    config: &LogConfig,
    first: First,
    next: Option<First>,
    files: &Arc<OpenFiles>,
) -> Result<Segment, StoreError> {
    let file = fit(open_file(directory, first)?, config);
    let path = index_path(&file.path);
    match IndexFile::open(&path, first, file.settled(), files).map_err(fault::of_disk)? {
        Ok(index) => Ok(Segment { file: file.at_rest(files), index: Arc::new(index), is_sealed: true }),
        Err(why) => {
            let index = path.display();
            tracing::warn!(%index, why, "an index of the log is made anew");
            let remade = remake(&file, next).map_err(fault::of_disk)?;
            seal(&file, &remade, files).map_err(fault::of_disk)
        }
    }
}

/// The index of a sealed segment, from its records.
pub(super) fn remake(file: &SegmentFile, next: Option<First>) -> io::Result<MemoryIndex> {
    let mut scanned = scan(file, Purpose::ReadOnly)?;
    if let Some(next) = next {
        scanned.pad_to(file.first, next, file.settled());
    }
    Ok(scanned.index)
}

fn open_active(
    directory: &Path,
    config: &LogConfig,
    first: First,
    committed_stamp: u64,
    sealed: Vec<Segment>,
) -> Result<Found, StoreError> {
    let file = open_file(directory, first)?;
    let scanned = scan(&file, Purpose::GoOn { committed_stamp }).map_err(fault::of_disk)?;
    if scanned.is_ahead {
        let path = file.path.display();
        return Err(StoreError::Unreadable(format!(
            "`{path}` goes on behind what the database knows: the database is older than the log, restore both together"
        )));
    }
    if let Some(behind) = scanned.behind {
        return Err(damaged(&file, scanned.end, behind));
    }
    let cut_bytes = file.settled() - scanned.end;
    if cut_bytes > 0 {
        file.cut(scanned.end).map_err(fault::of_disk)?;
        file.settle(scanned.end);
    }
    if scanned.damaged > 0 {
        let segment = file.path.display();
        tracing::error!(%segment, records = scanned.damaged, "records of the log are damaged");
    }
    let lanes = scanned.lanes.into_values().collect();
    let index = Arc::new(RwLock::new(scanned.index));
    Ok(Found { sealed, file: fit(file, config), index, lanes, cut_bytes })
}

/// What is told of damage that would cost events if the log went on there.
fn damaged(file: &SegmentFile, at: u64, behind: u64) -> StoreError {
    let path = file.path.display();
    StoreError::Unreadable(format!(
        "`{path}` is damaged at byte {at}, and accepted events stand behind that, from byte {behind} on: nothing was changed; \
         restore the newest backup into another directory (`shopwire restore`), and keep this one"
    ))
}

#[cfg(not(test))]
fn fit(file: SegmentFile, _: &LogConfig) -> Arc<SegmentFile> {
    Arc::new(file)
}

#[cfg(test)]
fn fit(file: SegmentFile, config: &LogConfig) -> Arc<SegmentFile> {
    Arc::new(file.on(config.broken.clone()))
}
