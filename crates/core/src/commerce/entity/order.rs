//! Orders, with all that belongs to them.

use super::{Address, Customer, Discount, Extra, LineItem, Payment, Refund, Shipment, Tax, entity, part};
use crate::commerce::{Currency, Money, When};

entity! {
    /// An order.
    Order {
        /// Its id in a system of the shop's own.
        external_id: Option<String>,
        /// The number people see.
        number: Option<String>,
        /// The number of its invoice.
        invoice_number: Option<String>,
        /// Its state.
        status: Option<String>,
        /// How far it is paid.
        financial_status: Option<String>,
        /// How far it is shipped.
        fulfillment_status: Option<String>,
        /// Where it came from.
        source: Option<String>,
        /// Whether it was put away.
        archived: Option<bool>,
        /// Whether it is only a trial.
        test: Option<bool>,
        /// The buyer's mail address.
        email: Option<String>,
        /// Whether the buyer wants advertisements.
        accepts_marketing: Option<bool>,
        /// The buyer.
        customer: Option<Customer>,
        /// Where the bill goes.
        billing_address: Option<Address>,
        /// Where the goods go.
        shipping_address: Option<Address>,
        /// How the goods go.
        shipping_method: Option<ShippingMethod>,
        /// What the buyer wants the carrier to know.
        shipping_instructions: Option<String>,
        /// What was ordered.
        line_items: Vec<LineItem>,
        /// The currency of all money here that names no other.
        currency: Option<Currency>,
        /// What the lines come to, before discounts, taxes and shipping.
        subtotal: Option<Money>,
        /// All reductions together.
        total_discount: Option<Money>,
        /// All taxes together.
        total_tax: Option<Money>,
        /// What shipping costs.
        total_shipping: Option<Money>,
        /// What the buyer gave on top.
        total_tip: Option<Money>,
        /// What is to be paid.
        total: Option<Money>,
        /// What was paid.
        total_paid: Option<Money>,
        /// What was paid back so far.
        total_refunded: Option<Money>,
        /// The code the buyer entered.
        discount_code: Option<String>,
        /// Reductions.
        discounts: Vec<Discount>,
        /// Taxes.
        taxes: Vec<Tax>,
        /// How it is paid.
        payment: Option<Payment>,
        /// What was shipped.
        shipments: Vec<Shipment>,
        /// What was paid back.
        refunds: Vec<Refund>,
        /// The carrier's number.
        tracking_number: Option<String>,
        /// Where the parcel can be followed.
        tracking_url: Option<String>,
        /// The merchant's note.
        note: Option<String>,
        /// The buyer's note.
        customer_note: Option<String>,
        /// Labels.
        tags: Vec<String>,
        /// Why it was cancelled.
        cancel_reason: Option<String>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
        /// When the buyer committed to it.
        placed_at: Option<When>,
        /// When it was cancelled.
        cancelled_at: Option<When>,
        /// When it was finished.
        finished_at: Option<When>,
        /// When it was closed.
        closed_at: Option<When>,
        /// When it was deleted.
        deleted_at: Option<When>,
        /// The page the buyer came in by.
        landing_url: Option<String>,
        /// The page of its checkout; may be relative to the shop.
        checkout_url: Option<String>,
        /// The buyer's network address.
        ip_address: Option<String>,
        /// The buyer's browser.
        user_agent: Option<String>,
        /// Data that apps attached.
        metadata: Option<Extra>,
    }
}

part! {
    /// How goods are sent.
    ShippingMethod {
        /// The id.
        id: Option<String>,
        /// What the buyer sees.
        name: Option<String>,
        /// More about it.
        description: Option<String>,
        /// What it costs.
        price: Option<Money>,
    }
}
