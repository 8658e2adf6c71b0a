//! What platforms charge merchants for apps.

use super::entity;
use crate::commerce::{Money, When};

entity! {
    /// What a platform charges a merchant for an app.
    Charge {
        /// The name.
        name: Option<String>,
        /// The platform's word for its state.
        status: Option<String>,
        /// Whether it comes again and again, or once.
        recurring: Option<bool>,
        /// The price.
        price: Option<Money>,
        /// How much usage may cost at most.
        capped_amount: Option<Money>,
        /// How much usage has come to since the period began.
        usage_amount: Option<Money>,
        /// When the period began that usage is counted in.
        period_started_at: Option<When>,
        /// Whether it is only a trial of the developer's.
        test: Option<bool>,
        /// How many days are free.
        trial_days: Option<i64>,
        /// When the free days end.
        trial_ends_at: Option<When>,
        /// When it became active.
        activated_at: Option<When>,
        /// When it is billed next.
        billing_at: Option<When>,
        /// When it was cancelled.
        cancelled_at: Option<When>,
        /// When it was made.
        created_at: Option<When>,
        /// When it last changed.
        updated_at: Option<When>,
    }
}
