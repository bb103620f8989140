//! Periods that callers ask about: days of a site's time zone, both ends included.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use serde::Deserialize;
use utoipa::IntoParams;

use super::input;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::store::sites::Site;

/// Days of one answer, and how many there are when nobody says.
const MOST_DAYS: i64 = 400;
const DEFAULT_DAYS: i64 = 30;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    pub(super) site: Option<i64>,
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    pub(super) from: Option<Date>,
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    pub(super) to: Option<Date>,
}

/// Some days of a time zone.
pub(super) struct Period {
    pub(super) from: Date,
    pub(super) to: Date,
    zone: TimeZone,
}

impl Period {
    /// What was asked for: without an end until today, without a beginning thirty days.
    pub(super) fn of(params: &Params, site: &Site) -> Result<Self, ApiError> {
        Self::between(params.from, params.to, site)
    }

    /// The days from one to another; see [`Period::of`].
    pub(super) fn between(
        from: Option<Date>,
        to: Option<Date>,
        site: &Site,
    ) -> Result<Self, ApiError> {
        // Checked when the site was made.
        let zone = TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC);
        let today = Timestamp::from_millisecond(clock::now())
            .map_err(ApiError::internal)?
            .to_zoned(zone.clone())
            .date();
        let to = to.unwrap_or(today);
        let from = match from {
            Some(from) => from,
            None => to
                .checked_sub(Span::new().days(DEFAULT_DAYS - 1))
                .map_err(|_| wrong("to", "is too early"))?,
        };
        if from > to {
            return Err(wrong("from", "has to be no later than to"));
        }
        if days_between(from, to) >= MOST_DAYS {
            return Err(wrong("from", "is more than 400 days before the end"));
        }
        to.tomorrow().map_err(|_| wrong("to", "is too late"))?;
        Ok(Self { from, to, zone })
    }

    /// Each of them.
    pub(super) fn days(&self) -> impl Iterator<Item = Date> {
        let to = self.to;
        std::iter::successors(Some(self.from), |day| day.tomorrow().ok())
            .take_while(move |day| *day <= to)
    }

    /// A day's first moment and that of the next, in milliseconds.
    pub(super) fn bounds(&self, day: Date) -> Result<(i64, i64), ApiError> {
        let next = day.tomorrow().map_err(|_| wrong("to", "is too late"))?;
        Ok((self.begin(day, "from")?, self.begin(next, "to")?))
    }

    /// The first moment of the first day and the one after the last.
    pub(super) fn whole(&self) -> Result<(i64, i64), ApiError> {
        let (begin, _) = self.bounds(self.from)?;
        let (_, end) = self.bounds(self.to)?;
        Ok((begin, end))
    }

    fn begin(&self, day: Date, field: &'static str) -> Result<i64, ApiError> {
        let begin: Zoned = day
            .to_zoned(self.zone.clone())
            .map_err(|_| wrong(field, "is no day of which there are times"))?;
        Ok(begin.timestamp().as_millisecond())
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to)
        .map_or(i64::MAX, |span| i64::from(span.get_days()))
}

fn wrong(field: &'static str, message: &str) -> ApiError {
    let message = format!("The parameter {field} {message}.");
    ApiError::new(Code::InvalidParameter, message).field(field)
}
