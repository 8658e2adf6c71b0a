//! When to stop.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals by which a process is asked to stop: Ctrl-C, and a supervisor's SIGTERM. Listened to from when this is made, so
/// that one which comes while the server starts ends it in order too.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: Option<Signal>,
    #[cfg(unix)]
    terminate: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on.
    pub(crate) fn listen() -> Self {
        Self {
            interrupt: listened_to(SignalKind::interrupt()),
            terminate: listened_to(SignalKind::terminate()),
        }
    }

    /// Ends when the process is asked to stop, once for each time.
    pub(super) async fn asked_to_stop(&mut self) {
        tokio::select! {
            () = next(&mut self.interrupt) => {}
            () = next(&mut self.terminate) => {}
        }
    }
}

#[cfg(unix)]
fn listened_to(kind: SignalKind) -> Option<Signal> {
    let listening = signal(kind);
    listening
        .inspect_err(
            |error| tracing::error!(%error, signal = kind.as_raw_value(), "a signal can't be listened to"),
        )
        .ok()
}

#[cfg(unix)]
async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        // Without a listener the signal ends the process by itself.
        None => std::future::pending().await,
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Listens when asked.
    pub(crate) fn listen() -> Self {
        Self {}
    }

    /// Ends when the process is asked to stop.
    pub(super) async fn asked_to_stop(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "can't listen for Ctrl-C: stop this process by other means");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asks_before_anybody_waits_for_it_is_heard() {
        let mut signals = Signals::listen();
        let this = rustix::process::getpid();
        rustix::process::kill_process(this, rustix::process::Signal::TERM).unwrap();
        signals.asked_to_stop().await;
        rustix::process::kill_process(this, rustix::process::Signal::INT).unwrap();
        signals.asked_to_stop().await;
    }
}
