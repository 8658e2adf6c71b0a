//! What merchants are charged for apps: changes of state, and usage that comes near its cap.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::Consequences;
use super::case::Case;
use super::pair::pairs;
use crate::commerce::entity::{App, Charge};
use crate::commerce::{Canonical, CanonicalType, details};

/// The mark that says for which period of which charge the nearing cap was announced: charge ids with periods.
const ANNOUNCED: &str = "usage_cap_announced";

/// Gives the changed states. A charge that is new counts as changed if it has a state; one that is gone does not.
pub(super) fn apply(case: &Case<'_>, before: &App, after: &App, out: &mut Consequences) {
    let mut subscription_told = false;
    for pair in pairs(&before.charges, &after.charges, |charge| charge.id.clone()) {
        let Some(charge) = pair.after else { continue };
        if charge.status.is_none() || pair.before.is_some_and(|former| former.status == charge.status) {
            continue;
        }
        // Shoplazza docs: `app/subscriptions_update` and `app/purchases_one_time_update`. A charge comes again and
        // again unless it says otherwise.
        if charge.recurring == Some(false) {
            let fields = &["charges"];
            give(case, after, (CanonicalType::AppOneTimeChargeChanged, fields), Some(charge), out);
        } else {
            subscription_told = true;
            give(case, after, (CanonicalType::AppSubscriptionChanged, SUBSCRIPTION), Some(charge), out);
        }
    }
    // Ecwid docs: `application.subscriptionStatusChanged`. Told once where a charge says it as well.
    let has_changed =
        after.subscription_status.is_some() && before.subscription_status != after.subscription_status;
    if has_changed && !subscription_told {
        give(case, after, (CanonicalType::AppSubscriptionChanged, SUBSCRIPTION), None, out);
    }
}

const SUBSCRIPTION: &[&str] = &["subscription_status", "charges"];

/// Announces charges whose usage has reached nine tenths of what it may cost, once in each of their periods
/// (Shoplazza docs: `app/subscriptions_approaching_capped_amount`).
pub(super) fn watch_usage(case: &Case<'_>, after: &App, out: &mut Consequences) {
    if let Some(Value::Object(announced)) = out.marks.get_mut(ANNOUNCED) {
        announced.retain(|id, _| after.charges.iter().any(|charge| charge.id == *id));
    }
    for charge in after.charges.iter().filter(|charge| nears_cap(charge)) {
        let period = Value::from(period(charge));
        let announced = out.marks.entry(ANNOUNCED).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(announced) = announced else { continue };
        if announced.get(&charge.id) != Some(&period) {
            announced.insert(charge.id.clone(), period);
            give(case, after, (CanonicalType::AppUsageCapApproaching, &["charges"]), Some(charge), out);
        }
    }
}

fn give(
    case: &Case<'_>,
    app: &App,
    (event_type, fields): (CanonicalType, &[&str]),
    charge: Option<&Charge>,
    out: &mut Consequences,
) {
    out.give(event_type, case.write.id, || {
        let canonical = Canonical { previous: case.previous_of(fields), ..Canonical::of(app.clone()) };
        match charge {
            Some(charge) => canonical.with(details::CHARGE_ID, charge.id.as_str()),
            None => canonical,
        }
    });
}

/// Amounts in different currencies can't be compared and near nothing.
fn nears_cap(charge: &Charge) -> bool {
    let (Some(cap), Some(usage)) = (&charge.capped_amount, &charge.usage_amount) else { return false };
    if matches!((&cap.currency, &usage.currency), (Some(cap), Some(usage)) if cap != usage) {
        return false;
    }
    let (cap, usage) = (cap.amount.decimal(), usage.amount.decimal());
    cap > Decimal::ZERO && usage >= cap.saturating_mul(Decimal::new(9, 1))
}

/// What tells a charge's periods apart: when this one began, else when it is billed; empty if neither is known, and
/// then there is only one.
fn period(charge: &Charge) -> &str {
    let known = charge.period_started_at.as_ref().or(charge.billing_at.as_ref());
    known.map_or("", |when| when.as_str())
}
