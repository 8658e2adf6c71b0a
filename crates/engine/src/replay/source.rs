//! Where a replay finds its candidates: in the log, place by place, or in a list that names few of its places.
//!
//! Whatever the way, candidates come in the order of the log, so that events of one subject keep theirs, and one place tells
//! how far the replay has come.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use shopwire_core::{LoggedEvent, Replay, Selection, Seq, Timestamp};
use shopwire_store::{Ledger, StoreError};

use super::list::List;

/// Events read at once.
const LOOK_EVENTS: usize = 256;
/// Bytes of events read at once.
const LOOK_BYTES: usize = 1 << 20;
/// Places of a list that are remembered at once; for more the list is gone through again.
const GATHERED_MAX: usize = 10_000;
/// Milliseconds by which the machine's clock may have been set back between two events, for the earlier one to be found by its
/// time all the same.
const CLOCK_SLACK_MS: i64 = 3_600_000;

/// Where candidates come from.
pub(super) enum Source {
    /// The log.
    Log,
    /// A list.
    List(Box<Gathering>),
}

/// What one look has found.
#[derive(Default)]
pub(super) struct Looked {
    /// Those that the selection covers, as far as they tell themselves, in the order of the log.
    pub(super) events: VecDeque<Arc<LoggedEvent>>,
    /// Everything up to here was looked at.
    pub(super) reached: Seq,
    /// Events, or entries of a list.
    pub(super) looked_at: u64,
    /// Of these, those that can't be read.
    pub(super) unreadable: u64,
    /// Whether there is nothing more.
    pub(super) is_end: bool,
}

/// What is left of a source that looks no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InHand {
    /// All that it was looking for.
    All,
    /// A part of it.
    Part,
    /// Nothing.
    Nothing,
}

/// The places that a list names, made ready in the order of the log although the list has another: it is gone through whole,
/// and the nearest places are remembered.
pub(super) struct Gathering {
    list: List,
    /// Where the next page begins; `None` for the first one.
    before: Option<u64>,
    nearest: BTreeSet<Seq>,
    /// Whether there were more than could be remembered.
    has_more: bool,
    /// What was gathered, once the list is gone through.
    found: VecDeque<Seq>,
}

impl Source {
    /// The quickest way to what is selected.
    pub(super) fn of(selection: &Selection) -> Self {
        let gathering = |list| {
            let (nearest, found) = (BTreeSet::new(), VecDeque::new());
            Self::List(Box::new(Gathering { list, before: None, nearest, has_more: false, found }))
        };
        List::of(selection).map_or(Self::Log, gathering)
    }

    /// Looks a bounded way on behind `after`.
    pub(super) async fn look(
        &mut self,
        ledger: &dyn Ledger,
        replay: &Replay,
        after: Seq,
    ) -> Result<Looked, StoreError> {
        match self {
            Self::Log => look_in_log(ledger, replay, after).await,
            Self::List(gathering) => gathering.look(ledger, replay, after).await,
        }
    }

    /// Looks no further, and makes do with what is at hand.
    pub(super) fn stop_looking(&mut self) -> InHand {
        let Self::List(gathering) = self else { return InHand::Nothing };
        if !gathering.found.is_empty() {
            return InHand::All;
        }
        gathering.found = std::mem::take(&mut gathering.nearest).into_iter().collect();
        if gathering.found.is_empty() { InHand::Nothing } else { InHand::Part }
    }
}

async fn look_in_log(ledger: &dyn Ledger, replay: &Replay, after: Seq) -> Result<Looked, StoreError> {
    let read = match ledger.read_after(after, LOOK_EVENTS, LOOK_BYTES).await {
        Err(StoreError::Damaged { seq, .. }) => {
            let is_end = seq >= replay.last;
            return Ok(Looked { reached: seq, looked_at: 1, unreadable: 1, is_end, ..Looked::default() });
        }
        read => read?,
    };
    let until = replay.selection.until;
    let is_past = |logged: &Arc<LoggedEvent>| {
        let late_ms = |until| logged.event.received_at.since_ms(until);
        logged.seq > replay.last || until.is_some_and(|until| late_ms(until) > CLOCK_SLACK_MS)
    };
    let looked_at = read.len() as u64;
    let reached = read.last().map_or(replay.last, |last| last.seq.min(replay.last));
    let is_end = reached == replay.last || read.last().is_some_and(is_past);
    let covered =
        |logged: &Arc<LoggedEvent>| logged.seq <= replay.last && replay.selection.covers(&logged.event);
    let events = read.into_iter().filter(covered).collect();
    Ok(Looked { events, reached, looked_at, unreadable: 0, is_end })
}

impl Gathering {
    async fn look(&mut self, ledger: &dyn Ledger, replay: &Replay, after: Seq) -> Result<Looked, StoreError> {
        if self.found.is_empty() {
            return self.gather(ledger, replay, after).await;
        }
        let places: Vec<Seq> = self.found.drain(..self.found.len().min(LOOK_EVENTS)).collect();
        let reached = places.last().copied().unwrap_or(after);
        let (mut events, unreadable) = read_at(ledger, &places).await?;
        events.retain(|logged| replay.selection.covers(&logged.event));
        let is_end = self.found.is_empty() && !self.has_more;
        Ok(Looked { events, reached, looked_at: 0, unreadable, is_end })
    }

    /// Goes through one more page of the list.
    async fn gather(
        &mut self,
        ledger: &dyn Ledger,
        replay: &Replay,
        after: Seq,
    ) -> Result<Looked, StoreError> {
        if self.before.is_none() {
            self.has_more = false;
        }
        let page = self.list.page(ledger, replay, self.before).await?;
        for seq in page.places {
            if seq <= after || seq > replay.last {
                continue;
            }
            self.nearest.insert(seq);
            if self.nearest.len() > GATHERED_MAX {
                self.nearest.pop_last();
                self.has_more = true;
            }
        }
        self.before = page.next;
        if page.next.is_none() {
            self.found = std::mem::take(&mut self.nearest).into_iter().collect();
        }
        let is_end = page.next.is_none() && self.found.is_empty();
        let reached = if is_end { replay.last } else { after };
        // Who is missing is told once, however often the list is gone through.
        let unreadable = if after == Seq::START { page.missing } else { 0 };
        Ok(Looked { reached, looked_at: page.looked_at, unreadable, is_end, ..Looked::default() })
    }
}

/// The events at these places, and how many can't be read.
async fn read_at(
    ledger: &dyn Ledger,
    places: &[Seq],
) -> Result<(VecDeque<Arc<LoggedEvent>>, u64), StoreError> {
    match ledger.read_at(places).await {
        Err(StoreError::Damaged { .. }) => {}
        read => {
            let events = VecDeque::from(read?);
            let gone = (places.len() - events.len()) as u64;
            return Ok((events, gone));
        }
    }
    let (mut events, mut unreadable) = (VecDeque::new(), 0);
    for place in places {
        match ledger.read_at(&[*place]).await {
            Ok(read) if !read.is_empty() => events.extend(read),
            Ok(_) | Err(StoreError::Damaged { .. }) => unreadable += 1,
            Err(error) => return Err(error),
        }
    }
    Ok((events, unreadable))
}

/// A place behind which everything lies that was received at `since` or later.
///
/// The log is halved again and again, asked when its middle was received. That is sure although a clock may be set back: if no
/// event was received more than the slack before an earlier one, all before an event that was received a slack
/// before `since` were received before `since`.
pub(super) async fn place_before(
    ledger: &dyn Ledger,
    since: Timestamp,
    head: Seq,
) -> Result<Seq, StoreError> {
    let wanted = since.plus_ms(-CLOCK_SLACK_MS);
    let (mut before, mut behind) = (0, head.0 + 1);
    while behind - before > 1 {
        let middle = before + (behind - before) / 2;
        match first_behind(ledger, Seq(middle - 1)).await? {
            Some(logged) if logged.event.received_at < wanted => before = logged.seq.0.min(behind - 1),
            _ => behind = middle,
        }
    }
    Ok(Seq(before))
}

/// The first event behind a place that can be read.
async fn first_behind(ledger: &dyn Ledger, mut after: Seq) -> Result<Option<Arc<LoggedEvent>>, StoreError> {
    loop {
        match ledger.read_after(after, 1, 1).await {
            Err(StoreError::Damaged { seq, .. }) => after = seq,
            read => return Ok(read?.pop()),
        }
    }
}
