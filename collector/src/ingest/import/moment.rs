//! Times as files write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// 1995-01-01: before there was anything to be measured.
const EARLIEST: i64 = 788_918_400_000;
/// What a clock that made the file may be ahead of the collector's.
const AHEAD_MS: i64 = 60_000;

/// Reads a time in milliseconds: ISO 8601 with `T` or a space, with an offset, `Z`, `UTC`, or in `zone`; or a number of seconds,
/// milliseconds or microseconds since 1970, which of them its size tells.
///
/// # Errors
/// A sentence for whoever made the file.
pub fn read(text: &str, zone: &TimeZone, now: i64) -> Result<i64, &'static str> {
    let at = number(text)
        .or_else(|| absolute(text))
        .or_else(|| civil(text, zone))
        .ok_or("is no time, such as 2026-01-31T12:00:00Z or 1769860800")?;
    if at < EARLIEST {
        Err("lies before 1995")
    } else if at > now.saturating_add(AHEAD_MS) {
        Err("lies in the future")
    } else {
        Ok(at)
    }
}

fn number(text: &str) -> Option<i64> {
    let (units, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if units.is_empty() || !digits(units) || !digits(fraction) {
        return None;
    }
    let number: i64 = units.parse().ok()?;
    match number {
        // Up to the year 5138.
        0..100_000_000_000 => {
            let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
            Some(number * 1000 + thousandths.parse::<i64>().ok()?)
        }
        100_000_000_000..100_000_000_000_000 => Some(number),
        _ => Some(number / 1000),
    }
}

fn absolute(text: &str) -> Option<i64> {
    if let Some(civil) = text.strip_suffix("UTC") {
        return self::civil(civil.trim_end(), &TimeZone::UTC);
    }
    let time: Timestamp = text.parse().ok()?;
    Some(time.as_millisecond())
}

fn civil(text: &str, zone: &TimeZone) -> Option<i64> {
    // Either would take a text with an offset and forget that.
    let time = match text.parse::<DateTime>() {
        Ok(time) => time,
        Err(_) => text
            .parse::<Date>()
            .ok()?
            .to_datetime(jiff::civil::Time::midnight()),
    };
    let time = time.to_zoned(zone.clone()).ok()?;
    Some(time.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_876_628_628;
    const AT: i64 = 1_769_860_800_000;

    #[test]
    fn times_are_read_as_files_write_them() {
        for text in [
            "2026-01-31T12:00:00Z",
            "2026-01-31T12:00:00.000Z",
            "2026-01-31T13:00:00+01:00",
            "2026-01-31 12:00:00+00",
            "2026-01-31 12:00:00.000000+00:00",
            "2026-01-31 12:00:00 UTC",
            "2026-01-31 12:00:00",
            "2026-01-31T12:00:00.000",
            "1769860800",
            "1769860800.0",
            "1769860800000",
            "1769860800000000",
        ] {
            assert_eq!(read(text, &TimeZone::UTC, NOW), Ok(AT), "{text}");
        }
        assert_eq!(read("1769860800.0625", &TimeZone::UTC, NOW), Ok(AT + 62));
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(read("2026-01-31 13:00:00", &berlin, NOW), Ok(AT));
        assert_eq!(read("2026-01-31T12:00:00Z", &berlin, NOW), Ok(AT));
        let midnight = AT - 12 * 60 * 60 * 1000;
        assert_eq!(read("2026-01-31", &TimeZone::UTC, NOW), Ok(midnight));
    }

    #[test]
    fn what_is_no_time_of_the_past_is_refused() {
        for (text, why) in [
            ("", "is no time"),
            ("yesterday", "is no time"),
            ("-5", "is no time"),
            ("1.2.3", "is no time"),
            ("31/01/2026", "is no time"),
            ("0", "lies before 1995"),
            ("1994-12-31", "lies before 1995"),
            ("2027-01-01", "lies in the future"),
            ("99999999999999999999", "is no time"),
        ] {
            let refused = read(text, &TimeZone::UTC, NOW).unwrap_err();
            assert!(refused.starts_with(why), "{text}: {refused}");
        }
    }
}
