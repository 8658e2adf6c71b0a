//! A request as text, as one sees it on the wire, in a capture, or in what `curl -v` prints.

use anyhow::{Context as _, bail};
use shopwire_core::Headers;

/// A request in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// Path and query.
    pub(crate) target: String,
    /// The header fields.
    pub(crate) headers: Headers,
    /// The body, byte for byte.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The query string without its question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// The request as it goes over the wire.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut head = format!("POST {} HTTP/1.1\r\n", self.target);
        for (name, value) in self.headers.iter() {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Reads a request: request line, header fields, an empty line, and the body as it stands. The head's lines may end
    /// with LF alone, begin with the `> ` of `curl -v`, and have its `* ` remarks before them.
    ///
    /// With a `Content-Length` that is shorter than what follows, the rest is left out: editors add a line end. With one
    /// that is longer, the capture is incomplete.
    pub(crate) fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let mut rest = bytes;
        let mut lines = Vec::new();
        let body = loop {
            let line = next_line(&mut rest)?;
            match line.as_deref() {
                Some("") if lines.is_empty() => {}
                Some("") => break rest,
                Some(text) if is_remark(text) => {}
                Some(text) => lines.push(text.to_owned()),
                None if lines.is_empty() => {
                    bail!("no request in it: expected a request line, headers, an empty line and the body")
                }
                None => bail!("the head never ends: expected an empty line between headers and body"),
            }
        };
        let target = target_of(&lines[0])?;
        let headers = lines[1..].iter().map(|line| header(line)).collect::<Result<Headers, _>>()?;
        let body = body_of(&headers, body)?;
        Ok(Self { target, headers, body })
    }
}

/// The next line of the head without its end and without the mark of `curl -v`; `None` at the end.
fn next_line(rest: &mut &[u8]) -> anyhow::Result<Option<String>> {
    if rest.is_empty() {
        return Ok(None);
    }
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let line = std::str::from_utf8(&rest[..end]).context("the head is not UTF-8 text")?;
    *rest = &rest[(end + 1).min(rest.len())..];
    let line = line.strip_suffix('\r').unwrap_or(line);
    let line = line.strip_prefix("> ").or_else(|| line.strip_prefix('>')).unwrap_or(line);
    Ok(Some(line.to_owned()))
}

fn is_remark(line: &str) -> bool {
    line.starts_with("* ")
}

fn target_of(line: &str) -> anyhow::Result<String> {
    let mut words = line.split(' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(method), Some(target), Some(version), None)
            if version.starts_with("HTTP/") && method.bytes().all(|b| b.is_ascii_uppercase()) =>
        {
            Ok(target.to_owned())
        }
        _ => bail!(
            "`{}` is not a request line: expected one like `POST /in HTTP/1.1`",
            line.chars().take(80).collect::<String>()
        ),
    }
}

/// A header field, as in `Name: value`.
pub(crate) fn header(line: &str) -> anyhow::Result<(String, String)> {
    match line.split_once(':') {
        Some((name, value)) if !name.is_empty() && !name.contains([' ', '\t']) => {
            Ok((name.to_owned(), value.trim().to_owned()))
        }
        // The line may hold a secret, so only its start is shown.
        _ => bail!("`{}` is not a header: expected `Name: value`", line.chars().take(40).collect::<String>()),
    }
}

fn body_of(headers: &Headers, rest: &[u8]) -> anyhow::Result<Vec<u8>> {
    let length = headers.get("content-length").map(|length| {
        length
            .parse::<usize>()
            .with_context(|| format!("`Content-Length: {length}` is not a number of bytes"))
    });
    match length.transpose()? {
        Some(length) if length > rest.len() => bail!(
            "the body has {} bytes, but `Content-Length` says {length}: the capture is incomplete or was changed",
            rest.len()
        ),
        Some(length) => Ok(rest[..length].to_vec()),
        None => Ok(rest.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        let headers = Headers::new().with("Host", "a").with("X-Sig", "b: c").with("Content-Length", "4");
        Request { target: "/in?a=b".to_owned(), headers, body: b"{}\r\n".to_vec() }
    }

    #[test]
    fn what_is_written_reads_back() {
        let bytes = request().to_bytes();
        assert_eq!(
            bytes,
            b"POST /in?a=b HTTP/1.1\r\nHost: a\r\nX-Sig: b: c\r\nContent-Length: 4\r\n\r\n{}\r\n"
        );
        assert_eq!(Request::parse(&bytes).unwrap(), request());
        assert_eq!(request().query(), Some("a=b"));
    }

    #[test]
    fn captures_of_many_kinds_are_understood() {
        let curl = "* Connected\n> POST /in?a=b HTTP/1.1\r\n> Host: a\r\n> X-Sig: b: c\r\n> Content-Length: 4\r\n> \r\n{}\r\n";
        let line_feeds = "\n\nPOST /in?a=b HTTP/1.1\nHost: a\nX-Sig:b: c\nContent-Length: 4\n\n{}\r\n\n";
        let bare_mark = "> POST /in?a=b HTTP/2\n> Host: a\n> X-Sig: b: c\n> Content-Length: 4\n>\n{}\r\n";
        for text in [curl, line_feeds, bare_mark] {
            assert_eq!(Request::parse(text.as_bytes()).unwrap(), request(), "{text}");
        }
        let without_length = Request::parse(b"POST / HTTP/1.1\r\nA: b\r\n\r\n\xff\n").unwrap();
        assert_eq!(without_length.body, b"\xff\n");
    }

    #[test]
    fn what_is_no_request_is_refused_in_words() {
        for (text, says) in [
            (&b""[..], "no request in it"),
            (b"\r\n\r\n", "no request in it"),
            (b"{\"a\":1}", "the head never ends"),
            (b"{\"a\":1}\n\n", "is not a request line"),
            (b"POST /\r\n\r\n", "is not a request line"),
            (b"POST / HTTP/1.1\r\nnonsense\r\n\r\n", "`nonsense` is not a header"),
            (b"POST / HTTP/1.1\r\nA: b", "the head never ends"),
            (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}", "has 2 bytes, but `Content-Length` says 9"),
            (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n{}", "is not a number"),
            (b"POST / HTTP/1.1\r\nA: \xff\r\n\r\n", "not UTF-8"),
        ] {
            let said = format!("{:#}", Request::parse(text).unwrap_err());
            assert!(said.contains(says), "{said}");
        }
    }
}
