//! Numbers in the place of ids that are none.
//!
//! Some platforms number everything. An id that is a number stays what it is; any other gets a number of its own, the
//! same for ever, computed from shop, kind and id. The store can tell the id behind it.

use sha2::{Digest as _, Sha256};

use crate::ShopId;

/// Surrogates begin here, above every id that platforms give, and end below 2⁵³, so that receivers in any language
/// can hold them exactly.
const FIRST: u64 = 1 << 52;

/// The number that stands for an id: the id itself if it is a whole number as JSON writes them and below the
/// surrogates, else the surrogate of (shop, kind, id). Two ids of a million get the same one with a chance of 1 : 9000.
pub fn number_for(shop: ShopId, kind: &str, id: &str) -> u64 {
    let plain = id.parse::<u64>().ok().filter(|number| *number < FIRST && number.to_string() == id);
    plain.unwrap_or_else(|| surrogate(shop, kind, id))
}

/// Whether a number may be a surrogate.
pub const fn is_surrogate(number: u64) -> bool {
    number >= FIRST && number < FIRST * 2
}

fn surrogate(shop: ShopId, kind: &str, id: &str) -> u64 {
    let hash =
        Sha256::new().chain_update(shop.as_bytes()).chain_update(kind).chain_update([0]).chain_update(id);
    let hash = hash.finalize();
    let bytes = std::array::from_fn(|place| hash[place]);
    FIRST | (u64::from_le_bytes(bytes) & (FIRST - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_and_all_else_gets_a_stable_number() {
        let shop = ShopId::from_bytes([1; 16]);
        for (id, number) in [("0", 0), ("169", 169), ("4503599627370495", FIRST - 1)] {
            assert_eq!(number_for(shop, "order", id), number);
        }
        for id in ["", "007", "-1", "1.5", "cf7c9a10", "4503599627370496", "99999999999999999999"] {
            let number = number_for(shop, "order", id);
            assert!(is_surrogate(number), "{id}");
            assert_eq!(number, number_for(shop, "order", id));
            assert_ne!(number, number_for(shop, "product", id));
            assert_ne!(number, number_for(ShopId::from_bytes([2; 16]), "order", id));
        }
        // Written down once: whoever stored it must find it again in a later version.
        assert_eq!(number_for(shop, "order", "cf7c9a10"), PINNED);
    }

    const PINNED: u64 = 8_735_630_832_618_403;
}
