//! All keys as a page, made from the sections themselves.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::{Config, Key, Section, environment};

const HEAD: &str = "\
# Configuration

<!-- Made by `shopwire config reference`. Change the doc comments in `crates/cli/src/config/` instead. -->

Shopwire starts with no configuration at all. What is set in `shopwire.toml` (or the file named by `--config` or
`SHOPWIRE_CONFIG`) wins over the defaults, the environment wins over the file, and `--set section.key=value` wins over
the environment. Lists are separated by commas in the environment and in flags. Unknown keys and variables are refused.

`shopwire config check` tells what is wrong and where, `shopwire config show` every value and where it comes from.
";

/// One key of the reference, for programs.
#[derive(Serialize)]
pub(crate) struct Documented {
    key: String,
    /// `null` where it is not set.
    default: Value,
    form: &'static str,
    meaning: String,
    environment: String,
    secret: bool,
}

/// The reference's keys, in the order of the page.
pub(crate) fn documented() -> Vec<Documented> {
    let config = Config::default();
    let of_section = |section: &dyn Section| {
        let name = section.name();
        let documented = |key: Key| Documented {
            key: format!("{name}.{}", key.name),
            default: section.show(key.name),
            form: key.form,
            environment: environment::variable(name, key.name),
            secret: key.secret,
            meaning: key.meaning,
        };
        section.keys().into_iter().map(documented).collect::<Vec<_>>()
    };
    config.sections().into_iter().flat_map(of_section).collect()
}

/// The reference as Markdown.
pub(crate) fn reference() -> String {
    let config = Config::default();
    let mut page = HEAD.to_owned();
    for section in config.sections() {
        write(&mut page, section).expect("a string can be written to");
    }
    page
}

fn write(page: &mut String, section: &dyn Section) -> std::fmt::Result {
    let name = section.name();
    writeln!(page, "\n## `[{name}]`\n\n{}\n", section.about())?;
    writeln!(page, "| key | default | meaning |\n|---|---|---|")?;
    for key in section.keys() {
        let default = section.show(key.name);
        let default = if default.is_null() { "not set".to_owned() } else { format!("`{default}`") };
        let form = if key.form.contains("whole number") || key.form.starts_with("true") {
            String::new()
        } else {
            format!(" Written as {}.", key.form)
        };
        writeln!(page, "| `{}` | {default} | {}{form} |", key.name, key.meaning)?;
    }
    let first = section.keys().first().map_or("", |key| key.name);
    writeln!(page, "\nIn the environment: `{}`, and so on.", environment::variable(name, first))
}

#[cfg(test)]
mod tests {
    use super::super::DEFAULT_FILE;
    use super::*;

    #[test]
    fn every_key_stands_there_with_a_meaning() {
        let page = reference();
        for section in Config::default().sections() {
            for key in section.keys() {
                assert!(page.contains(&format!("| `{}` | ", key.name)), "{}", key.name);
                assert!(key.meaning.len() > 15 && key.meaning.ends_with(['.', '`']), "{}", key.name);
            }
        }
        assert!(page.contains(DEFAULT_FILE));
    }
}
