//! The configuration file: TOML, each value with its place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::{Entry, Mistake, Origin, Raw};

/// A file's text with its name.
pub(super) struct File<'a> {
    pub(super) path: String,
    pub(super) text: &'a str,
}

impl File<'_> {
    /// All values that stand in the file, in order, and what can't be understood.
    pub(super) fn entries(&self) -> (Vec<Entry>, Vec<Mistake>) {
        let (document, errors) = DeTable::parse_recoverable(self.text);
        if !errors.is_empty() {
            // What was saved of a broken document would only give further mistakes.
            let mut errors: Vec<_> =
                errors.iter().map(|error| (error.span().unwrap_or_default(), error)).collect();
            errors.sort_by_key(|(span, _)| span.start);
            return (Vec::new(), errors.iter().map(|(span, error)| self.syntax(span, error)).collect());
        }
        let (mut entries, mut mistakes) = (Vec::new(), Vec::new());
        for (section, value) in document.get_ref() {
            match value.get_ref() {
                DeValue::Table(table) => entries.extend(self.section(section.get_ref(), table)),
                _ => mistakes.push(self.outside(section)),
            }
        }
        entries.sort_by_key(|(start, _)| *start);
        (entries.into_iter().map(|(_, entry)| entry).collect(), mistakes)
    }

    fn section(&self, section: &str, table: &DeTable<'_>) -> Vec<(usize, Entry)> {
        let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let key: &Spanned<std::borrow::Cow<'_, str>> = key;
            let raw = self.raw(value);
            let entry = Entry {
                section: section.to_owned(),
                key: key.get_ref().to_string(),
                raw,
                at: self.place(&key.span()),
            };
            (key.span().start, entry)
        };
        table.iter().map(entry).collect()
    }

    fn raw(&self, value: &Spanned<DeValue<'_>>) -> Raw {
        let as_written = || Raw::Other(self.text.get(value.span()).unwrap_or_default().to_owned());
        match value.get_ref() {
            DeValue::String(text) => Raw::Text(text.to_string()),
            DeValue::Boolean(flag) => Raw::Bool(*flag),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| as_written(), Raw::Integer),
            DeValue::Array(items) => strings(items).map_or_else(as_written, Raw::List),
            _ => as_written(),
        }
    }

    fn syntax(&self, span: &Range<usize>, error: &toml::de::Error) -> Mistake {
        Mistake {
            at: self.place(span),
            key: None,
            value: None,
            problem: format!("not TOML: {}", error.message()),
        }
    }

    fn outside(&self, key: &Spanned<std::borrow::Cow<'_, str>>) -> Mistake {
        Mistake {
            at: self.place(&key.span()),
            key: Some(key.get_ref().to_string()),
            value: None,
            problem: "stands in no section: put it below a line like `[server]`".to_owned(),
        }
    }

    fn place(&self, span: &Range<usize>) -> Origin {
        let before = &self.text[..self.text.floor_char_boundary(span.start)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Origin::File {
            path: self.path.clone(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

fn strings(items: &DeArray<'_>) -> Option<Vec<String>> {
    items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> (Vec<Entry>, Vec<Mistake>) {
        File { path: "x.toml".to_owned(), text }.entries()
    }

    #[test]
    fn values_keep_their_kind_and_place() {
        let (entries, mistakes) = entries(
            "# ü\n[limits]\nbody_bytes_max = 1_000\n in_flight_max = 0xff\n[egress]\nallowed = [\"a\", \"b\"]\nplain_http = true\n[x]\na = 1.5\nb = [1]\n",
        );
        assert_eq!(mistakes, []);
        let told: Vec<_> =
            entries.iter().map(|e| format!("{} {}.{} {:?}", e.at, e.section, e.key, e.raw)).collect();
        assert_eq!(
            told,
            [
                "x.toml:3:1 limits.body_bytes_max Integer(1000)",
                "x.toml:4:2 limits.in_flight_max Integer(255)",
                "x.toml:6:1 egress.allowed List([\"a\", \"b\"])",
                "x.toml:7:1 egress.plain_http Bool(true)",
                "x.toml:9:1 x.a Other(\"1.5\")",
                "x.toml:10:1 x.b Other(\"[1]\")",
            ]
        );
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_place() {
        let (found, mistakes) = entries("[server]\nlisten = \n\nthreads = = 1\n");
        assert_eq!(found, []);
        assert_eq!(mistakes[0].at.to_string(), "x.toml:2:10", "{mistakes:?}");
        assert!(mistakes.iter().all(|mistake| mistake.problem.starts_with("not TOML: ")), "{mistakes:?}");
        let (found, mistakes) = entries("listen = 1\n");
        assert!(found.is_empty() && mistakes[0].problem.contains("stands in no section"), "{mistakes:?}");
    }
}
