//! What a section of the configuration is: a documented struct whose fields are its keys.

use serde_json::Value;

use super::Raw;

/// One key, for the reference.
pub(crate) struct Key {
    /// Its name within the section.
    pub(crate) name: &'static str,
    /// What a value looks like.
    pub(crate) form: &'static str,
    /// What it is for.
    pub(crate) meaning: String,
    /// Whether its value is never shown.
    pub(crate) secret: bool,
}

/// A section, by its keys.
pub(crate) trait Section {
    /// Its name, as in `[server]`.
    fn name(&self) -> &'static str;

    /// What it is about, in a few words.
    fn about(&self) -> &'static str;

    /// All its keys.
    fn keys(&self) -> Vec<Key>;

    /// Sets one of its keys. The error says what was expected.
    fn set(&mut self, key: &str, raw: &Raw) -> Result<(), String>;

    /// The value of one of its keys; secrets are hidden.
    fn show(&self, key: &str) -> Value;

    /// What can't work although each value has the right form: key, and what is wrong with the cure.
    fn check(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A section's struct with its defaults; the doc comments are the reference.
macro_rules! section {
    ($(#[doc = $about:literal])* $section:ident $name:literal { $($(#[doc = $doc:literal])* $key:ident: $type:ty = $default:expr;)* } $(check $check:path)?) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone)]
        pub(crate) struct $section {
            $($(#[doc = $doc])* pub(crate) $key: $type,)*
        }

        impl Default for $section {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }

        impl $crate::config::Section for $section {
            fn name(&self) -> &'static str {
                $name
            }

            fn about(&self) -> &'static str {
                concat!($($about),*).trim_ascii()
            }

            fn keys(&self) -> Vec<$crate::config::Key> {
                vec![$($crate::config::Key {
                    name: stringify!($key),
                    form: <$type as $crate::config::Setting>::FORM,
                    meaning: concat!($($doc),*).trim_ascii().to_owned(),
                    secret: <$type as $crate::config::Setting>::SECRET,
                }),*]
            }

            fn set(&mut self, key: &str, raw: &$crate::config::Raw) -> Result<(), String> {
                match key {
                    $(stringify!($key) => self.$key = $crate::config::Setting::read(raw)?,)*
                    other => return Err(format!("no key `{other}`")),
                }
                Ok(())
            }

            fn show(&self, key: &str) -> serde_json::Value {
                match key {
                    $(stringify!($key) => $crate::config::Setting::show(&self.$key),)*
                    _ => serde_json::Value::Null,
                }
            }

            $(fn check(&self) -> Vec<(&'static str, String)> {
                $check(self)
            })?
        }
    };
}

pub(crate) use section;
