//! Where entities are: `/v1/shops/{shop}/{collection}/{id}`.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use shopwire_core::ShopId;
use shopwire_core::commerce::EntityKind;
use shopwire_store::EntityKey;

use crate::problem::{Code, Problem};

/// A shop, named in the path.
pub(crate) struct OfShop(pub(crate) ShopId);

/// A collection of a shop, named in the path.
pub(crate) struct In {
    pub(crate) shop: ShopId,
    pub(crate) kind: EntityKind,
}

/// An entity, named in the path.
pub(crate) struct At(pub(crate) EntityKey);

/// A number in a collection, named in the path.
pub(crate) struct Numbered {
    pub(crate) of: In,
    pub(crate) number: u64,
}

impl<S: Send + Sync> FromRequestParts<S> for OfShop {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(shop) = Path::<String>::from_request_parts(parts, state).await.map_err(nowhere)?;
        shop_named(&shop).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for In {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((shop, collection)) =
            Path::<(String, String)>::from_request_parts(parts, state).await.map_err(nowhere)?;
        Ok(Self { shop: shop_named(&shop)?, kind: kind_in(&collection)? })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for At {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((shop, collection, id)) =
            Path::<(String, String, String)>::from_request_parts(parts, state).await.map_err(nowhere)?;
        Ok(Self(EntityKey { shop: shop_named(&shop)?, kind: kind_in(&collection)?, id }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Numbered {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((shop, collection, number)) =
            Path::<(String, String, String)>::from_request_parts(parts, state).await.map_err(nowhere)?;
        let of = In { shop: shop_named(&shop)?, kind: kind_in(&collection)? };
        let number =
            number.parse().map_err(|_| nowhere("the last part of the path must be a whole number"))?;
        Ok(Self { of, number })
    }
}

fn nowhere(error: impl std::fmt::Display) -> Problem {
    Problem::new(Code::NotFound, error)
}

fn shop_named(text: &str) -> Result<ShopId, Problem> {
    text.parse().map_err(nowhere)
}

/// The kind whose collection this is.
pub(super) fn kind_in(collection: &str) -> Result<EntityKind, Problem> {
    EntityKind::of_collection(collection).ok_or_else(|| {
        let shown: String = collection.chars().take(40).collect();
        let meant = nearest(&shown).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        let detail =
            format!("there is no collection `{shown}`: {meant}See `/v1/catalog/entities` for all of them");
        Problem::new(Code::NotFound, detail)
    })
}

/// The collection most like it.
fn nearest(given: &str) -> Option<&'static str> {
    shopwire_core::nearest(given, EntityKind::ALL.iter().map(|kind| kind.collection())).first().copied()
}

/// An id as a segment of a path.
pub(super) fn segment(id: &str) -> String {
    use std::fmt::Write as _;
    id.bytes().fold(String::with_capacity(id.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a string takes all that is written");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_mistypes_a_collection_is_told_the_one_meant() {
        for (given, meant) in [
            ("order", Some("orders")),
            ("Orders", Some("orders")),
            ("prodcuts", Some("products")),
            ("order_status", Some("order_statuses")),
            ("shop", None),
            ("", None),
            ("žluť", None),
        ] {
            assert_eq!(nearest(given), meant, "{given}");
        }
    }

    #[test]
    fn ids_are_segments_whatever_they_hold() {
        assert_eq!(segment("a/b c?%ž"), "a%2Fb%20c%3F%25%C5%BE");
        assert_eq!(segment("cf7c9a10-0e_1.2~"), "cf7c9a10-0e_1.2~");
    }
}
