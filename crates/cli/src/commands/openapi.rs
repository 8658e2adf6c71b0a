//! `shopwire openapi`: the document that is served at `/openapi.json`.

use super::{Outcome, Verdict};
use crate::output::Output;

/// Prints it.
pub(crate) fn run(output: Output) -> Outcome {
    output.raw(shopwire_server::openapi_json().as_bytes())?;
    Ok(Verdict::Good)
}
