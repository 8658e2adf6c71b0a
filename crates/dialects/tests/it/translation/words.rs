//! Words for states: whatever a shop or another platform calls a state, a platform is told it in a word it documents.

use shopwire_core::commerce::words::{financial, fulfillment, order, subscription};
use shopwire_dialects::Canonical;

use super::*;

/// The documented words of a state, and where they stand in the body of an event.
struct Documented {
    dialect: &'static dyn Dialect,
    event_type: CanonicalType,
    field: &'static str,
    place: &'static str,
    words: &'static str,
}

const ORDER_UPDATED: CanonicalType = CanonicalType::OrderUpdated;

#[rustfmt::skip]
const DOCUMENTED: &[Documented] = &[
    Documented {
        dialect: &shopwire_dialects::ecwid::Ecwid, event_type: ORDER_UPDATED, field: "financial_status",
        place: "/data/newPaymentStatus",
        words: "AWAITING_PAYMENT PAID CANCELLED REFUNDED PARTIALLY_REFUNDED INCOMPLETE CUSTOM_PAYMENT_STATUS_1 \
                CUSTOM_PAYMENT_STATUS_2 CUSTOM_PAYMENT_STATUS_3",
    },
    Documented {
        dialect: &shopwire_dialects::ecwid::Ecwid, event_type: ORDER_UPDATED, field: "fulfillment_status",
        place: "/data/newFulfillmentStatus",
        words: "AWAITING_PROCESSING PROCESSING SHIPPED DELIVERED WILL_NOT_DELIVER RETURNED READY_FOR_PICKUP \
                OUT_FOR_DELIVERY CUSTOM_FULFILLMENT_STATUS_1 CUSTOM_FULFILLMENT_STATUS_2 CUSTOM_FULFILLMENT_STATUS_3",
    },
    Documented {
        dialect: &shopwire_dialects::bigcommerce::BigCommerce, event_type: CanonicalType::OrderStatusChanged,
        field: "status", place: "/data/status/new_status_id", words: "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14",
    },
    Documented {
        dialect: &shopwire_dialects::shoplazza::Shoplazza, event_type: ORDER_UPDATED, field: "status",
        place: "/order/status", words: "opened placed finished cancelled",
    },
    Documented {
        dialect: &shopwire_dialects::shoplazza::Shoplazza, event_type: ORDER_UPDATED, field: "financial_status",
        place: "/order/financial_status",
        words: "waiting paying authorized partially_paid paid cancelled failed refunding refund_failed refunded \
                partially_refunded",
    },
    Documented {
        dialect: &shopwire_dialects::shoplazza::Shoplazza, event_type: ORDER_UPDATED, field: "fulfillment_status",
        place: "/order/fulfillment_status",
        words: "initialled waiting partially_shipped shipped partially_finished finished cancelled returning \
                partially_returned returned",
    },
    Documented {
        dialect: &shopwire_dialects::duda::Duda, event_type: ORDER_UPDATED, field: "status", place: "/data/status",
        words: "IN_PROGRESS PROCESSED DISPUTED SHIPPED DELIVERED PENDING CANCELLED DISPATCHED",
    },
    Documented {
        dialect: &shopwire_dialects::duda::Duda, event_type: ORDER_UPDATED, field: "financial_status",
        place: "/data/payment/status",
        words: "PAID DEFERRED PAID_DEFERRED CHARGED_BACK REFUNDED PAIDOUT PENDING FAILED EXPIRED CANCELLED OPEN AUTHORIZED",
    },
    Documented {
        dialect: &shopwire_dialects::duda::Duda, event_type: CanonicalType::SubscriptionCreated, field: "status",
        place: "/data/subscription/state", words: "ACTIVE FINISHED STOPPED CANCELLATION_REQUESTED",
    },
];

/// The canonical words of a state.
fn canonical_words(event_type: CanonicalType, field: &str) -> &'static [&'static str] {
    match (event_type.kind(), field) {
        (EntityKind::Subscription, _) => &[
            subscription::ACTIVE,
            subscription::CANCELLATION_REQUESTED,
            subscription::STOPPED,
            subscription::FINISHED,
        ],
        (_, "financial_status") => &[
            financial::WAITING,
            financial::PAYING,
            financial::AUTHORIZED,
            financial::PARTIALLY_PAID,
            financial::PAID,
            financial::CANCELLED,
            financial::FAILED,
            financial::REFUNDING,
            financial::REFUND_FAILED,
            financial::PARTIALLY_REFUNDED,
            financial::REFUNDED,
        ],
        (_, "fulfillment_status") => &[
            fulfillment::INITIALLED,
            fulfillment::WAITING,
            fulfillment::PROCESSING,
            fulfillment::PARTIALLY_SHIPPED,
            fulfillment::SHIPPED,
            fulfillment::PARTIALLY_FINISHED,
            fulfillment::FINISHED,
            fulfillment::CANCELLED,
            fulfillment::RETURNING,
            fulfillment::PARTIALLY_RETURNED,
            fulfillment::RETURNED,
            fulfillment::READY_FOR_PICKUP,
            fulfillment::OUT_FOR_DELIVERY,
        ],
        _ => &[
            order::INCOMPLETE,
            order::OPENED,
            order::PENDING,
            order::PLACED,
            order::IN_PROGRESS,
            order::PROCESSED,
            order::AWAITING_PAYMENT,
            order::AWAITING_FULFILLMENT,
            order::AWAITING_SHIPMENT,
            order::AWAITING_PICKUP,
            order::PARTIALLY_SHIPPED,
            order::SHIPPED,
            order::DISPATCHED,
            order::DELIVERED,
            order::COMPLETED,
            order::FINISHED,
            order::CANCELLED,
            order::DECLINED,
            order::DISPUTED,
            order::REFUNDED,
            order::PARTIALLY_REFUNDED,
            order::MANUAL_VERIFICATION_REQUIRED,
        ],
    }
}

/// What a platform is told of an entity in this state.
fn told(line: &Documented, word: &str) -> (String, Event) {
    let fields = Map::from_iter([("id".to_owned(), "1".into()), (line.field.to_owned(), word.into())]);
    let entity = Entity::read(line.event_type.kind(), fields).expect("an entity");
    let event = translate::changed(line.event_type, &Canonical::of(entity), &stamp([1; 16]));
    let said = translate::into(&event, line.dialect.id(), &identity()).expect("a topic");
    let body: Value = serde_json::from_slice(&said.draft.body).expect("JSON");
    let value = body.pointer(line.place).expect(line.place);
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    (text, delivered(line.dialect, said))
}

#[test]
fn every_canonical_word_and_every_word_of_another_platform_is_told_in_a_documented_one() {
    for line in DOCUMENTED {
        let documented: Vec<_> = line.words.split_whitespace().collect();
        let others = DOCUMENTED.iter().filter(|other| other.field == line.field);
        let theirs =
            others.filter(|other| other.event_type.kind() == line.event_type.kind()).flat_map(|other| {
                other.words.split_whitespace().map(|word| {
                    // Their words, as whoever receives them from their platform knows them.
                    entity(&told(other, word).1)[other.field].as_str().expect("a state").to_owned()
                })
            });
        let canonical = canonical_words(line.event_type, line.field).iter().map(|word| (*word).to_owned());
        for word in canonical.chain(theirs) {
            let (said, _) = told(line, &word);
            assert!(
                documented.contains(&said.as_str()),
                "{} {}: {word} → {said}",
                line.dialect.id(),
                line.place
            );
        }
    }
}

#[test]
fn every_documented_word_comes_back_as_itself() {
    for line in DOCUMENTED {
        for word in line.words.split_whitespace() {
            let (_, event) = told(line, word);
            let ours = entity(&event)[line.field].as_str().expect("a state").to_owned();
            assert_eq!(told(line, &ours).0, word, "{} {}", line.dialect.id(), line.place);
        }
    }
}

#[test]
fn a_word_of_the_shop_s_own_gets_into_no_closed_list() {
    for line in DOCUMENTED.iter().filter(|line| line.dialect.id() != Shoplazza) {
        let (said, _) = told(line, "on the house");
        assert!(line.words.split_whitespace().any(|word| word == said), "{} {said}", line.dialect.id());
    }
}
