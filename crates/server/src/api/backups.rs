//! Backups: a copy of the whole store, made while it is in use.

use std::path::PathBuf;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shopwire_core::Timestamp;
use shopwire_engine::backup::back_up as back_up_into;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::Given;
use crate::problem::{Code, Problem};

/// Characters that a backup's name may have.
const NAME_CHARS_MAX: usize = 64;

/// A backup to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBackup {
    /// What its directory is to be called: letters, digits, `-`, `_` and dots. Without it, the time.
    #[schema(example = "before-the-update")]
    name: Option<String>,
}

/// A backup that was made.
#[derive(Serialize, ToSchema)]
#[schema(as = Backup)]
pub(crate) struct BackupView {
    /// The name of its directory, below the one that is configured as `store.backups`.
    name: String,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The place of the last event in it.
    head: u64,
    /// Files written.
    files: u64,
    /// Bytes written.
    bytes: u64,
    /// Whether the key that secrets are encrypted with is in it. It never is: keep it elsewhere, without it the secrets
    /// can't be decrypted.
    key_included: bool,
}

/// Copies the whole store into a new directory on the server's machine, while it goes on working.
///
/// It is made below the directory that the operator has configured as `store.backups`, and nowhere else. The key that
/// secrets are encrypted with is not in it.
#[utoipa::path(
    post, path = "/v1/backups", tag = "health", request_body = NewBackup,
    responses((status = 201, description = "The backup.", body = BackupView)),
)]
pub(crate) async fn back_up(
    State(app): State<App>,
    Given(new): Given<NewBackup>,
) -> Result<(StatusCode, Json<BackupView>), Problem> {
    let at = app.engine().timer().now();
    let name = new.name.unwrap_or_else(|| at.to_string().replace(':', "-"));
    let into = place(&app, &name)?;
    let Ok(_turn) = app.backing_up().try_lock() else {
        return Err(Problem::new(Code::Conflict, "another backup is being made: wait for it"));
    };
    let made = back_up_into(app.engine().ledger(), &into, at).await?;
    tracing::info!(backup = name, head = made.head.0, bytes = made.bytes, "the store was backed up");
    let view =
        BackupView { at, head: made.head.0, files: made.files, bytes: made.bytes, key_included: false, name };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Where the backup of this name is made.
fn place(app: &App, name: &str) -> Result<PathBuf, Problem> {
    let Some(backups) = &app.config().backups else {
        let detail = "no directory for backups is configured: set `store.backups`";
        return Err(Problem::new(Code::Conflict, detail));
    };
    if !is_name(name) {
        let detail = format!(
            "`name` is not one: give 1 to {NAME_CHARS_MAX} letters, digits, `-`, `_` and dots, the first a letter or digit"
        );
        return Err(Problem::new(Code::InvalidField, detail).with("field", "name"));
    }
    let into = backups.join(name);
    if into.exists() {
        return Err(Problem::new(Code::Conflict, format!("there is a backup `{name}` already")));
    }
    Ok(into)
}

/// Whether it is the name of a directory, and of no other place.
fn is_name(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.len() <= NAME_CHARS_MAX
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        for name in ["a", "2026-11-22T08-30-00.123Z", "before_the.update", &"x".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in
            ["", ".", "..", ".hidden", "a/b", "../a", "/a", "a\\b", "-rf", "ž", "a\0", "a b", &"x".repeat(65)]
        {
            assert!(!is_name(name), "{name}");
        }
    }
}
