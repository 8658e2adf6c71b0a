//! The environment: the only place where it is read.

use super::{Entry, Origin, Raw};

/// What every variable of ours begins with.
pub(super) const PREFIX: &str = "SHOPWIRE_";
/// Names the configuration file.
const FILE: &str = "SHOPWIRE_CONFIG";
/// The token with which commands ask a server: no setting of the server itself.
const TOKEN: &str = "SHOPWIRE_TOKEN";

/// What the environment says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Environment {
    /// The file named by `SHOPWIRE_CONFIG`.
    pub(super) file: Option<String>,
    /// The values of keys.
    pub(super) entries: Vec<Entry>,
}

impl Environment {
    /// Of this process.
    #[expect(clippy::disallowed_methods, reason = "this is where the environment comes in")]
    pub(super) fn read() -> Self {
        // One that is not UTF-8 can't be a variable of ours with a value that is understood.
        let variables = std::env::vars_os();
        Self::of(
            variables.map(|(name, value)| {
                (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
            }),
        )
    }

    /// Of these variables. An empty one counts as not set.
    fn of(variables: impl Iterator<Item = (String, String)>) -> Self {
        let mut read = Self::default();
        let ours =
            |(name, value): &(String, String)| name.starts_with(PREFIX) && name != TOKEN && !value.is_empty();
        for (name, value) in variables.filter(ours) {
            if name == FILE {
                read.file = Some(value);
            } else {
                read.entries.push(entry(name, value));
            }
        }
        read.entries.sort_by(|a, b| (&a.section, &a.key).cmp(&(&b.section, &b.key)));
        read
    }
}

/// `SHOPWIRE_LIMITS_PAGE_SIZE_MAX` is `limits.page_size_max`: no section's name holds an underscore.
fn entry(name: String, value: String) -> Entry {
    let lower = name[PREFIX.len()..].to_ascii_lowercase();
    let (section, key) = lower.split_once('_').unwrap_or((&lower, ""));
    Entry {
        section: section.to_owned(),
        key: key.to_owned(),
        raw: Raw::Bare(value),
        at: Origin::Environment(name),
    }
}

/// The variable of a key.
pub(super) fn variable(section: &str, key: &str) -> String {
    format!("{PREFIX}{section}_{key}").to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_is_ours_and_set() {
        let variables = [
            ("HOME", "/root"),
            ("SHOPWIRE_LIMITS_PAGE_SIZE_MAX", "9"),
            ("SHOPWIRE_CONFIG", "other.toml"),
            ("SHOPWIRE_SERVER_LISTEN", ""),
            ("SHOPWIRE_NONSENSE", "1"),
            ("SHOPWIRE_TOKEN", "a command's"),
            ("shopwire_server_listen", "x"),
        ];
        let read = Environment::of(variables.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert_eq!(read.file.as_deref(), Some("other.toml"));
        let keys: Vec<_> = read.entries.iter().map(|e| format!("{}.{}", e.section, e.key)).collect();
        assert_eq!(keys, ["limits.page_size_max", "nonsense."]);
        assert_eq!(variable("limits", "page_size_max"), "SHOPWIRE_LIMITS_PAGE_SIZE_MAX");
    }
}
