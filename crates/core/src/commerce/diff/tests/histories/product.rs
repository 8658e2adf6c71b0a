//! What products and their stock give, by a simple model.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::{Model, known};
use crate::commerce::EntityKind;

/// How many there are: by itself, and in the stocks `s` and `t`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stock {
    quantity: Option<i64>,
    levels: BTreeMap<&'static str, i64>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Product {
    own: Stock,
    minimum: Option<i64>,
    tracking: &'static str,
    variants: BTreeMap<&'static str, Stock>,
    title: u8,
}

fn stocks() -> impl Strategy<Value = Stock> {
    let levels = prop::collection::btree_map(select(vec!["s", "t"]), -1..4_i64, 0..3);
    (prop::option::of(-1..8_i64), levels).prop_map(|(quantity, levels)| Stock { quantity, levels })
}

pub(super) fn states() -> impl Strategy<Value = Product> {
    let variants = prop::collection::btree_map(select(vec!["v", "w"]), stocks(), 0..3);
    let tracking = select(vec!["", "", "product", "variant", "none"]);
    (stocks(), prop::option::of(1..4_i64), tracking, variants, 0..2_u8).prop_map(
        |(own, minimum, tracking, variants, title)| Product { own, minimum, tracking, variants, title },
    )
}

fn count(stock: &Stock) -> Option<i64> {
    if stock.levels.is_empty() { stock.quantity } else { Some(stock.levels.values().sum()) }
}

fn stock_fields(stock: &Stock) -> Vec<(&'static str, Value)> {
    let level =
        |(stock, quantity): (&&str, &i64)| json!({"stock_id": stock, "quantity": quantity.to_string()});
    let levels: Vec<Value> = stock.levels.iter().map(level).collect();
    let quantity = stock.quantity.map_or(Value::Null, |quantity| quantity.to_string().into());
    vec![("inventory_quantity", quantity), ("stock_levels", levels.into())]
}

/// What happens to the stock of `of`, which belongs to product 1.
fn counted(of: &str, old: &Stock, new: &Stock, minimum: Option<i64>, by_order: bool) -> Vec<String> {
    let kind = of.split('/').next().expect("a kind");
    let (old, new) = (count(old), count(new));
    let mut events = Vec::new();
    if old != new && new.is_some() {
        if !by_order {
            events.push(format!("{kind}.inventory_changed {of}"));
        } else if old.is_some() {
            events.push(format!("{kind}.inventory_changed_by_order {of}"));
        }
    }
    let (Some(old), Some(new)) = (old, new) else { return events };
    let news = match (old > 0, new > 0) {
        (true, false) => Some("sold_out"),
        (false, true) => Some("in_stock"),
        (true, true) if minimum.is_some_and(|minimum| (new..old).contains(&(minimum - 1))) => {
            Some("low_stock")
        }
        _ => None,
    };
    events.extend(news.map(|news| format!("product.{news} product/1")));
    events
}

fn moved(old: &Stock, new: &Stock) -> Vec<String> {
    let level = |stock: &Stock, id: &str| stock.levels.get(id).copied().unwrap_or(0);
    let differs = |id: &&&str| level(old, id) != level(new, id);
    ["s", "t"].iter().filter(differs).map(|id| format!("stock.moved stock/{id}")).collect()
}

#[derive(Default)]
pub(super) struct Products;

impl Model for Products {
    type State = Product;
    const KIND: EntityKind = EntityKind::Product;

    fn json(state: &Product) -> Value {
        let variant = |(id, stock): (&&str, &Stock)| {
            let mut fields = stock_fields(stock);
            fields.push(("id", Value::from(*id)));
            known(fields)
        };
        let mut fields = stock_fields(&state.own);
        fields.extend([
            ("title", state.title.to_string().into()),
            ("inventory_minimum", state.minimum.map_or(Value::Null, |minimum| minimum.to_string().into())),
            (
                "inventory_tracking",
                if state.tracking.is_empty() { Value::Null } else { state.tracking.into() },
            ),
            ("variants", state.variants.iter().map(variant).collect::<Vec<_>>().into()),
        ]);
        known(fields)
    }

    fn change(
        &mut self,
        before: Option<&Product>,
        after: Option<&Product>,
        by_order: bool,
        _: i64,
    ) -> Vec<String> {
        let all = |what: &str, product: &Product| {
            let variants = product.variants.keys().map(|id| format!("variant.{what} variant/{id}"));
            [format!("product.{what} product/1")].into_iter().chain(variants).collect()
        };
        let (old, new) = match (before, after) {
            (Some(old), Some(new)) => (old, new),
            (None, Some(new)) => return all("created", new),
            (Some(old), None) => return all("deleted", old),
            (None, None) => return Vec::new(),
        };
        let mut events = vec!["product.updated product/1".to_owned()];
        let of_variants = new.variants.values().any(|stock| count(stock).is_some());
        if new.tracking == "product" || (new.tracking.is_empty() && !of_variants) {
            events.extend(counted("product/1", &old.own, &new.own, new.minimum, by_order));
        }
        if new.tracking != "none" {
            events.extend(moved(&old.own, &new.own));
        }
        for id in ["v", "w"] {
            let subject = format!("variant/{id}");
            match (old.variants.get(id), new.variants.get(id)) {
                (None, Some(_)) => events.push(format!("variant.created {subject}")),
                (Some(_), None) => events.push(format!("variant.deleted {subject}")),
                (Some(was), Some(is)) if was != is => {
                    events.push(format!("variant.updated {subject}"));
                    if new.tracking.is_empty() || new.tracking == "variant" {
                        events.extend(counted(&subject, was, is, new.minimum, by_order));
                    }
                    if new.tracking != "none" {
                        events.extend(moved(was, is));
                    }
                }
                _ => {}
            }
        }
        events
    }
}
