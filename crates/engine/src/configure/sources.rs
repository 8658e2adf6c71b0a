//! Sources.

use shopwire_core::{
    AppId, DialectId, KeyKind, Random, Secret, SecretVersion, ShopId, Source, SourceId, SourceKey, Timestamp,
};
use shopwire_dialects::Key;
use shopwire_store::{Noun, NounId};

use super::{ConfigureError, rules, secrets};
use crate::Engine;
use crate::egress::check_header;

/// What a source's requests are to be verified against.
#[derive(Debug, Clone)]
pub enum KeyDraft {
    /// The secret of the platform's signature scheme.
    Signing(Secret),
    /// A header that comes with every request (BigCommerce's older way).
    Header {
        /// The header's name.
        name: String,
        /// The value it must have.
        value: Secret,
    },
}

/// A source to be made.
#[derive(Debug, Clone)]
pub struct SourceDraft {
    /// The shop its webhooks speak of.
    pub shop: ShopId,
    /// The platform.
    pub dialect: DialectId,
    /// A name for people, 1 to 200 characters.
    pub name: String,
    /// The app whose secrets also verify its requests.
    pub app: Option<AppId>,
    /// Its own keys.
    pub keys: Vec<KeyDraft>,
}

/// What is to be changed of a source; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct SourceChange {
    /// The name.
    pub name: Option<String>,
    /// The app, or none.
    pub app: Option<Option<AppId>>,
}

fn check_key(
    dialect: DialectId,
    draft: KeyDraft,
    now: Timestamp,
    random: &dyn Random,
) -> Result<SourceKey, ConfigureError> {
    let (kind, secret) = match draft {
        KeyDraft::Signing(secret) => (KeyKind::Signing, secret),
        KeyDraft::Header { .. } if dialect != DialectId::BigCommerce => {
            let message =
                format!("{dialect} signs its webhooks and sends no header key: give its signing secret");
            return Err(ConfigureError::invalid("keys", message));
        }
        KeyDraft::Header { name, value } => {
            check_header(&name, value.expose()).map_err(|error| ConfigureError::invalid("keys", error))?;
            (KeyKind::Header { header: name }, value)
        }
    };
    secrets::check_secret("keys", &secret)?;
    if matches!(kind, KeyKind::Signing) {
        secrets::check_fits("keys", dialect, &Key::Signing(secret.clone()), now, random)?;
    }
    Ok(SourceKey { kind, version: SecretVersion::new(secret, now) })
}

/// Whether two keys are of one scheme, so that one replaces the other.
const fn same_scheme(one: &KeyKind, other: &KeyKind) -> bool {
    matches!(
        (one, other),
        (KeyKind::Signing, KeyKind::Signing) | (KeyKind::Header { .. }, KeyKind::Header { .. })
    )
}

impl Engine {
    /// Makes a source.
    ///
    /// # Errors
    /// If something given can't be or does not exist, nothing could verify its requests, or there are too many sources.
    pub async fn create_source(&self, draft: SourceDraft) -> Result<Source, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        rules::room("sources_max", self.0.directory.sources.len(), self.0.limits.sources_max)?;
        if !DialectId::PLATFORMS.contains(&draft.dialect) {
            let message = format!("`{}` is no platform: no webhooks come from there", draft.dialect);
            return Err(ConfigureError::invalid("dialect", message));
        }
        if self.0.directory.shops.get(draft.shop).is_none() {
            let message = format!("there is no shop `{}`: create it first", draft.shop);
            return Err(ConfigureError::invalid("shop", message));
        }
        secrets::check_active(draft.keys.len(), self.0.limits.secrets_active_max)?;
        let now = self.0.timer.now();
        let keys = draft.keys.into_iter().map(|key| check_key(draft.dialect, key, now, self.random()));
        let source = Source {
            id: SourceId::new(now, self.random()),
            shop: draft.shop,
            dialect: draft.dialect,
            name: rules::name(&draft.name)?,
            app: draft.app,
            keys: keys.collect::<Result<_, _>>()?,
            created_at: now,
            updated_at: now,
        };
        self.check_verifiable(&source, now)?;
        self.put(Noun::Source(source.clone())).await?;
        tracing::info!(source.id = %source.id, shop.id = %source.shop, "source created");
        Ok(source)
    }

    /// Changes a source.
    ///
    /// # Errors
    /// If there is no such source, something given can't be or does not exist, or nothing could verify its requests.
    pub async fn update_source(&self, id: SourceId, change: SourceChange) -> Result<Source, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let mut source = self.source(id)?;
        if let Some(name) = change.name {
            source.name = rules::name(&name)?;
        }
        let now = self.0.timer.now();
        if let Some(app) = change.app {
            source.app = app;
            self.check_verifiable(&source, now)?;
        }
        source.updated_at = now;
        self.put(Noun::Source(source.clone())).await?;
        Ok(source)
    }

    /// Gives a source a new key; its former ones of the same scheme stay good for `overlap_ms`, at most a week.
    ///
    /// # Errors
    /// If there is no such source, the key or the overlap can't be, or too many keys would be active.
    pub async fn rotate_source_secret(
        &self,
        id: SourceId,
        key: KeyDraft,
        overlap_ms: u64,
    ) -> Result<Source, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let mut source = self.source(id)?;
        let now = self.0.timer.now();
        let end = secrets::overlap_end(overlap_ms, now)?;
        let new = check_key(source.dialect, key, now, self.random())?;
        for former in source.keys.iter_mut().filter(|former| same_scheme(&former.kind, &new.kind)) {
            secrets::expire(&mut former.version, end);
        }
        source.keys.retain(|key| key.version.is_active(now));
        source.keys.insert(0, new);
        secrets::check_active(source.keys.len(), self.0.limits.secrets_active_max)?;
        source.updated_at = now;
        self.put(Noun::Source(source.clone())).await?;
        tracing::info!(source.id = %id, "source secret rotated");
        Ok(source)
    }

    /// Removes a source: what is posted to it from then on is unknown. Its events stay in the log.
    ///
    /// # Errors
    /// If there is no such source.
    pub async fn delete_source(&self, id: SourceId) -> Result<(), ConfigureError> {
        let _changing = self.0.changing.lock().await;
        self.source(id)?;
        self.take(NounId::Source(id)).await?;
        tracing::info!(source.id = %id, "source deleted");
        Ok(())
    }

    fn source(&self, id: SourceId) -> Result<Source, ConfigureError> {
        let found = self.0.directory.sources.get(id);
        found.map(|source| source.as_ref().clone()).ok_or_else(|| ConfigureError::not_found("source", id))
    }

    /// Whether something could verify the source's requests: a key of its own, or an app's secret.
    fn check_verifiable(&self, source: &Source, now: Timestamp) -> Result<(), ConfigureError> {
        let Some(id) = source.app else {
            if source.keys.iter().any(|key| key.version.is_active(now)) {
                return Ok(());
            }
            let message = "a source needs a key, or an app with a secret: nothing could verify its requests";
            return Err(ConfigureError::invalid("keys", message));
        };
        let app = self.0.directory.apps.get(id);
        let wrong = match app {
            None => format!("there is no app `{id}`: create it first"),
            Some(app) if app.dialect != source.dialect => {
                format!("app `{id}` is one of {}, the source is of {}", app.dialect, source.dialect)
            }
            Some(_) => return Ok(()),
        };
        Err(ConfigureError::invalid("app", wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

    struct Zero;
    impl Random for Zero {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn only_bigcommerce_has_header_keys() {
        let key = |name: &str| KeyDraft::Header { name: name.to_owned(), value: Secret::new("swordfish") };
        for dialect in DialectId::PLATFORMS {
            let allowed = dialect == DialectId::BigCommerce;
            assert_eq!(check_key(dialect, key("X-Auth"), NOW, &Zero).is_ok(), allowed, "{dialect}");
            assert!(
                check_key(dialect, KeyDraft::Signing(Secret::new("c2VjcmV0")), NOW, &Zero).is_ok(),
                "{dialect}"
            );
        }
        for name in ["", "X Auth", "Content-Length", "X-Auth\r\n"] {
            let error = check_key(DialectId::BigCommerce, key(name), NOW, &Zero).expect_err(name).to_string();
            assert!(!error.contains("swordfish"), "{error}");
        }
        assert!(check_key(DialectId::Ecwid, KeyDraft::Signing(Secret::default()), NOW, &Zero).is_err());
    }
}
