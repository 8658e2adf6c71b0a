//! What apps may do in the shops that installed them.

use std::collections::BTreeSet;

use shopwire_core::{App, AppId, DialectId, Grant, Shop, ShopId};
use shopwire_store::Noun;

use super::{ConfigureError, rules};
use crate::Engine;

impl Engine {
    /// Says which scopes an app has in a shop, in place of those it had: the app is installed there. Scopes that the platform
    /// gives to every app are added.
    ///
    /// # Errors
    /// If there is no such app or shop, the platform knows no such scope, or the shop has no identity there.
    pub async fn put_grant(
        &self,
        app: AppId,
        shop: ShopId,
        scopes: Vec<String>,
    ) -> Result<Grant, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let mut app = self.app(app)?;
        let shop = self.shop(shop)?;
        rules::identified(&shop, app.dialect)?;
        let now = self.0.timer.now();
        let granted_at = app.grants.get(&shop.id).map_or(now, |former| former.granted_at);
        let grant = Grant { scopes: known_scopes(app.dialect, scopes)?, granted_at, updated_at: now };
        app.grants.insert(shop.id, grant.clone());
        self.put(Noun::App(app.clone())).await?;
        tracing::info!(app.id = %app.id, shop.id = %shop.id, "scopes granted");
        Ok(grant)
    }

    /// Takes an app out of a shop: it is uninstalled there, and has no scope any more.
    ///
    /// # Errors
    /// If there is no such app, or it is not installed in the shop.
    pub async fn delete_grant(&self, app: AppId, shop: ShopId) -> Result<(), ConfigureError> {
        let _changing = self.0.changing.lock().await;
        self.revoke(self.app(app)?, shop).await
    }

    async fn revoke(&self, mut app: App, shop: ShopId) -> Result<(), ConfigureError> {
        if app.grants.remove(&shop).is_none() {
            return Err(ConfigureError::not_found("grant", format!("{}/{shop}", app.id)));
        }
        self.put(Noun::App(app.clone())).await?;
        tracing::info!(app.id = %app.id, shop.id = %shop, "app uninstalled");
        Ok(())
    }

    /// Takes every app out of a shop that is to be forgotten.
    pub(super) async fn revoke_all(&self, shop: &Shop) -> Result<(), ConfigureError> {
        let (apps, _) = self.0.directory.apps.page(None, usize::MAX, |app| app.grants.contains_key(&shop.id));
        for app in apps {
            self.revoke(app.as_ref().clone(), shop.id).await?;
        }
        Ok(())
    }
}

/// Scopes by their documented names, with those that every app has.
fn known_scopes(dialect: DialectId, given: Vec<String>) -> Result<BTreeSet<String>, ConfigureError> {
    let Some(dialect) = shopwire_dialects::get(dialect) else { return Ok(BTreeSet::new()) };
    let (registration, known) = (dialect.registration(), dialect.catalog().scopes());
    let of_every_app = registration.scopes_of_every_app.iter().map(|scope| (*scope).to_owned());
    let mut scopes: BTreeSet<String> = of_every_app.collect();
    for text in given {
        let scope = registration.scope(&text);
        if !known.contains(&scope) {
            return Err(ConfigureError::invalid("scopes", unknown(dialect.catalog().title, &text, &known)));
        }
        scopes.insert(scope.to_owned());
    }
    Ok(scopes)
}

fn unknown(title: &str, given: &str, known: &[&str]) -> String {
    let given: String = given.chars().take(80).collect();
    if known.is_empty() {
        return format!(
            "no event of {title} needs a scope that is public, so `{given}` can't be granted: give no scopes"
        );
    }
    let known: Vec<_> = known.iter().map(|scope| format!("`{scope}`")).collect();
    format!("no event of {title} needs a scope `{given}`: there are {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dialect: DialectId, given: &[&str]) -> Result<Vec<String>, String> {
        let given = given.iter().map(|text| (*text).to_owned()).collect();
        let scopes = known_scopes(dialect, given).map_err(|error| error.to_string())?;
        Ok(scopes.into_iter().collect())
    }

    #[test]
    fn scopes_are_the_platforms_own_and_get_their_documented_names() {
        assert_eq!(read(DialectId::Shoplazza, &["read_order", "read_order"]).expect("one"), ["read_order"]);
        assert_eq!(
            read(DialectId::Ecwid, &["read_products", "read_orders"]).expect("an older name"),
            ["read_catalog", "read_orders", "read_store_profile"]
        );
        assert_eq!(read(DialectId::Ecwid, &[]).expect("what all have"), ["read_store_profile"]);
        assert_eq!(read(DialectId::Shoptet, &[]).expect("none"), Vec::<String>::new());
    }

    #[test]
    fn what_no_topic_needs_is_refused_with_what_there_is() {
        let error = read(DialectId::Shoplazza, &["read_orders"]).expect_err("a wrong name");
        assert!(error.contains("`read_orders`") && error.contains("`read_order`, `read_product`"), "{error}");
        let error = read(DialectId::Shoptet, &["orders"]).expect_err("no scopes are known");
        assert!(error.contains("give no scopes"), "{error}");
    }
}
