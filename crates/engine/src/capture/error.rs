//! Why a change or an occurrence was not taken in.

use shopwire_core::ShopId;
use shopwire_core::commerce::EntityKind;
use shopwire_core::commerce::diff::OccurrenceError;
use shopwire_core::commerce::entity::EntityError;
use shopwire_store::StoreError;

/// Why a change or an occurrence was not taken in. Nothing of it is done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// No such shop.
    #[error("there is no shop `{0}`")]
    UnknownShop(ShopId),
    /// Nothing to change or to delete.
    #[error("the shop has no {kind} `{id}`: it can't be changed or deleted before it is put")]
    NotThere {
        /// The kind.
        kind: EntityKind,
        /// The id.
        id: String,
    },
    /// Not an entity of its kind.
    #[error(transparent)]
    Invalid(#[from] EntityError),
    /// The entity's own id is another one.
    #[error("the entity's `id` is {given}: it must be `{expected}`, as in the address, or be left out")]
    WrongId {
        /// What it says, as JSON.
        given: String,
        /// What it is written to.
        expected: String,
    },
    /// Text that can't be used.
    #[error("`{what}` {why}")]
    Text {
        /// What it is: `id`, `cause`, `actor`.
        what: &'static str,
        /// What is wrong with it, and the cure.
        why: String,
    },
    /// More bytes than a limit allows.
    #[error("{what} has {bytes} bytes, more than the {max} that limit `{limit}` allows")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// How large it is, at least.
        bytes: usize,
        /// The limit.
        limit: &'static str,
        /// What it allows.
        max: usize,
    },
    /// What was expected does not hold.
    #[error("{}", match version {
        Some(version) => format!("the entity is at version {version}: read it again, and write what follows from that"),
        None => "the entity is not there".to_owned(),
    })]
    Unexpected {
        /// The version it has; `None` if it is not there.
        version: Option<u64>,
    },
    /// Others were first, again and again.
    #[error("others keep changing this entity: try again")]
    Contended,
    /// Not an occurrence, or not a whole one.
    #[error(transparent)]
    Occurrence(#[from] OccurrenceError),
    /// A fault of ours.
    #[error("the change broke off")]
    Broken,
    /// It could not be put on disk, or what is there could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
