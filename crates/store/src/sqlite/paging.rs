//! Walking a list backwards, one page at a time.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, Rows};

use super::column::whole;
use crate::{Page, PageRequest, StoreError};

/// Looks at rows until the page is full or as many were looked at as may be. `look` tells a row's place and, if it is
/// wanted, the item.
pub(super) fn walk<T>(
    mut rows: Rows<'_>,
    page: PageRequest,
    mut look: impl FnMut(&Row<'_>) -> Result<(u64, Option<T>), StoreError>,
) -> Result<Page<T>, StoreError> {
    let (size, scan_rows_max) = (page.size.max(1), page.scan_rows_max.max(1));
    let mut items = Vec::new();
    let mut last = None;
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        if items.len() >= size || looked_at >= scan_rows_max {
            return Ok(Page { items, next: last });
        }
        let (place, item) = look(row)?;
        items.extend(item);
        last = Some(place);
        looked_at += 1;
    }
    Ok(Page { items, next: None })
}

/// A query that grows by conditions.
pub(super) struct Walk {
    sql: String,
    values: Vec<Value>,
    order: &'static str,
}

impl Walk {
    /// `select` up to where conditions begin; `place` is the column that the list is ordered by, newest first.
    pub(super) fn new(select: &str, place: &'static str, page: PageRequest) -> Self {
        // A first page begins behind every place there can be.
        let before = page.before.map_or(i64::MAX, whole);
        Self { sql: format!("{select} WHERE {place} < ?"), values: vec![before.into()], order: place }
    }

    /// Adds a condition with one `?`, if there is a value for it.
    pub(super) fn and(mut self, condition: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.sql += " AND ";
            self.sql += condition;
            self.values.push(value.into());
        }
        self
    }

    /// Runs the query.
    pub(super) fn run<T>(
        self,
        db: &Connection,
        page: PageRequest,
        look: impl FnMut(&Row<'_>) -> Result<(u64, Option<T>), StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let sql = format!("{} ORDER BY {} DESC", self.sql, self.order);
        let mut statement = db.prepare_cached(&sql)?;
        walk(statement.query(rusqlite::params_from_iter(self.values))?, page, look)
    }
}
