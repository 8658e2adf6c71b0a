//! What every backend of the [`Ledger`] must do: a suite to put one through.
//!
//! ```no_run
//! # async fn put_through(fresh: impl Fn() -> Box<dyn shopwire_store::conformance::Backend>) {
//! for check in shopwire_store::conformance::CHECKS {
//!     println!("{}", check.name);
//!     (check.run)(&*fresh()).await;
//! }
//! # }
//! ```
//!
//! A check panics where the backend is wrong. Each wants a store of its own, opened with [`REJECTIONS_MAX`], [`TAIL`] and ranges
//! of the log of about [`RANGE_BYTES`], and a runtime of several threads. No check waits for time to pass.

#![expect(clippy::unwrap_used, reason = "a check fails by panicking")]

mod append;
mod attempts;
mod care;
mod commit;
mod config;
mod dead_letters;
mod lanes;
mod reading;
mod replaying;
mod sample;
mod search;
mod snapshots;
mod surrogates;
mod tail;
mod timers;

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{Ledger, TailBounds};

/// How many rejected requests the store is to keep.
pub const REJECTIONS_MAX: usize = 5;

/// How much the store's tail is to hold.
pub const TAIL: TailBounds = TailBounds { events_max: 8, bytes_max: 1 << 20 };

/// About how long a range of the log is to be that is dropped as a whole: so short that a check can fill some.
pub const RANGE_BYTES: u64 = 8 << 10;

/// One store that can be opened again and again.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Opens the store; the first time it is empty.
    async fn open(&self) -> Arc<dyn Ledger>;

    /// Closes the store and opens it again.
    async fn reopen(&self, ledger: Arc<dyn Ledger>) -> Arc<dyn Ledger> {
        ledger.close().await.unwrap();
        drop(ledger);
        self.open().await
    }
}

/// A check under way.
pub type Checking<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// One thing that must hold.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// What must hold, in words.
    pub name: &'static str,
    /// Panics if it does not.
    pub run: for<'a> fn(&'a dyn Backend) -> Checking<'a>,
}

macro_rules! checks {
    ($($module:ident: $($check:ident)*;)*) => {
        /// All that must hold.
        pub const CHECKS: &[Check] = &[$($(Check {
            name: concat!(stringify!($module), ": ", stringify!($check)),
            run: |backend| Box::pin($module::$check(backend)),
        },)*)*];
    };
}

checks! {
    append: places_follow_each_other_and_survive
        a_copy_is_merged_and_counted
        a_hundred_copies_at_once_are_one_event
        copies_are_known_after_reopening
        other_sources_and_other_keys_are_no_copies
        copies_in_other_ranges_of_the_log_are_known;
    tail: events_come_in_order_and_once
        what_does_not_fit_is_told_as_a_gap
        a_new_tail_ends_the_former
        closing_ends_the_tail
        what_was_committed_comes_like_what_was_appended;
    reading: an_event_reads_back_whole
        reading_on_gives_every_event_once
        reading_on_stops_before_too_many_bytes
        places_are_read_in_order_and_unknown_ones_left_out;
    search: every_filter_gives_what_a_scan_gives
        pages_lose_and_double_nothing_while_events_come
        a_page_ends_after_so_many_rows;
    lanes: a_lane_opens_once_and_reads_back
        a_cursor_never_goes_back
        names_come_change_and_go
        what_is_named_and_forgotten_at_once_is_gone
        a_lane_that_is_not_open_keeps_only_attempts
        lanes_survive_reopening
        all_lanes_tell_where_they_stand
        an_endpoint_that_comes_back_begins_anew;
    attempts: attempts_read_back_whole
        every_filter_gives_what_it_says
        pages_hold_every_attempt_once
        walking_on_tells_every_attempt_once_and_in_order;
    replaying: settled_events_wait_again_and_count_on
        what_is_not_settled_is_left_out
        hundreds_are_replayed_at_once_and_the_dead_among_them_live;
    dead_letters: the_dead_are_listed_with_their_reason
        a_dead_letter_is_redelivered_once
        who_dies_again_stands_on_the_list_again
        who_is_dismissed_is_off_the_list
        pages_hold_every_dead_letter_once
        the_oldest_expire_first;
    config: nouns_come_back_with_their_secrets_and_in_order
        saving_again_replaces
        removing_an_endpoint_removes_its_lane
        removing_a_shop_removes_what_is_its_alone
        removing_what_is_not_there_is_no_error
        the_first_answer_stays;
    commit: a_change_and_its_events_read_back_whole
        versions_go_on_over_deletions
        of_many_writers_on_one_version_one_wins
        writers_that_try_again_lose_and_invent_nothing
        a_change_without_events_is_silent
        events_that_belong_together_come_together_or_not_at_all;
    snapshots: an_entity_is_found_by_shop_kind_and_id
        a_list_holds_what_is_there_in_order
        pages_hold_every_entity_once_while_some_come_and_go
        removing_a_shop_removes_its_state;
    timers: timers_are_set_changed_and_called_off
        the_earliest_come_first_and_not_too_many
        a_timer_fires_once
        a_timer_that_was_set_anew_does_not_fire
        a_conflict_leaves_the_timers
        timers_survive_reopening;
    surrogates: a_number_leads_back_to_what_was_committed
        a_number_leads_back_to_what_was_received
        other_shops_and_other_kinds_have_other_numbers;
    care: rejected_requests_keep_the_newest
        sweeping_forgets_the_old_and_keeps_the_new
        a_sound_store_is_healthy
        the_span_tells_how_far_the_log_reaches
        whole_ranges_go_and_what_must_stay_stays
        what_is_old_goes_however_little_came
        what_is_erased_leaves_place_id_type_and_times
        erasing_again_and_what_is_not_there_harms_nothing
        a_copy_is_not_made_where_something_is
        a_closed_ledger_refuses;
}
