//! `trigger` → `receive`: every topic of every dialect, over real HTTP.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
#[cfg(unix)]
use std::process::Command;

use shopwire_core::DialectId;
use shopwire_core::commerce::CanonicalType;

use crate::shopwire::{Receiver, captured, run, secret, topic};

/// Every topic of the platform arrives, is genuine, and stands for the event type of the event map.
fn all_topics_of(dialect: DialectId) {
    let platform = shopwire_dialects::get(dialect).expect("a platform");
    let secret = secret(dialect);
    let mut receiver = Receiver::start(&[dialect.as_str(), "--secret", secret]);
    for topic in platform.catalog().topics {
        let sent = run(&[
            "trigger",
            dialect.as_str(),
            topic.name,
            "--secret",
            secret,
            "--to",
            &receiver.url,
            "--json",
        ]);
        assert_eq!(
            (sent.code, sent.json()["status"].as_u64()),
            (0, Some(200)),
            "{}: {}",
            topic.name,
            sent.stdout
        );
        let received = receiver.next();
        assert_eq!(received["genuine"], true, "{}: {received}", topic.name);
        let event_type = received["event_type"].as_str().expect("an event type");
        match topic.event_type {
            Some(canonical) => {
                assert_eq!(event_type, canonical.as_str(), "{}", topic.name);
                let subject = received["subject"].as_str().expect("a subject");
                assert!(!subject.ends_with("/unknown"), "{}: {received}", topic.name);
            }
            None => assert!(event_type.starts_with(&format!("{dialect}:")), "{}: {event_type}", topic.name),
        }
    }
}

#[test]
fn all_topics_of_ecwid() {
    all_topics_of(DialectId::Ecwid);
}

#[test]
fn all_topics_of_bigcommerce() {
    all_topics_of(DialectId::BigCommerce);
}

#[test]
fn all_topics_of_shoptet() {
    all_topics_of(DialectId::Shoptet);
}

#[test]
fn all_topics_of_shoplazza() {
    all_topics_of(DialectId::Shoplazza);
}

#[test]
fn all_topics_of_duda() {
    all_topics_of(DialectId::Duda);
}

#[test]
fn all_canonical_event_types() {
    let secret = secret(DialectId::CloudEvents);
    let mut receiver = Receiver::start(&["cloudevents", "--secret", secret]);
    for canonical in CanonicalType::ALL {
        let name = canonical.as_str();
        let sent = run(&["trigger", "cloudevents", name, "--secret", secret, "--to", &receiver.url]);
        assert_eq!(sent.code, 0, "{name}: {}{}", sent.stdout, sent.stderr);
        let received = receiver.next();
        assert_eq!(
            (&received["genuine"], &received["event_type"]),
            (&true.into(), &name.into()),
            "{received}"
        );
    }
}

#[test]
fn each_of_many_is_an_event_of_its_own_and_says_what_was_asked_for() {
    let mut receiver = Receiver::start(&["ecwid", "--secret", "s", "--body"]);
    let sent = run(&[
        "trigger",
        "ecwid",
        "order.created",
        "--secret",
        "s",
        "--to",
        &receiver.url,
        "--count",
        "3",
        "--id",
        "77",
        "--shop",
        "store_id=42",
        "--json",
    ]);
    assert_eq!((sent.code, sent.lines().len()), (0, 3));
    let ids: BTreeSet<String> = (0..3)
        .map(|_| {
            let received = receiver.next();
            assert_eq!(
                (&received["subject"], &received["shop"]["store_id"]),
                (&"order/77".into(), &"42".into())
            );
            assert_eq!(received["body"]["entityId"].to_string(), "77");
            received["event_id"].to_string()
        })
        .collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_user_s_own_entity_is_told_as_the_platform_tells_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let order =
        file("order.json", r#"{"id":"4711","status":"shipped","total":{"amount":"19.90","currency":"EUR"}}"#);
    let previous = file("previous.json", r#"{"status":"pending"}"#);
    let wrong = file("wrong.json", r#"{"id":"1","totl":1}"#);
    let trigger =
        |arguments: &[&str]| run(&[&["trigger", "--secret", "s", "--show", "http"], arguments].concat());
    let told = ["bigcommerce", "store/order/statusUpdated", "--entity", &order, "--previous", &previous];
    let body = trigger(&told).stdout;
    assert!(body.contains(r#""id":4711,"status":{"previous_status_id":1,"new_status_id":2}"#), "{body}");
    let body = trigger(&["shoplazza", "orders/create", "--entity", &order]).stdout;
    assert!(body.contains("19.90"), "{body}");
    for (arguments, says) in [
        (&["ecwid", "order.created", "--entity", &wrong][..], "totl"),
        (&["ecwid", "order.created", "--entity", "no-such-file"], "`no-such-file` can't be read"),
        (&["ecwid", "order.created", "--detail", "nonsense=1"], "`nonsense` is no detail of an event"),
        (&["ecwid", "order.created", "--detail", "nonsense"], "as in `line_item_id=7`"),
        (&["bigcommerce", "store/channel/updated", "--entity", &order], "has no event type"),
        (&["bigcommerce", "store/order/message/created", "--entity", &order], "--detail message_id="),
    ] {
        let told = trigger(arguments);
        assert_eq!(told.code, 2, "{arguments:?}: {}", told.stdout);
        assert!(told.stderr.contains(says), "{arguments:?}: {}", told.stderr);
    }
}

#[test]
fn what_is_not_genuine_is_answered_401_and_fails_the_trigger() {
    for dialect in crate::shopwire::dialects() {
        let other = if dialect == DialectId::Duda { "b3RoZXJzZWNyZXQ=" } else { "other" };
        let other =
            if dialect == DialectId::CloudEvents { "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" } else { other };
        let mut receiver = Receiver::start(&[dialect.as_str(), "--secret", secret(dialect), "--once"]);
        let sent = run(&[
            "trigger",
            dialect.as_str(),
            topic(dialect),
            "--secret",
            other,
            "--to",
            &receiver.url,
            "--json",
        ]);
        assert_eq!((sent.code, sent.json()["status"].as_u64()), (1, Some(401)), "{dialect}");
        let received = receiver.next();
        assert_eq!(
            (&received["genuine"], &received["code"]),
            (&false.into(), &"wrong_signature".into()),
            "{dialect}"
        );
        assert_eq!(receiver.ended(), 1, "{dialect}");
    }
}

#[test]
fn one_genuine_request_is_enough_if_only_one_is_wanted() {
    let mut receiver = Receiver::start(&["shoptet", "--secret", "s", "--once", "--status", "503"]);
    let sent = run(&["trigger", "shoptet", "order:create", "--secret", "s", "--to", &receiver.url]);
    assert_eq!(sent.code, 1, "not a 2xx");
    assert!(sent.stdout.starts_with("503 Service Unavailable in "), "{}", sent.stdout);
    assert_eq!(receiver.next()["answered"], 503);
    assert_eq!(receiver.ended(), 0);
}

#[test]
fn bigcommerce_s_older_header_is_sent_and_accepted() {
    let mut receiver = Receiver::start(&["bigcommerce", "--secret-header", "X-Auth=s3cret"]);
    let send = |header: &str, url: &str| {
        run(&["trigger", "bigcommerce", "store/order/created", "--secret-header", header, "--to", url]).code
    };
    assert_eq!(send("X-Auth=s3cret", &receiver.url), 0);
    assert_eq!(receiver.next()["genuine"], true);
    assert_eq!(send("X-Auth=wrong", &receiver.url), 1);
    assert_eq!(receiver.next()["code"], "wrong_signature");
}

/// Over the wire byte for byte: what `--show http` prints, sent by hand.
#[test]
fn what_is_shown_is_what_would_be_sent() {
    for dialect in crate::shopwire::dialects() {
        let mut receiver = Receiver::start(&[dialect.as_str(), "--secret", secret(dialect)]);
        let mut stream = TcpStream::connect(&receiver.address).expect("it listens");
        stream.write_all(captured(dialect).as_bytes()).expect("it reads");
        assert_eq!(receiver.next()["genuine"], true, "{dialect}");
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("an answer");
        assert_eq!(&status, b"HTTP/1.1 200", "{dialect}");
    }
}

#[cfg(unix)]
#[test]
fn the_curl_command_sends_a_genuine_request() {
    for dialect in crate::shopwire::dialects() {
        let mut receiver = Receiver::start(&[dialect.as_str(), "--secret", secret(dialect)]);
        let shown = run(&[
            "trigger",
            dialect.as_str(),
            topic(dialect),
            "--secret",
            secret(dialect),
            "--show",
            "curl",
            "--to",
            &receiver.url,
        ]);
        let arguments = arguments_of(&shown.stdout);
        let request = request_of(&arguments, &receiver.address);
        let mut stream = TcpStream::connect(&receiver.address).expect("it listens");
        stream.write_all(request.as_bytes()).expect("it reads");
        assert_eq!(receiver.next()["genuine"], true, "{dialect}: {request}");
    }
}

/// The arguments that the shell gives to curl, which here only repeats them.
#[cfg(unix)]
fn arguments_of(script: &str) -> Vec<String> {
    let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{script}");
    let output = Command::new("sh").args(["-c", &script]).output().expect("there is a shell");
    let said = String::from_utf8(output.stdout).expect("text");
    said.split_terminator('\0').map(str::to_owned).collect()
}

/// What curl makes of these arguments.
#[cfg(unix)]
fn request_of(arguments: &[String], address: &str) -> String {
    let value_of =
        |name: &'static str| arguments.windows(2).filter(move |pair| pair[0] == name).map(|pair| &pair[1]);
    let url = arguments.iter().find(|word| word.starts_with("http://")).expect("a URL");
    let target = url.strip_prefix(&format!("http://{address}")).expect("its address");
    let body = value_of("--data-binary").next().expect("a body");
    let set = value_of("--header").filter(|field| !field.ends_with(':'));
    let fields: String = set.map(|field| format!("{field}\r\n")).collect();
    format!(
        "POST {target} HTTP/1.1\r\nHost: {address}\r\n{fields}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_receiver_bounds_what_it_reads() {
    let mut receiver = Receiver::start(&["ecwid", "--secret", "s"]);
    let mut stream = TcpStream::connect(&receiver.address).expect("it listens");
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", (1 << 20) + 1);
    stream.write_all(head.as_bytes()).expect("it reads");
    // It may answer and close before everything is sent.
    drop(stream.write_all(&vec![b' '; (1 << 20) + 1]));
    assert_eq!(receiver.next()["answered"], 413);
}
