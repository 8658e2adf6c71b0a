//! The server, from its settings to its orderly end.

mod node;
mod settings;
mod signals;

use serde_json::json;

use crate::output::Output;

pub(crate) use node::{Node, open};
pub(crate) use settings::Settings;
pub(crate) use signals::Signals;

/// Serves until a signal asks to stop.
pub(crate) async fn serve(settings: Settings, output: Output) -> anyhow::Result<()> {
    let signals = Signals::listen();
    let node = Node::start(settings).await?;
    let (url, data) = (node.url(), node.data().display().to_string());
    let token = node.admin_token().map(|token| token.expose().to_owned());
    let started = json!({ "listening": url, "data": data, "admin_token": token });
    output.emit(&started, || {
        let first = token.map(|token| {
            format!("\nFirst start. The admin token, shown only this once:\n\n    {token}\n\n")
        });
        format!(
            "shopwire {} listens on {url}, data in {data}\n{}the API is described at {url}/openapi.json; stop with Ctrl-C",
            env!("CARGO_PKG_VERSION"),
            first.unwrap_or_default(),
        )
    })?;
    finish(node, signals, output).await
}

/// Serves until asked to stop, and then either ends in order or, asked again, at once.
pub(crate) async fn finish(node: Node, mut signals: Signals, output: Output) -> anyhow::Result<()> {
    let (ask, asked) = tokio::sync::oneshot::channel();
    // Whoever asks no more has gone, with the server.
    let serving = node.serve(async { asked.await.unwrap_or_default() });
    let hurry = async {
        signals.asked_to_stop().await;
        // Whoever can't be told stops all the same.
        drop(output.note("stopping: what is in flight lands; Ctrl-C again stops at once"));
        ask.send(()).unwrap_or_default();
        signals.asked_to_stop().await;
    };
    tokio::select! {
        served = serving => served,
        () = hurry => {
            drop(output.note("stopped at once: what was in flight is sent again at the next start"));
            Ok(())
        }
    }
}
