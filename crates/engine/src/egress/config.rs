//! What the operator can set.

use bytes::Bytes;
use ipnet::IpNet;

/// Limits and permissions of the way out.
#[derive(Debug, Clone)]
pub struct EgressConfig {
    /// Networks that may be sent to although they are private, loopback or otherwise special. Also the only
    /// ones that may be sent to without TLS.
    pub allowed: Vec<IpNet>,
    /// Whether `http://` is allowed to every permitted address, not only to those in `allowed`.
    pub plain_http: bool,
    /// How long look-up, connecting and the TLS handshake may take together.
    pub connect_timeout_ms: u64,
    /// How long a whole exchange may take, from the look-up to the last byte of the answer.
    pub exchange_deadline_ms: u64,
    /// How much of an answer's body is kept.
    pub response_bytes_max: usize,
    /// How much of an answer's body is read beyond the kept part so that the connection can be used again; one
    /// that sends more loses its connection.
    pub response_drain_bytes_max: usize,
    /// How long an answer's head may be.
    pub response_head_bytes_max: usize,
    /// How long an unused connection is kept.
    pub idle_timeout_ms: u64,
    /// Root certificates beside the built-in ones of the web: each a PEM text (of one or many) or one DER certificate.
    pub extra_roots: Vec<Bytes>,
}

impl Default for EgressConfig {
    fn default() -> Self {
        Self {
            allowed: Vec::new(),
            plain_http: false,
            connect_timeout_ms: 5_000,
            exchange_deadline_ms: 15_000,
            response_bytes_max: 16 * 1024,
            response_drain_bytes_max: 256 * 1024,
            response_head_bytes_max: 32 * 1024,
            idle_timeout_ms: 30_000,
            extra_roots: Vec::new(),
        }
    }
}

/// Why the way out cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// An entry of `extra_roots` is no certificate.
    #[error("extra root certificate {number} cannot be read: {detail}; give a PEM or DER certificate")]
    RootCertificate {
        /// Which entry, counted from 1.
        number: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// The TLS library refused its own defaults.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}
