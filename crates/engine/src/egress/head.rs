//! An answer's head: status, fields, and how the body is framed (RFC 9112 §6).

use std::mem::MaybeUninit;

use httparse::{ParserConfig, Status};
use shopwire_core::Headers;

use super::chunked::Chunked;
use super::failure::ProtocolError;

/// How many fields a head may have.
const FIELDS_MAX: usize = 100;

/// A complete head.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) framing: Framing,
    /// Whether the connection may be used again if the body ends as announced.
    pub(super) keep_alive: bool,
}

/// How the end of the body is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    /// In chunks.
    Chunked(Chunked),
    /// When the connection ends.
    UntilClose,
}

impl Head {
    /// The head that `bytes` start with and its length; `None` if more bytes are needed.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProtocolError> {
        let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
        let mut response = httparse::Response::new(&mut []);
        let parsed = ParserConfig::default()
            .parse_response_with_uninit_headers(&mut response, bytes, &mut fields)
            .map_err(ProtocolError::Head)?;
        let (Status::Complete(end), Some(status), Some(version)) = (parsed, response.code, response.version)
        else {
            return Ok(None);
        };
        let mut headers = Headers::with_capacity(response.headers.len(), end);
        response.headers.iter().for_each(|f| headers.push(f.name, String::from_utf8_lossy(f.value)));
        let (framing, unambiguous) = framing(status, &headers)?;
        let keep_alive = version == 1 && unambiguous && !lists(&headers, "connection", "close");
        Ok(Some((Self { status, headers, framing, keep_alive }, end)))
    }
}

/// How the body is framed, and whether there is only one way to read that.
fn framing(status: u16, headers: &Headers) -> Result<(Framing, bool), ProtocolError> {
    if matches!(status, 100..=199 | 204 | 304) {
        return Ok((Framing::Length(0), true));
    }
    let length = content_length(headers)?;
    let codings = headers.get_all("transfer-encoding").flat_map(|value| value.split(','));
    match (codings.last(), length) {
        (Some(last), _) if last.trim().eq_ignore_ascii_case("chunked") => {
            Ok((Framing::Chunked(Chunked::default()), length.is_none()))
        }
        (Some(_), _) | (None, None) => Ok((Framing::UntilClose, false)),
        (None, Some(length)) => Ok((Framing::Length(length), true)),
    }
}

/// The length that all `Content-Length` fields agree on.
fn content_length(headers: &Headers) -> Result<Option<u64>, ProtocolError> {
    let mut agreed = None;
    for text in headers.get_all("content-length").flat_map(|value| value.split(',')).map(str::trim) {
        // `parse` alone would take a sign.
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let length = text.parse().ok().filter(|_| digits).ok_or(ProtocolError::ContentLength)?;
        if agreed.replace(length).is_some_and(|other: u64| other != length) {
            return Err(ProtocolError::ContentLength);
        }
    }
    Ok(agreed)
}

fn lists(headers: &Headers, name: &str, word: &str) -> bool {
    headers
        .get_all(name)
        .flat_map(|value| value.split(','))
        .any(|item| item.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &str) -> Result<(Framing, bool), ProtocolError> {
        let (head, _) = Head::parse(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes())?.unwrap();
        Ok((head.framing, head.keep_alive))
    }

    #[test]
    fn every_framing_is_recognised() {
        let chunked = || Framing::Chunked(Chunked::default());
        for (fields, framing, keep_alive) in [
            ("Content-Length: 5\r\n", Framing::Length(5), true),
            ("content-length: 5\r\nContent-Length: 5, 5\r\n", Framing::Length(5), true),
            ("Content-Length: 5\r\nConnection: Close\r\n", Framing::Length(5), false),
            ("Content-Length: 5\r\nConnection: keep-alive, close\r\n", Framing::Length(5), false),
            ("Transfer-Encoding: chunked\r\n", chunked(), true),
            ("Transfer-Encoding: gzip, Chunked\r\n", chunked(), true),
            ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", chunked(), true),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunked(), false),
            ("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", Framing::UntilClose, false),
            ("", Framing::UntilClose, false),
        ] {
            assert_eq!(read(fields), Ok((framing, keep_alive)), "{fields}");
        }
    }

    #[test]
    fn contradictory_or_broken_lengths_are_refused() {
        for value in ["-1", "+1", "", "1 2", "0x10", "5, 6", "99999999999999999999"] {
            assert_eq!(
                read(&format!("Content-Length: {value}\r\n")),
                Err(ProtocolError::ContentLength),
                "{value}"
            );
        }
        assert_eq!(read("Content-Length: 1\r\nContent-Length: 2\r\n"), Err(ProtocolError::ContentLength));
    }

    #[test]
    fn statuses_without_a_body_have_none_and_http_1_0_is_not_reused() {
        for status in [204, 304] {
            let text = format!("HTTP/1.1 {status} X\r\nContent-Length: 5\r\n\r\n");
            let (head, end) = Head::parse(text.as_bytes()).unwrap().unwrap();
            assert_eq!((head.status, head.framing, end), (status, Framing::Length(0), text.len()));
        }
        let (head, _) = Head::parse(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap().unwrap();
        assert!(!head.keep_alive);
    }

    #[test]
    fn heads_that_are_no_heads_are_refused() {
        for text in [
            "SSH-2.0-OpenSSH_9\r\n",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 20\r\n\r\n",
            "HTTP/1.1 200 OK\r\na b\r\n\r\n",
        ] {
            assert!(matches!(Head::parse(text.as_bytes()), Err(ProtocolError::Head(_))), "{text}");
        }
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(FIELDS_MAX + 1));
        assert_eq!(
            Head::parse(many.as_bytes()).unwrap_err(),
            ProtocolError::Head(httparse::Error::TooManyHeaders)
        );
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\nA: b\r\n").unwrap().is_none());
    }
}
