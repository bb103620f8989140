//! `GET /api/v1/revenue`: what a site's orders brought and refunds took back, by day and in all.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::days::Period;
use super::input::{self, Query};
use super::openapi::failures;
use crate::app::App;
use crate::error::ApiError;
use crate::journey::Revenue;
use crate::store::Bots;

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
    #[serde(default, deserialize_with = "input::parsed")]
    bots: Option<Bots>,
}

/// A day's revenue in the site's currency, as far as it can be converted.
#[derive(Serialize, ToSchema)]
#[schema(as = RevenueOfDay)]
pub(crate) struct Day {
    #[schema(format = Date)]
    day: String,
    orders: i64,
    refunds: i64,
    gross: Option<String>,
    refunded: Option<String>,
    net: Option<String>,
    /// Whether there is more that cannot be converted.
    partial: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RevenueByDay)]
pub(crate) struct Days {
    time_zone: String,
    data: Vec<Day>,
    total: Revenue,
}

/// Answers with a line for each day from `from` to `to`, both included, in the site's time zone. An order counts on the day
/// of its event, a refund on its own.
#[utoipa::path(get, path = "/api/v1/revenue", tag = "revenue", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, body = Days), failures::Asking))]
pub(crate) async fn by_day(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Days>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let asked = Period::between(params.from, params.to, &site)?;
    let bots = params.bots.unwrap_or_default();
    let whole = asked.whole()?;
    let found = app.store().revenue_of_period(&site, whole, bots).await?;
    let mut days = found.days();
    let data = asked.days().map(|day| {
        let revenue = days.remove(&day).unwrap_or_else(|| found.nothing());
        Day {
            day: day.to_string(),
            orders: revenue.orders,
            refunds: revenue.refunds,
            gross: revenue.gross,
            refunded: revenue.refunded,
            net: revenue.net,
            partial: !revenue.unconverted.is_empty(),
        }
    });
    Ok(Json(Days {
        data: data.collect(),
        total: found.total(),
        time_zone: site.time_zone,
    }))
}
