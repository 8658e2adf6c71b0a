//! The log against a naive model: random contents, many small segments, reopened in between with and without indexes.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use shopwire_core::{DialectId, EndpointId, Event, Seq};

use super::sample::{attempt, encoded, endpoint, event, key, moment, open, place, shop, update};
use crate::log::{EncodedUpdate, Log};
use crate::{
    AttemptFilter, AttemptPlace, AttemptRecord, EventFilter, EventHead, Page, PageRequest, StoredAttempt,
};

#[derive(Debug, Clone)]
enum Step {
    Event,
    /// The event before is appended once more, under the same key.
    Again,
    /// An attempt of an event that long ago.
    Attempt {
        ago: u64,
        endpoint: u64,
    },
    Commit {
        stamped: bool,
    },
    TakeBack,
    Undo,
    Roll,
    Reopen {
        indexes: bool,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => Just(Step::Event),
        1 => Just(Step::Again),
        8 => (0..12_u64, 0..3_u64).prop_map(|(ago, endpoint)| Step::Attempt { ago, endpoint }),
        6 => any::<bool>().prop_map(|stamped| Step::Commit { stamped }),
        1 => Just(Step::TakeBack),
        1 => Just(Step::Undo),
        1 => Just(Step::Roll),
        1 => any::<bool>().prop_map(|indexes| Step::Reopen { indexes }),
    ];
    proptest::collection::vec(step, 0..120)
}

/// What should be in the log.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    /// The numbers of the events.
    events: Vec<u64>,
    attempts: Vec<(EndpointId, AttemptRecord)>,
}

impl Model {
    fn stored(&self, place: usize) -> StoredAttempt {
        let (endpoint, attempt) = &self.attempts[place];
        let event = event(self.events[attempt.seq.0 as usize - 1]).id;
        let later = self.attempts[place + 1..].iter();
        let superseded = later.into_iter().any(|(e, a)| e == endpoint && a.seq == attempt.seq);
        StoredAttempt { event, endpoint: *endpoint, attempt: attempt.clone(), superseded }
    }

    fn last_number(&self, endpoint: EndpointId, seq: Seq) -> u32 {
        let of = self.attempts.iter().filter(|(e, a)| *e == endpoint && a.seq == seq);
        of.map(|(_, attempt)| attempt.number).max().unwrap_or(0)
    }
}

/// The log, what should be visible in it, and what is staged besides.
struct World<'a> {
    directory: &'a Path,
    log: Log,
    settled: Model,
    staged: Model,
    is_written: bool,
    next: u64,
}

impl World<'_> {
    fn step(&mut self, step: &Step) {
        // Whatever is put settles what was written.
        if !matches!(step, Step::TakeBack) && std::mem::take(&mut self.is_written) {
            self.log.settle();
            self.settled = self.staged.clone();
        }
        match step {
            Step::Event => {
                self.next += 1;
                self.put(self.next);
            }
            Step::Again => {
                if let Some(last) = self.staged.events.last().copied() {
                    self.put(last);
                }
            }
            Step::Attempt { ago, endpoint: to } => self.attempt(*ago, endpoint(*to)),
            Step::Commit { stamped } => {
                self.log.commit(stamped.then_some(1)).unwrap();
                self.is_written = *stamped && self.staged != self.settled;
                if !stamped {
                    self.settled = self.staged.clone();
                }
            }
            Step::TakeBack => {
                self.log.take_back().unwrap();
                if std::mem::take(&mut self.is_written) {
                    self.staged = self.settled.clone();
                }
            }
            Step::Undo => {
                self.log.undo();
                self.staged = self.settled.clone();
            }
            Step::Roll => {
                self.log.roll().unwrap();
                self.staged = self.settled.clone();
            }
            Step::Reopen { indexes } => self.reopen(*indexes),
        }
        if self.log.is_long() && self.staged == self.settled {
            self.log.roll().unwrap();
        }
    }

    fn put(&mut self, number: u64) {
        self.staged.events.push(number);
        assert_eq!(self.log.put(&encoded(number)), Seq(self.staged.events.len() as u64));
    }

    fn attempt(&mut self, ago: u64, to: EndpointId) {
        let Some(seq) = (self.staged.events.len() as u64).checked_sub(ago).filter(|seq| *seq > 0) else {
            return;
        };
        let made = attempt(seq, self.staged.last_number(to, Seq(seq)) + 1);
        self.log.put_update(&EncodedUpdate::new(&update(to, seq, vec![made.clone()])));
        self.staged.attempts.push((to, made));
    }

    fn reopen(&mut self, indexes: bool) {
        let elsewhere = place();
        let log = std::mem::replace(&mut self.log, open(elsewhere.path()).log);
        log.close();
        if !indexes {
            for entry in fs::read_dir(self.directory).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|extension| extension == "idx") {
                    fs::remove_file(path).unwrap();
                }
            }
        }
        self.log = open(self.directory).log;
        self.staged = self.settled.clone();
    }

    fn check(&self) {
        let (reader, model) = (self.log.reader(), &self.settled);
        let all: Vec<Event> = model.events.iter().map(|number| event(*number)).collect();
        assert_eq!(reader.head(), Seq(all.len() as u64));
        for step in [1, 3, usize::MAX] {
            assert_eq!(self.read_by(step), all, "by {step}");
        }
        let places: Vec<Seq> = (0..all.len() + 2).step_by(2).map(|place| Seq(place as u64)).rev().collect();
        let read = reader.read_at(&places).unwrap();
        let expected: Vec<_> = all.iter().skip(1).step_by(2).cloned().collect();
        assert_eq!(read.iter().map(|logged| logged.event.clone()).collect::<Vec<_>>(), expected);
        for (place, event) in (1..).zip(&all) {
            assert_eq!(reader.event_id(Seq(place)).unwrap(), Some(event.id));
            let found = reader.place_of(event.id).unwrap().unwrap();
            assert_eq!(all[found.0 as usize - 1].id, event.id);
        }
        for number in 0..=self.next {
            let last = self.staged.events.iter().rposition(|n| *n == number);
            let found = self.log.find(&key(number)).unwrap();
            assert_eq!(found, last.map(|place| Seq(place as u64 + 1)), "key {number}");
        }
        self.check_search(&all);
        self.check_attempts();
        assert_eq!(reader.check(), Vec::<String>::new());
    }

    fn read_by(&self, step: usize) -> Vec<Event> {
        let mut read: Vec<Event> = Vec::new();
        loop {
            let batch = self.log.reader().read_after(Seq(read.len() as u64), step, usize::MAX).unwrap();
            if batch.is_empty() {
                return read;
            }
            read.extend(batch.iter().map(|logged| logged.event.clone()));
        }
    }

    fn check_search(&self, all: &[Event]) {
        let mut heads: Vec<EventHead> = (1..).zip(all).map(|(seq, event)| head(seq, event)).collect();
        heads.reverse();
        for given in 0..64_u8 {
            let has = |bit: u8| given & (1 << bit) != 0;
            let filter = EventFilter {
                shop: has(0).then(|| shop(1)),
                event_type: has(1).then(|| event(4).event_type),
                subject: has(2).then(|| event(2).subject),
                dialect: has(3).then_some(DialectId::Duda),
                since: has(4).then(|| moment(5)),
                until: has(5).then(|| moment(30)),
            };
            let expected: Vec<_> = heads.iter().filter(|head| is_wanted(&filter, head)).cloned().collect();
            for (size, scan_rows_max) in [(1, 5), (100, 100), (3, 1)] {
                let page = |before| PageRequest { size, before, scan_rows_max };
                let found = pages(|before| self.log.reader().search(&filter, page(before)).unwrap());
                assert_eq!(found, expected, "{filter:?} by {size}");
            }
        }
    }

    fn check_attempts(&self) {
        let (reader, model) = (self.log.reader(), &self.settled);
        let all: Vec<StoredAttempt> = (0..model.attempts.len()).map(|place| model.stored(place)).collect();
        for limit in [1, 4, 1000] {
            let mut walked = Vec::new();
            let mut after = Some(AttemptPlace(0));
            while let Some(place) = after {
                let walk = reader.walk_attempts(place, limit).unwrap();
                walked.extend(walk.attempts);
                after = walk.next;
            }
            let plain = all.iter().map(|stored| StoredAttempt { superseded: false, ..stored.clone() });
            assert_eq!(walked, plain.collect::<Vec<_>>(), "by {limit}");
        }
        for given in 0..16_u8 {
            let has = |bit: u8| given & (1 << bit) != 0;
            let filter = AttemptFilter {
                event: has(0).then_some(Seq(model.events.len() as u64 / 2)),
                endpoint: has(1).then(|| endpoint(1)),
                outcome: has(2).then(|| "refused".to_owned()),
                latest: has(3),
            };
            let is_wanted = |stored: &&StoredAttempt| {
                filter.event.is_none_or(|seq| stored.attempt.seq == seq)
                    && filter.endpoint.is_none_or(|endpoint| stored.endpoint == endpoint)
                    && filter.outcome.as_ref().is_none_or(|code| stored.attempt.outcome.code() == code)
                    && !(filter.latest && stored.superseded)
            };
            let expected: Vec<_> = all.iter().rev().filter(is_wanted).cloned().collect();
            for (size, scan_rows_max) in [(1, 5), (100, 100), (3, 1)] {
                let page = |before| PageRequest { size, before, scan_rows_max };
                let found = pages(|before| reader.attempts(&filter, page(before)).unwrap());
                assert_eq!(found, expected, "{filter:?} by {size}");
            }
        }
        let deliveries: HashMap<_, _> = all.iter().map(|s| ((s.endpoint, s.attempt.seq), ())).collect();
        for (to, seq) in deliveries.into_keys().chain([(endpoint(9), Seq(1))]) {
            assert_eq!(reader.last_attempt_number(to, seq).unwrap(), model.last_number(to, seq));
        }
    }
}

fn pages<T>(ask: impl Fn(Option<u64>) -> Page<T>) -> Vec<T> {
    let mut items = Vec::new();
    let mut before = None;
    loop {
        let page = ask(before);
        items.extend(page.items);
        match page.next {
            Some(next) => before = Some(next),
            None => return items,
        }
    }
}

fn head(seq: u64, event: &Event) -> EventHead {
    let webhook = event.origin.webhook();
    EventHead {
        seq: Seq(seq),
        id: event.id,
        shop: event.shop,
        event_type: event.event_type.clone(),
        subject: event.subject.clone(),
        occurred_at: event.occurred_at,
        received_at: event.received_at,
        source: webhook.map(|webhook| webhook.source),
        dialect: webhook.map(|webhook| webhook.dialect),
        topic: webhook.map(|webhook| webhook.topic.clone()),
    }
}

fn is_wanted(filter: &EventFilter, head: &EventHead) -> bool {
    filter.shop.is_none_or(|shop| head.shop == shop)
        && filter.event_type.as_ref().is_none_or(|wanted| head.event_type == *wanted)
        && filter.subject.as_ref().is_none_or(|subject| head.subject == *subject)
        && filter.dialect.is_none_or(|dialect| head.dialect == Some(dialect))
        && filter.since.is_none_or(|since| head.received_at >= since)
        && filter.until.is_none_or(|until| head.received_at < until)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_log_answers_like_a_list(steps in steps()) {
        let place = place();
        let mut world = World {
            directory: place.path(),
            log: open(place.path()).log,
            settled: Model::default(),
            staged: Model::default(),
            is_written: false,
            next: 0,
        };
        for (done, step) in steps.iter().enumerate() {
            world.step(step);
            if done % 40 == 39 {
                world.check();
            }
        }
        world.check();
        world.step(&Step::Reopen { indexes: false });
        world.check();
    }
}
