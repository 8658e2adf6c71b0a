//! Work against time.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use crate::Sleep;

/// What `work` gives, or `None` if `sleep` ends first; then the work is dropped. Work that is ready wins.
pub(super) async fn before<F: Future>(mut sleep: Sleep, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => sleep.as_mut().poll(cx).map(|()| None),
    })
    .await
}
