//! `config`: mistakes with their places, what is in effect, the reference.

use crate::shopwire::{run, run_in, run_with};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");

#[test]
fn mistakes_are_told_with_line_and_column() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("shopwire.toml"),
        "[server]\nlisten = 7480\n\n[limits]\n  body_bytes = 1\n",
    )
    .unwrap();
    let checked = run_in(directory.path(), &["config", "check"]);
    assert_eq!(checked.code, 1);
    insta::assert_snapshot!(checked.stdout, @r#"
    shopwire.toml:2:1: `server.listen` = 7480: expected an address and a port, as in "127.0.0.1:7480" or "[::]:7480"
    shopwire.toml:5:3: `limits.body_bytes`: unknown key: did you mean `body_bytes_max` or `rejection_body_bytes_max`?
    "#);
    let json = run_in(directory.path(), &["config", "check", "--json"]).json();
    assert_eq!((&json["ok"], &json["mistakes"][1]["at"]), (&false.into(), &"shopwire.toml:5:3".into()));
    // Whoever needs the configuration refuses it in the same words.
    let shown = run_in(directory.path(), &["config", "show"]);
    assert_eq!(shown.code, 2);
    assert!(shown.stderr.contains("shopwire.toml:5:3: `limits.body_bytes`"), "{}", shown.stderr);
}

#[test]
fn unknown_variables_are_refused_with_what_may_have_been_meant() {
    let directory = tempfile::tempdir().unwrap();
    let check = |name| run_with(directory.path(), &[(name, "1")], &["config", "check"]);
    for (name, says) in [
        ("SHOPWIRE_LIMITS_BODY_BYTES", "did you mean `SHOPWIRE_LIMITS_BODY_BYTES_MAX`"),
        ("SHOPWIRE_LISTEN", "did you mean `SHOPWIRE_SERVER_LISTEN`"),
        ("SHOPWIRE_QUANTUM", "`shopwire config reference` lists all"),
    ] {
        let checked = check(name);
        assert_eq!(checked.code, 1, "{name}");
        assert!(
            checked.stdout.starts_with(&format!("{name}: ")) && checked.stdout.contains(says),
            "{}",
            checked.stdout
        );
    }
    let known = [("SHOPWIRE_LIMITS_BODY_BYTES_MAX", "2048")];
    assert_eq!(run_with(directory.path(), &known, &["config", "check"]).code, 0);
}

#[test]
fn what_is_in_effect_is_told_with_its_origin_and_without_secrets() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("other.toml"), "[store]\npath = \"d\"\n").unwrap();
    let key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let environment = [("SHOPWIRE_CONFIG", "other.toml"), ("SHOPWIRE_SECRETS_KEY", key)];
    let arguments = ["config", "show", "--set", "log.level=debug", "--json"];
    let shown = run_with(directory.path(), &environment, &arguments);
    assert!(!shown.stdout.contains("AQEB"), "{}", shown.stdout);
    let values = shown.json();
    let find = |key: &str| {
        let found = values.as_array().unwrap().iter().find(|value| value["key"] == key).unwrap();
        format!("{} from {}", found["value"], found["origin"].as_str().unwrap())
    };
    assert_eq!(find("store.path"), "\"d\" from other.toml:2:1");
    assert_eq!(find("secrets.key"), "\"(hidden)\" from SHOPWIRE_SECRETS_KEY");
    assert_eq!(find("log.level"), "\"debug\" from --set");
    assert_eq!(find("server.listen"), "\"127.0.0.1:7480\" from default");
}

#[test]
fn a_named_file_that_is_not_there_has_no_line() {
    let directory = tempfile::tempdir().unwrap();
    let checked = run_in(directory.path(), &["config", "check", "--config", "nofile.toml"]);
    assert_eq!(checked.code, 1);
    assert!(
        checked.stdout.starts_with("nofile.toml: the configuration file can't be read: "),
        "{}",
        checked.stdout
    );
    assert!(checked.stdout.contains("name another with `--config`"), "{}", checked.stdout);
}

#[test]
fn programs_get_the_reference_as_json() {
    let keys = run(&["config", "reference", "--json"]).json();
    let keys = keys.as_array().unwrap();
    let listen = keys.iter().find(|key| key["key"] == "server.listen").unwrap();
    assert_eq!(
        (&listen["default"], &listen["environment"]),
        (&"127.0.0.1:7480".into(), &"SHOPWIRE_SERVER_LISTEN".into())
    );
    let page = run(&["config", "reference"]).stdout;
    assert_eq!(keys.len(), page.lines().filter(|line| line.starts_with("| `")).count());
}

/// Bring it up to date with `shopwire config reference > docs/configuration.md`.
#[test]
fn the_committed_reference_is_current() {
    let committed = std::fs::read_to_string(COMMITTED).expect("it is committed");
    assert!(
        run(&["config", "reference"]).stdout == committed,
        "run `shopwire config reference > docs/configuration.md`"
    );
}
