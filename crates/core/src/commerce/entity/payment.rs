//! How an order is paid.

use super::part;
use crate::commerce::Currency;

part! {
    /// How an order is paid.
    Payment {
        /// The payment provider's id of the transaction.
        transaction_id: Option<String>,
        /// The state of the payment.
        status: Option<String>,
        /// The currency paid in.
        currency: Option<Currency>,
        /// The means: the platform's word.
        method: Option<String>,
        /// The brand of the card.
        card_brand: Option<String>,
        /// The last four digits of the card.
        card_last4: Option<String>,
        /// The method the buyer confirmed in the end.
        confirmed_method: Option<PaymentMethod>,
    }
}

part! {
    /// A method of payment.
    PaymentMethod {
        /// The provider.
        gateway: Option<String>,
        /// The platform's name of it.
        name: Option<String>,
        /// What the buyer sees.
        display_name: Option<String>,
        /// Its symbol.
        icon_url: Option<String>,
        /// Details for the buyer, such as a masked card number.
        details: Option<String>,
        /// What the buyer has to do.
        instructions: Option<String>,
    }
}
