//! Between columns and the types of the core.

use bytes::Bytes;
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use shopwire_core::commerce::EntityKind;
use shopwire_core::commerce::diff::TimerKind;
use shopwire_core::delivery::Outcome;
use shopwire_core::{AppId, EndpointId, EventId, RejectionId, Seq, ShopId, SourceId, Timestamp, TokenId};

use super::fault::unreadable;
use crate::StoreError;

/// Carries a value of the core over SQLite's border.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sql<T>(pub(super) T);

macro_rules! id_columns {
    ($($id:ty)*) => {$(
        impl ToSql for Sql<&$id> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
            }
        }

        impl FromSql for Sql<$id> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let bytes = value.as_blob()?.try_into().map_err(|_| FromSqlError::InvalidType)?;
                Ok(Self(<$id>::from_bytes(bytes)))
            }
        }
    )*};
}

id_columns!(ShopId AppId SourceId EndpointId EventId TokenId RejectionId);

/// SQLite counts to 2⁶³; places never get that far, and what a caller makes up beyond them means the end.
pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl ToSql for Sql<Seq> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(whole(self.0.0).into())
    }
}

impl FromSql for Sql<Seq> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        u64::column_result(value).map(|seq| Self(Seq(seq)))
    }
}

impl ToSql for Sql<Timestamp> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_ms().into())
    }
}

impl FromSql for Sql<Timestamp> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(|ms| Self(Timestamp::from_ms(ms)))
    }
}

/// The value in a column.
pub(super) fn get<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    Sql<T>: FromSql,
{
    row.get::<_, Sql<T>>(column).map(|sql| sql.0)
}

/// The value in a column that may be NULL.
pub(super) fn get_option<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    Sql<T>: FromSql,
{
    row.get::<_, Option<Sql<T>>>(column).map(|sql| sql.map(|sql| sql.0))
}

/// How long a receiver asked to wait, which stands in a column beside the outcome's code and status.
pub(super) fn retry_after_ms(outcome: &Outcome) -> Option<i64> {
    match outcome {
        Outcome::Throttled { retry_after_ms, .. } => retry_after_ms.map(whole),
        _ => None,
    }
}

/// The outcome in three columns from `column` on: code, status, how long the receiver asked to wait.
pub(super) fn get_outcome(row: &Row<'_>, column: usize) -> Result<Outcome, StoreError> {
    let code: String = row.get(column)?;
    let status: Option<u16> = row.get(column + 1)?;
    let retry_after_ms = row.get(column + 2)?;
    Outcome::from_parts(&code, status, retry_after_ms)
        .ok_or_else(|| unreadable("an attempt", format!("`{code}` with status {status:?} is no outcome")))
}

/// JSON that the store does not look into: a text, byte for byte.
#[derive(Debug, Clone, Copy)]
pub(super) struct Json<'a>(pub(super) &'a [u8]);

impl ToSql for Json<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

impl FromSql for Sql<Bytes> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_bytes().map(|bytes| Self(Bytes::copy_from_slice(bytes)))
    }
}

impl ToSql for Sql<EntityKind> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_str().into())
    }
}

impl FromSql for Sql<EntityKind> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        name.parse().map(Self).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

impl ToSql for Sql<TimerKind> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_str().into())
    }
}

impl FromSql for Sql<TimerKind> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        let unknown = || FromSqlError::Other(format!("`{name}` is no timer").into());
        TimerKind::from_name(name).map(Self).ok_or_else(unknown)
    }
}
