//! How a platform says no to a registration.

use serde_json::{Value, json};

use super::Registration;

/// The rules by which a platform refuses a registration itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The URL must begin with `https://`.
    Https,
    /// The URL's port must be an allowed one.
    Port,
    /// The URL is too long.
    UrlLength,
    /// Too many topics in one call.
    TopicsPerCall,
    /// Topics that can't be registered together.
    Conflict,
    /// The topic has an endpoint already.
    OneUrlPerTopic,
    /// The topic has this URL already.
    TopicAndUrlOnce,
    /// The topic has as many endpoints as it may have.
    EndpointsPerTopic,
    /// The app has an endpoint already.
    OneEndpointPerApp,
    /// The app lacks the scope that the topic needs.
    Scope,
    /// The app's version does not have the topic yet.
    Version,
}

impl Rule {
    /// The stable word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Port => "port",
            Self::UrlLength => "url_length",
            Self::TopicsPerCall => "topics_per_call",
            Self::Conflict => "conflict",
            Self::OneUrlPerTopic => "one_url_per_topic",
            Self::TopicAndUrlOnce => "topic_and_url_once",
            Self::EndpointsPerTopic => "endpoints_per_topic",
            Self::OneEndpointPerApp => "one_endpoint_per_app",
            Self::Scope => "scope",
            Self::Version => "version",
        }
    }

    /// Whether it is about the URL; the others are about the topics.
    pub const fn is_about_url(self) -> bool {
        matches!(self, Self::Https | Self::Port | Self::UrlLength | Self::OneEndpointPerApp)
    }

    /// The status that the platform answers with. Only Shoptet has topics in conflict, and documents 409 for them; for
    /// all else 422 is documented, or nothing.
    pub const fn status(self) -> u16 {
        match self {
            Self::Conflict => 409,
            _ => 422,
        }
    }
}

/// How a platform words a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// It has no call to register with whose errors are documented (Ecwid, Duda).
    Undocumented,
    /// Shoptet's envelope with a list of errors (Shoptet API: webhooks). The codes of these errors are not public: those
    /// here are ours, in the documented form.
    ErrorList,
    /// Shoplazza's lists of messages by field (Shoplazza API: webhooks). For its topic rules the words are ours.
    MessagesByField,
    /// BigCommerce's object with a message by field (BigCommerce API: hooks). `type` and messages are ours: what the platform
    /// writes for these rules is not documented.
    MessageByField,
}

/// A rule that stands against a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The rule.
    pub rule: Rule,
    /// What is wrong and what to do, for people.
    pub message: String,
    /// The topics or the URL that it is about.
    pub about: Vec<String>,
}

impl Registration {
    /// The body that the platform answers a refused registration with, `request_id` naming the request; `None` where it
    /// documents none.
    pub fn answer(&self, refusal: &Refusal, request_id: Option<&str>) -> Option<Value> {
        match self.wording {
            Wording::Undocumented => None,
            Wording::ErrorList => Some(error_list(refusal, request_id)),
            Wording::MessagesByField => Some(messages_by_field(refusal)),
            Wording::MessageByField => Some(message_by_field(refusal)),
        }
    }
}

fn error_list(refusal: &Refusal, request_id: Option<&str>) -> Value {
    let (code, message) = match refusal.rule {
        // The one message that is documented.
        Rule::OneUrlPerTopic => ("webhook-already-exists", "Webhook already exists for this event"),
        Rule::Conflict => ("webhook-conflict", refusal.message.as_str()),
        _ => ("invalid-request", refusal.message.as_str()),
    };
    let error = |about: &String| json!({ "errorCode": code, "message": message, "instance": about });
    let errors: Vec<_> = refusal.about.iter().map(error).collect();
    json!({ "data": null, "errors": errors, "metadata": { "requestId": request_id } })
}

fn messages_by_field(refusal: &Refusal) -> Value {
    if refusal.rule.is_about_url() {
        return json!({ "errors": { "address": ["is invalid"] } });
    }
    json!({ "errors": { "topic": [refusal.message] } })
}

fn message_by_field(refusal: &Refusal) -> Value {
    let field = if refusal.rule.is_about_url() { "destination" } else { "scope" };
    json!({
        "status": refusal.rule.status(),
        "title": "JSON data is missing or invalid",
        "type": "about:blank",
        "errors": { field: refusal.message },
    })
}

#[cfg(test)]
mod tests {
    use shopwire_core::DialectId;

    use super::*;

    fn answer(dialect: DialectId, rule: Rule, about: &[&str]) -> Option<String> {
        let about = about.iter().map(|about| (*about).to_owned()).collect();
        let refusal = Refusal { rule, message: "not so".to_owned(), about };
        let rules = crate::get(dialect).expect("a platform").registration();
        rules.answer(&refusal, Some("req_1")).map(|body| body.to_string())
    }

    #[test]
    fn each_platform_refuses_in_its_own_words() {
        assert_eq!(
            answer(DialectId::Shoptet, Rule::OneUrlPerTopic, &["order:create", "order:delete"]).as_deref(),
            Some(concat!(
                r#"{"data":null,"errors":[{"errorCode":"webhook-already-exists","message":"Webhook already exists for this event","instance":"order:create"},"#,
                r#"{"errorCode":"webhook-already-exists","message":"Webhook already exists for this event","instance":"order:delete"}],"metadata":{"requestId":"req_1"}}"#
            ))
        );
        assert_eq!(
            answer(DialectId::Shoplazza, Rule::Https, &["http://x"]).as_deref(),
            Some(r#"{"errors":{"address":["is invalid"]}}"#)
        );
        assert_eq!(
            answer(DialectId::Shoplazza, Rule::Scope, &["orders/create"]).as_deref(),
            Some(r#"{"errors":{"topic":["not so"]}}"#)
        );
        assert_eq!(
            answer(DialectId::BigCommerce, Rule::Port, &["https://x:1"]).as_deref(),
            Some(
                r#"{"status":422,"title":"JSON data is missing or invalid","type":"about:blank","errors":{"destination":"not so"}}"#
            )
        );
        assert_eq!(answer(DialectId::Ecwid, Rule::Https, &[]), None);
        assert_eq!(answer(DialectId::Duda, Rule::OneEndpointPerApp, &[]), None);
    }

    #[test]
    fn only_a_conflict_is_answered_409() {
        assert_eq!(Rule::Conflict.status(), 409);
        assert_eq!(Rule::OneUrlPerTopic.status(), 422);
    }
}
