//! Running the built binary.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use shopwire_core::DialectId;

/// What a run came to.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Standard output as one JSON value.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }

    /// Standard output as one JSON value a line.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }
}

/// The binary, with nothing of ours in its environment, no colours and a fixed width.
pub(crate) fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shopwire"));
    command.current_dir(directory).args(arguments).env_clear().env("COLUMNS", "100").stdin(Stdio::null());
    command
}

/// Runs it to its end in an empty directory.
pub(crate) fn run(arguments: &[&str]) -> Run {
    run_in(Path::new(env!("CARGO_TARGET_TMPDIR")), arguments)
}

/// Runs it to its end in this directory.
pub(crate) fn run_in(directory: &Path, arguments: &[&str]) -> Run {
    finish(command(directory, arguments))
}

/// Runs it to its end with these environment variables.
pub(crate) fn run_with(directory: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut command = command(directory, arguments);
    command.envs(environment.iter().copied());
    finish(command)
}

/// Runs it to its end with this standard input.
pub(crate) fn run_on(input: &[u8], arguments: &[&str]) -> Run {
    let mut command = command(Path::new(env!("CARGO_TARGET_TMPDIR")), arguments);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    // It may have read enough before all of it is written.
    drop(child.stdin.take().expect("a pipe").write_all(input));
    outcome(child.wait_with_output().expect("it ends"))
}

fn finish(mut command: Command) -> Run {
    outcome(command.output().expect("the binary runs"))
}

fn outcome(output: std::process::Output) -> Run {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Run {
        code: output.status.code().expect("not killed"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// A receiver that runs until it is dropped.
pub(crate) struct Receiver {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// Where it listens.
    pub(crate) url: String,
    /// The address in that URL.
    pub(crate) address: String,
}

impl Receiver {
    /// Starts `receive` with these arguments on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let all = [&["receive", "--json", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut command = command(Path::new(env!("CARGO_TARGET_TMPDIR")), &all);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary runs");
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut receiver = Self { child, lines, url: String::new(), address: String::new() };
        let address = receiver.next()["listening"].as_str().expect("an address").to_owned();
        receiver.url = format!("http://{address}/in?a=b");
        receiver.address = address;
        receiver
    }

    /// What it says next.
    pub(crate) fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Its exit code, once it has ended by itself.
    pub(crate) fn ended(mut self) -> i32 {
        self.child.wait().expect("it ends").code().expect("not killed")
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.child.kill().expect("it can be killed, also if it has ended");
        self.child.wait().expect("it ends");
    }
}

/// A server on a fresh store that runs until it is dropped.
pub(crate) struct Server {
    child: Child,
    _directory: tempfile::TempDir,
    /// Where it listens.
    pub(crate) url: String,
    token: String,
}

impl Server {
    /// Starts it on a free port.
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut command = command(directory.path(), &["serve", "--listen", "127.0.0.1:0", "--json"]);
        command.env("SHOPWIRE_LOG_LEVEL", "error");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary runs");
        let mut line = String::new();
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        lines.read_line(&mut line).expect("a line");
        let started: Value = serde_json::from_str(&line).expect("JSON");
        let text = |name: &str| started[name].as_str().expect("text").to_owned();
        Self { child, _directory: directory, url: text("listening"), token: text("admin_token") }
    }

    /// The admin token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Runs a command against it, with this standard input.
    pub(crate) fn run_on(&self, input: &[u8], arguments: &[&str]) -> Run {
        run_on(input, &[arguments, &["--server", &self.url, "--token", &self.token]].concat())
    }

    /// Runs a command against it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_on(b"", arguments)
    }

    /// Makes a shop known, and answers its id.
    pub(crate) fn shop(&self) -> String {
        self.run(&["shops", "create", "The Potting Shed", "--json"]).json()["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().expect("it can be killed, also if it has ended");
        self.child.wait().expect("it ends");
    }
}

/// All dialects, ours too.
pub(crate) fn dialects() -> Vec<DialectId> {
    DialectId::PLATFORMS.into_iter().chain([DialectId::CloudEvents]).collect()
}

/// A secret of the dialect's form.
pub(crate) const fn secret(dialect: DialectId) -> &'static str {
    match dialect {
        DialectId::Duda => "bXlzZWNyZXRzZWNyZXQ=",
        DialectId::Shoptet => "61d1175f54c47dd67df14c17002a17b2",
        DialectId::CloudEvents => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        _ => "test_client_secret",
    }
}

/// A topic that every test can use.
pub(crate) const fn topic(dialect: DialectId) -> &'static str {
    match dialect {
        DialectId::Ecwid | DialectId::CloudEvents => "order.created",
        DialectId::BigCommerce => "store/order/created",
        DialectId::Shoptet => "order:create",
        DialectId::Shoplazza => "orders/create",
        DialectId::Duda => "ECOMM_ORDER_CREATED",
    }
}

/// A captured request of the dialect, as it goes over the wire.
pub(crate) fn captured(dialect: DialectId) -> String {
    let shown =
        run(&["trigger", dialect.as_str(), topic(dialect), "--secret", secret(dialect), "--show", "http"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    shown.stdout
}
