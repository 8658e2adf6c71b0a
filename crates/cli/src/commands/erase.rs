//! `shopwire erase`: takes what is known of a customer out of a running server.

use clap::Args;
use serde_json::{Value, json};
use shopwire_engine::egress::Method;

use super::Outcome;
use crate::api::{ServerArgs, segment};
use crate::output::{self, Output, row};

/// Erase all that a running server holds about subjects of a shop: from the log and from the snapshots
///
/// The events stand where they stood, without what they said; a record tells that they were erased. What of them was
/// still to be delivered is given up. Backups that were made before still have it.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// The shop's id
    shop: String,
    /// What is to be erased, as in `customer/42`; a customer's orders and carts are subjects of their own
    #[arg(required = true, value_name = "SUBJECT")]
    subjects: Vec<String>,
    #[command(flatten)]
    server: ServerArgs,
}

impl Erase {
    /// Runs it.
    pub(crate) async fn run(&self, output: Output) -> Outcome {
        let path = format!("/v1/shops/{}/erasures", segment(&self.shop));
        let body = json!({ "subjects": self.subjects });
        self.server.api()?.ask_json(Method::Post, &path, &body).await?.tell(output, as_text)
    }
}

fn as_text(answer: &Value) -> String {
    let number = |erasure: &Value, name: &str| erasure[name].as_u64().unwrap_or(0).to_string();
    let of = |erasure: &Value| {
        let subject = erasure["subject"].as_str().unwrap_or_default();
        let counts = ["events", "attempts", "snapshots"].map(|name| number(erasure, name));
        row([subject, &counts[0], &counts[1], &counts[2]])
    };
    let head = row(["ERASED", "EVENTS", "ATTEMPTS", "SNAPSHOTS"]);
    let rows: Vec<_> =
        std::iter::once(head).chain(answer["items"].as_array().into_iter().flatten().map(of)).collect();
    output::table(&rows)
}
