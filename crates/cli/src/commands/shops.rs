//! `shopwire shops`: the shops of a running server.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shopwire_core::DialectId;
use shopwire_engine::egress::Method;

use super::{Outcome, Verdict};
use crate::api::{Api, ServerArgs, segment};
use crate::output::{self, Output, row};

/// List, show, create and delete the shops of a running server
#[derive(Debug, Args)]
pub(crate) struct Shops {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The shops, in the order they were made
    List {
        #[command(flatten)]
        server: ServerArgs,
    },
    /// One shop
    Show {
        /// The shop's id
        shop: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Make a shop known
    Create {
        /// A name for people
        name: String,
        /// Who it is on a platform, as in `ecwid.store_id=1003`; several times for several parts
        #[arg(long, value_name = "DIALECT.NAME=VALUE", value_parser = identity)]
        identity: Vec<Identity>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Forget a shop that no source and no endpoint belongs to
    Delete {
        /// The shop's id
        shop: String,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// A part of a shop's identity on a platform.
#[derive(Debug, Clone)]
struct Identity {
    dialect: DialectId,
    name: String,
    value: String,
}

fn identity(text: &str) -> Result<Identity, String> {
    const FORM: &str = "expected a platform, a name and a value, as in `ecwid.store_id=1003`";
    let (dialect, part) = text.split_once('.').ok_or(FORM)?;
    let (name, value) =
        part.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty()).ok_or(FORM)?;
    let dialect = dialect.parse::<DialectId>().map_err(|error| error.to_string())?;
    Ok(Identity { dialect, name: name.to_owned(), value: value.to_owned() })
}

impl Shops {
    /// Runs it.
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        match &self.what {
            What::List { server } => list(&server.api()?, output).await,
            What::Show { shop, server } => {
                let path = format!("/v1/shops/{}", segment(shop));
                server.api()?.ask(Method::Get, &path, None).await?.tell(output, as_facts)
            }
            What::Create { name, identity, server } => {
                let body = json!({ "name": name, "identities": identities(identity) });
                let answer = server.api()?.ask_json(Method::Post, "/v1/shops", &body).await?;
                answer.tell(output, as_facts)
            }
            What::Delete { shop, server } => {
                let path = format!("/v1/shops/{}", segment(shop));
                let answer = server.api()?.ask(Method::Delete, &path, None).await?;
                answer.tell(output, |_| format!("{shop} is forgotten; its events stay in the log"))
            }
        }
    }
}

fn identities(given: &[Identity]) -> BTreeMap<DialectId, BTreeMap<&str, &str>> {
    let mut identities: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for Identity { dialect, name, value } in given {
        identities.entry(*dialect).or_default().insert(name.as_str(), value.as_str());
    }
    identities
}

/// All pages: shops are few.
async fn list(api: &Api, output: Output) -> Outcome {
    let mut rows = vec![row(["SHOP", "NAME", "IDENTITIES"])];
    let mut query = String::new();
    loop {
        let answer = api.ask(Method::Get, &format!("/v1/shops{query}"), None).await?;
        if !answer.is_good() {
            return answer.tell(output, |_| String::new());
        }
        let page = answer.json()?;
        for shop in page["items"].as_array().into_iter().flatten() {
            if output.is_json() {
                output.emit(shop, String::new)?;
            }
            rows.push(row([text(shop, "id"), text(shop, "name"), &said(&shop["identities"])]));
        }
        match page["next"].as_str() {
            Some(next) => query = format!("?cursor={}", segment(next)),
            None => break,
        }
    }
    if !output.is_json() {
        let none = "no shops yet: `shopwire shops create NAME` makes one known";
        output.line(&if rows.len() == 1 { none.to_owned() } else { output::table(&rows) })?;
    }
    Ok(Verdict::Good)
}

fn as_facts(shop: &Value) -> String {
    let facts = [
        ("id", text(shop, "id").to_owned()),
        ("name", text(shop, "name").to_owned()),
        ("identities", said(&shop["identities"])),
        ("created", text(shop, "created_at").to_owned()),
    ];
    let facts: Vec<_> = facts.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    format!("shop\n{}", output::facts(&facts))
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// Identities as they are given: `ecwid.store_id=1003`.
fn said(identities: &Value) -> String {
    let of = |(dialect, parts): (&String, &Value)| -> Vec<String> {
        let parts = parts.as_object().into_iter().flatten();
        parts
            .map(|(name, value)| format!("{dialect}.{name}={}", value.as_str().unwrap_or_default()))
            .collect()
    };
    identities.as_object().into_iter().flatten().flat_map(of).collect::<Vec<_>>().join(" ")
}
