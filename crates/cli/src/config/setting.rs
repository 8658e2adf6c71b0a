//! The kinds of values a key can have, each with the form it is written in.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde_json::{Value, json};

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Raw {
    /// From the environment or a flag, where everything is text.
    Bare(String),
    /// A TOML string.
    Text(String),
    /// A TOML integer.
    Integer(i64),
    /// A TOML boolean.
    Bool(bool),
    /// A TOML array of strings.
    List(Vec<String>),
    /// Anything else, as it stands in the file.
    Other(String),
}

impl Raw {
    /// As a person would write it, for messages.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Bare(text) | Self::Other(text) => text.clone(),
            Self::Text(text) => format!("{text:?}"),
            Self::Integer(number) => number.to_string(),
            Self::Bool(flag) => flag.to_string(),
            Self::List(items) => format!("{items:?}"),
        }
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Bare(text) | Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A kind of value.
pub(crate) trait Setting: Sized {
    /// What a value looks like, with an example.
    const FORM: &'static str;
    /// Whether it is never shown.
    const SECRET: bool = false;

    /// Reads a value. The error says what was expected.
    fn read(raw: &Raw) -> Result<Self, String>;

    /// The value as JSON.
    fn show(&self) -> Value;
}

fn expected<T>(form: &str) -> Result<T, String> {
    Err(format!("expected {form}"))
}

impl Setting for SocketAddr {
    const FORM: &'static str = "an address and a port, as in \"127.0.0.1:7480\" or \"[::]:7480\"";

    fn read(raw: &Raw) -> Result<Self, String> {
        raw.text().and_then(|text| text.parse().ok()).map_or_else(|| expected(Self::FORM), Ok)
    }

    fn show(&self) -> Value {
        self.to_string().into()
    }
}

/// Reads an address to listen on, as flags give it.
pub(crate) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    SocketAddr::read(&Raw::Bare(text.to_owned()))
}

impl Setting for bool {
    const FORM: &'static str = "true or false";

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Bool(flag) => Ok(*flag),
            Raw::Bare(text) => text.parse().or_else(|_| expected(Self::FORM)),
            _ => expected(Self::FORM),
        }
    }

    fn show(&self) -> Value {
        (*self).into()
    }
}

/// What every JSON reader understands, and far more than any queue can hold.
const NUMBER_MAX: u64 = 1 << 53;

impl Setting for u64 {
    const FORM: &'static str = "a whole number from 1 to 2^53";

    fn read(raw: &Raw) -> Result<Self, String> {
        let number = match raw {
            Raw::Integer(number) => Self::try_from(*number).ok(),
            Raw::Bare(text) => text.parse().ok(),
            _ => None,
        };
        number.filter(|number| (1..=NUMBER_MAX).contains(number)).map_or_else(|| expected(Self::FORM), Ok)
    }

    fn show(&self) -> Value {
        (*self).into()
    }
}

/// Not set unless it is.
impl<T: Setting> Setting for Option<T> {
    const FORM: &'static str = T::FORM;
    const SECRET: bool = T::SECRET;

    fn read(raw: &Raw) -> Result<Self, String> {
        T::read(raw).map(Some)
    }

    fn show(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::show)
    }
}

impl Setting for PathBuf {
    const FORM: &'static str = "a path, relative to where the command runs";

    fn read(raw: &Raw) -> Result<Self, String> {
        let path = raw.text().filter(|text| !text.is_empty());
        path.map_or_else(|| expected(Self::FORM), |path| Ok(Self::from(path)))
    }

    fn show(&self) -> Value {
        self.display().to_string().into()
    }
}

/// Several values: an array in the file, separated by commas in the environment and in flags.
fn read_list<T>(raw: &Raw, form: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    let items: Vec<&str> = match raw {
        Raw::List(items) => items.iter().map(String::as_str).collect(),
        Raw::Bare(text) => text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect(),
        _ => return expected(form),
    };
    let wrong = |item: &str| format!("expected {form}; `{item}` is not one");
    items.into_iter().map(|item| read(item).ok_or_else(|| wrong(item))).collect()
}

impl Setting for Vec<IpNet> {
    const FORM: &'static str = "networks, as in [\"10.0.0.0/8\", \"::1/128\"]";

    fn read(raw: &Raw) -> Result<Self, String> {
        read_list(raw, Self::FORM, |item| item.parse().ok())
    }

    fn show(&self) -> Value {
        json!(self.iter().map(ToString::to_string).collect::<Vec<_>>())
    }
}

impl Setting for Vec<PathBuf> {
    const FORM: &'static str = "paths, as in [\"ca.pem\"]";

    fn read(raw: &Raw) -> Result<Self, String> {
        read_list(raw, Self::FORM, |item| (!item.is_empty()).then(|| PathBuf::from(item)))
    }

    fn show(&self) -> Value {
        json!(self.iter().map(|path| path.display().to_string()).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(text: &str) -> Raw {
        Raw::Bare(text.to_owned())
    }

    #[test]
    fn text_of_the_environment_means_what_the_file_s_own_types_mean() {
        assert_eq!(u64::read(&bare("64")), u64::read(&Raw::Integer(64)));
        assert_eq!(bool::read(&bare("true")), bool::read(&Raw::Bool(true)));
        let list = Raw::List(vec!["10.0.0.0/8".to_owned(), "::1/128".to_owned()]);
        assert_eq!(Vec::<IpNet>::read(&bare("10.0.0.0/8, ::1/128,")), Vec::<IpNet>::read(&list));
        assert_eq!(Option::<PathBuf>::read(&bare("x")), Ok(Some(PathBuf::from("x"))));
    }

    #[test]
    fn what_has_another_form_is_refused_with_the_form() {
        for raw in [
            bare("0"),
            bare("-1"),
            bare("1k"),
            bare("9007199254740993"),
            Raw::Integer(-1),
            Raw::Integer(0),
            Raw::Text("1".to_owned()),
        ] {
            assert_eq!(u64::read(&raw), Err("expected a whole number from 1 to 2^53".to_owned()), "{raw:?}");
        }
        for raw in [bare("yes"), Raw::Text("true".to_owned()), Raw::Integer(1)] {
            assert_eq!(bool::read(&raw), Err("expected true or false".to_owned()), "{raw:?}");
        }
        for raw in [bare("localhost:1"), bare("127.0.0.1"), Raw::Integer(7480)] {
            assert!(SocketAddr::read(&raw).is_err(), "{raw:?}");
        }
        let said = Vec::<IpNet>::read(&bare("10.0.0.0/8,10.1")).unwrap_err();
        assert!(said.ends_with("`10.1` is not one"), "{said}");
        assert!(
            PathBuf::read(&bare("")).is_err() && Vec::<PathBuf>::read(&Raw::Text("a".to_owned())).is_err()
        );
    }
}
