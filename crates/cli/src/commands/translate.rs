//! `shopwire translate`: one dialect's webhook in another's words.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, ValueEnum};
use serde_json::json;
use shopwire_core::commerce::{Canonical, EventType};
use shopwire_core::{Clock as _, DialectId, Event, EventId, Headers, Limits, ShopId, SourceId};
use shopwire_dialects::publish::Undraftable;
use shopwire_dialects::translate::{self, Stamp, Translation};
use shopwire_dialects::{Dialect, Incoming, SampleFacts, ShopIdentity, json as strict};
use shopwire_engine::{SystemRandom, SystemTimer};

use super::{Outcome, Verdict};
use crate::http_text::Request;
use crate::identity::{self, shop_part};
use crate::output::Output;
use crate::speaker::Speaker;
use crate::{dialect_arg, input, samples};

/// Translate one dialect's webhook into another's
///
/// Prints the body that the other platform would send. Nothing is verified or signed; within one dialect the body stays
/// byte for byte.
#[derive(Debug, Args)]
pub(crate) struct Translate {
    /// Whose webhook it is
    #[arg(long, value_name = "DIALECT", value_parser = dialect_arg::any())]
    from: DialectId,
    /// Whose webhook it becomes
    #[arg(long, value_name = "DIALECT", value_parser = dialect_arg::any())]
    to: DialectId,
    /// The topic of a bare body, where the platform tells it in a header, as Shoplazza does
    #[arg(long)]
    topic: Option<String>,
    /// A body, or a whole request as `verify` reads it; `-` for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// A part of the shop's identity on the other platform, as in `store_id=1003`; example values stand for what is missing
    #[arg(long, value_name = "NAME=VALUE", value_parser = shop_part)]
    shop: Vec<(String, String)>,
    /// Print the whole request instead of its body
    #[arg(long, value_enum, value_name = "FORM")]
    show: Option<Form>,
}

/// How a request is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// As it goes over the wire, but for host and signature
    Http,
}

impl Translate {
    /// Runs it.
    pub(crate) fn run(&self, output: Output) -> Outcome {
        let shop = identity::of(&self.shop);
        if self.to == DialectId::CloudEvents && !shop.0.is_empty() {
            bail!("`--shop` is the shop's identity on a platform: cloudevents has none");
        }
        identity::check(self.to, &shop)?;
        let event = self.event(&input::read(&self.file)?)?;
        let shop = identity::or_example(self.to, &shop);
        let translation =
            translate::into(&event, self.to, &shop).map_err(|why| with_alternatives(&event, why))?;
        if output.is_json() {
            output.emit(&as_json(self, &event, &translation), String::new)?;
        } else {
            output.raw(&as_bytes(self.show, translation))?;
        }
        Ok(Verdict::Good)
    }

    /// What was given, as the log would keep it.
    fn event(&self, bytes: &[u8]) -> anyhow::Result<Event> {
        let what = || format!("`{}` can't be translated", self.file.display());
        let captured = input::captured(bytes).with_context(what)?;
        let bare = captured.is_none();
        let (target, headers) = ("/".to_owned(), Headers::new());
        let request = captured.unwrap_or_else(|| Request { target, headers, body: bytes.to_vec() });
        strict::check(&request.body, Limits::default().json_depth_max).with_context(what)?;
        match shopwire_dialects::get(self.from) {
            Some(platform) => self.received(platform, request, bare),
            None => self.told(&request).with_context(what),
        }
    }

    fn received(&self, platform: &dyn Dialect, mut request: Request, bare: bool) -> anyhow::Result<Event> {
        let named = self.topic.as_deref().map(|name| samples::find(platform, name)).transpose()?;
        let (now, shop) = (SystemTimer.now(), ShopIdentity::default());
        match named {
            // The head that the platform would send with a body of this topic.
            Some(topic) if bare => {
                let facts = SampleFacts { shop: &shop, subject_id: None, now, random: &SystemRandom };
                request.headers = platform.sample(topic, &facts).headers;
            }
            None if bare && tells_topic_in_its_head(self.from) => bail!(
                "the topic is missing: {} tells it in a header, so give `--topic`, as in `--topic orders/create`, or the whole request",
                self.from
            ),
            _ => {}
        }
        let incoming = Incoming { query: request.query(), headers: &request.headers, body: &request.body };
        let event = translate::received(platform, &incoming, &stamp())?;
        let said = event.origin.webhook().map(|webhook| webhook.topic.as_str()).unwrap_or_default();
        match named {
            Some(topic) if topic.name != said => {
                bail!("the webhook itself says `{said}`, not `{}`: leave `--topic` out", topic.name)
            }
            _ => Ok(event),
        }
    }

    /// A CloudEvent of ours, in either mode.
    fn told(&self, request: &Request) -> anyhow::Result<Event> {
        if self.topic.is_some() {
            bail!("`--topic` is for bodies that do not say their topic: a CloudEvent says its type itself");
        }
        let incoming = Incoming { query: None, headers: &request.headers, body: &request.body };
        let told = Speaker::Shopwire.read(&incoming).map_err(|why| anyhow!(why))?;
        let Ok(EventType::Canonical(event_type)) = told.event_type.parse() else {
            bail!(
                "`{}` is no event type of the event map: only its own platform has words for it",
                told.event_type
            )
        };
        let body: serde_json::Value = serde_json::from_slice(&request.body)?;
        let data = if request.headers.get("ce-type").is_some() { &body } else { &body["data"] };
        let canonical = Canonical::from_json(event_type.kind(), &serde_json::to_vec(data)?)?;
        let stamp = stamp();
        let mut event = translate::changed(event_type, &canonical, &stamp);
        event.occurred_at = told.occurred_at.unwrap_or(stamp.now);
        event.id = told.event_id.and_then(|id| id.parse().ok()).unwrap_or(stamp.id);
        event.shop = told.shop.get("shop").and_then(|id| id.parse().ok()).unwrap_or(stamp.shop);
        Ok(event)
    }
}

/// Shoplazza docs: webhook overview (`X-Shoplazza-Topic`). The others tell it in the body.
const fn tells_topic_in_its_head(dialect: DialectId) -> bool {
    matches!(dialect, DialectId::Shoplazza)
}

fn stamp() -> Stamp {
    let now = SystemTimer.now();
    let id = EventId::new(now, &SystemRandom);
    Stamp { id, shop: ShopId::new(now, &SystemRandom), source: SourceId::new(now, &SystemRandom), now }
}

/// Who else could say it.
fn with_alternatives(event: &Event, why: Undraftable) -> anyhow::Error {
    let Some(event_type) = event.event_type.canonical().filter(|_| why.has_no_counterpart()) else {
        return anyhow!(why);
    };
    let others: Vec<String> = translate::counterparts(event_type)
        .map(|(dialect, topic)| format!("{dialect} (`{topic}`)"))
        .collect();
    anyhow!("{why}; it is told by {} and cloudevents", others.join(", "))
}

fn as_bytes(form: Option<Form>, Translation { draft, .. }: Translation) -> Vec<u8> {
    let Some(Form::Http) = form else {
        let mut body = draft.body;
        body.push(b'\n');
        return body;
    };
    let target = draft.query.map_or_else(|| "/".to_owned(), |query| format!("/?{query}"));
    let headers = draft.headers.with("Content-Length", draft.body.len().to_string());
    Request { target, headers, body: draft.body }.to_bytes()
}

fn as_json(asked: &Translate, event: &Event, translation: &Translation) -> serde_json::Value {
    let draft = &translation.draft;
    let from = event.origin.webhook().map(|webhook| webhook.topic.clone());
    let headers: Vec<_> = draft.headers.iter().collect();
    json!({
        "from": { "dialect": asked.from, "topic": from },
        "event_type": event.event_type.to_string(),
        "subject": event.subject.to_string(),
        "to": { "dialect": asked.to, "topic": translation.topic },
        "query": draft.query,
        "headers": headers,
        "body": String::from_utf8_lossy(&draft.body),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_body_of_each_platform_says_its_topic_but_for_those_that_have_it_in_the_head() {
        for dialect in DialectId::PLATFORMS {
            let platform = shopwire_dialects::get(dialect).expect("a platform");
            let topic =
                platform.catalog().topics.iter().find(|topic| topic.event_type.is_some()).expect("one");
            let shop = ShopIdentity::default();
            let facts =
                SampleFacts { shop: &shop, subject_id: None, now: SystemTimer.now(), random: &SystemRandom };
            let body = platform.sample(topic, &facts).body;
            let bare = Headers::new();
            let read = platform.read(&Incoming { query: None, headers: &bare, body: &body });
            assert_eq!(read.is_err(), tells_topic_in_its_head(dialect), "{dialect}: {read:?}");
        }
    }
}
