//! `[store]`: where everything is kept.

use std::path::PathBuf;

use super::section;

section! {
    /// Where everything is kept.
    Store "store" {
        /// Data directory; made if it is not there.
        path: PathBuf = PathBuf::from("data");
        /// Directory below which backups are made that are asked for over the API, made if it is not there. Without it, none
        /// can be asked for.
        backups: Option<PathBuf> = None;
    }
}
