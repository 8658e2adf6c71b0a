//! Where requests go, parsed once.

use std::fmt;
use std::net::IpAddr;

use rustls::pki_types::ServerName;
use url::Url;

use super::guard::Refusal;

/// Longer URLs are refused.
const URL_BYTES_MAX: usize = 2048;

/// How the receiver is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In clear.
    Http,
    /// Over TLS.
    Https,
}

/// A URL's host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name, in lower case and Punycode.
    Name(String),
    /// An address, in whatever spelling it was given.
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// A URL to which requests can be sent. `Debug` and `Display` show no path or query, which often hold a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    scheme: Scheme,
    host: Host,
    port: u16,
    authority: String,
    path_and_query: String,
    server_name: ServerName<'static>,
}

impl Target {
    /// Reads a URL. Its spelling is normalised as browsers do it, so that `http://2130706433/` is `http://127.0.0.1/`.
    ///
    /// Whether its addresses are permitted is another question: see `Egress::check`.
    ///
    /// # Errors
    /// If it is not a URL that we send to.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        if url.len() > URL_BYTES_MAX {
            return Err(TargetError::TooLong { bytes: url.len() });
        }
        // The standard drops tabs and line ends silently; what a person sees would not be what is used.
        if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(TargetError::Whitespace);
        }
        let url = Url::parse(url).map_err(TargetError::Malformed)?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => return Err(TargetError::Scheme { scheme: other.to_owned() }),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Userinfo);
        }
        if url.fragment().is_some() {
            return Err(TargetError::Fragment);
        }
        Self::assemble(scheme, &url)
    }

    fn assemble(scheme: Scheme, url: &Url) -> Result<Self, TargetError> {
        let host = match url.host().ok_or(TargetError::NoHost)? {
            url::Host::Domain(name) => Host::Name(name.to_owned()),
            url::Host::Ipv4(address) => Host::Address(address.into()),
            url::Host::Ipv6(address) => Host::Address(address.into()),
        };
        let server_name = match &host {
            // The final dot of a fully qualified name is not part of what TLS compares.
            Host::Name(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
                .map_err(|_| TargetError::HostName { host: name.clone() })?,
            Host::Address(address) => ServerName::from(*address),
        };
        let port = url.port_or_known_default().filter(|port| *port != 0).ok_or(TargetError::Port)?;
        let name = url.host_str().ok_or(TargetError::NoHost)?;
        let authority = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        let path_and_query = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(Self { scheme, host, port, authority, path_and_query, server_name })
    }

    /// In clear or over TLS.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, the scheme's own if the URL names none.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What the `Host` header says: host, and port unless it is the scheme's own.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The request target; starts with `/`.
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// Whom the receiver's certificate must name.
    pub(super) fn server_name(&self) -> &ServerName<'static> {
        &self.server_name
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.authority)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

/// Why a URL cannot be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is too long.
    #[error("the URL has {bytes} bytes; at most {URL_BYTES_MAX} are allowed")]
    TooLong {
        /// How long.
        bytes: usize,
    },
    /// It holds spaces, tabs, line ends or other control characters.
    #[error("the URL holds a space or control character; write it percent-encoded (`%20`)")]
    Whitespace,
    /// It is no absolute URL.
    #[error("the URL cannot be read: {0}; write it like `https://example.com/hooks`")]
    Malformed(url::ParseError),
    /// Another scheme.
    #[error("the URL's scheme is `{scheme}`; only `https` and `http` are supported")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// It holds a user name or password.
    #[error("the URL holds a user name or password; give the endpoint an `Authorization` header instead")]
    Userinfo,
    /// It holds a fragment.
    #[error("the URL has a fragment (`#…`), which is never sent; remove it")]
    Fragment,
    /// It names no host.
    #[error("the URL has no host; write it like `https://example.com/hooks`")]
    NoHost,
    /// Its host is no name that DNS and TLS know.
    #[error("host `{host}` is not a valid name; use letters, digits, `-` and `.`")]
    HostName {
        /// The host.
        host: String,
    },
    /// Port 0.
    #[error("the URL's port is 0; use 1 to 65535, or none for the usual one")]
    Port,
    /// Nothing may be sent to without TLS.
    #[error(
        "host `{host}` cannot be sent to over plain http: use `https`; the operator can allow plain http (`plain_http`) or the host's network (`allowed`)"
    )]
    PlainHttp {
        /// The host.
        host: String,
    },
    /// None of its addresses may be sent to.
    #[error("host `{host}` cannot be sent to: {refusal}")]
    Refused {
        /// The host.
        host: String,
        /// The first address and why.
        refusal: Refusal,
    },
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
