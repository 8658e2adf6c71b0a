//! The places that endpoints of the same host share ([`Share`]).

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use shopwire_core::delivery::{Share, ShareId};
use tokio::sync::oneshot;

/// Hosts known before those are forgotten for the first time that nobody sends to any more.
const KNOWN_MIN: usize = 1_024;

/// All hosts that somebody sends to.
#[derive(Debug)]
pub(super) struct Hosts {
    places: usize,
    known: Mutex<Known>,
    next_id: AtomicU64,
}

#[derive(Debug)]
struct Known {
    hosts: HashMap<String, Weak<Host>>,
    /// So many known, those are forgotten that nobody sends to: each time twice as many as were left, so that who joins pays
    /// for it only now and then.
    sweep_at: usize,
}

impl Known {
    fn sweep(&mut self) {
        self.hosts.retain(|_, host| host.strong_count() > 0);
        self.sweep_at = (2 * self.hosts.len()).max(KNOWN_MIN);
    }
}

impl Hosts {
    pub(super) fn new(places: usize) -> Self {
        let known = Known { hosts: HashMap::new(), sweep_at: KNOWN_MIN };
        Self { places, known: Mutex::new(known), next_id: AtomicU64::new(0) }
    }

    /// One more who sends to a host.
    pub(super) fn join(&self, host: &str) -> Guest {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.hosts.get(host).and_then(Weak::upgrade);
        let host = found.unwrap_or_else(|| {
            if known.hosts.len() >= known.sweep_at {
                known.sweep();
            }
            let new =
                Arc::new(Host(Mutex::new(Room { share: Share::new(self.places), queues: HashMap::new() })));
            known.hosts.insert(host.to_owned(), Arc::downgrade(&new));
            new
        });
        Guest { host, id: self.next_id.fetch_add(1, Relaxed) }
    }
}

#[derive(Debug)]
struct Host(Mutex<Room>);

#[derive(Debug)]
struct Room {
    share: Share,
    /// Of each guest, those who wait for a place, in their order.
    queues: HashMap<ShareId, VecDeque<oneshot::Sender<()>>>,
}

impl Host {
    fn lock(&self) -> MutexGuard<'_, Room> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// Takes those out of a guest's queue who wait no longer.
    fn leave(&mut self, id: ShareId) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        let before = queue.len();
        queue.retain(|waiting| !waiting.is_closed());
        let gone = before - queue.len();
        if queue.is_empty() {
            self.queues.remove(&id);
        }
        (0..gone).for_each(|_| self.share.leave(id));
    }

    /// Gives a place back, to the next who still wants it.
    fn give_back(&mut self, id: ShareId) {
        let mut holder = id;
        while let Some(next) = self.share.give_back(holder) {
            let queue = self.queues.get_mut(&next);
            let is_taken =
                queue.and_then(VecDeque::pop_front).is_some_and(|waiting| waiting.send(()).is_ok());
            if self.queues.get(&next).is_some_and(VecDeque::is_empty) {
                self.queues.remove(&next);
            }
            if is_taken {
                return;
            }
            // Whoever waited is gone.
            holder = next;
        }
    }
}

/// One of those who send to a host.
#[derive(Debug, Clone)]
pub(super) struct Guest {
    host: Arc<Host>,
    id: ShareId,
}

impl Guest {
    /// A place, held until it is dropped.
    pub(super) async fn take(&self) -> HostPlace {
        let waiting = {
            let mut room = self.host.lock();
            if room.share.take(self.id) {
                None
            } else {
                let (called, call) = oneshot::channel();
                room.queues.entry(self.id).or_default().push_back(called);
                Some(call)
            }
        };
        if let Some(call) = waiting {
            let mut call = Call { guest: self, call, is_answered: false };
            // Whoever calls holds the place for us; the other side is never dropped before it calls.
            let answered = (&mut call.call).await;
            call.is_answered = answered.is_ok();
        }
        HostPlace { guest: self.clone() }
    }
}

/// Waits for a place; if it is dropped just as it was called, the place goes to the next.
struct Call<'a> {
    guest: &'a Guest,
    call: oneshot::Receiver<()>,
    is_answered: bool,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if self.is_answered {
            return;
        }
        let mut room = self.guest.host.lock();
        self.call.close();
        match self.call.try_recv() {
            Ok(()) => room.give_back(self.guest.id),
            Err(_) => room.leave(self.guest.id),
        }
    }
}

/// A place at a host.
#[derive(Debug)]
pub(super) struct HostPlace {
    guest: Guest,
}

impl Drop for HostPlace {
    fn drop(&mut self) {
        self.guest.host.lock().give_back(self.guest.id);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_busy_endpoint_gives_way_to_another_of_its_host_and_not_of_another_host() {
        let hosts = Hosts::new(2);
        let (busy, other) = (hosts.join("a.example"), hosts.join("a.example"));
        let held = [(); 2].map(|()| busy.take().now_or_never().expect("a free place"));
        let mut more = [(); 3].map(|()| Box::pin(busy.take()));
        assert!(more.iter_mut().all(|place| place.now_or_never().is_none()));
        let mut wanted = Box::pin(other.take());
        assert!((&mut wanted).now_or_never().is_none());
        assert!(hosts.join("b.example").take().now_or_never().is_some());
        drop(held);
        let _its = (&mut wanted).now_or_never().expect("it comes before the three that waited longer");
        let of_busy: Vec<_> = more.iter_mut().filter_map(|place| place.now_or_never()).collect();
        assert_eq!(of_busy.len(), 1);
    }

    #[test]
    fn who_waits_no_longer_leaves_no_place_behind() {
        let hosts = Hosts::new(1);
        let (one, other) = (hosts.join("a.example"), hosts.join("a.example"));
        let held = one.take().now_or_never().expect("a free place");
        let (mut gone, mut called) = (Box::pin(one.take()), Box::pin(other.take()));
        assert!((&mut gone).now_or_never().is_none() && (&mut called).now_or_never().is_none());
        drop(gone);
        // It is called, and dropped before it could hear that.
        drop(held);
        drop(called);
        let place = one.take().now_or_never().expect("nobody holds it");
        drop(place);
        assert!(one.host.lock().queues.is_empty());
        assert!(other.take().now_or_never().is_some(), "no place is lost");
    }

    #[test]
    fn hosts_that_nobody_sends_to_are_forgotten() {
        let hosts = Hosts::new(1);
        let kept = hosts.join("kept.example");
        (0..3 * KNOWN_MIN).for_each(|n| drop(hosts.join(&format!("{n}.example"))));
        assert!(hosts.known.lock().unwrap_or_else(PoisonError::into_inner).hosts.len() <= KNOWN_MIN);
        let _place = kept.take().now_or_never().expect("free");
        assert!(hosts.join("kept.example").take().now_or_never().is_none(), "it is the same host");
    }

    #[test]
    fn many_hosts_that_are_sent_to_are_not_gone_through_each_time_that_somebody_joins() {
        let hosts = Hosts::new(1);
        let sweep_at = || hosts.known.lock().unwrap_or_else(PoisonError::into_inner).sweep_at;
        let guests: Vec<_> = (0..=KNOWN_MIN).map(|n| hosts.join(&format!("{n}.example"))).collect();
        assert_eq!(sweep_at(), 2 * KNOWN_MIN, "only once as many again have come");
        drop(guests);
        (0..=KNOWN_MIN).for_each(|n| drop(hosts.join(&format!("new-{n}.example"))));
        assert_eq!(sweep_at(), KNOWN_MIN);
    }
}
