//! The SQLite store, put through the suite for every backend and through what only a store in files can suffer.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, too")]

mod backup;
mod crash;
mod damage;
mod group_commit;
mod kill;
mod ledger;
mod migration;
mod model;
mod opening;
mod secrets;
mod state;
mod support;
mod views;

use shopwire_store::conformance::CHECKS;

use support::Store;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_passes_every_check_for_backends() {
    for check in CHECKS {
        println!("{}", check.name);
        (check.run)(&Store::fresh()).await;
    }
}
