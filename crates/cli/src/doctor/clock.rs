//! The machine's clock: signatures have an age.

use shopwire_core::Timestamp;

use super::Check;

const NAME: &str = "clock";
/// 2025-01-01T00:00:00Z: before this was written.
const LONG_AGO: Timestamp = Timestamp::from_secs(1_735_689_600);

/// Whether it can be `now`, the newest event having been received, or the newest file written, at `newest`.
pub(super) fn check(now: Timestamp, newest: Option<Timestamp>) -> Check {
    let set = "set the clock, and let the system keep it (NTP)";
    if now < LONG_AGO {
        return Check::problem(
            NAME,
            format!("it says {now}: signatures would be taken for ones of the future"),
            set,
        );
    }
    match newest {
        Some(newest) if newest > now => Check::problem(
            NAME,
            format!("it says {now}, but the store has something of {newest}: it was set back"),
            set,
        ),
        _ => Check::ok(NAME, format!("it says {now}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn a_clock_that_can_not_be_right_is_a_problem() {
        let now = Timestamp::from_secs(1_764_000_000);
        for (now, newest, level) in [
            (now, None, Level::Ok),
            (now, Some(now), Level::Ok),
            (now, Some(now.plus_ms(1)), Level::Problem),
            (Timestamp::EPOCH, None, Level::Problem),
        ] {
            assert_eq!(check(now, newest).level, level, "{now} {newest:?}");
        }
    }
}
