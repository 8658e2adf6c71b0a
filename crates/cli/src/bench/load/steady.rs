//! At a steady rate, whether answers come or not. Times count from when a request was due, so that a server that stalls is
//! not spared the requests that came meanwhile (no coordinated omission).

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::Context as _;
use tokio::sync::mpsc;

use super::super::clock::{now_us, sleep_until};
use super::super::order::{Latency, Load, Schedule, Sent};
use super::sender::Sender;

/// Microseconds from the order to the first event, for the pacing thread to be up.
const LEAD_US: u64 = 5_000;

/// Sends so many events a second for so many seconds.
pub(super) async fn run(load: &Load, per_s: f64, seconds: f64) -> anyhow::Result<Sent> {
    let sender = Rc::new(Sender::of(load)?);
    let schedule = Schedule { started_us: now_us() + LEAD_US, per_s };
    let count = (per_s * seconds).ceil().max(1.0) as u64;
    let mut due = paced(schedule, count);
    let latencies_us = Rc::new(RefCell::new(Vec::new()));
    let mut under_way = Vec::new();
    while let Some(place) = due.recv().await {
        let (sender, latencies_us) = (Rc::clone(&sender), Rc::clone(&latencies_us));
        under_way.push(tokio::task::spawn_local(async move {
            sender.send(place).await?;
            latencies_us.borrow_mut().push(now_us().saturating_sub(schedule.due_us(place)));
            anyhow::Ok(())
        }));
    }
    for exchange in under_way {
        exchange.await.context("an exchange ended badly")??;
    }
    let latency = Latency::of(latencies_us.take());
    Ok(Sent { count, started_us: schedule.started_us, ended_us: now_us(), latency })
}

/// The places of the events, each when it is due.
fn paced(schedule: Schedule, count: u64) -> mpsc::UnboundedReceiver<u64> {
    let (tell, due) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for place in 0..count {
            sleep_until(schedule.due_us(place));
            if tell.send(place).is_err() {
                return;
            }
        }
    });
    due
}
