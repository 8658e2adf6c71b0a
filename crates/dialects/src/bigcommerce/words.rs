//! BigCommerce's numbered order statuses against canonical words (BigCommerce reference: orders v2, status ids).

use shopwire_core::commerce::words::order;

use crate::Words;

/// What an order is told to have been when nothing is known of it: incomplete, as every order begins.
pub(super) const BEFORE_ALL: u64 = 0;
/// What a word that no platform of ours knows is told as: pending, somebody has to look at it.
const ANY_OTHER: u64 = 1;

/// The fifteen ids there are. The lines after the last of BigCommerce's own say how words of others are put.
const STATUS: Words = Words(&[
    (order::INCOMPLETE, "0"),
    (order::PENDING, "1"),
    (order::SHIPPED, "2"),
    (order::PARTIALLY_SHIPPED, "3"),
    (order::REFUNDED, "4"),
    (order::CANCELLED, "5"),
    (order::DECLINED, "6"),
    (order::AWAITING_PAYMENT, "7"),
    (order::AWAITING_PICKUP, "8"),
    (order::AWAITING_SHIPMENT, "9"),
    (order::COMPLETED, "10"),
    (order::AWAITING_FULFILLMENT, "11"),
    (order::MANUAL_VERIFICATION_REQUIRED, "12"),
    (order::DISPUTED, "13"),
    (order::PARTIALLY_REFUNDED, "14"),
    (order::OPENED, "0"),
    (order::PLACED, "11"),
    (order::IN_PROGRESS, "11"),
    (order::PROCESSED, "9"),
    (order::DISPATCHED, "2"),
    (order::DELIVERED, "10"),
    (order::FINISHED, "10"),
]);

/// The canonical word; an id that is none of the fifteen is its own word.
pub(super) fn status_word(id: &str) -> &str {
    STATUS.ours(id)
}

/// The id for a canonical word.
pub(super) fn status_id(word: &str) -> u64 {
    STATUS.theirs(word).parse().unwrap_or(ANY_OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_comes_back_as_itself() {
        for id in (0..20).chain([117]) {
            assert_eq!(status_id(status_word(&id.to_string())), id);
        }
    }

    #[test]
    fn words_of_others_become_documented_ids() {
        for (word, id) in [(order::PLACED, 11), (order::FINISHED, 10), ("gift wrapping", 1), ("", 1)] {
            assert_eq!(status_id(word), id, "{word}");
        }
    }
}
