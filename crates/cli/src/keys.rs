//! The secrets on the command line.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use shopwire_core::{DialectId, Secret};
use shopwire_dialects::{Key, cloudevents};
use shopwire_engine::egress::check_header;

/// More than any secret, less than any file given by mistake.
const FILE_BYTES_MAX: u64 = 4 << 10;

/// What requests are signed with or verified against.
#[derive(Debug, clap::Args)]
pub(crate) struct KeyArgs {
    /// The secret of the platform's signature; several times while a secret is being changed
    #[arg(long, value_name = "SECRET")]
    secret: Vec<String>,
    /// A file with the secret, `-` for standard input: unlike a flag, nobody sees it among the processes
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// BigCommerce's older way: a header that comes with this very value
    #[arg(long, value_name = "NAME=SECRET")]
    secret_header: Option<String>,
}

impl KeyArgs {
    /// The keys, at least one.
    pub(crate) fn read(&self, dialect: DialectId) -> anyhow::Result<Vec<Key>> {
        let mut secrets: Vec<Secret> = self.secret.iter().map(Secret::new).collect();
        if let Some(path) = &self.secret_file {
            secrets.push(secret_in(path)?);
        }
        secrets.iter().try_for_each(|secret| check(dialect, secret))?;
        let mut keys: Vec<Key> = secrets.into_iter().map(Key::Signing).collect();
        if let Some(header) = &self.secret_header {
            keys.push(header_key(dialect, header)?);
        }
        if keys.is_empty() {
            bail!("no secret: give it with `--secret` or `--secret-file`; {}", where_it_is(dialect));
        }
        Ok(keys)
    }
}

fn secret_in(path: &Path) -> anyhow::Result<Secret> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(FILE_BYTES_MAX).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text))
    };
    read.with_context(|| format!("the secret file `{}` can't be read", path.display()))?;
    // Editors and `echo` put a line end behind it.
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}

/// Refuses what can't be a secret of this dialect.
fn check(dialect: DialectId, secret: &Secret) -> anyhow::Result<()> {
    if secret.expose().is_empty() {
        bail!("the secret is empty; {}", where_it_is(dialect));
    }
    if dialect == DialectId::CloudEvents {
        cloudevents::SigningKey::parse(secret)
            .with_context(|| format!("the secret is of another form; {}", where_it_is(dialect)))?;
    }
    Ok(())
}

fn header_key(dialect: DialectId, header: &str) -> anyhow::Result<Key> {
    if dialect != DialectId::BigCommerce {
        bail!(
            "`--secret-header` is a way of bigcommerce only: {dialect} signs its requests, give its `--secret`"
        );
    }
    let Some((name, value)) =
        header.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty())
    else {
        bail!("`--secret-header` is not a name and a value: write it as in `X-Auth-Token=value`");
    };
    check_header(name, value).context("`--secret-header` can't be sent")?;
    Ok(Key::Header { name: name.to_owned(), value: Secret::new(value) })
}

/// Where the secret of a dialect is found (by the platforms' documentation).
pub(crate) const fn where_it_is(dialect: DialectId) -> &'static str {
    match dialect {
        DialectId::Ecwid => {
            "for ecwid it is the app's `client_secret` (control panel, `#develop-apps`, Details), not the access token"
        }
        DialectId::BigCommerce => {
            "for bigcommerce it is the client secret of the app or of the store-level API account that made the webhook"
        }
        DialectId::Shoptet => {
            "for shoptet it is the signature key that `POST /api/webhooks/renew-signature-key` answers with, as it stands there"
        }
        DialectId::Shoplazza => "for shoplazza it is the app's client secret",
        DialectId::Duda => {
            "for duda it is the base64 text that Duda hands out when signing is enabled for the account or app"
        }
        DialectId::CloudEvents => {
            "for cloudevents it is the `whsec_…` that is shown when an endpoint is made"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(secret: &[&str], header: Option<&str>) -> KeyArgs {
        KeyArgs {
            secret: secret.iter().map(|text| (*text).to_owned()).collect(),
            secret_file: None,
            secret_header: header.map(str::to_owned),
        }
    }

    #[test]
    fn without_a_secret_it_is_said_where_to_find_one() {
        for dialect in DialectId::PLATFORMS.into_iter().chain([DialectId::CloudEvents]) {
            let said = args(&[], None).read(dialect).unwrap_err().to_string();
            assert!(
                said.starts_with("no secret: ") && said.contains(&format!("for {dialect} it is")),
                "{said}"
            );
        }
    }

    #[test]
    fn what_can_be_no_secret_is_refused_without_showing_it() {
        for (dialect, secret, header) in [
            (DialectId::Ecwid, &[""][..], None),
            (DialectId::CloudEvents, &["swordfish"][..], None),
            (DialectId::Duda, &[][..], Some("X-Auth=swordfish")),
            (DialectId::BigCommerce, &[][..], Some("swordfish")),
            (DialectId::BigCommerce, &[][..], Some("=swordfish")),
            (DialectId::BigCommerce, &[][..], Some("X-Auth=sword\r\nswordfish: 1")),
            (DialectId::BigCommerce, &[][..], Some("X Auth=swordfish")),
            (DialectId::BigCommerce, &[][..], Some("Host=swordfish")),
        ] {
            let said = format!("{:#}", args(secret, header).read(dialect).unwrap_err());
            assert!(!said.contains("swordfish"), "{said}");
        }
    }

    #[test]
    fn a_file_s_line_end_is_not_part_of_the_secret() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " sword fish \r\n").unwrap();
        let args = KeyArgs { secret_file: Some(file.path().to_owned()), ..args(&["one"], None) };
        let keys = args.read(DialectId::Ecwid).unwrap();
        assert_eq!(keys, [Key::Signing(Secret::new("one")), Key::Signing(Secret::new(" sword fish "))]);
    }
}
