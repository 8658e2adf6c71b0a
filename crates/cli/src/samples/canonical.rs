//! A sample of each kind of entity, and what each event type tells of it: data, read as strictly as a user's own.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Map, Value};
use shopwire_core::commerce::details;
use shopwire_core::commerce::entity::Entity;
use shopwire_core::commerce::{Canonical, CanonicalType, EntityKind};

/// What a user gives in place of the sample.
#[derive(Debug, Default)]
pub(crate) struct Own {
    /// The entity, canonical.
    pub(crate) entity: Option<Map<String, Value>>,
    /// Former values of its fields.
    pub(crate) previous: Option<Map<String, Value>>,
    /// Details by name.
    pub(crate) details: Vec<(String, String)>,
}

impl Own {
    /// Whether the sample is taken as it is.
    pub(crate) const fn is_nothing(&self) -> bool {
        self.entity.is_none() && self.previous.is_none() && self.details.is_empty()
    }
}

/// A sample of an entity, with what differs in some of its events.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    object: Map<String, Value>,
    #[serde(default)]
    events: BTreeMap<String, Telling>,
}

/// What an event type tells beyond the sample.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Telling {
    /// Fields of the entity that have these values in it.
    object: Map<String, Value>,
    previous: Map<String, Value>,
    details: Map<String, Value>,
}

/// What an event of this type says: of the user's own entity, or of the sample. A given id becomes the id of the entity
/// and whatever else it is known by.
pub(crate) fn telling(event_type: CanonicalType, own: &Own, id: Option<&str>) -> anyhow::Result<Canonical> {
    let kind = event_type.kind();
    let mut sample: Sample = serde_json::from_str(text(kind)).context("samples are JSON, as a test shows")?;
    let telling = sample.events.remove(event_type.as_str()).unwrap_or_default();
    let is_own = own.entity.is_some();
    let mut object = own.entity.clone().unwrap_or_else(|| {
        sample.object.extend(telling.object);
        sample.object
    });
    if let Some(id) = id {
        rename(&mut object, id);
    }
    let object = Entity::read(kind, object)
        .with_context(|| format!("that is no {kind}: `{event_type}` is about one"))?;
    let previous = own.previous.clone().unwrap_or(if is_own { Map::new() } else { telling.previous });
    let mut details = if is_own { Map::new() } else { telling.details };
    for (name, value) in &own.details {
        details.insert(name.clone(), detail(name, value)?);
    }
    Ok(Canonical { object, previous, details })
}

/// Platforms call some things by their number or code, which is then meant too.
fn rename(object: &mut Map<String, Value>, id: &str) {
    for (name, value) in object {
        if matches!(name.as_str(), "id" | "number" | "code" | "sku" | "list") {
            *value = id.into();
        }
    }
}

/// A detail in its JSON type.
fn detail(name: &str, value: &str) -> anyhow::Result<Value> {
    const TEXTS: [&str; 9] = [
        details::LINE_ITEM_ID,
        details::COUPON_ID,
        details::COUPON_CODE,
        details::ORDER_ID,
        details::MESSAGE_ID,
        details::PRODUCT_ID,
        details::VARIANT_ID,
        details::CHARGE_ID,
        details::REQUESTED_BY,
    ];
    match name {
        details::INVENTORY_VALUE | details::COUNT => {
            let number: i64 = value.parse().with_context(|| {
                format!("`--detail {name}={value}`: expected a whole number, as in `{name}=7`")
            })?;
            Ok(number.into())
        }
        details::STORAGE_KEYS => Ok(value.split(',').map(Value::from).collect()),
        details::INVENTORY_METHOD if !matches!(value, "absolute" | "relative") => {
            anyhow::bail!("`--detail {name}={value}`: expected `absolute` or `relative`")
        }
        details::INVENTORY_METHOD | details::QUANTITY_DELTA => Ok(value.into()),
        _ if TEXTS.contains(&name) => Ok(value.into()),
        _ => {
            let known = TEXTS.iter().copied().chain([
                details::INVENTORY_METHOD,
                details::INVENTORY_VALUE,
                details::QUANTITY_DELTA,
                details::STORAGE_KEYS,
                details::COUNT,
            ]);
            let meant = shopwire_core::did_you_mean(name, known.clone());
            let meant =
                meant.unwrap_or_else(|| format!("there are {}", known.collect::<Vec<_>>().join(", ")));
            anyhow::bail!("`{name}` is no detail of an event: {meant}")
        }
    }
}

/// The sample of a kind, as its file has it.
fn text(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Shop => include_str!("shop.json"),
        EntityKind::App => include_str!("app.json"),
        EntityKind::Product => include_str!("product.json"),
        EntityKind::Variant => include_str!("variant.json"),
        EntityKind::Stock => include_str!("stock.json"),
        EntityKind::Category => include_str!("category.json"),
        EntityKind::Brand => include_str!("brand.json"),
        EntityKind::ProductType => include_str!("product_type.json"),
        EntityKind::Customer => include_str!("customer.json"),
        EntityKind::Order => include_str!("order.json"),
        EntityKind::Cart => include_str!("cart.json"),
        EntityKind::AbandonedCart => include_str!("abandoned_cart.json"),
        EntityKind::Coupon => include_str!("coupon.json"),
        EntityKind::Promotion => include_str!("promotion.json"),
        EntityKind::Review => include_str!("review.json"),
        EntityKind::Invoice => include_str!("invoice.json"),
        EntityKind::CreditNote => include_str!("credit_note.json"),
        EntityKind::DeliveryNote => include_str!("delivery_note.json"),
        EntityKind::ProformaInvoice => include_str!("proforma_invoice.json"),
        EntityKind::PaymentProof => include_str!("payment_proof.json"),
        EntityKind::Shipment => include_str!("shipment.json"),
        EntityKind::Refund => include_str!("refund.json"),
        EntityKind::Subscription => include_str!("subscription.json"),
        EntityKind::Subscriber => include_str!("subscriber.json"),
        EntityKind::PaymentMethod => include_str!("payment_method.json"),
        EntityKind::ShippingMethod => include_str!("shipping_method.json"),
        EntityKind::OrderStatus => include_str!("order_status.json"),
        EntityKind::ShippingRequest => include_str!("shipping_request.json"),
        EntityKind::Job => include_str!("job.json"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_sample_that_reads_strictly_and_names_only_its_own_events() {
        for kind in EntityKind::ALL {
            let sample: Sample = serde_json::from_str(text(*kind)).expect("JSON of this form");
            Entity::read(*kind, sample.object).expect("an entity of its kind");
            for name in sample.events.keys() {
                let event_type: CanonicalType = name.parse().expect(name);
                assert_eq!(event_type.kind(), *kind, "{name}");
            }
        }
        for event_type in CanonicalType::ALL {
            telling(*event_type, &Own::default(), None).expect("an entity of its kind");
        }
    }

    #[test]
    fn an_id_is_also_the_number_or_code_it_is_known_by() {
        let told = telling(CanonicalType::OrderCreated, &Own::default(), Some("77")).expect("an order");
        let order = told.object.to_map();
        assert_eq!((&order["id"], &order["number"]), (&"77".into(), &"77".into()));
        assert_eq!(order["customer"]["id"], "301", "what belongs to it keeps its own");
    }

    #[test]
    fn a_user_s_entity_replaces_the_sample_with_all_that_the_sample_tells() {
        let entity = serde_json::json!({ "id": "9", "financial_status": "paid" });
        let entity = entity.as_object().cloned();
        let own = Own { entity, ..Own::default() };
        let told = telling(CanonicalType::OrderPaid, &own, None).expect("an order");
        assert_eq!((told.object.id(), told.previous.len(), told.details.len()), ("9", 0, 0));
        let wrong = Own {
            entity: serde_json::json!({ "id": "9", "totl": 1 }).as_object().cloned(),
            ..Own::default()
        };
        let said = format!("{:#}", telling(CanonicalType::OrderPaid, &wrong, None).expect_err("unknown"));
        assert!(said.contains("no order") && said.contains("totl"), "{said}");
    }

    #[test]
    fn details_have_their_types_and_no_other_names() {
        let with = |name: &str, value: &str| {
            let own = Own { details: vec![(name.to_owned(), value.to_owned())], ..Own::default() };
            telling(CanonicalType::ProductInventoryChanged, &own, None).map(|told| told.details[name].clone())
        };
        assert_eq!(with("inventory_value", "-2").expect("a number"), -2);
        assert_eq!(with("storage_keys", "a,b").expect("a list"), serde_json::json!(["a", "b"]));
        for (name, value, says) in [
            ("inventory_value", "many", "as in `inventory_value=7`"),
            ("inventory_method", "guess", "`absolute` or `relative`"),
            ("line_item", "7", "did you mean `line_item_id`"),
        ] {
            let said = format!("{:#}", with(name, value).expect_err(name));
            assert!(said.contains(says), "{said}");
        }
    }
}
