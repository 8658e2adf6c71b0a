//! Carts: their lines and coupons, how they end, and when they count as abandoned.
//!
//! A cart counts as there while it holds something and has not become an order (BigCommerce docs: a cart comes with its
//! first item, goes with its last, and is gone once it is converted).

use std::collections::BTreeSet;

use super::case::Case;
use super::pair::{Pair, pairs};
use super::{Consequences, TimerKind};
use crate::commerce::entity::{AppliedCoupon, Cart, LineItem};
use crate::commerce::{Canonical, CanonicalType, details};

/// How long a cart must be left alone to count as abandoned (BigCommerce docs: `store/cart/abandoned`).
const ABANDONED_AFTER_MS: i64 = 60 * 60 * 1000;
/// The mark of a cart that was found abandoned.
const ABANDONED: &str = "abandoned";

/// Gives all the events of a cart, those of its abandonment too.
pub(super) fn apply(case: &Case<'_>, out: &mut Consequences) {
    let (former, after) = case.typed::<Cart>();
    let before = former.filter(|cart| is_there(cart));
    match (before, after) {
        (_, Some(after)) if is_converted(former, after) => converted(case, before, after, out),
        (None, Some(after)) if is_there(after) => begun(case, after, out),
        (Some(before), Some(after)) if is_there(after) => changed(case, before, after, out),
        (Some(before), Some(after)) => emptied(case, before, after, out),
        (Some(before), None) => gone(case, before, out),
        _ => {}
    }
}

/// What follows when a cart was left alone: it is abandoned, once, if it is still there.
pub(super) fn left_alone(cart: &Cart, id: &str, out: &mut Consequences) {
    if is_there(cart) && !out.marks.contains_key(ABANDONED) {
        out.marks.insert(ABANDONED.to_owned(), true.into());
        out.give(CanonicalType::AbandonedCartCreated, id, || Canonical::of(cart.clone()));
    }
}

fn is_there(cart: &Cart) -> bool {
    !cart.line_items.is_empty() && cart.order_id.is_none()
}

/// Whether a cart that held something has become an order. Checkouts may empty it in the same step.
fn is_converted(former: Option<&Cart>, after: &Cart) -> bool {
    let had_none = former.is_none_or(|cart| cart.order_id.is_none());
    let held = former.is_some_and(is_there) || !after.line_items.is_empty();
    had_none && after.order_id.is_some() && held
}

/// BigCommerce docs: `store/cart/converted`. The cart can't be read any more, so nothing else is told of it.
fn converted(case: &Case<'_>, before: Option<&Cart>, after: &Cart, out: &mut Consequences) {
    out.give(CanonicalType::CartConverted, case.write.id, || {
        let order_id = after.order_id.clone().unwrap_or_default();
        let previous = case.previous_of(&["order_id"]);
        Canonical { previous, ..Canonical::of(after.clone()) }.with(details::ORDER_ID, order_id)
    });
    if before.is_some() {
        forget(out);
    }
}

/// BigCommerce docs: `store/cart/created`, with which `store/cart/updated` comes too.
fn begun(case: &Case<'_>, after: &Cart, out: &mut Consequences) {
    out.give(CanonicalType::CartCreated, case.write.id, || Canonical::of(after.clone()));
    updated(case, CanonicalType::CartUpdated, after, out);
    lines(case, &[], after, out);
    coupons(case, &[], after, out);
    wait(case, out);
}

/// BigCommerce docs: `store/cart/updated`; Ecwid docs: `unfinished_order.updated`.
fn changed(case: &Case<'_>, before: &Cart, after: &Cart, out: &mut Consequences) {
    updated(case, CanonicalType::CartUpdated, after, out);
    lines(case, &before.line_items, after, out);
    coupons(case, &before.coupons, after, out);
    if out.marks.contains_key(ABANDONED) {
        updated(case, CanonicalType::AbandonedCartUpdated, after, out);
    } else {
        wait(case, out);
    }
}

/// BigCommerce docs: `store/cart/deleted`, when the last item is taken out, and `store/cart/updated` with it.
fn emptied(case: &Case<'_>, before: &Cart, after: &Cart, out: &mut Consequences) {
    updated(case, CanonicalType::CartUpdated, after, out);
    lines(case, &before.line_items, after, out);
    gone(case, before, out);
}

/// BigCommerce docs: `store/cart/deleted`; Ecwid docs: `unfinished_order.deleted`.
fn gone(case: &Case<'_>, before: &Cart, out: &mut Consequences) {
    out.give(CanonicalType::CartDeleted, case.write.id, || Canonical::of(before.clone()));
    if case.marks().is_some_and(|marks| marks.contains_key(ABANDONED)) {
        out.give(CanonicalType::AbandonedCartDeleted, case.write.id, || Canonical::of(before.clone()));
    }
    forget(out);
}

fn updated(case: &Case<'_>, event_type: CanonicalType, after: &Cart, out: &mut Consequences) {
    out.give(event_type, case.write.id, || Canonical {
        previous: case.previous.clone(),
        ..Canonical::of(after.clone())
    });
}

/// BigCommerce docs: `store/cart/lineItem/created`, `…/updated`, `…/deleted`.
fn lines(case: &Case<'_>, before: &[LineItem], after: &Cart, out: &mut Consequences) {
    for pair in pairs(before, &after.line_items, line_key) {
        let event_type = match (pair.before, pair.after) {
            (None, _) => CanonicalType::CartLineItemCreated,
            (_, None) => CanonicalType::CartLineItemDeleted,
            (Some(before), Some(after)) if line_differs(before, after) => CanonicalType::CartLineItemUpdated,
            _ => continue,
        };
        out.give(event_type, case.write.id, || {
            let previous = case.previous_of(&["line_items"]);
            Canonical { previous, ..Canonical::of(after.clone()) }.with(details::LINE_ITEM_ID, line_id(&pair))
        });
    }
}

fn line_key(line: &LineItem) -> String {
    let part = |id: &Option<String>| id.clone().unwrap_or_default();
    line.id.clone().unwrap_or_else(|| format!("{}/{}", part(&line.product_id), part(&line.variant_id)))
}

/// The id of a line; for one without an id its product, its variant, and which of the lines with both it is.
fn line_id(pair: &Pair<'_, LineItem>) -> String {
    let line = pair.after.or(pair.before);
    if line.is_some_and(|line| line.id.is_some()) {
        pair.key.clone()
    } else {
        format!("{}/{}", pair.key, pair.nth)
    }
}

fn line_differs(before: &LineItem, after: &LineItem) -> bool {
    before.quantity != after.quantity
        || before.options != after.options
        || before.price != after.price
        || before.variant_id != after.variant_id
}

/// BigCommerce docs: `store/cart/couponApplied`.
fn coupons(case: &Case<'_>, before: &[AppliedCoupon], after: &Cart, out: &mut Consequences) {
    let known = Coupons::of(before);
    for coupon in after.coupons.iter().filter(|coupon| !known.hold(coupon)) {
        let Some(id) = coupon.id.as_ref().or(coupon.code.as_ref()) else { continue };
        out.give(CanonicalType::CartCouponApplied, case.write.id, || {
            let previous = case.previous_of(&["coupons"]);
            let canonical = Canonical { previous, ..Canonical::of(after.clone()) };
            let canonical = canonical.with(details::COUPON_ID, id.as_str());
            match &coupon.code {
                Some(code) => canonical.with(details::COUPON_CODE, code.as_str()),
                None => canonical,
            }
        });
    }
}

/// Coupons by what they are known by: by their ids where both have one, else by their codes.
struct Coupons<'a> {
    ids: BTreeSet<&'a str>,
    codes: BTreeSet<&'a str>,
    codes_without_id: BTreeSet<&'a str>,
}

impl<'a> Coupons<'a> {
    fn of(coupons: &'a [AppliedCoupon]) -> Self {
        let without_id = coupons.iter().filter(|coupon| coupon.id.is_none());
        Self {
            ids: coupons.iter().filter_map(|coupon| coupon.id.as_deref()).collect(),
            codes: coupons.iter().filter_map(|coupon| coupon.code.as_deref()).collect(),
            codes_without_id: without_id.filter_map(|coupon| coupon.code.as_deref()).collect(),
        }
    }

    fn hold(&self, coupon: &AppliedCoupon) -> bool {
        let codes = if coupon.id.is_some() { &self.codes_without_id } else { &self.codes };
        let by_id = coupon.id.as_deref().is_some_and(|id| self.ids.contains(id));
        by_id || coupon.code.as_deref().is_some_and(|code| codes.contains(code))
    }
}

fn wait(case: &Case<'_>, out: &mut Consequences) {
    let due = case.write.now.plus_ms(ABANDONED_AFTER_MS);
    out.timers.push((TimerKind::CartAbandonment, Some(due)));
}

fn forget(out: &mut Consequences) {
    out.marks.remove(ABANDONED);
    out.timers.push((TimerKind::CartAbandonment, None));
}
