//! Platforms that send webhooks, forget that they did, and send them again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bytes::Bytes;
use shopwire_core::commerce::CanonicalType;
use shopwire_core::{Clock as _, DialectId, Random as _, Secret};
use shopwire_dialects::{Draft, Incoming, Key, SampleFacts, ShopIdentity};
use shopwire_engine::egress::{OutRequest, Pool};
use shopwire_engine::{SystemTimer, Timer as _};
use shopwire_testkit::SeededRandom;

use super::house::{House, SECRET, SENDING};
use super::load::{DOWN_MS, PAUSE_MS};
use super::plan::below;
use super::record::{Record, WebhookKey};

/// Few subjects, so that their order is put to the test.
const SUBJECTS: u64 = 24;
/// Of so many of its last webhooks a sender may send a copy.
const REMEMBERED: usize = 40;

/// One sender of webhooks.
pub(super) struct Webhooks {
    record: Arc<Record>,
    pools: Vec<(DialectId, Pool)>,
    random: SeededRandom,
    /// Seeds of what is sent: no two senders share one.
    next: u64,
    sent: Vec<(usize, Draft)>,
}

impl Webhooks {
    pub(super) fn new(house: &House, record: Arc<Record>, number: u64, random: SeededRandom) -> Self {
        let pool = |(at, dialect): (usize, &DialectId)| {
            (*dialect, house.pool(&format!("/in/{}", house.sources[at]), 1))
        };
        let pools = SENDING.iter().enumerate().map(pool).collect();
        Self { record, pools, random, next: number << 40, sent: Vec::new() }
    }

    pub(super) async fn send_until(mut self, stopping: Arc<AtomicBool>) {
        while !stopping.load(Relaxed) {
            let (at, draft) = self.pick();
            let pause_ms = if self.send(at, &draft).await { below(&self.random, PAUSE_MS) } else { DOWN_MS };
            if self.sent.len() < REMEMBERED {
                self.sent.push((at, draft));
            } else {
                let forgotten = self.random.number() as usize % REMEMBERED;
                self.sent[forgotten] = (at, draft);
            }
            SystemTimer.sleep_ms(pause_ms).await;
        }
    }

    /// Something new, or a copy of something that was sent before, answered or not.
    fn pick(&mut self) -> (usize, Draft) {
        if !self.sent.is_empty() && below(&self.random, 4) == 0 {
            return self.sent[self.random.number() as usize % self.sent.len()].clone();
        }
        let at = self.random.number() as usize % SENDING.len();
        let dialect = shopwire_dialects::get(SENDING[at]).unwrap();
        let topic = dialect.catalog().for_event_type(CanonicalType::OrderUpdated).unwrap();
        let subject = below(&self.random, SUBJECTS).to_string();
        self.next += 1;
        let (shop, random) = (ShopIdentity::default(), SeededRandom::new(self.next));
        let facts =
            SampleFacts { shop: &shop, subject_id: Some(&subject), now: SystemTimer.now(), random: &random };
        (at, dialect.sample(topic, &facts))
    }

    /// Sends it; whether it was answered.
    async fn send(&self, at: usize, draft: &Draft) -> bool {
        let (id, pool) = &self.pools[at];
        let dialect = shopwire_dialects::get(*id).unwrap();
        let signed = dialect.sign(draft.clone(), &Key::Signing(Secret::new(SECRET)), SystemTimer.now());
        let incoming =
            Incoming { query: signed.query.as_deref(), headers: &signed.headers, body: &signed.body };
        let key: WebhookKey = (*id, dialect.read(&incoming).unwrap().identity_key);
        self.record.asked().webhooks.entry(key.clone()).or_default();
        let mut request = OutRequest::new(signed.headers, Bytes::from(signed.body)).unwrap();
        if let Some(query) = signed.query {
            request = request.with_query(query).unwrap();
        }
        let Ok(answer) = pool.exchange(&request).await.result else { return false };
        let mut asked = self.record.asked();
        match answer.status {
            200..=299 => {
                let event = answer.headers.get("shopwire-event-id").unwrap().to_owned();
                asked.webhook_answered(key, event);
            }
            503 => {}
            status => asked.wrong.push(format!("{key:?} was answered {status}: {:?}", answer.body_start)),
        }
        true
    }
}
