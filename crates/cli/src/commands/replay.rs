//! `shopwire replay`: sending past events again from a running server.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use shopwire_core::Timestamp;
use shopwire_engine::egress::Method;
use shopwire_engine::{SystemTimer, Timer as _};

use super::{Outcome, Verdict};
use crate::api::{Answer, Api, ServerArgs, segment};
use crate::moment::moment;
use crate::output::{self, Output, row};

/// Milliseconds between two looks at a replay that is watched.
const WATCH_EVERY_MS: u64 = 500;

/// Send past events again from a running server, as jobs that survive its restart
#[derive(Debug, Args)]
pub(crate) struct ReplayCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Send a selection of past events to an endpoint, again or for the first time
    Start {
        /// The endpoint they are sent to: the one that got them, or another one
        #[arg(long, value_name = "ENDPOINT")]
        to: String,
        #[command(flatten)]
        which: Box<Which>,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// The replays that are known, newest first
    List {
        #[command(flatten)]
        server: ServerArgs,
    },
    /// One replay and how far it has come
    Show {
        /// The replay's id
        replay: String,
        /// Go on until it has ended
        #[arg(long)]
        watch: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// End a replay; what it has queued is sent all the same
    Cancel {
        /// The replay's id
        replay: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// Which events. All that is given must hold.
#[derive(Debug, Args)]
struct Which {
    /// This event; several times for several, and then nothing else
    #[arg(long, value_name = "EVENT")]
    event: Vec<String>,
    /// Of this shop
    #[arg(long)]
    shop: Option<String>,
    /// Of this type, as in `order.created` or `order.*`; several times for several
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
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
    /// Of which this became
    #[arg(long, value_enum)]
    outcome: Option<Became>,
    /// At this endpoint, if not at the one of `--to`
    #[arg(long, value_name = "ENDPOINT", requires = "outcome")]
    at: Option<String>,
    /// Given up for this reason, as in `exhausted`
    #[arg(long, requires = "outcome")]
    reason: Option<String>,
}

/// What became of an event at an endpoint.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Became {
    /// Its last attempt delivered it
    Delivered,
    /// Its last attempt failed
    Failed,
    /// It is on the dead-letter list
    Dead,
    /// No attempt was ever made
    Missing,
}

/// How a replay goes.
#[derive(Debug, Args)]
pub(super) struct How {
    /// Events per second
    #[arg(long)]
    rate: Option<u64>,
    /// Send events too that the endpoint's topics do not cover
    #[arg(long)]
    ignore_topics: bool,
    /// Count only, and show the first few
    #[arg(long, conflicts_with = "watch")]
    dry_run: bool,
    /// Go on until it has ended
    #[arg(long)]
    watch: bool,
}

impl ReplayCommand {
    /// Runs it.
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        match &self.what {
            What::Start { to, which, how, server } => {
                start(&server.api()?, to, &which.selection(), how, output).await
            }
            What::List { server } => list(&server.api()?, output).await,
            What::Show { replay, watch: true, server } => watch(&server.api()?, replay, output).await,
            What::Show { replay, watch: false, server } => {
                seen(&server.api()?, replay).await?.tell(output, as_facts)
            }
            What::Cancel { replay, server } => {
                let path = format!("/v1/replays/{}/cancel", segment(replay));
                server.api()?.ask(Method::Post, &path, None).await?.tell(output, as_facts)
            }
        }
    }
}

impl Which {
    fn selection(&self) -> Value {
        let outcome = self.outcome.and_then(|became| became.to_possible_value());
        let outcome = outcome.map(|is| {
            let facts = [("endpoint", self.at.clone().into()), ("reason", self.reason.clone().into())];
            given(facts.into_iter().chain([("is", is.get_name().into())]))
        });
        given([
            ("events", self.event.clone().into()),
            ("shop", self.shop.clone().into()),
            ("types", self.types.clone().into()),
            ("subject", self.subject.clone().into()),
            ("dialect", self.dialect.clone().into()),
            ("since", told(self.since)),
            ("until", told(self.until)),
            ("outcome", outcome.into()),
        ])
    }
}

/// A moment as the API wants it.
pub(super) fn told(moment: Option<Timestamp>) -> Value {
    moment.map(|moment| moment.to_string()).into()
}

/// An object of what is given.
pub(super) fn given(facts: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let is_given = |value: &Value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
    let facts = facts.into_iter().filter(|(_, value)| is_given(value));
    Value::Object(facts.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// Makes a replay, or counts what it would do.
pub(super) async fn start(api: &Api, to: &str, selection: &Value, how: &How, output: Output) -> Outcome {
    let body = json!({
        "endpoint": to,
        "selection": selection,
        "rate": how.rate,
        "ignore_topics": how.ignore_topics,
        "dry_run": how.dry_run,
    });
    let answer = api.ask_json(Method::Post, "/v1/replays", &body).await?;
    if how.dry_run {
        return answer.tell(output, as_preview);
    }
    if how.watch && answer.is_good() {
        return watch(api, text(&answer.json()?, "id"), output).await;
    }
    answer.tell(output, as_facts)
}

async fn seen(api: &Api, replay: &str) -> anyhow::Result<Answer> {
    api.ask(Method::Get, &format!("/v1/replays/{}", segment(replay)), None).await
}

/// Prints how a replay goes on, until it has ended: good if it has finished.
async fn watch(api: &Api, replay: &str, output: Output) -> Outcome {
    let mut last = String::new();
    loop {
        let answer = seen(api, replay).await?;
        let value = answer.json()?;
        let state = text(&value, "state");
        if !answer.is_good() || !matches!(state, "queued" | "running") {
            answer.tell(output, as_facts)?;
            return Ok(Verdict::of(answer.is_good() && state == "finished"));
        }
        let line = format!("{state} {}%: {}", value["percent"], counts(&value));
        if line != last {
            output.note(&line)?;
            last = line;
        }
        SystemTimer.sleep_ms(WATCH_EVERY_MS).await;
    }
}

async fn list(api: &Api, output: Output) -> Outcome {
    let mut rows = vec![row(["REPLAY", "STATE", "DONE", "QUEUED", "SKIPPED", "ENDPOINT", "MADE"])];
    let listed = super::pages::each(api, "/v1/replays", usize::MAX, |replay| {
        if output.is_json() {
            return output.emit(replay, String::new);
        }
        let (done, queued, skipped) =
            (format!("{}%", replay["percent"]), replay["queued"].to_string(), skipped(replay).to_string());
        rows.push(row([
            text(replay, "id"),
            text(replay, "state"),
            &done,
            &queued,
            &skipped,
            text(replay, "endpoint"),
            text(replay, "created_at"),
        ]));
        Ok(())
    });
    if let Some(refused) = listed.await? {
        return refused.tell(output, |_| String::new());
    }
    if !output.is_json() {
        let none = "no replays yet: `shopwire replay start` makes one";
        output.line(&if rows.len() == 1 { none.to_owned() } else { output::table(&rows) })?;
    }
    Ok(Verdict::Good)
}

fn as_facts(replay: &Value) -> String {
    let facts = [
        ("id", text(replay, "id").to_owned()),
        ("to", text(replay, "endpoint").to_owned()),
        ("selection", replay["selection"].to_string()),
        ("state", text(replay, "state").to_owned()),
        ("reason", text(replay, "reason").to_owned()),
        ("done", format!("{}%: {}", replay["percent"], counts(replay))),
        ("rate", format!("{} a second", replay["rate"])),
        ("made", text(replay, "created_at").to_owned()),
    ];
    let facts: Vec<_> = facts.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    format!("replay\n{}", output::facts(&facts))
}

fn as_preview(preview: &Value) -> String {
    let whole = preview["complete"].as_bool().unwrap_or(false);
    let mut told = if whole { String::new() } else { "at least ".to_owned() };
    told.push_str(&format!("{}; nothing was sent", counts(preview)));
    if !whole {
        told.push_str("\nnot everything was looked at: limit `scan_rows_max` says how much is");
    }
    for event in preview["first"].as_array().into_iter().flatten() {
        let [id, at] = ["id", "received_at"].map(|name| text(event, name));
        told.push_str(&format!("\n  {id}  {at}  {}  {}", text(event, "type"), text(event, "subject")));
    }
    told
}

/// How many were selected, queued and skipped, and why.
fn counts(replay: &Value) -> String {
    let reasons = replay["skipped"].as_object().into_iter().flatten();
    let reasons: Vec<_> = reasons
        .filter(|(_, count)| count.as_u64() != Some(0))
        .map(|(reason, count)| format!("{count} {}", reason.replace('_', " ")))
        .collect();
    let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    format!("{} selected, {} queued, {} skipped{why}", replay["selected"], replay["queued"], skipped(replay))
}

fn skipped(replay: &Value) -> u64 {
    replay["skipped"].as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}
