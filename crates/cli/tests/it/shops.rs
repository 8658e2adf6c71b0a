//! `shops` against a running server.

use std::path::Path;

use crate::shopwire::{Server, run, run_with};

#[test]
fn a_shop_is_made_shown_listed_and_forgotten() {
    let server = Server::start();
    assert!(server.run(&["shops", "list"]).stdout.starts_with("no shops yet"));
    let identity = ["--identity", "bigcommerce.store_hash=abc", "--identity", "bigcommerce.store_id=7"];
    let made = server.run(&[&["shops", "create", "Kettle & Co", "--json"][..], &identity].concat());
    assert_eq!(made.code, 0, "{}", made.stderr);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let shown = server.run(&["shops", "show", &id]).stdout;
    assert!(shown.contains("bigcommerce.store_hash=abc bigcommerce.store_id=7"), "{shown}");
    let listed = server.run(&["shops", "list"]).stdout;
    assert!(listed.starts_with("SHOP ") && listed.contains("Kettle & Co"), "{listed}");
    assert_eq!(server.run(&["shops", "list", "--json"]).lines().len(), 1);
    let gone = server.run(&["shops", "delete", &id]);
    assert!(gone.code == 0 && gone.stdout.contains("is forgotten"), "{}{}", gone.stdout, gone.stderr);
    let again = server.run(&["shops", "show", &id]);
    assert!(again.code == 1 && again.stderr.contains("(404 not_found)"), "{}", again.stderr);
    assert_eq!(server.run(&["shops", "show", &id, "--json"]).json()["status"], 404);
}

#[test]
fn the_token_may_stand_in_the_environment_and_is_never_shown() {
    let server = Server::start();
    let listed = run_with(
        Path::new("."),
        &[("SHOPWIRE_TOKEN", server.token())],
        &["shops", "list", "--server", &server.url],
    );
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    let help = run_with(Path::new("."), &[("SHOPWIRE_TOKEN", "swordfish")], &["shops", "list", "--help"]);
    assert!(help.stdout.contains("SHOPWIRE_TOKEN") && !help.stdout.contains("swordfish"), "{}", help.stdout);
}

#[test]
fn all_pages_are_listed() {
    let server = Server::start();
    let made = (0..51)
        .filter(|number| server.run(&["shops", "create", &format!("shop {number}")]).code == 0)
        .count();
    assert_eq!((made, server.run(&["shops", "list", "--json"]).lines().len()), (51, 51));
}

#[test]
fn what_can_not_be_asked_is_said_with_the_cure() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://{free}");
    for (arguments, says) in [
        (&["shops", "list"][..], "--token"),
        (&["shops", "list", "--token", "t", "--server", &nobody], "is `shopwire serve` running there?"),
        (&["shops", "list", "--token", "t", "--server", "ftp://x"], "can't be asked"),
        (&["shops", "list", "--token", ""], "the text that the server shows once"),
        (&["shops", "create", "x", "--token", "t", "--identity", "ecwid=1"], "as in `ecwid.store_id=1003`"),
        (&["shops", "create", "x", "--token", "t", "--identity", "ecwyd.store_id=1"], "ecwyd"),
        (&["shops", "frob"], "unrecognized subcommand"),
    ] {
        let said = run(arguments);
        assert_eq!(said.code, 2, "{arguments:?}: {}", said.stdout);
        assert!(said.stderr.contains(says), "{arguments:?}: {}", said.stderr);
    }
    let server = Server::start();
    let wrong = run(&["shops", "list", "--server", &server.url, "--token", "swt_wrong"]);
    assert!(wrong.code == 1 && wrong.stderr.contains("SHOPWIRE_TOKEN"), "{}", wrong.stderr);
}
