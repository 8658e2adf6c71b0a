//! Moments as people give them: a time, or how long ago.

use shopwire_core::{Clock, Timestamp};
use shopwire_engine::SystemTimer;

/// Reads `2026-11-22T01:31:00Z`, or `90s`, `30m`, `2h`, `3d` for so long ago.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    read(text, SystemTimer.now()).ok_or_else(|| {
        "expected a time as in `2026-11-22T01:31:00Z`, or how long ago as in `30m`, `2h` or `3d`".to_owned()
    })
}

fn read(text: &str, now: Timestamp) -> Option<Timestamp> {
    let unit_ms = match text.chars().last()? {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 24 * 3_600_000,
        _ => return Timestamp::parse(text),
    };
    let count = text[..text.len() - 1].parse::<u32>().ok()?;
    Some(now.plus_ms(-(i64::from(count) * unit_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_so_long_ago() {
        let now = Timestamp::from_secs(1_764_000_000);
        for (text, ago_s) in [("90s", 90), ("30m", 1_800), ("2h", 7_200), ("3d", 259_200), ("0s", 0)] {
            assert_eq!(read(text, now), Some(now.plus_ms(-ago_s * 1_000)), "{text}");
        }
        assert_eq!(read("2025-11-24T16:00:00Z", now), Some(now));
        for wrong in ["", "h", "-2h", "2w", "2.5h", "yesterday", "99999999999d", "2025-11-24", "é"] {
            assert_eq!(read(wrong, now), None, "{wrong}");
        }
    }
}
