//! `[server]`: where requests come in.

use std::net::SocketAddr;

use serde_json::Value;
use url::Url;

use super::{Raw, Setting, section};

section! {
    /// Where requests come in.
    Server "server" {
        /// Address and port to listen on.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 7480));
        /// URL under which platforms reach this server; used to show where sources are.
        public_url: Option<PublicUrl> = None;
        /// Threads that serve; without it, one for each core.
        threads: Option<u64> = None;
    }
    check few_threads
}

const THREADS_MAX: u64 = 1024;

fn few_threads(server: &Server) -> Vec<(&'static str, String)> {
    let too_many = server.threads.is_some_and(|threads| threads > THREADS_MAX);
    let said = || ("threads", format!("more than {THREADS_MAX} only get in each other's way: lower it"));
    too_many.then(said).into_iter().collect()
}

/// A URL to which paths can be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    /// The URL without a slash at its end.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for PublicUrl {
    const FORM: &'static str = "a URL without query, as in \"https://hooks.example.com\"";

    fn read(raw: &Raw) -> Result<Self, String> {
        let url = raw.text().and_then(|text| Url::parse(text).ok()).filter(|url| {
            matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none()
        });
        let url = url.ok_or_else(|| format!("expected {}", Self::FORM))?;
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    fn show(&self) -> Value {
        self.0.as_str().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_few() {
        let with = |threads| few_threads(&Server { threads: Some(threads), ..Server::default() });
        assert!(with(THREADS_MAX).is_empty() && with(THREADS_MAX + 1).len() == 1);
    }

    #[test]
    fn a_public_url_is_one_that_paths_can_be_added_to() {
        let read = |text: &str| PublicUrl::read(&Raw::Text(text.to_owned()));
        assert_eq!(
            read("https://hooks.example.com/shop/").unwrap().as_str(),
            "https://hooks.example.com/shop"
        );
        for wrong in
            ["hooks.example.com", "ftp://x.example", "https://x.example/?a=1", "https://x.example/#a", ""]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
