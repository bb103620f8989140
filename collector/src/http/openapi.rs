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
    access, accounts, audit, caller, catalogue, destinations, entries, events, geo, health,
    imported, interactions, keys, live, loss, persons, privacy, rates, rejected, revenue, segment,
    sessions, sites, stages, visitors,
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
        sites::list,
        sites::add,
        sites::change,
        catalogue::show,
        catalogue::change,
        catalogue::adopt,
        catalogue::findings,
        catalogue::forget,
        stages::show,
        stages::set,
        stages::preview,
        stages::history,
        visitors::list,
        visitors::one,
        visitors::decide_bot,
        persons::list,
        persons::one,
        persons::timeline,
        persons::sessions,
        persons::orders,
        persons::merge,
        persons::unmerge,
        privacy::export,
        privacy::erase,
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
        interactions::list,
        interactions::channels,
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
        describe,
        health::alive,
        health::ready
    ),
    // Named by parameters alone.
    components(schemas(crate::store::Bots)),
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
                    operation.operation_id = Some(format!("{method}{place}"));
                }
            }
        }
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("api_key", bearer("An API key, wmk_…"));
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
