//! Apps: what the merchant pays for them, what they store, and when they expire.

use std::collections::BTreeSet;

use super::case::Case;
use super::{Consequences, TimerKind, charge};
use crate::Timestamp;
use crate::commerce::entity::{App, Extra};
use crate::commerce::{Canonical, CanonicalType, When, details};

/// The mark of an app whose time is up.
const EXPIRED: &str = "expired";

/// Gives the transitions of an app.
pub(super) fn apply(case: &Case<'_>, out: &mut Consequences) {
    match case.typed::<App>() {
        (before, Some(after)) => {
            if let Some(before) = before {
                charge::apply(case, before, after, out);
                storage(case, before, after, out);
            }
            charge::watch_usage(case, after, out);
            expiry(case, before, after, out);
        }
        (Some(before), None) if before.expires_at.is_some() => {
            out.timers.push((TimerKind::AppExpiry, None));
        }
        _ => {}
    }
}

/// What follows when an app's time is up: it has expired, once, unless its time was prolonged meanwhile.
pub(super) fn expire(app: &App, id: &str, now: Timestamp, out: &mut Consequences) {
    let Some(end) = app.expires_at.as_ref().and_then(moment) else { return };
    if out.marks.contains_key(EXPIRED) {
        return;
    }
    if now < end {
        out.timers.push((TimerKind::AppExpiry, Some(end)));
    } else {
        expired(app, id, out);
    }
}

/// Ecwid docs: `application.storageChanged`; which keys are new, changed or gone.
fn storage(case: &Case<'_>, before: &App, after: &App, out: &mut Consequences) {
    let none = Extra::new();
    let (former, present) =
        (before.storage.as_ref().unwrap_or(&none), after.storage.as_ref().unwrap_or(&none));
    let keys: BTreeSet<&String> =
        former.keys().chain(present.keys()).filter(|key| former.get(*key) != present.get(*key)).collect();
    if keys.is_empty() {
        return;
    }
    let keys: Vec<&str> = keys.into_iter().map(String::as_str).collect();
    out.give(CanonicalType::AppStorageChanged, case.write.id, || {
        let previous = case.previous_of(&["storage"]);
        Canonical { previous, ..Canonical::of(after.clone()) }.with(details::STORAGE_KEYS, keys)
    });
}

/// Shoplazza docs: `app/expired`. A time that is over already when it is told needs no timer.
fn expiry(case: &Case<'_>, before: Option<&App>, after: &App, out: &mut Consequences) {
    let former = before.and_then(|app| app.expires_at.as_ref());
    if former == after.expires_at.as_ref() {
        return;
    }
    out.marks.remove(EXPIRED);
    let end = after.expires_at.as_ref().and_then(moment);
    let is_over = end.is_some_and(|end| end <= case.write.now);
    if is_over {
        expired(after, case.write.id, out);
    }
    if former.is_some() || !is_over {
        out.timers.push((TimerKind::AppExpiry, end.filter(|_| !is_over)));
    }
}

fn expired(app: &App, id: &str, out: &mut Consequences) {
    out.marks.insert(EXPIRED.to_owned(), true.into());
    out.give(CanonicalType::AppExpired, id, || Canonical::of(app.clone()));
}

/// The moment a time means; without a zone it counts as UTC.
fn moment(when: &When) -> Option<Timestamp> {
    when.moment().or_else(|| Timestamp::parse(&format!("{}Z", when.as_str())))
}
