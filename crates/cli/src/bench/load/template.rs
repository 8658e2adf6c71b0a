//! A text that is made once, and patched for each event without moving anything.

/// Digits of a number and of a time in seconds: both have ten, for the next centuries.
const DIGITS: usize = 10;

const NUMBER: &str = "{number}";
const SECONDS: &str = "{seconds}";
const FILLER: &str = "{filler}";

/// A text with places for an event's number and for the time.
#[derive(Debug, Clone)]
pub(super) struct Template {
    text: Vec<u8>,
    numbers: Vec<usize>,
    seconds: Vec<usize>,
}

impl Template {
    /// Reads a form; its `{filler}` is as long as it takes for the text to have `bytes` bytes.
    pub(super) fn of(form: &str, bytes: usize) -> Self {
        let mut template = Self { text: Vec::new(), numbers: Vec::new(), seconds: Vec::new() };
        let blank = "0".repeat(DIGITS);
        let bare = form.replace(NUMBER, &blank).replace(SECONDS, &blank).replace(FILLER, "");
        let mut rest = form;
        while let Some(byte) = rest.bytes().next() {
            if let Some(behind) = rest.strip_prefix(NUMBER) {
                template.numbers.push(template.text.len());
                template.text.extend_from_slice(blank.as_bytes());
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix(SECONDS) {
                template.seconds.push(template.text.len());
                template.text.extend_from_slice(blank.as_bytes());
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix(FILLER) {
                template.text.resize(template.text.len() + bytes.saturating_sub(bare.len()), b'x');
                rest = behind;
            } else {
                template.text.push(byte);
                rest = &rest[1..];
            }
        }
        template
    }

    /// The text of one event.
    pub(super) fn filled(&self, number: u64, seconds: i64) -> Vec<u8> {
        let mut text = self.text.clone();
        let seconds = u64::try_from(seconds).unwrap_or(0);
        self.numbers.iter().for_each(|at| patch(&mut text, *at, number));
        self.seconds.iter().for_each(|at| patch(&mut text, *at, seconds));
        text
    }

    /// The same as a string.
    pub(super) fn text(&self, number: u64, seconds: i64) -> String {
        String::from_utf8(self.filled(number, seconds)).expect("forms are ASCII, and so are digits")
    }
}

/// Writes the last ten digits of a number.
pub(super) fn patch(text: &mut [u8], at: usize, mut number: u64) {
    for place in text[at..at + DIGITS].iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).expect("a digit is small");
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_filled_in_and_the_length_is_kept() {
        let template = Template::of(r#"{"id":{number},"at":{seconds},"n":"{number}","x":"{filler}"}"#, 80);
        let text = template.text(1_000_000_007, 1_767_225_600);
        assert_eq!(text.len(), 80);
        assert!(text.starts_with(r#"{"id":1000000007,"at":1767225600,"n":"1000000007","x":"xx"#), "{text}");
        assert_eq!(template.filled(1_000_000_008, 1_767_225_600).len(), 80);
        assert_eq!(Template::of("plain", 0).text(1, 1), "plain");
    }
}
