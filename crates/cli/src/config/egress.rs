//! `[egress]`: what may be sent where.

use std::path::PathBuf;

use anyhow::Context as _;
use bytes::Bytes;
use ipnet::IpNet;
use shopwire_core::Limits;
use shopwire_engine::egress::EgressConfig;

use super::section;

section! {
    /// What may be sent where. How long it may take and how much is kept stands in `[limits]`.
    Egress "egress" {
        /// Networks that may be sent to although they are private, loopback or otherwise special.
        allowed: Vec<IpNet> = Vec::new();
        /// Whether `http://` is allowed to public addresses too.
        plain_http: bool = false;
        /// Files with root certificates beside those of the web, in PEM or DER.
        extra_roots: Vec<PathBuf> = Vec::new();
        /// Milliseconds for which an unused connection may be used again; within half a minute it is closed then.
        idle_timeout_ms: u64 = EgressConfig::default().idle_timeout_ms;
        /// Bytes of an answer's head.
        response_head_bytes_max: u64 = EgressConfig::default().response_head_bytes_max as u64;
        /// Bytes of an answer that are read beyond the kept part to be able to use the connection again.
        response_drain_bytes_max: u64 = EgressConfig::default().response_drain_bytes_max as u64;
    }
}

impl Egress {
    /// What the engine's way out is built from, within `limits`.
    pub(crate) fn config(&self, limits: &Limits) -> anyhow::Result<EgressConfig> {
        let read = |path: &PathBuf| {
            let bytes = std::fs::read(path);
            bytes.map(Bytes::from).with_context(|| {
                format!("the root certificate `{}` of `egress.extra_roots` can't be read", path.display())
            })
        };
        Ok(EgressConfig {
            allowed: self.allowed.clone(),
            plain_http: self.plain_http,
            connect_timeout_ms: limits.connect_timeout_ms,
            exchange_deadline_ms: limits.exchange_deadline_ms,
            response_bytes_max: limits.response_bytes_max,
            response_drain_bytes_max: usize::try_from(self.response_drain_bytes_max).unwrap_or(usize::MAX),
            response_head_bytes_max: usize::try_from(self.response_head_bytes_max).unwrap_or(usize::MAX),
            idle_timeout_ms: self.idle_timeout_ms,
            extra_roots: self.extra_roots.iter().map(read).collect::<Result<_, _>>()?,
        })
    }
}
