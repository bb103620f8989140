//! `/api/v1/sites/{id}/rates`: rates of exchange, to be read by who sees the site and loaded by people.

use std::collections::BTreeSet;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::input::{self, Id, Large, Limit, Query};
use super::openapi::failures;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::money::{Currency, DatedRate};
use crate::store::Page;
use crate::store::rates::{Loaded, LoadedRate, RateFilter};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>)]
    from: Option<Currency>,
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>)]
    to: Option<Currency>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

/// `GET /api/v1/sites/{id}/rates`
#[utoipa::path(get, path = "/api/v1/sites/{id}/rates", tag = "revenue", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path), ListParams), responses((status = 200, body = Page<LoadedRate>), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Query(params): Query<ListParams>,
) -> Result<Answer<Page<LoadedRate>>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let filter = RateFilter {
        from: params.from,
        to: params.to,
    };
    let (cursor, limit) = (params.cursor.as_deref(), params.limit.get());
    let page = app.store().rates(site.id, filter, cursor, limit).await?;
    Ok(Answer(page))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRates {
    rates: Vec<NewRate>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRate {
    /// The day from which it holds.
    #[schema(format = Date)]
    date: String,
    /// One unit of this currency is…
    from: String,
    /// …so many of this one.
    to: String,
    /// How many, as decimal text.
    rate: String,
}

/// `POST /api/v1/sites/{id}/rates`
#[utoipa::path(post, path = "/api/v1/sites/{id}/rates", tag = "revenue", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path)), request_body = NewRates, responses((status = 200, body = Loaded), failures::Changing))]
pub(crate) async fn load(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Large(new): Large<NewRates>,
) -> Result<Answer<Loaded>, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let actor = caller.actor();
    let mut rates = Vec::with_capacity(new.rates.len());
    let mut days = BTreeSet::new();
    for (number, new) in new.rates.iter().enumerate() {
        let wrong = |field: &str, message: String| {
            ApiError::new(Code::InvalidField, message).field(format!("rates[{number}]{field}"))
        };
        let rate = DatedRate::read([&new.date, &new.from, &new.to, &new.rate])
            .map_err(|unfit| wrong(&format!(".{}", unfit.field), format!("The {unfit}.")))?;
        if !days.insert((rate.date, rate.from, rate.to)) {
            let message = "There is another rate of the same day and currencies.";
            return Err(wrong("", message.to_owned()));
        }
        rates.push(rate);
    }
    let loaded = app
        .store()
        .load_rates(site.id, &rates, &actor, clock::now())
        .await?;
    tracing::info!(
        site_id = site.id,
        new = loaded.new,
        changed = loaded.changed,
        "rates loaded"
    );
    Ok(Answer(loaded))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RemoveParams {
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = String, required = true)]
    from: Option<Currency>,
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = String, required = true)]
    to: Option<Currency>,
    /// The first day; without it from the beginning.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    first: Option<Date>,
    /// The last day; without it to the end.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    last: Option<Date>,
}

/// `DELETE /api/v1/sites/{id}/rates`
#[utoipa::path(delete, path = "/api/v1/sites/{id}/rates", tag = "revenue", security(("api_key" = []), ("cookie" = [])), params(("id" = i64, Path), RemoveParams), responses((status = 204), failures::Changing))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Query(params): Query<RemoveParams>,
) -> Result<StatusCode, ApiError> {
    let site = caller.site(&app, Some(id)).await?;
    let actor = caller.actor();
    let days = (
        params.first.unwrap_or(Date::ZERO),
        params.last.unwrap_or(Date::MAX),
    );
    let named = |currency: Option<Currency>, name: &'static str| {
        let message = format!("The parameter {name} has to be there.");
        currency.ok_or_else(|| ApiError::new(Code::InvalidParameter, message).field(name))
    };
    let pair = (named(params.from, "from")?, named(params.to, "to")?);
    let removed = app
        .store()
        .remove_rates(site.id, pair, days, &actor, clock::now())
        .await?;
    if removed {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}
