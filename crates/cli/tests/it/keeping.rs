//! Backup, restore, erasure and the check of the log, as an operator does them.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::shopwire::{Run, command, run_in, run_with};

/// A server in a directory that is kept: its store is at `data`, its backups at `backups`.
struct Server {
    child: Child,
    url: String,
    token: String,
}

const BACKUPS: &str = "store.backups=backups";

impl Server {
    fn start(directory: &Path) -> Self {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--json", "--set", BACKUPS];
        let mut command = command(directory, &arguments);
        command.env("SHOPWIRE_LOG_LEVEL", "error");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).expect(&line);
        let text = |name: &str| started[name].as_str().unwrap().to_owned();
        Self { url: text("listening"), token: text("admin_token"), child }
    }

    /// Runs a command that asks it.
    fn ask(&self, directory: &Path, arguments: &[&str]) -> Run {
        let all = [arguments, &["--server", &self.url]].concat();
        run_with(directory, &[("SHOPWIRE_TOKEN", &self.token)], &all)
    }

    /// A shop with an order, which gave an event.
    fn shop_with_order(&self, directory: &Path) -> String {
        let shop = self.ask(directory, &["shops", "create", "Teapots", "--json"]).json();
        let shop = shop["id"].as_str().unwrap().to_owned();
        std::fs::write(directory.join("order.json"), r#"{"status":"pending"}"#).unwrap();
        let put = self.ask(directory, &["entities", "put", &shop, "orders", "7", "order.json"]);
        assert_eq!(put.code, 0, "{}", put.stderr);
        shop
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().expect("it can be killed, also if it has ended");
        self.child.wait().expect("it ends");
    }
}

/// What a store holds, as a restored one must hold it too.
fn books(run: &Run) -> (Value, Value) {
    let checked = run.json();
    assert_eq!((run.code, &checked["sound"]), (0, &json!(true)), "{checked} {}", run.stderr);
    let books = if checked["books"].is_null() { &checked } else { &checked["books"] };
    (books["head"].clone(), books["events"].clone())
}

/// A store with one order, whose server has stopped.
fn stopped_store(here: &Path) {
    let server = Server::start(here);
    server.shop_with_order(here);
}

#[test]
fn a_store_in_use_is_backed_up_and_restored_whole() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here);
    server.shop_with_order(here);
    // What the configuration of a second command says is what the server runs with.
    let made = server.ask(here, &["backup", "--to", "backups/one", "--json", "--set", BACKUPS]);
    assert_eq!(made.code, 0, "{}{}", made.stdout, made.stderr);
    let told = made.json();
    assert_eq!((&told["head"], &told["key_included"]), (&json!(1), &json!(false)), "{told}");
    for (to, says) in [("elsewhere", "right below `backups`"), ("backups/a/b", "right below `backups`")] {
        let refused = server.ask(here, &["backup", "--to", to, "--set", BACKUPS]);
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains(says), "{}", refused.stderr);
    }
    let again = server.ask(here, &["backup", "--to", "backups/one", "--set", BACKUPS]);
    assert_eq!(again.code, 1, "{}", again.stderr);
    assert!(again.stderr.contains("there is a backup `one` already"), "{}", again.stderr);
    let in_use = run_in(here, &["verify-log"]);
    assert_eq!(in_use.code, 2);
    assert!(in_use.stderr.contains("in use"), "{}", in_use.stderr);
    drop(server);

    assert!(!here.join("backups/one/secret.key").exists(), "the key is kept apart");
    let verified = run_in(here, &["backup", "--verify", "backups/one", "--json"]);
    assert_eq!(books(&verified), (json!(1), json!(1)));
    let arguments =
        ["restore", "--from", "backups/one", "--data", "new", "--key-file", "data/secret.key", "--json"];
    let restored = run_in(here, &arguments);
    assert_eq!(books(&restored), (json!(1), json!(1)));
    let checked = run_in(here, &["verify-log", "--data", "new", "--json"]);
    assert_eq!(books(&checked), books(&run_in(here, &["verify-log", "--json"])));
    let overwritten = run_in(here, &arguments);
    assert_eq!(overwritten.code, 2);
    assert!(overwritten.stderr.contains("`new` is not empty"), "{}", overwritten.stderr);
}

#[test]
fn the_store_of_a_stopped_server_is_copied_to_wherever_is_wanted() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    stopped_store(here);
    let made = run_in(here, &["backup", "--to", "elsewhere"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.contains("the key is not in it (`data/secret.key`)"), "{}", made.stdout);
    let again = run_in(here, &["backup", "--to", "elsewhere"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("is not empty"), "{}", again.stderr);
    let nothing = run_in(here, &["backup", "--to", "x", "--data", "nowhere"]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.stderr.contains("there is no store in `nowhere`") && !here.join("nowhere").exists());
}

#[test]
fn what_is_damaged_or_has_another_key_is_no_backup() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    stopped_store(here);
    assert_eq!(run_in(here, &["backup", "--to", "one"]).code, 0);
    let other = here.join("other.key");
    std::fs::write(&other, "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap();
    only_ours(&other);
    let verify = |more: &[&str]| run_in(here, &[&["backup", "--verify", "one"], more].concat());
    let wrong = verify(&["--key-file", "other.key"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("can't be decrypted"), "{}", wrong.stderr);
    for _ in 0..2 {
        assert_eq!(verify(&[]).code, 0, "looking at it changes nothing");
    }
    let stray = here.join("one/shopwire.db-wal");
    std::fs::write(&stray, "what was never backed up").unwrap();
    for run in [verify(&[]), run_in(here, &["restore", "--from", "one", "--data", "new"])] {
        assert_eq!(run.code, 2, "{}", run.stdout);
        assert!(run.stderr.contains("not in its list: move away `shopwire.db-wal`"), "{}", run.stderr);
    }
    std::fs::remove_file(stray).unwrap();
    std::fs::copy(here.join("data/secret.key"), here.join("one/secret.key")).unwrap();
    assert_eq!(verify(&[]).code, 0, "its own key may lie beside it");
    // One letter of what the order's event says.
    let log = first_of(&here.join("one/log"));
    let mut bytes = std::fs::read(&log).unwrap();
    let at = bytes.windows(7).position(|window| window == b"pending").expect("what was told");
    bytes[at] = b'b';
    std::fs::write(&log, bytes).unwrap();
    for run in [verify(&[]), run_in(here, &["restore", "--from", "one", "--data", "new"])] {
        assert_eq!(run.code, 2, "{}", run.stdout);
        assert!(run.stderr.contains("is not what it was"), "{}", run.stderr);
    }
    std::fs::remove_file(here.join("one/backup.json")).unwrap();
    let unfinished = verify(&[]);
    assert_eq!(unfinished.code, 2);
    assert!(unfinished.stderr.contains("was not finished"), "{}", unfinished.stderr);
    assert!(!here.join("new").exists() && !here.join("one.verifying").exists());
}

fn first_of(directory: &Path) -> PathBuf {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "log")).min().unwrap()
}

fn only_ours(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    #[cfg(not(unix))]
    assert!(file.exists());
}

#[test]
fn a_subject_is_erased_from_a_running_server() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let server = Server::start(here);
    let shop = server.shop_with_order(here);
    let erased = server.ask(here, &["erase", &shop, "order/7", "customer/1"]);
    assert_eq!(erased.code, 0, "{}", erased.stderr);
    let lines: Vec<Vec<&str>> = erased.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[1], ["order/7", "1", "0", "1"], "{}", erased.stdout);
    assert_eq!(lines[2], ["customer/1", "0", "0", "0"]);
    let gone = server.ask(here, &["entities", "get", &shop, "orders", "7"]);
    assert_eq!(gone.code, 1, "{}", gone.stdout);
    let wrong = server.ask(here, &["erase", &shop, "nothing"]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.stderr.contains("is not a subject"), "{}", wrong.stderr);
    drop(server);
    let checked = run_in(here, &["verify-log", "--json"]).json();
    assert_eq!((&checked["erased"], &checked["sound"]), (&json!(1), &json!(true)), "{checked}");
}
