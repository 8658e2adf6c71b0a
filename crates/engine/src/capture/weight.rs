//! What a change may cost in memory, before it is computed: an event of a part says the whole it belongs to.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use shopwire_core::commerce::entity::{App, Cart, Entity, Product};

/// Events that say the whole entity and of which no entity gives more than a few at once.
const EVENTS_OF_ANY: usize = 8;

/// About how many bytes the events of a change would say at most, if the entity had and has as many as `bytes` together:
/// an event says what is there, and may say of what was there before as much again.
pub(super) fn events_bytes(before: Option<&Entity>, after: Option<&Entity>, bytes: usize) -> usize {
    let of_parts = match (before, after) {
        (Some(Entity::Cart(before)), Some(Entity::Cart(after))) => of_cart(Some(before), after),
        (None, Some(Entity::Cart(cart))) => of_cart(None, cart),
        (Some(Entity::Product(before)), Some(Entity::Product(after))) => of_product(before, after),
        (Some(Entity::App(before)), Some(Entity::App(after))) => of_app(Some(before), after),
        (None, Some(Entity::App(app))) => of_app(None, app),
        _ => 0,
    };
    EVENTS_OF_ANY.saturating_add(of_parts).saturating_mul(bytes)
}

/// Every line that comes, changes or goes, and every coupon.
fn of_cart(before: Option<&Cart>, after: &Cart) -> usize {
    let former = before.map_or(&[][..], |cart| &cart.line_items);
    let lines = differing(former, &after.line_items, |line| match &line.id {
        Some(id) => (Some(id), None, None),
        None => (None, line.product_id.as_ref(), line.variant_id.as_ref()),
    });
    lines + after.coupons.len()
}

/// Every variant that changes: what buyers are told of its stock says the whole product.
fn of_product(before: &Product, after: &Product) -> usize {
    differing(&before.variants, &after.variants, |variant| &variant.id)
}

/// Every charge that changes: its state, and that its usage nears its cap.
fn of_app(before: Option<&App>, after: &App) -> usize {
    let former = before.map_or(&[][..], |app| &app.charges);
    2 * differing(former, &after.charges, |charge| &charge.id)
}

/// How many parts come, change or go. Those that the key does not tell apart are compared in their order.
fn differing<'a, T: PartialEq, K: Eq + Hash>(
    before: &'a [T],
    after: &'a [T],
    key: impl Fn(&'a T) -> K,
) -> usize {
    let mut former: HashMap<K, VecDeque<&T>> = HashMap::new();
    for part in before {
        former.entry(key(part)).or_default().push_back(part);
    }
    let mut next = |part| former.get_mut(&key(part)).and_then(VecDeque::pop_front);
    let changed = after.iter().filter(|part| next(part) != Some(*part)).count();
    let gone: usize = former.values().map(VecDeque::len).sum();
    changed + gone
}

#[cfg(test)]
mod tests {
    use shopwire_core::commerce::Amount;
    use shopwire_core::commerce::entity::{Charge, LineItem, Variant};

    use super::*;

    fn cart(lines: &[(&str, &str)]) -> Entity {
        let line = |(id, title): &(&str, &str)| LineItem {
            id: Some((*id).to_owned()),
            title: Some((*title).to_owned()),
            ..LineItem::default()
        };
        Cart { id: "c1".to_owned(), line_items: lines.iter().map(line).collect(), ..Cart::default() }.into()
    }

    fn product(quantities: &[(&str, i64)]) -> Entity {
        let variant = |&(id, quantity): &(&str, i64)| Variant {
            id: id.to_owned(),
            inventory_quantity: Amount::parse(&quantity.to_string()),
            ..Variant::default()
        };
        Product { variants: quantities.iter().map(variant).collect(), ..Product::default() }.into()
    }

    fn app(charges: &[(&str, &str)]) -> Entity {
        let charge = |(id, status): &(&str, &str)| Charge {
            id: (*id).to_owned(),
            status: Some((*status).to_owned()),
            ..Charge::default()
        };
        App { charges: charges.iter().map(charge).collect(), ..App::default() }.into()
    }

    fn parts(before: Option<&Entity>, after: Option<&Entity>) -> usize {
        events_bytes(before, after, 100) / 100 - EVENTS_OF_ANY
    }

    #[test]
    fn every_line_that_comes_changes_or_goes_costs_a_whole_cart() {
        let none = cart(&[]);
        let (before, after) =
            (cart(&[("1", "a"), ("2", "b"), ("3", "c")]), cart(&[("2", "b"), ("3", "d"), ("4", "e")]));
        assert_eq!(parts(None, Some(&after)), 3);
        assert_eq!(parts(Some(&none), Some(&after)), 3);
        assert_eq!(parts(Some(&before), Some(&before)), 0);
        assert_eq!(parts(Some(&before), Some(&after)), 3);
        assert_eq!(parts(Some(&before), Some(&none)), 3);
        assert_eq!(parts(Some(&before), None), 0);
    }

    #[test]
    fn lines_without_an_id_count_too() {
        let line = || LineItem { product_id: Some("185".to_owned()), ..LineItem::default() };
        let cart = |lines| Entity::from(Cart { line_items: vec![line(); lines], ..Cart::default() });
        assert_eq!(parts(Some(&cart(5)), Some(&cart(1))), 4);
        assert_eq!(parts(Some(&cart(1)), Some(&cart(5))), 4);
        assert_eq!(parts(Some(&cart(5)), Some(&cart(5))), 0);
    }

    #[test]
    fn every_variant_whose_stock_changes_costs_a_whole_product() {
        let (before, after) =
            (product(&[("1", 5), ("2", 5), ("3", 5)]), product(&[("1", 0), ("2", 5), ("3", 0)]));
        assert_eq!(parts(Some(&before), Some(&after)), 2);
        assert_eq!(parts(Some(&before), Some(&before)), 0);
        assert_eq!(parts(None, Some(&after)), 0, "of what is new no stock is told");
    }

    #[test]
    fn every_charge_that_changes_costs_a_whole_app_twice() {
        let (before, after) =
            (app(&[("1", "pending"), ("2", "pending")]), app(&[("1", "active"), ("2", "pending")]));
        assert_eq!(parts(Some(&before), Some(&after)), 2);
        assert_eq!(parts(None, Some(&after)), 4);
    }
}
