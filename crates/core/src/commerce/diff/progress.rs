//! Jobs and shipping requests: what matters is how they end.
//!
//! Neither has an event for its beginning, so one that is told only when it ended counts as having ended now.

use super::Consequences;
use super::case::{Case, Rule};
use super::order::{is, moves_into};
use crate::commerce::CanonicalType;
use crate::commerce::entity::{Job, ShippingRequest};

/// Shoptet docs: `job:finished`, for jobs that failed too. A job that ended does not end again in another way.
const JOB: &[Rule<Job>] = &[Rule {
    gives: CanonicalType::JobFinished,
    fields: &["status", "finished_at"],
    holds: |before, after| !has_ended(before) && has_ended(after),
}];

/// Shoptet docs: `shippingRequest:confirmed`, `shippingRequest:cancelled`.
const SHIPPING_REQUEST: &[Rule<ShippingRequest>] = &[
    Rule {
        gives: CanonicalType::ShippingRequestConfirmed,
        fields: &["status", "order_id"],
        holds: |before, after| moves_into("confirmed", &before.status, &after.status),
    },
    Rule {
        gives: CanonicalType::ShippingRequestCancelled,
        fields: &["status"],
        holds: |before, after| moves_into("cancelled", &before.status, &after.status),
    },
];

/// Gives the end of a job.
pub(super) fn apply_job(case: &Case<'_>, out: &mut Consequences) {
    if let (before, Some(after)) = case.typed::<Job>() {
        case.follow(JOB, before.unwrap_or(&Job::default()), after, out);
    }
}

/// Gives the decision about a shipping request.
pub(super) fn apply_shipping_request(case: &Case<'_>, out: &mut Consequences) {
    if let (before, Some(after)) = case.typed::<ShippingRequest>() {
        case.follow(SHIPPING_REQUEST, before.unwrap_or(&ShippingRequest::default()), after, out);
    }
}

fn has_ended(job: &Job) -> bool {
    ["completed", "failed", "expired", "killed"].iter().any(|word| is(word, &job.status))
}
