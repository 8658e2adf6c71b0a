//! The chunked coding (RFC 9112 §7.1), decoded as it arrives and never buffered.

use bytes::{Buf, BytesMut};
use httparse::Status;

use super::failure::ProtocolError;

/// How long a chunk's size line may be, extensions included.
const SIZE_LINE_BYTES_MAX: usize = 256;
/// How long all trailer fields may be together.
const TRAILER_BYTES_MAX: usize = 8 * 1024;

/// Where in the coding we are. Trailer fields are read and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Chunked {
    /// Before a chunk's size line.
    #[default]
    Size,
    /// In a chunk with so many bytes left.
    Data { left: u64 },
    /// Before the line end behind a chunk.
    DataEnd,
    /// Behind the last chunk, with so many bytes of trailer read.
    Trailer { read: usize },
}

impl Chunked {
    /// Takes what can be taken off `input`, giving the data to `sink`. Says whether the body is complete; if not,
    /// more input is needed.
    pub(super) fn decode(
        &mut self,
        input: &mut BytesMut,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<bool, ProtocolError> {
        loop {
            let next = match *self {
                Self::Size => take_size(input)?,
                Self::Data { left } => {
                    let taken = input.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    sink(&input[..taken]);
                    input.advance(taken);
                    let left = left - taken as u64;
                    *self = Self::Data { left };
                    (left == 0).then_some(Self::DataEnd)
                }
                Self::DataEnd => take_line_end(input)?,
                Self::Trailer { read } => match take_trailer_line(input, read)? {
                    Some(Trailer::End) => return Ok(true),
                    Some(Trailer::Field { bytes }) => Some(Self::Trailer { read: read + bytes }),
                    None => None,
                },
            };
            match next {
                Some(next) => *self = next,
                None => return Ok(false),
            }
        }
    }
}

fn take_size(input: &mut BytesMut) -> Result<Option<Chunked>, ProtocolError> {
    // `httparse` takes a line without digits for a zero.
    if input.first().is_some_and(|b| !b.is_ascii_hexdigit()) {
        return Err(ProtocolError::Chunked);
    }
    match httparse::parse_chunk_size(input).map_err(|_| ProtocolError::Chunked)? {
        Status::Complete((line, size)) => {
            input.advance(line);
            Ok(Some(if size == 0 { Chunked::Trailer { read: 0 } } else { Chunked::Data { left: size } }))
        }
        Status::Partial if input.len() > SIZE_LINE_BYTES_MAX => Err(ProtocolError::Chunked),
        Status::Partial => Ok(None),
    }
}

fn take_line_end(input: &mut BytesMut) -> Result<Option<Chunked>, ProtocolError> {
    match **input {
        [] | [b'\r'] => Ok(None),
        [b'\r', b'\n', ..] => {
            input.advance(2);
            Ok(Some(Chunked::Size))
        }
        _ => Err(ProtocolError::Chunked),
    }
}

enum Trailer {
    End,
    Field { bytes: usize },
}

fn take_trailer_line(input: &mut BytesMut, read: usize) -> Result<Option<Trailer>, ProtocolError> {
    let end = input.iter().position(|b| *b == b'\n').map(|at| at + 1);
    if read + end.unwrap_or(input.len()) > TRAILER_BYTES_MAX {
        return Err(ProtocolError::Chunked);
    }
    let Some(bytes) = end else {
        return Ok(None);
    };
    let line = input.split_to(bytes);
    Ok(Some(if matches!(*line, [b'\r', b'\n'] | [b'\n']) { Trailer::End } else { Trailer::Field { bytes } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes `wire`, given in pieces that end at `cuts`. Gives the data, whether it ended, and what was left over.
    fn decode(wire: &[u8], cuts: &[usize]) -> Result<(Vec<u8>, bool, Vec<u8>), ProtocolError> {
        let (mut state, mut input, mut data) = (Chunked::default(), BytesMut::new(), Vec::new());
        let (mut start, mut complete) = (0, false);
        for &cut in cuts.iter().chain([&wire.len()]) {
            input.extend_from_slice(&wire[start..cut]);
            start = cut;
            complete = complete || state.decode(&mut input, |piece| data.extend_from_slice(piece))?;
        }
        Ok((data, complete, input.to_vec()))
    }

    #[test]
    fn decodes_extensions_and_trailers_and_leaves_what_follows() {
        let wire =
            b"4;name=\"v\"\r\nWiki\r\n06 \r\npedia \r\nA\r\nin chunks.\r\n0\r\nX-Sum: 1\r\n\r\nHTTP/1.1";
        let (data, complete, rest) = decode(wire, &[]).unwrap();
        assert_eq!(
            (data.as_slice(), complete, rest.as_slice()),
            (&b"Wikipedia in chunks."[..], true, &b"HTTP/1.1"[..])
        );
    }

    #[test]
    fn refuses_what_is_not_chunked() {
        let long_extension = format!("1;{}", "x".repeat(300));
        let long_trailer = format!("0\r\n{}", "x".repeat(TRAILER_BYTES_MAX + 1));
        let many_trailers = format!("0\r\n{}", "a: b\r\n".repeat(TRAILER_BYTES_MAX));
        for wire in [
            "\r\n",
            "g\r\n",
            "-1\r\n",
            " 1\r\n",
            ";x\r\n",
            "1\r\nab",
            "1\r\na\n\n",
            "1\rx",
            "10000000000000000\r\n",
            &long_extension,
            &long_trailer,
            &many_trailers,
        ] {
            assert_eq!(decode(wire.as_bytes(), &[]), Err(ProtocolError::Chunked), "{wire:.40}");
        }
    }

    proptest::proptest! {
        #[test]
        fn gives_back_any_chunks_however_they_are_split(
            chunks in proptest::collection::vec(proptest::collection::vec(0u8.., 1..40), 0..8),
            cuts in proptest::collection::vec(0usize..400, 0..12),
        ) {
            let mut wire = Vec::new();
            for chunk in &chunks {
                wire.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
                wire.extend_from_slice(chunk);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(b"0\r\n\r\n");
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(wire.len())).collect();
            cuts.sort_unstable();
            proptest::prop_assert_eq!(decode(&wire, &cuts), Ok((chunks.concat(), true, Vec::new())));
        }

        #[test]
        fn never_panics_and_never_holds_more_than_it_must(wire in proptest::collection::vec(0u8.., 0..600)) {
            let cuts: Vec<_> = (0..wire.len()).collect();
            if let Ok((data, false, rest)) = decode(&wire, &cuts) {
                proptest::prop_assert!(rest.len() <= TRAILER_BYTES_MAX && data.len() <= wire.len());
            }
        }
    }
}
