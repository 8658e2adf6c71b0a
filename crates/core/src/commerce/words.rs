//! The canonical words for states, which dialects translate theirs into and from.
//!
//! States are open: a word that is not here is a platform's or a shop's own and is passed on as it is. The rules of the
//! diff know these.

/// Words for [`Order::financial_status`](super::entity::Order::financial_status).
pub mod financial {
    /// Nothing was paid yet.
    pub const WAITING: &str = "waiting";
    /// A payment is under way.
    pub const PAYING: &str = "paying";
    /// Promised by the payment provider, not taken yet.
    pub const AUTHORIZED: &str = "authorized";
    /// Paid in part.
    pub const PARTIALLY_PAID: &str = "partially_paid";
    /// Paid.
    pub const PAID: &str = "paid";
    /// The payment was called off.
    pub const CANCELLED: &str = "cancelled";
    /// The payment failed.
    pub const FAILED: &str = "failed";
    /// Being paid back.
    pub const REFUNDING: &str = "refunding";
    /// Paying back failed.
    pub const REFUND_FAILED: &str = "refund_failed";
    /// Paid back in part.
    pub const PARTIALLY_REFUNDED: &str = "partially_refunded";
    /// Paid back in full.
    pub const REFUNDED: &str = "refunded";
}

/// Words for [`Order::fulfillment_status`](super::entity::Order::fulfillment_status).
pub mod fulfillment {
    /// Not to be shipped yet, for want of a payment.
    pub const INITIALLED: &str = "initialled";
    /// To be shipped.
    pub const WAITING: &str = "waiting";
    /// Being packed.
    pub const PROCESSING: &str = "processing";
    /// Some of it is on its way.
    pub const PARTIALLY_SHIPPED: &str = "partially_shipped";
    /// All of it is on its way.
    pub const SHIPPED: &str = "shipped";
    /// Some of it has arrived.
    pub const PARTIALLY_FINISHED: &str = "partially_finished";
    /// All of it has arrived.
    pub const FINISHED: &str = "finished";
    /// It will not be shipped.
    pub const CANCELLED: &str = "cancelled";
    /// On its way back.
    pub const RETURNING: &str = "returning";
    /// Some of it came back.
    pub const PARTIALLY_RETURNED: &str = "partially_returned";
    /// All of it came back.
    pub const RETURNED: &str = "returned";
    /// It waits to be picked up.
    pub const READY_FOR_PICKUP: &str = "ready_for_pickup";
    /// The carrier has it on the last mile.
    pub const OUT_FOR_DELIVERY: &str = "out_for_delivery";
}

/// Words for [`Order::status`](super::entity::Order::status).
pub mod order {
    /// Begun and not placed.
    pub const INCOMPLETE: &str = "incomplete";
    /// Created; nothing was decided yet.
    pub const OPENED: &str = "opened";
    /// Placed; somebody has to look at it.
    pub const PENDING: &str = "pending";
    /// Placed, and in progress.
    pub const PLACED: &str = "placed";
    /// In progress.
    pub const IN_PROGRESS: &str = "in_progress";
    /// Worked on, and ready for what comes next.
    pub const PROCESSED: &str = "processed";
    /// It waits for its payment.
    pub const AWAITING_PAYMENT: &str = "awaiting_payment";
    /// It waits to be packed.
    pub const AWAITING_FULFILLMENT: &str = "awaiting_fulfillment";
    /// It waits to be shipped.
    pub const AWAITING_SHIPMENT: &str = "awaiting_shipment";
    /// It waits to be picked up.
    pub const AWAITING_PICKUP: &str = "awaiting_pickup";
    /// Some of it is on its way.
    pub const PARTIALLY_SHIPPED: &str = "partially_shipped";
    /// All of it is on its way.
    pub const SHIPPED: &str = "shipped";
    /// Handed to the carrier.
    pub const DISPATCHED: &str = "dispatched";
    /// It has arrived.
    pub const DELIVERED: &str = "delivered";
    /// Done.
    pub const COMPLETED: &str = "completed";
    /// Done, and nothing can follow any more.
    pub const FINISHED: &str = "finished";
    /// Cancelled.
    pub const CANCELLED: &str = "cancelled";
    /// Refused by the merchant.
    pub const DECLINED: &str = "declined";
    /// The buyer disputes it.
    pub const DISPUTED: &str = "disputed";
    /// Paid back in full.
    pub const REFUNDED: &str = "refunded";
    /// Paid back in part.
    pub const PARTIALLY_REFUNDED: &str = "partially_refunded";
    /// Somebody has to check it.
    pub const MANUAL_VERIFICATION_REQUIRED: &str = "manual_verification_required";
}

/// Words for [`Subscription::status`](super::entity::Subscription::status).
pub mod subscription {
    /// It goes on.
    pub const ACTIVE: &str = "active";
    /// It ends with the period that is paid for.
    pub const CANCELLATION_REQUESTED: &str = "cancellation_requested";
    /// It was stopped and will not go on.
    pub const STOPPED: &str = "stopped";
    /// All its orders were made.
    pub const FINISHED: &str = "finished";
}
