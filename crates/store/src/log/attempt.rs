//! The record of an attempt.
//!
//! ```text
//! 16  endpoint   u64 place of the event   u32 number
//! i64 at         u64 latency in microseconds
//! u8  outcome    u16 status, or 0
//! u8  why it was given up, or 0
//! u8  1 if there is a wait asked for, plus 2 if there is a next attempt
//! u64 wait asked for in milliseconds      i64 next attempt
//! option detail
//! …   the kept start of the answer
//! ```
//!
//! An attempt of an erased event has the same form up to the flags' values, no detail, and zeros from there on.

use bytes::Bytes;
use shopwire_core::delivery::{DeadReason, Outcome};
use shopwire_core::{EndpointId, Seq, Timestamp};

use super::record::{self, Kind};
use super::wire::{Reader, put_option};
use crate::AttemptRecord;

const HAS_WAIT: u8 = 1;
const HAS_NEXT: u8 = 2;

/// What an index knows of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AttemptMark {
    pub(super) endpoint: EndpointId,
    pub(super) seq: u64,
    pub(super) number: u32,
    /// The byte of the outcome, see [`outcome_byte`].
    pub(super) outcome: u8,
}

impl AttemptMark {
    pub(super) fn new(endpoint: EndpointId, attempt: &AttemptRecord) -> Self {
        let outcome = outcome_byte(&attempt.outcome);
        Self { endpoint, seq: attempt.seq.0, number: attempt.number, outcome }
    }
}

/// The byte for an outcome's word, from 1; `None` if there is no such outcome.
pub(super) fn outcome_named(code: &str) -> Option<u8> {
    place(&Outcome::CODES, &code)
}

fn outcome_byte(outcome: &Outcome) -> u8 {
    outcome_named(outcome.code()).expect("every outcome's word is in the table")
}

fn outcome(byte: u8, status: u16, retry_after_ms: Option<u64>) -> Option<Outcome> {
    let code = Outcome::CODES.get(usize::from(byte).checked_sub(1)?)?;
    Outcome::from_parts(code, Some(status), retry_after_ms)
}

fn reason_byte(reason: Option<DeadReason>) -> u8 {
    reason.map_or(0, |reason| place(&DeadReason::ALL, &reason).expect("every reason is in the table"))
}

fn reason(byte: u8) -> Result<Option<DeadReason>, &'static str> {
    let Some(place) = byte.checked_sub(1) else { return Ok(None) };
    DeadReason::ALL.get(usize::from(place)).copied().map(Some).ok_or("its end is unknown")
}

/// Where an item stands in a table, from 1.
fn place<T: PartialEq>(table: &[T], item: &T) -> Option<u8> {
    let place = table.iter().position(|known| known == item)?;
    u8::try_from(place + 1).ok()
}

/// Puts the record of an attempt.
pub(super) fn put(out: &mut Vec<u8>, endpoint: EndpointId, attempt: &AttemptRecord) {
    put_as(out, Kind::Attempt, endpoint, attempt, 0);
}

/// Puts a record of at least so many bytes.
fn put_as(out: &mut Vec<u8>, kind: Kind, endpoint: EndpointId, attempt: &AttemptRecord, bytes_min: usize) {
    let start = record::begin(out, kind);
    let wait = match attempt.outcome {
        Outcome::Throttled { retry_after_ms, .. } => retry_after_ms,
        _ => None,
    };
    out.extend(endpoint.as_bytes());
    out.extend(attempt.seq.0.to_le_bytes());
    out.extend(attempt.number.to_le_bytes());
    out.extend(attempt.at.as_ms().to_le_bytes());
    out.extend(attempt.latency_us.to_le_bytes());
    out.push(outcome_byte(&attempt.outcome));
    out.extend(attempt.outcome.status().unwrap_or(0).to_le_bytes());
    out.push(reason_byte(attempt.dead));
    let next = if attempt.next_at.is_some() { HAS_NEXT } else { 0 };
    out.push(next | if wait.is_some() { HAS_WAIT } else { 0 });
    out.extend(wait.unwrap_or(0).to_le_bytes());
    out.extend(attempt.next_at.map_or(0, Timestamp::as_ms).to_le_bytes());
    put_option(out, attempt.detail.as_deref());
    out.extend_from_slice(&attempt.response);
    out.resize(out.len().max(start + bytes_min), 0);
    record::end(out, start);
}

/// About how many bytes the record of an attempt has.
pub(super) fn capacity(attempt: &AttemptRecord) -> usize {
    96 + attempt.response.len() + attempt.detail.as_ref().map_or(0, String::len)
}

/// Opens a whole record. The error says what is wrong with it.
pub(super) fn open(record: &[u8]) -> Result<(EndpointId, AttemptRecord), &'static str> {
    match record::open(record)? {
        (kind @ (Kind::Attempt | Kind::ErasedAttempt), rest) => read(kind, rest),
        _ => Err("it is no attempt"),
    }
}

/// Reads what follows the kind.
pub(super) fn read(kind: Kind, rest: &[u8]) -> Result<(EndpointId, AttemptRecord), &'static str> {
    let mut rest = Reader(rest);
    let endpoint = EndpointId::from_bytes(rest.array()?);
    let (seq, number) = (Seq(rest.u64()?), rest.u32()?);
    let (at, latency_us) = (Timestamp::from_ms(rest.i64()?), rest.u64()?);
    let (code, status, dead, flags) = (rest.byte()?, rest.u16()?, reason(rest.byte()?)?, rest.byte()?);
    let (wait, next_at) = (rest.u64()?, Timestamp::from_ms(rest.i64()?));
    let outcome =
        outcome(code, status, (flags & HAS_WAIT != 0).then_some(wait)).ok_or("its outcome is unknown")?;
    let detail = rest.option()?;
    let response = if kind == Kind::Attempt { Bytes::copy_from_slice(rest.0) } else { Bytes::new() };
    let next_at = (flags & HAS_NEXT != 0).then_some(next_at);
    Ok((endpoint, AttemptRecord { seq, number, at, latency_us, outcome, detail, response, next_at, dead }))
}

/// What takes the place of the record of an attempt once its event is erased, if anything was kept: a record of the same
/// length.
pub(super) fn erased(record: &[u8]) -> Result<Option<Vec<u8>>, &'static str> {
    let (endpoint, attempt) = open(record)?;
    if attempt.detail.is_none() && attempt.response.is_empty() {
        return Ok(None);
    }
    let emptied = AttemptRecord { detail: None, response: Bytes::new(), ..attempt };
    let mut out = Vec::with_capacity(record.len());
    put_as(&mut out, Kind::ErasedAttempt, endpoint, &emptied, record.len());
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in logs already must mean the same for ever.
    #[test]
    fn bytes_keep_their_meaning() {
        let reasons: Vec<_> = (1..=7).map(|byte| reason(byte).unwrap().unwrap().code()).collect();
        assert_eq!(
            reasons.join(" "),
            "exhausted too_old unrenderable unsendable endpoint_removed erased lapsed"
        );
        let outcomes: Vec<_> = (1..=13).map(|byte| outcome(byte, 200, None).unwrap().code()).collect();
        assert_eq!(
            outcomes.join(" "),
            "delivered gone throttled redirected refused timed_out connect_failed dns_failed tls_failed address_refused broken blocked our_fault"
        );
        assert_eq!((reason(0), outcome(0, 200, None)), (Ok(None), None));
        assert_eq!((reason(8).is_err(), outcome(14, 200, None)), (true, None));
    }

    #[test]
    fn every_end_is_read_back() {
        for dead in DeadReason::ALL.map(Some).into_iter().chain([None]) {
            for code in Outcome::CODES {
                let attempt = AttemptRecord {
                    seq: Seq(7),
                    number: 3,
                    at: Timestamp::from_ms(1),
                    latency_us: 2,
                    outcome: Outcome::from_parts(code, Some(500), Some(1_000)).unwrap(),
                    detail: None,
                    response: Bytes::new(),
                    next_at: None,
                    dead,
                };
                let mut out = Vec::new();
                put(&mut out, EndpointId::from_bytes([1; 16]), &attempt);
                assert_eq!(open(&out), Ok((EndpointId::from_bytes([1; 16]), attempt)));
            }
        }
    }
}
