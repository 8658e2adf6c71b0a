//! `shopwire trigger`: a genuine signed request of any topic.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use clap::{Args, ValueEnum};
use ipnet::IpNet;
use serde_json::{Value, json};
use shopwire_core::{Clock as _, DialectId, Headers};
use shopwire_dialects::{Key, Outgoing, SampleFacts};
use shopwire_engine::egress::{Egress, EgressConfig, Exchange, OutRequest, Pool, SystemResolver, Target};
use shopwire_engine::{SystemRandom, SystemTimer};
use url::Url;

use super::{Outcome, Verdict};
use crate::http_text::Request;
use crate::identity::{self, shop_part};
use crate::input;
use crate::keys::KeyArgs;
use crate::output::Output;
use crate::samples::canonical::Own;
use crate::{curl, dialect_arg, samples};

/// Characters of an answer that are shown to people.
const SHOWN_CHARS: usize = 200;

/// Send a genuine signed request of any topic
///
/// Exit code 0 only if all were answered 2xx.
#[derive(Debug, Args)]
pub(crate) struct Trigger {
    /// Whose webhook it is
    #[arg(value_parser = dialect_arg::any())]
    dialect: DialectId,
    /// The topic in the platform's own words; for cloudevents an event type. `shopwire catalog` lists them
    topic: String,
    /// Where to send it; the default is where `shopwire receive` listens
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7481/")]
    to: String,
    #[command(flatten)]
    keys: KeyArgs,
    /// A part of the shop's identity, as in `store_id=1003`; several times for several parts
    #[arg(long, value_name = "NAME=VALUE", value_parser = shop_part)]
    shop: Vec<(String, String)>,
    /// The id of what it is about
    #[arg(long)]
    id: Option<String>,
    /// Tell of this entity instead of a sample: a file with its canonical JSON, `-` for standard input
    #[arg(long, value_name = "FILE")]
    entity: Option<PathBuf>,
    /// Former values of its fields that changed: a file with a JSON object
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// What the event says beyond its entity, as in `line_item_id=7`; several times for several
    #[arg(long, value_name = "NAME=VALUE", value_parser = named)]
    detail: Vec<(String, String)>,
    /// How many to send, one after the other, each a new event
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Print the request instead of sending it
    #[arg(long, value_enum, value_name = "FORM")]
    show: Option<Form>,
}

/// How a request is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// As it goes over the wire
    Http,
    /// As a command for the shell
    Curl,
}

fn named(text: &str) -> Result<(String, String), String> {
    let part = text.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty());
    let part = part.ok_or("expected a name and a value, as in `line_item_id=7`")?;
    Ok((part.0.to_owned(), part.1.to_owned()))
}

impl Trigger {
    /// Runs it.
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        let keys = self.keys.read(self.dialect)?;
        let own = self.own()?;
        let target = Target::parse(&self.to).with_context(|| format!("`{}` can't be sent to", self.to))?;
        if let Some(form) = self.show {
            self.print(form, &self.sample(&keys, &own)?, output)?;
            return Ok(Verdict::Good);
        }
        let pool = way_out()?.pool(target, 1);
        let mut all_good = true;
        for number in 1..=self.count {
            let exchange = exchange(&pool, self.sample(&keys, &own)?).await?;
            let good = exchange.result.as_ref().is_ok_and(|response| (200..300).contains(&response.status));
            output.emit(&as_json(&exchange), || self.as_text(number, &exchange))?;
            all_good &= good;
        }
        Ok(Verdict::of(all_good))
    }

    /// What is given in place of the sample.
    fn own(&self) -> anyhow::Result<Own> {
        let object = |path: &Option<PathBuf>| path.as_deref().map(input::object).transpose();
        Ok(Own {
            entity: object(&self.entity)?,
            previous: object(&self.previous)?,
            details: self.detail.clone(),
        })
    }

    fn sample(&self, keys: &[Key], own: &Own) -> anyhow::Result<Outgoing> {
        let shop = identity::of(&self.shop);
        let (now, random) = (SystemTimer.now(), &SystemRandom);
        let facts = SampleFacts { shop: &shop, subject_id: self.id.as_deref(), now, random };
        samples::signed(self.dialect, &self.topic, keys, &facts, own)
    }

    fn print(&self, form: Form, sample: &Outgoing, output: Output) -> anyhow::Result<()> {
        let mut url = Url::parse(&self.to)?;
        if let Some(added) = &sample.query {
            let query = url.query().map_or_else(|| added.clone(), |own| format!("{own}&{added}"));
            url.set_query(Some(&query));
        }
        let body = String::from_utf8_lossy(&sample.body);
        if output.is_json() {
            let headers: Vec<_> = sample.headers.iter().collect();
            let request = json!({ "method": "POST", "url": url.as_str(), "headers": headers, "body": body });
            return Ok(output.emit(&request, String::new)?);
        }
        let bytes = match form {
            Form::Curl => curl::command(url.as_str(), &sample.headers, &body).into_bytes(),
            Form::Http => on_the_wire(&self.to, &url, sample)?.to_bytes(),
        };
        Ok(output.raw(&bytes)?)
    }

    fn as_text(&self, number: u32, exchange: &Exchange) -> String {
        let count = if self.count > 1 { format!("{number}/{}  ", self.count) } else { String::new() };
        let latency_ms = exchange.latency_ms;
        match &exchange.result {
            Err(failure) => format!("{count}no answer after {latency_ms} ms: {failure}"),
            Ok(response) => {
                let reason = http::StatusCode::from_u16(response.status).ok();
                let reason = reason.and_then(|status| status.canonical_reason()).unwrap_or_default();
                let body = String::from_utf8_lossy(&response.body_start);
                let start: String = body.trim().chars().take(SHOWN_CHARS).collect();
                let gap = if start.is_empty() { "" } else { "  " };
                format!("{count}{} {reason} in {latency_ms} ms{gap}{start}", response.status)
            }
        }
    }
}

/// Anywhere: whoever runs this command names the URL.
fn way_out() -> anyhow::Result<Egress> {
    let everywhere = ["0.0.0.0/0", "::/0"].map(|net| net.parse::<IpNet>().expect("these are networks"));
    let config = EgressConfig { allowed: everywhere.to_vec(), plain_http: true, ..EgressConfig::default() };
    Ok(Egress::new(config, Arc::new(SystemTimer), Arc::new(SystemResolver))?)
}

async fn exchange(pool: &Pool, sample: Outgoing) -> anyhow::Result<Exchange> {
    let request = OutRequest::new(sample.headers, Bytes::from(sample.body))?;
    let request = match sample.query {
        Some(query) => request.with_query(query)?,
        None => request,
    };
    Ok(pool.exchange(&request).await)
}

fn as_json(exchange: &Exchange) -> Value {
    match &exchange.result {
        Ok(response) => json!({
            "status": response.status,
            "latency_ms": exchange.latency_ms,
            "body_start": String::from_utf8_lossy(&response.body_start),
        }),
        Err(failure) => json!({ "latency_ms": exchange.latency_ms, "failure": failure.to_string() }),
    }
}

/// The request with what the way out adds to it.
pub(super) fn on_the_wire(to: &str, url: &Url, sample: &Outgoing) -> anyhow::Result<Request> {
    let target = Target::parse(to)?;
    let mut headers = Headers::new().with("Host", target.authority());
    sample.headers.iter().for_each(|(name, value)| headers.push(name, value));
    headers.push("Content-Length", sample.body.len().to_string());
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    Ok(Request { target, headers, body: sample.body.clone() })
}
