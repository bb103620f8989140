//! `/api/v1/accounts`: what the site told of its accounts, and what their people did.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::input::{Id, Limit, Query};
use super::openapi::failures;
use super::persons::{orders_of, timeline_of};
use super::visitors::OneParams;
use crate::app::App;
use crate::error::ApiError;
use crate::journey::{Account, Entry, Figures, Person, Revenue, Slice};
use crate::store::Page;
use crate::store::accounts::AccountFilter;
use crate::store::persons::Slices;

/// People that come with an account.
const PEOPLE: usize = 100;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    site: Option<i64>,
    q: Option<String>,
    domain: Option<String>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

/// `GET /api/v1/accounts`
#[utoipa::path(get, path = "/api/v1/accounts", tag = "persons", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, body = Page<Account>), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Page<Account>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let filter = AccountFilter {
        q: params.q,
        domain: params.domain.map(|domain| domain.to_lowercase()),
    };
    let (cursor, limit) = (params.cursor.as_deref(), params.limit.get());
    let page = app
        .store()
        .accounts(site.id, &filter, cursor, limit)
        .await?;
    Ok(Json(page))
}

#[derive(Serialize, ToSchema)]
#[schema(as = FullAccount)]
pub(crate) struct Full {
    account: Account,
    /// What its people did, all together.
    figures: Option<Figures>,
    /// What they bought, all together.
    revenue: Revenue,
    /// How many people it has.
    total_people: usize,
    /// Those who were seen last.
    people: Vec<Person>,
    timeline: Page<Entry>,
}

/// `GET /api/v1/accounts/{id}`
#[utoipa::path(get, path = "/api/v1/accounts/{id}", tag = "persons", security(("api_key" = []), ("cookie" = [])), params(("id" = String, Path), OneParams), responses((status = 200, body = Full), failures::Asking))]
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<String>,
    Query(params): Query<OneParams>,
) -> Result<Json<Full>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let account = app
        .store()
        .account(site.id, &id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let mut found = app.store().account_people(site.id, &id).await?;
    let slices: Vec<&Slice> = found.iter().flat_map(|found| &found.slices).collect();
    let figures = Figures::of(&slices, &app.store().stages(site.id));
    let within = Slices::of_people(&found);
    let revenue = app
        .store()
        .revenue(&site, &orders_of(within.clone()))
        .await?;
    let total_people = found.len();
    found.truncate(PEOPLE);
    let cursor = params.cursor.as_deref();
    let timeline = timeline_of(&app, &site, within, cursor, params.limit.get()).await?;
    Ok(Json(Full {
        account,
        figures,
        revenue,
        total_people,
        people: found.into_iter().map(|found| found.person).collect(),
        timeline,
    }))
}
