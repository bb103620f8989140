//! `GET /api/v1/analytics/sources`

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::rows::{self, Dimensions, USUAL_ROWS};
use super::{Answer, Asked, Common, Range};
use crate::analytics::definitions::SOURCES;
use crate::analytics::dimension::Dimension;
use crate::analytics::figures::Sort;
use crate::analytics::groups::MOST_DIMENSIONS;
use crate::analytics::prices::Prices;
use crate::analytics::rolled::{self, Rolled};
use crate::analytics::rows::{Shown, Table};
use crate::analytics::scope::Scope;
use crate::analytics::sources::sources;
use crate::app::App;
use crate::error::ApiError;
use crate::http::input;
use crate::http::openapi::failures;
use crate::store::rollups::Sold;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Up to four dimensions of sessions or visitors with commas between; source, medium, campaign and channel where there is
    /// none.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, example = "channel,source")]
    by: Option<Dimensions>,
    /// By what rows are sorted; sessions where nobody says.
    #[serde(default, deserialize_with = "input::parsed")]
    sort: Option<Sort>,
    /// How many rows, 100 where nobody says; what is beyond is `others`.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Sessions by where they came from, or by their first page, last page, device, place and so on.
#[utoipa::path(get, path = "/api/v1/analytics/sources", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Table>), failures::Asking))]
pub(crate) async fn table(
    State(app): State<App>,
    mut asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let usual = || {
        use Dimension::{Campaign, Channel, Medium, Source};
        vec![Source, Medium, Campaign, Channel]
    };
    let dimensions = asked.own.by.take().map_or_else(usual, |by| by.0);
    let by = asked.by(dimensions, MOST_DIMENSIONS, "by")?;
    let shown = Shown {
        sort: asked.own.sort.unwrap_or_default(),
        limit: rows::limit(asked.own.limit, USUAL_ROWS)?,
    };
    let dimensions = by.dimensions().to_vec();
    let fits = |range: &Range| {
        let tells = dimensions.iter().all(|dimension| rolled::tells(*dimension));
        tells && rolled::hours(range.span()).is_some()
    };
    if let Some(sums) = asked.sums(&app, Sold::BegunWithin, fits).await? {
        let by = dimensions.clone();
        let question = move |rolled: &Rolled<'_>, _: &Range| {
            let (tallied, error) = rolled.groups(&by);
            let sample = tallied.sample();
            Ok((tallied, sample, error))
        };
        return asked
            .answer_sums(&app, SOURCES, sums, question, move |known, now, before| {
                Table::groups(known, &dimensions, shown, &now, before.as_ref())
            })
            .await;
    }
    let question = move |scope: &Scope<'_>, _: &Range, prices: &Prices| {
        let tallied = sources(scope, prices, &by).map_err(rows::too_many("by"))?;
        let sample = tallied.sample();
        Ok((tallied, sample))
    };
    asked
        .answer_priced(&app, SOURCES, question, move |known, now, before| {
            Table::groups(known, &dimensions, shown, &now, before.as_ref())
        })
        .await
}
