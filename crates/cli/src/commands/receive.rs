//! `shopwire receive`: a local receiver that verifies and prints.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use http::StatusCode;
use serde_json::{Value, json};
use shopwire_core::{DialectId, Limits};
use shopwire_engine::{SystemTimer, Timer};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Outcome, Verdict};
use crate::config::listen_address;
use crate::dialect_arg;
use crate::keys::KeyArgs;
use crate::output::{self, Output};
use crate::receiver::{Judge, Received, router};
use crate::speaker::{Speaker, Told};

/// Verdicts that may wait to be printed.
const WAITING_MAX: usize = 64;

/// Receive webhooks on this machine: verify each and print what it says
#[derive(Debug, Args)]
pub(crate) struct Receive {
    /// Whose webhooks are expected
    #[arg(value_parser = dialect_arg::any())]
    dialect: DialectId,
    #[command(flatten)]
    keys: KeyArgs,
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7481", value_parser = listen_address)]
    listen: SocketAddr,
    /// End after the first request, with exit code 0 if it was genuine
    #[arg(long)]
    once: bool,
    /// The answer to genuine requests, instead of the one the platform wants; others are answered 401
    #[arg(long, value_name = "CODE", value_parser = status)]
    status: Option<StatusCode>,
    /// Print bodies too
    #[arg(long)]
    body: bool,
}

fn status(text: &str) -> Result<StatusCode, String> {
    let status = text.parse::<StatusCode>().ok().filter(|status| (200..=599).contains(&status.as_u16()));
    status.ok_or_else(|| "expected a status between 200 and 599".to_owned())
}

impl Receive {
    /// Runs it, until it is interrupted or has received its one request.
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        let keys = self.keys.read(self.dialect)?;
        let speaker = Speaker::of(self.dialect);
        let listener = TcpListener::bind(self.listen).await.with_context(|| {
            format!("can't listen on {}: choose another address with `--listen`", self.listen)
        })?;
        let address = listener.local_addr()?;
        let (verdicts, printed) = mpsc::channel(WAITING_MAX);
        let timer: Arc<dyn Timer> = Arc::new(SystemTimer);
        let success = StatusCode::from_u16(speaker.success()).unwrap_or(StatusCode::OK);
        let success = self.status.unwrap_or(success);
        let (limits, with_body) = (Limits::default(), self.body);
        let judge = Judge {
            speaker,
            keys,
            limits: limits.clone(),
            timer: Arc::clone(&timer),
            success,
            with_body,
            verdicts,
        };
        output.emit(&json!({ "listening": address }), || {
            format!("listening on http://{address}/ for {} webhooks", self.dialect)
        })?;
        let done = CancellationToken::new();
        let serving = shopwire_server::serve(listener, router(judge), limits, timer, until(done.clone()));
        let (served, verdict) = tokio::join!(serving, self.print(printed, done, output));
        served?;
        verdict
    }

    async fn print(
        &self,
        mut verdicts: mpsc::Receiver<Received>,
        done: CancellationToken,
        output: Output,
    ) -> Outcome {
        // However printing ends, serving ends with it.
        let _done = done.drop_guard();
        while let Some(received) = verdicts.recv().await {
            output.emit(&received, || as_text(&received))?;
            if self.once {
                return Ok(Verdict::of(received.genuine));
            }
        }
        Ok(Verdict::Good)
    }
}

async fn until(done: CancellationToken) {
    tokio::select! {
        () = done.cancelled() => {}
        // Without a handler there is nothing to wait for: the signal then ends the process by itself.
        Ok(()) = tokio::signal::ctrl_c() => {}
    }
}

fn as_text(received: &Received) -> String {
    let verdict = if received.genuine { "genuine" } else { "NOT GENUINE" };
    let mut facts: Vec<(&str, String)> = Vec::new();
    facts.extend(received.reason.iter().map(|why| ("why", why.clone())));
    facts.extend(received.told.iter().flat_map(Told::facts));
    facts.push(("answered", received.answered.to_string()));
    let mut text = format!("{verdict}\n{}", output::facts(&facts));
    if let Some(body) = &received.body {
        text.push_str(&pretty(body.get()));
    }
    text
}

fn pretty(body: &str) -> String {
    let value: Option<Value> = serde_json::from_str(body).ok();
    value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| body.to_owned())
}
