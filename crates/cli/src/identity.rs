//! A shop's identity on the command line.

use anyhow::{Context as _, bail};
use shopwire_core::DialectId;
use shopwire_dialects::ShopIdentity;
use shopwire_engine::configure::check_identity;

/// Reads a part of an identity, as in `store_id=1003`.
pub(crate) fn shop_part(text: &str) -> Result<(String, String), String> {
    let part = text.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty());
    let part = part.ok_or("expected a name and a value, as in `store_id=1003`")?;
    Ok((part.0.to_owned(), part.1.to_owned()))
}

/// The identity of these parts.
pub(crate) fn of(parts: &[(String, String)]) -> ShopIdentity {
    parts.iter().fold(ShopIdentity::default(), |shop, (name, value)| shop.and(name, value))
}

/// Refuses parts that the platform's webhooks do not have, and values that their samples could not carry.
pub(crate) fn check(dialect: DialectId, shop: &ShopIdentity) -> anyhow::Result<()> {
    if shop.0.is_empty() {
        return Ok(());
    }
    check_identity(dialect, shop.0.clone()).context("`--shop` can't be used")?;
    let Some(name) = number(dialect) else { return Ok(()) };
    match shop.get(name) {
        Some(value) if value.parse::<u64>().is_err() => {
            bail!("`--shop {name}={value}`: {dialect} numbers its shops, expected a whole number")
        }
        _ => Ok(()),
    }
}

/// The identity of a shop on a platform, for who has no shop at hand: the given parts, and for the others the example values
/// with which the dialects' samples speak (Shoplazza's `store_id` is in none of them).
pub(crate) fn or_example(dialect: DialectId, shop: &ShopIdentity) -> ShopIdentity {
    let examples: &[(&str, &str)] = match dialect {
        DialectId::Ecwid => &[("store_id", "1003")],
        DialectId::BigCommerce => &[("store_hash", "abcdefg"), ("store_id", "123456")],
        DialectId::Shoptet => &[("eshop_id", "222651")],
        DialectId::Shoplazza => &[("shop_domain", "example.myshoplaza.com"), ("store_id", "185224")],
        DialectId::Duda => &[("site_name", "7d0b41f2")],
        DialectId::CloudEvents => &[],
    };
    let missing = examples.iter().filter(|(name, _)| shop.get(name).is_none());
    missing.fold(shop.clone(), |shop, (name, value)| shop.and(name, *value))
}

/// The part that is a number in the platform's webhooks.
///
/// Ecwid docs: webhooks structure (`storeId`, a number); Shoptet docs: webhooks (`eshopId`, an integer).
const fn number(dialect: DialectId) -> Option<&'static str> {
    match dialect {
        DialectId::Ecwid => Some("store_id"),
        DialectId::Shoptet => Some("eshop_id"),
        DialectId::BigCommerce | DialectId::Shoplazza | DialectId::Duda | DialectId::CloudEvents => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_platforms_webhooks_can_not_say_is_refused() {
        let said = |dialect, name, value| {
            check(dialect, &ShopIdentity::of(name, value)).map_err(|e| format!("{e:#}"))
        };
        for (dialect, name, value) in [
            (DialectId::Ecwid, "store_id", "1003"),
            (DialectId::Shoptet, "eshop_id", "222651"),
            (DialectId::BigCommerce, "store_hash", "abc"),
            (DialectId::Shoplazza, "shop_domain", "a.myshoplaza.com"),
            (DialectId::Duda, "site_name", "abc"),
        ] {
            assert_eq!(said(dialect, name, value), Ok(()));
        }
        for (dialect, name, value, says) in [
            (DialectId::Ecwid, "nope", "1", "no part `nope`, expected `store_id`"),
            (DialectId::BigCommerce, "nope", "1", "expected `store_id`, `store_hash`"),
            (DialectId::Ecwid, "store_id", "abc", "expected a whole number"),
            (DialectId::Shoptet, "eshop_id", "-1", "expected a whole number"),
        ] {
            let error = said(dialect, name, value).expect_err(name);
            assert!(error.contains(says), "{error}");
        }
        assert!(check(DialectId::CloudEvents, &ShopIdentity::default()).is_ok());
    }
}
