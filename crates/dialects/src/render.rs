//! What a dialect is given to render.

use shopwire_core::commerce::{Canonical, EventType, Subject};
use shopwire_core::{DialectId, EventId, ShopId, Timestamp};

use crate::ShopIdentity;

/// Something that happened, on its way into a platform's words.
#[derive(Debug, Clone, Copy)]
pub struct Happening<'a> {
    /// The event's id. Ids that receivers deduplicate by are functions of it, so that every attempt has the same.
    pub id: EventId,
    /// What happened.
    pub event_type: &'a EventType,
    /// To what.
    pub subject: &'a Subject,
    /// When.
    pub occurred_at: Timestamp,
    /// Where; surrogates are per shop.
    pub shop: ShopId,
    /// The shop's identity on the platform that is rendered for.
    pub identity: &'a ShopIdentity,
    /// What there is to say.
    pub canonical: &'a Canonical,
    /// The version of webhooks the receiving app chose, where the platform has several (`202207`).
    pub api_version: Option<&'a str>,
}

impl Happening<'_> {
    /// A part of the shop's identity that the platform's body can't do without.
    pub fn identity(&self, dialect: DialectId, part: &'static str) -> Result<&str, Unrenderable> {
        self.identity.get(part).ok_or(Unrenderable::NoIdentity { dialect, part, shop: self.shop })
    }

    /// The number that stands for an id of this kind (see [`shopwire_core::commerce::number_for`]).
    pub fn number(&self, kind: &str, id: &str) -> u64 {
        shopwire_core::commerce::number_for(self.shop, kind, id)
    }
}

/// Why something can't be said in a dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unrenderable {
    /// The shop has no identity on the platform.
    #[error("shop `{shop}` has no `{part}` on {dialect}: set `identities.{dialect}.{part}` of the shop")]
    NoIdentity {
        /// The platform.
        dialect: DialectId,
        /// The part of the identity that is missing.
        part: &'static str,
        /// The shop.
        shop: ShopId,
    },
    /// The canonical data lacks something without which the platform's body would be wrong.
    #[error("{dialect} can't be told of `{subject}` without `{field}`: give the entity one")]
    Missing {
        /// The platform.
        dialect: DialectId,
        /// What the event is about.
        subject: String,
        /// The canonical field or detail.
        field: &'static str,
    },
}
