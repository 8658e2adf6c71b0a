//! Walking a list backwards, one page at a time.

use crate::{Page, PageRequest};

/// Places that are looked at together at first, and at most.
const STEP: (u32, u32) = (32, 2048);

/// A page that is being filled, until it has its size or as many rows were looked at as may be.
pub(super) struct Filling<T> {
    items: Vec<T>,
    size: usize,
    rows_left: usize,
    last: Option<u64>,
    step: u32,
}

impl<T> Filling<T> {
    pub(super) fn new(page: PageRequest) -> Self {
        let rows_left = page.scan_rows_max.max(1);
        Self { items: Vec::new(), size: page.size.max(1), rows_left, last: None, step: STEP.0 }
    }

    /// Whether another row may be looked at.
    pub(super) fn has_room(&self) -> bool {
        self.items.len() < self.size && self.rows_left > 0
    }

    /// Notes a row that was looked at, and the item if it is wanted.
    pub(super) fn look(&mut self, place: u64, item: Option<T>) {
        self.rows_left -= 1;
        self.last = Some(place);
        self.items.extend(item);
    }

    /// How many rows to look at together next: more and more.
    pub(super) fn step(&mut self) -> usize {
        let step = self.step;
        self.step = (step * 2).min(STEP.1);
        (step as usize).min(self.rows_left)
    }

    /// The page, after which there are more rows.
    pub(super) fn unfinished(self) -> Page<T> {
        Page { items: self.items, next: self.last }
    }

    /// The last page.
    pub(super) fn ended(self) -> Page<T> {
        Page { items: self.items, next: None }
    }
}

/// The rows of a segment that come into question, walked from the last to the first.
pub(super) enum Rows {
    /// All below this one.
    Below(u32),
    /// These.
    Of(Vec<u32>),
}

impl Rows {
    /// Up to `count` of the last ones, in ascending order; they are gone from here.
    pub(super) fn take_last(&mut self, count: usize) -> Vec<u32> {
        match self {
            Self::Below(end) => {
                let start = end.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
                let taken = (start..*end).collect();
                *end = start;
                taken
            }
            Self::Of(rows) => rows.split_off(rows.len().saturating_sub(count)),
        }
    }

    /// Leaves out all from this one on.
    pub(super) fn cut(&mut self, end: u32) {
        match self {
            Self::Below(upto) => *upto = (*upto).min(end),
            Self::Of(rows) => rows.retain(|row| *row < end),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Below(end) => *end == 0,
            Self::Of(rows) => rows.is_empty(),
        }
    }
}
