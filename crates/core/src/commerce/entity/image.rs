//! Pictures.

use super::part;
use crate::commerce::When;

part! {
    /// A picture.
    Image {
        /// The id.
        id: Option<String>,
        /// Where it is; may lack the scheme (`//host/path`), as some platforms send it.
        url: Option<String>,
        /// The text in its place.
        alt: Option<String>,
        /// Its place among the others, as the platform counts.
        position: Option<i64>,
        /// Pixels across.
        width: Option<i64>,
        /// Pixels down.
        height: Option<i64>,
        /// When it was added.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
