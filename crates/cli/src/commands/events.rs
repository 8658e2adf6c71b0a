//! `shopwire events`: the events in the log of a running server.

use clap::{Args, Subcommand};
use serde_json::Value;
use shopwire_core::Timestamp;
use shopwire_engine::egress::Method;

use super::pages::{each, with_query};
use super::{Outcome, Verdict};
use crate::api::{ServerArgs, segment};
use crate::moment::moment;
use crate::output::{self, Output, row};

/// List the events in the log of a running server, and tell the story of one
#[derive(Debug, Args)]
pub(crate) struct Events {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The events, newest first; all that is given must hold
    List {
        #[command(flatten)]
        which: Which,
        /// So many at most
        #[arg(long, default_value_t = 50)]
        limit: usize,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// One event and all that became of it
    Show {
        /// The event's id
        event: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// Which events.
#[derive(Debug, Args)]
struct Which {
    /// Of this shop
    #[arg(long)]
    shop: Option<String>,
    /// Of this type, as in `order.created`
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// About this subject, as in `order/169`
    #[arg(long)]
    subject: Option<String>,
    /// Received in this dialect
    #[arg(long)]
    dialect: Option<String>,
    /// Received at this moment or later: a time, or how long ago as in `2h`
    #[arg(long, value_parser = moment)]
    since: Option<Timestamp>,
    /// Received before this moment
    #[arg(long, value_parser = moment)]
    until: Option<Timestamp>,
}

impl Events {
    /// Runs it.
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        match &self.what {
            What::List { which, limit, server } => list(server, &which.path(), *limit, output).await,
            What::Show { event, server } => {
                let path = format!("/v1/events/{}", segment(event));
                server.api()?.ask(Method::Get, &path, None).await?.tell(output, as_story)
            }
        }
    }
}

impl Which {
    fn path(&self) -> String {
        let moment = |moment: Option<Timestamp>| moment.map(|moment| moment.to_string());
        let parts = [
            ("shop", self.shop.clone()),
            ("type", self.event_type.clone()),
            ("subject", self.subject.clone()),
            ("dialect", self.dialect.clone()),
            ("since", moment(self.since)),
            ("until", moment(self.until)),
        ];
        with_query("/v1/events", &parts)
    }
}

async fn list(server: &ServerArgs, path: &str, limit: usize, output: Output) -> Outcome {
    let mut rows = vec![row(["EVENT", "RECEIVED", "TYPE", "SUBJECT", "TOPIC"])];
    let api = server.api()?;
    let listed = each(&api, path, limit, |event| {
        if output.is_json() {
            return output.emit(event, String::new);
        }
        rows.push(row(["id", "received_at", "type", "subject", "topic"].map(|name| text(event, name))));
        Ok(())
    });
    if let Some(refused) = listed.await? {
        return refused.tell(output, |_| String::new());
    }
    if !output.is_json() {
        output.line(&if rows.len() == 1 { "no such events".to_owned() } else { output::table(&rows) })?;
    }
    Ok(Verdict::Good)
}

fn as_story(story: &Value) -> String {
    let event = &story["event"];
    let topic = match text(event, "topic") {
        "" => String::new(),
        topic => format!("{}:{topic}", text(event, "dialect")),
    };
    let facts = [
        ("id", text(event, "id").to_owned()),
        ("shop", text(event, "shop").to_owned()),
        ("type", text(event, "type").to_owned()),
        ("subject", text(event, "subject").to_owned()),
        ("received", text(event, "received_at").to_owned()),
        ("as", topic),
    ];
    let facts: Vec<_> = facts.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let mut told = format!("event\n{}", output::facts(&facts));
    for delivery in story["deliveries"].as_array().into_iter().flatten() {
        told.push_str(&format!("\n{}: {}", text(delivery, "endpoint"), text(delivery, "state")));
        for name in ["reason", "at", "next_at"] {
            let value = text(delivery, name);
            if !value.is_empty() {
                told.push_str(&format!(", {} {value}", name.replace("_at", "").replace("at", "on")));
            }
        }
        for attempt in delivery["attempts"].as_array().into_iter().flatten().rev() {
            let status = attempt["status"].as_u64().map(|status| format!(" {status}")).unwrap_or_default();
            let (number, at) = (&attempt["number"], text(attempt, "at"));
            told.push_str(&format!("\n  attempt {number}, {at}: {}{status}", text(attempt, "outcome")));
        }
    }
    told
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}
