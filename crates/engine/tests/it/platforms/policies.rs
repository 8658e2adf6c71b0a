//! The platforms' policies as one table, written from their documentation and not from the code.

use shopwire_core::DialectId;
use shopwire_core::delivery::{Delay, SendPolicy};

use super::dialect;

/// The statuses that count as delivered.
fn successes(policy: &SendPolicy) -> String {
    let counting: Vec<_> = (100..600).filter(|status| policy.success.covers(*status)).collect();
    if counting == (200..300).collect::<Vec<u16>>() {
        return "2xx".to_owned();
    }
    counting.iter().map(u16::to_string).collect::<Vec<_>>().join(" ")
}

fn delay(delay: &Delay) -> String {
    let (min_s, max_s) = (delay.min_ms / 1_000, delay.max_ms / 1_000);
    if min_s == max_s { min_s.to_string() } else { format!("{min_s}-{max_s}") }
}

fn told(id: DialectId) -> String {
    let policy = dialect(id).send_policy();
    let waits: Vec<_> = policy.delays.iter().map(delay).collect();
    let block = policy
        .block
        .map(|rule| (rule.window_ms, rule.requests_min, rule.success_min_percent, rule.blocked_ms));
    format!(
        "{}; connect {:?}, answer {:?}; waits {} from {:?}; then {:?}; heeds {}; block {block:?}",
        successes(policy),
        policy.connect_timeout_ms,
        policy.answer_timeout_ms,
        waits.join(" "),
        policy.counted_from,
        policy.exhaustion,
        policy.heeds_receiver,
    )
}

#[test]
fn each_platform_delivers_as_it_documents() {
    let documented = [
        (
            DialectId::Ecwid,
            "200 201 202 204 209; connect Some(3000), answer Some(10000); waits 900 1800 2700 3600 7200 10800 14400 \
             18000 21600 25200 28800 32400 36000 39600 43200 46800 50400 54000 57600 61200 64800 68400 72000 75600 \
             79200 82800 86400 from FirstAttempt; then GiveUp; heeds false; block None",
        ),
        (
            DialectId::BigCommerce,
            "2xx; connect None, answer Some(10000); waits 60 180 300 600 900 1800 3600 7200 21600 50400 86400 from \
             Failure; then Deactivate; heeds false; block Some((120000, 100, 90, 180000))",
        ),
        (
            DialectId::Shoptet,
            "200; connect None, answer Some(4000); waits 900 900 from Failure; then GiveUp; heeds false; block None",
        ),
        (
            DialectId::Shoplazza,
            "2xx; connect None, answer Some(5000); waits 60 120 120 300 1200 1800 3600 7200 14400 14400 14400 14400 \
             14400 14400 14400 14400 14400 14400 14400 from Failure; then Remove; heeds false; block None",
        ),
        (
            DialectId::Duda,
            "200; connect None, answer Some(10000); waits 20-40 40-80 80-160 160-240 from Failure; then GiveUp; \
             heeds false; block None",
        ),
    ];
    for (id, documented) in documented {
        assert_eq!(told(id), documented, "{id}");
    }
}
