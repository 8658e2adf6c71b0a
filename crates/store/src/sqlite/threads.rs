//! Work that takes long, on a thread of its own: nobody who reads or writes waits for it.

use tokio::sync::oneshot;

use super::fault::closed;
use crate::StoreError;

/// Runs `work` and waits for it. It is finished also if nobody waits any more.
pub(super) async fn run<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (reply, answer) = oneshot::channel();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || reply.send(work()).ok())
        .map_err(|error| StoreError::Unavailable(format!("no thread `{name}`: {error}")))?;
    answer.await.unwrap_or_else(|_| Err(closed()))
}
