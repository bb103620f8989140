//! `GET /api/v1/imported`: sums that another tool exported, apart from everything that was measured here.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::input::{self, Query};
use super::openapi::failures;
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::ingest::import::plausible::DIMENSIONS;
use crate::store::totals::{Asked, Total};

/// The most rows of one answer, and how many there are when nobody says.
const MOST: i64 = 1_000;
/// Characters of a label's name.
const LABEL_CHARS: usize = 50;
/// Before the first day and after the last one of any export.
const FIRST_DAY: Date = Date::constant(1995, 1, 1);
const LAST_DAY: Date = Date::constant(9999, 12, 31);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    site: Option<i64>,
    dimension: String,
    by: Option<String>,
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImportedTotals)]
pub(crate) struct Totals {
    dimension: String,
    by: String,
    data: Vec<Total>,
}

/// Answers with sums by one label of a dimension, the most visitors first, or by day, the earliest first.
#[utoipa::path(get, path = "/api/v1/imported", tag = "journeys", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, body = Totals), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Totals>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let known = DIMENSIONS
        .iter()
        .find(|(name, _)| *name == params.dimension);
    let (dimension, usual) = known.ok_or_else(|| wrong("dimension", "names none that there is"))?;
    let by = params.by.as_deref().or(*usual).unwrap_or("day");
    let named = |c: char| c.is_ascii_lowercase() || c == '_';
    if by.is_empty() || by.len() > LABEL_CHARS || !by.chars().all(named) {
        return Err(wrong("by", "is not day and no name of a label"));
    }
    let limit = params.limit.unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        return Err(wrong("limit", "has to be from 1 to 1000"));
    }
    let asked = Asked {
        dimension,
        label: Some(by).filter(|by| *by != "day"),
        from: &params.from.unwrap_or(FIRST_DAY).to_string(),
        to: &params.to.unwrap_or(LAST_DAY).to_string(),
        limit,
    };
    Ok(Json(Totals {
        dimension: params.dimension.clone(),
        by: by.to_owned(),
        data: app.store().totals(site.id, asked).await?,
    }))
}

fn wrong(field: &'static str, message: &str) -> ApiError {
    let message = format!("The parameter {field} {message}.");
    ApiError::new(Code::InvalidParameter, message).field(field)
}
