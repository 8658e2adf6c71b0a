//! Deliveries in flight: from being let go of by the lane to landing with whatever came of them.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use shopwire_core::Seq;
use shopwire_core::delivery::{DeadReason, Endpoint};
use shopwire_store::StoreError;

use crate::deliver::{Address, Attempted, Courier, Places};
use crate::dispatch::Parcel;

/// What became of a delivery that was in flight.
pub(super) enum Landed {
    Attempted(Seq, Attempted),
    /// It can't be delivered, now or ever, and why, also for people.
    Undeliverable(Seq, DeadReason, String),
    /// It could not be read from the store.
    Unread(Seq, StoreError),
}

/// The flights of one lane.
pub(super) struct Flights {
    courier: Arc<Courier>,
    address: Arc<Address>,
    places: Places,
    /// Parcels of some of those that wait for an earlier one of their subject: who is not here is read again.
    held: BTreeMap<Seq, Arc<Parcel>>,
    flying: FuturesUnordered<BoxFuture<'static, Landed>>,
}

impl Flights {
    pub(super) fn new(courier: Arc<Courier>, endpoint: &Endpoint) -> Self {
        let (address, places) = (Arc::new(courier.address(endpoint)), courier.places(endpoint));
        Self { courier, address, places, held: BTreeMap::new(), flying: FuturesUnordered::new() }
    }

    /// Keeps a parcel at hand for its flight.
    pub(super) fn keep(&mut self, seq: Seq, parcel: Arc<Parcel>) {
        self.held.insert(seq, parcel);
    }

    /// Keeps a parcel no longer; its flight reads it from the log.
    pub(super) fn let_go(&mut self, seq: Seq) {
        self.held.remove(&seq);
    }

    /// Keeps no parcel any more.
    pub(super) fn let_all_go(&mut self) {
        self.held.clear();
    }

    /// Starts an attempt of a delivery that the lane counts as in flight.
    pub(super) fn start(&mut self, seq: Seq) {
        let (courier, address) = (Arc::clone(&self.courier), Arc::clone(&self.address));
        let (at_hand, places) = (self.held.remove(&seq), self.places.clone());
        let unrenderable = move |why| Landed::Undeliverable(seq, DeadReason::Unrenderable, why);
        let flight = async move {
            let _place = places.take().await;
            let parcel = match at_hand {
                Some(parcel) => parcel,
                None => match courier.fetch(seq).await {
                    Ok(Some(parcel)) => parcel,
                    Ok(None) => return gone(&courier, seq).await,
                    Err(error @ (StoreError::Damaged { .. } | StoreError::Unreadable(_))) => {
                        return unrenderable(error.to_string());
                    }
                    Err(error) => return Landed::Unread(seq, error),
                },
            };
            match courier.attempt(&address, &parcel).await {
                Ok(attempted) => Landed::Attempted(seq, attempted),
                Err(error) => unrenderable(error.to_string()),
            }
        };
        // An event that we stumble over costs itself, not the lane.
        let stumbled = move |_| unrenderable("a fault in Shopwire: see its log".to_owned());
        self.flying.push(Box::pin(
            AssertUnwindSafe(flight).catch_unwind().map(move |landed| landed.unwrap_or_else(stumbled)),
        ));
    }

    /// The next one that lands; `None` while nothing is in flight.
    pub(super) async fn next(&mut self) -> Option<Landed> {
        self.flying.next().await
    }

    pub(super) fn is_empty(&self) -> bool {
        self.flying.is_empty()
    }

    /// Waits for nothing that is in flight any more.
    pub(super) fn break_off(&mut self) {
        self.flying.clear();
    }
}

/// The event is no longer in the log: retention took it with all that stands before it, or it alone was erased.
async fn gone(courier: &Courier, seq: Seq) -> Landed {
    let (reason, why) = match courier.ledger().span().await {
        Ok(span) if seq < span.first => {
            (DeadReason::Lapsed, "the event was let go of before it was delivered")
        }
        Ok(_) => (DeadReason::Erased, "the event was erased before it was delivered"),
        Err(error) => return Landed::Unread(seq, error),
    };
    Landed::Undeliverable(seq, reason, why.to_owned())
}
