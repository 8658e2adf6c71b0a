//! A body as lines: one after the other as they come, each within bounds of size and time, none kept.

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream};

use crate::app::App;
use crate::problem::{Code, Problem};

/// A line with its number, from 1, or what is wrong with it.
pub(super) type Line = (u64, Result<Bytes, Problem>);

/// Reads lines off a body.
struct Lines {
    app: App,
    body: BodyDataStream,
    /// What has come of lines that are not over.
    rest: BytesMut,
    /// Bytes of `rest` in which there is no end of a line.
    searched: usize,
    number: u64,
    /// The line is too long, that has been told, and the rest of it is passed over.
    skipping: bool,
    /// Nothing more comes.
    ended: bool,
}

/// The lines of a body that are not blank. What ends it early (a time-out, a body that broke off, too many lines) is told
/// as a last line; the line that was not whole by then is left out.
pub(super) fn lines(app: App, body: Body) -> impl Stream<Item = Line> + Send {
    let lines = Lines {
        app,
        body: body.into_data_stream(),
        rest: BytesMut::new(),
        searched: 0,
        number: 0,
        skipping: false,
        ended: false,
    };
    stream::unfold(lines, |mut lines| async move { lines.next().await.map(|line| (line, lines)) })
}

impl Lines {
    async fn next(&mut self) -> Option<Line> {
        loop {
            if let Some(line) = self.split() {
                if line.as_ref().is_ok_and(|line| line.trim_ascii().is_empty()) {
                    continue;
                }
                return Some((self.number, line));
            }
            if self.ended {
                return None;
            }
            if let Err(problem) = self.read().await {
                self.end();
                return Some((self.number + 1, Err(problem)));
            }
        }
    }

    /// The next line that has come, or what is wrong with it.
    fn split(&mut self) -> Option<Result<Bytes, Problem>> {
        let limits = self.app.engine().limits();
        let (bytes_max, lines_max) = (limits.bulk_line_bytes_max, limits.bulk_lines_max);
        let end = self.rest[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(end) = end.map(|end| self.searched + end) else {
            self.searched = self.rest.len();
            return self.split_unfinished(bytes_max);
        };
        let line = self.rest.split_to(end + 1).freeze().slice(..end);
        self.searched = 0;
        if std::mem::take(&mut self.skipping) {
            return self.split();
        }
        self.number += 1;
        if self.number > lines_max as u64 {
            self.end();
            return Some(Err(too_many(lines_max)));
        }
        Some(if line.len() > bytes_max { Err(too_long(bytes_max)) } else { Ok(line) })
    }

    /// What there is of a line whose end has not come.
    fn split_unfinished(&mut self, bytes_max: usize) -> Option<Result<Bytes, Problem>> {
        if self.skipping {
            self.forget();
            return None;
        }
        if self.rest.len() > bytes_max {
            self.forget();
            self.skipping = true;
            self.number += 1;
            return Some(Err(too_long(bytes_max)));
        }
        // The last line needs no end.
        if self.ended && !self.rest.is_empty() {
            self.number += 1;
            self.searched = 0;
            return Some(Ok(self.rest.split().freeze()));
        }
        None
    }

    /// Takes in what comes next, within the time that a client has.
    async fn read(&mut self) -> Result<(), Problem> {
        let within_ms = self.app.engine().limits().request_deadline_ms;
        let sleep = self.app.engine().timer().sleep_ms(within_ms);
        let read = tokio::select! {
            biased;
            read = self.body.next() => read,
            () = sleep => {
                let detail = format!("nothing came for {within_ms} ms: what was answered is done, the rest is not");
                return Err(Problem::new(Code::RequestTimeout, detail));
            }
        };
        match read {
            Some(Ok(bytes)) => self.rest.extend_from_slice(&bytes),
            None => self.ended = true,
            Some(Err(_)) => {
                let detail = "the body broke off before its end: what was answered is done, the rest is not";
                return Err(Problem::new(Code::MalformedRequest, detail));
            }
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.rest.clear();
        self.searched = 0;
    }

    fn end(&mut self) {
        self.forget();
        self.ended = true;
    }
}

fn too_long(max: usize) -> Problem {
    let detail = format!("the line has more than the {max} bytes that limit `bulk_line_bytes_max` allows");
    Problem::new(Code::BodyTooLarge, detail).with("limit", "bulk_line_bytes_max").with("max", max)
}

fn too_many(max: usize) -> Problem {
    let detail =
        format!("there are more than the {max} lines that limit `bulk_lines_max` allows: send the rest anew");
    Problem::new(Code::LimitReached, detail).with("limit", "bulk_lines_max").with("max", max)
}
