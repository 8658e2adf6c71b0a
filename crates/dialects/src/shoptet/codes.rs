//! By which of its fields Shoptet calls a thing (Shoptet docs: webhooks, the table of events).

use serde_json::Value;
use shopwire_core::commerce::{Canonical, EntityKind, details};

/// The canonical field that holds the code of things of this kind; `None` for kinds that go by guid or number, which is
/// their id.
pub(super) const fn field(kind: EntityKind) -> Option<&'static str> {
    Some(match kind {
        EntityKind::Order
        | EntityKind::Invoice
        | EntityKind::CreditNote
        | EntityKind::DeliveryNote
        | EntityKind::ProformaInvoice
        | EntityKind::PaymentProof => "number",
        EntityKind::Brand | EntityKind::Coupon | EntityKind::ShippingRequest => "code",
        // Events of a mailing list's addresses name the list.
        EntityKind::Subscriber => "list",
        EntityKind::Product | EntityKind::Variant => "sku",
        _ => return None,
    })
}

/// The code of what an event is about, if its entity has one. Events of stock levels may be about a variant, which has a
/// code of its own.
pub(super) fn of(kind: EntityKind, canonical: &Canonical) -> Option<String> {
    let object = canonical.object.to_map();
    let text = |value: &Value| Some(value.as_str()?.to_owned()).filter(|code| !code.is_empty());
    let of_variant = || {
        let id = canonical.detail(details::VARIANT_ID)?;
        let variant = object.get("variants")?.as_array()?.iter().find(|variant| variant["id"] == id)?;
        text(variant.get("sku")?)
    };
    of_variant().or_else(|| text(object.get(field(kind)?)?))
}
