//! The shop's settings: each group of them has an event of its own.

use super::Consequences;
use super::case::Case;
use crate::commerce::CanonicalType;

/// The events and the settings they tell of.
const GROUPS: &[(CanonicalType, &[&str])] = &[
    // Ecwid docs: `profile.subscriptionStatusChanged`, suspension and upgrade alike.
    (CanonicalType::ShopPlanChanged, &["plan", "plan_level"]),
    // Shoptet docs: `eshop:currencies`, `eshop:billingInformation`, `eshop:design`, `eshop:mandatoryFields`,
    // `eshop:projectDomain`.
    (CanonicalType::ShopCurrenciesChanged, &["currency", "currencies"]),
    (CanonicalType::ShopBillingInformationChanged, &["billing_address", "billing_details"]),
    (CanonicalType::ShopDesignChanged, &["design"]),
    (CanonicalType::ShopMandatoryFieldsChanged, &["mandatory_fields"]),
    (CanonicalType::ShopDomainChanged, &["domain"]),
];

/// Gives the event of every group of which anything changed.
pub(super) fn apply(case: &Case<'_>, out: &mut Consequences) {
    for (event_type, fields) in GROUPS {
        if fields.iter().any(|field| case.previous.contains_key(*field)) {
            case.give(out, *event_type, fields);
        }
    }
}
