//! A process of the bench from the inside: orders come in on standard input, answers go out on standard output.

use std::io::BufRead as _;

use anyhow::Context as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::mpsc;

use super::helper::Answer;
use crate::output::Output;

/// The orders as they come. They end when the conductor does.
pub(super) fn orders<T: DeserializeOwned + Send + 'static>() -> mpsc::UnboundedReceiver<anyhow::Result<T>> {
    let (given, taken) = mpsc::unbounded_channel();
    // A thread that waits for its input costs nothing; the one that measures does not wait for it.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let order = line.context("no line").and_then(|line| Ok(serde_json::from_str(&line)?));
            if given.send(order).is_err() {
                return;
            }
        }
    });
    taken
}

/// Answers an order.
pub(super) fn answer(result: anyhow::Result<Value>) -> anyhow::Result<()> {
    let answer = match result {
        Ok(done) => Answer::Done(done),
        Err(error) => Answer::Failed(format!("{error:#}")),
    };
    Ok(Output::new(true).emit(&answer, String::new)?)
}

/// What an order came to, as it is answered.
pub(super) fn done(value: &impl Serialize) -> anyhow::Result<Value> {
    Ok(serde_json::to_value(value)?)
}

/// Runs a role on one thread: one that sends or receives is faster than two that share.
pub(super) fn run_alone(role: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, role)
}
