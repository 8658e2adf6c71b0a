//! What SQLite's errors mean for whoever asked.

use rusqlite::ErrorCode;

use crate::StoreError;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(format!("the disk is full ({error})")),
            Some(ErrorCode::DatabaseBusy) => Self::Unavailable(format!(
                "another program holds the database locked ({error}): let it finish what it writes, or close it"
            )),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Unreadable(error.to_string()),
            Some(_) => Self::Unavailable(error.to_string()),
            None => match error {
                E::FromSqlConversionFailure(..)
                | E::IntegralValueOutOfRange(..)
                | E::InvalidColumnType(..) => Self::Unreadable(error.to_string()),
                _ => Self::Unavailable(error.to_string()),
            },
        }
    }
}

/// What verbs answer once the ledger is closed.
pub(super) fn closed() -> StoreError {
    StoreError::Unavailable("it is closed".to_owned())
}

/// Something stored can't be understood.
pub(super) fn unreadable(what: impl std::fmt::Display, why: impl std::fmt::Display) -> StoreError {
    StoreError::Unreadable(format!("{what}: {why}"))
}
