//! Rules that hold for more than one noun.

use shopwire_core::{DialectId, Shop};

use super::ConfigureError;

/// Characters a name may have.
const NAME_CHARS_MAX: usize = 200;

/// A name for people, without blanks around it.
pub(super) fn name(given: &str) -> Result<String, ConfigureError> {
    text("name", given, NAME_CHARS_MAX)
}

/// A short text of 1 to `chars_max` characters, without blanks around it and without control characters.
pub(super) fn text(field: &'static str, given: &str, chars_max: usize) -> Result<String, ConfigureError> {
    let text = given.trim();
    let chars = text.chars().count();
    if chars == 0 || chars > chars_max {
        let message = format!("`{field}` has {chars} characters, expected 1 to {chars_max}");
        return Err(ConfigureError::Invalid { field, message });
    }
    if text.contains(char::is_control) {
        let message = format!("`{field}` holds a control character: remove it");
        return Err(ConfigureError::Invalid { field, message });
    }
    Ok(text.to_owned())
}

/// Room for one more.
pub(super) fn room(name: &'static str, there: usize, max: usize) -> Result<(), ConfigureError> {
    if there >= max { Err(ConfigureError::Limit { name, max }) } else { Ok(()) }
}

/// A list of ids for an error, the first few of them.
pub(super) fn listed(ids: &[impl std::fmt::Display]) -> String {
    const SHOWN: usize = 5;
    let mut text = ids.iter().take(SHOWN).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    if ids.len() > SHOWN {
        text += &format!(" and {} more", ids.len() - SHOWN);
    }
    text
}

/// Whether a shop has what the webhooks of a dialect name it by.
pub(super) fn identified(shop: &Shop, dialect: DialectId) -> Result<(), ConfigureError> {
    let Some(platform) = shopwire_dialects::get(dialect) else { return Ok(()) };
    let identity = shop.identities.get(&dialect);
    let has = |part: &str| identity.is_some_and(|parts| parts.contains_key(part));
    let needed = platform.registration().identity;
    if needed.iter().all(|part| has(part)) {
        return Ok(());
    }
    let lacking: Vec<_> = needed.iter().filter(|part| !has(part)).map(|part| format!("`{part}`")).collect();
    let message = format!(
        "shop `{}` has no {} on {dialect}, by which its webhooks there name it: put it into the shop's `identities` first",
        shop.id,
        lacking.join(" and no ")
    );
    Err(ConfigureError::invalid("shop", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        assert_eq!(name("  Café č. 1 ").expect("a name"), "Café č. 1");
        assert_eq!(name(&"ž".repeat(200)).expect("a name").chars().count(), 200);
        for wrong in ["", "   ", "a\nb", "a\0b", &"x".repeat(201)] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(listed(&[1, 2]), "`1`, `2`");
        assert_eq!(listed(&[1, 2, 3, 4, 5, 6, 7]), "`1`, `2`, `3`, `4`, `5` and 2 more");
    }
}
