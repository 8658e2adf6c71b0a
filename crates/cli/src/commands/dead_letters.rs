//! `shopwire dead-letters`: deliveries that a running server has given up.

use clap::{Args, Subcommand};
use serde_json::Value;
use shopwire_core::Timestamp;
use shopwire_engine::egress::Method;

use super::pages::{each, with_query};
use super::replay::{How, given, start, told};
use super::{Outcome, Verdict};
use crate::api::{ServerArgs, segment};
use crate::moment::moment;
use crate::output::{self, Output, row};

/// List the deliveries that a running server has given up, send them again, or take them off the list
#[derive(Debug, Args)]
pub(crate) struct DeadLetters {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The dead letters, newest first
    List {
        /// Of this endpoint
        #[arg(long)]
        endpoint: Option<String>,
        /// Given up for this reason, as in `exhausted`
        #[arg(long)]
        reason: Option<String>,
        /// So many at most
        #[arg(long, default_value_t = 50)]
        limit: usize,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Send the dead letters of an endpoint again, as a replay
    Replay {
        #[command(flatten)]
        which: Which,
        /// To another endpoint
        #[arg(long, value_name = "ENDPOINT")]
        to: Option<String>,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Take dead letters of an endpoint off the list without sending them again
    Delete {
        #[command(flatten)]
        which: Which,
        /// Only that of this event
        #[arg(long, conflicts_with_all = ["reason", "since", "until", "all"])]
        event: Option<String>,
        /// All of them
        #[arg(long, required_unless_present_any = ["reason", "since", "until", "event"])]
        all: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// Which dead letters. All that is given must hold.
#[derive(Debug, Args)]
struct Which {
    /// Of this endpoint
    #[arg(long)]
    endpoint: String,
    /// Given up for this reason, as in `exhausted`
    #[arg(long)]
    reason: Option<String>,
    /// Given up at this moment or later: a time, or how long ago as in `2h`
    #[arg(long, value_parser = moment)]
    since: Option<Timestamp>,
    /// Given up before this moment
    #[arg(long, value_parser = moment)]
    until: Option<Timestamp>,
}

impl DeadLetters {
    /// Runs it.
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        match &self.what {
            What::List { endpoint, reason, limit, server } => {
                let parts = [("endpoint", endpoint.clone()), ("reason", reason.clone())];
                list(server, &with_query("/v1/dead_letters", &parts), *limit, output).await
            }
            What::Replay { which, to, how, server } => {
                let to = to.as_deref().unwrap_or(&which.endpoint);
                start(&server.api()?, to, &which.selection(), how, output).await
            }
            What::Delete { which, event: Some(event), server, .. } => {
                let path = format!("/v1/dead_letters/{}/{}", segment(&which.endpoint), segment(event));
                let answer = server.api()?.ask(Method::Delete, &path, None).await?;
                answer.tell(output, |_| "1 dismissed".to_owned())
            }
            What::Delete { which, event: None, server, .. } => {
                let answer = server.api()?.ask(Method::Delete, &which.path(), None).await?;
                answer.tell(output, |answer| format!("{} dismissed", answer["dismissed"]))
            }
        }
    }
}

impl Which {
    fn selection(&self) -> Value {
        let outcome = given([
            ("endpoint", self.endpoint.clone().into()),
            ("is", "dead".into()),
            ("reason", self.reason.clone().into()),
            ("since", told(self.since)),
            ("until", told(self.until)),
        ]);
        given([("outcome", outcome)])
    }

    fn path(&self) -> String {
        let moment = |moment: Option<Timestamp>| moment.map(|moment| moment.to_string());
        let parts = [
            ("endpoint", Some(self.endpoint.clone())),
            ("reason", self.reason.clone()),
            ("since", moment(self.since)),
            ("until", moment(self.until)),
        ];
        with_query("/v1/dead_letters", &parts)
    }
}

async fn list(server: &ServerArgs, path: &str, limit: usize, output: Output) -> Outcome {
    let mut rows = vec![row(["EVENT", "ENDPOINT", "REASON", "GIVEN UP", "ATTEMPTS", "LAST"])];
    let api = server.api()?;
    let listed = each(&api, path, limit, |letter| {
        if output.is_json() {
            return output.emit(letter, String::new);
        }
        let text = |name: &str| letter[name].as_str().unwrap_or_default();
        let status = letter["last_status"].as_u64().map(|status| format!(" {status}"));
        let last = format!("{}{}", text("last_outcome"), status.unwrap_or_default());
        let attempts = letter["attempts"].to_string();
        rows.push(row([text("event"), text("endpoint"), text("reason"), text("at"), &attempts, &last]));
        Ok(())
    });
    if let Some(refused) = listed.await? {
        return refused.tell(output, |_| String::new());
    }
    if !output.is_json() {
        output.line(&if rows.len() == 1 { "no dead letters".to_owned() } else { output::table(&rows) })?;
    }
    Ok(Verdict::Good)
}
