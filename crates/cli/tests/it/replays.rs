//! `events`, `replay` and `dead-letters` against a running server.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::shopwire::{Run, Server, run};

/// A server with a shop of two orders, and an endpoint that nobody answers at, paused.
fn stage() -> (Server, String, String) {
    let server = Server::start();
    let shop = server.shop();
    for id in ["1", "2"] {
        let put = ["entities", "put", &shop, "orders", id, "-"];
        assert_eq!(server.run_on(br#"{"status":"pending"}"#, &put).code, 0);
    }
    // An address rather than a name: nobody is asked for it, and nothing is sent while it is paused.
    let endpoint = post(&server, "/v1/endpoints", &json!({"name": "erp", "url": "https://1.1.1.1/hook"}));
    let endpoint = endpoint["id"].as_str().expect("an id").to_owned();
    post(&server, &format!("/v1/endpoints/{endpoint}/pause"), &json!({}));
    (server, shop, endpoint)
}

/// What no command does: asks the server itself.
fn post(server: &Server, path: &str, body: &Value) -> Value {
    let address = server.url.trim_start_matches("http://");
    let (token, body) = (server.token(), body.to_string());
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
    assert!(head.starts_with("HTTP/1.1 20"), "{answer}");
    serde_json::from_str(body).expect("JSON")
}

fn said(run: &Run) -> String {
    format!("{}{}", run.stdout, run.stderr)
}

#[test]
fn events_are_listed_by_filter_and_told_with_their_story() {
    let (server, shop, endpoint) = stage();
    let listed = server.run(&[
        "events",
        "list",
        "--shop",
        &shop,
        "--type",
        "order.created",
        "--since",
        "1h",
        "--json",
    ]);
    let events: Vec<Value> = listed.lines();
    assert_eq!(events.len(), 2, "{}", said(&listed));
    assert_eq!(server.run(&["events", "list", "--limit", "1", "--json"]).lines().len(), 1);
    let human = server.run(&["events", "list", "--subject", "order/1"]);
    assert!(human.stdout.starts_with("EVENT") && human.stdout.contains("order/1"), "{}", said(&human));
    assert!(!human.stdout.contains("order/2"), "{}", human.stdout);
    assert_eq!(server.run(&["events", "list", "--until", "30d"]).stdout, "no such events\n");
    let event = events[0]["id"].as_str().expect("an id");
    let story = server.run(&["events", "show", event]);
    assert!(story.stdout.contains("order.created") && story.stdout.contains(&endpoint), "{}", said(&story));
    assert_eq!(server.run(&["events", "show", event, "--json"]).json()["event"]["id"], event);
    let gone = server.run(&["events", "show", "evt_0190000000007fffbfffffffffffffff"]);
    assert!(gone.code == 1 && gone.stderr.contains("(404 not_found)"), "{}", said(&gone));
}

#[test]
fn a_replay_is_tried_started_watched_and_listed() {
    let (server, _, endpoint) = stage();
    let start = |more: &[&str]| {
        server.run(&[&["replay", "start", "--to", &endpoint, "--type", "order.created"], more].concat())
    };
    let dry = start(&["--dry-run"]);
    assert!(
        dry.stdout.starts_with("2 selected, 2 queued, 0 skipped; nothing was sent\n  evt_"),
        "{}",
        said(&dry)
    );
    assert_eq!(server.run(&["replay", "list"]).stdout, "no replays yet: `shopwire replay start` makes one\n");
    let watched = start(&["--watch"]);
    assert!(watched.code == 0 && watched.stdout.contains("finished"), "{}", said(&watched));
    let again = start(&["--rate", "5", "--watch", "--json"]);
    let replay = again.json();
    assert_eq!((&replay["state"], &replay["queued"]), (&json!("finished"), &json!(0)), "they wait already");
    assert_eq!((&replay["skipped"]["on_their_way"], &replay["rate"]), (&json!(2), &json!(5)));
    let id = replay["id"].as_str().expect("an id");
    let shown = server.run(&["replay", "show", id]);
    assert!(
        shown.stdout.contains("100%: 2 selected, 0 queued, 2 skipped (2 on their way)"),
        "{}",
        said(&shown)
    );
    assert_eq!(server.run(&["replay", "list", "--json"]).lines().len(), 2);
    assert!(server.run(&["replay", "list"]).stdout.contains(id));
    let late = server.run(&["replay", "cancel", id]);
    assert!(late.code == 1 && late.stderr.contains("nothing left to cancel"), "{}", said(&late));
}

#[test]
fn dead_letters_are_listed_replayed_and_deleted() {
    let (server, _, endpoint) = stage();
    assert_eq!(server.run(&["dead-letters", "list"]).stdout, "no dead letters\n");
    let dry = server.run(&["dead-letters", "replay", "--endpoint", &endpoint, "--dry-run"]);
    assert_eq!(dry.stdout, "0 selected, 0 queued, 0 skipped; nothing was sent\n", "{}", dry.stderr);
    let none = server.run(&["dead-letters", "delete", "--endpoint", &endpoint, "--all"]);
    assert_eq!(none.stdout, "0 dismissed\n", "{}", none.stderr);
    let event = "evt_0190000000007fffbfffffffffffffff";
    let gone = server.run(&["dead-letters", "delete", "--endpoint", &endpoint, "--event", event]);
    assert!(gone.code == 1 && gone.stderr.contains("not on the dead-letter list"), "{}", said(&gone));
    let wrong = server.run(&["dead-letters", "list", "--reason", "bored"]);
    assert!(wrong.code == 1 && wrong.stderr.contains("`bored` is no reason"), "{}", said(&wrong));
}

#[test]
fn what_can_not_be_asked_is_said_with_the_cure() {
    for (arguments, says) in [
        (&["replay", "start", "--type", "order.*"][..], "--to"),
        (&["replay", "start", "--to", "e", "--since", "yesterday"], "how long ago"),
        (
            &["replay", "start", "--to", "e", "--outcome", "sad"],
            "possible values: delivered, failed, dead, missing",
        ),
        (&["replay", "start", "--to", "e", "--reason", "exhausted"], "--outcome"),
        (&["replay", "start", "--to", "e", "--dry-run", "--watch"], "cannot be used with"),
        (&["dead-letters", "delete", "--endpoint", "e"], "--all"),
        (&["dead-letters", "replay"], "--endpoint"),
        (&["events", "list", "--until", "2w"], "how long ago"),
    ] {
        let said = run(&[arguments, &["--token", "t"]].concat());
        assert_eq!(said.code, 2, "{arguments:?}: {}", said.stdout);
        assert!(said.stderr.contains(says), "{arguments:?}: {}", said.stderr);
    }
    let server = Server::start();
    let nothing = server.run(&["replay", "start", "--to", "ep_0190000000007fffbfffffffffffffff"]);
    assert!(nothing.code == 1 && nothing.stderr.contains("there is no endpoint"), "{}", said(&nothing));
}
