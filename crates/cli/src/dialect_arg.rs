//! A dialect on the command line.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use shopwire_core::DialectId;

/// Reads one of the five platforms or `cloudevents`.
pub(crate) fn any() -> impl TypedValueParser<Value = DialectId> {
    of(&DialectId::PLATFORMS.iter().copied().chain([DialectId::CloudEvents]).collect::<Vec<_>>())
}

/// Reads one of the five platforms.
pub(crate) fn platform() -> impl TypedValueParser<Value = DialectId> {
    of(&DialectId::PLATFORMS)
}

/// clap names all of them, and the nearest one, when another word is given.
fn of(dialects: &[DialectId]) -> impl TypedValueParser<Value = DialectId> + use<> {
    PossibleValuesParser::new(dialects.iter().map(|dialect| dialect.as_str()))
        .try_map(|name| name.parse::<DialectId>())
}
