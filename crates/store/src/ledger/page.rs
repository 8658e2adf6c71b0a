//! Pages of long lists.

/// Which page of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Items at most.
    pub size: usize,
    /// Where the former page ended; `None` for the first page.
    pub before: Option<u64>,
    /// Rows to look at before answering with a page that is not full.
    pub scan_rows_max: usize,
}

/// One page of a list. A page that is not full may still have a next one: the list ends where `next` is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to ask for to go on.
    pub next: Option<u64>,
}

impl<T> Page<T> {
    /// The same page of other things.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}
