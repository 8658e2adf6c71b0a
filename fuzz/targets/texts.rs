//! Every short text that strangers write: topics, times, amounts, ids, addresses, headers, `Retry-After`.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use shopwire_core::commerce::{Amount, EntityKind, EventType, Subject, When};
use shopwire_core::delivery::{
    Decision, DeliveryBounds, Progress, RetryPolicy, SendPolicy, TopicPattern, decide, retry_after_ms,
};
use shopwire_core::{DialectId, EventId, Headers, Secret, Timestamp};
use shopwire_dialects::cloudevents::SigningKey;
use shopwire_engine::egress::{OutRequest, Target};
use shopwire_fuzz::{NOW, Same};

const BOUNDS: DeliveryBounds =
    DeliveryBounds { age_max_ms: 604_800_000, retry_after_max_ms: 86_400_000, attempts_max: 500 };

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    topics(first, second);
    times_and_amounts(first);
    ids(first);
    waits(first);
    requests(first, second);
    drop(SigningKey::parse(&Secret::new(first)));
});

fn topics(pattern: &str, topic: &str) {
    for dialect in DialectId::PLATFORMS.into_iter().chain([DialectId::CloudEvents]) {
        let Ok(pattern) = TopicPattern::parse(dialect, pattern) else { continue };
        let covered = pattern.matches(topic);
        assert_eq!(
            covered,
            pattern.wildcard().map_or(topic == pattern.as_str(), |prefix| {
                topic.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty())
            })
        );
        let json = serde_json::to_string(&pattern).expect("a text");
        assert_eq!(serde_json::from_str::<TopicPattern>(&json).ok(), Some(pattern));
    }
    for dialect in shopwire_dialects::all() {
        if let Some(found) = dialect.catalog().find(topic) {
            assert!(TopicPattern::parse(dialect.id(), found.name).is_ok());
        }
    }
}

fn times_and_amounts(text: &str) {
    if let Some(time) = Timestamp::parse(text) {
        assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
    }
    if let Some(when) = When::parse(text) {
        assert_eq!(When::parse(when.as_str()).as_ref().map(When::as_str), Some(when.as_str()));
    }
    if let Some(amount) = Amount::parse(text) {
        assert_eq!(
            Amount::parse(&amount.to_string()).map(|again| again.to_string()),
            Some(amount.to_string())
        );
    }
}

fn ids(text: &str) {
    if let Ok(id) = text.parse::<EventId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    if let Ok(event_type) = text.parse::<EventType>() {
        assert_eq!(event_type.to_string().parse(), Ok(event_type));
    }
    if let Ok(subject) = text.parse::<Subject>() {
        assert_eq!(subject.to_string().parse(), Ok(subject));
    }
    if let Ok(kind) = text.parse::<EntityKind>() {
        assert_eq!(kind.to_string(), text);
    }
}

/// A wait that a receiver asks for moves the next attempt, within bounds and never into the past.
fn waits(text: &str) {
    let asked = retry_after_ms(text, NOW);
    let policy = SendPolicy::ours(&RetryPolicy::default());
    let progress = Progress { attempts: 1, steps: 0, first_at: NOW };
    for status in [429, 503] {
        let outcome = policy.judge(status, asked);
        if let Decision::Retry { at, .. } = decide(&outcome, progress, &policy, BOUNDS, NOW, &Same) {
            assert!((1_000..=86_400_000).contains(&at.since_ms(NOW)), "{at}");
        }
    }
    if let Ok(retry) = serde_json::from_str::<RetryPolicy>(text)
        && retry.validate(50, BOUNDS.age_max_ms).is_ok()
    {
        for delay in retry.delays() {
            assert!(delay.min_ms <= delay.max_ms && delay.max_ms <= BOUNDS.age_max_ms * 2, "{delay:?}");
        }
    }
}

/// Neither an address nor a header can put a line of its own into a request.
fn requests(first: &str, second: &str) {
    if let Ok(target) = Target::parse(first) {
        for part in [target.authority(), target.path_and_query()] {
            assert!(part.bytes().all(|byte| byte.is_ascii_graphic()), "{part:?}");
        }
    }
    let headers = Headers::new().with(first, second);
    if let Ok(request) = OutRequest::new(headers, Bytes::new()) {
        assert!(!first.is_empty() && !first.contains([':', ' ', '\r', '\n']), "{first:?}");
        assert!(!second.contains(['\r', '\n', '\0']), "{second:?}");
        if let Ok(request) = request.with_query(second) {
            assert_eq!(request.headers().len(), 1);
            assert!(!second.contains([' ', '#', '\r', '\n']), "{second:?}");
        }
    }
}
