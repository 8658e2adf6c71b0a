//! Just enough of HTTP to know where a request ends and what it is about.

/// Header fields a request may have.
const FIELDS_MAX: usize = 64;

/// A whole request at the start of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request<'a> {
    pub(super) path: Path,
    pub(super) body: &'a [u8],
    /// Bytes from its first to its last.
    pub(super) bytes: usize,
}

/// Whom a request is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Path {
    /// The endpoint of this number.
    Endpoint(usize),
    /// The one that never answers.
    Hang,
}

impl<'a> Request<'a> {
    /// The first request in the buffer, once all of it is there.
    pub(super) fn first(buffer: &'a [u8]) -> Option<Self> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut request = httparse::Request::new(&mut fields);
        let httparse::Status::Complete(head) = request.parse(buffer).ok()? else { return None };
        let length =
            request.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"))?;
        let length: usize = std::str::from_utf8(length.value).ok()?.parse().ok()?;
        let bytes = head.checked_add(length)?;
        Some(Self { path: Path::of(request.path?), body: buffer.get(head..bytes)?, bytes })
    }
}

impl Path {
    fn of(path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        let number = path.strip_prefix("/endpoint/").and_then(|number| number.parse().ok());
        number.map_or(Self::Hang, Self::Endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_taken_one_after_the_other_and_only_whole() {
        let two = b"POST /endpoint/12?a=b HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}POST /hang/1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
        let first = Request::first(two).unwrap();
        assert_eq!((first.path, first.body), (Path::Endpoint(12), b"{}".as_slice()));
        let second = Request::first(&two[first.bytes..]).unwrap();
        assert_eq!((second.path, second.body, first.bytes + second.bytes), (Path::Hang, &[][..], two.len()));
        for end in 0..first.bytes {
            assert_eq!(Request::first(&two[..end]), None, "{end}");
        }
    }

    #[test]
    fn what_is_no_request_is_none() {
        for wrong in [
            "",
            "nonsense\r\n\r\n",
            "POST / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        ] {
            assert_eq!(Request::first(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
