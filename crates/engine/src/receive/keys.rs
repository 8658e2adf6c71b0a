//! What the requests of a source are verified against.

use shopwire_core::{App, KeyKind, Source, SourceKey, Timestamp};
use shopwire_dialects::Key;

/// The keys that count at `now`: the source's own, and its app's secrets.
pub(super) fn active(source: &Source, app: Option<&App>, now: Timestamp) -> Vec<Key> {
    let own = source.keys.iter().filter(|key| key.version.is_active(now)).map(key_of);
    let of_app = app.into_iter().flat_map(|app| &app.secrets).filter(|version| version.is_active(now));
    own.chain(of_app.map(|version| Key::Signing(version.secret.clone()))).collect()
}

fn key_of(key: &SourceKey) -> Key {
    match &key.kind {
        KeyKind::Signing => Key::Signing(key.version.secret.clone()),
        KeyKind::Header { header } => Key::Header { name: header.clone(), value: key.version.secret.clone() },
    }
}
