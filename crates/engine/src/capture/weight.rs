//! What a change may cost in memory, before it is computed: every event of a line item says the whole cart.

use std::collections::HashMap;

use shopwire_core::commerce::entity::{Cart, Entity, LineItem};

/// Events that say the whole entity and of which no entity gives more than a few at once.
const EVENTS_OF_ANY: usize = 8;

/// About how many bytes the events of a change would say at most, if the entity has `bytes`.
pub(super) fn events_bytes(before: Option<&Entity>, after: Option<&Entity>, bytes: usize) -> usize {
    let of_parts = match (before, after) {
        (Some(Entity::Cart(before)), Some(Entity::Cart(after))) => parts_changed(before, after),
        (None, Some(Entity::Cart(cart))) => cart.line_items.len() + cart.coupons.len(),
        _ => 0,
    };
    (EVENTS_OF_ANY + of_parts).saturating_mul(bytes)
}

fn parts_changed(before: &Cart, after: &Cart) -> usize {
    let (former, present) = (by_id(before), by_id(after));
    let changed =
        after.line_items.iter().filter(|line| former.get(&line.id.as_deref()) != Some(line)).count();
    let gone = before.line_items.iter().filter(|line| !present.contains_key(&line.id.as_deref())).count();
    changed + gone + after.coupons.len()
}

/// The lines by their ids. Those without one count as changed, as far as there are several: that is never too few.
fn by_id(cart: &Cart) -> HashMap<Option<&str>, &LineItem> {
    cart.line_items.iter().map(|line| (line.id.as_deref(), line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cart(lines: &[(&str, &str)]) -> Entity {
        let line = |(id, title): &(&str, &str)| LineItem {
            id: Some((*id).to_owned()),
            title: Some((*title).to_owned()),
            ..LineItem::default()
        };
        Cart { id: "c1".to_owned(), line_items: lines.iter().map(line).collect(), ..Cart::default() }.into()
    }

    #[test]
    fn every_line_that_comes_changes_or_goes_costs_a_whole_cart() {
        let none = cart(&[]);
        let (before, after) =
            (cart(&[("1", "a"), ("2", "b"), ("3", "c")]), cart(&[("2", "b"), ("3", "d"), ("4", "e")]));
        for (from, to, parts) in [
            (None, &after, 3),
            (Some(&none), &after, 3),
            (Some(&before), &before, 0),
            (Some(&before), &after, 3),
            (Some(&before), &none, 3),
        ] {
            assert_eq!(events_bytes(from, Some(to), 100), (EVENTS_OF_ANY + parts) * 100);
        }
        assert_eq!(events_bytes(Some(&before), None, 100), EVENTS_OF_ANY * 100);
    }
}
