//! The record of where a lane stands: 16 bytes endpoint, `u64` cursor, then of each place finished beyond it a `u64`.

use shopwire_core::{EndpointId, Seq};

use super::record::{self, Kind};
use super::wire::Reader;

/// Where a lane stands, as its newest update in the active segment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LaneMark {
    /// The lane's endpoint.
    pub(crate) endpoint: EndpointId,
    /// Where it stands.
    pub(crate) cursor: Seq,
    /// What is finished beyond.
    pub(crate) done: Vec<Seq>,
}

/// Puts the record of a lane.
pub(super) fn put(out: &mut Vec<u8>, endpoint: EndpointId, cursor: Seq, done: &[Seq]) {
    let start = record::begin(out, Kind::Lane);
    out.extend(endpoint.as_bytes());
    out.extend(cursor.0.to_le_bytes());
    out.extend(done.iter().flat_map(|seq| seq.0.to_le_bytes()));
    record::end(out, start);
}

/// Reads what follows the kind.
pub(super) fn read(rest: &[u8]) -> Result<LaneMark, &'static str> {
    let mut rest = Reader(rest);
    let endpoint = EndpointId::from_bytes(rest.array()?);
    let cursor = Seq(rest.u64()?);
    let (done, []) = rest.0.as_chunks::<8>() else { return Err("its list is cut") };
    let done = done.iter().map(|place| Seq(u64::from_le_bytes(*place))).collect();
    Ok(LaneMark { endpoint, cursor, done })
}
