//! Turns each dialect's `catalog.toml` into a static table, and refuses to build a wrong one.

#![expect(clippy::print_stdout, reason = "build scripts speak to cargo on standard output")]

mod source;

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use shopwire_core::commerce::CanonicalType;
use source::{CatalogFile, TopicLine};

const DIALECTS: [&str; 5] = ["ecwid", "bigcommerce", "shoptet", "shoplazza", "duda"];

#[expect(clippy::disallowed_methods, reason = "build scripts are told where to write by environment")]
fn main() {
    println!("cargo::rerun-if-changed=build");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let mut code = String::new();
    for dialect in DIALECTS {
        let path = format!("src/{dialect}/catalog.toml");
        println!("cargo::rerun-if-changed={path}");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let catalog = source::read(dialect, &text).unwrap_or_else(|error| panic!("{path}: {error}"));
        emit(&mut code, dialect, &catalog);
    }
    fs::write(Path::new(&out).join("catalogs.rs"), code).expect("OUT_DIR can be written");
}

fn emit(code: &mut String, dialect: &str, catalog: &CatalogFile) {
    let constant = dialect.to_uppercase();
    let about = &catalog.dialect;
    writeln!(
        code,
        "/// The catalogue of {title}.\npub static {constant}: Catalog = Catalog {{ title: {title:?}, docs: &{docs:?}, wildcards: &[",
        title = about.title,
        docs = about.docs,
    )
    .expect("a string can be written to");
    for wildcard in &catalog.wildcard {
        writeln!(code, "Wildcard {{ name: {:?}, summary: {:?} }},", wildcard.name, wildcard.summary)
            .expect("a string can be written to");
    }
    code.push_str("], topics: &[\n");
    for topic in &catalog.topic {
        emit_topic(code, topic);
    }
    code.push_str("] };\n");
}

fn emit_topic(code: &mut String, topic: &TopicLine) {
    let event_type = match &topic.event_type {
        Some(name) => format!("Some(CanonicalType::{})", variant(name)),
        None => "None".to_owned(),
    };
    writeln!(
        code,
        "Topic {{ name: {:?}, event_type: {event_type}, subject: {:?}, id: &{:?}, identifier: {:?}, scope: {:?}, \
         min_version: {:?}, beta: {}, conflicts: &{:?}, aliases: &{:?}, rest: {:?}, when: {}, summary: {:?}, \
         note: {:?}, listed: Listed::{}, sample: {:?} }},",
        topic.name,
        topic.subject,
        topic.id,
        topic.identifier,
        topic.scope,
        topic.min_version,
        topic.beta,
        topic.conflicts,
        topic.aliases,
        topic.rest,
        condition(topic),
        topic.summary,
        topic.note,
        if topic.listed == source::ListedIn::Seed { "Seed" } else { "Later" },
        topic.sample,
    )
    .expect("a string can be written to");
}

fn condition(topic: &TopicLine) -> String {
    let except: Vec<_> = topic
        .except
        .iter()
        .map(|except| format!("Except {{ field: {:?}, is: &{:?} }}", except.field, except.is))
        .collect();
    format!(
        "Condition {{ changed: &{:?}, ignoring: &{:?}, telling: &{:?}, except: &[{}] }}",
        topic.fields,
        topic.ignores,
        topic.telling,
        except.join(", ")
    )
}

/// The name of the Rust variant of an event type that is known to exist.
fn variant(event_type: &str) -> String {
    let canonical: CanonicalType = event_type.parse().expect("checked when the catalogue was read");
    format!("{canonical:?}")
}
