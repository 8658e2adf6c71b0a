//! The HTTP API of a running server, as commands call it.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::Args;
use serde_json::Value;
use shopwire_core::{Headers, Secret};
use shopwire_engine::SystemTimer;
use shopwire_engine::egress::{Egress, EgressConfig, Method, OutRequest, SystemResolver, Target};

use crate::commands::{Outcome, Verdict};
use crate::output::Output;

/// How much of an answer is read: a page of large entities, or the answers to a batch of lines.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// How long an answer may take, in milliseconds: a batch of lines is written to disk meanwhile.
const ANSWER_WITHIN_MS: u64 = 120_000;

/// Which server is asked, and by whom.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// The server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7480")]
    server: String,
    /// A token of the server, shown when it first starts; better given in the environment, where nobody sees it
    #[arg(long, env = "SHOPWIRE_TOKEN", hide_env_values = true, value_parser = token)]
    token: Secret,
}

fn token(text: &str) -> Result<Secret, String> {
    let token = text.trim();
    let is_one = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if is_one {
        Ok(Secret::new(token))
    } else {
        Err("expected the text that the server shows once".to_owned())
    }
}

/// A server that is asked.
pub(crate) struct Api {
    egress: Egress,
    base: String,
    token: Secret,
}

/// What it answered.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Bytes,
}

impl ServerArgs {
    /// The server that is named.
    pub(crate) fn api(&self) -> anyhow::Result<Api> {
        let base = self.server.trim_end_matches('/').to_owned();
        let target = Target::parse(&base).with_context(|| format!("`{base}` can't be asked"))?;
        if !matches!(target.path_and_query(), "/" | "") {
            bail!("`{base}` is more than the server's address: give it as in `http://127.0.0.1:7480`");
        }
        // Whoever runs this command names the server.
        let allowed = ["0.0.0.0/0", "::/0"].map(|net| net.parse().expect("these are networks")).to_vec();
        let config = EgressConfig {
            allowed,
            plain_http: true,
            exchange_deadline_ms: ANSWER_WITHIN_MS,
            response_bytes_max: ANSWER_BYTES_MAX,
            ..EgressConfig::default()
        };
        let egress = Egress::new(config, Arc::new(SystemTimer), Arc::new(SystemResolver))?;
        Ok(Api { egress, base, token: self.token.clone() })
    }
}

impl Api {
    /// A server at this address.
    pub(crate) fn at(base: String, token: Secret) -> anyhow::Result<Self> {
        ServerArgs { server: base, token }.api()
    }

    /// Asks, once: nothing is sent twice over connections that may have ended.
    ///
    /// # Errors
    /// If there is no answer. One of any status is an answer.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        content: Option<(&'static str, Bytes)>,
    ) -> anyhow::Result<Answer> {
        let target = Target::parse(&format!("{}{path}", self.base))?;
        let mut headers = Headers::new().with("Authorization", format!("Bearer {}", self.token.expose()));
        let mut body = Bytes::new();
        if let Some((content_type, bytes)) = content {
            headers.push("Content-Type", content_type);
            body = bytes;
        }
        let request = OutRequest::new(headers, body)?.with_method(method);
        let exchange = self.egress.pool(target, 0).exchange(&request).await;
        let response = exchange.result.with_context(|| {
            format!(
                "{} does not answer: is `shopwire serve` running there? `--server` names another",
                self.base
            )
        })?;
        if response.body_truncated {
            bail!(
                "the answer has more than {ANSWER_BYTES_MAX} bytes: ask for less, as with a smaller `--limit`"
            );
        }
        Ok(Answer { status: response.status, body: response.body_start })
    }

    /// Asks with a JSON body.
    pub(crate) async fn ask_json(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Answer> {
        let body = Bytes::from(serde_json::to_vec(body)?);
        self.ask(method, path, Some(("application/json", body))).await
    }
}

impl Answer {
    /// Whether it was done.
    pub(crate) const fn is_good(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The body as JSON; null if there is none.
    pub(crate) fn json(&self) -> anyhow::Result<Value> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body)
            .with_context(|| format!("the answer ({}) is not JSON: is this a Shopwire server?", self.status))
    }

    /// Prints what was answered: the result in the form asked for, or why it was refused.
    pub(crate) fn tell(&self, output: Output, human: impl FnOnce(&Value) -> String) -> Outcome {
        let value = self.json()?;
        if self.is_good() {
            output.emit(&value, || human(&value))?;
        } else if output.is_json() {
            output.emit(&value, String::new)?;
        } else {
            output.error(&problem(self.status, &value))?;
        }
        Ok(Verdict::of(self.is_good()))
    }
}

/// A problem of the API in one line.
pub(crate) fn problem(status: u16, problem: &Value) -> String {
    let told = |name: &str| problem.get(name).and_then(Value::as_str);
    let detail = told("detail").or_else(|| told("title")).unwrap_or("no reason was given");
    let mut text = format!("{detail} ({status}");
    if let Some(code) = told("code") {
        text.push_str(&format!(" {code}"));
    }
    text.push(')');
    if status == 401 {
        text.push_str(": the token is given with `--token` or in SHOPWIRE_TOKEN");
    }
    text
}

/// A text as a segment of a path, or a value in a query.
pub(crate) fn segment(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes all that is written");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn problems_are_told_with_their_cure() {
        assert_eq!(
            problem(404, &json!({ "detail": "there is no shop `x`", "code": "not_found" })),
            "there is no shop `x` (404 not_found)"
        );
        assert!(problem(401, &json!({})).contains("SHOPWIRE_TOKEN"));
        assert_eq!(segment("a/b c?%"), "a%2Fb%20c%3F%25");
    }

    #[test]
    fn an_address_is_not_more_than_one() {
        let args = |server: &str| ServerArgs { server: server.to_owned(), token: Secret::new("t") };
        assert!(args("http://127.0.0.1:7480/").api().is_ok());
        for wrong in ["http://127.0.0.1:7480/v1", "ftp://x", ""] {
            assert!(args(wrong).api().is_err(), "{wrong}");
        }
        for wrong in ["", "  ", "a b", "a\nb"] {
            assert!(token(wrong).is_err());
        }
    }
}
