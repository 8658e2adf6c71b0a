//! `shopwire entities`: what a running server knows of a shop's state.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use shopwire_core::commerce::EntityKind;
use shopwire_engine::egress::Method;

use super::Outcome;
use crate::api::{Answer, ServerArgs, segment};
use crate::import::Import;
use crate::input;
use crate::output::Output;
use shopwire_core::did_you_mean;

/// Tell a running server the state of a shop, and ask for it
#[derive(Debug, Args)]
pub(crate) struct Entities {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Put a whole entity: it is compared with what was known, and the events that follow are told
    Put {
        #[command(flatten)]
        at: At,
        /// A file with its canonical JSON, `-` for standard input
        file: PathBuf,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Change some fields of an entity by a JSON Merge Patch
    Patch {
        #[command(flatten)]
        at: At,
        /// A file with the patch, `-` for standard input
        file: PathBuf,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Print an entity
    Get {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Delete an entity
    Delete {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        how: How,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Send many changes, one JSON object a line, and tell which lines were refused
    ///
    /// A line is as in `{"op":"put","collection":"orders","id":"169","entity":{…}}`; `patch` has a `patch`, `delete` neither.
    /// Lines go out in batches, so that a file of any length takes the same memory. Exit code 0 only if all went well.
    Import {
        /// The shop's id
        shop: String,
        /// A file of lines, `-` for standard input
        #[arg(default_value = "-")]
        file: PathBuf,
        /// `none` takes the state over silently, as for a shop's existing state; a line may say otherwise
        #[arg(long, value_enum)]
        events: Option<Events>,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// Which entity.
#[derive(Debug, Args)]
struct At {
    /// The shop's id
    shop: String,
    /// The collection, as in `orders`
    #[arg(value_parser = collection)]
    collection: EntityKind,
    /// The entity's id
    id: String,
}

/// How a change is done.
#[derive(Debug, Args)]
struct How {
    /// `none` takes the state over silently
    #[arg(long, value_enum)]
    events: Option<Events>,
    /// Why, in one word, as in `order`
    #[arg(long)]
    cause: Option<String>,
    /// Who did it
    #[arg(long)]
    actor: Option<String>,
}

/// Which events follow.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Events {
    /// None at all
    None,
}

fn collection(name: &str) -> Result<EntityKind, String> {
    EntityKind::of_collection(name).ok_or_else(|| {
        let known = || EntityKind::ALL.iter().map(|kind| kind.collection());
        did_you_mean(name, known())
            .unwrap_or_else(|| format!("there are {}", known().collect::<Vec<_>>().join(", ")))
    })
}

impl Entities {
    /// Runs it.
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        match &self.what {
            What::Put { at, file, how, server } => {
                let path = format!("{}{}", at.path(), how.query());
                server.api()?.ask(Method::Put, &path, Some(json_in(file)?)).await?.told(at, output)
            }
            What::Patch { at, file, how, server } => {
                let path = format!("{}{}", at.path(), how.query());
                server.api()?.ask(Method::Patch, &path, Some(json_in(file)?)).await?.told(at, output)
            }
            What::Delete { at, how, server } => {
                let path = format!("{}{}", at.path(), how.query());
                server.api()?.ask(Method::Delete, &path, None).await?.told(at, output)
            }
            What::Get { at, server } => {
                let answer = server.api()?.ask(Method::Get, &at.path(), None).await?;
                answer.tell(output, |seen| serde_json::to_string_pretty(&seen["entity"]).unwrap_or_default())
            }
            What::Import { shop, file, events, server } => {
                let path = format!("/v1/shops/{}/changes", segment(shop));
                let lines = open(file)?;
                Import { api: server.api()?, path, silent: events.is_some(), output }.run(lines).await
            }
        }
    }
}

impl At {
    fn path(&self) -> String {
        format!("/v1/shops/{}/{}/{}", segment(&self.shop), self.collection.collection(), segment(&self.id))
    }
}

impl How {
    fn query(&self) -> String {
        let events = self.events.map(|Events::None| "none");
        let parts = [("events", events), ("cause", self.cause.as_deref()), ("actor", self.actor.as_deref())];
        let given: Vec<String> =
            parts.iter().filter_map(|(name, value)| Some(format!("{name}={}", segment((*value)?)))).collect();
        if given.is_empty() { String::new() } else { format!("?{}", given.join("&")) }
    }
}

impl Answer {
    /// Prints what was written, and the events that followed.
    fn told(&self, at: &At, output: Output) -> Outcome {
        self.tell(output, |written| {
            let done = match (self.status, written["entity"].is_null()) {
                (201, _) => "created",
                (_, true) => "deleted",
                (_, false) => "written",
            };
            let mut text = format!("{}/{} {done}, version {}", at.collection, at.id, written["version"]);
            let events = written["events"].as_array().map(Vec::as_slice).unwrap_or_default();
            if events.is_empty() {
                text.push_str("\n  no events");
            }
            for event in events {
                let said = |name: &str| event[name].as_str().unwrap_or_default();
                text.push_str(&format!("\n  {}  {}  {}", said("id"), said("type"), said("subject")));
            }
            text
        })
    }
}

fn json_in(file: &Path) -> anyhow::Result<(&'static str, Bytes)> {
    let object = input::object(file)?;
    Ok(("application/json", Bytes::from(serde_json::to_vec(&Value::Object(object))?)))
}

fn open(file: &Path) -> anyhow::Result<Box<dyn std::io::BufRead + Send>> {
    if file == Path::new("-") {
        return Ok(Box::new(std::io::BufReader::new(std::io::stdin())));
    }
    let opened = std::fs::File::open(file).with_context(|| format!("`{}` can't be read", file.display()))?;
    if opened.metadata()?.is_dir() {
        return Err(anyhow!("`{}` is a directory: give a file of lines", file.display()));
    }
    Ok(Box::new(std::io::BufReader::new(opened)))
}
