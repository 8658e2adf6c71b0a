//! JSON byte for byte as JavaScript's `JSON.stringify` writes it.
//!
//! Many receivers parse a body and hash what `JSON.stringify` makes of it; only a body already in that form passes
//! there. So: no space, raw UTF-8 and raw `/`, numbers in JavaScript's shortest form, and keys that look like array
//! indices first and in order, because JavaScript objects move them there.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The value as `JSON.stringify(JSON.parse(…))` would give it.
pub fn to_string(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => push_number(out, number.as_str()),
        Value::String(text) => push_text(out, text),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(entries) => push_object(out, entries),
    }
}

fn push_object(out: &mut String, entries: &Map<String, Value>) {
    let mut sorted: Vec<_> = entries.iter().collect();
    // The sort is stable, so that all other keys stay behind the indices in their order.
    sorted.sort_by_key(|(key, _)| array_index(key).map_or(u64::MAX, u64::from));
    out.push('{');
    for (at, (key, value)) in sorted.into_iter().enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        push_text(out, key);
        out.push(':');
        write(out, value);
    }
    out.push('}');
}

/// The key as an array index: decimal, no leading zero, below 2³² − 1.
fn array_index(key: &str) -> Option<u32> {
    let index: u32 = key.parse().ok()?;
    (index < u32::MAX && index.to_string() == key).then_some(index)
}

fn push_text(out: &mut String, text: &str) {
    // serde_json escapes exactly what JavaScript does: quote, backslash and control characters.
    out.push_str(&serde_json::to_string(text).expect("text is always JSON"));
}

/// ECMAScript's `Number::toString`, over what `JSON.parse` would have read.
fn push_number(out: &mut String, literal: &str) {
    let number: f64 = literal.parse().unwrap_or(f64::INFINITY);
    if !number.is_finite() {
        return out.push_str("null");
    }
    if number == 0.0 {
        return out.push('0');
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("the `e` form has an exponent");
    let exponent: i32 = exponent.parse().expect("its exponent is a number");
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    out.push_str(sign);
    push_digits(out, &digits, exponent);
}

/// Places the point: `exponent` is that of the first digit.
fn push_digits(out: &mut String, digits: &str, exponent: i32) {
    let point = exponent + 1;
    let count = i32::try_from(digits.len()).expect("a double has at most 17 digits");
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
    let written = match point {
        _ if (count..=21).contains(&point) => write!(out, "{digits}{}", zeros(point - count)),
        1..=21 => {
            let (whole, fraction) = digits.split_at(usize::try_from(point).expect("positive here"));
            write!(out, "{whole}.{fraction}")
        }
        -5..=0 => write!(out, "0.{}{digits}", zeros(-point)),
        _ => {
            let (first, others) = digits.split_at(1);
            let dot = if others.is_empty() { "" } else { "." };
            let plus = if exponent > 0 { "+" } else { "" };
            write!(out, "{first}{dot}{others}e{plus}{exponent}")
        }
    };
    written.expect("a string can be written to");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restyled(json: &str) -> String {
        to_string(&serde_json::from_str(json).expect(json))
    }

    #[test]
    fn numbers_take_javascripts_form() {
        for (given, javascript) in [
            ("1.0", "1"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("19.990", "19.99"),
            ("0.15", "0.15"),
            ("1e3", "1000"),
            ("1E21", "1e+21"),
            ("123456789012345680000", "123456789012345680000"),
            ("1.5e-7", "1.5e-7"),
            ("0.000001", "0.000001"),
            ("1e-7", "1e-7"),
            ("-12.5", "-12.5"),
            ("1735232979085", "1735232979085"),
            ("9007199254740993", "9007199254740992"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("1e400", "null"),
        ] {
            assert_eq!(restyled(given), javascript, "{given}");
        }
    }

    #[test]
    fn text_keys_and_layout_take_javascripts_form() {
        assert_eq!(
            restyled(r#"{ "b" : "\u00e9\/\u2028\u007f\u001f\t" , "2":1, "10":2, "01":3, "a":[ ], "1":{ } }"#),
            "{\"1\":{},\"2\":1,\"10\":2,\"b\":\"é/\u{2028}\u{7f}\\u001f\\t\",\"01\":3,\"a\":[]}"
        );
    }
}
