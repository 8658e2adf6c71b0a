//! The configuration: defaults ← `shopwire.toml` ← environment ← flags.
//!
//! One file says one section: a documented struct with defaults, whose doc comments are the reference. Every value
//! remembers where it comes from, and everything that is wrong is told at once, with its place.
//!
//! **Invariants.** It starts with no configuration at all. What is not known is refused, never passed over. Secrets
//! are not shown, neither as values nor in mistakes.

mod egress;
mod environment;
mod file;
mod limits;
mod log;
mod mistake;
mod reference;
mod registration;
mod secrets;
mod section;
mod server;
mod setting;
mod store;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use shopwire_core::Limits;

pub(crate) use self::egress::Egress;
use self::environment::Environment;
use self::file::File;
pub(crate) use self::log::Log;
pub(crate) use self::mistake::{Mistake, Mistakes, Origin};
pub(crate) use self::reference::{documented, reference};
pub(crate) use self::registration::Registration;
pub(crate) use self::secrets::Secrets;
use self::section::section;
pub(crate) use self::section::{Key, Section};
pub(crate) use self::server::Server;
pub(crate) use self::setting::{Raw, Setting, listen_address};
pub(crate) use self::store::Store;
use shopwire_core::did_you_mean;

/// The file that is read if no other is named, and if it is there.
const DEFAULT_FILE: &str = "shopwire.toml";

/// Which configuration is meant.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConfigArgs {
    /// The configuration file; without it `SHOPWIRE_CONFIG`, else `shopwire.toml` if there is one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Set one key, as in `server.listen=0.0.0.0:7480`; can be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

/// Everything that can be set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    /// Where requests come in.
    pub(crate) server: Server,
    /// Where everything is kept.
    pub(crate) store: Store,
    /// What secrets are encrypted with.
    pub(crate) secrets: Secrets,
    /// What may be sent where.
    pub(crate) egress: Egress,
    /// Which rules of the platforms are relaxed.
    pub(crate) registration: Registration,
    /// How much of everything.
    pub(crate) limits: Limits,
    /// What is told while it runs.
    pub(crate) log: Log,
}

impl Config {
    /// All sections, in the order of the reference.
    pub(crate) fn sections(&self) -> [&dyn Section; 7] {
        [&self.server, &self.store, &self.secrets, &self.egress, &self.registration, &self.limits, &self.log]
    }

    fn section_mut(&mut self, name: &str) -> Option<&mut dyn Section> {
        let sections: [&mut dyn Section; 7] = [
            &mut self.server,
            &mut self.store,
            &mut self.secrets,
            &mut self.egress,
            &mut self.registration,
            &mut self.limits,
            &mut self.log,
        ];
        sections.into_iter().find(|section| section.name() == name)
    }
}

/// A value on its way into the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    section: String,
    key: String,
    raw: Raw,
    at: Origin,
}

/// The configuration with where each value comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loaded {
    /// The values.
    pub(crate) config: Config,
    /// The file that was read.
    pub(crate) file: Option<String>,
    origins: BTreeMap<(String, String), Origin>,
}

impl Loaded {
    /// Reads file, environment and flags.
    pub(crate) fn read(args: &ConfigArgs) -> Result<Self, Mistakes> {
        Self::merge(args, Environment::read())
    }

    fn merge(args: &ConfigArgs, environment: Environment) -> Result<Self, Mistakes> {
        let named = args.config.clone().or_else(|| environment.file.clone().map(PathBuf::from));
        let file = text_of(named)?;
        let mut loaded = Self { file: file.as_ref().map(|(path, _)| path.clone()), ..Self::default() };
        let mut mistakes = Vec::new();
        let mut entries = Vec::new();
        if let Some((path, text)) = file {
            let (of_file, wrong) = File { path, text: &text }.entries();
            entries.extend(of_file);
            mistakes.extend(wrong);
        }
        entries.extend(environment.entries);
        entries.extend(args.set.iter().map(|text| flag(text)));
        mistakes.extend(entries.into_iter().filter_map(|entry| loaded.apply(entry).err()));
        mistakes.extend(loaded.contradictions());
        if mistakes.is_empty() { Ok(loaded) } else { Err(Mistakes(mistakes)) }
    }

    /// Where a value comes from.
    pub(crate) fn origin(&self, section: &str, key: &str) -> &Origin {
        self.origins.get(&(section.to_owned(), key.to_owned())).unwrap_or(&Origin::Default)
    }

    fn apply(&mut self, entry: Entry) -> Result<(), Mistake> {
        let Some(section) = self.config.section_mut(&entry.section) else {
            return Err(entry.unknown_section());
        };
        let keys = section.keys();
        let Some(key) = keys.iter().find(|key| key.name == entry.key) else {
            return Err(entry.unknown_key(&keys));
        };
        section.set(&entry.key, &entry.raw).map_err(|problem| entry.wrong_value(key.secret, problem))?;
        self.origins.insert((entry.section, entry.key), entry.at);
        Ok(())
    }

    /// What can't work although each value alone could.
    fn contradictions(&self) -> Vec<Mistake> {
        let of_section = |section: &dyn Section| {
            let name = section.name();
            let mistake = |(key, problem): (&'static str, String)| Mistake {
                at: self.origin(name, key).clone(),
                key: Some(format!("{name}.{key}")),
                value: Some(section.show(key).to_string()),
                problem,
            };
            section.check().into_iter().map(mistake).collect::<Vec<_>>()
        };
        self.config.sections().into_iter().flat_map(of_section).collect()
    }
}

/// The text of the named file, or of the usual one if there is one.
fn text_of(named: Option<PathBuf>) -> Result<Option<(String, String)>, Mistakes> {
    let is_named = named.is_some();
    let path = named.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let shown = path.display().to_string();
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((shown, text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => Ok(None),
        Err(error) => {
            let at = Origin::WholeFile(shown);
            let problem = format!(
                "the configuration file can't be read: {error}: name another with `--config` or `SHOPWIRE_CONFIG`"
            );
            Err(Mistakes(vec![Mistake { at, key: None, value: None, problem }]))
        }
    }
}

/// `server.listen=0.0.0.0:7480`; without an equals sign the value is empty, which no key takes.
fn flag(text: &str) -> Entry {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let (section, key) = name.trim().split_once('.').unwrap_or((name.trim(), ""));
    Entry {
        section: section.to_owned(),
        key: key.to_owned(),
        raw: Raw::Bare(value.to_owned()),
        at: Origin::Flag("--set"),
    }
}

impl Entry {
    fn mistake(&self, value: Option<String>, problem: String) -> Mistake {
        let dot = if self.key.is_empty() { "" } else { "." };
        let key = Some(format!("{}{dot}{}", self.section, self.key));
        Mistake { at: self.at.clone(), key, value, problem }
    }

    fn wrong_value(&self, secret: bool, problem: String) -> Mistake {
        self.mistake((!secret).then(|| self.raw.shown()), problem)
    }

    /// The value is left out: under a wrong name, it may be a secret.
    fn unknown_section(&self) -> Mistake {
        let config = Config::default();
        let names = config.sections().map(Section::name);
        let there_are = || format!("there are {}", names.join(", "));
        let meant = || did_you_mean(&self.section, names).unwrap_or_else(there_are);
        let problem =
            self.no_such_variable().unwrap_or_else(|| format!("no section `{}`: {}", self.section, meant()));
        self.mistake(None, problem)
    }

    fn unknown_key(&self, keys: &[Key]) -> Mistake {
        let names = keys.iter().map(|key| key.name);
        let meant = || did_you_mean(&self.key, names).unwrap_or_else(see_reference);
        let problem = self.no_such_variable().unwrap_or_else(|| format!("unknown key: {}", meant()));
        self.mistake(None, problem)
    }

    /// A variable can lack its section, so the whole names are compared.
    fn no_such_variable(&self) -> Option<String> {
        let Origin::Environment(name) = &self.at else { return None };
        let known = variables();
        let meant = did_you_mean(name, known.iter().map(String::as_str));
        Some(format!("no such variable: {}", meant.unwrap_or_else(see_reference)))
    }
}

fn see_reference() -> String {
    "`shopwire config reference` lists all".to_owned()
}

fn variables() -> Vec<String> {
    let config = Config::default();
    let of_section = |section: &dyn Section| {
        let name = section.name();
        section.keys().into_iter().map(move |key| environment::variable(name, key.name)).collect::<Vec<_>>()
    };
    config.sections().into_iter().flat_map(of_section).collect()
}

#[cfg(test)]
mod tests;
