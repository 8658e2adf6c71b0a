//! What can go wrong with the store.

use shopwire_core::Seq;

/// A failure of the store itself, as opposed to an answer one may not like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room: on the disk, or among those who wait for it. Nothing was changed; try again later.
    #[error("the store has no room: {0}")]
    Full(String),
    /// The store's files can't be read or written.
    #[error("the store can't be used: {0}")]
    Unavailable(String),
    /// What is stored can't be understood: written by a later version, or damaged.
    #[error("the store holds something this version can't read: {0}")]
    Unreadable(String),
    /// One event of the log can't be understood; the others are not touched by that.
    #[error("event {seq} of the log can't be read: {why}")]
    Damaged {
        /// Its place.
        seq: Seq,
        /// What is wrong with it.
        why: String,
    },
    /// Secrets can't be decrypted.
    #[error("the secrets in the store can't be decrypted: the key is not the one they were encrypted with")]
    WrongKey,
    /// Another process has the store open.
    #[error("the store `{0}` is in use by another process: stop it, or choose another data directory")]
    InUse(String),
}
