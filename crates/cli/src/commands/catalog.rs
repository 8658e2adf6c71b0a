//! `shopwire catalog`: what the platforms can say.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use shopwire_core::commerce::CanonicalType;
use shopwire_core::{Clock as _, DialectId};
use shopwire_dialects::catalog::{Catalog, Topic};
use shopwire_dialects::{Dialect, SampleFacts, ShopIdentity};
use shopwire_engine::{SystemRandom, SystemTimer};

use super::{Outcome, Verdict};
use crate::output::{self, Output, row};
use crate::wildcards::{self, Covering};
use crate::{dialect_arg, samples};
use shopwire_core::did_you_mean;

/// List the topics of the platforms, and the event types they stand for
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct CatalogCommand {
    #[command(subcommand)]
    look: Option<Look>,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Debug, Subcommand)]
enum Look {
    /// All that is known of one topic, with a sample
    Show {
        /// The platform
        #[arg(value_parser = dialect_arg::platform())]
        dialect: DialectId,
        /// The topic in the platform's own words
        topic: String,
    },
    /// Every event type with the topics that stand for it
    Table {
        /// As a Markdown table
        #[arg(long)]
        markdown: bool,
    },
}

#[derive(Debug, Args)]
struct Filter {
    /// Only this platform
    #[arg(value_parser = dialect_arg::platform())]
    dialect: Option<DialectId>,
    /// Only topics of this event type
    #[arg(long, value_name = "TYPE", value_parser = event_type)]
    event_type: Option<CanonicalType>,
    /// Only topics that need this access scope
    #[arg(long)]
    scope: Option<String>,
    /// Only topics that have no event type and travel under their own name
    #[arg(long, conflicts_with = "canonical")]
    native: bool,
    /// Only topics that have an event type
    #[arg(long)]
    canonical: bool,
    /// Only topics in whose name, event type or summary this stands
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

fn event_type(name: &str) -> Result<CanonicalType, String> {
    name.parse().map_err(|_| {
        let meant = did_you_mean(name, CanonicalType::ALL.iter().map(|known| known.as_str()));
        meant.unwrap_or_else(|| "`shopwire catalog table` lists all".to_owned())
    })
}

/// A topic with whose it is.
#[derive(Serialize)]
struct Listed {
    dialect: DialectId,
    #[serde(flatten)]
    topic: &'static Topic,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<Value>,
}

impl CatalogCommand {
    /// Runs it.
    pub(crate) fn run(&self, output: Output) -> Outcome {
        match &self.look {
            None => self.filter.list(output),
            Some(Look::Show { dialect, topic }) => show(*dialect, topic, output),
            Some(Look::Table { markdown }) => table(*markdown, output),
        }
    }
}

impl Filter {
    fn list(&self, output: Output) -> Outcome {
        let dialects = shopwire_dialects::all().iter();
        let dialects = dialects.filter(|dialect| self.dialect.is_none_or(|wanted| wanted == dialect.id()));
        let patterns: Vec<_> = dialects.clone().flat_map(|dialect| wildcards::of(*dialect)).collect();
        let patterns: Vec<_> = patterns.into_iter().filter(|pattern| self.admits_wildcard(pattern)).collect();
        let topics =
            dialects.flat_map(|dialect| dialect.catalog().topics.iter().map(|topic| (dialect.id(), topic)));
        let found: Vec<_> = topics.filter(|(_, topic)| self.admits(topic)).collect();
        if output.is_json() {
            for (dialect, topic) in found {
                output.emit(&Listed { dialect, topic, sample: None }, String::new)?;
            }
            return Ok(patterns
                .iter()
                .try_for_each(|it| output.emit(it, String::new))
                .map(|()| Verdict::Good)?);
        }
        output.line(&(as_table(&found) + &as_table_of_wildcards(&patterns)))?;
        Ok(Verdict::Good)
    }

    /// A wildcard has no event type and no scope of its own, so whoever asks for these does not mean it.
    fn admits_wildcard(&self, pattern: &Covering) -> bool {
        let of_topics = self.event_type.is_some() || self.scope.is_some() || self.native || self.canonical;
        !of_topics
            && self.search.as_ref().is_none_or(|wanted| holds([pattern.wildcard, pattern.summary], wanted))
    }

    fn admits(&self, topic: &Topic) -> bool {
        let name = topic.event_type.map_or("", CanonicalType::as_str);
        let texts = || [topic.name, name, topic.summary].into_iter().chain(topic.aliases.iter().copied());
        self.event_type.is_none_or(|wanted| topic.event_type == Some(wanted))
            && self.scope.as_deref().is_none_or(|wanted| topic.scope == Some(wanted))
            && !(self.native && topic.event_type.is_some())
            && !(self.canonical && topic.event_type.is_none())
            && self.search.as_ref().is_none_or(|wanted| holds(texts(), wanted))
    }
}

fn holds<'a>(texts: impl IntoIterator<Item = &'a str>, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    texts.into_iter().any(|text| text.to_lowercase().contains(&wanted))
}

fn as_table(found: &[(DialectId, &'static Topic)]) -> String {
    let mut rows = vec![row(["DIALECT", "TOPIC", "EVENT TYPE", "NEEDS"])];
    rows.extend(found.iter().map(|(dialect, topic)| {
        let needs = topic.scope.or(topic.min_version).unwrap_or("-");
        row([dialect.as_str(), topic.name, topic.event_type.map_or("-", CanonicalType::as_str), needs])
    }));
    let count = if found.len() == 1 { "1 topic".to_owned() } else { format!("{} topics", found.len()) };
    format!("{}{count}", output::table(&rows))
}

/// Below the topics: nothing if there are none, as on most platforms.
fn as_table_of_wildcards(patterns: &[Covering]) -> String {
    if patterns.is_empty() {
        return String::new();
    }
    let mut rows = vec![row(["DIALECT", "WILDCARD", "TOPICS"])];
    rows.extend(
        patterns.iter().map(|pattern| {
            row([pattern.dialect.as_str(), pattern.wildcard, &pattern.covers.len().to_string()])
        }),
    );
    let count =
        if patterns.len() == 1 { "1 wildcard".to_owned() } else { format!("{} wildcards", patterns.len()) };
    format!("\n\n{}{count}, for subscribing", output::table(&rows))
}

fn show(dialect: DialectId, name: &str, output: Output) -> Outcome {
    let platform = shopwire_dialects::get(dialect).context("platforms are dialects")?;
    if let Some(pattern) = wildcards::of(platform).find(|pattern| pattern.wildcard == name) {
        output.emit(&pattern, || describe_wildcard(platform.catalog(), &pattern))?;
        return Ok(Verdict::Good);
    }
    let topic = samples::find(platform, name)?;
    let sample = sample_of(platform, topic)?;
    let listed = Listed { dialect, topic, sample: Some(sample) };
    output.emit(&listed, || describe(platform.catalog(), &listed))?;
    Ok(Verdict::Good)
}

/// The same sample each time would be a lie: ids and times are those of a real one.
fn sample_of(dialect: &dyn Dialect, topic: &'static Topic) -> anyhow::Result<Value> {
    let shop = ShopIdentity::default();
    let facts = SampleFacts { shop: &shop, subject_id: None, now: SystemTimer.now(), random: &SystemRandom };
    serde_json::from_slice(&dialect.sample(topic, &facts).body).context("the sample is not JSON")
}

fn describe(catalog: &Catalog, listed: &Listed) -> String {
    let topic = listed.topic;
    let list = |items: &[&str]| (!items.is_empty()).then(|| items.join(", "));
    let text = |text: Option<&str>| text.map(str::to_owned);
    let facts = [
        (
            "event type",
            Some(
                topic.event_type.map_or("none: travels under its own name", CanonicalType::as_str).to_owned(),
            ),
        ),
        ("sent when", text(Some(topic.summary))),
        ("note", text(topic.note)),
        ("about", Some(format!("{}, named by a {}", topic.subject, topic.identifier))),
        ("id at", list(topic.id)),
        ("scope", text(topic.scope)),
        ("since", text(topic.min_version)),
        ("beta", topic.beta.then(|| "yes".to_owned())),
        ("conflicts", list(topic.conflicts)),
        ("also spelt", list(topic.aliases)),
        ("on change of", list(topic.when.changed)),
        ("not only of", list(topic.when.ignoring)),
        ("REST call", text(topic.rest)),
        ("documented", list(catalog.docs)),
    ];
    let facts: Vec<_> = facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let sample = listed.sample.as_ref().and_then(|sample| serde_json::to_string_pretty(sample).ok());
    format!("{} {}\n{}{}", catalog.title, topic.name, output::facts(&facts), sample.unwrap_or_default())
}

fn describe_wildcard(catalog: &Catalog, pattern: &Covering) -> String {
    let facts = [
        ("stands for", pattern.summary.to_owned()),
        ("to be used", "for subscribing only: what is sent names its topic".to_owned()),
        ("covers", pattern.covers.join(", ")),
        ("documented", catalog.docs.join(", ")),
    ];
    format!("{} {}\n{}", catalog.title, pattern.wildcard, output::facts(&facts))
}

/// One line for each event type.
fn table(markdown: bool, output: Output) -> Outcome {
    let head: Vec<&str> =
        std::iter::once("event type").chain(DialectId::PLATFORMS.map(DialectId::as_str)).collect();
    let topics = |canonical: CanonicalType| {
        let topic =
            move |dialect: &&dyn Dialect| dialect.catalog().for_event_type(canonical).map(|topic| topic.name);
        shopwire_dialects::all().iter().map(topic)
    };
    if output.is_json() {
        for canonical in CanonicalType::ALL {
            let cells = head[1..]
                .iter()
                .zip(topics(*canonical))
                .map(|(name, topic)| ((*name).to_owned(), topic.into()));
            let mut line =
                serde_json::Map::from_iter([("event_type".to_owned(), Value::from(canonical.as_str()))]);
            line.extend(cells);
            output.emit(&line, String::new)?;
        }
        return Ok(Verdict::Good);
    }
    let mut rows: Vec<Vec<String>> = vec![head.iter().map(|name| (*name).to_owned()).collect()];
    rows.extend(CanonicalType::ALL.iter().map(|canonical| {
        let topics = topics(*canonical).map(|topic| topic.unwrap_or("-").to_owned());
        std::iter::once(canonical.as_str().to_owned()).chain(topics).collect()
    }));
    output.line(&if markdown { as_markdown(&rows) } else { output::table(&rows) })?;
    Ok(Verdict::Good)
}

fn as_markdown(rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let code = |cells: &Vec<String>| {
        let cell = |cell: &String| if cell == "-" { String::new() } else { format!("`{cell}`") };
        line(&cells.iter().map(cell).collect::<Vec<_>>())
    };
    let Some((head, body)) = rows.split_first() else { return String::new() };
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    line(head) + &rule + &body.iter().map(code).collect::<String>()
}
