//! Shops.

use std::collections::BTreeMap;

use shopwire_core::{DialectId, Shop, ShopId};
use shopwire_store::{Noun, NounId};

use super::{ConfigureError, rules};
use crate::Engine;

/// A shop's identities on the platforms, by the platforms' own names.
type Identities = BTreeMap<DialectId, BTreeMap<String, String>>;

/// A shop to be made known.
#[derive(Debug, Clone, Default)]
pub struct ShopDraft {
    /// A name for people, 1 to 200 characters.
    pub name: String,
    /// Its identity on each platform.
    pub identities: Identities,
}

/// What is to be changed of a shop; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct ShopChange {
    /// The name.
    pub name: Option<String>,
    /// All identities together.
    pub identities: Option<Identities>,
}

/// Characters of one part of an identity.
const PART_CHARS_MAX: usize = 200;

/// The parts an identity has on a platform, as its webhooks name the shop; none where it is no platform.
const fn parts(dialect: DialectId) -> &'static [&'static str] {
    match dialect {
        DialectId::Ecwid => &["store_id"],
        DialectId::BigCommerce => &["store_id", "store_hash"],
        DialectId::Shoptet => &["eshop_id"],
        DialectId::Shoplazza => &["shop_domain", "store_id"],
        DialectId::Duda => &["site_name"],
        DialectId::CloudEvents => &[],
    }
}

fn check_identities(given: Identities) -> Result<Identities, ConfigureError> {
    given.into_iter().map(|(dialect, identity)| Ok((dialect, check_identity(dialect, identity)?))).collect()
}

/// A shop's identity on a platform, its values trimmed: its parts are those by which the platform's webhooks name the shop.
///
/// # Errors
/// [`ConfigureError::Invalid`] if it is no platform, it has no such part, or a value is empty or too long.
pub fn check_identity(
    dialect: DialectId,
    identity: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ConfigureError> {
    let known = parts(dialect);
    if known.is_empty() {
        let message = format!("`{dialect}` is no platform: a shop has no identity there");
        return Err(ConfigureError::invalid("identities", message));
    }
    let check = |(part, value): (String, String)| {
        if !known.contains(&part.as_str()) {
            let message = format!(
                "a shop's identity on {dialect} has no part `{part}`, expected {}",
                rules::listed(known)
            );
            return Err(ConfigureError::invalid("identities", message));
        }
        let value = rules::text("identities", &value, PART_CHARS_MAX)?;
        Ok((part, value))
    };
    identity.into_iter().map(check).collect()
}

impl Engine {
    /// Makes a shop known.
    ///
    /// # Errors
    /// If the name or an identity can't be, or there are too many shops.
    pub async fn create_shop(&self, draft: ShopDraft) -> Result<Shop, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        rules::room("shops_max", self.0.directory.shops.len(), self.0.limits.shops_max)?;
        let now = self.0.timer.now();
        let shop = Shop {
            id: ShopId::new(now, self.random()),
            name: rules::name(&draft.name)?,
            identities: check_identities(draft.identities)?,
            created_at: now,
            updated_at: now,
        };
        self.put(Noun::Shop(shop.clone())).await?;
        tracing::info!(shop.id = %shop.id, "shop created");
        Ok(shop)
    }

    /// Changes a shop.
    ///
    /// # Errors
    /// If there is no such shop, the name or an identity can't be, or an endpoint or an app needs an identity it lacks.
    pub async fn update_shop(&self, id: ShopId, change: ShopChange) -> Result<Shop, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let mut shop = self.shop(id)?;
        if let Some(name) = change.name {
            shop.name = rules::name(&name)?;
        }
        if let Some(identities) = change.identities {
            shop.identities = check_identities(identities)?;
            self.check_identities_needed(&shop)?;
        }
        shop.updated_at = self.0.timer.now();
        self.put(Noun::Shop(shop.clone())).await?;
        Ok(shop)
    }

    /// Forgets a shop, with what apps were granted in it. Its events stay in the log.
    ///
    /// # Errors
    /// If there is no such shop, or sources or endpoints belong to it.
    pub async fn delete_shop(&self, id: ShopId) -> Result<(), ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let shop = self.shop(id)?;
        let directory = &self.0.directory;
        let (sources, _) = directory.sources.page(None, usize::MAX, |source| source.shop == id);
        let (endpoints, _) = directory.endpoints.page(None, usize::MAX, |endpoint| endpoint.shop == Some(id));
        let sources = sources.iter().map(|source| source.id.to_string());
        let users: Vec<_> = sources.chain(endpoints.iter().map(|endpoint| endpoint.id.to_string())).collect();
        if !users.is_empty() {
            let message = format!("shop `{id}` is used by {}: delete them first", rules::listed(&users));
            return Err(ConfigureError::Conflict { message });
        }
        // The grants go first: nothing may refer to what is not there.
        self.revoke_all(&shop).await?;
        let _nobody_writes = self.0.capture.shops.write().await;
        self.take(NounId::Shop(id)).await?;
        tracing::info!(shop.id = %id, "shop deleted");
        Ok(())
    }

    /// Whether all that is sent in the name of the shop can still name it.
    fn check_identities_needed(&self, shop: &Shop) -> Result<(), ConfigureError> {
        let directory = &self.0.directory;
        let (endpoints, _) =
            directory.endpoints.page(None, usize::MAX, |endpoint| endpoint.shop == Some(shop.id));
        let (apps, _) = directory.apps.page(None, usize::MAX, |app| app.grants.contains_key(&shop.id));
        let of_endpoints = endpoints.iter().map(|endpoint| endpoint.dialect);
        let mut dialects = of_endpoints.chain(apps.iter().map(|app| app.dialect));
        dialects
            .try_for_each(|dialect| rules::identified(shop, dialect))
            .map_err(|error| ConfigureError::invalid("identities", error))
    }

    pub(super) fn shop(&self, id: ShopId) -> Result<Shop, ConfigureError> {
        let found = self.0.directory.shops.get(id);
        found.map(|shop| shop.as_ref().clone()).ok_or_else(|| ConfigureError::not_found("shop", id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(dialect: DialectId, part: &str, value: &str) -> Identities {
        BTreeMap::from([(dialect, BTreeMap::from([(part.to_owned(), value.to_owned())]))])
    }

    #[test]
    fn identities_have_the_platforms_own_parts() {
        for dialect in DialectId::PLATFORMS {
            for part in parts(dialect) {
                assert!(check_identities(of(dialect, part, "1003")).is_ok(), "{dialect} {part}");
            }
            let error = check_identities(of(dialect, "shop", "1")).expect_err("unknown").to_string();
            assert!(error.contains("no part `shop`") && error.contains(parts(dialect)[0]), "{error}");
        }
        assert!(check_identities(of(DialectId::CloudEvents, "store_id", "1")).is_err());
        assert!(check_identities(of(DialectId::Ecwid, "store_id", "  ")).is_err());
    }
}
