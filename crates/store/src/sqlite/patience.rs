//! How long the writer waits for another program that holds the database locked: a tool in which somebody has begun to
//! write.
//!
//! Everybody waits behind the writer, those too who need the log alone. So it waits once. From then on it only asks, and what
//! needs the database is refused at once, until the lock is gone.

use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use crate::StoreError;

/// Long enough for a tool's single statement, and short beside what platforms wait for an answer to their webhooks.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether the writer still waits.
pub(super) struct Patience {
    is_gone: bool,
}

impl Patience {
    /// For this connection.
    pub(super) fn new(db: &Connection) -> Result<Self, StoreError> {
        db.busy_timeout(PATIENCE)?;
        Ok(Self { is_gone: false })
    }

    /// Whether another program held the database when it was last asked for.
    pub(super) const fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// Begins what writes to the database.
    pub(super) fn begin<'a, T>(
        &mut self,
        db: &'a Connection,
        begin: impl FnOnce(&'a Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let begun = begin(db);
        let is_locked = match &begun {
            Ok(_) => false,
            Err(error) => self.is_gone || error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy),
        };
        if is_locked != self.is_gone {
            self.is_gone = is_locked;
            if is_locked {
                tracing::warn!(
                    "another program holds the database locked: what needs it is refused until that ends"
                );
            } else {
                tracing::info!("no other program holds the database locked any more");
            }
            db.busy_timeout(if is_locked { Duration::ZERO } else { PATIENCE })?;
        }
        Ok(begun?)
    }
}
