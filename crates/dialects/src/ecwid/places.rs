//! Where each member of Ecwid's `data` stands in canonical data: one table for both directions (Ecwid docs: event data in
//! webhooks).
//!
//! **Invariant.** Every word of Ecwid's comes back as itself: `theirs(ours(word)) == word`.

use shopwire_core::commerce::words::{financial, fulfillment};

use crate::Words;
use crate::words::Vocabulary;

/// The canonical place of a member.
pub(super) struct Place {
    /// Whether it tells of the entity as it is or as it was.
    pub(super) tense: Tense,
    /// The canonical field.
    pub(super) field: &'static str,
    /// What it looks like.
    pub(super) form: Form,
    /// What Ecwid is told when the field is not there.
    pub(super) absent: Absent,
}

/// Which state of the entity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    /// As it is.
    Now,
    /// As it was; where that did not change, as it is.
    Before,
}

/// What a member looks like.
pub(super) enum Form {
    /// Text (or an id, whatever its JSON type), the same on both sides.
    Text,
    /// A word of this vocabulary.
    Word(&'static Vocabulary),
    /// A whole number.
    Whole,
    /// The id of an entity of this kind: text here, a number there.
    Id(&'static str),
}

/// What stands in for a field that is not there.
pub(super) enum Absent {
    /// The entity's own id.
    OwnId,
    /// Another field, without which nothing can be said.
    Field(&'static str),
    /// The state of the charge that the event is about, else this text.
    ChargeOr(&'static str),
    /// How far the order's own status says that it has come, else this text.
    StatusOr(&'static str),
    /// This text.
    Text(&'static str),
    /// This number.
    Whole(u64),
    /// Nothing can: the webhook can't be made.
    Unsayable,
}

const NOT_PAID: &str = "AWAITING_PAYMENT";
const NOT_PROCESSED: &str = "AWAITING_PROCESSING";
const NOT_SHOWN: &str = "MODERATED";

/// What an order was paid. The lines after the last of Ecwid's own say how words of others are put.
static PAYMENT: Vocabulary = Vocabulary {
    words: Words(&[
        (financial::WAITING, NOT_PAID),
        (financial::PAID, "PAID"),
        (financial::CANCELLED, "CANCELLED"),
        (financial::REFUNDED, "REFUNDED"),
        (financial::PARTIALLY_REFUNDED, "PARTIALLY_REFUNDED"),
        ("incomplete", "INCOMPLETE"),
        (financial::PAYING, NOT_PAID),
        (financial::AUTHORIZED, NOT_PAID),
        (financial::PARTIALLY_PAID, NOT_PAID),
        ("deferred", NOT_PAID),
        ("paid_deferred", "PAID"),
        ("paid_out", "PAID"),
        ("charged_back", "REFUNDED"),
        ("expired", "INCOMPLETE"),
        (financial::FAILED, "INCOMPLETE"),
        (financial::REFUNDING, "PAID"),
        (financial::REFUND_FAILED, "PAID"),
    ]),
    other: Some(NOT_PAID),
};

/// How far an order has come. The lines after the last of Ecwid's own say how words of others are put.
static FULFILLMENT: Vocabulary = Vocabulary {
    words: Words(&[
        (fulfillment::WAITING, NOT_PROCESSED),
        (fulfillment::PROCESSING, "PROCESSING"),
        (fulfillment::SHIPPED, "SHIPPED"),
        (fulfillment::FINISHED, "DELIVERED"),
        (fulfillment::CANCELLED, "WILL_NOT_DELIVER"),
        (fulfillment::RETURNED, "RETURNED"),
        (fulfillment::READY_FOR_PICKUP, "READY_FOR_PICKUP"),
        (fulfillment::OUT_FOR_DELIVERY, "OUT_FOR_DELIVERY"),
        (fulfillment::INITIALLED, NOT_PROCESSED),
        (fulfillment::PARTIALLY_SHIPPED, "PROCESSING"),
        (fulfillment::PARTIALLY_FINISHED, "SHIPPED"),
        (fulfillment::RETURNING, "RETURNED"),
        (fulfillment::PARTIALLY_RETURNED, "RETURNED"),
    ]),
    other: Some(NOT_PROCESSED),
};

static REVIEW: Vocabulary = Vocabulary {
    words: Words(&[("moderated", NOT_SHOWN), ("published", "PUBLISHED"), ("approved", "PUBLISHED")]),
    other: Some(NOT_SHOWN),
};

/// Which states there are is not documented, so every word goes out.
static SUBSCRIPTION: Vocabulary =
    Vocabulary { words: Words(&[("trial", "TRIAL"), ("active", "ACTIVE")]), other: None };

/// The canonical place of a member of `data`, by the first part of the topic.
pub(super) fn place(family: &str, member: &str) -> Option<Place> {
    use Tense::{Before, Now};
    let payment = |tense| entry(tense, "financial_status", Form::Word(&PAYMENT), Absent::Text(NOT_PAID));
    let fulfillment =
        |tense| entry(tense, "fulfillment_status", Form::Word(&FULFILLMENT), Absent::StatusOr(NOT_PROCESSED));
    let plan = |tense| entry(tense, "plan", Form::Text, Absent::Text(""));
    let subscription =
        |tense| entry(tense, "subscription_status", Form::Word(&SUBSCRIPTION), Absent::ChargeOr("ACTIVE"));
    Some(match (family, member) {
        ("order", "orderId") => entry(Now, "number", Form::Text, Absent::OwnId),
        ("order", "newPaymentStatus") => payment(Now),
        ("order", "oldPaymentStatus") => payment(Before),
        ("order", "newFulfillmentStatus") => fulfillment(Now),
        ("order", "oldFulfillmentStatus") => fulfillment(Before),
        ("unfinished_order", "orderId") => entry(Now, "number", Form::Text, Absent::OwnId),
        ("unfinished_order", "cartId") => entry(Now, "cart_id", Form::Text, Absent::OwnId),
        ("invoice", "orderId") => entry(Now, "order_number", Form::Text, Absent::Field("order_id")),
        ("customer", "customerEmail") => entry(Now, "email", Form::Text, Absent::Text("")),
        ("promotion", "version") => entry(Now, "version", Form::Whole, Absent::Whole(1)),
        ("review", "productId") => entry(Now, "product_id", Form::Id("product"), Absent::Unsayable),
        ("review", "orderId") => entry(Now, "order_id", Form::Id("order"), Absent::Whole(0)),
        ("review", "status") => entry(Now, "status", Form::Word(&REVIEW), Absent::Text(NOT_SHOWN)),
        ("profile", "newSubscriptionName") => plan(Now),
        ("profile", "oldSubscriptionName") => plan(Before),
        ("application", "newSubscriptionStatus") => subscription(Now),
        ("application", "oldSubscriptionStatus") => subscription(Before),
        _ => return None,
    })
}

const fn entry(tense: Tense, field: &'static str, form: Form, absent: Absent) -> Place {
    Place { tense, field, form, absent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_ecwids_comes_back_as_itself() {
        let payment =
            "AWAITING_PAYMENT PAID CANCELLED REFUNDED PARTIALLY_REFUNDED INCOMPLETE CUSTOM_PAYMENT_STATUS_1";
        let fulfillment = "AWAITING_PROCESSING PROCESSING SHIPPED DELIVERED WILL_NOT_DELIVER RETURNED \
                           READY_FOR_PICKUP OUT_FOR_DELIVERY CUSTOM_FULFILLMENT_STATUS_3";
        let all = [
            (&PAYMENT, payment),
            (&FULFILLMENT, fulfillment),
            (&REVIEW, "MODERATED PUBLISHED"),
            (&SUBSCRIPTION, "TRIAL ACTIVE SUSPENDED"),
        ];
        for (vocabulary, words) in all {
            for word in words.split_whitespace() {
                assert_eq!(vocabulary.theirs(vocabulary.ours(word)), word);
            }
        }
    }

    #[test]
    fn words_of_others_become_documented_ones() {
        assert_eq!(PAYMENT.theirs(financial::PARTIALLY_PAID), "AWAITING_PAYMENT");
        assert_eq!(PAYMENT.theirs("on the house"), "AWAITING_PAYMENT");
        assert_eq!(FULFILLMENT.theirs(fulfillment::PARTIALLY_SHIPPED), "PROCESSING");
        assert_eq!(FULFILLMENT.theirs(""), "AWAITING_PROCESSING");
        assert_eq!(REVIEW.theirs("hidden"), "MODERATED");
        assert_eq!(SUBSCRIPTION.theirs("cancelled"), "CANCELLED");
    }
}
