//! The care that each endpoint gets, shared between its lane, which heeds it, and whoever shows or tells how it fares.
//!
//! **Invariant.** What was told of an endpoint stands in its configuration ([`Endpoint::trouble`]); what is here is how it
//! fares now. Where the two differ, something is to be told.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shopwire_core::delivery::{Care, CareRule, CareView, Endpoint, SendPolicy, Standing, Trouble};
use shopwire_core::{EndpointId, Limits, Timestamp};
use tokio::sync::Notify;

/// One endpoint's care, and when its lane has something to send.
#[derive(Debug)]
struct Ward {
    care: Care,
    next_due: Option<Timestamp>,
}

/// One endpoint in care. Clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct InCare(Arc<Mutex<Ward>>);

impl InCare {
    fn lock(&self) -> MutexGuard<'_, Ward> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the lane ask and tell.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Care) -> T) -> T {
        work(&mut self.lock().care)
    }

    /// Notes when the first of the deliveries that wait is due. Answers when breaker or rate may let the next one through,
    /// if they hold it back at `now`.
    pub(super) fn look(&self, next_due: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let mut ward = self.lock();
        // What may go at once is due from the beginning of time.
        ward.next_due = next_due.map(|at| if at == Timestamp::EPOCH { now } else { at });
        ward.care.free_at(now)
    }
}

/// How an endpoint is sent to just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointHealth {
    /// Its care.
    pub care: CareView,
    /// When the first of the deliveries that wait is due, if any does: the breaker or the rate may hold it back beyond that.
    pub next_due: Option<Timestamp>,
}

/// All endpoints in care.
#[derive(Debug, Default)]
pub(crate) struct Cares {
    wards: Mutex<HashMap<EndpointId, InCare>>,
    /// Those that fare differently from what was told.
    untold: Mutex<BTreeSet<EndpointId>>,
    turned: Notify,
}

impl Cares {
    fn wards(&self) -> MutexGuard<'_, HashMap<EndpointId, InCare>> {
        self.wards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The care of an endpoint whose lane is taken up: what is known of it stays known.
    pub(super) fn take(
        &self,
        endpoint: &Endpoint,
        policy: &SendPolicy,
        limits: &Limits,
        now: Timestamp,
    ) -> InCare {
        let rule = CareRule::of(endpoint, policy, limits);
        let mut wards = self.wards();
        if let Some(known) = wards.get(&endpoint.id) {
            known.with(|care| care.rule_by(rule, now));
            return known.clone();
        }
        let ward = Ward { care: Care::new(rule, endpoint.trouble.as_ref(), now), next_due: None };
        let taken = InCare(Arc::new(Mutex::new(ward)));
        wards.insert(endpoint.id, taken.clone());
        taken
    }

    /// Somebody says that all is well with an endpoint now: it is given a fresh chance.
    pub(crate) fn restart(&self, endpoint: &Endpoint) {
        if let Some(ward) = self.wards().get(&endpoint.id) {
            ward.with(|care| care.restart(endpoint.trouble.as_ref()));
        }
    }

    /// An endpoint is gone.
    pub(crate) fn forget(&self, id: EndpointId) {
        self.wards().remove(&id);
        self.untold().remove(&id);
    }

    /// How an endpoint fares now, and what is wrong; `None` if its lane has not run yet.
    pub(super) fn standing(&self, id: EndpointId) -> Option<(Standing, Option<Trouble>)> {
        let ward = self.wards().get(&id).cloned()?;
        Some(ward.with(|care| (care.standing(), care.trouble())))
    }

    /// How an endpoint is sent to at `now`. One whose lane has not run yet is shown as it would be taken into care.
    pub(crate) fn health(
        &self,
        endpoint: &Endpoint,
        policy: &SendPolicy,
        limits: &Limits,
        now: Timestamp,
    ) -> EndpointHealth {
        let (ward, rule) = (self.wards().get(&endpoint.id).cloned(), CareRule::of(endpoint, policy, limits));
        match ward {
            Some(ward) => {
                let mut ward = ward.lock();
                let mut care = ward.care.view(now);
                // A change of the endpoint holds from the moment that its lane is taken up anew.
                care.window = care.window.min(rule.in_flight_max);
                EndpointHealth { care, next_due: ward.next_due }
            }
            None => {
                let mut care = Care::new(rule, endpoint.trouble.as_ref(), now);
                EndpointHealth { care: care.view(now), next_due: None }
            }
        }
    }

    fn untold(&self) -> MutexGuard<'_, BTreeSet<EndpointId>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An endpoint fares differently now.
    pub(super) fn turned(&self, id: EndpointId) {
        self.untold().insert(id);
        self.turned.notify_one();
    }

    /// Waits for the next endpoint that fares differently from what was told.
    pub(super) async fn next_turned(&self) -> EndpointId {
        loop {
            if let Some(id) = self.untold().pop_first() {
                return id;
            }
            self.turned.notified().await;
        }
    }
}
