//! Workspaces never see each other, and nobody may more than the table says: every route of the served description, with
//! every id of another workspace, as every kind of caller.

mod brought;
mod plan;
mod world;

use std::collections::BTreeMap;

use futures_util::future::join_all;
use reqwest::{Method, Response};
use serde_json::Value;
use waymark_collector::store::Store;

use self::plan::{BLAND, Ids, Parameter, Plan, parameter, path_of, plan};
use self::world::{Caller, Is, Tenant, World};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    nothing_of_another_workspace_is_told_or_changed,
    who_may_is_what_the_table_says,
    every_plan_is_one_that_works,
);

/// A route as the description has it.
struct Route {
    method: String,
    path: String,
    /// The names of its parameters in the query.
    parameters: Vec<String>,
    rule: String,
    /// What a share link has to show for its holder to read it.
    share: Option<String>,
}

impl Route {
    fn path_ids(&self) -> usize {
        // What figures mean is everybody's.
        if self.path == "/api/v1/definitions/{id}" {
            return 0;
        }
        self.path.matches('{').count()
    }

    fn is_bare(&self) -> bool {
        self.method == "get"
    }

    /// Whether it changes something of others.
    fn changes(&self) -> bool {
        let only_looks = self.path.ends_with("/preview") || self.path.ends_with("/leave");
        !self.is_bare() && !only_looks
    }

    fn method(&self) -> Method {
        self.method.to_uppercase().parse().unwrap()
    }

    /// Path and query: whose ids stand in the path, whose place is named in the query if one is, and whose things are
    /// searched for.
    fn target(
        &self,
        [first, second]: [&Ids; 2],
        place: Option<&Ids>,
        search: Option<&Ids>,
    ) -> String {
        let mut query = Vec::new();
        for name in &self.parameters {
            let whose = match parameter(&self.path, name) {
                Parameter::Place(value) => place.map(value),
                Parameter::Search(value) => search.map(value),
                Parameter::Plain(value) => value.map(str::to_owned),
            };
            query.extend(whose.map(|value| format!("{name}={value}")));
        }
        let path = path_of(&self.path, first, second);
        if query.is_empty() {
            path
        } else {
            format!("{path}?{}", query.join("&"))
        }
    }

    /// As somebody asks for what is their own.
    fn own(&self, own: &Ids) -> String {
        self.target([own, own], Some(own), None)
    }

    /// What is sent: the first body of the plan, with ids of `named` in it.
    fn bodies(&self, own: &Ids, named: &Ids) -> Vec<Option<Value>> {
        match plan(&self.method, &self.path) {
            Plan::With(body) => vec![Some(body)],
            Plan::Naming(bodies) => bodies(own, named).into_iter().map(Some).collect(),
            Plan::Bare | Plan::Sending(_) | Plan::SigningIn => vec![None],
        }
    }
}

struct Description {
    routes: Vec<Route>,
    /// The roles and the scope of each capability.
    table: BTreeMap<String, (Vec<String>, Option<String>)>,
}

/// Routes that read come first, and what takes the ground from under others last.
fn place(route: &Route) -> (u8, std::cmp::Reverse<usize>, String) {
    let rank = match (route.method.as_str(), route.path.as_str()) {
        ("get", _) => 0,
        (_, path) if path.ends_with("/leave") => 5,
        (_, path) if path.ends_with("/erase") => 4,
        ("delete", _) => 3,
        (_, path) if path.ends_with("/unmerge") => 2,
        _ => 1,
    };
    let length = std::cmp::Reverse(route.path.len());
    (rank, length, format!("{}{}", route.path, route.method))
}

async fn described(app: &TestApp) -> Description {
    let description = app.json("/api/v1/openapi.json").await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut routes = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array();
            let parameters = parameters.into_iter().flatten();
            let in_query = parameters.filter(|one| one["in"] == "query");
            routes.push(Route {
                method: method.clone(),
                path: path.clone(),
                parameters: in_query.map(|one| text(&one["name"])).collect(),
                rule: text(&operation["x-waymark-rule"]),
                share: operation["x-waymark-share"].as_str().map(str::to_owned),
            });
        }
    }
    routes.sort_by_key(place);
    let table = description["x-waymark-capabilities"].as_array().unwrap();
    let table = table.iter().map(|row| {
        let roles = row["roles"].as_array().unwrap().iter().map(text).collect();
        let scope = row["scope"].as_str().map(str::to_owned);
        (text(&row["capability"]), (roles, scope))
    });
    let table = table.collect();
    assert!(routes.len() > 80, "{}", routes.len());
    Description { routes, table }
}

/// The body of an answer; a stream has no end, and is not read.
async fn text_of(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type");
    let is_stream = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let text = if is_stream {
        String::new()
    } else {
        response.text().await.unwrap()
    };
    (status, text)
}

/// A request in which something of another workspace stands, and the same with something that is nowhere.
struct Attack {
    what: &'static str,
    target: String,
    body: Option<Value>,
    twin: Option<(String, Option<Value>)>,
}

fn attacks(route: &Route, own: &Ids, other: &Ids, nothing: &Ids) -> Vec<Attack> {
    let mut attacks = Vec::new();
    let mut add = |what, target: &dyn Fn(&Ids) -> String| {
        let body = route.bodies(own, own).swap_remove(0);
        attacks.push(Attack {
            what,
            target: target(other),
            twin: Some((target(nothing), body.clone())),
            body,
        });
    };
    let has = |wanted: fn(&Parameter) -> bool| {
        let mut names = route.parameters.iter();
        names.any(|name| wanted(&parameter(&route.path, name)))
    };
    let has_place = has(|one| matches!(one, Parameter::Place(_)));
    let has_search = has(|one| matches!(one, Parameter::Search(_)));
    if route.path_ids() > 0 {
        add("path", &|strange| {
            route.target([strange, own], Some(own), None)
        });
        if has_place {
            add("path, no place", &|strange| {
                route.target([strange, own], None, None)
            });
            add("path and place", &|strange| {
                route.target([strange, own], Some(strange), None)
            });
        }
    }
    if route.path_ids() > 1 {
        add("second", &|strange| {
            route.target([own, strange], Some(own), None)
        });
        add("both", &|strange| {
            route.target([strange, strange], Some(own), None)
        });
    }
    if has_place {
        add("place", &|strange| {
            route.target([own, own], Some(strange), None)
        });
    }
    if has_search {
        add("search", &|strange| {
            route.target([own, own], Some(own), Some(strange))
        });
    }
    if let Plan::Naming(_) = plan(&route.method, &route.path) {
        let target = route.own(own);
        let pairs = route
            .bodies(own, other)
            .into_iter()
            .zip(route.bodies(own, nothing));
        for (body, twin) in pairs {
            attacks.push(Attack {
                what: "body",
                target: target.clone(),
                body,
                twin: Some((target.clone(), twin)),
            });
        }
    }
    if route.is_bare() {
        attacks.push(Attack {
            what: "own",
            target: route.own(own),
            body: None,
            twin: None,
        });
    }
    attacks
}

async fn nothing_of_another_workspace_is_told_or_changed(database: Database) {
    let world = World::make(database).await;
    let description = described(&world.app).await;
    for (mine, other) in [(&world.left, &world.right), (&world.right, &world.left)] {
        let before = rows_of(&world.app, other).await;
        assert!(before.len() > 40, "{before:?}");
        for route in &description.routes {
            if let Plan::SigningIn | Plan::Sending(_) = plan(&route.method, &route.path) {
                continue;
            }
            let (own, theirs, nothing) = (Ids::of(mine), Ids::of(other), Ids::of_nothing());
            for attack in attacks(route, &own, &theirs, &nothing) {
                let callers = mine.callers.iter();
                join_all(callers.map(|caller| try_one(&world.app, route, &attack, caller, other)))
                    .await;
            }
        }
        // At last, since what is sent under another's ids is the sender's own from then on, and shows theirs in lists.
        for route in &description.routes {
            if let Plan::Sending(sent) = plan(&route.method, &route.path) {
                send(&world.app, route, sent(mine, &Ids::of(other)), other).await;
            }
        }
        assert_eq!(rows_of(&world.app, other).await, before);
    }
    world.app.log.assert_quiet();
}

/// Nothing of the other is told, and what is theirs is answered as what is nowhere.
async fn try_one(app: &TestApp, route: &Route, attack: &Attack, caller: &Caller, other: &Tenant) {
    let Attack {
        what, target, body, ..
    } = attack;
    let told = format!("{} {target} ({what}) as {}", route.method, caller.name);
    let ask = async |target: &str, body: &Option<Value>| {
        text_of(caller.ask(app, route.method(), target, body.as_ref()).await).await
    };
    let (status, text) = ask(target, body).await;
    let asked = format!("{target} {}", body.clone().unwrap_or_default());
    for canary in other.canaries().filter(|canary| !asked.contains(canary)) {
        assert!(
            !text.contains(canary),
            "{told}: {canary} is in {status} {text}"
        );
    }
    let Some((twin, twin_body)) = &attack.twin else {
        assert!(status < 500, "{told}: {status} {text}");
        return;
    };
    if caller.is == Is::Nobody {
        // Beside the routes that anybody may ask.
        assert!(
            status == 401 || route.rule == "anybody",
            "{told}: {status} {text}"
        );
        return;
    }
    if *what == "search" {
        assert!([200, 403].contains(&status), "{told}: {status} {text}");
    } else {
        // It says so with 200 that there is nothing to send again.
        let nothing = route.path.ends_with("/replay") && *what == "body" && status == 200;
        assert!(
            nothing || [400, 403, 404].contains(&status),
            "{told}: {status} {text}"
        );
        assert_eq!((status, text), ask(twin, twin_body).await, "{told}");
    }
}

/// Under the other's ids, by the right of one's own keys.
async fn send(app: &TestApp, route: &Route, sent: plan::Sent, other: &Tenant) {
    let target = format!("{}{}", route.path, sent.query);
    let mut request = app.request(route.method(), &target);
    if let Some(authorization) = &sent.authorization {
        request = request.header("Authorization", authorization);
    } else {
        request = request.header("Origin", "https://shop.example");
    }
    if let Some(body) = &sent.body {
        request = request.json(body);
    }
    let (status, text) = text_of(request.send().await.unwrap()).await;
    assert_eq!(status, 200, "{} {target}: {text}", route.method);
    let asked = format!("{target} {}", sent.body.unwrap_or_default());
    for canary in other.canaries().filter(|canary| !asked.contains(canary)) {
        assert!(!text.contains(canary), "{target}: {canary} is in {text}");
    }
}

/// Every row of a workspace and of its sites, by table.
async fn rows_of(app: &TestApp, tenant: &Tenant) -> Vec<String> {
    app.judged().await;
    let store = Store::open(app.database.url()).await.unwrap();
    let columns = store.inventory().await.unwrap();
    store.close().await;
    let site = tenant.site;
    let workspace = tenant.workspace;
    let mut conditions: BTreeMap<String, String> = BTreeMap::new();
    for column in columns {
        let condition = match (column.table.as_str(), column.column.as_str()) {
            // The collector notes here when it has looked for what is too old, by the clock.
            ("retention_rounds", _) => continue,
            (_, "site_id") => format!("site_id = {site}"),
            ("users" | "setup_tokens" | "logins", "id" | "user_id") => format!(
                "{} IN (SELECT m.user_id FROM workspace_members AS m WHERE m.workspace_id = {workspace})",
                column.column
            ),
            ("workspaces", "id") => format!("id = {workspace}"),
            (_, "workspace_id") => format!("workspace_id = {workspace}"),
            _ => continue,
        };
        let own = conditions.entry(column.table).or_default();
        if !own.is_empty() {
            own.push_str(" OR ");
        }
        own.push_str(&condition);
    }
    let mut rows = Vec::new();
    // Sums are counted anew by themselves.
    conditions.retain(|table, _| !table.starts_with("rollup"));
    for (table, condition) in conditions {
        for row in app.database.rows_where(&table, &condition).await {
            rows.push(format!("{table}: {row}"));
        }
    }
    rows
}

/// Whether the table lets somebody do what a route does.
fn may(description: &Description, route: &Route, is: Is, is_installation_owner: bool) -> bool {
    match (route.rule.as_str(), is) {
        (_, Is::Nobody) => false,
        // One that shows journeys shows figures too.
        (_, Is::Link(shows)) => {
            let mut least = route.share.iter();
            least.any(|least| least == "figures" || least == shows)
        }
        ("known", _) => true,
        ("member", Is::Member(_)) => true,
        ("installation", Is::Member(_)) => is_installation_owner,
        ("member" | "installation", Is::Key { .. }) => false,
        (capability, is) => {
            let (roles, scope) = &description.table[capability];
            match is {
                Is::Member(role) => roles.iter().any(|one| one == role),
                Is::Key { scopes, every_site } => {
                    let whole = every_site || capability != "add_sites";
                    whole
                        && scope
                            .as_deref()
                            .is_some_and(|scope| scopes.contains(&scope))
                }
                Is::Nobody | Is::Link(_) => false,
            }
        }
    }
}

async fn who_may_is_what_the_table_says(database: Database) {
    let world = World::make(database).await;
    let description = described(&world.app).await;
    let mut tried = 0;
    for (tenant, of_installation) in [(&world.left, true), (&world.right, false)] {
        let own = Ids::of(tenant);
        // The owner comes last, who may take away what the others ask for.
        for caller in &tenant.callers {
            for route in &description.routes {
                if ["anybody", "sender"].contains(&route.rule.as_str()) {
                    continue;
                }
                let target = route.own(&own);
                let body = route.bodies(&own, &own).swap_remove(0);
                let response = caller.ask(&world.app, route.method(), &target, body.as_ref());
                let (status, text) = text_of(response.await).await;
                let expected = may(
                    &description,
                    route,
                    caller.is,
                    of_installation && caller.is == Is::Member("owner"),
                );
                let told = format!(
                    "{} {target} as {}: {status} {text}",
                    route.method, caller.name
                );
                let refusal = if caller.is == Is::Nobody { 401 } else { 403 };
                if expected {
                    assert!(![401, 403].contains(&status) && status < 500, "{told}");
                } else {
                    assert_eq!(status, refusal, "{told}");
                }
                // Whatever the table says.
                if caller.is == Is::Member("viewer") && route.changes() {
                    assert_eq!(status, 403, "{told}");
                }
                // So of a link that shows figures, and whoever has a link changes nothing.
                if let Is::Link(_) = caller.is {
                    assert!(route.is_bare() || status == 403, "{told}");
                }
                if ["key to read", "link to figures"].contains(&caller.name) {
                    for mark in tenant.personal() {
                        assert!(!text.contains(&mark), "{told}: {mark}");
                    }
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried}");
    world.app.log.assert_quiet();
}

/// What the other tests rest on: whoever may is answered, and with what could be told to others.
async fn every_plan_is_one_that_works(database: Database) {
    let world = World::make(database).await;
    let description = described(&world.app).await;
    let tenant = &world.right;
    let own = Ids::of(tenant);
    let before = rows_of(&world.app, tenant).await;
    for route in &description.routes {
        if let Plan::SigningIn | Plan::Sending(_) = plan(&route.method, &route.path) {
            continue;
        }
        let target = route.own(&own);
        let body = route.bodies(&own, &own).swap_remove(0);
        let response = tenant
            .owner()
            .ask(&world.app, route.method(), &target, body.as_ref());
        let (status, text) = text_of(response.await).await;
        let told = format!("{} {target}: {status} {text}", route.method);
        let expected: &[u16] = match route.rule.as_str() {
            "installation" => &[403],
            // Nobody else owns it.
            "member" => &[409],
            // It is no demo.
            _ if route.method == "delete" && route.path == "/api/v1/sites/{id}" => &[409],
            _ => &[200, 201, 202, 204],
        };
        assert!(expected.contains(&status), "{told}");
        if route.is_bare() && !BLAND.contains(&route.path.as_str()) {
            let canary = tenant.canaries().find(|canary| text.contains(canary));
            assert!(canary.is_some(), "{told}");
        }
    }
    assert_ne!(rows_of(&world.app, tenant).await, before);
    world.app.log.assert_quiet();
}
