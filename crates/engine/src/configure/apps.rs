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
    /// The version of webhooks it gets, where its platform has several (Shoplazza, as in `202207`); the newest known by
    /// default.
    pub webhook_api_version: Option<String>,
}

/// What is to be changed of an app; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct AppChange {
    /// The name.
    pub name: Option<String>,
    /// The client id, or none.
    pub client_id: Option<Option<String>>,
    /// The version of webhooks.
    pub webhook_api_version: Option<String>,
}

/// Characters of a client id.
const CLIENT_ID_CHARS_MAX: usize = 200;

fn client_id(given: Option<String>) -> Result<Option<String>, ConfigureError> {
    given.map(|text| rules::text("client_id", &text, CLIENT_ID_CHARS_MAX)).transpose()
}

/// Whether a text can be a version: a year and a month, as in `202207`.
fn is_version(text: &str) -> bool {
    let is_month = |month: &str| month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month));
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.get(4..).is_some_and(is_month)
}

/// The version of webhooks that an app gets: one with which topics of its platform began, or a later one than all of these.
fn version(dialect: DialectId, given: Option<String>) -> Result<Option<String>, ConfigureError> {
    let invalid = |message: String| Err(ConfigureError::invalid("webhook_api_version", message));
    let known = shopwire_dialects::get(dialect).map_or_else(Vec::new, |dialect| dialect.catalog().versions());
    match (known.last(), given) {
        (None, None) => Ok(None),
        (None, Some(_)) => invalid(format!("webhooks of {dialect} have no versions: leave it out")),
        (Some(newest), None) => Ok(Some((*newest).to_owned())),
        (Some(newest), Some(text))
            if known.contains(&text.as_str()) || is_version(&text) && text.as_str() > *newest =>
        {
            Ok(Some(text))
        }
        (Some(newest), Some(text)) => invalid(format!(
            "`{}` is no version of {dialect}'s webhooks: there are {}, and later ones than `{newest}`",
            text.chars().take(20).collect::<String>(),
            rules::listed(&known)
        )),
    }
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
            webhook_api_version: version(draft.dialect, draft.webhook_api_version)?,
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
        if let Some(given) = change.webhook_api_version {
            app.webhook_api_version = version(app.dialect, Some(given))?;
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
    /// If there is no such app, or sources or endpoints use its secrets.
    pub async fn delete_app(&self, id: AppId) -> Result<(), ConfigureError> {
        let _changing = self.0.changing.lock().await;
        self.app(id)?;
        let directory = &self.0.directory;
        let (sources, _) = directory.sources.page(None, usize::MAX, |source| source.app == Some(id));
        let (endpoints, _) = directory.endpoints.page(None, usize::MAX, |endpoint| endpoint.app == Some(id));
        let sources = sources.iter().map(|source| source.id.to_string());
        let users: Vec<_> = sources.chain(endpoints.iter().map(|endpoint| endpoint.id.to_string())).collect();
        if !users.is_empty() {
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

    pub(super) fn app(&self, id: AppId) -> Result<App, ConfigureError> {
        let found = self.0.directory.apps.get(id);
        found.map(|app| app.as_ref().clone()).ok_or_else(|| ConfigureError::not_found("app", id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dialect: DialectId, given: Option<&str>) -> Result<Option<String>, String> {
        version(dialect, given.map(str::to_owned)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_version_is_a_known_one_or_a_later_one() {
        let shoplazza = DialectId::Shoplazza;
        assert_eq!(read(shoplazza, None), Ok(Some("202207".to_owned())));
        for version in ["202007", "202201", "202207", "202301", "202512"] {
            assert_eq!(read(shoplazza, Some(version)), Ok(Some(version.to_owned())));
        }
        for wrong in
            ["202001", "202206", "202313", "202300", "2022-07", "20230101", "latest", "", "２０２３０１"]
        {
            let error = read(shoplazza, Some(wrong)).expect_err(wrong);
            assert!(error.contains("`202007`, `202201`, `202207`"), "{error}");
        }
        assert_eq!(read(DialectId::Ecwid, None), Ok(None));
        assert!(read(DialectId::Ecwid, Some("202207")).expect_err("none there").contains("leave it out"));
    }
}
