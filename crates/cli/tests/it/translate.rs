//! `translate`: one platform's body in, another's out.

use serde_json::Value;
use shopwire_core::DialectId;

use crate::shopwire::{captured, dialects, run, run_on, topic};

fn body(text: &str) -> &str {
    text.split_once("\r\n\r\n").expect("a head and a body").1
}

#[test]
fn an_order_is_told_in_every_dialect_whoever_tells_it() {
    for from in dialects() {
        let request = captured(from);
        for to in dialects() {
            let arguments = ["translate", "--from", from.as_str(), "--to", to.as_str(), "--json"];
            let told = run_on(request.as_bytes(), &arguments);
            assert_eq!(told.code, 0, "{from} to {to}: {}", told.stderr);
            let told = told.json();
            assert_eq!(
                (&told["event_type"], &told["to"]["dialect"]),
                (&"order.created".into(), &to.as_str().into())
            );
            let expected = if to == DialectId::CloudEvents { "shopwire.order.created" } else { topic(to) };
            assert_eq!(told["to"]["topic"], expected);
            let said: Value = serde_json::from_str(told["body"].as_str().expect("text")).expect("JSON");
            assert!(said.is_object(), "{said}");
            if from == to && to != DialectId::CloudEvents {
                assert_eq!(told["body"], body(&request), "its own words stay as they are");
            }
        }
    }
}

#[test]
fn a_bare_body_is_enough_where_it_says_its_topic() {
    let bare = r#"{"eshopId":222651,"event":"order:create","eventCreated":"2026-01-15T10:00:00+0100","eventInstance":"2026000001"}"#;
    let told = run_on(
        bare.as_bytes(),
        &[
            "translate",
            "--from",
            "shoptet",
            "--to",
            "bigcommerce",
            "--shop",
            "store_hash=abc",
            "--shop",
            "store_id=7",
        ],
    );
    assert_eq!(told.code, 0, "{}", told.stderr);
    let said: Value = serde_json::from_str(&told.stdout).expect("a body");
    assert_eq!(
        (&said["scope"], &said["producer"], &said["store_id"]),
        (&"store/order/created".into(), &"stores/abc".into(), &"7".into())
    );
    assert_eq!(said["data"]["id"].to_string(), "2026000001");
}

#[test]
fn shoplazza_s_bare_body_needs_its_topic() {
    let request = captured(DialectId::Shoplazza);
    let bare = body(&request).as_bytes();
    let told = run_on(bare, &["translate", "--from", "shoplazza", "--to", "duda"]);
    assert!(told.code == 2 && told.stderr.contains("give `--topic`"), "{}", told.stderr);
    let told =
        run_on(bare, &["translate", "--from", "shoplazza", "--to", "duda", "--topic", "orders/create"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(told.stdout.contains("\"event_type\":\"ECOMM_ORDER_CREATED\""), "{}", told.stdout);
    let told =
        run_on(bare, &["translate", "--from", "shoplazza", "--to", "duda", "--topic", "orders/craete"]);
    assert!(told.code == 2 && told.stderr.contains("did you mean `orders/create`"), "{}", told.stderr);
}

#[test]
fn a_whole_request_can_be_printed_and_read_again() {
    let request = captured(DialectId::BigCommerce);
    let shown = run_on(
        request.as_bytes(),
        &["translate", "--from", "bigcommerce", "--to", "ecwid", "--show", "http"],
    );
    assert!(shown.stdout.starts_with("POST /?eventtype=order.created HTTP/1.1\r\n"), "{}", shown.stdout);
    let back =
        run_on(shown.stdout.as_bytes(), &["translate", "--from", "ecwid", "--to", "bigcommerce", "--json"]);
    assert_eq!(
        (back.code, &back.json()["to"]["topic"]),
        (0, &"store/order/created".into()),
        "{}",
        back.stderr
    );
}

#[test]
fn what_can_not_be_told_is_said_with_who_could() {
    let paid = run(&["trigger", "shoplazza", "orders/paid", "--secret", "s", "--show", "http"]).stdout;
    let updated = captured(DialectId::Ecwid);
    for (input, arguments, says) in [
        (
            paid.as_str(),
            &["--from", "shoplazza", "--to", "shoptet"][..],
            "shoptet has no topic for `order.paid`; it is told by shoplazza (`orders/paid`), duda (`ECOMM_ORDER_PAID`) and cloudevents",
        ),
        ("{}", &["--from", "ecwid", "--to", "duda"], "not a ecwid webhook"),
        ("[1]", &["--from", "ecwid", "--to", "duda"], "not a ecwid webhook"),
        ("hello", &["--from", "ecwid", "--to", "duda"], "can't be translated"),
        ("{", &["--from", "ecwid", "--to", "duda"], "can't be translated"),
        ("{}", &["--from", "cloudevents", "--to", "duda"], "not a CloudEvent"),
        (
            updated.as_str(),
            &["--from", "ecwid", "--to", "duda", "--topic", "order.updated"],
            "the webhook itself says `order.created`",
        ),
        (
            updated.as_str(),
            &["--from", "ecwid", "--to", "duda", "--shop", "store_id=1"],
            "expected `site_name`",
        ),
        (
            updated.as_str(),
            &["--from", "ecwid", "--to", "cloudevents", "--shop", "store_id=1"],
            "cloudevents has none",
        ),
        (updated.as_str(), &["--from", "ecwyd", "--to", "duda"], "a similar value exists: 'ecwid'"),
        (updated.as_str(), &["--from", "ecwid"], "--to"),
    ] {
        let told = run_on(input.as_bytes(), &[&["translate"], arguments].concat());
        assert_eq!((told.code, told.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(told.stderr.contains(says), "{arguments:?}: {}", told.stderr);
    }
}

#[test]
fn what_only_its_own_platform_knows_stays_there() {
    let native =
        run(&["trigger", "bigcommerce", "store/channel/updated", "--secret", "s", "--show", "http"]).stdout;
    let told = run_on(native.as_bytes(), &["translate", "--from", "bigcommerce", "--to", "ecwid"]);
    assert!(told.code == 2 && told.stderr.contains("a topic of bigcommerce alone"), "{}", told.stderr);
}
