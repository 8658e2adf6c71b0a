//! Whether a text is clean JSON, found out in one pass over its bytes.
//!
//! Almost every body is, so this only says yes, or that it can't: what is wrong is for the slow reader to say, which names the
//! place. Nothing is built but the keys of the objects it stands in. Strings without escapes are stepped over by eight bytes.

use std::borrow::Cow;

use super::Keys;

/// What keys begin with that the parser behind this keeps for itself: it would parse the text behind such a key, unchecked.
const RESERVED: &str = "$serde_json::private::";

/// What is known after one pass.
pub(super) enum Verdict {
    /// One JSON value (RFC 8259) with no key twice in an object, nested as deep as is allowed at most.
    Clean,
    /// There is a key that is reserved.
    Reserved,
    /// It is not clean JSON, or not surely.
    Unsure,
}

/// Looks `text` through, which may be nested `depth_max` levels deep.
pub(super) fn look_through(text: &str, depth_max: usize) -> Verdict {
    let mut scan = Scan { text, at: 0, is_reserved: false };
    let whole = scan.value(depth_max);
    scan.blank();
    match whole {
        Some(()) if scan.at == text.len() => Verdict::Clean,
        _ if scan.is_reserved => Verdict::Reserved,
        _ => Verdict::Unsure,
    }
}

/// How far a text was looked through. `None` of its functions: this is not clean JSON, or not surely.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    /// Whether it ended at a key that is reserved.
    is_reserved: bool,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over this byte, if it is the next.
    fn is(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    fn blank(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self, depth_left: usize) -> Option<()> {
        self.blank();
        match self.peek()? {
            b'{' => self.object(depth_left.checked_sub(1)?),
            b'[' => self.list(depth_left.checked_sub(1)?),
            b'"' => self.string().map(drop),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth_left: usize) -> Option<()> {
        let mut keys = Keys::default();
        self.items(b'}', |scan| {
            scan.blank();
            let key = scan.string()?;
            scan.is_reserved = key.starts_with(RESERVED);
            let may_be = !scan.is_reserved && keys.insert(key);
            scan.blank();
            (may_be && scan.is(b':')).then(|| scan.value(depth_left))?
        })
    }

    fn list(&mut self, depth_left: usize) -> Option<()> {
        self.items(b']', |scan| scan.value(depth_left))
    }

    /// What stands between brackets, with commas between.
    fn items(&mut self, end: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        self.blank();
        if self.is(end) {
            return Some(());
        }
        loop {
            item(self)?;
            self.blank();
            if self.is(end) {
                return Some(());
            }
            self.is(b',').then_some(())?;
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let is_it = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += word.len();
        is_it.then_some(())
    }

    fn number(&mut self) -> Option<()> {
        self.is(b'-');
        if !self.is(b'0') {
            self.digits()?;
        }
        if self.is(b'.') {
            self.digits()?;
        }
        if self.is(b'e') || self.is(b'E') {
            let _sign = self.is(b'+') || self.is(b'-');
            self.digits()?;
        }
        Some(())
    }

    /// At least one digit.
    fn digits(&mut self) -> Option<()> {
        let begin = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > begin).then_some(())
    }

    /// A string as it reads.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let begin = self.at;
        self.is(b'"').then_some(())?;
        let mut has_escapes = false;
        loop {
            self.at += plain(self.text.as_bytes().get(self.at..)?);
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    has_escapes = true;
                    self.at += 2;
                }
                _ => return None,
            }
        }
        self.at += 1;
        match has_escapes {
            false => Some(Cow::Borrowed(&self.text[begin + 1..self.at - 1])),
            true => serde_json::from_str(&self.text[begin..self.at]).ok().map(Cow::Owned),
        }
    }
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// How many bytes there are before a quote, a backslash or a control character.
fn plain(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let is_zero = |word: u64| word.wrapping_sub(ONES) & !word;
        let is = |byte: u8| is_zero(word ^ (ONES * u64::from(byte)));
        let is_control = word.wrapping_sub(ONES * 0x20) & !word;
        let found = (is(b'"') | is(b'\\') | is_control) & HIGHS;
        if found != 0 {
            // What a borrow marks falsely stands behind what caused it.
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    words.len() * 8 + rest.iter().position(is_special).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::read;

    fn is_clean(text: &str, depth_max: usize) -> bool {
        matches!(look_through(text, depth_max), Verdict::Clean)
    }

    #[test]
    fn finds_the_first_byte_that_ends_plain_text_wherever_it_stands() {
        for end in [b'"', b'\\', 0, 0x1f] {
            for at in 0..40 {
                let mut bytes = [0xff, 0x7f, b'!', b'#', b'[', b']', 0x20, 0x80].repeat(6);
                bytes[at] = end;
                assert_eq!(plain(&bytes), at, "{end}");
            }
        }
        assert_eq!((plain(b""), plain(b"abc"), plain("ž\u{7f} \u{20}abcdefgh".as_bytes())), (0, 3, 13));
    }

    #[test]
    fn what_is_not_surely_clean_is_not_said_to_be() {
        for bad in [
            "",
            " ",
            "nul",
            "truefalse",
            "{",
            "[",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{} {}",
            "01",
            "-",
            "+1",
            "1.",
            ".5",
            "1e",
            "1e+",
            "\"",
            "\"\\\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud800\"",
            "\"\n\"",
            "{\"a\":1,\"\\u0061\":2}",
            "\u{feff}{}",
            "[1 2]",
            "\"a\"b\"",
            "1 1",
            "]",
            "{\"a\":1]",
            "\"\\",
        ] {
            assert!(!is_clean(bad, 16), "{bad}");
        }
    }

    /// Texts of the letters JSON is made of: now and then they are JSON.
    fn almost_json() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "{", "}", "[", "]", ":", ",", "\"", "\"a\"", "\"b\\n\"", "\\", "\\u00e9", "0", "-1.5e3", "12",
            "true", "null", " ", "\"ž\":", "\"a\":1", "[]", "{}",
        ]);
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn says_the_same_as_the_slow_reader(text in almost_json()) {
            // Two levels more than any of these texts has.
            prop_assert_eq!(is_clean(&text, 16), read(&text, 16).is_ok(), "{}", text);
        }
    }
}
