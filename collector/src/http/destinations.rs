//! `/api/v1/destinations`: where a site's items are sent on to, for signed-in people to read and for the owner to change.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::caller::Caller;
use super::input::{Id, Json, Limit, Query};
use super::openapi::failures;
use super::visitors::SiteParams;
use crate::app::App;
use crate::clock;
use crate::destinations::courier::Tried;
use crate::destinations::wants::Unfit;
use crate::error::{ApiError, Code};
use crate::site_destinations::{self, ChangedDestination, DestinationError, NewDestination};
use crate::store::Page;
use crate::store::audit::By;
use crate::store::deliveries::{self, Counts, Delivery};
use crate::store::destinations::Destination;
use crate::store::sites::Site;

/// A destination and how it fares.
#[derive(Serialize, ToSchema)]
#[schema(as = ShownDestination)]
pub(crate) struct Shown {
    #[serde(flatten)]
    destination: Destination,
    deliveries: Counts,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Destinations {
    data: Vec<Shown>,
}

/// A destination with the secret that was made for it, which nobody can read again.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeDestination {
    #[serde(flatten)]
    destination: Destination,
    /// Of a webhook, to check its signatures with.
    secret: Option<String>,
}

/// `GET /api/v1/destinations`
#[utoipa::path(get, path = "/api/v1/destinations", tag = "destinations", security(("cookie" = [])), params(SiteParams), responses((status = 200, body = Destinations), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
) -> Result<Answer<Destinations>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let counts = app.store().delivery_counts(Some(site.id)).await?;
    let all = app.store().destinations(Some(site.id)).await?;
    let data = all.into_iter().map(|destination| Shown {
        deliveries: counts.get(&destination.id).copied().unwrap_or_default(),
        destination,
    });
    Ok(Answer(Destinations {
        data: data.collect(),
    }))
}

/// `POST /api/v1/destinations`
#[utoipa::path(post, path = "/api/v1/destinations", tag = "destinations", security(("cookie" = [])), params(SiteParams), request_body = NewDestination, responses((status = 201, body = MadeDestination), failures::Changing))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
    Json(new): Json<NewDestination>,
) -> Result<(StatusCode, Answer<MadeDestination>), ApiError> {
    let site = caller.site(&app, params.site).await?;
    let actor = caller.actor();
    let guard = app.courier().transport().guard();
    let added = site_destinations::add(app.store(), site.id, new, guard, &actor);
    let (destination, secret) = added.await?;
    app.courier().look();
    tracing::info!(site_id = site.id, destination = %destination.id, "destination added");
    let secret = secret.map(|secret| secret.reveal().to_owned());
    let made = MadeDestination {
        destination,
        secret,
    };
    Ok((StatusCode::CREATED, Answer(made)))
}

/// `GET /api/v1/destinations/{id}`
#[utoipa::path(get, path = "/api/v1/destinations/{id}", tag = "destinations", security(("cookie" = [])), params(("id" = Uuid, Path), SiteParams), responses((status = 200, body = Shown), failures::Asking))]
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
) -> Result<Answer<Shown>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let destination = find(&app, &site, id).await?;
    Ok(Answer(shown(&app, destination).await?))
}

/// `PATCH /api/v1/destinations/{id}`
#[utoipa::path(patch, path = "/api/v1/destinations/{id}", tag = "destinations", security(("cookie" = [])), params(("id" = Uuid, Path), SiteParams), request_body = ChangedDestination, responses((status = 200, body = Shown), failures::Changing))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
    Json(changed): Json<ChangedDestination>,
) -> Result<Answer<Shown>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let actor = caller.actor();
    let guard = app.courier().transport().guard();
    let changed =
        site_destinations::change(app.store(), site.id, id, &changed, guard, &actor).await?;
    let destination = changed.ok_or_else(ApiError::not_found)?;
    app.courier().look();
    tracing::info!(site_id = site.id, destination = %id, "destination changed");
    Ok(Answer(shown(&app, destination).await?))
}

/// `DELETE /api/v1/destinations/{id}`
#[utoipa::path(delete, path = "/api/v1/destinations/{id}", tag = "destinations", security(("cookie" = [])), params(("id" = Uuid, Path), SiteParams), responses((status = 204, description = "Removed"), failures::Changing))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
) -> Result<StatusCode, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let actor = caller.actor();
    let destination = find(&app, &site, id).await?;
    let by = By {
        actor: &actor,
        now: clock::now(),
    };
    if !app.store().remove_destination(&destination, by).await? {
        return Err(ApiError::not_found());
    }
    tracing::info!(site_id = site.id, destination = %id, "destination removed");
    Ok(StatusCode::NO_CONTENT)
}

/// Another secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSecret {
    /// The API secret of `ga4`; a webhook's is made here.
    api_secret: Option<String>,
}

/// `POST /api/v1/destinations/{id}/secret`
#[utoipa::path(post, path = "/api/v1/destinations/{id}/secret", tag = "destinations", security(("cookie" = [])), params(("id" = Uuid, Path), SiteParams), request_body = NewSecret, responses((status = 200, body = MadeDestination), failures::Changing))]
pub(crate) async fn renew_secret(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
    Json(new): Json<NewSecret>,
) -> Result<Answer<MadeDestination>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let actor = caller.actor();
    let destination = find(&app, &site, id).await?;
    let api_secret = new.api_secret.as_deref();
    let renewed = site_destinations::renew_secret(app.store(), &destination, api_secret, &actor);
    let secret = renewed.await?.map(|secret| secret.reveal().to_owned());
    tracing::info!(site_id = site.id, destination = %id, "secret of a destination changed");
    Ok(Answer(MadeDestination {
        destination,
        secret,
    }))
}

/// `POST /api/v1/destinations/{id}/test`
#[utoipa::path(post, path = "/api/v1/destinations/{id}/test", tag = "destinations", security(("cookie" = [])), params(("id" = Uuid, Path), SiteParams), responses((status = 200, body = Tried), failures::Changing))]
pub(crate) async fn test(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
) -> Result<Answer<Tried>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let destination = find(&app, &site, id).await?;
    Ok(Answer(app.courier().test(&destination).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesParams {
    site: Option<i64>,
    /// What became of them; the dead ones without this.
    #[serde(default)]
    #[param(inline)]
    state: Option<deliveries::State>,
    cursor: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Limit,
}

/// `GET /api/v1/destinations/{id}/deliveries`
#[utoipa::path(get, path = "/api/v1/destinations/{id}/deliveries", tag = "destinations", security(("cookie" = [])), params(("id" = Uuid, Path), DeliveriesParams), responses((status = 200, body = Page<Delivery>), failures::Asking))]
pub(crate) async fn deliveries(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<DeliveriesParams>,
) -> Result<Answer<Page<Delivery>>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let destination = find(&app, &site, id).await?;
    let state = params.state.unwrap_or(deliveries::State::Dead);
    let (cursor, limit) = (params.cursor.as_deref(), params.limit.get());
    let page = app.store().deliveries(&destination, state, cursor, limit);
    Ok(Answer(page.await?))
}

/// What to send again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeliveriesAgain)]
pub(crate) struct Again {
    /// One delivery that is dead or was skipped; every dead one without this.
    delivery: Option<Uuid>,
}

/// Whether anything is sent again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replayed {
    replayed: bool,
}

/// `POST /api/v1/destinations/{id}/replay`
#[utoipa::path(post, path = "/api/v1/destinations/{id}/replay", tag = "destinations", security(("cookie" = [])), params(("id" = Uuid, Path), SiteParams), request_body = Again, responses((status = 200, body = Replayed), failures::Changing))]
pub(crate) async fn replay(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
    Json(again): Json<Again>,
) -> Result<Answer<Replayed>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let actor = caller.actor();
    let destination = find(&app, &site, id).await?;
    let by = By {
        actor: &actor,
        now: clock::now(),
    };
    let store = app.store();
    let replayed = store.replay_deliveries(&destination, again.delivery, by);
    let replayed = replayed.await?;
    Ok(Answer(Replayed { replayed }))
}

async fn find(app: &App, site: &Site, id: Uuid) -> Result<Destination, ApiError> {
    let found = app.store().destination(site.id, id).await?;
    found.ok_or_else(ApiError::not_found)
}

async fn shown(app: &App, destination: Destination) -> Result<Shown, ApiError> {
    let counts = app.store().delivery_counts(Some(destination.site_id));
    let counts = counts.await?;
    Ok(Shown {
        deliveries: counts.get(&destination.id).copied().unwrap_or_default(),
        destination,
    })
}

impl From<Unfit> for ApiError {
    fn from(unfit: Unfit) -> Self {
        Self::new(Code::InvalidField, unfit.message).field(unfit.field)
    }
}

impl From<DestinationError> for ApiError {
    fn from(error: DestinationError) -> Self {
        match error {
            DestinationError::Unfit(unfit) => unfit.into(),
            DestinationError::Random(error) => Self::internal(error),
            DestinationError::Store(error) => error.into(),
        }
    }
}
