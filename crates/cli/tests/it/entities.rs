//! `entities` against a running server.

use crate::shopwire::{Server, run};

#[test]
fn an_entity_is_put_patched_printed_and_deleted_and_its_events_are_told() {
    let server = Server::start();
    let shop = server.shop();
    let at = |verb: &'static str| ["entities", verb, &shop, "orders", "a/1"].map(str::to_owned);
    let on = |input: &str, verb: &'static str, more: &[&str]| {
        let at = at(verb);
        let all: Vec<&str> = at.iter().map(String::as_str).chain(more.iter().copied()).collect();
        server.run_on(input.as_bytes(), &all)
    };
    let put = on(r#"{"status":"pending","total":{"amount":"19.90","currency":"EUR"}}"#, "put", &["-"]);
    assert!(put.stdout.starts_with("order/a/1 created, version 1\n  evt_"), "{}{}", put.stdout, put.stderr);
    assert!(put.stdout.contains("order.created  order/a/1"), "{}", put.stdout);
    let patched =
        on(r#"{"status":"shipped"}"#, "patch", &["-", "--cause", "staff", "--actor", "Ada M", "--json"]);
    let types: Vec<_> =
        patched.json()["events"].as_array().unwrap().iter().map(|event| event["type"].to_string()).collect();
    assert_eq!(types, [r#""order.updated""#, r#""order.status_changed""#]);
    let silent = on(r#"{"status":"completed"}"#, "patch", &["-", "--events", "none"]);
    assert_eq!(silent.stdout, "order/a/1 written, version 3\n  no events\n");
    let got = on("", "get", &[]);
    assert!(
        got.stdout.contains("\"status\": \"completed\"") && got.stdout.contains("19.90"),
        "{}",
        got.stdout
    );
    let gone = on("", "delete", &[]);
    assert!(gone.stdout.starts_with("order/a/1 deleted"), "{}", gone.stdout);
    let missing = on("", "get", &[]);
    assert!(missing.code == 1 && missing.stderr.contains("the shop has no order"), "{}", missing.stderr);
    let wrong = on(r#"{"totl":1}"#, "put", &["-"]);
    assert!(wrong.code == 1 && wrong.stderr.contains("totl"), "{}", wrong.stderr);
}

#[test]
fn an_import_of_many_lines_is_silent_and_counts_each() {
    let server = Server::start();
    let shop = server.shop();
    let line = |number: u32| {
        format!(r#"{{"op":"put","collection":"orders","id":"{number}","entity":{{"status":"pending"}}}}"#)
    };
    let mut lines: Vec<String> = (1..=2_500).map(line).collect();
    lines.insert(0, String::new());
    let told = server.run_on(lines.join("\n").as_bytes(), &["entities", "import", &shop, "--events", "none"]);
    assert_eq!(
        (told.code, told.stdout.as_str()),
        (0, "2500 lines: 2500 done, 0 refused; 0 events\n"),
        "{}",
        told.stderr
    );
    let again = server.run_on(lines.join("\n").as_bytes(), &["entities", "import", &shop, "--json"]);
    assert_eq!(again.json(), serde_json::json!({ "lines": 2500, "done": 2500, "refused": 0, "events": 0 }));
}

#[test]
fn lines_that_are_refused_are_told_with_their_number_and_the_others_are_done() {
    let server = Server::start();
    let shop = server.shop();
    let long = format!(
        r#"{{"op":"put","collection":"orders","id":"x","entity":{{"note":"{}"}}}}"#,
        "n".repeat(1 << 20)
    );
    let lines = [
        r#"{"op":"put","collection":"orders","id":"1","entity":{"status":"pending"}}"#,
        "nonsense",
        "",
        &long,
        r#"{"op":"put","collection":"ordres","id":"1","entity":{}}"#,
        r#"{"op":"delete","collection":"orders","id":"1"}"#,
    ];
    let told = server.run_on(lines.join("\n").as_bytes(), &["entities", "import", &shop, "-", "--json"]);
    assert_eq!(told.code, 1, "{}", told.stderr);
    let told = told.lines();
    let refused: Vec<_> =
        told.iter().filter_map(|told| Some((told["line"].as_u64()?, told["status"].as_u64()?))).collect();
    assert_eq!(refused, [(4, 413), (2, 400), (5, 404)]);
    assert_eq!(told.last().unwrap()["done"], 2);
}

#[test]
fn what_can_not_be_imported_at_all_is_a_mistake() {
    let server = Server::start();
    let shop = server.shop();
    for (arguments, says) in [
        (&["entities", "import", &shop, "no-such-file"][..], "`no-such-file` can't be read"),
        (&["entities", "import", &shop, "."], "is a directory"),
        (&["entities", "put", &shop, "ordres", "1", "-"], "did you mean `orders`"),
        (&["entities", "import", &shop, "--events", "all"], "possible values: none"),
    ] {
        let said = server.run(arguments);
        assert_eq!(said.code, 2, "{arguments:?}: {}", said.stdout);
        assert!(said.stderr.contains(says), "{arguments:?}: {}", said.stderr);
    }
    let line = br#"{"op":"delete","collection":"orders","id":"1"}"#;
    let elsewhere = server.run_on(line, &["entities", "import", "shop_nowhere"]);
    assert!(elsewhere.code == 2 && elsewhere.stderr.contains("(404"), "{}", elsewhere.stderr);
    assert!(run(&["entities", "put", "--help"]).stdout.contains("SHOPWIRE_TOKEN"));
}
