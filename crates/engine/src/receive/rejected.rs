//! Keeping rejected requests, without letting them keep anybody waiting.

use std::sync::Arc;

use shopwire_core::{Headers, Limits, Random, RejectionId, Source, Timestamp};
use shopwire_dialects::ReceivePolicy;
use shopwire_store::{Ledger, RejectedRequest};
use tokio::sync::mpsc;

use super::{ReceiveError, ReceivedRequest, headers};
use crate::Metrics;

/// Rejected requests that may wait to be kept. A flood of them is counted, not kept: the store has better things to do.
const WAITING_MAX: usize = 64;

/// Header fields of a rejected request that are kept, and bytes of each value.
const FIELDS_MAX: usize = 50;
const VALUE_CHARS_MAX: usize = 500;

/// Writes rejected requests to the store from a task of its own.
pub(crate) struct RejectedKeeper {
    waiting: mpsc::Sender<RejectedRequest>,
    metrics: Arc<Metrics>,
}

impl RejectedKeeper {
    pub(crate) fn start(ledger: Arc<dyn Ledger>, metrics: Arc<Metrics>) -> Self {
        let (waiting, mut rejected) = mpsc::channel(WAITING_MAX);
        tokio::spawn(async move {
            while let Some(request) = rejected.recv().await {
                if let Err(error) = ledger.reject(request).await {
                    tracing::warn!(%error, "a rejected request could not be kept");
                }
            }
        });
        Self { waiting, metrics }
    }

    pub(super) fn keep(&self, request: RejectedRequest) {
        if self.waiting.try_send(request).is_err() {
            self.metrics.rejections_unkept.add(1);
        }
    }
}

/// What is kept of a rejected request: all that explains the rejection, and no secret.
pub(super) fn kept(
    source: &Source,
    policy: &ReceivePolicy,
    request: &ReceivedRequest,
    error: &ReceiveError,
    now: Timestamp,
    limits: &Limits,
    random: &dyn Random,
) -> RejectedRequest {
    let shown = headers::masked(&request.headers, source, policy);
    let fields = shown.iter().take(FIELDS_MAX);
    let headers: Headers =
        fields.map(|(n, v)| (n, v.chars().take(VALUE_CHARS_MAX).collect::<String>())).collect();
    let kept = request.body.len().min(limits.rejection_body_bytes_max);
    RejectedRequest {
        id: RejectionId::new(now, random),
        source: source.id,
        at: now,
        code: error.code().to_owned(),
        reason: error.to_string(),
        headers,
        // A copy: a slice would keep the whole body in memory as long as it waits.
        body_start: bytes::Bytes::copy_from_slice(&request.body[..kept]),
        body_bytes: request.body.len() as u64,
    }
}
