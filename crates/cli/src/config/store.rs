//! `[store]`: where everything is kept.

use std::path::PathBuf;

use super::section;

section! {
    /// Where everything is kept.
    Store "store" {
        /// Data directory; made if it is not there.
        path: PathBuf = PathBuf::from("data");
    }
}
