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
use tokio_util::sync::CancellationToken;

use crate::deliver::{Address, Attempted, Courier, Place, Places};
use crate::dispatch::Parcel;

/// What became of a delivery that was in flight.
pub(super) enum Landed {
    Attempted(Seq, Attempted),
    /// It can't be delivered, now or ever, and why, also for people.
    Undeliverable(Seq, DeadReason, String),
    /// It could not be read from the store.
    Unread(Seq, StoreError),
    /// The run has ended before it began: it is as if it had not been let go of.
    Grounded(Seq),
}

/// The flights of one lane.
pub(super) struct Flights {
    courier: Arc<Courier>,
    address: Arc<Address>,
    places: Places,
    /// Parcels of some of those that wait for an earlier one of their subject: who is not here is read again.
    held: BTreeMap<Seq, Arc<Parcel>>,
    flying: FuturesUnordered<BoxFuture<'static, Landed>>,
    /// Nothing begins any more.
    grounded: CancellationToken,
}

impl Flights {
    pub(super) fn new(courier: Arc<Courier>, endpoint: &Endpoint) -> Self {
        let (address, places) = (Arc::new(courier.address(endpoint)), courier.places(endpoint));
        let (held, flying) = (BTreeMap::new(), FuturesUnordered::new());
        Self { courier, address, places, held, flying, grounded: CancellationToken::new() }
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
        let grounded = self.grounded.clone();
        let flight = async move {
            let boarded = tokio::select! {
                // In this order: where there is a place at once, nobody need listen.
                biased;
                boarded = board(&courier, &places, seq, at_hand) => boarded,
                () = grounded.cancelled() => return Landed::Grounded(seq),
            };
            let (_place, parcel) = match boarded {
                Ok(_) if grounded.is_cancelled() => return Landed::Grounded(seq),
                Ok(boarded) => boarded,
                Err(landed) => return landed,
            };
            match courier.attempt(&address, &parcel).await {
                Ok(attempted) => Landed::Attempted(seq, attempted),
                Err(error) => unrenderable(seq, error.to_string()),
            }
        };
        // An event that we stumble over costs itself, not the lane.
        let stumbled = move |_| unrenderable(seq, "a fault in Shopwire: see its log".to_owned());
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

    /// Lets nothing begin any more: what waits for a place, for minutes perhaps, lands at once.
    pub(super) fn ground(&self) {
        self.grounded.cancel();
    }

    /// Closes the connections that nothing has flown over for too long.
    pub(super) fn close_expired(&self) {
        self.address.close_expired();
    }

    /// Waits for nothing that is in flight any more.
    pub(super) fn break_off(&mut self) {
        self.flying.clear();
    }
}

/// Finds a place for a delivery, and reads its event unless it is at hand; or what becomes of it without one.
async fn board(
    courier: &Courier,
    places: &Places,
    seq: Seq,
    at_hand: Option<Arc<Parcel>>,
) -> Result<(Place, Arc<Parcel>), Landed> {
    let place = places.take().await;
    let found = match at_hand {
        Some(parcel) => Ok(Some(parcel)),
        None => courier.fetch(seq).await,
    };
    match found {
        Ok(Some(parcel)) if courier.erased().covers(&parcel) => Err(erased(seq)),
        Ok(Some(parcel)) => Ok((place, parcel)),
        Ok(None) => Err(gone(courier, seq).await),
        Err(error @ (StoreError::Damaged { .. } | StoreError::Unreadable(_))) => {
            Err(unrenderable(seq, error.to_string()))
        }
        Err(error) => Err(Landed::Unread(seq, error)),
    }
}

const fn unrenderable(seq: Seq, why: String) -> Landed {
    Landed::Undeliverable(seq, DeadReason::Unrenderable, why)
}

/// The event is no longer in the log: retention took it with all that stands before it, or it alone was erased.
async fn gone(courier: &Courier, seq: Seq) -> Landed {
    match courier.ledger().span().await {
        Ok(span) if seq < span.first => {
            let why = "the event was let go of before it was delivered";
            Landed::Undeliverable(seq, DeadReason::Lapsed, why.to_owned())
        }
        Ok(_) => erased(seq),
        Err(error) => Landed::Unread(seq, error),
    }
}

fn erased(seq: Seq) -> Landed {
    let why = "the event was erased before it was delivered";
    Landed::Undeliverable(seq, DeadReason::Erased, why.to_owned())
}
