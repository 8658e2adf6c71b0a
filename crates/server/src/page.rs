//! Pages of lists: `{ "items": [...], "next": "cursor" | null }`.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use shopwire_core::Limits;
use shopwire_store::{Page, PageRequest};
use std::fmt::Display;
use std::str::FromStr;
use utoipa::ToSchema;

use crate::problem::{Code, Problem};

/// Items on a page unless one says otherwise.
const SIZE_DEFAULT: usize = 50;

/// One page of a list. A page that is not full may still have a next one: the list ends where `next` is null.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The items.
    items: Vec<T>,
    /// The `cursor` to ask for the next page with; null on the last one.
    next: Option<String>,
}

impl<T> List<T> {
    /// A list that has no further page.
    pub(crate) fn whole(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), next: None }
    }

    /// A page of the list `list`, and where the next one begins.
    pub(crate) fn page(list: &str, items: Vec<T>, next: Option<impl Display>) -> Self {
        Self { items, next: next.map(|place| cursor(list, place)) }
    }

    /// A page as the store gives it.
    pub(crate) fn stored<S>(list: &str, page: Page<S>, view: impl FnMut(S) -> T) -> Self {
        let Page { items, next } = page.map(view);
        Self::page(list, items, next)
    }
}

/// Which page of which list is wanted.
pub(crate) struct Wanted<P> {
    /// Items at most.
    pub(crate) size: usize,
    /// Where the former page ended.
    pub(crate) place: Option<P>,
}

impl<P: FromStr> Wanted<P> {
    /// Reads `limit` and `cursor` of the list `list`.
    pub(crate) fn read(
        list: &str,
        limit: Option<usize>,
        given: Option<&str>,
        limits: &Limits,
    ) -> Result<Self, Problem> {
        let max = limits.page_size_max;
        let size = limit.unwrap_or(SIZE_DEFAULT.min(max));
        if !(1..=max).contains(&size) {
            let detail = format!("`limit` is {size}, expected 1 to {max} (limit `page_size_max`)");
            return Err(Problem::new(Code::InvalidParameter, detail).with("parameter", "limit"));
        }
        let wrong = || {
            let detail =
                "`cursor` is not one of this list: give the `next` of a former page, or none for the first";
            Problem::new(Code::InvalidParameter, detail).with("parameter", "cursor")
        };
        let place = given.map(|given| place(list, given).ok_or_else(wrong)).transpose()?;
        Ok(Self { size, place })
    }
}

impl Wanted<u64> {
    /// As the store wants to be asked.
    pub(crate) fn request(&self, limits: &Limits) -> PageRequest {
        PageRequest { size: self.size, before: self.place, scan_rows_max: limits.scan_rows_max }
    }
}

/// A cursor names its list, so that one of another list is noticed.
fn cursor(list: &str, place: impl Display) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{list}:{place}"))
}

fn place<P: FromStr>(list: &str, cursor: &str) -> Option<P> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    text.strip_prefix(list)?.strip_prefix(':')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(limit: Option<usize>, given: Option<&str>) -> Option<(usize, Option<u64>)> {
        let limits = Limits { page_size_max: 100, ..Limits::default() };
        let wanted = Wanted::<u64>::read("events", limit, given, &limits).ok()?;
        Some((wanted.size, wanted.place))
    }

    #[test]
    fn pages_have_bounds_and_cursors_belong_to_their_list() {
        assert_eq!(read(None, None), Some((50, None)));
        assert_eq!(read(Some(100), Some(&cursor("events", 7))), Some((100, Some(7))));
        for limit in [0, 101] {
            assert_eq!(read(Some(limit), None), None, "{limit}");
        }
        for wrong in ["", "7", "!", &cursor("attempts", 7), &cursor("events", "x"), &cursor("events", -1)] {
            assert_eq!(read(None, Some(wrong)), None, "{wrong}");
        }
    }
}
