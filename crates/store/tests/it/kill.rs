//! `kill -9` at any instant loses nothing that was answered.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use shopwire_core::{EventId, Seq};
use shopwire_store::{Appended, Ledger as _};

use crate::support::{Store, config, event, new_event, open};

const ANSWERED: &str = "answered ";
const TASKS: u64 = 8;

/// Appends for ever, in the process's directory, and tells every answer. Killed by the test below.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs for ever: the test that kills it starts it"]
async fn append_until_killed() {
    let ledger = Arc::new(open(config(Path::new("."))).unwrap());
    let head = ledger.head().await.unwrap().0;
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let ledger = Arc::clone(&ledger);
        tasks.push(tokio::spawn(async move {
            for round in 0.. {
                let n = (head + round) * TASKS + task;
                assert!(matches!(ledger.append(new_event(n)).await, Ok(Appended::New(_))));
                writeln!(std::io::stdout(), "{ANSWERED}{n}").unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

fn start(store: &Store) -> Child {
    std::fs::create_dir_all(store.path()).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["kill::append_until_killed", "--exact", "--ignored", "--nocapture"])
        .current_dir(store.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn what_was_answered_is_in_the_log_after_a_kill() {
    let store = Store::fresh();
    let mut answered: Vec<EventId> = Vec::new();
    for answers_before_the_kill in [1, 7, 50, 400, 20] {
        let mut child = start(&store);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut numbers = lines
            .map_while(Result::ok)
            // The harness itself writes without ending the line.
            .filter_map(|line| line.split_once(ANSWERED)?.1.parse::<u64>().ok());
        answered.extend(numbers.by_ref().take(answers_before_the_kill).map(|n| event(n).id));
        child.kill().unwrap();
        answered.extend(numbers.map(|n| event(n).id));
        child.wait().unwrap();

        let ledger = store.sqlite();
        for id in &answered {
            assert!(ledger.event(*id).await.unwrap().is_some(), "{id} was answered and is lost");
        }
        let head = ledger.head().await.unwrap();
        let report = ledger.health(true).await.unwrap();
        assert_eq!((report.events, report.problems), (head.0, vec![]));
        ledger.close().await.unwrap();
    }
    assert!(answered.len() >= 478);
    assert!(store.sqlite().head().await.unwrap() >= Seq(478));
}
