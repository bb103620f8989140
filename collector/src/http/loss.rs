//! `GET /api/v1/loss`: how much was made in browsers and never stored, by day.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::input::{self, Query};
use super::openapi::failures;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::journey::Loss;

/// Days of one answer, and how many there are when nobody says.
const MOST_DAYS: i64 = 400;
const DEFAULT_DAYS: i64 = 30;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    site: Option<i64>,
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LossOfDay)]
pub(crate) struct Day {
    day: String,
    #[serde(flatten)]
    loss: Loss,
    rate: Option<f64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LossByDay)]
pub(crate) struct Days {
    time_zone: String,
    data: Vec<Day>,
    total: Total,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LossInAll)]
pub(crate) struct Total {
    #[serde(flatten)]
    loss: Loss,
    rate: Option<f64>,
}

/// Answers with a line for each day from `from` to `to`, both included, in the site's time zone.
#[utoipa::path(get, path = "/api/v1/loss", tag = "outcomes", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, body = Days), failures::Asking))]
pub(crate) async fn by_day(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Days>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    // Checked when the site was made.
    let zone = TimeZone::get(&site.time_zone).unwrap_or(TimeZone::UTC);
    let today = Timestamp::from_millisecond(clock::now())
        .map_err(ApiError::internal)?
        .to_zoned(zone.clone())
        .date();
    let to = params.to.unwrap_or(today);
    let from = match params.from {
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
    let mut data = Vec::new();
    let mut sum = Loss::default();
    let mut day = from;
    loop {
        let next = day.tomorrow().map_err(|_| wrong("to", "is too late"))?;
        let loss = app
            .store()
            .loss(
                site.id,
                begin(day, &zone, "from")?,
                begin(next, &zone, "to")?,
            )
            .await?;
        sum = sum.add_times(loss, 1);
        data.push(Day {
            day: day.to_string(),
            loss,
            rate: loss.rate(),
        });
        if day == to {
            break;
        }
        day = next;
    }
    Ok(Json(Days {
        time_zone: site.time_zone,
        data,
        total: Total {
            loss: sum,
            rate: sum.rate(),
        },
    }))
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to)
        .map_or(i64::MAX, |span| i64::from(span.get_days()))
}

/// The day's first moment, in milliseconds.
fn begin(day: Date, zone: &TimeZone, field: &'static str) -> Result<i64, ApiError> {
    let begin: Zoned = day
        .to_zoned(zone.clone())
        .map_err(|_| wrong(field, "is no day of which there are times"))?;
    Ok(begin.timestamp().as_millisecond())
}

fn wrong(field: &'static str, message: &str) -> ApiError {
    let message = format!("The parameter {field} {message}.");
    ApiError::new(Code::InvalidParameter, message).field(field)
}
