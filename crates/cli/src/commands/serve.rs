//! `shopwire serve`: the server.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::{Outcome, Verdict};
use crate::config::{ConfigArgs, Loaded, listen_address};
use crate::demo;
use crate::output::Output;
use crate::runtime;
use crate::serve::{self, Settings};

/// Run the server: webhooks in, signed events out
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Show the main job on a fresh store, on loopback: webhooks of each platform on their way in and out, then serve on
    #[arg(long)]
    demo: bool,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", value_parser = listen_address)]
    listen: Option<SocketAddr>,
    /// Data directory; the demo has its own
    #[arg(long, value_name = "PATH", conflicts_with = "demo")]
    data: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Serve {
    pub(crate) fn run(&self, output: Output) -> Outcome {
        let mut config = Loaded::read(&self.config)?.config;
        if self.demo {
            // The demo tells its story itself.
            config.log.quieten();
        }
        config.log.start();
        let threads = config.server.threads;
        let mut settings = Settings::of(&config)?;
        settings.listen = self.listen.unwrap_or(settings.listen);
        settings.data = self.data.clone().unwrap_or(settings.data);
        runtime::run(threads, async {
            if self.demo {
                demo::serve_demo(settings, output).await?;
            } else {
                serve::serve(settings, output).await?;
            }
            Ok(Verdict::Good)
        })
    }
}
