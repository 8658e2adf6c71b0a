//! Shops, the apps installed in them, and the sources through which their webhooks come in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AppId, DialectId, HoldsSecrets, Secret, ShopId, SourceId, Timestamp};

/// A tenant: one store, e-shop or site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    /// Its id.
    pub id: ShopId,
    /// A name for people.
    pub name: String,
    /// Its identity on each platform, by the platform's own names (`store_id`, `eshop_id`, `site_name`, …). A webhook
    /// that contradicts it is not this shop's.
    #[serde(default)]
    pub identities: BTreeMap<DialectId, BTreeMap<String, String>>,
    /// When it was made known.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// An installed application of one dialect: its client secret signs the webhooks of every shop that installed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// Its id.
    pub id: AppId,
    /// The platform it is an application of.
    pub dialect: DialectId,
    /// A name for people.
    pub name: String,
    /// The platform's client id, where it has one.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Its secrets, newest first; all that have not expired are active.
    pub secrets: Vec<SecretVersion>,
    /// The version of webhooks it gets, where its platform has several: Shoplazza's, as in `202207`.
    #[serde(default)]
    pub webhook_api_version: Option<String>,
    /// The shops it is installed in, with what it may do there.
    #[serde(default)]
    pub grants: BTreeMap<ShopId, Grant>,
    /// When it was made known.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What an app may do in one shop that installed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The platform's scopes, by its own names.
    pub scopes: std::collections::BTreeSet<String>,
    /// Since when.
    pub granted_at: Timestamp,
    /// When the scopes were last changed.
    pub updated_at: Timestamp,
}

/// An inbound address for one shop on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its id; webhooks are posted to `/in/{id}`.
    pub id: SourceId,
    /// The shop its webhooks speak of.
    pub shop: ShopId,
    /// The platform.
    pub dialect: DialectId,
    /// A name for people.
    pub name: String,
    /// The app whose secrets also verify its requests.
    #[serde(default)]
    pub app: Option<AppId>,
    /// Its own keys.
    #[serde(default)]
    pub keys: Vec<SourceKey>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a request may be verified against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceKey {
    /// The scheme it belongs to.
    #[serde(flatten)]
    pub kind: KeyKind,
    /// The secret and its life.
    #[serde(flatten)]
    pub version: SecretVersion,
}

/// The scheme a key belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum KeyKind {
    /// The platform's signature.
    Signing,
    /// A header that comes with every request, its value the secret.
    Header {
        /// The header's name.
        header: String,
    },
}

/// A secret with its life. During a rotation the old and the new one are active together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretVersion {
    /// The secret; stored encrypted, never serialised.
    #[serde(skip)]
    pub secret: Secret,
    /// Since when it is used.
    pub created_at: Timestamp,
    /// From when on it is no longer accepted; `None` while it is the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl SecretVersion {
    /// A secret that is used from `now` on.
    pub const fn new(secret: Secret, now: Timestamp) -> Self {
        Self { secret, created_at: now, expires_at: None }
    }

    /// Whether it still counts.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| now < at)
    }
}

impl HoldsSecrets for App {
    fn secrets(&self) -> Vec<&Secret> {
        self.secrets.iter().map(|v| &v.secret).collect()
    }

    fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        self.secrets.iter_mut().map(|v| &mut v.secret).collect()
    }
}

impl HoldsSecrets for Source {
    fn secrets(&self) -> Vec<&Secret> {
        self.keys.iter().map(|k| &k.version.secret).collect()
    }

    fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        self.keys.iter_mut().map(|k| &mut k.version.secret).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serialised_source_holds_no_secret_and_reads_back() {
        let now = Timestamp::from_secs(1_700_000_000);
        let version = SecretVersion::new(Secret::new("swordfish"), now);
        let source = Source {
            id: SourceId::from_bytes([1; 16]),
            shop: ShopId::from_bytes([2; 16]),
            dialect: DialectId::BigCommerce,
            name: "main".to_owned(),
            app: None,
            keys: vec![
                SourceKey { kind: KeyKind::Signing, version: version.clone() },
                SourceKey { kind: KeyKind::Header { header: "X-Auth".to_owned() }, version },
            ],
            created_at: now,
            updated_at: now,
        };
        let json = serde_json::to_string(&source).expect("json");
        assert!(!json.contains("swordfish"), "{json}");
        let mut read: Source = serde_json::from_str(&json).expect("the same shape");
        assert_ne!(read, source);
        for (place, secret) in read.secrets_mut().into_iter().zip(source.secrets()) {
            *place = secret.clone();
        }
        assert_eq!(read, source);
    }

    #[test]
    fn a_secret_counts_until_it_expires() {
        let now = Timestamp::from_secs(1_700_000_000);
        let mut version = SecretVersion::new(Secret::new("x"), now);
        assert!(version.is_active(Timestamp::MAX));
        version.expires_at = Some(now.plus_ms(1));
        assert!(version.is_active(now) && !version.is_active(now.plus_ms(1)));
    }
}
