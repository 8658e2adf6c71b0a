//! The load generator, a process of its own with one thread: signed webhooks over the engine's own HTTP client.
//!
//! The **raw pump** is this same load sent to the sink: same client, same bodies, same signatures, nothing between.

mod changes;
mod closed;
mod sender;
mod speech;
mod steady;
mod template;

use super::order::{LoadOrder, Sent};
use super::role;
pub(super) use speech::{BODY_BYTES, EVENT_TYPES, TOPICS, body, secret};

/// Sends what the conductor asks for, until it ends.
pub(super) fn run() -> anyhow::Result<()> {
    role::run_alone(async {
        let mut orders = role::orders();
        while let Some(order) = orders.recv().await {
            let sent = match order {
                Ok(order) => obey(order).await,
                Err(error) => Err(error),
            };
            role::answer(sent.and_then(|sent| role::done(&sent)))?;
        }
        Ok(())
    })
}

async fn obey(order: LoadOrder) -> anyhow::Result<Sent> {
    match order {
        LoadOrder::Closed(load, until) => closed::run(&load, until).await,
        LoadOrder::Steady(load, per_s, seconds) => steady::run(&load, per_s, seconds).await,
        LoadOrder::Changes(url, token, seconds) => changes::run(&url, &token, seconds).await,
    }
}
