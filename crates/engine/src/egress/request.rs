//! What is sent.

use std::io::Write as _;

use bytes::Bytes;
use shopwire_core::Headers;

use super::target::Target;

/// How much all headers of a request may have together.
const HEADER_BYTES_MAX: usize = 32 * 1024;

/// Names that the exchange itself sets, or that would change how the request is framed or the connection is used.
const RESERVED: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
    "expect",
];

/// What is asked for. Deliveries are always [`Method::Post`]; the rest is for who calls an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    #[default]
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl Method {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One request: headers with exact names in order, and a body. What cannot be sent safely cannot be built.
#[derive(Debug, Clone)]
pub struct OutRequest {
    method: Method,
    headers: Headers,
    body: Bytes,
    query: Option<String>,
}

impl OutRequest {
    /// A POST with these headers and this body. `Host` is put before them and `Content-Length` behind them.
    ///
    /// # Errors
    /// If a header is malformed or not the sender's to set, or they are too long together.
    pub fn new(headers: Headers, body: Bytes) -> Result<Self, RequestError> {
        let bytes = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
        if bytes > HEADER_BYTES_MAX {
            return Err(RequestError::TooLarge { bytes });
        }
        headers.iter().try_for_each(|(name, value)| check_header(name, value))?;
        Ok(Self { method: Method::Post, headers, body, query: None })
    }

    /// The same request with another method.
    #[must_use]
    pub fn with_method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// Adds to the target's query for this request: `eventtype=order.updated`, percent-encoded by the caller.
    ///
    /// # Errors
    /// If it holds what cannot stand in a query.
    pub fn with_query(self, query: impl Into<String>) -> Result<Self, RequestError> {
        let query = query.into();
        if query.is_empty() || !query.bytes().all(|b| b.is_ascii_graphic() && b != b'#') {
            return Err(RequestError::Query);
        }
        Ok(Self { query: Some(query), ..self })
    }

    /// The headers as given.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Writes the head for this target.
    pub(super) fn write_head(&self, target: &Target, out: &mut Vec<u8>) {
        let path = target.path_and_query();
        out.extend_from_slice(self.method.as_str().as_bytes());
        out.push(b' ');
        out.extend_from_slice(path.as_bytes());
        if let Some(query) = &self.query {
            out.push(if path.contains('?') { b'&' } else { b'?' });
            out.extend_from_slice(query.as_bytes());
        }
        out.extend_from_slice(b" HTTP/1.1\r\nHost: ");
        out.extend_from_slice(target.authority().as_bytes());
        for (name, value) in self.headers.iter() {
            out.extend_from_slice(b"\r\n");
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
        }
        write!(out, "\r\nContent-Length: {}\r\n\r\n", self.body.len())
            .expect("a vector takes all that is written");
    }
}

/// Whether a header may be sent: also asked when an endpoint with custom headers is saved.
///
/// # Errors
/// If its name or value would not survive the wire, or it is not the sender's to set.
pub fn check_header(name: &str, value: &str) -> Result<(), RequestError> {
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(RequestError::HeaderName { name: name.to_owned() });
    }
    if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
        return Err(RequestError::Reserved { name: name.to_owned() });
    }
    if value.bytes().any(|b| (b < b' ' && b != b'\t') || b == 0x7f) {
        return Err(RequestError::HeaderValue { name: name.to_owned() });
    }
    Ok(())
}

/// RFC 9110 §5.6.2.
const fn is_token(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// Why a request is not sent. Values are never shown: they may be secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A header's name is no token.
    #[error("header name {name:?} is invalid; use letters, digits and `-`")]
    HeaderName {
        /// The name.
        name: String,
    },
    /// A header's value holds a control character.
    #[error("the value of header `{name}` holds a line end or control character; remove it")]
    HeaderValue {
        /// The header's name.
        name: String,
    },
    /// A header that is ours.
    #[error("header `{name}` is set by the sender itself; remove it")]
    Reserved {
        /// The name.
        name: String,
    },
    /// All headers together are too long.
    #[error("the headers have {bytes} bytes together; at most {HEADER_BYTES_MAX} are allowed")]
    TooLarge {
        /// How long.
        bytes: usize,
    },
    /// A query that cannot be sent.
    #[error("the query is empty or holds spaces, `#`, control or non-ASCII characters; percent-encode it")]
    Query,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(url: &str, request: &OutRequest) -> String {
        let mut out = Vec::new();
        request.write_head(&Target::parse(url).unwrap(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_go_out_as_given_and_in_order() {
        let headers = Headers::new().with("X-Ecwid-Webhook-Signature", "a=").with("x-duda-signature", "b");
        let request = OutRequest::new(headers, Bytes::from_static(b"{}")).unwrap();
        insta::assert_snapshot!(head("https://Example.com:8443/in?shop=1", &request).replace('\r', "␍"), @r"
        POST /in?shop=1 HTTP/1.1␍
        Host: example.com:8443␍
        X-Ecwid-Webhook-Signature: a=␍
        x-duda-signature: b␍
        Content-Length: 2␍
        ␍
        ");
    }

    #[test]
    fn other_methods_are_asked_for_by_name() {
        let request = OutRequest::new(Headers::new(), Bytes::new()).unwrap();
        for (method, line) in [(Method::Get, "GET"), (Method::Put, "PUT"), (Method::Patch, "PATCH")] {
            let head = head("https://example.com/v1", &request.clone().with_method(method));
            assert!(head.starts_with(&format!("{line} /v1 HTTP/1.1\r\n")), "{head}");
        }
    }

    #[test]
    fn a_query_is_added_to_the_target_s_own() {
        let request = OutRequest::new(Headers::new(), Bytes::new()).unwrap().with_query("a=b%20c").unwrap();
        assert!(head("https://example.com", &request).starts_with("POST /?a=b%20c HTTP/1.1\r\n"));
        assert!(head("https://example.com/x?y", &request).starts_with("POST /x?y&a=b%20c HTTP/1.1\r\n"));
        assert!(
            head("https://example.com/", &request)
                .contains("\r\nHost: example.com\r\nContent-Length: 0\r\n\r\n")
        );
    }

    #[test]
    fn what_could_smuggle_a_header_is_refused_without_showing_the_value() {
        for value in ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0", "\u{7f}", "\u{1b}[0m"] {
            let error = check_header("X-Ok", value).unwrap_err();
            assert_eq!(error, RequestError::HeaderValue { name: "X-Ok".to_owned() }, "{value:?}");
            assert!(!error.to_string().contains(value));
        }
        for name in ["", "X Y", "X:Y", "X\r\nY", "Übung", "X\0"] {
            assert_eq!(check_header(name, "v"), Err(RequestError::HeaderName { name: name.to_owned() }));
        }
        for name in ["Host", "content-length", "Transfer-Encoding", "CONNECTION", "Expect"] {
            assert_eq!(check_header(name, "v"), Err(RequestError::Reserved { name: name.to_owned() }));
        }
        for (name, value) in [("X-Ok", ""), ("x_y.z~1", "tab\tand ünïcode"), ("Authorization", "Bearer x")]
        {
            assert_eq!(check_header(name, value), Ok(()), "{name}");
        }
        let headers = Headers::new().with("X-Long", "x".repeat(HEADER_BYTES_MAX));
        assert!(matches!(OutRequest::new(headers, Bytes::new()), Err(RequestError::TooLarge { .. })));
    }

    #[test]
    fn a_query_cannot_leave_the_request_line() {
        for query in ["", "a b", "a HTTP/1.1\r\nX: y", "a#b", "ü", "a\0"] {
            let request = OutRequest::new(Headers::new(), Bytes::new()).unwrap();
            assert_eq!(request.with_query(query).unwrap_err(), RequestError::Query, "{query:?}");
        }
    }
}
