use proptest::prelude::*;

use super::*;

const BOUNDS: LaneBounds = LaneBounds { in_flight_max: 4, held_max: 6, waiting_max: 5 };

fn fresh(ordering: Ordering) -> Lane {
    Lane::restore(&LaneRecord::default(), ordering, BOUNDS)
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn waits(ms: i64) -> Settled {
    Settled::Waits { due: at(ms), progress: Progress { attempts: 1, steps: 1, first_at: at(0) } }
}

#[test]
fn other_subjects_do_not_wait_and_the_same_one_does() {
    let mut lane = fresh(Ordering::Subject);
    assert_eq!(lane.offer(Seq(1), 7), Offer::Send);
    assert_eq!(lane.offer(Seq(2), 7), Offer::Held);
    assert_eq!(lane.offer(Seq(3), 8), Offer::Send);
    assert_eq!(lane.cursor(), Seq(0));
    assert_eq!(lane.settle(Seq(3), Settled::Finished), None);
    assert_eq!(lane.changes(), (Seq(0), vec![Seq(3)], LaneChanges::default()));
    assert_eq!(lane.settle(Seq(1), Settled::Finished), Some(Seq(2)));
    assert_eq!(lane.settle(Seq(2), Settled::Finished), None);
    assert_eq!(lane.changes(), (Seq(3), vec![], LaneChanges::default()));
}

#[test]
fn a_waiting_delivery_and_its_followers_get_names_and_the_cursor_passes_them() {
    let mut lane = fresh(Ordering::Subject);
    lane.offer(Seq(1), 7);
    lane.offer(Seq(2), 7);
    assert_eq!(lane.settle(Seq(1), waits(100)), None);
    assert_eq!(lane.offer(Seq(3), 7), Offer::Held);
    let (cursor, done, changes) = lane.changes();
    assert_eq!((cursor, done), (Seq(3), vec![]));
    assert_eq!(
        changes.wait.iter().map(|w| (w.seq.0, w.due)).collect::<Vec<_>>(),
        [(1, Some(at(100))), (2, None), (3, None)]
    );
    assert_eq!((lane.wake(at(99)), lane.next_due()), (vec![], Some(at(100))));
    assert_eq!(lane.wake(at(100)), [Seq(1)]);
    assert_eq!(lane.settle(Seq(1), Settled::Finished), Some(Seq(2)));
    assert_eq!(lane.changes().2.forget, [Seq(1)]);
}

#[test]
fn without_order_nobody_waits() {
    let mut lane = fresh(Ordering::None);
    for seq in 1..=4 {
        assert_eq!(lane.offer(Seq(seq), 7), Offer::Send);
    }
    assert_eq!(lane.offer(Seq(5), 7), Offer::Full);
    assert_eq!(lane.taken(), Seq(4));
}

/// The lane as it would be taken up again with this ordering.
fn taken_up(lane: &mut Lane, ordering: Ordering) -> Lane {
    let (cursor, done, changes) = lane.changes();
    Lane::restore(&LaneRecord { cursor, done, waiting: changes.wait }, ordering, BOUNDS)
}

#[test]
fn where_fewer_may_be_in_flight_the_next_of_a_subject_waits_for_room_and_comes_before_new_ones() {
    let mut lane = fresh(Ordering::Subject);
    assert_eq!((lane.offer(Seq(1), 7), lane.offer(Seq(2), 7)), (Offer::Send, Offer::Held));
    lane.limit(0);
    assert_eq!((lane.settle(Seq(1), Settled::Finished), lane.offer(Seq(3), 8)), (None, Offer::Full));
    assert_eq!((lane.wake(at(1_000)), lane.next_due()), (vec![], None));
    assert_eq!(
        (lane.cursor(), lane.waiting()),
        (Seq(1), 0),
        "it has no name, so that the cursor stays before it"
    );
    lane.limit(1);
    assert_eq!((lane.wake(at(0)), lane.offer(Seq(3), 8)), (vec![Seq(2)], Offer::Full));
    lane.settle(Seq(2), Settled::Finished);
    assert_eq!(lane.offer(Seq(3), 8), Offer::Send);
}

#[test]
fn what_waited_without_an_order_holds_its_subject_once_there_is_one() {
    let mut lane = fresh(Ordering::None);
    for (seq, due) in [(1, 100), (2, 50)] {
        assert_eq!(lane.offer(Seq(seq), 7), Offer::Send);
        assert_eq!(lane.settle(Seq(seq), waits(due)), None);
    }
    let mut lane = taken_up(&mut lane, Ordering::Subject);
    assert_eq!((lane.offer(Seq(3), 7), lane.offer(Seq(4), 8)), (Offer::Held, Offer::Send));
    assert_eq!((lane.wake(at(99)), lane.wake(at(100))), (vec![], vec![Seq(1)]));
    assert_eq!(lane.settle(Seq(1), Settled::Finished), Some(Seq(2)));
    assert_eq!(lane.settle(Seq(2), Settled::Finished), Some(Seq(3)));
}

#[test]
fn what_was_held_by_its_subject_is_free_once_there_is_no_order() {
    let mut lane = fresh(Ordering::Subject);
    assert_eq!((lane.offer(Seq(1), 7), lane.offer(Seq(2), 7)), (Offer::Send, Offer::Held));
    lane.settle(Seq(1), waits(100));
    let mut lane = taken_up(&mut lane, Ordering::None);
    assert_eq!((lane.wake(at(0)), lane.offer(Seq(3), 7)), (vec![Seq(2)], Offer::Send));
    // There and back again: the subject is still known.
    lane.settle(Seq(2), waits(50));
    let wait = lane.changes().2.wait;
    assert_eq!(wait.iter().map(|waiting| (waiting.seq, waiting.key)).collect::<Vec<_>>(), [(Seq(2), 7)]);
}

#[test]
fn a_lane_that_knows_too_many_names_takes_no_more_of_them() {
    let mut lane = fresh(Ordering::Subject);
    lane.offer(Seq(1), 7);
    lane.settle(Seq(1), waits(100));
    for seq in 2..=5 {
        assert_eq!(lane.offer(Seq(seq), 7), Offer::Held);
    }
    assert_eq!(lane.offer(Seq(6), 7), Offer::Full);
    assert_eq!(lane.waiting(), 5);
}

#[test]
fn failures_of_ever_new_subjects_are_bounded_too() {
    let mut lane = fresh(Ordering::Subject);
    for seq in 1..=5 {
        assert_eq!(lane.offer(Seq(seq), seq), Offer::Send);
        lane.settle(Seq(seq), waits(100));
    }
    assert_eq!((lane.offer(Seq(6), 6), lane.waiting()), (Offer::Full, 5));
    // One that has come to its end makes room for one more.
    assert_eq!(lane.wake(at(100)).len(), 4);
    lane.settle(Seq(1), Settled::Finished);
    lane.settle(Seq(2), Settled::Finished);
    assert_eq!(lane.offer(Seq(6), 6), Offer::Send);
}

#[test]
fn a_revived_delivery_is_sent_again_once_its_subject_is_free() {
    let mut lane = fresh(Ordering::Subject);
    lane.offer(Seq(1), 7);
    lane.settle(Seq(1), Settled::Finished);
    lane.offer(Seq(2), 7);
    let dead = Waiting { seq: Seq(1), key: 7, due: Some(at(50)), progress: None };
    lane.revive(&dead);
    lane.revive(&dead);
    assert_eq!((lane.wake(at(100)), lane.waiting()), (vec![], 1));
    assert_eq!(lane.settle(Seq(2), Settled::Finished), Some(Seq(1)));
    assert_eq!(lane.settle(Seq(1), Settled::Finished), None);
    assert_eq!(lane.changes(), (Seq(2), vec![], LaneChanges { wait: vec![], forget: vec![Seq(1)] }));
}

#[test]
fn what_has_not_begun_is_given_back_and_nothing_is_stored_for_it() {
    let mut lane = fresh(Ordering::Subject);
    for (seq, key) in [(1, 7), (2, 7), (3, 8)] {
        lane.offer(Seq(seq), key);
    }
    lane.settle(Seq(3), waits(50));
    assert_eq!(lane.wake(at(50)), [Seq(3)]);
    let (_, _, stored) = lane.changes();
    assert_eq!(
        stored.wait.iter().map(|waiting| (waiting.seq.0, waiting.due)).collect::<Vec<_>>(),
        [(3, Some(at(50)))]
    );
    lane.give_back(Seq(1));
    lane.give_back(Seq(3));
    assert_eq!((lane.in_flight(), lane.cursor(), lane.has_changes()), (0, Seq(0), false));
    assert_eq!(
        lane.progress(Seq(3)).map(|progress| progress.attempts),
        Some(1),
        "it has not used up an attempt"
    );
    assert_eq!(lane.wake(at(50)), [Seq(1), Seq(3)], "and the next of the subject still waits for the first");
}

#[test]
fn what_is_passed_over_is_finished_and_holds_nobody_up() {
    let mut lane = fresh(Ordering::Subject);
    lane.offer(Seq(1), 7);
    assert!(lane.pass_over(Seq(2)));
    assert!(!lane.pass_over(Seq(2)), "told once");
    assert_eq!(lane.offer(Seq(3), 8), Offer::Send);
    let (cursor, done, changes) = lane.changes();
    assert_eq!((cursor, &done, &changes), (Seq(0), &vec![Seq(2)], &LaneChanges::default()));
    // After a crash it is met again, and is no news.
    let record = LaneRecord { cursor, done, waiting: vec![] };
    let mut lane = Lane::restore(&record, Ordering::Subject, BOUNDS);
    lane.offer(Seq(1), 7);
    assert!(!lane.pass_over(Seq(2)));
    lane.settle(Seq(1), waits(100));
    assert_eq!((lane.cursor(), lane.taken()), (Seq(2), Seq(2)));
}

#[test]
fn one_that_waits_by_name_is_not_passed_over() {
    let named = Waiting { seq: Seq(5), key: 7, due: Some(at(50)), progress: None };
    let record = LaneRecord { cursor: Seq(3), done: vec![], waiting: vec![named] };
    let mut lane = Lane::restore(&record, Ordering::Subject, BOUNDS);
    assert!(lane.pass_over(Seq(4)));
    assert!(!lane.pass_over(Seq(5)));
    assert_eq!((lane.cursor(), lane.wake(at(50))), (Seq(5), vec![Seq(5)]));
}

/// The receiver's side and the store's side of a run, kept apart from the lane.
#[derive(Default)]
struct World {
    stored: LaneRecord,
    flying: BTreeMap<Seq, SubjectKey>,
    finished: Vec<Seq>,
    now: i64,
    limit: usize,
}

impl World {
    /// Stores what the lane wants stored, as one transaction.
    fn store(&mut self, lane: &mut Lane) {
        let (cursor, done, changes) = lane.changes();
        assert!(cursor >= self.stored.cursor, "the cursor goes back from {} to {cursor}", self.stored.cursor);
        let mut names: BTreeMap<Seq, Waiting> = self.stored.waiting.iter().map(|w| (w.seq, *w)).collect();
        names.extend(changes.wait.iter().map(|w| (w.seq, *w)));
        names.retain(|seq, _| !changes.forget.contains(seq));
        self.stored = LaneRecord { cursor, done, waiting: names.into_values().collect() };
    }

    fn fly(&mut self, seq: Seq, subject_of: &[SubjectKey]) {
        let key = subject_of[usize::try_from(seq.0 - 1).expect("small")];
        assert!(!self.flying.values().any(|other| *other == key), "two of subject {key} in flight");
        self.flying.insert(seq, key);
        let earlier =
            (1..seq.0).filter(|other| subject_of[usize::try_from(other - 1).expect("small")] == key);
        for other in earlier {
            assert!(self.finished.contains(&Seq(other)), "{seq} overtakes {other} of subject {key}");
        }
    }
}

#[derive(Debug, Clone)]
enum Action {
    Offer,
    Finish(prop::sample::Index),
    Fail(prop::sample::Index, i64),
    /// One that was to be sent has not begun.
    GiveBack(prop::sample::Index),
    Pass(i64),
    /// So many may be in flight from now on.
    Limit(usize),
    Store,
    Crash,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        6 => Just(Action::Offer),
        4 => any::<prop::sample::Index>().prop_map(Action::Finish),
        3 => (any::<prop::sample::Index>(), 1i64..50).prop_map(|(i, ms)| Action::Fail(i, ms)),
        1 => any::<prop::sample::Index>().prop_map(Action::GiveBack),
        3 => (1i64..40).prop_map(Action::Pass),
        2 => (0..=BOUNDS.in_flight_max).prop_map(Action::Limit),
        4 => Just(Action::Store),
        1 => Just(Action::Crash),
    ];
    proptest::collection::vec(action, 1..200)
}

fn settle(lane: &mut Lane, world: &mut World, subjects: &[SubjectKey], seq: Seq, settled: Settled) {
    world.flying.remove(&seq);
    if settled == Settled::Finished {
        world.finished.push(seq);
    }
    if let Some(next) = lane.settle(seq, settled) {
        world.fly(next, subjects);
    }
}

proptest! {
    /// Random offers, outcomes, waits and crashes: nothing is lost, no subject is overtaken, no bound is broken, and
    /// whatever happened the lane comes to rest with everything finished.
    #[test]
    fn nothing_is_lost_or_overtaken(subjects in proptest::collection::vec(0u64..5, 1..40), actions in actions()) {
        let mut world = World { limit: BOUNDS.in_flight_max, ..World::default() };
        let mut lane = Lane::restore(&world.stored, Ordering::Subject, BOUNDS);
        let step = |lane: &mut Lane, world: &mut World, action: &Action| match action {
            Action::Offer => {
                let next = lane.taken().next();
                if let Some(key) = subjects.get(usize::try_from(next.0 - 1).expect("small"))
                    && lane.offer(next, *key) == Offer::Send
                {
                    world.fly(next, &subjects);
                }
            }
            Action::Finish(index) | Action::Fail(index, _) if !world.flying.is_empty() => {
                let seq = *world.flying.keys().nth(index.index(world.flying.len())).expect("in range");
                let settled = match action {
                    Action::Fail(_, ms) => waits(world.now + ms),
                    _ => Settled::Finished,
                };
                settle(lane, world, &subjects, seq, settled);
            }
            Action::GiveBack(index) if !world.flying.is_empty() => {
                let seq = *world.flying.keys().nth(index.index(world.flying.len())).expect("in range");
                world.flying.remove(&seq);
                lane.give_back(seq);
            }
            Action::Pass(ms) => {
                world.now += ms;
                lane.wake(at(world.now)).into_iter().for_each(|seq| world.fly(seq, &subjects));
            }
            Action::Limit(in_flight_max) => {
                world.limit = *in_flight_max;
                lane.limit(world.limit);
            }
            Action::Store => world.store(lane),
            Action::Crash => {
                (world.limit, world.flying) = (BOUNDS.in_flight_max, BTreeMap::new());
                *lane = Lane::restore(&world.stored, Ordering::Subject, BOUNDS);
            }
            _ => {}
        };
        for action in &actions {
            let before = lane.in_flight();
            step(&mut lane, &mut world, action);
            let may_be = world.limit.max(before.min(BOUNDS.in_flight_max));
            prop_assert!(lane.in_flight() <= may_be, "{} where {} were and {} may be", lane.in_flight(), before, world.limit);
            let is_end = matches!(action, Action::Finish(_) | Action::Fail(..)) && before > 0;
            prop_assert!(!is_end || before <= world.limit || lane.in_flight() < before, "it narrows as deliveries end");
            prop_assert_eq!(lane.in_flight(), world.flying.len());
            // Names given to the followers of a failure may exceed the bound by what was already held.
            prop_assert!(lane.waiting() <= BOUNDS.waiting_max + BOUNDS.held_max + BOUNDS.in_flight_max);
        }
        // From here on everything succeeds: a bounded number of rounds must finish it all.
        step(&mut lane, &mut world, &Action::Limit(BOUNDS.in_flight_max));
        for _ in 0..subjects.len() * 4 {
            step(&mut lane, &mut world, &Action::Pass(1_000));
            step(&mut lane, &mut world, &Action::Offer);
            while let Some(seq) = world.flying.keys().next().copied() {
                settle(&mut lane, &mut world, &subjects, seq, Settled::Finished);
            }
        }
        world.store(&mut lane);
        for seq in (1..).take(subjects.len()).map(Seq) {
            prop_assert!(world.finished.contains(&seq), "{} was lost", seq);
        }
        let rest = LaneRecord { cursor: Seq(subjects.len() as u64), ..LaneRecord::default() };
        prop_assert_eq!(&world.stored, &rest);
    }
}

#[test]
fn the_key_of_a_subject_never_changes() {
    let shop = crate::ShopId::from_bytes([7; 16]);
    let subject: crate::commerce::Subject = "order/169".parse().unwrap();
    let other: crate::commerce::Subject = "order/170".parse().unwrap();
    let expected: [u8; 8] = Sha256::digest([&[7u8; 16][..], b"order/169"].concat())[..8].try_into().unwrap();
    assert_eq!(subject_key(shop, &subject), u64::from_le_bytes(expected));
    assert_ne!(subject_key(shop, &subject), subject_key(shop, &other));
    assert_ne!(subject_key(shop, &subject), subject_key(crate::ShopId::from_bytes([8; 16]), &subject));
}
