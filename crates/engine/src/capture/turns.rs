//! Who writes next: writers to one entity go one behind the other, so that they rarely collide.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use shopwire_store::EntityKey;
use tokio::sync::oneshot;

/// Queues. Entities that share one only wait for each other.
const QUEUES: usize = 4_096;

/// The ends of the queues: what tells that the last one in it is done.
pub(crate) struct Turns {
    last: Vec<Mutex<Option<oneshot::Receiver<()>>>>,
    hasher: RandomState,
}

impl Default for Turns {
    fn default() -> Self {
        Self { last: (0..QUEUES).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }
}

/// A place in a queue. It must be waited for to its end: whoever drops it before lets the next one pass.
pub(crate) struct Turn {
    before: Option<oneshot::Receiver<()>>,
    done: Done,
}

/// Lets the next one begin when dropped.
pub(crate) struct Done {
    _next: oneshot::Sender<()>,
}

impl Turns {
    /// The next place in the entity's queue.
    pub(crate) fn take(&self, key: &EntityKey) -> Turn {
        let (next, end) = oneshot::channel();
        let queue = self.hasher.hash_one(key) as usize % QUEUES;
        let mut last = self.last[queue].lock().unwrap_or_else(PoisonError::into_inner);
        Turn { before: last.replace(end), done: Done { _next: next } }
    }
}

impl Turn {
    /// Waits until all who came before are done.
    pub(crate) async fn come(self) -> Done {
        if let Some(before) = self.before {
            // Nothing is ever sent: that the other side is gone is what says that it is done.
            drop(before.await);
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopwire_core::ShopId;
    use shopwire_core::commerce::EntityKind;

    fn key(id: &str) -> EntityKey {
        EntityKey { shop: ShopId::from_bytes([1; 16]), kind: EntityKind::Order, id: id.to_owned() }
    }

    #[tokio::test]
    async fn turns_come_in_the_order_they_were_taken() {
        let turns = Turns::default();
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let taken: Vec<Turn> = (0..100).map(|_| turns.take(&key("169"))).collect();
        // The last one waits first.
        let waiting: Vec<_> = taken
            .into_iter()
            .enumerate()
            .rev()
            .map(|(n, turn)| {
                let told = told.clone();
                tokio::spawn(async move {
                    let _done = turn.come().await;
                    tokio::task::yield_now().await;
                    told.send(n).unwrap();
                })
            })
            .collect();
        for task in waiting {
            task.await.unwrap();
        }
        drop(told);
        let mut order = Vec::new();
        while let Some(n) = heard.recv().await {
            order.push(n);
        }
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn who_panics_lets_the_next_one_begin() {
        let turns = Turns::default();
        let (first, second) = (turns.take(&key("1")), turns.take(&key("1")));
        let panics = tokio::spawn(async move {
            let _done = first.come().await;
            panic!("on purpose");
        });
        assert!(panics.await.is_err());
        second.come().await;
    }
}
