//! Operational events: what is told of endpoints, in the log like any other event.

use serde::Serialize;
use shopwire_core::commerce::{EventType, OperationalType, Subject};
use shopwire_core::delivery::Endpoint;
use shopwire_core::{EndpointId, Event, EventId, Origin, RecordedChange, ShopId};

use crate::Engine;
use crate::egress::Target;

/// What is told, as it stands in the log.
#[derive(Serialize)]
struct Told<'a, D> {
    object: Object<'a>,
    details: &'a D,
}

#[derive(Serialize)]
struct Object<'a> {
    id: EndpointId,
    name: &'a str,
    dialect: &'static str,
    shop: Option<ShopId>,
    /// No more of the URL: its path may be a secret.
    host: Option<String>,
}

impl Engine {
    /// An event about an endpoint. Its details are texts, numbers and times.
    pub(crate) fn operational(
        &self,
        event_type: OperationalType,
        endpoint: &Endpoint,
        details: &impl Serialize,
    ) -> Event {
        let host = Target::parse(&endpoint.url).ok().map(|target| target.host().to_string());
        let Endpoint { id, ref name, dialect, shop, .. } = *endpoint;
        let object = Object { id, name, dialect: dialect.as_str(), shop, host };
        let data =
            serde_json::to_vec(&Told { object, details }).expect("texts, numbers and times can be written");
        let (cause, actor, version, now) = (None, None, 0, self.timer().now());
        Event {
            id: EventId::new(now, self.random()),
            shop: shop.unwrap_or_else(Event::no_shop),
            event_type: EventType::Operational(event_type),
            subject: Subject::native(OperationalType::KIND, id),
            occurred_at: now,
            received_at: now,
            origin: Origin::Change(RecordedChange { cause, actor, version, data: data.into() }),
        }
    }
}
