//! The command line itself: help, mistakes, completions.

use std::path::Path;
use std::process::Stdio;

use crate::shopwire::{command, run};

#[test]
fn help_says_what_there_is() {
    insta::assert_snapshot!(run(&["--help"]).stdout);
    for (name, arguments) in [
        ("trigger", &["trigger", "--help"][..]),
        ("translate", &["translate", "--help"]),
        ("entities", &["entities", "--help"]),
        ("import", &["entities", "import", "--help"]),
        ("shops", &["shops", "create", "--help"]),
    ] {
        insta::assert_snapshot!(name, run(arguments).stdout);
    }
}

#[test]
fn mistakes_name_the_thing_and_the_cure_and_end_with_2() {
    for (arguments, says) in [
        (&["trigger", "ecwyd", "order.created"][..], "a similar value exists: 'ecwid'"),
        (&["trigger", "ecwid", "order.craeted", "--secret", "s"], "did you mean `order.created`"),
        (&["trigger", "ecwid", "order.created"], "for ecwid it is the app's `client_secret`"),
        (
            &["trigger", "ecwid", "order.created", "--secret", "s", "--to", "ftp://x"],
            "`ftp://x` can't be sent to",
        ),
        (&["trigger", "duda", "PUBLISH", "--secret-header", "A=b"], "a way of bigcommerce only"),
        (&["trigger", "cloudevents", "order.paid", "--secret", "s"], "`whsec_…`"),
        (&["trigger", "ecwid", "order.created", "--secret", "s", "--shop", "1003"], "as in `store_id=1003`"),
        (&["receive", "ecwid"], "no secret: give it with `--secret`"),
        (
            &["receive", "ecwid", "--secret", "s", "--listen", "192.0.2.1:1"],
            "choose another address with `--listen`",
        ),
        (&["trigger", "ecwid", "order.created", "--secret", "s", "--shop", "nope=1"], "expected `store_id`"),
        (&["trigger", "shoptet", "order:create", "--secret", "s", "--shop", "eshop_id=a"], "a whole number"),
        (
            &[
                "trigger",
                "cloudevents",
                "order.paid",
                "--secret",
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "--shop",
                "nope=1",
            ],
            "no part `nope`",
        ),
        (&["trigger", "bigcommerce", "store/order/*", "--secret", "s"], "as in `store/order/created`"),
        (
            &["trigger", "bigcommerce", "store/order/created", "--secret-header", "A=b\r\nC: d"],
            "holds a line end",
        ),
        (&["receive", "ecwid", "--secret", "s", "--status", "600"], "between 200 and 599"),
        (&["receive", "ecwid", "--secret", "s", "--status", "199"], "between 200 and 599"),
        (&["receive", "ecwid", "--secret", "s", "--listen", "nonsense"], "as in \"127.0.0.1:7480\""),
        (&["serve", "--listen", "127.0.0.1"], "as in \"127.0.0.1:7480\""),
        (&["serve", "--demo", "--data", "x"], "cannot be used with"),
        (&["verify", "ecwid", "--secret", "s"], "<FILE>"),
        (&["verify", "ecwid", "-", "--secret", "s", "--at", "yesterday"], "as in `2026-01-31T12:00:00Z`"),
        (&["catalogue"], "a similar subcommand exists: 'catalog'"),
        (&["translat"], "a similar subcommand exists: 'translate'"),
        (&["shop", "list"], "a similar subcommand exists: 'shops'"),
        (&["entities", "get", "shop_1", "order", "1", "--token", "t"], "did you mean `orders`"),
        (&["translate", "--from", "ecwid", "--to", "duda", "no-such-file"], "`no-such-file` can't be read"),
    ] {
        let run = run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stdout);
        assert!(run.stderr.contains(says), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn a_data_directory_that_can_not_be_made_is_named_once_with_the_cure() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let data = file.path().join("data").display().to_string();
    let served = run(&["serve", "--listen", "127.0.0.1:0", "--data", &data]);
    assert_eq!(served.code, 2, "{}", served.stdout);
    assert!(
        served.stderr.contains(&format!("the data directory `{data}` can't be made: ")),
        "{}",
        served.stderr
    );
    assert!(served.stderr.contains("choose another with `--data`"), "{}", served.stderr);
    assert_eq!(served.stderr.matches("os error").count(), 1, "{}", served.stderr);
}

#[test]
fn no_answer_is_a_no_and_not_a_mistake() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}/");
    let run = run(&["trigger", "ecwid", "order.created", "--secret", "s", "--to", &url]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("cannot connect to 127.0.0.1"), "{}", run.stdout);
}

#[test]
fn what_a_program_reads_is_json() {
    let shown =
        run(&["trigger", "ecwid", "order.created", "--secret", "s", "--show", "http", "--json"]).json();
    assert_eq!(shown["url"], "http://127.0.0.1:7481/?eventtype=order.created");
    assert!(
        shown["headers"].as_array().unwrap().iter().any(|field| field[0] == "X-Ecwid-Webhook-Signature"),
        "{shown}"
    );
    let error = run(&["trigger", "ecwid", "nothing", "--secret", "s", "--json"]).stderr;
    let error: serde_json::Value = serde_json::from_str(&error).unwrap();
    assert!(error["error"].as_str().unwrap().starts_with("`nothing` is not a topic of ecwid"), "{error}");
}

#[test]
fn completions_and_the_api_document_are_printed() {
    for shell in ["bash", "zsh", "fish"] {
        let run = run(&["completions", shell]);
        let has = |word| run.stdout.contains(word);
        assert!(run.code == 0 && has("secret-file") && has("translate") && has("import"), "{shell}");
    }
    assert_eq!(run(&["openapi"]).json()["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
}

#[test]
fn who_has_seen_enough_may_stop_reading() {
    let mut child = command(Path::new("."), &["catalog", "table"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}
