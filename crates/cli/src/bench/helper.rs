//! Another process of the bench, as the conductor sees it: it is asked in JSON, a line a question, and answers so.

use std::process::Stdio;

use anyhow::{Context as _, anyhow, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// What a process answers to one order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer<T> {
    /// Done.
    Done(T),
    /// Why it could not be done.
    Failed(String),
}

/// This program again, in a role of the bench. It ends with its standard input, and is killed when this is dropped.
pub(super) struct Helper {
    role: &'static str,
    process: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Helper {
    /// Starts the process for a role.
    pub(super) fn start(role: &'static str) -> anyhow::Result<Self> {
        Self::start_with(role, this_program()?.args(["bench-role", role]))
    }

    /// Starts the process for a role by this command.
    pub(super) fn start_with(role: &'static str, command: &mut Command) -> anyhow::Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("the bench's {role} can't be started"))?;
        let orders = process.stdin.take().context("a process without standard input")?;
        let answers = process.stdout.take().context("a process without standard output")?;
        Ok(Self { role, process, orders, answers: BufReader::new(answers).lines() })
    }

    /// Gives an order and waits for its answer.
    pub(super) async fn ask<T: DeserializeOwned>(&mut self, order: &impl Serialize) -> anyhow::Result<T> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        let role = self.role;
        self.orders.write_all(&line).await.with_context(|| format!("the bench's {role} has ended"))?;
        let Some(answer) = self.answers.next_line().await? else {
            bail!("the bench's {role} ended without an answer: see what it said on standard error");
        };
        match serde_json::from_str(&answer)
            .with_context(|| format!("the bench's {role} answered `{answer}`"))?
        {
            Answer::Done(done) => Ok(done),
            Answer::Failed(why) => Err(anyhow!("the bench's {role}: {why}")),
        }
    }

    /// Its process, to be looked at.
    pub(super) fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Ends it at once.
    pub(super) async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.process.kill().await?)
    }
}

/// This program, to be started again.
pub(super) fn this_program() -> anyhow::Result<Command> {
    Ok(Command::new(std::env::current_exe().context("this program can't find itself")?))
}
