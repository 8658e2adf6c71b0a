//! Reading an answer as its bytes come in, without I/O.

use bytes::{Buf, Bytes, BytesMut};
use shopwire_core::Headers;

use super::config::EgressConfig;
use super::failure::ProtocolError;
use super::head::{Framing, Head};

/// How many interim answers (1xx) are skipped.
const INTERIM_MAX: u8 = 8;

/// A complete answer, with as much of its body as is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// 200 to 999.
    pub status: u16,
    /// The fields as received; bytes that are not UTF-8 are replaced.
    pub headers: Headers,
    /// The start of the body, up to `response_bytes_max`, as sent: not decompressed.
    pub body_start: Bytes,
    /// Whether the body was longer.
    pub body_truncated: bool,
}

/// How much of an answer is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) head_bytes_max: usize,
    pub(super) kept_bytes_max: usize,
    pub(super) drain_bytes_max: usize,
}

impl From<&EgressConfig> for Limits {
    fn from(config: &EgressConfig) -> Self {
        Self {
            head_bytes_max: config.response_head_bytes_max,
            kept_bytes_max: config.response_bytes_max,
            drain_bytes_max: config.response_drain_bytes_max,
        }
    }
}

/// The state of an answer that is being read.
pub(super) struct Reader {
    limits: Limits,
    head: Option<Head>,
    interim: u8,
    scan: Scan,
    kept: Vec<u8>,
    truncated: bool,
    /// Bytes that the body took on the wire, so that chunk overhead counts against the limit too.
    wire_bytes: usize,
}

impl Reader {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            head: None,
            interim: 0,
            scan: Scan::default(),
            kept: Vec::new(),
            truncated: false,
            wire_bytes: 0,
        }
    }

    /// Whether the head is complete.
    pub(super) fn in_body(&self) -> bool {
        self.head.is_some()
    }

    /// Takes what belongs to the answer off `input`. `Some` when the answer is complete, or no more of it is wanted,
    /// and then whether the connection may be used again.
    pub(super) fn advance(&mut self, input: &mut BytesMut) -> Result<Option<bool>, ProtocolError> {
        if self.head.is_none() {
            self.head = self.take_head(input)?;
        }
        let Some(head) = &mut self.head else {
            return Ok(None);
        };
        let body =
            Kept { bytes: &mut self.kept, truncated: &mut self.truncated, max: self.limits.kept_bytes_max };
        let before = input.len();
        let complete = take_body(&mut head.framing, input, body)?;
        self.wire_bytes += before - input.len();
        if complete {
            return Ok(Some(head.keep_alive && input.is_empty()));
        }
        if self.too_much_is_left() {
            self.truncated = true;
            return Ok(Some(false));
        }
        Ok(None)
    }

    /// Whether the answer is complete now that the connection has ended.
    pub(super) fn is_complete_at_end(&self) -> bool {
        matches!(&self.head, Some(Head { framing: Framing::UntilClose, .. }))
    }

    /// The answer; `None` if there was no complete head.
    pub(super) fn finish(self) -> Option<Response> {
        let Head { status, headers, .. } = self.head?;
        Some(Response { status, headers, body_start: self.kept.into(), body_truncated: self.truncated })
    }

    /// The head of the final answer, interim answers skipped.
    fn take_head(&mut self, input: &mut BytesMut) -> Result<Option<Head>, ProtocolError> {
        let bytes_max = self.limits.head_bytes_max;
        while self.scan.is_worth_parsing(input) {
            let Some((head, end)) = Head::parse(input)? else {
                self.scan.is_partial(input.len());
                break;
            };
            if end > bytes_max {
                return Err(ProtocolError::HeadTooLarge { bytes_max });
            }
            input.advance(end);
            self.scan = Scan::default();
            match head.status {
                102..=199 | 100 if self.interim < INTERIM_MAX => self.interim += 1,
                102..=199 | 100 => return Err(ProtocolError::TooManyInterim { max: INTERIM_MAX }),
                // We never ask for another protocol.
                0..=99 | 101 => return Err(ProtocolError::Status(head.status)),
                _ => return Ok(Some(head)),
            }
        }
        if input.len() > bytes_max {
            return Err(ProtocolError::HeadTooLarge { bytes_max });
        }
        Ok(None)
    }

    /// Whether reading on for the sake of the connection costs more than a new connection.
    fn too_much_is_left(&self) -> bool {
        let Limits { kept_bytes_max, drain_bytes_max, .. } = self.limits;
        let announced = match &self.head {
            Some(Head { framing: Framing::Length(left), .. }) => *left > drain_bytes_max as u64,
            _ => false,
        };
        (announced && self.kept.len() >= kept_bytes_max)
            || self.wire_bytes > kept_bytes_max.saturating_add(drain_bytes_max)
    }
}

/// Decides when a head is parsed, so that one that comes byte by byte is not parsed for each byte: at once, when
/// its empty line is there, and whenever it has doubled (to refuse early what is no head at all).
#[derive(Debug, Default)]
struct Scan {
    seen: usize,
    parse_at: usize,
}

impl Scan {
    fn is_worth_parsing(&mut self, input: &[u8]) -> bool {
        let new = &input[self.seen.saturating_sub(2).min(input.len())..];
        self.seen = input.len();
        !input.is_empty()
            && (input.len() >= self.parse_at
                || new.windows(2).any(|w| w == b"\n\n")
                || new.windows(3).any(|w| w == b"\n\r\n"))
    }

    fn is_partial(&mut self, length: usize) {
        self.parse_at = length.saturating_mul(2);
    }
}

/// The kept part of a body.
struct Kept<'a> {
    bytes: &'a mut Vec<u8>,
    truncated: &'a mut bool,
    max: usize,
}

impl Kept<'_> {
    fn add(&mut self, piece: &[u8]) {
        let room = self.max - self.bytes.len();
        self.bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        *self.truncated |= piece.len() > room;
    }
}

/// Takes body bytes off `input`; says whether the body is complete.
fn take_body(framing: &mut Framing, input: &mut BytesMut, mut kept: Kept<'_>) -> Result<bool, ProtocolError> {
    match framing {
        Framing::Length(left) => {
            let taken = input.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
            kept.add(&input[..taken]);
            input.advance(taken);
            *left -= taken as u64;
            Ok(*left == 0)
        }
        Framing::Chunked(chunked) => chunked.decode(input, |piece| kept.add(piece)),
        Framing::UntilClose => {
            kept.add(input);
            input.clear();
            Ok(false)
        }
    }
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
