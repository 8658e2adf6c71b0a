//! Looking from outside whether a server could run here, or does: each check gives a finding with cause and cure.
//!
//! Nothing is made and nothing is changed: a store that is not there yet is not created.

mod check;
mod clock;
mod dangers;
mod data;
mod files;
mod key;
mod network;
mod probe;
mod store;
mod system;

use shopwire_core::{Clock, Random};
use std::sync::Arc;

pub(crate) use check::{Check, Level};

use self::files::Files;
use crate::config::Config;

/// Everything that can be looked at once the configuration is right.
pub(crate) async fn examine(config: &Config, clock: &dyn Clock, random: Arc<dyn Random>) -> Vec<Check> {
    let (stored, newest) = store::check(config, random).await;
    let files = Files::below(&config.store.path);
    let mut checks = dangers::check(config);
    checks.push(data::directory(&config.store.path));
    checks.push(files.permissions());
    checks.push(data::free_space(&config.store.path, files.bytes, config.limits.log_bytes_max));
    checks.extend(config.store.backups.as_deref().map(data::backups));
    checks.push(key::check(config));
    checks.push(stored);
    checks.push(clock::check(clock.now(), newest.max(files.newest)));
    checks.push(network::check(config.server.listen));
    checks.push(system::open_files(&config.limits));
    checks.push(roots(config));
    checks
}

/// Whether the extra root certificates can be read.
fn roots(config: &Config) -> Check {
    let name = "root certificates";
    match config.egress.config(&config.limits) {
        Ok(egress) => Check::ok(name, format!("those of the web and {} more", egress.extra_roots.len())),
        Err(error) => Check::problem(
            name,
            format!("{error:#}"),
            "correct `egress.extra_roots`, or make the file readable",
        ),
    }
}
