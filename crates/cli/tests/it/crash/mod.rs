//! The crash harness: random load, random `kill -9`, receivers that misbehave at random, and a record at both ends.
//!
//! The sender notes what it asked for and what was answered 2xx; each receiver notes what arrived, in which order, and what
//! it has taken. Neither record is the server's. After the wanted time the receivers are healed, and when everything has
//! come to an end the two records and the log are held against each other ([`verdict`]):
//!
//! - **lost**: answered and not in the log, or in the log and neither taken by a receiver it is for nor on the dead-letter list;
//! - **out of order**: see [`verdict::overtaking`];
//! - **unasked**: in the log and never asked for, in the log twice, or at a receiver and not from the log;
//! - **duplicates**: taken more than once. Allowed ("at least once"), and reported.
//!
//! `SHOPWIRE_CRASH_SECONDS` says for how long, `SHOPWIRE_CRASH_SEED` repeats the choices (though not the machine's timing).

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod changes;
mod house;
mod load;
mod plan;
mod receiver;
mod record;
mod verdict;
mod webhooks;

use std::sync::Arc;

use shopwire_core::Clock as _;
use shopwire_engine::{SystemTimer, Timer as _};
use shopwire_testkit::SeededRandom;

use house::{House, Lived};
use load::Load;
use plan::{Plan, below};
use record::Record;

/// Generous: a machine that is busy with other things must not fail the test.
const PATIENCE_MS: i64 = 240_000;
/// How long the server runs before we look again whether everything has come to an end.
const LOOK_MS: u64 = 3_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_overtakes_whatever_happens_when() {
    let plan = Plan::from_environment();
    eprintln!("SHOPWIRE_CRASH_SEED={} SHOPWIRE_CRASH_SECONDS={}", plan.seed, plan.seconds);
    let record = Arc::new(Record::default());
    let house = House::furnish(&plan).await;
    let load = Load::start(&plan, &house, &record);
    let lived = live(&plan, &house).await;
    load.stop().await;
    house.receivers().for_each(|(_, receiver)| receiver.heal());
    let verdict = settle(&house, &record).await;
    eprintln!("crash: seed {}, {} s, {lived}; {verdict}", plan.seed, plan.seconds);
    assert_eq!(verdict.faults(), Vec::<String>::new(), "seed {}", plan.seed);
    house.verify_log();
}

/// Starts the server and ends it, again and again: mostly by `kill -9` at any moment, sometimes while it starts, sometimes in
/// order.
async fn live(plan: &Plan, house: &House) -> Lived {
    let (random, mut lived) = (SeededRandom::new(plan.seed), Lived::default());
    let end = SystemTimer.now().plus_ms(plan.seconds * 1_000);
    while SystemTimer.now() < end {
        let mut server = house.serve();
        if below(&random, 100) < 10 {
            SystemTimer.sleep_ms(below(&random, 300)).await;
            server.kill();
            lived.killed_while_starting += 1;
            continue;
        }
        house.is_ready(&mut server).await;
        SystemTimer.sleep_ms(20 + below(&random, 2_000)).await;
        if below(&random, 100) < 10 {
            server.stop().await;
            lived.stopped += 1;
        } else {
            server.kill();
            lived.killed += 1;
        }
    }
    lived
}

/// Lets the server run until everything has come to an end, or patience has.
async fn settle(house: &House, record: &Record) -> verdict::Verdict {
    let end = SystemTimer.now().plus_ms(PATIENCE_MS);
    loop {
        let mut server = house.serve();
        house.is_ready(&mut server).await;
        SystemTimer.sleep_ms(LOOK_MS).await;
        server.stop().await;
        let verdict = verdict::look(house, record).await;
        if verdict.is_settled() || SystemTimer.now() > end {
            return verdict;
        }
    }
}
