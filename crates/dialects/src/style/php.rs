//! JSON as PHP's `json_encode` writes it by default.
//!
//! Compact, keys in the order given, `/` as `\/`, everything outside ASCII as `\uXXXX` in lower-case hexadecimal (as a
//! surrogate pair beyond the basic plane). Receivers that decode a body and encode it again before they check its
//! signature (Shoptet's own PHP SDK can) accept no other form. Numbers keep the digits they were given with.

use std::io;

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::Formatter;

/// The value as PHP would write it. The text is pure ASCII.
pub fn encode(value: &Value) -> String {
    let mut bytes = Vec::with_capacity(128);
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, Php);
    value.serialize(&mut writer).expect("a JSON value can be written to memory");
    String::from_utf8(bytes).expect("only ASCII was written")
}

/// Differs from compact JSON in how text is written, and in nothing else.
struct Php;

impl Formatter for Php {
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c == '/' || !c.is_ascii()) {
            out.write_all(&rest.as_bytes()[..at])?;
            let special = rest[at..].chars().next().expect("it was just found");
            escape(out, special)?;
            rest = &rest[at + special.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
}

fn escape<W: io::Write + ?Sized>(out: &mut W, special: char) -> io::Result<()> {
    if special == '/' {
        return out.write_all(b"\\/");
    }
    special.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_text_as_php_does() {
        for (text, written) in [
            ("a/b", r#""a\/b""#),
            ("/", r#""\/""#),
            ("//é/", r#""\/\/\u00e9\/""#),
            ("žluťoučký", r#""\u017elu\u0165ou\u010dk\u00fd""#),
            ("😀", r#""\ud83d\ude00""#),
            ("\u{2028}", r#""\u2028""#),
            ("\"\\", r#""\"\\""#),
            ("\u{8}\u{c}\n\r\t\u{1f}\u{7f}", "\"\\b\\f\\n\\r\\t\\u001f\u{7f}\""),
            ("", r#""""#),
        ] {
            assert_eq!(encode(&json!(text)), written, "{text:?}");
        }
    }

    #[test]
    fn writes_compactly_and_keeps_order_and_digits() {
        let given = r#"{"b/c":[1,2.50,-0,12345678901234567890123,{}],"a":null,"ě":true,"e":[]}"#;
        let value: Value = serde_json::from_str(given).expect("json");
        let written = r#"{"b\/c":[1,2.50,-0,12345678901234567890123,{}],"a":null,"\u011b":true,"e":[]}"#;
        assert_eq!(encode(&value), written);
    }

    proptest! {
        #[test]
        fn is_ascii_and_reads_back(key in any::<String>(), text in any::<String>()) {
            let value = json!({ key: text });
            let written = encode(&value);
            prop_assert!(written.is_ascii());
            prop_assert_eq!(serde_json::from_str::<Value>(&written).expect("json"), value);
        }
    }
}
