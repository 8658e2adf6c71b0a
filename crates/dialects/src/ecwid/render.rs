//! Canonical events → requests (Ecwid docs: webhooks structure, event data in webhooks).
//!
//! The catalogue's sample is the shape of `data`: its members, in their order. [`place`] says what each one tells.

use std::borrow::Cow;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use shopwire_core::commerce::details;
use shopwire_core::{DialectId, EventId, ReceivedWebhook};

use super::envelope::{self, Envelope};
use super::places::{Absent, Form, Place, Tense, place};
use crate::catalog::Topic;
use crate::words::fulfillment_of;
use crate::{Draft, Happening, Unrenderable, lenient};

#[cfg(test)]
mod tests;

/// The request for something that happened. A state that did not change is told as its own former state.
pub(super) fn render(topic: &'static Topic, happening: &Happening<'_>) -> Result<Draft, Unrenderable> {
    let store_id = happening.identity(DialectId::Ecwid, "store_id")?;
    let data = topic.sample.map(|shape| data(topic, shape, happening)).transpose()?;
    let envelope = Envelope {
        topic,
        event_id: event_id(happening.id),
        created_at: happening.occurred_at,
        store_id,
        entity_id: &entity_id(topic, store_id, happening),
        data: data.as_deref(),
    };
    Ok(envelope.draft())
}

/// The body as it came, with the head that Ecwid sends.
pub(super) fn forward(received: &ReceivedWebhook) -> Draft {
    let query = received.query.clone().unwrap_or_else(|| envelope::query(&received.topic));
    Draft { query: Some(query), headers: envelope::headers(), body: received.body.to_vec() }
}

/// The same for every attempt, another for every event.
fn event_id(id: EventId) -> String {
    let digest = Sha256::new().chain_update("ecwid").chain_update(id.as_bytes()).finalize();
    envelope::uuid(std::array::from_fn(|at| digest[at]))
}

/// The events of the store and of apps are about the store.
fn entity_id<'a>(topic: &Topic, store_id: &'a str, happening: &Happening<'_>) -> Cow<'a, str> {
    match topic.identifier {
        "shop" => Cow::Borrowed(store_id),
        _ => happening.number(topic.subject, happening.subject.id()).to_string().into(),
    }
}

fn data(topic: &Topic, shape: &str, happening: &Happening<'_>) -> Result<String, Unrenderable> {
    let shape: Map<String, Value> =
        serde_json::from_str(shape).expect("samples are checked when the catalogue is read");
    let family = topic.name.split('.').next().unwrap_or_default();
    let told = Told { happening, object: happening.canonical.object.to_map() };
    let mut data = Map::new();
    for member in shape.keys() {
        let place = place(family, member).expect("every member of a sample has its place");
        data.insert(member.clone(), told.member(&place)?);
    }
    Ok(Value::Object(data).to_string())
}

/// What happened, with the entity taken apart.
struct Told<'a> {
    happening: &'a Happening<'a>,
    object: Map<String, Value>,
}

impl Told<'_> {
    fn member(&self, place: &Place) -> Result<Value, Unrenderable> {
        match self.field(place.tense, place.field).and_then(|value| self.formed(&place.form, value)) {
            Some(value) => Ok(value),
            None => self.stand_in(place),
        }
    }

    /// A field in one of the entity's states.
    fn field(&self, tense: Tense, name: &str) -> Option<&Value> {
        let former = self.happening.canonical.previous.get(name).filter(|_| tense == Tense::Before);
        former.or_else(|| self.object.get(name))
    }

    /// A canonical value in Ecwid's form; `None` if it has none.
    fn formed(&self, form: &Form, value: &Value) -> Option<Value> {
        Some(match form {
            Form::Text => lenient::id(value)?.into(),
            Form::Word(vocabulary) => vocabulary.theirs(value.as_str()?).into(),
            Form::Whole => lenient::integer(value)?.into(),
            Form::Id(kind) => self.happening.number(kind, value.as_str()?).into(),
        })
    }

    fn stand_in(&self, place: &Place) -> Result<Value, Unrenderable> {
        let missing = |field| Unrenderable::Missing {
            dialect: DialectId::Ecwid,
            subject: self.happening.subject.to_string(),
            field,
        };
        match place.absent {
            Absent::OwnId => Ok(self.happening.subject.id().into()),
            Absent::Field(field) => {
                let other = self.field(place.tense, field).and_then(|value| self.formed(&place.form, value));
                other.ok_or_else(|| missing(place.field))
            }
            Absent::ChargeOr(text) => {
                let status = self.charge_status(place.tense);
                Ok(status.and_then(|status| self.formed(&place.form, status)).unwrap_or_else(|| text.into()))
            }
            Absent::StatusOr(text) => {
                let status = self.field(place.tense, "status").and_then(Value::as_str);
                let word = status.and_then(fulfillment_of).map(Value::from);
                Ok(word.and_then(|word| self.formed(&place.form, &word)).unwrap_or_else(|| text.into()))
            }
            Absent::Text(text) => Ok(text.into()),
            Absent::Whole(number) => Ok(number.into()),
            Absent::Unsayable => Err(missing(place.field)),
        }
    }

    /// Where an app's subscription has no state of its own, its charge has one.
    fn charge_status(&self, tense: Tense) -> Option<&Value> {
        let id = self.happening.canonical.detail(details::CHARGE_ID)?;
        let charges = self.field(tense, "charges")?.as_array()?;
        charges.iter().find(|charge| charge["id"] == id)?.get("status")
    }
}
