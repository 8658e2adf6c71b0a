//! What asynchronous commands run on.

use std::future::Future;

use crate::commands::Outcome;

/// Runs a command to its end, on so many threads (without a number, one for each core).
pub(crate) fn run(threads: Option<u64>, command: impl Future<Output = Outcome>) -> Outcome {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(usize::try_from(threads).unwrap_or(usize::MAX));
    }
    builder.enable_all().build()?.block_on(command)
}
