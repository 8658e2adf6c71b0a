//! Apps.

use shopwire_core::{App, AppId, DialectId, Secret, SecretVersion, Timestamp};
use shopwire_dialects::Key;
use shopwire_store::{Noun, NounId};

use super::{ConfigureError, rules, secrets};
use crate::Engine;

/// An app to be made known.
#[derive(Debug, Clone)]
pub struct AppDraft {
    /// The platform it is an application of.
    pub dialect: DialectId,
    /// A name for people, 1 to 200 characters.
    pub name: String,
    /// The platform's client id, where it has one.
    pub client_id: Option<String>,
    /// The secret that signs the webhooks of every shop that installed it.
    pub client_secret: Secret,
}

/// What is to be changed of an app; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct AppChange {
    /// The name.
    pub name: Option<String>,
    /// The client id, or none.
    pub client_id: Option<Option<String>>,
}

/// Characters of a client id.
const CLIENT_ID_CHARS_MAX: usize = 200;

fn client_id(given: Option<String>) -> Result<Option<String>, ConfigureError> {
    given.map(|text| rules::text("client_id", &text, CLIENT_ID_CHARS_MAX)).transpose()
}

impl Engine {
    /// Makes an app known.
    ///
    /// # Errors
    /// If something given can't be, or there are too many apps.
    pub async fn create_app(&self, draft: AppDraft) -> Result<App, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        rules::room("apps_max", self.0.directory.apps.len(), self.0.limits.apps_max)?;
        if !DialectId::PLATFORMS.contains(&draft.dialect) {
            let message = format!("`{}` is no platform: an app belongs to one", draft.dialect);
            return Err(ConfigureError::invalid("dialect", message));
        }
        let now = self.0.timer.now();
        self.check_client_secret(draft.dialect, &draft.client_secret, now)?;
        let app = App {
            id: AppId::new(now, self.random()),
            dialect: draft.dialect,
            name: rules::name(&draft.name)?,
            client_id: client_id(draft.client_id)?,
            secrets: vec![SecretVersion::new(draft.client_secret, now)],
            webhook_api_version: None,
            grants: std::collections::BTreeMap::new(),
            created_at: now,
            updated_at: now,
        };
        self.put(Noun::App(app.clone())).await?;
        tracing::info!(app.id = %app.id, "app created");
        Ok(app)
    }

    /// Changes an app.
    ///
    /// # Errors
    /// If there is no such app, or something given can't be.
    pub async fn update_app(&self, id: AppId, change: AppChange) -> Result<App, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let mut app = self.app(id)?;
        if let Some(name) = change.name {
            app.name = rules::name(&name)?;
        }
        if let Some(given) = change.client_id {
            app.client_id = client_id(given)?;
        }
        app.updated_at = self.0.timer.now();
        self.put(Noun::App(app.clone())).await?;
        Ok(app)
    }

    /// Gives an app a new secret; the former one stays good for `overlap_ms`, at most a week.
    ///
    /// # Errors
    /// If there is no such app, the secret or the overlap can't be, or too many secrets would be active.
    pub async fn rotate_app_secret(
        &self,
        id: AppId,
        client_secret: Secret,
        overlap_ms: u64,
    ) -> Result<App, ConfigureError> {
        let _changing = self.0.changing.lock().await;
        let mut app = self.app(id)?;
        let now = self.0.timer.now();
        self.check_client_secret(app.dialect, &client_secret, now)?;
        let end = secrets::overlap_end(overlap_ms, now)?;
        secrets::rotate(&mut app.secrets, client_secret, now, end);
        secrets::check_active(app.secrets.len(), self.0.limits.secrets_active_max)?;
        app.updated_at = now;
        self.put(Noun::App(app.clone())).await?;
        tracing::info!(app.id = %id, "app secret rotated");
        Ok(app)
    }

    /// Forgets an app.
    ///
    /// # Errors
    /// If there is no such app, or sources use its secrets.
    pub async fn delete_app(&self, id: AppId) -> Result<(), ConfigureError> {
        let _changing = self.0.changing.lock().await;
        self.app(id)?;
        let (sources, _) = self.0.directory.sources.page(None, usize::MAX, |source| source.app == Some(id));
        if !sources.is_empty() {
            let users: Vec<_> = sources.iter().map(|source| source.id).collect();
            let message = format!(
                "app `{id}` is used by {}: delete them or take it from them first",
                rules::listed(&users)
            );
            return Err(ConfigureError::Conflict { message });
        }
        self.take(NounId::App(id)).await?;
        tracing::info!(app.id = %id, "app deleted");
        Ok(())
    }

    fn check_client_secret(
        &self,
        dialect: DialectId,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<(), ConfigureError> {
        secrets::check_secret("client_secret", secret)?;
        secrets::check_fits("client_secret", dialect, &Key::Signing(secret.clone()), now, self.random())
    }

    fn app(&self, id: AppId) -> Result<App, ConfigureError> {
        let found = self.0.directory.apps.get(id);
        found.map(|app| app.as_ref().clone()).ok_or_else(|| ConfigureError::not_found("app", id))
    }
}
