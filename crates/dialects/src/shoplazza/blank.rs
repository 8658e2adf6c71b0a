//! Shoplazza's bodies with nothing in them: every documented field, in the documented order, with what stands there when
//! there is nothing to say.
//!
//! One table for both ways: rendering fills a blank in, and decoding doesn't keep what the blank says anyway. Lists and
//! objects that have blanks of their own are empty here; JSON that is sent inside a text stands here as itself.

use std::sync::LazyLock;

use serde_json::Value;
use shopwire_core::commerce::entity::Extra;

use crate::fields::Fields;
use crate::shape::Shape;

static BLANKS: LazyLock<Extra> = LazyLock::new(|| {
    serde_json::from_str(include_str!("blank.json")).expect("the blanks are JSON, as tests show")
});

/// The blank of this name, to be filled in. What `extra` holds for it stands there already.
pub(super) fn shape<'e>(name: &str, extra: &'e Extra) -> Shape<'e> {
    Shape::filling(of(name), extra)
}

/// What is left and says more than the blank of this name.
pub(super) fn rest(fields: &mut Fields, name: &str) -> Extra {
    let mut rest = fields.rest();
    rest.retain(|key, value| of(name).get(key) != Some(value));
    rest
}

/// Drops what rendering would presume anyway.
pub(super) fn forget(extra: &mut Extra, key: &str, presumed: impl Into<Value>) {
    if extra.get(key) == Some(&presumed.into()) {
        extra.shift_remove(key);
    }
}

fn of(name: &str) -> &'static Extra {
    BLANKS.get(name).and_then(Value::as_object).expect("every blank has a name, as tests show")
}
