//! `docs/dialects/*.md`: one page for each dialect, made from its catalogue and its samples; and `docs/translation.md`,
//! which topics have a counterpart where.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use shopwire_core::{Random, Timestamp};
use shopwire_dialects::catalog::{Condition, Listed, Topic};
use shopwire_dialects::{Dialect, SampleFacts, ShopIdentity, all};

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

const WRITABLE: &str = "a string can be written to";

/// Samples are the same on every run.
struct Ones;

impl Random for Ones {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x11);
    }
}

fn page(dialect: &dyn Dialect) -> String {
    let catalog = dialect.catalog();
    let mut page = format!(
        "# {}\n\nMade from the catalogue (`crates/dialects/src/{}/catalog.toml`); don't edit it here. Its own documentation:\n{}.\n",
        catalog.title,
        dialect.id(),
        catalog.docs.iter().map(|url| format!("<{url}>")).collect::<Vec<_>>().join(",\n"),
    );
    page += "\n## Topics\n\n| topic | event type | sent when | scope | since |\n|---|---|---|---|---|\n";
    catalog.topics.iter().for_each(|topic| row(&mut page, topic));
    if !catalog.wildcards.is_empty() {
        page += "\n## Wildcards\n\n| wildcard | covers |\n|---|---|\n";
        for wildcard in catalog.wildcards {
            writeln!(page, "| `{}` | {} |", wildcard.name, wildcard.summary).expect(WRITABLE);
        }
    }
    page += "\n## Samples\n";
    let mut shapes = BTreeMap::<String, &str>::new();
    catalog.topics.iter().for_each(|topic| section(&mut page, dialect, topic, &mut shapes));
    page
}

fn row(page: &mut String, topic: &Topic) {
    let event_type =
        topic.event_type.map_or_else(String::new, |event_type| format!("`{}`", event_type.as_str()));
    let scope = topic.scope.map_or_else(String::new, |scope| format!("`{scope}`"));
    let since = topic.min_version.unwrap_or_default();
    writeln!(page, "| `{}` | {event_type} | {} | {scope} | {since} |", topic.name, topic.summary)
        .expect(WRITABLE);
}

fn section<'t>(
    page: &mut String,
    dialect: &dyn Dialect,
    topic: &'static Topic,
    shapes: &mut BTreeMap<String, &'t str>,
) where
    'static: 't,
{
    writeln!(page, "\n### `{}`\n\n{}", topic.name, topic.summary).expect(WRITABLE);
    let told = [
        topic.note.map(str::to_owned),
        condition(&topic.when),
        list("Can't be registered together with", topic.conflicts),
        list("Also read as", topic.aliases),
        topic.rest.map(|rest| format!("More is told by `{rest}`.")),
        (topic.listed == Listed::Later).then(|| "Not in the list this project began with.".to_owned()),
    ];
    for told in told.into_iter().flatten() {
        writeln!(page, "{told}").expect(WRITABLE);
    }
    let draft = dialect.sample(topic, &facts());
    let body: Value = serde_json::from_slice(&draft.body).expect("samples are JSON");
    let shape = shape(&body);
    match shapes.get(&shape) {
        Some(other) if draft.body.len() > 400 => {
            writeln!(page, "\nThe body has the form of that of `{other}`.").expect(WRITABLE);
        }
        _ => {
            let text = String::from_utf8(draft.body).expect("bodies are UTF-8");
            let fenced = if text.len() > 400 {
                serde_json::to_string_pretty(&body).expect("values can be written")
            } else {
                text
            };
            writeln!(page, "\n```json\n{fenced}\n```").expect(WRITABLE);
            shapes.entry(shape).or_insert(topic.name);
        }
    }
}

fn condition(when: &Condition) -> Option<String> {
    let changed = list("Only if one of these fields changed:", when.changed);
    let ignoring = list("Not if nothing else changed than", when.ignoring);
    let telling = list("Only if the event tells", when.telling);
    let except = when
        .except
        .iter()
        .map(|except| list(&format!("Not if `{}` is or was", except.field), except.is).unwrap_or_default());
    let told: Vec<String> = changed.into_iter().chain(ignoring).chain(telling).chain(except).collect();
    (!told.is_empty()).then(|| told.join("\n"))
}

fn list(what: &str, names: &[&str]) -> Option<String> {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("{what} {}.", names.join(", ")))
}

fn facts() -> SampleFacts<'static> {
    static SHOP: std::sync::OnceLock<ShopIdentity> = std::sync::OnceLock::new();
    let shop = SHOP.get_or_init(ShopIdentity::default);
    SampleFacts { shop, subject_id: None, now: Timestamp::from_secs(1_764_000_000), random: &Ones }
}

/// Paths and types, without values.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("{name}:{}", shape(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.first().map(shape).unwrap_or_default()),
        Value::String(_) => "s".to_owned(),
        Value::Number(_) => "n".to_owned(),
        Value::Bool(_) => "b".to_owned(),
        Value::Null => "0".to_owned(),
    }
}

/// For every pair of platforms: how many topics of the one have a counterpart in the other, and which.
fn translation() -> String {
    let mut page = String::from(
        "# Which topics translate\n\nMade from the catalogues; don't edit it here. A webhook of the platform in the row becomes one of the platform in the\ncolumn where both have a topic for the same event type (`shopwire translate`). On the diagonal the body stays what it\nwas, byte for byte.\n\n",
    );
    let names: Vec<_> = all().iter().map(|dialect| dialect.catalog().title).collect();
    writeln!(page, "| from \\ to | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()))
        .expect(WRITABLE);
    for from in all() {
        let cells: Vec<_> = all().iter().map(|to| pairs(*from, *to).len().to_string()).collect();
        writeln!(page, "| {} | {} |", from.catalog().title, cells.join(" | ")).expect(WRITABLE);
    }
    page += "\n## By event type\n\n";
    writeln!(page, "| event type | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()))
        .expect(WRITABLE);
    for event_type in shopwire_core::commerce::CanonicalType::ALL {
        let cells = all().iter().map(|dialect| {
            let topic = dialect.catalog().for_event_type(*event_type);
            topic.map_or_else(String::new, |topic| format!("`{}`", topic.name))
        });
        writeln!(page, "| `{}` | {} |", event_type.as_str(), cells.collect::<Vec<_>>().join(" | "))
            .expect(WRITABLE);
    }
    page
}

fn pairs(from: &dyn Dialect, to: &dyn Dialect) -> Vec<(&'static str, &'static str)> {
    let counterpart = |topic: &'static Topic| {
        if from.id() == to.id() {
            return Some((topic.name, topic.name));
        }
        Some((topic.name, to.catalog().for_event_type(topic.event_type?)?.name))
    };
    from.catalog().topics.iter().filter_map(counterpart).collect()
}

fn files() -> Vec<(String, String)> {
    let pages = all().iter().map(|dialect| (format!("{DOCS}/dialects/{}.md", dialect.id()), page(*dialect)));
    pages.chain([(format!("{DOCS}/translation.md"), translation())]).collect()
}

#[test]
fn the_pages_are_up_to_date() {
    for (path, page) in files() {
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == page,
            "{path} is out of date: run `cargo test -p shopwire-dialects --test it -- --ignored write_the_pages`"
        );
    }
}

#[test]
#[ignore = "writes docs/dialects/*.md and docs/translation.md: run it by name when a catalogue or a sample has changed"]
fn write_the_pages() {
    std::fs::create_dir_all(format!("{DOCS}/dialects")).expect("the folder of the pages");
    for (path, page) in files() {
        std::fs::write(path, page).expect("a page");
    }
}
