//! The days that a question is about.

use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span as Length, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::analytics::buckets::{Buckets, Interval, Span};
use crate::clock;
use crate::error::{ApiError, Code};
use crate::journey::UnknownName;
use crate::store::sites::Site;

/// Days of one answer, and how many there are when nobody says.
const MOST_DAYS: i64 = 3660;
const DEFAULT_DAYS: i64 = 30;
/// The most pieces of a series.
const MOST_BUCKETS: usize = 2_500;

/// With which time an answer is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Compare {
    /// As many days right before.
    Previous,
    /// The same days of the year before.
    Year,
}

impl FromStr for Compare {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "previous" => Ok(Self::Previous),
            "year" => Ok(Self::Year),
            _ => Err(UnknownName),
        }
    }
}

/// Some days of a time zone, both ends included.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) from: Date,
    pub(crate) to: Date,
    zone_name: String,
    zone: TimeZone,
    span: Span,
}

/// A range as answers say it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = QuestionRange)]
pub(crate) struct Said {
    #[schema(format = Date)]
    from: String,
    #[schema(format = Date)]
    to: String,
    time_zone: String,
    /// The first moment of the first day.
    begin: i64,
    /// The first moment after the last day.
    end: i64,
}

impl Range {
    /// What was asked for: without an end until today, without a beginning thirty days, without a zone in the site's.
    pub(super) fn of(
        from: Option<Date>,
        to: Option<Date>,
        zone_name: Option<&str>,
        site: &Site,
    ) -> Result<Self, ApiError> {
        let zone_name = zone_name.unwrap_or(&site.time_zone);
        let zone = zone(zone_name)?;
        let now = Timestamp::from_millisecond(clock::now()).map_err(ApiError::internal)?;
        let to = to.unwrap_or_else(|| now.to_zoned(zone.clone()).date());
        let from = match from {
            Some(from) => from,
            None => to
                .checked_sub(Length::new().days(DEFAULT_DAYS - 1))
                .map_err(|_| wrong("to", "is too early"))?,
        };
        Self::between(from, to, zone_name.to_owned(), zone)
    }

    fn between(from: Date, to: Date, zone_name: String, zone: TimeZone) -> Result<Self, ApiError> {
        if from > to {
            return Err(wrong("from", "has to be no later than to"));
        }
        if days(from, to) > MOST_DAYS {
            return Err(wrong("from", "is more than ten years before the end"));
        }
        let moment = |day: Date, field| {
            let day = day.to_zoned(zone.clone());
            let day = day.map_err(|_| wrong(field, "is no day of which there are times"))?;
            Ok::<_, ApiError>(day.timestamp().as_millisecond())
        };
        let next = to.tomorrow().map_err(|_| wrong("to", "is too late"))?;
        let span = Span {
            begin: moment(from, "from")?,
            end: moment(next, "to")?,
        };
        Ok(Self {
            from,
            to,
            zone_name,
            zone,
            span,
        })
    }

    /// The range that this one is compared with.
    pub(super) fn compared(&self, compare: Compare) -> Result<Self, ApiError> {
        let length = match compare {
            Compare::Previous => Length::new().days(self.days()),
            Compare::Year => Length::new().years(1),
        };
        let before = |day: Date| {
            day.checked_sub(length)
                .map_err(|_| wrong("compare", "leads to days that are too early"))
        };
        Self::between(
            before(self.from)?,
            before(self.to)?,
            self.zone_name.clone(),
            self.zone.clone(),
        )
    }

    /// The time between two moments in the same time zone.
    pub(super) fn within(&self, span: Span) -> Result<Self, ApiError> {
        let day = |at: i64| {
            let at = Timestamp::from_millisecond(at).map_err(ApiError::internal)?;
            Ok::<_, ApiError>(at.to_zoned(self.zone.clone()).date())
        };
        Ok(Self {
            from: day(span.begin)?,
            to: day(span.end - 1)?,
            span,
            ..self.clone()
        })
    }

    /// How many days.
    pub(crate) fn days(&self) -> i64 {
        days(self.from, self.to)
    }

    /// Its moments.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The time zone.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Cut into pieces: of the usual length where nobody says.
    pub(crate) fn buckets(&self, interval: Option<Interval>) -> Result<Buckets, ApiError> {
        let interval = interval.unwrap_or_else(|| Interval::usual(self.days()));
        Buckets::of(self.from, self.to, &self.zone, interval)
            .filter(|buckets| buckets.len() <= MOST_BUCKETS)
            .ok_or_else(|| wrong("interval", "cuts this time into more than 2500 pieces"))
    }

    /// As answers say it.
    pub(super) fn said(&self) -> Said {
        Said {
            from: self.from.to_string(),
            to: self.to.to_string(),
            time_zone: self.zone_name.clone(),
            begin: self.span.begin,
            end: self.span.end,
        }
    }
}

/// From which moment until before which one some days are, of which either may be left open.
///
/// # Errors
/// 400 `invalid_parameter`, naming the parameter.
pub(crate) fn moments(
    from: Option<Date>,
    to: Option<Date>,
    zone_name: Option<&str>,
    site: &Site,
) -> Result<(Option<i64>, Option<i64>), ApiError> {
    let first = from.map(|from| Range::of(Some(from), Some(from), zone_name, site));
    let last = to.map(|to| Range::of(Some(to), Some(to), zone_name, site));
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(wrong("from", "has to be no later than to"));
    }
    if first.is_none()
        && last.is_none()
        && let Some(name) = zone_name
    {
        zone(name)?;
    }
    let first = first.transpose()?.map(|day| day.span.begin);
    Ok((first, last.transpose()?.map(|day| day.span.end)))
}

fn zone(name: &str) -> Result<TimeZone, ApiError> {
    let zone = TimeZone::get(name);
    zone.map_err(|_| wrong("zone", "is no name of a time zone, such as Europe/Berlin"))
}

fn days(from: Date, to: Date) -> i64 {
    from.until(to)
        .map_or(i64::MAX, |length| i64::from(length.get_days()) + 1)
}

/// A parameter that cannot be as it is, with the rest of a sentence about it.
pub(super) fn wrong(field: &'static str, message: &str) -> ApiError {
    let message = format!("The parameter {field} {message}.");
    ApiError::new(Code::InvalidParameter, message).field(field)
}
