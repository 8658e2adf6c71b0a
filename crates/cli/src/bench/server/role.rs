//! The server in a role of the bench: the same as `shopwire serve`, but that it may keep nothing, and obeys orders.

use clap::Args;
use serde_json::Value;
use shopwire_core::Clock as _;
use shopwire_engine::{Engine, SystemTimer};
use shopwire_store::Retention;

use super::super::clock::now_us;
use super::super::order::{LetGo, ServerOrder};
use super::super::role;
use super::bare::Bare;
use crate::config::{ConfigArgs, Loaded};
use crate::runtime;
use crate::serve::{Node, Settings};

const DAY_MS: i64 = 24 * 3_600_000;

/// Serve, and obey
#[derive(Debug, Args)]
pub(crate) struct ServerRole {
    /// Keep nothing that is appended
    #[arg(long)]
    bare: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl ServerRole {
    pub(in super::super) fn run(&self) -> anyhow::Result<()> {
        let config = Loaded::read(&self.config)?.config;
        config.log.start();
        let settings = Settings::of(&config)?;
        let serving = async {
            let node = if self.bare {
                Node::start_over(settings, Bare::over).await?
            } else {
                Node::start(settings).await?
            };
            let engine = node.engine().clone();
            node.serve(async move { obey_all(&engine).await }).await?;
            Ok(crate::commands::Verdict::Good)
        };
        runtime::run(config.server.threads, serving).map(drop)
    }
}

/// Obeys until the conductor ends.
async fn obey_all(engine: &Engine) {
    let mut orders = role::orders();
    while let Some(order) = orders.recv().await {
        let result = match order {
            Ok(order) => obey(engine, order).await,
            Err(error) => Err(error),
        };
        // Who no longer hears answers is gone, and the orders end too.
        if role::answer(result).is_err() {
            return;
        }
    }
}

async fn obey(engine: &Engine, order: ServerOrder) -> anyhow::Result<Value> {
    match order {
        ServerOrder::Retain { days } => {
            let received_before = SystemTimer.now().plus_ms(-DAY_MS * i64::from(days));
            let retention = Retention { received_before: Some(received_before), ..Retention::default() };
            let started_us = now_us();
            let dropped = engine.ledger().retain(retention).await?;
            role::done(&LetGo { events: dropped.events, started_us, ended_us: now_us() })
        }
    }
}
