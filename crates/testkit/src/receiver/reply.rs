//! What a receiver answers, and how it misbehaves.

use bytes::Bytes;
use shopwire_core::Headers;

/// One answer: what is sent, how much of it, at which pace, and what happens to the connection then.
///
/// A plain [`Reply::status`] is complete, sent at once, and keeps the connection open.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Headers,
    body: Body,
    sent: Sent,
    pub(super) then: Then,
    pub(super) piece_bytes: Option<usize>,
}

#[derive(Debug, Clone)]
enum Body {
    Sized(Bytes),
    Chunked(Vec<Bytes>),
    UntilClose(Bytes),
    Flood(usize),
    Raw(Bytes),
}

#[derive(Debug, Clone, Copy)]
enum Sent {
    All,
    Nothing,
    HalfHead,
    Head,
    HalfBody,
}

/// What happens when the reply has been sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Then {
    /// The next request is read.
    Continue,
    /// The connection stays open and nothing more is sent.
    Hang,
    /// The connection is closed, unannounced.
    Close,
    /// The connection is reset.
    Reset,
}

impl Reply {
    /// A complete answer with this status and an empty body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Headers::new(),
            body: Body::Sized(Bytes::new()),
            sent: Sent::All,
            then: Then::Continue,
            piece_bytes: None,
        }
    }

    /// `302 Found` to another address.
    pub fn redirect(to: &str) -> Self {
        Self::status(302).header("Location", to)
    }

    /// Exactly these bytes, whatever they are.
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        Self { body: Body::Raw(bytes.into()), ..Self::status(200) }
    }

    /// `200` and a body of `bytes` zeros, announced by `Content-Length`.
    pub fn flood(bytes: usize) -> Self {
        Self { body: Body::Flood(bytes), ..Self::status(200) }
    }

    /// Never an answer.
    pub fn hang() -> Self {
        Self { sent: Sent::Nothing, then: Then::Hang, ..Self::status(200) }
    }

    /// Closes the connection instead of an answer.
    pub fn close() -> Self {
        Self { sent: Sent::Nothing, then: Then::Close, ..Self::status(200) }
    }

    /// Resets the connection (TCP RST) instead of an answer.
    pub fn reset() -> Self {
        Self { sent: Sent::Nothing, then: Then::Reset, ..Self::status(200) }
    }

    /// Adds a header, sent with exactly this name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value);
        self
    }

    /// A body announced by `Content-Length`.
    #[must_use]
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        Self { body: Body::Sized(body.into()), ..self }
    }

    /// A body in these chunks.
    #[must_use]
    pub fn chunked<B: Into<Bytes>>(self, chunks: impl IntoIterator<Item = B>) -> Self {
        Self { body: Body::Chunked(chunks.into_iter().map(Into::into).collect()), ..self }
    }

    /// A body that ends when the connection does.
    #[must_use]
    pub fn until_close(self, body: impl Into<Bytes>) -> Self {
        Self { body: Body::UntilClose(body.into()), then: Then::Close, ..self }
    }

    /// Sends the head only, then nothing more.
    #[must_use]
    pub fn hang_after_head(self) -> Self {
        Self { sent: Sent::Head, then: Then::Hang, ..self }
    }

    /// Closes in the middle of the head.
    #[must_use]
    pub fn close_mid_head(self) -> Self {
        Self { sent: Sent::HalfHead, then: Then::Close, ..self }
    }

    /// Closes in the middle of the body.
    #[must_use]
    pub fn close_mid_body(self) -> Self {
        Self { sent: Sent::HalfBody, then: Then::Close, ..self }
    }

    /// Resets the connection in the middle of the body.
    #[must_use]
    pub fn reset_mid_body(self) -> Self {
        Self { sent: Sent::HalfBody, then: Then::Reset, ..self }
    }

    /// Closes the connection after the answer, without having said so.
    #[must_use]
    pub fn then_close(self) -> Self {
        Self { then: Then::Close, ..self }
    }

    /// Sends `piece_bytes` bytes with each `ScriptedReceiver::tick`, not all at once.
    #[must_use]
    pub fn drip(self, piece_bytes: usize) -> Self {
        Self { piece_bytes: Some(piece_bytes.max(1)), ..self }
    }

    /// The bytes to send.
    pub(super) fn wire(&self) -> Vec<u8> {
        let (head, body) = match &self.body {
            Body::Raw(bytes) => (Vec::new(), bytes.to_vec()),
            Body::Sized(bytes) => {
                (self.head(Some(("Content-Length", bytes.len().to_string()))), bytes.to_vec())
            }
            Body::Flood(bytes) => (self.head(Some(("Content-Length", bytes.to_string()))), Vec::new()),
            Body::UntilClose(bytes) => (self.head(None), bytes.to_vec()),
            Body::Chunked(chunks) => {
                (self.head(Some(("Transfer-Encoding", "chunked".to_owned()))), encode(chunks))
            }
        };
        match self.sent {
            Sent::Nothing => Vec::new(),
            Sent::HalfHead => head[..head.len() / 2].to_vec(),
            Sent::Head => head,
            Sent::HalfBody => [&head, &body[..body.len() / 2]].concat(),
            Sent::All => [head, body].concat(),
        }
    }

    /// How many zeros follow [`Reply::wire`].
    pub(super) fn flood_bytes(&self) -> usize {
        match (&self.body, self.sent) {
            (Body::Flood(bytes), Sent::All) => *bytes,
            _ => 0,
        }
    }

    fn head(&self, framing: Option<(&str, String)>) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Scripted\r\n", self.status);
        let framing = framing.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in self.headers.iter().chain(framing) {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

fn encode(chunks: &[Bytes]) -> Vec<u8> {
    let mut wire = Vec::new();
    for chunk in chunks.iter().filter(|c| !c.is_empty()) {
        wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        wire.extend_from_slice(chunk);
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"0\r\n\r\n");
    wire
}
