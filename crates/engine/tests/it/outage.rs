//! A receiver that is down for 48 hours, lived through in simulated time: every attempt at its documented moment, then what
//! is documented for whoever stays down for longer, then recovery, and all that was kept in order.

use shopwire_core::delivery::{DeadReason, EndpointState, RetryPolicy};
use shopwire_core::{Clock as _, DialectId, EventId, Limits, Timestamp};
use shopwire_engine::configure::EndpointDraft;
use shopwire_testkit::{Reply, ScriptedReceiver};

use crate::egress::NOW;
use crate::platforms::Answering;
use crate::world::{World, ids, until};

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3_600;
/// The receiver is down at all moments before this one.
const OUTAGE_S: i64 = 48 * HOUR_S;
/// When the second event comes: a day later, and at no moment of the first one's schedule.
const SECOND_S: i64 = 24 * HOUR_S + 7 * MINUTE_S;

/// When a delivery that is born at `born_s` is attempted by a schedule of `offsets_s` from its first attempt, and whether
/// the last of these finds the receiver up.
fn course(born_s: i64, offsets_s: &[i64]) -> (Vec<i64>, bool) {
    let all: Vec<i64> =
        std::iter::once(0).chain(offsets_s.iter().copied()).map(|offset| born_s + offset).collect();
    match all.iter().position(|at| *at >= OUTAGE_S) {
        Some(taken) => (all[..=taken].to_vec(), true),
        None => (all, false),
    }
}

/// Where the waits lead that are given in seconds, one after the other.
fn summed(waits_s: &[i64]) -> Vec<i64> {
    waits_s
        .iter()
        .scan(0, |sum, wait| {
            *sum += wait;
            Some(*sum)
        })
        .collect()
}

fn at(seconds: i64) -> Timestamp {
    NOW.plus_ms(seconds * 1_000)
}

/// An endpoint, an event of the first moment and one of a day later, and a receiver that will be up again.
struct Outage {
    world: World,
    answering: Answering,
}

impl Outage {
    async fn of(id: DialectId) -> Self {
        let world = World::new().await;
        let answering = world.answering(id, Reply::status(500), None).await;
        Self { world, answering }
    }

    /// Lives through the outage by a schedule; the events of its beginning and of the day after.
    ///
    /// The clock is moved only to moments for which the engine waits: an attempt that is missing, too early or too late
    /// makes this wait for ever, or count wrong.
    async fn lived_through(&self, offsets_s: &[i64]) -> [EventId; 2] {
        let Self { world, answering: Answering { receiver, shop, endpoint, .. } } = self;
        let mut moments: Vec<i64> = [0, SECOND_S].map(|born_s| course(born_s, offsets_s).0).concat();
        moments.sort_unstable();
        let (mut made, mut events) = (0, Vec::new());
        for moment in moments {
            if moment >= OUTAGE_S {
                receiver.set_replies([Reply::status(200)]);
            }
            if made == 0 || (events.len() == 1 && moment == SECOND_S) {
                world.clock.set(at(moment));
                events.push(world.new_order(*shop, &format!("of-{moment}")).await);
            } else {
                world.clock.wait_for_sleep_until(at(moment)).await;
                world.clock.set(at(moment));
            }
            made += 1;
            let attempts = world.attempts(endpoint.id, made).await;
            assert_eq!(attempts.len(), made, "at {moment} s");
            assert_eq!(attempts[made - 1].at, at(moment));
        }
        receiver.set_replies([Reply::status(200)]);
        if world.clock.now() < at(OUTAGE_S) {
            world.clock.set(at(OUTAGE_S));
        }
        assert_eq!(receiver.requests().len(), made, "nothing else was sent");
        events.try_into().expect("two events")
    }

    async fn is_dead(&self, event: EventId) -> bool {
        let dead = self.world.dead(self.answering.endpoint.id, 0).await;
        dead.iter().any(|letter| letter.event == event && letter.reason == DeadReason::Exhausted)
    }

    /// What happens from now on is delivered at once.
    async fn goes_on(&self) {
        let Self { world, answering: Answering { receiver, shop, .. } } = self;
        let before = receiver.requests().len();
        world.new_order(*shop, "afterwards").await;
        receiver.wait_for(before + 1).await;
    }

    fn state(&self) -> EndpointState {
        self.world.endpoint_state(&self.answering.endpoint)
    }
}

#[tokio::test]
async fn ecwid_drops_what_is_a_day_old_and_delivers_the_rest() {
    let outage = Outage::of(DialectId::Ecwid).await;
    let quarters = [15, 30, 45].map(|minutes| minutes * MINUTE_S);
    let offsets: Vec<i64> = quarters.into_iter().chain((1..=24).map(|hour| hour * HOUR_S)).collect();
    // The second one's last attempt is the first that finds the receiver up.
    assert_eq!((course(SECOND_S, &offsets).0.len(), course(SECOND_S, &offsets).1), (28, true));
    let [first, second] = outage.lived_through(&offsets).await;
    assert!(outage.is_dead(first).await && !outage.is_dead(second).await);
    assert_eq!(outage.state(), EndpointState::Active);
    outage.goes_on().await;
}

#[tokio::test]
async fn bigcommerce_s_twelfth_attempt_comes_after_48_hours_and_saves_the_hook() {
    let outage = Outage::of(DialectId::BigCommerce).await;
    let offsets = summed(&[60, 180, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 50_400, 86_400]);
    assert_eq!(course(0, &offsets), ([vec![0], offsets.clone()].concat(), true));
    let [first, second] = outage.lived_through(&offsets).await;
    assert!(!outage.is_dead(first).await && !outage.is_dead(second).await);
    assert_eq!(outage.state(), EndpointState::Active);
    outage.goes_on().await;
}

#[tokio::test]
async fn shoptet_gives_both_up_within_half_an_hour_and_delivers_what_comes_later() {
    let outage = Outage::of(DialectId::Shoptet).await;
    let [first, second] = outage.lived_through(&[15 * MINUTE_S, 30 * MINUTE_S]).await;
    assert!(outage.is_dead(first).await && outage.is_dead(second).await);
    assert_eq!(outage.state(), EndpointState::Active);
    outage.goes_on().await;
}

#[tokio::test]
async fn shoplazza_s_twentieth_attempt_is_made_at_48_hours_to_the_second() {
    let outage = Outage::of(DialectId::Shoplazza).await;
    let minutes: Vec<i64> = [1, 2, 2, 5, 20, 30, 60, 120].into_iter().chain([240; 11]).collect();
    let offsets = summed(&minutes.iter().map(|minutes| minutes * MINUTE_S).collect::<Vec<_>>());
    assert_eq!(course(0, &offsets), ([vec![0], offsets.clone()].concat(), true));
    let [first, second] = outage.lived_through(&offsets).await;
    assert!(!outage.is_dead(first).await && !outage.is_dead(second).await);
    // A receiver that had been down for a moment longer would have lost its subscription (see `platforms::schedules`).
    assert_eq!(outage.state(), EndpointState::Active);
    outage.goes_on().await;
}

#[tokio::test]
async fn duda_gives_up_within_minutes_and_delivers_what_comes_later() {
    let outage = Outage::of(DialectId::Duda).await;
    let Outage { world, answering: Answering { shop, endpoint, receiver, .. } } = &outage;
    let event = world.new_order(*shop, "169").await;
    for made in 1..5 {
        let last = world.attempts(endpoint.id, made).await.pop().unwrap();
        world.pass_ms(last.next_at.expect("a retry").since_ms(last.at)).await;
    }
    world.attempts(endpoint.id, 5).await;
    until(async || outage.is_dead(event).await).await;
    assert!(world.clock.now() < at(10 * MINUTE_S), "{}", world.clock.now());
    world.clock.set(at(OUTAGE_S));
    receiver.set_replies([Reply::status(200)]);
    assert_eq!((receiver.requests().len(), outage.state()), (5, EndpointState::Active));
    outage.goes_on().await;
}

#[tokio::test]
async fn our_own_schedule_bridges_48_hours_and_everything_kept_meanwhile_follows_in_order() {
    const SUBJECTS: usize = 4;
    /// Behind each failed attempt of the firsts, as many of each subject.
    const FOLLOWERS: usize = 15 * SUBJECTS;
    // Room for a fraction of what is kept.
    let limits = Limits { queued_event_bytes_max: 1 << 20, ..Limits::default() };
    let budget = i64::try_from(limits.queued_event_bytes_max).unwrap();
    let (world, receiver) = (World::with(limits).await, ScriptedReceiver::start().await);
    let (_, source) = world.source(DialectId::Ecwid).await;
    receiver.set_replies([Reply::status(500)]);
    let retry = RetryPolicy { jitter: 0.0, ..RetryPolicy::default() };
    let draft = EndpointDraft { retry: Some(retry), ..World::draft(receiver.url("/")) };
    let endpoint = world.engine.create_endpoint(draft).await.unwrap().0.id;
    // 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h: the last of these is the first to find the receiver up.
    let offsets = summed(&[5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    let (moments, is_taken) = course(0, &offsets);
    assert_eq!((moments.len(), moments.last(), is_taken), (9, Some(&185_705), true));
    let mut sent = Vec::new();
    for (made, moment) in (1..).zip(&moments) {
        if made == 1 {
            for n in 0..SUBJECTS {
                sent.push(world.order(&source, &n.to_string()).await.to_string());
            }
        } else {
            world.clock.wait_for_sleep_until(at(*moment)).await;
            if *moment >= OUTAGE_S {
                receiver.set_replies([Reply::status(200)]);
            }
            world.clock.set(at(*moment));
        }
        if *moment < OUTAGE_S {
            assert_eq!(
                world.attempts(endpoint, made * SUBJECTS).await.len(),
                made * SUBJECTS,
                "at {moment} s"
            );
            // What happens meanwhile waits behind the first of its subject, and not in memory.
            for n in 0..FOLLOWERS {
                sent.push(world.order(&source, &(n % SUBJECTS).to_string()).await.to_string());
            }
            assert!(world.engine.metrics().queued_bytes.get() <= budget);
        }
    }
    let failed = (moments.len() - 1) * SUBJECTS;
    let requests = receiver.wait_for(failed + sent.len()).await;
    let caught_up = ids(&requests[failed..]);
    assert_eq!(caught_up.len(), sent.len(), "each once");
    for subject in 0..SUBJECTS {
        let of_subject = |list: &[String]| -> Vec<String> {
            let is_of =
                |id: &&String| sent.iter().position(|sent| sent == *id).unwrap() % SUBJECTS == subject;
            list.iter().filter(is_of).cloned().collect()
        };
        assert_eq!(of_subject(&caught_up), of_subject(&sent), "in order");
    }
    assert!(world.dead(endpoint, 0).await.is_empty());
}
