//! A receiver with moods, and an honest record.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use shopwire_core::{Clock as _, Headers, Secret, Timestamp};
use shopwire_dialects::cloudevents::{self, SigningKey};
use shopwire_dialects::{Incoming, Key};
use shopwire_engine::{SystemTimer, Timer as _};
use shopwire_testkit::SeededRandom;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::house::LISTENING;
use super::plan::below;

/// How long a mood lasts at most.
const MOOD_MS: u64 = 2_500;
/// How slow a slow answer is at most; less than an attempt may take.
const SLOW_MS: u64 = 400;

/// How a receiver knows what is genuine, and tells one delivery from another.
pub(super) enum Speech {
    /// Ours: by the event's id.
    Ours(SigningKey),
    /// The listening platform's: by the body.
    Platform(Secret),
}

impl Speech {
    pub(super) fn ours(secret: &str) -> Self {
        Self::Ours(SigningKey::parse(&Secret::new(secret)).unwrap())
    }

    /// What the request delivers; `None` if it is not genuine.
    fn read(&self, headers: &Headers, body: &[u8]) -> Option<String> {
        let now = SystemTimer.now();
        match self {
            Self::Ours(key) => {
                cloudevents::verify(headers, body, std::slice::from_ref(key), now).ok()?;
                headers.get("webhook-id").map(str::to_owned)
            }
            Self::Platform(secret) => {
                let dialect = shopwire_dialects::get(LISTENING)?;
                let incoming = Incoming { query: None, headers, body };
                dialect.verify(&incoming, &[Key::Signing(secret.clone())], now).ok()?;
                String::from_utf8(body.to_vec()).ok()
            }
        }
    }
}

/// What happened at a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Noted {
    /// A whole request came.
    Arrived(String),
    /// It is about to be answered 2xx, whole.
    Taken(String),
    /// A request came that nobody of ours has signed.
    Forged,
}

/// What is done with a request.
#[derive(Debug, Clone, Copy)]
enum Behaviour {
    Takes,
    TakesSlowly,
    TakesDripping,
    Fails,
    AsksToWait,
    Hangs,
    Closes,
    ClosesMidAnswer,
}

/// How likely each behaviour is, in percent; the rest is taken at once.
type Mood = &'static [(u64, Behaviour)];

const WELL: Mood = &[
    (2, Behaviour::TakesSlowly),
    (1, Behaviour::TakesDripping),
    (1, Behaviour::Fails),
    (1, Behaviour::ClosesMidAnswer),
];
const UNWELL: Mood = &[
    (10, Behaviour::TakesSlowly),
    (5, Behaviour::TakesDripping),
    (12, Behaviour::Fails),
    (2, Behaviour::AsksToWait),
    (4, Behaviour::Hangs),
    (8, Behaviour::Closes),
    (8, Behaviour::ClosesMidAnswer),
];
const DOWN: Mood = &[
    (40, Behaviour::Fails),
    (20, Behaviour::Hangs),
    (30, Behaviour::Closes),
    (10, Behaviour::ClosesMidAnswer),
];
/// For whom a failure costs too much time: slow, but never failing.
const FRAIL: Mood = &[(5, Behaviour::TakesSlowly), (3, Behaviour::TakesDripping)];

/// A receiver. Ends with the test.
pub(super) struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    speech: Speech,
    random: SeededRandom,
    may_fail: bool,
    is_healed: AtomicBool,
    mood: Mutex<(Timestamp, Mood)>,
    noted: Mutex<Vec<Noted>>,
}

impl Receiver {
    pub(super) async fn start(speech: Speech, seed: u64, may_fail: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shared = Arc::new(Shared {
            speech,
            random: SeededRandom::new(seed),
            may_fail,
            is_healed: AtomicBool::new(false),
            mood: Mutex::new((Timestamp::EPOCH, WELL)),
            noted: Mutex::default(),
        });
        let (address, serving) = (listener.local_addr().unwrap(), Arc::clone(&shared));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                // A broken connection is what this is about.
                tokio::spawn(async move { drop(serve(stream, &shared).await) });
            }
        });
        Self { address, shared }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/webhooks", self.address)
    }

    /// From now on everything is taken at once.
    pub(super) fn heal(&self) {
        self.shared.is_healed.store(true, Relaxed);
    }

    /// All that happened, in order.
    pub(super) fn noted(&self) -> Vec<Noted> {
        self.shared.noted.lock().unwrap().clone()
    }
}

impl Shared {
    fn note(&self, noted: Noted) {
        self.noted.lock().unwrap().push(noted);
    }

    fn behaviour(&self) -> Behaviour {
        if self.is_healed.load(Relaxed) {
            return Behaviour::Takes;
        }
        let mut rolled = below(&self.random, 100);
        for (share, behaviour) in self.mood() {
            match rolled.checked_sub(*share) {
                None => return *behaviour,
                Some(rest) => rolled = rest,
            }
        }
        Behaviour::Takes
    }

    fn mood(&self) -> Mood {
        let mut mood = self.mood.lock().unwrap();
        let now = SystemTimer.now();
        if now > mood.0 {
            let next = match below(&self.random, 10) {
                _ if !self.may_fail => FRAIL,
                0..6 => WELL,
                6..9 => UNWELL,
                _ => DOWN,
            };
            *mood = (now.plus_ms(i64::try_from(below(&self.random, MOOD_MS)).unwrap()), next);
        }
        mood.1
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        while let Some((end, headers, body)) = whole_request(&buffer) {
            let delivered = shared.speech.read(&headers, &body);
            buffer.drain(..end);
            let Some(delivered) = delivered else {
                shared.note(Noted::Forged);
                return Ok(());
            };
            shared.note(Noted::Arrived(delivered.clone()));
            if !answer(&mut stream, shared, delivered).await? {
                return Ok(());
            }
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

/// Answers, or does not; whether the connection goes on.
async fn answer(stream: &mut TcpStream, shared: &Shared, delivered: String) -> std::io::Result<bool> {
    const TAKEN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nthank you!";
    let behaviour = shared.behaviour();
    match behaviour {
        Behaviour::Fails => stream.write_all(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n").await?,
        Behaviour::AsksToWait => {
            stream.write_all(b"HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n").await?;
        }
        Behaviour::Closes => return Ok(false),
        Behaviour::ClosesMidAnswer => {
            stream.write_all(&TAKEN[..TAKEN.len() - 5]).await?;
            return Ok(false);
        }
        Behaviour::Hangs => {
            while stream.read(&mut [0; 64]).await? > 0 {}
            return Ok(false);
        }
        Behaviour::Takes | Behaviour::TakesSlowly | Behaviour::TakesDripping => {
            if matches!(behaviour, Behaviour::TakesSlowly) {
                SystemTimer.sleep_ms(below(&shared.random, SLOW_MS)).await;
            }
            // Noted first: the other side must not know before we do.
            shared.note(Noted::Taken(delivered));
            if matches!(behaviour, Behaviour::TakesDripping) {
                for byte in TAKEN {
                    stream.write_all(std::slice::from_ref(byte)).await?;
                    SystemTimer.sleep_ms(1).await;
                }
            } else {
                stream.write_all(TAKEN).await?;
            }
        }
    }
    Ok(true)
}

/// The first whole request in the buffer and where it ends.
fn whole_request(buffer: &[u8]) -> Option<(usize, Headers, Vec<u8>)> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(head) = request.parse(buffer).unwrap() else { return None };
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let headers: Headers =
        request.headers.iter().map(|field| (field.name.to_owned(), text(field.value))).collect();
    let length: usize = headers.get("content-length").unwrap().parse().unwrap();
    let body = buffer.get(head..head + length)?.to_vec();
    Some((head + length, headers, body))
}
