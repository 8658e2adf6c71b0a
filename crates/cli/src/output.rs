//! What commands print: lines for people, or JSON for programs.
//!
//! What a stranger sent may be printed, so control characters are made visible: no request can repaint a terminal.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde::Serialize;

/// Where results go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// Lines for people, or with `json` one JSON value a line.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether a program reads along.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// Prints one result in the form that was asked for.
    pub(crate) fn emit(self, value: &impl Serialize, human: impl FnOnce() -> String) -> io::Result<()> {
        if self.json { self.raw(&json_line(value)?) } else { self.line(&human()) }
    }

    /// Prints text for people, a line end behind it.
    pub(crate) fn line(self, text: &str) -> io::Result<()> {
        self.raw(format!("{}\n", visible(text.trim_end_matches('\n'))).as_bytes())
    }

    /// Prints bytes as they are.
    pub(crate) fn raw(self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    }

    /// Prints something to know, to standard error: it is no result.
    pub(crate) fn note(self, message: &str) -> io::Result<()> {
        let mut stderr = io::stderr().lock();
        if self.json {
            stderr.write_all(&json_line(&serde_json::json!({ "note": message }))?)
        } else {
            writeln!(stderr, "{}", visible(message))
        }
    }

    /// Prints what went wrong, to standard error.
    pub(crate) fn error(self, message: &str) -> io::Result<()> {
        let mut stderr = io::stderr().lock();
        if self.json {
            stderr.write_all(&json_line(&serde_json::json!({ "error": message }))?)
        } else {
            writeln!(stderr, "error: {}", visible(message))
        }
    }
}

fn json_line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// The text with its control characters written out, but for line ends and tabs.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && !matches!(c, '\n' | '\t') {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Rows in aligned columns, two blanks between them.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![0; columns];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            write!(line, "{cell:width$}  ").expect("a string can be written to");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Facts by name, indented and aligned.
pub(crate) fn facts(facts: &[(&str, String)]) -> String {
    let rows: Vec<_> = facts.iter().map(|(name, value)| row([&format!("  {name}"), value])).collect();
    table(&rows)
}

/// A row of a table.
pub(crate) fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_characters() {
        let rows = [row(["a", "bb", "c"]), row(["üü", "b", ""]), row(["x"])];
        assert_eq!(table(&rows), "a   bb  c\nüü  b\nx\n");
        assert_eq!(table(&[]), "");
    }

    #[test]
    fn control_characters_are_seen_and_not_obeyed() {
        assert_eq!(visible("a\u{1b}[2Jb\r\n\tü\u{7f}"), "a\\u{1b}[2Jb\\r\n\tü\\u{7f}");
    }
}
