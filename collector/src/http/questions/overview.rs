//! `GET /api/v1/analytics/overview`

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::rows::{self, Dimensions};
use super::{Answer, Asked, Common, Range};
use crate::analytics::buckets::Interval;
use crate::analytics::definitions::OVERVIEW;
use crate::analytics::figures::Sort;
use crate::analytics::overview;
use crate::analytics::prices::Prices;
use crate::analytics::rolled::{self, Rolled};
use crate::analytics::rows::{Shown, Table};
use crate::analytics::scope::Scope;
use crate::app::App;
use crate::error::ApiError;
use crate::http::input;
use crate::http::openapi::failures;
use crate::store::rollups::Sold;

/// Rows of values where nobody says how many.
const USUAL_ROWS: usize = 10;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// What the series is cut into; by the number of days where there is none.
    #[serde(default, deserialize_with = "input::parsed")]
    interval: Option<Interval>,
    /// Up to two dimensions of sessions or visitors with a comma between: rows are of their values then, and not of
    /// stretches of time.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, example = "device,country")]
    breakdown: Option<Dimensions>,
    /// By what rows of values are sorted; sessions where nobody says.
    #[serde(default, deserialize_with = "input::parsed")]
    sort: Option<Sort>,
    /// How many rows of values, 10 where nobody says; what is beyond is `others`.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// A site as a whole: series and totals, or totals by values.
#[utoipa::path(get, path = "/api/v1/analytics/overview", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Table>), failures::Asking))]
pub(crate) async fn series(
    State(app): State<App>,
    mut asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let Some(Dimensions(dimensions)) = asked.own.breakdown.take() else {
        return by_time(&app, asked).await;
    };
    let by = asked.by(dimensions, 2, "breakdown")?;
    let shown = Shown {
        sort: asked.own.sort.unwrap_or_default(),
        limit: rows::limit(asked.own.limit, USUAL_ROWS)?,
    };
    let dimensions = by.dimensions().to_vec();
    let question = move |scope: &Scope<'_>, _: &Range, prices: &Prices| {
        let tallied =
            overview::breakdown(scope, prices, &by).map_err(rows::too_many("breakdown"))?;
        let sample = tallied.sample();
        Ok((tallied, sample))
    };
    asked
        .answer_priced(&app, OVERVIEW, question, move |known, now, before| {
            Table::groups(known, &dimensions, shown, &now, before.as_ref())
        })
        .await
}

async fn by_time(app: &App, asked: Asked<Params>) -> Result<Response, ApiError> {
    let interval = asked.own.interval;
    let fits = |range: &Range| {
        let buckets = range.buckets(interval);
        buckets.is_ok_and(|buckets| rolled::fits(&buckets))
    };
    if let Some(sums) = asked.sums(app, Sold::Within, fits).await? {
        let question = move |rolled: &Rolled<'_>, range: &Range| {
            let buckets = range.buckets(interval)?;
            let (tallied, error) = rolled.series(&buckets);
            let table = Table::series(rolled.columns, rolled.prices, buckets.starts(), &tallied);
            Ok((table, tallied.sample(), error))
        };
        return asked
            .answer_sums(app, OVERVIEW, sums, question, |_, now, before| {
                (now, before)
            })
            .await;
    }
    let question = move |scope: &Scope<'_>, range: &Range, prices: &Prices| {
        let buckets = range.buckets(interval)?;
        let tallied = overview::series(scope, prices, &buckets);
        let sample = tallied.sample();
        let table = Table::series(scope.columns, prices, buckets.starts(), &tallied);
        Ok((table, sample))
    };
    asked
        .answer_priced(app, OVERVIEW, question, |_, now, before| (now, before))
        .await
}
