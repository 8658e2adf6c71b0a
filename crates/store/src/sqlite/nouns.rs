//! The configuration: what may be shown as JSON, secrets apart and encrypted.

use rusqlite::{Connection, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shopwire_core::delivery::Endpoint;
use shopwire_core::{App, EndpointId, HoldsSecrets, Secret, Source};
use zeroize::Zeroizing;

use super::column::{Sql, get};
use super::fault::unreadable;
use super::group::Group;
use super::vault::Vault;
use super::{lanes, snapshots};
use crate::{Configuration, Noun, NounId, StoreError};

/// A noun as it is stored.
pub(super) struct Stored {
    kind: &'static str,
    id: [u8; 16],
    json: String,
    /// `None` for kinds without secrets.
    secrets: Option<Vec<u8>>,
}

/// Under what a noun is stored.
fn address(id: NounId) -> (&'static str, [u8; 16]) {
    match id {
        NounId::Shop(id) => ("shop", *id.as_bytes()),
        NounId::App(id) => ("app", *id.as_bytes()),
        NounId::Source(id) => ("source", *id.as_bytes()),
        NounId::Endpoint(id) => ("endpoint", *id.as_bytes()),
        NounId::Token(id) => ("token", *id.as_bytes()),
        NounId::Replay(id) => ("replay", *id.as_bytes()),
    }
}

/// Binds encrypted secrets to their noun.
fn owner(kind: &str, id: &[u8]) -> Vec<u8> {
    [kind.as_bytes(), b"/", id].concat()
}

/// Turns a noun into its stored form.
pub(super) fn seal(vault: &Vault, noun: &Noun) -> Stored {
    match noun {
        Noun::Shop(shop) => plain(NounId::Shop(shop.id), shop),
        Noun::Token(token) => plain(NounId::Token(token.id), token),
        Noun::Replay(replay) => plain(NounId::Replay(replay.id), replay),
        Noun::App(app) => with_secrets(vault, NounId::App(app.id), app),
        Noun::Source(source) => with_secrets(vault, NounId::Source(source.id), source),
        Noun::Endpoint(endpoint) => with_secrets(vault, NounId::Endpoint(endpoint.id), endpoint),
    }
}

fn plain(id: NounId, noun: &impl Serialize) -> Stored {
    let (kind, id) = address(id);
    let json = serde_json::to_string(noun).expect("nouns have text keys only");
    Stored { kind, id, json, secrets: None }
}

fn with_secrets<N: Serialize + HoldsSecrets>(vault: &Vault, id: NounId, noun: &N) -> Stored {
    let stored = plain(id, noun);
    let secrets: Vec<&str> = noun.secrets().into_iter().map(Secret::expose).collect();
    let secrets = Zeroizing::new(serde_json::to_vec(&secrets).expect("texts can be written"));
    let secrets = vault.seal(&owner(stored.kind, &stored.id), &secrets);
    Stored { secrets: Some(secrets), ..stored }
}

/// Creates or replaces a noun; it keeps its place among the others.
pub(super) fn save(db: &Connection, noun: &Stored) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO noun (kind, id, json, secrets) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json, secrets = excluded.secrets",
    )?
    .execute((noun.kind, noun.id, &noun.json, &noun.secrets))?;
    Ok(())
}

/// See [`Ledger::configuration`](crate::Ledger::configuration).
pub(super) fn read(db: &Connection, vault: &Vault) -> Result<Configuration, StoreError> {
    let mut statement = db.prepare_cached("SELECT kind, json, id, secrets FROM noun ORDER BY place")?;
    let mut rows = statement.query(())?;
    let mut read = Configuration::default();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(0)?;
        match kind.as_str() {
            "shop" => read.shops.push(parse(row)?),
            "token" => read.tokens.push(parse(row)?),
            "replay" => read.replays.push(parse(row)?),
            "app" => read.apps.push(open::<App>(row, vault)?),
            "source" => read.sources.push(open::<Source>(row, vault)?),
            "endpoint" => read.endpoints.push(open::<Endpoint>(row, vault)?),
            _ => return Err(unreadable("the configuration", format!("`{kind}` is no kind of noun"))),
        }
    }
    Ok(read)
}

fn parse<N: DeserializeOwned>(row: &Row<'_>) -> Result<N, StoreError> {
    let json: String = row.get(1)?;
    serde_json::from_str(&json).map_err(|error| unreadable(name(row), error))
}

fn open<N: DeserializeOwned + HoldsSecrets>(row: &Row<'_>, vault: &Vault) -> Result<N, StoreError> {
    let mut noun: N = parse(row)?;
    let (kind, id, sealed): (String, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(2)?, row.get(3)?);
    let secrets = vault.open(&owner(&kind, &id), &sealed);
    let secrets = secrets.ok_or_else(|| unreadable(name(row), "its secrets can't be decrypted"))?;
    let secrets: Vec<String> =
        serde_json::from_slice(&secrets).map_err(|_| unreadable(name(row), "its secrets are no list"))?;
    let places = noun.secrets_mut();
    if places.len() != secrets.len() {
        return Err(unreadable(name(row), "it has not as many secrets as places for them"));
    }
    places.into_iter().zip(secrets).for_each(|(place, secret)| *place = Secret::new(secret));
    Ok(noun)
}

/// For messages.
fn name(row: &Row<'_>) -> String {
    let (kind, id): (String, Vec<u8>) = (row.get(0).unwrap_or_default(), row.get(2).unwrap_or_default());
    id.iter().fold(kind + " ", |name, byte| name + &format!("{byte:02x}"))
}

/// See [`Ledger::remove`](crate::Ledger::remove).
pub(super) fn remove(group: &mut Group<'_>, id: NounId) -> Result<(), StoreError> {
    let db = group.sql()?;
    let (kind, bytes) = address(id);
    db.execute("DELETE FROM noun WHERE kind = ?1 AND id = ?2", (kind, bytes))?;
    match id {
        NounId::Endpoint(endpoint) => lanes::remove(group, endpoint),
        NounId::Shop(shop) => {
            let endpoints: Vec<EndpointId> = db
                .prepare_cached("SELECT id FROM noun WHERE kind = 'endpoint' AND json ->> '$.shop' = ?1")?
                .query_map([shop.to_string()], |row| get(row, 0))?
                .collect::<Result<_, _>>()?;
            endpoints.into_iter().try_for_each(|endpoint| remove(group, NounId::Endpoint(endpoint)))?;
            const SOURCES: &str = "DELETE FROM noun WHERE kind = 'source' AND json ->> '$.shop' = ?1";
            db.execute(SOURCES, [shop.to_string()])?;
            snapshots::remove(db, shop)
        }
        NounId::Token(token) => {
            db.execute("DELETE FROM idempotency WHERE token = ?1", [Sql(&token)])?;
            Ok(())
        }
        NounId::App(_) | NounId::Source(_) | NounId::Replay(_) => Ok(()),
    }
}
