//! `doctor`: a fresh directory, bad permissions, a wrong key, a taken address.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::shopwire::{Run, command, run_in};

/// Runs it on a free port unless another address is given.
fn doctor(directory: &Path, listen: Option<&str>) -> Run {
    let listen = format!("server.listen={}", listen.unwrap_or("127.0.0.1:0"));
    run_in(directory, &["doctor", "--json", "--set", &listen])
}

fn level(run: &Run, name: &str) -> String {
    let checks = run.json();
    let check = find(&checks, name);
    check["level"].as_str().expect("a level").to_owned()
}

fn find<'a>(checks: &'a Value, name: &str) -> &'a Value {
    checks.as_array().expect("checks").iter().find(|check| check["name"] == name).expect(name)
}

#[test]
fn a_fresh_directory_is_healthy_and_stays_empty() {
    let directory = tempfile::tempdir().unwrap();
    let run = doctor(directory.path(), None);
    assert_eq!(run.code, 0, "{}", run.stdout);
    for name in [
        "configuration",
        "data directory",
        "secrets key",
        "store",
        "clock",
        "listen address",
        "root certificates",
    ] {
        assert_eq!(level(&run, name), "ok", "{name}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "it only looks");
}

#[test]
fn a_configuration_that_is_wrong_is_a_problem() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("shopwire.toml"), "nonsense").unwrap();
    let run = doctor(directory.path(), None);
    assert_eq!((run.code, level(&run, "configuration").as_str()), (1, "problem"), "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn what_others_can_read_is_a_problem_with_its_cure() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(data.join("secret.key"), "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap();
    std::fs::set_permissions(data.join("secret.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let run = run_in(directory.path(), &["doctor", "--set", "server.listen=127.0.0.1:0"]);
    assert_eq!(run.code, 1);
    for says in [
        "open to others (mode 755)",
        "→ run `chmod 700 data`",
        "read by others (mode 644)",
        "chmod 600 data/secret.key",
    ] {
        assert!(run.stdout.contains(says), "{says}: {}", run.stdout);
    }
}

#[cfg(unix)]
#[test]
fn a_store_that_is_there_is_opened_with_its_key() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;

    use shopwire_core::Limits;
    use shopwire_engine::SystemRandom;
    use shopwire_store::{SecretKey, SqliteConfig, SqliteLedger};

    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o700)).unwrap();
    let file = data.join("secret.key");
    let key = SecretKey::load_or_create(&file, &SystemRandom).unwrap();
    let ledger =
        SqliteLedger::open(SqliteConfig::new(&data, key, &Limits::default()), Arc::new(SystemRandom))
            .unwrap();

    // Another process has it open, and no server answers: that is worth a word.
    let run = doctor(directory.path(), None);
    assert_eq!((run.code, level(&run, "store").as_str()), (0, "warning"), "{}", run.stdout);

    drop(ledger);
    let run = doctor(directory.path(), None);
    assert_eq!((run.code, level(&run, "store").as_str()), (0, "ok"), "{}", run.stdout);

    std::fs::remove_file(&file).unwrap();
    let run = doctor(directory.path(), None);
    assert_eq!((run.code, level(&run, "secrets key").as_str()), (1, "problem"), "{}", run.stdout);
    assert!(!file.exists(), "no new key is made beside a store");

    SecretKey::load_or_create(&file, &SystemRandom).unwrap();
    let run = doctor(directory.path(), None);
    let checks = run.json();
    let store = find(&checks, "store");
    assert_eq!(run.code, 1);
    assert!(store["found"].as_str().unwrap().contains("can't be decrypted"), "{store}");
}

/// Its store is its own, so it is asked.
#[test]
fn a_running_server_is_asked_for_its_health() {
    let directory = tempfile::tempdir().unwrap();
    let mut serve = command(directory.path(), &["serve", "--listen", "127.0.0.1:0", "--json"]);
    let mut serve = Guard(serve.stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(serve.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let started: Value = serde_json::from_str(&line).expect(&line);
    let address = started["listening"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let run = doctor(directory.path(), Some(&address));
    let checks = run.json();
    assert_eq!(run.code, 0, "{checks}");
    for (name, says) in [("store", "says that it is ready"), ("listen address", "a running server answers")] {
        let found = find(&checks, name)["found"].as_str().unwrap();
        assert!(found.contains(says), "{found}");
    }
}

/// Ends what was started, also when a test fails.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.kill().expect("it can be killed, also if it has ended");
        self.0.wait().expect("it ends");
    }
}

#[test]
fn an_address_that_another_program_has_is_a_problem() {
    let directory = tempfile::tempdir().unwrap();
    // It takes connections and never answers.
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = stranger.local_addr().unwrap().to_string();
    let run = doctor(directory.path(), Some(&address));
    assert_eq!((run.code, level(&run, "listen address").as_str()), (1, "problem"), "{}", run.stdout);
    let elsewhere = doctor(directory.path(), Some("192.0.2.1:7480"));
    assert_eq!(level(&elsewhere, "listen address"), "problem");
}
