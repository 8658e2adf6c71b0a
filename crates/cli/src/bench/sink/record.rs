//! What arrived where, how often and when: a bit for each event and endpoint.

use super::super::clock::now_us;
use super::super::order::{Arrived, Expected, Latency, NUMBER_FIRST, Schedule, Tally, Timeline};

/// Length of a step of the timeline.
const STEP_US: u64 = 10_000;

/// Steps that are kept: more than an hour.
const STEPS_MAX: usize = 1 << 19;

/// Places an event may have; what says to have another is no event of ours.
const PLACE_MAX: u64 = 100_000_000;

/// The digits of a number begin at most so many bytes behind the marker: a subject's kind may stand between.
const KIND_BYTES_MAX: usize = 24;

/// What arrived since it was last forgotten.
#[derive(Default)]
pub(super) struct Record {
    endpoints: Vec<Arrivals>,
    requests: u64,
    events: u64,
    strays: u64,
    from_us: u64,
    first_us: u64,
    last_us: u64,
    steps: Vec<u32>,
}

/// What arrived at one endpoint.
struct Arrivals {
    marker: Vec<u8>,
    /// A bit for each place.
    seen: Vec<u64>,
    /// When each arrived first, if that is kept; 0 for those that have not.
    times_us: Option<Vec<u64>>,
}

impl Record {
    /// An empty record for endpoints with these markers.
    pub(super) fn of(markers: Vec<String>, timed: bool) -> Self {
        let arrivals = |marker: String| Arrivals {
            marker: marker.into_bytes(),
            seen: Vec::new(),
            times_us: timed.then(Vec::new),
        };
        Self { endpoints: markers.into_iter().map(arrivals).collect(), from_us: now_us(), ..Self::default() }
    }

    /// Notes a request.
    pub(super) fn note(&mut self, endpoint: usize, body: &[u8]) {
        let now_us = now_us();
        self.requests += 1;
        let arrivals = self.endpoints.get_mut(endpoint);
        let place = arrivals.as_ref().and_then(|arrivals| place(body, &arrivals.marker));
        let (Some(arrivals), Some(place)) = (arrivals, place) else {
            self.strays += 1;
            return;
        };
        if !arrivals.is_new(place, now_us) {
            return;
        }
        self.events += 1;
        self.last_us = now_us;
        if self.first_us == 0 {
            self.first_us = now_us;
        }
        self.count_step(now_us);
    }

    fn count_step(&mut self, now_us: u64) {
        let step = usize::try_from((now_us - self.from_us) / STEP_US).unwrap_or(usize::MAX);
        if step < STEPS_MAX {
            if step >= self.steps.len() {
                self.steps.resize(step + 1, 0);
            }
            self.steps[step] += 1;
        }
    }

    /// What has arrived so far.
    pub(super) fn arrived(&self) -> Arrived {
        let Self { requests, events, first_us, last_us, .. } = *self;
        Arrived { requests, events, first_us, last_us }
    }

    /// When it arrived.
    pub(super) fn timeline(&self) -> Timeline {
        Timeline { from_us: self.from_us, step_us: STEP_US, arrivals: self.steps.clone() }
    }

    /// What was sent against what arrived.
    pub(super) fn compare(&self, expected: Expected) -> Tally {
        let mut tally = Tally { expected: expected.arrivals(), strays: self.strays, ..Tally::default() };
        for (endpoint, number) in self.endpoints.iter().zip(0..expected.endpoints) {
            tally.lost += expected.places(number).filter(|place| !endpoint.has(*place)).count() as u64;
        }
        tally.lost += self.endpoints_missing(expected);
        tally.duplicates = self.requests - self.strays - self.events;
        tally
    }

    /// What endpoints are owed that nobody has told the sink of.
    fn endpoints_missing(&self, expected: Expected) -> u64 {
        let known = self.endpoints.len() as u64;
        (known..expected.endpoints).map(|endpoint| expected.places(endpoint).count() as u64).sum()
    }

    /// From each event's being due to its arrival; `None` if no times were kept.
    pub(super) fn latency(&self, expected: Expected, schedule: Schedule) -> Option<Latency> {
        let mut all_us = Vec::new();
        for (endpoint, number) in self.endpoints.iter().zip(0..expected.endpoints) {
            let times_us = endpoint.times_us.as_ref()?;
            let arrived = expected.places(number).filter_map(|place| {
                let at_us = times_us.get(index(place)).copied().filter(|at_us| *at_us > 0)?;
                Some(at_us.saturating_sub(schedule.due_us(place - expected.first)))
            });
            all_us.extend(arrived);
        }
        Some(Latency::of(all_us))
    }
}

impl Arrivals {
    /// Notes an arrival; answers whether it is the first of this event.
    fn is_new(&mut self, place: u64, now_us: u64) -> bool {
        let (word, bit) = (index(place / 64), 1 << (place % 64));
        if word >= self.seen.len() {
            self.seen.resize(word + 1, 0);
        }
        if self.seen[word] & bit != 0 {
            return false;
        }
        self.seen[word] |= bit;
        if let Some(times_us) = &mut self.times_us {
            let place = index(place);
            if place >= times_us.len() {
                times_us.resize(place + 1, 0);
            }
            times_us[place] = now_us;
        }
        true
    }

    fn has(&self, place: u64) -> bool {
        self.seen.get(index(place / 64)).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }
}

fn index(place: u64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// The place of the event that a body tells of: the number behind the marker.
fn place(body: &[u8], marker: &[u8]) -> Option<u64> {
    let at = body.windows(marker.len()).position(|window| window == marker)? + marker.len();
    let rest = &body[at..];
    let start = rest.iter().take(KIND_BYTES_MAX).position(u8::is_ascii_digit)?;
    let digits = rest[start..].iter().take_while(|byte| byte.is_ascii_digit());
    let number = digits.take(19).fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
    number.checked_sub(NUMBER_FIRST).filter(|place| *place <= PLACE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::order::SUBJECT_MARKER;

    fn record(timed: bool) -> Record {
        Record::of(vec![SUBJECT_MARKER.to_owned(), "\"id\":".to_owned()], timed)
    }

    fn body(place: u64) -> Vec<u8> {
        format!(r#"{{"subject":"order/{}","x":1}}"#, NUMBER_FIRST + place).into_bytes()
    }

    #[test]
    fn losses_copies_and_strays_are_told_apart() {
        let mut record = record(false);
        for place in [0, 1, 1, 3] {
            record.note(0, &body(place));
        }
        record.note(1, br#"{"id":1000000000}"#);
        record.note(1, b"{}");
        record.note(7, &body(0));
        let tally = record.compare(Expected::everywhere(4, 2));
        assert_eq!(tally, Tally { expected: 8, lost: 4, duplicates: 1, strays: 2 });
        let Arrived { requests, events, .. } = record.arrived();
        assert_eq!((requests, events), (7, 4));
        assert_eq!(record.timeline().arrivals.iter().sum::<u32>(), 4);
        assert_eq!(record.compare(Expected::everywhere(1, 3)).lost, 1);
    }

    #[test]
    fn latency_counts_from_when_an_event_was_due() {
        let mut timed = record(true);
        let schedule = Schedule { started_us: now_us() - 2_000_000, per_s: 1.0 };
        timed.note(0, &body(5));
        timed.note(0, &body(6));
        let expected = Expected { first: 5, events: 2, endpoints: 1, every: 1 };
        let latency = timed.latency(expected, schedule).unwrap();
        assert!(latency.max_us >= 2_000_000 && latency.p50_us < 2_000_000 && latency.count == 2);
        assert!(record(false).latency(expected, schedule).is_none());
    }

    #[test]
    fn numbers_of_others_are_none_of_ours() {
        for wrong in [
            "",
            "{}",
            r#""subject":"order/7""#,
            r#""subject":"order/""#,
            r#""subject":"99999999999999999999999""#,
        ] {
            assert_eq!(place(wrong.as_bytes(), SUBJECT_MARKER.as_bytes()), None, "{wrong}");
        }
    }
}
