//! `GET /api/v1/loss`: how much was made in browsers and never stored, by day.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::days::{Params, Period};
use super::input::Query;
use super::openapi::failures;
use crate::app::App;
use crate::error::ApiError;
use crate::journey::Loss;

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
    let period = Period::of(&params, &site)?;
    let mut data = Vec::new();
    let mut sum = Loss::default();
    for day in period.days() {
        let (begin, end) = period.bounds(day)?;
        let loss = app.store().loss(site.id, begin, end).await?;
        sum = sum.add_times(loss, 1);
        data.push(Day {
            day: day.to_string(),
            loss,
            rate: loss.rate(),
        });
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
