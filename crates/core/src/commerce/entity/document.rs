//! The papers of an order.

use super::{Address, LineItem, entity};
use crate::commerce::{Currency, Money, When};

entity! {
    /// A paper of an order: an invoice, a proforma invoice, a credit note, a delivery note or a proof of payment.
    Document {
        /// The number printed on it.
        number: Option<String>,
        /// The order.
        order_id: Option<String>,
        /// The number of the order that people see.
        order_number: Option<String>,
        /// The paper it belongs to: the invoice of a credit note, for example.
        document_id: Option<String>,
        /// Its state, in the shop's words.
        status: Option<String>,
        /// Whose it is.
        billing_address: Option<Address>,
        /// What is on it.
        line_items: Vec<LineItem>,
        /// The currency of all money here that names no other.
        currency: Option<Currency>,
        /// All taxes together.
        total_tax: Option<Money>,
        /// What it comes to.
        total: Option<Money>,
        /// Where it can be fetched.
        url: Option<String>,
        /// When it was issued.
        issued_at: Option<When>,
        /// When it is to be paid.
        due_at: Option<When>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
