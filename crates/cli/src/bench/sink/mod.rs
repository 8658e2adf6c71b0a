//! The receiver of the bench, a process of its own: answers every request with 200 at once, which every platform counts as
//! success, and keeps an independent record of what arrived where and how often.
//!
//! `POST /endpoint/7` is the eighth endpoint's; `POST /hang/…` is read and never answered. One thread, and no HTTP library:
//! what the sink costs is missing to what is measured.

mod door;
mod record;
mod request;

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::Context as _;
use serde_json::Value;
use shopwire_engine::{SystemTimer, Timer as _};

use self::door::Door;
use self::record::Record;
use super::order::SinkOrder;
use super::role;

/// Milliseconds between two looks at what has arrived.
const LOOK_MS: u64 = 2;

/// Receives until the conductor ends.
pub(super) fn run() -> anyhow::Result<()> {
    role::run_alone(async {
        let record = Rc::new(RefCell::new(Record::default()));
        let mut door = Door::open(Rc::clone(&record)).await?;
        let mut orders = role::orders();
        while let Some(order) = orders.recv().await {
            let result = match order {
                Ok(order) => obey(order, &record, &mut door).await,
                Err(error) => Err(error),
            };
            role::answer(result)?;
        }
        Ok(())
    })
}

async fn obey(order: SinkOrder, record: &RefCell<Record>, door: &mut Door) -> anyhow::Result<Value> {
    match order {
        SinkOrder::Address => role::done(&door.address().to_string()),
        SinkOrder::Forget { markers, timed } => {
            *record.borrow_mut() = Record::of(markers, timed);
            role::done(&())
        }
        SinkOrder::Await { events, patience_ms } => {
            wait_for(record, events, patience_ms).await;
            role::done(&record.borrow().arrived())
        }
        SinkOrder::Compare(expected) => role::done(&record.borrow().compare(expected)),
        SinkOrder::Timeline => role::done(&record.borrow().timeline()),
        SinkOrder::Latency { expected, schedule } => {
            let latency = record.borrow().latency(expected, schedule);
            role::done(&latency.context("the times of arrival were not kept")?)
        }
        SinkOrder::Shut(true) => {
            door.shut();
            role::done(&())
        }
        SinkOrder::Shut(false) => {
            door.reopen().await?;
            role::done(&())
        }
    }
}

/// Ends when as many events have arrived, or nothing has for so long.
async fn wait_for(record: &RefCell<Record>, events: u64, patience_ms: u64) {
    let (mut before, mut quiet_ms) = (0, 0);
    loop {
        let arrived = record.borrow().arrived().events;
        quiet_ms = if arrived == before { quiet_ms + LOOK_MS } else { 0 };
        if arrived >= events || quiet_ms >= patience_ms {
            return;
        }
        before = arrived;
        SystemTimer.sleep_ms(LOOK_MS).await;
    }
}
