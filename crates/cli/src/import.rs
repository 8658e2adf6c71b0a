//! Many changes: lines read as they come, sent in batches, answered line by line.
//!
//! **Invariants.** No more than one batch is in memory. Every line is counted once: done, refused, or, if a batch breaks
//! off, reported as uncertain. A put or patch that was done already changes nothing when it is sent again.

use std::io::BufRead;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use serde_json::{Value, json};
use shopwire_core::Limits;
use shopwire_engine::egress::Method;

use crate::api::{Api, problem};
use crate::commands::{Outcome, Verdict};
use crate::output::Output;

/// Lines of a batch.
const BATCH_LINES_MAX: usize = 1_000;
/// Bytes of a batch, unless a single line has more.
const BATCH_BYTES_MAX: usize = 2 << 20;
/// After how many lines it is told how far it is.
const TOLD_EVERY_LINES: u64 = 10_000;

/// An import.
pub(crate) struct Import {
    /// The server.
    pub(crate) api: Api,
    /// Where changes are posted.
    pub(crate) path: String,
    /// Whether lines that do not say otherwise give no events.
    pub(crate) silent: bool,
    /// Where results go.
    pub(crate) output: Output,
}

/// How far it is.
#[derive(Default)]
struct Tally {
    lines: u64,
    done: u64,
    refused: u64,
    events: u64,
}

/// Lines on their way, with their numbers in the file.
#[derive(Default)]
struct Batch {
    numbers: Vec<u64>,
    body: Vec<u8>,
}

impl Import {
    /// Sends all lines.
    pub(crate) async fn run(&self, mut lines: impl BufRead) -> Outcome {
        let line_bytes_max = Limits::default().bulk_line_bytes_max;
        let (mut tally, mut batch, mut number) = (Tally::default(), Batch::default(), 0);
        loop {
            let line = next_line(&mut lines, line_bytes_max).context("the lines can't be read on")?;
            let Some(line) = line else { break };
            number += 1;
            match line {
                Line::TooLong => {
                    tally.lines += 1;
                    let what = format!("the line has more than {line_bytes_max} bytes");
                    self.refuse(&mut tally, number, 413, &json!({ "detail": what }))?;
                }
                Line::Whole(line) if line.trim_ascii().is_empty() => {}
                Line::Whole(line) => {
                    let line = if self.silent { silenced(line) } else { line };
                    if batch.is_full_with(&line) {
                        self.send(std::mem::take(&mut batch), &mut tally).await?;
                    }
                    batch.take(number, &line);
                }
            }
        }
        self.send(batch, &mut tally).await?;
        let Tally { lines, done, refused, events } = tally;
        let told = json!({ "lines": lines, "done": done, "refused": refused, "events": events });
        self.output
            .emit(&told, || format!("{lines} lines: {done} done, {refused} refused; {events} events"))?;
        Ok(Verdict::of(refused == 0))
    }

    async fn send(&self, batch: Batch, tally: &mut Tally) -> anyhow::Result<()> {
        let (Some(first), Some(last)) = (batch.numbers.first(), batch.numbers.last()) else { return Ok(()) };
        let content = Some(("application/x-ndjson", Bytes::from(batch.body)));
        let uncertain = || {
            format!(
                "lines {first} to {last} may have been done or not; send them again: what is done changes nothing"
            )
        };
        let answer = self.api.ask(Method::Post, &self.path, content).await.with_context(uncertain)?;
        if !answer.is_good() {
            bail!("{}", problem(answer.status, &answer.json()?));
        }
        let before = tally.lines / TOLD_EVERY_LINES;
        let mut answers = 0;
        for line in answer.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: Value = serde_json::from_slice(line).context("an answer is not JSON")?;
            let number = batch.numbers.get(answers).copied().with_context(uncertain)?;
            answers += 1;
            self.count(tally, number, &line)?;
        }
        if answers < batch.numbers.len() {
            bail!("only {answers} of {} lines were answered: {}", batch.numbers.len(), uncertain());
        }
        if tally.lines / TOLD_EVERY_LINES > before {
            let Tally { lines, done, refused, events } = tally;
            self.output.note(&format!("{lines} lines: {done} done, {refused} refused; {events} events"))?;
        }
        Ok(())
    }

    fn count(&self, tally: &mut Tally, number: u64, answer: &Value) -> anyhow::Result<()> {
        let status = answer["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
        tally.lines += 1;
        if !(200..300).contains(&status) {
            return self.refuse(tally, number, status, &answer["problem"]);
        }
        tally.done += 1;
        tally.events += answer["events"].as_array().map_or(0, |events| events.len() as u64);
        Ok(())
    }

    fn refuse(&self, tally: &mut Tally, number: u64, status: u16, why: &Value) -> anyhow::Result<()> {
        tally.refused += 1;
        let told = json!({ "line": number, "status": status, "problem": why });
        Ok(self.output.emit(&told, || format!("line {number}: {}", problem(status, why)))?)
    }
}

impl Batch {
    fn is_full_with(&self, line: &[u8]) -> bool {
        self.numbers.len() >= BATCH_LINES_MAX
            || (!self.body.is_empty() && self.body.len() + line.len() > BATCH_BYTES_MAX)
    }

    fn take(&mut self, number: u64, line: &[u8]) {
        self.numbers.push(number);
        self.body.extend_from_slice(line);
        self.body.push(b'\n');
    }
}

/// The line with `"events":"none"`, unless it says something of its own; what is no JSON object is left to the server.
fn silenced(line: Vec<u8>) -> Vec<u8> {
    match serde_json::from_slice::<serde_json::Map<String, Value>>(&line) {
        Ok(mut change) if !change.contains_key("events") => {
            change.insert("events".to_owned(), "none".into());
            serde_json::to_vec(&change).unwrap_or(line)
        }
        _ => line,
    }
}

/// A line of the file, without its end.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Whole(Vec<u8>),
    /// Passed over.
    TooLong,
}

/// The next line; `None` at the end. Of one that is too long no more than the limit is kept.
fn next_line(lines: &mut impl BufRead, bytes_max: usize) -> std::io::Result<Option<Line>> {
    let (mut line, mut any, mut too_long) = (Vec::new(), false, false);
    loop {
        let buffer = lines.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        too_long |= line.len() + part.len() > bytes_max;
        if !too_long {
            line.extend_from_slice(part);
        }
        let used = end.map_or(buffer.len(), |end| end + 1);
        lines.consume(used);
        if end.is_some() {
            break;
        }
    }
    let line = if too_long { Line::TooLong } else { Line::Whole(line) };
    Ok(any.then_some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        let mut reader = std::io::BufReader::with_capacity(3, text.as_bytes());
        std::iter::from_fn(|| next_line(&mut reader, 8).expect("memory can be read")).collect()
    }

    fn whole(text: &str) -> Line {
        Line::Whole(text.as_bytes().to_vec())
    }

    #[test]
    fn lines_are_whole_or_too_long_and_the_next_begins_where_they_end() {
        assert_eq!(
            lines("ab\n\n12345678\n123456789\nc"),
            [whole("ab"), whole(""), whole("12345678"), Line::TooLong, whole("c")]
        );
        assert_eq!(lines(""), []);
        assert_eq!(lines("\n"), [whole("")]);
    }

    #[test]
    fn what_says_nothing_of_events_gives_none_and_the_rest_stays() {
        let told = |line: &str| String::from_utf8(silenced(line.as_bytes().to_vec())).expect("text");
        assert_eq!(told(r#"{"op":"delete"}"#), r#"{"op":"delete","events":"none"}"#);
        assert_eq!(told(r#"{"n":1.10,"events":null}"#), r#"{"n":1.10,"events":null}"#);
        assert_eq!(told("nonsense"), "nonsense");
    }

    #[test]
    fn a_batch_is_full_by_lines_or_by_bytes_and_takes_any_first_line() {
        let mut batch = Batch::default();
        assert!(!batch.is_full_with(&vec![b' '; BATCH_BYTES_MAX + 1]));
        batch.take(1, b"{}");
        assert!(batch.is_full_with(&vec![b' '; BATCH_BYTES_MAX]));
        (1..BATCH_LINES_MAX as u64).for_each(|number| batch.take(number + 1, b"{}"));
        assert!(batch.is_full_with(b"{}"));
    }
}
