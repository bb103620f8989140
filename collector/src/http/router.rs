//! The table of routes, and the layers around them.

use axum::extract::DefaultBodyLimit;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post, put};
use axum::{Router, extract::Request, middleware::Next};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use super::{
    access, accounts, alerts, annotations, assets, audit, caller, catalogue, client, cors,
    destinations, entries, events, exports, geo, guard, health, imported, imports, input, insights,
    interactions, invitations, keys, live, loss, members, openapi, persons, privacy, profiles,
    questions, rates, rejected, reports, retention, revenue, segment, segments, sessions, shares,
    sites, stages, trace, visitors, workspaces,
};
use crate::app::App;
use crate::error::ApiError;

/// Every route of the collector.
pub(crate) fn router(app: App) -> Router {
    let sending = Router::new()
        .route("/v1/events", post(events::take).options(cors::preflight))
        .route("/v1/interactions", post(interactions::take))
        .route("/v1/catalogue", get(catalogue::public))
        .route("/v1/batch", post(segment::batch).options(cors::preflight))
        .route("/v1/import", post(segment::import))
        .route("/v1/track", post(segment::track).options(cors::preflight))
        .route(
            "/v1/identify",
            post(segment::identify).options(cors::preflight),
        )
        .route("/v1/page", post(segment::page).options(cors::preflight))
        .route("/v1/screen", post(segment::screen).options(cors::preflight))
        .route("/v1/group", post(segment::group).options(cors::preflight))
        .route("/v1/alias", post(segment::alias).options(cors::preflight))
        .method_not_allowed_fallback(health::wrong_method)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(cors::headers));

    let reading = Router::new()
        .route("/me", get(access::me))
        .route("/setup", post(access::setup))
        .route("/login", post(access::login))
        .route("/logout", post(access::logout))
        .route("/workspaces", get(workspaces::list).post(workspaces::add))
        .route("/workspaces/{id}", patch(workspaces::rename))
        .route("/workspaces/{id}/members", get(members::list))
        .route(
            "/workspaces/{id}/members/{member}",
            patch(members::change).delete(members::remove),
        )
        .route("/workspaces/{id}/leave", post(members::leave))
        .route(
            "/workspaces/{id}/invitations",
            get(invitations::list).post(invitations::add),
        )
        .route(
            "/workspaces/{id}/invitations/{invitation}",
            delete(invitations::revoke),
        )
        .route("/workspaces/{id}/audit", get(audit::list_of_workspace))
        .route("/invitations/look", post(invitations::look))
        .route("/invitations/accept", post(invitations::accept))
        .route("/sites", get(sites::list).post(sites::add))
        .route("/sites/demo", post(sites::demo))
        .route("/sites/{id}", patch(sites::change).delete(sites::remove))
        .route(
            "/sites/{id}/catalogue",
            get(catalogue::show)
                .patch(catalogue::change)
                .layer(DefaultBodyLimit::max(input::LARGE_BYTES)),
        )
        .route("/sites/{id}/catalogue/adopt", post(catalogue::adopt))
        .route(
            "/sites/{id}/catalogue/findings",
            get(catalogue::findings).delete(catalogue::forget),
        )
        .route("/sites/{id}/stages", get(stages::show).put(stages::set))
        .route("/sites/{id}/stages/preview", post(stages::preview))
        .route("/sites/{id}/stages/history", get(stages::history))
        .route(
            "/sites/{id}/scores",
            get(insights::scale).put(insights::set_scale),
        )
        .route(
            "/sites/{id}/rates",
            get(rates::list)
                .post(rates::load)
                .delete(rates::remove)
                .layer(DefaultBodyLimit::max(input::LARGE_BYTES)),
        )
        .route(
            "/sites/{id}/retention",
            get(retention::show).patch(retention::change),
        )
        .route("/sites/{id}/retention/totals", get(retention::totals))
        .route(
            "/sites/{id}/imports",
            // The file is not held in memory, and has a limit of its own.
            get(imports::list)
                .post(imports::add)
                .layer(DefaultBodyLimit::disable()),
        )
        .route(
            "/sites/{id}/imports/{import}",
            get(imports::one).delete(imports::remove),
        )
        .route(
            "/sites/{id}/imports/{import}/rejects",
            get(imports::rejects),
        )
        .route("/visitors", get(visitors::list))
        .route("/visitors/{id}", get(visitors::one))
        .route("/visitors/{id}/bot", put(visitors::decide_bot))
        .route("/profiles", get(profiles::many))
        .route("/persons", get(persons::list))
        .route("/persons/merge", post(persons::merge))
        .route("/persons/unmerge", post(persons::unmerge))
        .route("/persons/{id}", get(persons::one))
        .route("/persons/{id}/timeline", get(persons::timeline))
        .route("/persons/{id}/sessions", get(persons::sessions))
        .route("/persons/{id}/orders", get(persons::orders))
        .route("/persons/{id}/export", get(privacy::export))
        .route("/persons/{id}/erase", post(privacy::erase))
        .route("/erasures", get(privacy::pending))
        .route("/erasures/{id}/restore", post(privacy::restore))
        .route("/accounts", get(accounts::list))
        .route("/accounts/{id}", get(accounts::one))
        .route("/audit", get(audit::list))
        .route(
            "/destinations",
            get(destinations::list).post(destinations::add),
        )
        .route(
            "/destinations/{id}",
            get(destinations::one)
                .patch(destinations::change)
                .delete(destinations::remove),
        )
        .route(
            "/destinations/{id}/secret",
            post(destinations::renew_secret),
        )
        .route("/destinations/{id}/test", post(destinations::test))
        .route(
            "/destinations/{id}/deliveries",
            get(destinations::deliveries),
        )
        .route("/destinations/{id}/replay", post(destinations::replay))
        .route("/sessions", get(sessions::list))
        .route("/events", get(entries::list))
        .route("/exports/events", get(exports::events))
        .route("/exports/sessions", get(exports::sessions))
        .route("/exports/journeys", get(exports::journeys))
        .route("/insights", get(insights::list))
        .route("/reports", get(reports::list).post(reports::add))
        .route(
            "/reports/{id}",
            patch(reports::change).delete(reports::remove),
        )
        .route(
            "/annotations",
            get(annotations::list).post(annotations::add),
        )
        .route(
            "/annotations/{id}",
            patch(annotations::change).delete(annotations::remove),
        )
        .route("/alerts", get(alerts::list).post(alerts::add))
        .route("/alerts/preview", post(alerts::preview))
        .route(
            "/alerts/{id}",
            get(alerts::one)
                .patch(alerts::change)
                .delete(alerts::remove),
        )
        .route("/alerts/{id}/history", get(alerts::history))
        .route("/alerts/{id}/test", post(alerts::test))
        .route("/segments", get(segments::list).post(segments::add))
        .route(
            "/segments/{id}",
            patch(segments::change).delete(segments::remove),
        )
        .route("/interactions", get(interactions::list))
        .route("/interactions/channels", get(interactions::channels))
        .route("/imported", get(imported::list))
        .route("/loss", get(loss::by_day))
        .route("/revenue", get(revenue::by_day))
        .route("/rejected", get(rejected::list).delete(rejected::empty))
        .route("/rejected/retry", post(rejected::retry_all))
        .route("/rejected/{id}", delete(rejected::remove))
        .route("/rejected/{id}/retry", post(rejected::retry))
        .route("/analytics/overview", get(questions::overview::series))
        .route("/analytics/sources", get(questions::sources::table))
        .route("/analytics/pages", get(questions::pages::table))
        .route("/analytics/events", get(questions::events::table))
        .route("/analytics/properties", get(questions::properties::table))
        .route("/analytics/realtime", get(questions::realtime::now))
        .route(
            "/analytics/attribution",
            get(questions::attribution::shares),
        )
        .route("/analytics/conversions", get(questions::conversions::rates))
        .route("/analytics/prediction", get(questions::prediction::chances))
        .route("/analytics/insights", get(questions::insights::counts))
        .route("/analytics/funnel", get(questions::funnel::counts))
        .route("/analytics/paths", get(questions::paths::links))
        .route("/analytics/retention", get(questions::retention::cohorts))
        .route("/analytics/stages", get(questions::stages::journeys))
        .route("/definitions", get(questions::definitions::list))
        .route("/definitions/{id}", get(questions::definitions::one))
        .route("/live", get(live::stream))
        .route("/geo", get(geo::about))
        .route("/keys", get(keys::list).post(keys::add))
        .route("/keys/{id}", delete(keys::revoke))
        .route("/shares", get(shares::list).post(shares::add))
        .route("/shares/{id}", delete(shares::revoke))
        .route("/openapi.json", get(openapi::describe))
        .fallback(health::nothing_here)
        .method_not_allowed_fallback(health::wrong_method)
        .layer(from_fn_with_state(app.clone(), caller::same_site_only))
        .layer(from_fn_with_state(app.clone(), client::limited))
        .layer(DefaultBodyLimit::max(input::BYTES))
        .layer(CompressionLayer::new())
        .layer(from_fn(not_stored));

    Router::new()
        .merge(sending)
        .nest("/api/v1", reading)
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(assets::serve)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), guard::headers))
        .layer(from_fn_with_state(app.clone(), trace::span))
        .with_state(app)
}

/// What the API says is for who asked, now.
async fn not_stored(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A defect in one request stays in that request.
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let detail = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    ApiError::internal(format_args!("panic: {detail}")).into_response()
}
