//! Bodies as BigCommerce writes them: compact, with the fields in the order that real bodies have today.

use serde::Serialize;
use serde_json::Value;
use sha1::{Digest as _, Sha1};
use shopwire_core::{Headers, Timestamp};

use crate::{Draft, mac};

/// What a body is made of.
pub(super) struct Envelope<'a> {
    /// The first half of the REST API's address of the store.
    pub(super) store_hash: &'a str,
    /// The store's number.
    pub(super) store_id: &'a str,
    /// What happened, without wildcards and braces.
    pub(super) scope: &'a str,
    /// When it happened.
    pub(super) created_at: Timestamp,
    /// To what.
    pub(super) data: &'a Value,
}

#[derive(Serialize)]
struct Body<'a> {
    producer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    created_at: i64,
    store_id: &'a str,
    scope: &'a str,
    data: &'a Value,
}

impl Body<'_> {
    fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text, numbers and JSON values can be written")
    }
}

impl Envelope<'_> {
    /// The request, unsigned. Its `hash` is a function of the body and `nonce`.
    pub(super) fn draft(&self, nonce: &[u8]) -> Draft {
        let mut body = Body {
            producer: format!("stores/{}", self.store_hash),
            hash: None,
            created_at: self.created_at.as_secs(),
            store_id: self.store_id,
            scope: self.scope,
            data: self.data,
        };
        body.hash = Some(hash(&body.to_json(), nonce));
        Draft { query: None, headers: headers(), body: body.to_json() }
    }
}

/// What comes with every request, in the order real ones have it.
pub(super) fn headers() -> Headers {
    Headers::new().with("Content-Type", "application/json").with("Accept-Encoding", "gzip")
}

/// 40 hexadecimal digits. What BigCommerce computes them from is not public, so only the form can be right.
fn hash(body: &[u8], nonce: &[u8]) -> String {
    mac::hex(&Sha1::new().chain_update(body).chain_update(nonce).finalize())
}
