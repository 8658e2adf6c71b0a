//! `kill -9` at any instant loses nothing that was answered, and keeps together what belongs together.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use shopwire_core::commerce::diff::TimerKind;
use shopwire_core::commerce::{EntityKind, Subject};
use shopwire_core::{Event, EventId, Origin, Seq, Timestamp};
use shopwire_store::{Appended, Committed, EntityChange, Ledger as _, SqliteLedger};

use crate::support::{Store, change, changed, config, event, new_event, open};

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

fn start(store: &Store, runs_for_ever: &str) -> Child {
    std::fs::create_dir_all(store.path()).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args([runs_for_ever, "--exact", "--ignored", "--nocapture"])
        .current_dir(store.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What the process tells, one answer after another.
fn answers(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // The harness itself writes without ending the line.
    lines.map_while(Result::ok).filter_map(|line| Some(line.split_once(ANSWERED)?.1.to_owned()))
}

#[tokio::test]
async fn what_was_answered_is_in_the_log_after_a_kill() {
    let store = Store::fresh();
    let mut answered: Vec<EventId> = Vec::new();
    for answers_before_the_kill in [1, 7, 50, 400, 20] {
        let mut child = start(&store, "kill::append_until_killed");
        let mut numbers = answers(&mut child).filter_map(|answer| answer.parse::<u64>().ok());
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

/// Entities that the tasks change; each is fought for by several.
const CARTS: u64 = 3;
/// More than any cart comes to while the test runs, so that each version has events of its own.
const VERSIONS_MAX: u64 = 1_000_000;

/// The change of a cart from one version to the next: two events tell of it, and a timer is set to a time of its own.
fn next_change(cart: u64, base: u64) -> EntityChange {
    let told = |n| Event {
        subject: Subject::new(EntityKind::Cart, cart),
        ..changed((cart * VERSIONS_MAX + base) * 2 + n, base + 1)
    };
    EntityChange {
        timers: vec![(TimerKind::CartAbandonment, Some(due(base + 1)))],
        events: vec![told(0), told(1)],
        ..change(&cart.to_string(), base)
    }
}

/// What the timer of a cart of this version is set to.
fn due(version: u64) -> Timestamp {
    Timestamp::from_secs(version.cast_signed())
}

/// Changes carts for ever, in the process's directory, and tells every version that was reached.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs for ever: the test that kills it starts it"]
async fn commit_until_killed() {
    let ledger = Arc::new(open(config(Path::new("."))).unwrap());
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let ledger = Arc::clone(&ledger);
        tasks.push(tokio::spawn(async move {
            let cart = task % CARTS;
            let mut base = 0;
            while base < VERSIONS_MAX {
                base = match ledger.commit(next_change(cart, base)).await.unwrap() {
                    Committed::Conflict { version } => version,
                    Committed::Done { version, .. } => {
                        writeln!(std::io::stdout(), "{ANSWERED}{cart} {version}").unwrap();
                        version
                    }
                };
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

/// That snapshot, timer and log speak of the same version of a cart, which is not below one that was answered.
async fn check_cart(ledger: &SqliteLedger, log: &[Event], cart: u64, answered: u64) {
    let snapshot = ledger.snapshot(&next_change(cart, 0).key).await.unwrap();
    let version = snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
    assert!(version >= answered, "version {answered} of cart {cart} was answered and is lost: {version}");
    let entity = version.checked_sub(1).and_then(|base| next_change(cart, base).entity);
    assert_eq!(snapshot.and_then(|snapshot| snapshot.entity), entity);

    let subject = Subject::new(EntityKind::Cart, cart);
    let told = log.iter().filter(|event| event.subject == subject).map(|event| match &event.origin {
        Origin::Change(change) => change.version,
        Origin::Webhook(_) => panic!("all arose from changes"),
    });
    assert!(
        told.eq((1..=version).flat_map(|version| [version, version])),
        "cart {cart} of version {version}"
    );

    let timers = ledger.timers_due(Timestamp::MAX, 99).await.unwrap();
    let set = timers.into_iter().find(|timer| timer.key.id == cart.to_string()).map(|timer| timer.due);
    assert_eq!(set, (version > 0).then(|| due(version)));
}

#[tokio::test]
async fn versions_events_and_timers_agree_after_a_kill() {
    let store = Store::fresh();
    let mut answered = [0; CARTS as usize];
    for answers_before_the_kill in [1, 7, 50, 300, 20] {
        let mut child = start(&store, "kill::commit_until_killed");
        let mut versions = answers(&mut child).filter_map(|answer| {
            let (cart, version) = answer.split_once(' ')?;
            Some((cart.parse::<usize>().ok()?, version.parse::<u64>().ok()?))
        });
        let mut note = |(cart, version): (usize, u64)| answered[cart] = version.max(answered[cart]);
        versions.by_ref().take(answers_before_the_kill).for_each(&mut note);
        child.kill().unwrap();
        versions.for_each(&mut note);
        child.wait().unwrap();

        let ledger = store.sqlite();
        let log = ledger.read_after(Seq::START, usize::MAX, usize::MAX).await.unwrap();
        let log: Vec<Event> = log.into_iter().map(|logged| logged.event.clone()).collect();
        for (cart, answered) in (0..).zip(answered) {
            check_cart(&ledger, &log, cart, answered).await;
        }
        assert_eq!(ledger.health(true).await.unwrap().problems, [""; 0]);
        ledger.close().await.unwrap();
    }
    assert!(answered.iter().sum::<u64>() >= 378);
}
