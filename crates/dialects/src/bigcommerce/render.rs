//! Canonical events → requests (BigCommerce docs: webhook events).
//!
//! The catalogue's sample is the shape of `data`: its members, in their order and with their JSON types. Here stands where
//! each one comes from.

use serde_json::{Map, Value, json};
use shopwire_core::commerce::details;
use shopwire_core::{DialectId, ReceivedWebhook};

use super::envelope::{self, Envelope};
use super::words::{BEFORE_ALL, status_id};
use crate::catalog::Topic;
use crate::{Draft, Happening, Unrenderable, lenient};

#[cfg(test)]
mod tests;

/// The request for something that happened. Its hash is the same for every attempt and another for every event.
pub(super) fn render(topic: &'static Topic, happening: &Happening<'_>) -> Result<Draft, Unrenderable> {
    let told = Told { happening, object: happening.canonical.object.to_map() };
    if topic.is_template() {
        return Err(told.missing("channel_id"));
    }
    let shape = serde_json::from_str(topic.sample.unwrap_or("{}"));
    let shape: Map<String, Value> = shape.map_err(|_| told.missing("data"))?;
    let mut data = told.members(&shape)?;
    if topic.name == "store/product/updated" {
        told.add_override(&mut data);
    }
    let envelope = Envelope {
        store_hash: happening.identity(DialectId::BigCommerce, "store_hash")?,
        store_id: happening.identity(DialectId::BigCommerce, "store_id")?,
        scope: topic.name,
        created_at: happening.occurred_at,
        data: &data.into(),
    };
    Ok(envelope.draft(happening.id.as_bytes()))
}

/// The body as it came, with the head that BigCommerce sends.
pub(super) fn forward(received: &ReceivedWebhook) -> Draft {
    Draft { query: None, headers: envelope::headers(), body: received.body.to_vec() }
}

/// What happened, with the entity taken apart.
struct Told<'a> {
    happening: &'a Happening<'a>,
    object: Map<String, Value>,
}

impl Told<'_> {
    fn members(&self, shape: &Map<String, Value>) -> Result<Map<String, Value>, Unrenderable> {
        let mut members = Map::new();
        for (name, shown) in shape {
            let value = match shown {
                Value::Object(inner) => Some(self.members(inner)?.into()),
                _ => self.member(name, shown)?,
            };
            if let Some(value) = value {
                members.insert(name.clone(), value);
            }
        }
        Ok(members)
    }

    /// A member of `data` or of an object in it; `None` for one that only some bodies have.
    fn member(&self, name: &str, shown: &Value) -> Result<Option<Value>, Unrenderable> {
        Ok(Some(match name {
            "type" => shown.clone(),
            "id" => self.id(shown)?,
            "cartId" => self.happening.subject.id().into(),
            "orderId" => {
                self.number("order", self.order_id().ok_or_else(|| self.missing(details::ORDER_ID))?)
            }
            "couponId" => self.number("coupon", self.detail(details::COUPON_ID)?),
            "order_message_id" => self.number("order_message", self.detail(details::MESSAGE_ID)?),
            "product_id" => self.product_id()?,
            "variant_id" => self.own_number("variant"),
            "method" => self
                .happening
                .canonical
                .detail(details::INVENTORY_METHOD)
                .map_or_else(|| shown.clone(), Value::from),
            "value" => self.inventory_value()?,
            "previous_status_id" => self.former_status().into(),
            "new_status_id" => self.status().ok_or_else(|| self.missing("status"))?.into(),
            "token" => return Ok(self.text("token").map(Value::from)),
            "origin_channel_id" => return Ok(self.extra(name).and_then(|id| self.channel(id))),
            "channel_ids" => return Ok(self.extra(name).and_then(|ids| self.channels(ids))),
            _ => return Err(self.missing("data")),
        }))
    }

    /// `data.id`: the subject's own, but for variants, which SKUs stand for, and line items, whose subject is the cart.
    fn id(&self, shown: &Value) -> Result<Value, Unrenderable> {
        Ok(match self.happening.subject.kind_name() {
            "variant" => match self.text("sku_id") {
                Some(id) => self.number("sku", id),
                None => self.own_number("variant"),
            },
            "cart" if self.is_about_line_item() => self.detail(details::LINE_ITEM_ID)?.into(),
            _ if shown.is_string() => self.happening.subject.id().into(),
            kind => self.own_number(kind),
        })
    }

    fn is_about_line_item(&self) -> bool {
        self.happening.event_type.to_string().starts_with("cart.line_item_")
    }

    fn product_id(&self) -> Result<Value, Unrenderable> {
        if self.happening.subject.kind_name() == "product" {
            return Ok(self.own_number("product"));
        }
        let id = self.text("product_id").ok_or_else(|| self.missing("product_id"))?;
        Ok(self.number("product", id))
    }

    /// The order a cart became, or a shipment belongs to.
    fn order_id(&self) -> Option<&str> {
        self.happening.canonical.detail(details::ORDER_ID).or_else(|| self.text("order_id"))
    }

    fn inventory_value(&self) -> Result<Value, Unrenderable> {
        let value = self.happening.canonical.details.get(details::INVENTORY_VALUE);
        let value = value.and_then(lenient::integer).ok_or_else(|| self.missing(details::INVENTORY_VALUE))?;
        Ok(value.into())
    }

    fn status(&self) -> Option<u64> {
        self.text("status").map(status_id)
    }

    fn former_status(&self) -> u64 {
        match self.happening.canonical.previous.get("status") {
            Some(former) => former.as_str().map_or(BEFORE_ALL, status_id),
            None => self.status().unwrap_or(BEFORE_ALL),
        }
    }

    /// What an override for one channel or locale says beside the id, and nothing else does.
    fn add_override(&self, data: &mut Map<String, Value>) {
        let Some(properties) = self.extra("properties").filter(|properties| properties.is_array()) else {
            return;
        };
        let Some(context) = self.extra("context").filter(|context| context.is_object()) else { return };
        let Some(channel_id) = self.channel(&context["channel_id"]) else { return };
        data.insert("properties".to_owned(), properties.clone());
        data.insert("context".to_owned(), json!({ "channel_id": channel_id, "locale": context["locale"] }));
    }

    fn channel(&self, id: &Value) -> Option<Value> {
        lenient::id(id).map(|id| self.number("channel", &id))
    }

    fn channels(&self, ids: &Value) -> Option<Value> {
        ids.as_array()?.iter().map(|id| self.channel(id)).collect()
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.object.get(field)?.as_str()
    }

    fn extra(&self, field: &str) -> Option<&Value> {
        self.object.get("extra")?.get(field)
    }

    fn detail(&self, name: &'static str) -> Result<&str, Unrenderable> {
        self.happening.canonical.detail(name).ok_or_else(|| self.missing(name))
    }

    fn number(&self, kind: &str, id: &str) -> Value {
        self.happening.number(kind, id).into()
    }

    fn own_number(&self, kind: &str) -> Value {
        self.number(kind, self.happening.subject.id())
    }

    fn missing(&self, field: &'static str) -> Unrenderable {
        let subject = self.happening.subject.to_string();
        Unrenderable::Missing { dialect: DialectId::BigCommerce, subject, field }
    }
}
