//! A door for the fuzz targets to what is private here. Not part of the API.

use bytes::BytesMut;

use super::config::EgressConfig;
use super::failure::ProtocolError;
use super::response::{Limits, Reader, Response};

/// Reads `wire` as an answer that comes in pieces of at most `piece_bytes` bytes, after which the connection ends; `None` if
/// it was not complete by then.
///
/// # Errors
/// If it is no answer as we understand it.
pub fn read_answer(
    wire: &[u8],
    piece_bytes: usize,
    config: &EgressConfig,
) -> Result<Option<Response>, ProtocolError> {
    let (mut reader, mut input) = (Reader::new(Limits::from(config)), BytesMut::new());
    for piece in wire.chunks(piece_bytes.max(1)) {
        input.extend_from_slice(piece);
        if reader.advance(&mut input)?.is_some() {
            return Ok(reader.finish());
        }
    }
    Ok(if reader.is_complete_at_end() { reader.finish() } else { None })
}
