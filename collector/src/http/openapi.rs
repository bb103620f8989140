//! The API's description for machines, `GET /api/v1/openapi.json`: each handler describes itself, here it is put
//! together.
//!
//! A test holds it against the router's table, and `cargo xtask test` has every route of a running collector tried by
//! what the description says of it.

pub(crate) mod failures;
mod wire;

use axum::Json;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    access, accounts, alerts, annotations, audit, caller, capability, catalogue, destinations,
    entries, events, exports, geo, health, imported, imports, insights, interactions, invitations,
    keys, live, loss, members, persons, privacy, profiles, questions, rates, rejected, reports,
    retention, revenue, rules, segment, segments, sessions, shares, sites, stages, visitors,
    workspaces,
};

pub(crate) use wire::{
    Batch, BatchAnswer, InteractionAnswer, InteractionBatch, ItemAnswer, Messages, Reason,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Waymark collector",
        description = "Takes events in and answers questions about them. Times are milliseconds since the Unix epoch; \
            unknown is null. docs/api.md says more.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        events::take,
        interactions::take,
        catalogue::public,
        segment::batch,
        segment::import,
        segment::track,
        segment::identify,
        segment::page,
        segment::screen,
        segment::group,
        segment::alias,
        access::me,
        access::setup,
        access::login,
        access::logout,
        workspaces::list,
        workspaces::add,
        workspaces::rename,
        members::list,
        members::change,
        members::remove,
        members::leave,
        invitations::list,
        invitations::add,
        invitations::revoke,
        audit::list_of_workspace,
        invitations::look,
        invitations::accept,
        sites::list,
        sites::add,
        sites::demo,
        sites::change,
        sites::remove,
        catalogue::show,
        catalogue::change,
        catalogue::adopt,
        catalogue::findings,
        catalogue::forget,
        stages::show,
        stages::set,
        stages::preview,
        stages::history,
        retention::show,
        retention::change,
        retention::totals,
        imports::list,
        imports::add,
        imports::one,
        imports::remove,
        imports::rejects,
        visitors::list,
        visitors::one,
        visitors::decide_bot,
        profiles::many,
        persons::list,
        persons::one,
        persons::timeline,
        persons::sessions,
        persons::orders,
        persons::merge,
        persons::unmerge,
        privacy::export,
        privacy::erase,
        privacy::pending,
        privacy::restore,
        accounts::list,
        accounts::one,
        audit::list,
        destinations::list,
        destinations::add,
        destinations::one,
        destinations::change,
        destinations::remove,
        destinations::renew_secret,
        destinations::test,
        destinations::deliveries,
        destinations::replay,
        sessions::list,
        entries::list,
        exports::events,
        exports::sessions,
        exports::journeys,
        insights::list,
        insights::scale,
        insights::set_scale,
        reports::list,
        reports::add,
        reports::change,
        reports::remove,
        annotations::list,
        annotations::add,
        annotations::change,
        annotations::remove,
        alerts::list,
        alerts::add,
        alerts::preview,
        alerts::one,
        alerts::change,
        alerts::remove,
        alerts::history,
        alerts::test,
        segments::list,
        segments::add,
        segments::change,
        segments::remove,
        interactions::list,
        interactions::channels,
        questions::overview::series,
        questions::sources::table,
        questions::pages::table,
        questions::events::table,
        questions::properties::table,
        questions::realtime::now,
        questions::attribution::shares,
        questions::conversions::rates,
        questions::prediction::chances,
        questions::insights::counts,
        questions::funnel::counts,
        questions::paths::links,
        questions::retention::cohorts,
        questions::stages::journeys,
        questions::definitions::list,
        questions::definitions::one,
        live::stream,
        imported::list,
        loss::by_day,
        revenue::by_day,
        rates::list,
        rates::load,
        rates::remove,
        rejected::list,
        rejected::empty,
        rejected::remove,
        rejected::retry,
        rejected::retry_all,
        geo::about,
        keys::list,
        keys::add,
        keys::revoke,
        shares::list,
        shares::add,
        shares::revoke,
        describe,
        health::alive,
        health::ready
    ),
    // Named by parameters alone.
    components(schemas(
        crate::store::Bots,
        crate::export::Format,
        insights::Status,
        visitors::Sort,
        crate::journey::InsightKind,
        crate::analytics::attempt::Order,
        crate::analytics::buckets::Interval,
        crate::analytics::dimension::Dimension,
        crate::analytics::field::Field,
        crate::analytics::events::Sort,
        crate::analytics::figures::Sort,
        crate::analytics::funnel::Outcome,
        crate::analytics::pages::Sort,
        crate::analytics::paths::Of,
        crate::analytics::whose::By,
        questions::Compare,
        questions::Format,
    )),
    modifiers(&Names)
)]
struct Description;

/// Names of operations, and how a caller says who it is.
struct Names;

impl Modify for Names {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let bearer = |text: &str| {
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .description(Some(text))
                    .build(),
            )
        };
        let cookie = ApiKeyValue::with_description(
            caller::cookie_name(false),
            "A signed-in browser. With https the name begins with __Host-.",
        );
        // Handlers have short names, which the operations of one description may not share.
        for (path, item) in &mut openapi.paths.paths {
            let place = path.trim_start_matches("/api/v1").replace(['/', '.'], "_");
            let place = place.replace(['{', '}'], "");
            for (method, operation) in [
                ("get", &mut item.get),
                ("post", &mut item.post),
                ("put", &mut item.put),
                ("patch", &mut item.patch),
                ("delete", &mut item.delete),
            ] {
                if let Some(operation) = operation {
                    let rule = rules::rule(&method.to_uppercase(), path);
                    let rule = rule.map(|rule| ("x-waymark-rule", rule.described()));
                    let shown = shares::shown_by(method, path);
                    let shown = shown.map(|shows| ("x-waymark-share", serde_json::json!(shows)));
                    operation.extensions = Some(rule.into_iter().chain(shown).collect());
                    operation.operation_id = Some(format!("{method}{place}"));
                }
            }
        }
        let table = [("x-waymark-capabilities", capability::described())];
        openapi.extensions = Some(table.into_iter().collect());
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("api_key", bearer("An API key, wmk_…; or the token of a share link, wms_…, which reads what it shows."));
        components.add_security_scheme("server_key", bearer("A server key, wsk_…"));
        let write_key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Basic)
            .description(Some(
                "The site's write key or a server key as the user name.",
            ))
            .build();
        components.add_security_scheme("write_key", SecurityScheme::Http(write_key));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "about", responses((status = 200, body = Object)))]
pub(crate) async fn describe() -> Json<utoipa::openapi::OpenApi> {
    Json(Description::openapi())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Method and path of every route in the text of the router's table.
    fn routed() -> BTreeSet<(String, String)> {
        let table = include_str!("router.rs");
        let mut routes = BTreeSet::new();
        for call in table.split(".route(").skip(1) {
            let path = call.split('"').nth(1).unwrap();
            // Routes of the API are nested, and written without what they all begin with.
            let outside = ["/healthz", "/readyz"];
            let path = if path.starts_with("/v1/") || outside.contains(&path) {
                path.to_owned()
            } else {
                format!("/api/v1{path}")
            };
            let mut depth = 1;
            let end = call.find(|c| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                depth == 0
            });
            let handlers = &call[..end.unwrap()];
            for method in ["get", "post", "put", "patch", "delete"] {
                if handlers.contains(&format!(" {method}("))
                    || handlers.contains(&format!(".{method}("))
                {
                    routes.insert((method.to_owned(), path.clone()));
                }
            }
        }
        routes
    }

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let description = serde_json::to_value(Description::openapi()).unwrap();
        let described: BTreeSet<(String, String)> = description["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys();
                methods.map(|method| (method.clone(), path.clone()))
            })
            .collect();
        assert!(described.len() > 15);
        assert_eq!(described, routed());
    }

    #[test]
    fn every_route_has_a_rule_and_every_rule_a_route() {
        let ruled: BTreeSet<(String, String)> = rules::RULES
            .iter()
            .map(|(method, path, _)| (method.to_lowercase(), (*path).to_owned()))
            .collect();
        assert_eq!(ruled, routed());
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let description = serde_json::to_value(Description::openapi()).unwrap();
        let text = description.to_string();
        let mut names: Vec<&str> = text
            .split("\"operationId\":\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(names.contains(&"patch_sites_id"), "{names:?}");
    }

    #[test]
    fn every_error_is_described_somewhere() {
        let text = serde_json::to_string(&Description::openapi()).unwrap();
        for code in crate::error::Code::ALL {
            // Told of paths and methods that are not described.
            if code.as_str() != "method_not_allowed" {
                assert!(text.contains(&format!("\"{}\"", code.as_str())), "{code:?}");
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let description = serde_json::to_value(Description::openapi()).unwrap();
        let text = description.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(description.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
