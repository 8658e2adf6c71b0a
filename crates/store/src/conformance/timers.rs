//! Timers.

use shopwire_core::Timestamp;
use shopwire_core::commerce::EntityKind::{App, Cart};
use shopwire_core::commerce::diff::TimerKind::{self, AppExpiry, CartAbandonment};

use super::Backend;
use super::sample::{change, commit, event, key, log, moment};
use crate::{Committed, DueTimer, EntityChange, EntityKey, Ledger};

fn cart(id: &str) -> EntityKey {
    key(1, Cart, id)
}

/// A change that sets or calls off the timer of abandonment.
fn setting(key: EntityKey, base_version: u64, due: Option<Timestamp>) -> EntityChange {
    EntityChange { timers: vec![(CartAbandonment, due)], ..change(key, base_version) }
}

/// The change that a timer gives when it fires.
fn firing(key: EntityKey, base_version: u64, timer: TimerKind, due: Timestamp) -> EntityChange {
    EntityChange { fired: Some((timer, due)), events: vec![event(base_version)], ..change(key, base_version) }
}

/// The timers there are: of which entity, which, and when.
async fn timers(ledger: &dyn Ledger) -> Vec<(String, TimerKind, Timestamp)> {
    let due = ledger.timers_due(Timestamp::MAX, usize::MAX).await.unwrap();
    assert_eq!(ledger.next_timer().await.unwrap(), due.first().map(|timer| timer.due));
    due.into_iter().map(|timer| (timer.key.id, timer.timer, timer.due)).collect()
}

fn abandonment(id: &str, due: u64) -> (String, TimerKind, Timestamp) {
    (id.to_owned(), CartAbandonment, moment(due))
}

pub(super) async fn timers_are_set_changed_and_called_off(backend: &dyn Backend) {
    let ledger = backend.open().await;
    assert_eq!(timers(&*ledger).await, []);
    commit(&*ledger, setting(cart("a"), 0, Some(moment(10)))).await;
    commit(&*ledger, setting(cart("b"), 0, Some(moment(20)))).await;
    assert_eq!(timers(&*ledger).await, [abandonment("a", 10), abandonment("b", 20)]);
    // One that says nothing of timers leaves them.
    commit(&*ledger, change(cart("a"), 1)).await;
    assert_eq!(timers(&*ledger).await, [abandonment("a", 10), abandonment("b", 20)]);
    commit(&*ledger, setting(cart("a"), 2, Some(moment(30)))).await;
    assert_eq!(timers(&*ledger).await, [abandonment("b", 20), abandonment("a", 30)]);
    commit(&*ledger, setting(cart("b"), 1, None)).await;
    assert_eq!(timers(&*ledger).await, [abandonment("a", 30)]);
    // Calling off what is not set is no error, also together with the deletion of what never was.
    let deletion = EntityChange { entity: None, ..setting(cart("c"), 0, None) };
    assert_eq!(commit(&*ledger, deletion).await, 1);
    let both = vec![(CartAbandonment, None), (AppExpiry, Some(moment(5)))];
    commit(&*ledger, EntityChange { timers: both, ..change(cart("a"), 3) }).await;
    assert_eq!(timers(&*ledger).await, [("a".to_owned(), AppExpiry, moment(5))]);
}

pub(super) async fn the_earliest_come_first_and_not_too_many(backend: &dyn Backend) {
    let ledger = backend.open().await;
    for (id, due) in [("a", 30), ("b", 10), ("c", 20), ("d", 10)] {
        commit(&*ledger, setting(cart(id), 0, Some(moment(due)))).await;
    }
    commit(&*ledger, setting(key(2, App, "a"), 0, Some(moment(40)))).await;
    let due = async |now, limit| -> Vec<String> {
        let due = ledger.timers_due(now, limit).await.unwrap();
        due.into_iter().map(|timer| timer.key.id).collect()
    };
    assert_eq!(due(moment(10).plus_ms(-1), 9).await, [""; 0]);
    assert_eq!(due(moment(10), 9).await, ["b", "d"]);
    assert_eq!(due(moment(29), 9).await, ["b", "d", "c"]);
    assert_eq!(due(moment(99), 9).await, ["b", "d", "c", "a", "a"]);
    assert_eq!(due(moment(99), 1).await, ["b"]);
    assert_eq!(due(moment(99), 0).await, [""; 0]);
    let last = ledger.timers_due(moment(99), 9).await.unwrap().pop();
    assert_eq!(last, Some(DueTimer { key: key(2, App, "a"), timer: CartAbandonment, due: moment(40) }));
}

pub(super) async fn a_timer_fires_once(backend: &dyn Backend) {
    let ledger = backend.open().await;
    let both = vec![(CartAbandonment, Some(moment(10))), (AppExpiry, Some(moment(10)))];
    commit(&*ledger, EntityChange { timers: both, ..change(cart("a"), 0) }).await;
    commit(&*ledger, setting(cart("b"), 0, Some(moment(10)))).await;
    assert_eq!(commit(&*ledger, firing(cart("a"), 1, CartAbandonment, moment(10))).await, 2);
    let left = [("a".to_owned(), AppExpiry, moment(10)), abandonment("b", 10)];
    assert_eq!(timers(&*ledger).await, left);
    // Whoever was told of it, too, comes late, whichever version was seen.
    for base in [1, 2] {
        let late = ledger.commit(firing(cart("a"), base, CartAbandonment, moment(10))).await.unwrap();
        assert_eq!(late, Committed::Conflict { version: 2 });
    }
    assert_eq!(log(&*ledger).await, [event(1)]);
    assert_eq!(timers(&*ledger).await, left);
}

pub(super) async fn a_timer_that_was_set_anew_does_not_fire(backend: &dyn Backend) {
    let ledger = backend.open().await;
    commit(&*ledger, setting(cart("a"), 0, Some(moment(10)))).await;
    commit(&*ledger, setting(cart("a"), 1, Some(moment(20)))).await;
    for (timer, due) in
        [(CartAbandonment, moment(10)), (CartAbandonment, moment(21)), (AppExpiry, moment(20))]
    {
        let early = ledger.commit(firing(cart("a"), 2, timer, due)).await.unwrap();
        assert_eq!(early, Committed::Conflict { version: 2 }, "{timer:?} at {due}");
    }
    let never_set = ledger.commit(firing(cart("b"), 0, CartAbandonment, moment(20))).await.unwrap();
    assert_eq!(never_set, Committed::Conflict { version: 0 });
    assert_eq!((timers(&*ledger).await, log(&*ledger).await), (vec![abandonment("a", 20)], vec![]));
    // One that fires may be set again by what it gives.
    let again = vec![(CartAbandonment, Some(moment(30)))];
    let fired = firing(cart("a"), 2, CartAbandonment, moment(20));
    commit(&*ledger, EntityChange { timers: again, ..fired }).await;
    assert_eq!((timers(&*ledger).await, log(&*ledger).await), (vec![abandonment("a", 30)], vec![event(2)]));
}

pub(super) async fn a_conflict_leaves_the_timers(backend: &dyn Backend) {
    let ledger = backend.open().await;
    commit(&*ledger, setting(cart("a"), 0, Some(moment(10)))).await;
    let stale = [
        setting(cart("a"), 0, None),
        setting(cart("a"), 2, Some(moment(5))),
        firing(cart("a"), 0, CartAbandonment, moment(10)),
    ];
    for change in stale {
        assert_eq!(ledger.commit(change).await.unwrap(), Committed::Conflict { version: 1 });
    }
    assert_eq!(timers(&*ledger).await, [abandonment("a", 10)]);
}

pub(super) async fn timers_survive_reopening(backend: &dyn Backend) {
    let ledger = backend.open().await;
    commit(&*ledger, setting(cart("a"), 0, Some(moment(10)))).await;
    commit(&*ledger, setting(cart("b"), 0, Some(moment(20)))).await;
    let ledger = backend.reopen(ledger).await;
    assert_eq!(timers(&*ledger).await, [abandonment("a", 10), abandonment("b", 20)]);
    commit(&*ledger, firing(cart("a"), 1, CartAbandonment, moment(10))).await;
    let ledger = backend.reopen(ledger).await;
    assert_eq!(timers(&*ledger).await, [abandonment("b", 20)]);
}
