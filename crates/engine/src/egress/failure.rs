//! Why an exchange gave no answer.

use std::net::IpAddr;

use super::guard::Refusal;

/// How far an exchange had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Looking up the name, connecting, TLS.
    #[default]
    Connect,
    /// Sending the request.
    Write,
    /// The request is sent, the answer's head is not complete.
    Head,
    /// The answer's head is complete, its body is not.
    Body,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "while connecting",
            Self::Write => "while the request was being sent",
            Self::Head => "while waiting for the answer",
            Self::Body => "in the middle of the answer's body",
        })
    }
}

/// Why an exchange gave no (complete) answer. Each is an outcome of its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The time was up.
    #[error("time ran out {phase}")]
    Timeout {
        /// How far the exchange had come.
        phase: Phase,
    },
    /// Every address of the host is one we do not send to.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The name has no address.
    #[error("host name `{host}` cannot be resolved: {detail}")]
    Dns {
        /// The name.
        host: String,
        /// What the resolver said.
        detail: String,
    },
    /// No connection to any permitted address.
    #[error("cannot connect to {address}: {detail}")]
    Connect {
        /// The address that was tried last.
        address: IpAddr,
        /// What the operating system said.
        detail: String,
    },
    /// The receiver cannot be trusted, or broke off the TLS handshake.
    #[error("TLS failed: {detail}")]
    Tls {
        /// What the TLS library said.
        detail: String,
    },
    /// What came back is not HTTP/1.1 as we understand it.
    #[error("the answer is not valid HTTP: {0}")]
    Protocol(#[from] ProtocolError),
    /// The connection was closed before the answer was complete.
    #[error("the connection was closed {phase}")]
    Closed {
        /// How far the exchange had come.
        phase: Phase,
    },
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The status line or a header field is malformed, or there are too many fields.
    #[error("malformed head ({0})")]
    Head(httparse::Error),
    /// The head is longer than the limit.
    #[error("the head is longer than {bytes_max} bytes")]
    HeadTooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// A status that no answer can have.
    #[error("status {0} is no answer to this request")]
    Status(u16),
    /// One interim answer (1xx) after the other.
    #[error("more than {max} interim answers")]
    TooManyInterim {
        /// The limit.
        max: u8,
    },
    /// `Content-Length` is no number, or there are several that differ.
    #[error("invalid or contradictory `Content-Length`")]
    ContentLength,
    /// The chunked coding of the body is broken.
    #[error("malformed chunked body")]
    Chunked,
}
