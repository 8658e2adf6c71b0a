//! Asynchronous jobs.

use super::entity;
use crate::commerce::When;

entity! {
    /// A job that a platform does in the background.
    Job {
        /// What was asked for.
        endpoint: Option<String>,
        /// Its state: `pending`, `running`, then `completed`, `failed`, `expired` or `killed`.
        status: Option<String>,
        /// Where its result is.
        result_url: Option<String>,
        /// Until when the result can be fetched.
        valid_until: Option<When>,
        /// What it wrote down.
        log: Option<String>,
        /// When it was asked for.
        created_at: Option<When>,
        /// When it ended.
        finished_at: Option<When>,
    }
}
