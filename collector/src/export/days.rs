//! The days of an export, both ends included, in the site's time zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// From which day to which; none where there is no end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
}

/// Days that are of no use, and which of the two is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} {message}")]
pub(crate) struct UnfitDays {
    pub(crate) field: &'static str,
    pub(crate) message: &'static str,
}

impl Days {
    pub(crate) fn one(day: Date) -> Self {
        Self {
            from: Some(day),
            to: Some(day),
        }
    }

    /// The first moment and the one after the last, in milliseconds.
    ///
    /// # Errors
    /// [`UnfitDays`] where they end before they begin, or beyond the days of which there are times.
    pub(crate) fn bounds(self, zone: &TimeZone) -> Result<(Option<i64>, Option<i64>), UnfitDays> {
        let unfit = |field, message| UnfitDays { field, message };
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            return Err(unfit("from", "has to be no later than to"));
        }
        let begin = |day: Date, field| {
            let begin = day.to_zoned(zone.clone());
            let begin = begin.map(|begin| begin.timestamp().as_millisecond());
            begin.map_err(|_| unfit(field, "is no day of which there are times"))
        };
        let next = |day: Date| {
            let next = day.tomorrow();
            next.map_err(|_| unfit("to", "is too late"))
        };
        let from = self.from.map(|day| begin(day, "from")).transpose()?;
        let to = self.to.map(next).transpose()?;
        let to = to.map(|day| begin(day, "to")).transpose()?;
        Ok((from, to))
    }
}

/// A site's time zone, which was checked when the site was made.
pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<Date> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_day_has_the_hours_that_it_has() {
        let berlin = zone("Europe/Berlin");
        for (text, hours) in [("2026-03-29", 23), ("2026-06-01", 24), ("2026-10-25", 25)] {
            let (from, to) = Days::one(day(text).unwrap()).bounds(&berlin).unwrap();
            assert_eq!(to.unwrap() - from.unwrap(), hours * 3_600_000, "{text}");
        }
    }

    #[test]
    fn days_end_after_they_begin_or_never() {
        assert_eq!(Days::default().bounds(&TimeZone::UTC), Ok((None, None)));
        let turned = Days {
            from: day("2026-02-02"),
            to: day("2026-02-01"),
        };
        assert_eq!(turned.bounds(&TimeZone::UTC).unwrap_err().field, "from");
        let last = Days {
            from: None,
            to: day("9999-12-31"),
        };
        assert_eq!(last.bounds(&TimeZone::UTC).unwrap_err().field, "to");
    }
}
