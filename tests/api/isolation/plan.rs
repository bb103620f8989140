//! How each route is asked. A route that is not here fails the suite.

use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Saved, Tenant};
use crate::support::batch::{Visit, event, now};

/// The ids that stand in a request: of one workspace, of another, or of none.
#[derive(Debug, Clone)]
pub(super) struct Ids {
    pub(super) workspace: i64,
    pub(super) site: i64,
    pub(super) visitor: Uuid,
    pub(super) session: Uuid,
    pub(super) item: Uuid,
    pub(super) user: String,
    pub(super) account: String,
    pub(super) destination: String,
    pub(super) delivery: String,
    pub(super) rejected: String,
    pub(super) invitation: String,
    pub(super) key: i64,
    pub(super) share: String,
    pub(super) erasure: String,
    pub(super) saved: Saved,
    pub(super) import: String,
    pub(super) member: i64,
    pub(super) word: String,
}

impl Ids {
    pub(super) fn of(tenant: &Tenant) -> Self {
        Self {
            workspace: tenant.workspace,
            site: tenant.site,
            visitor: tenant.visit.visitor,
            session: tenant.visit.session,
            item: tenant.item,
            user: tenant.user(),
            account: tenant.account(),
            destination: tenant.destination.clone(),
            delivery: tenant.delivery.clone(),
            rejected: tenant.rejected.clone(),
            invitation: tenant.invitation.clone(),
            key: tenant.key,
            share: tenant.share.clone(),
            erasure: tenant.erasure.clone(),
            saved: tenant.saved.clone(),
            import: tenant.import.clone(),
            member: tenant.member,
            word: tenant.word.to_owned(),
        }
    }

    /// Of nothing that there is.
    pub(super) fn of_nothing() -> Self {
        let id = || Uuid::now_v7();
        Self {
            workspace: 990,
            site: 991,
            visitor: id(),
            session: id(),
            item: id(),
            user: "nobody-user".into(),
            account: "nobody-account".into(),
            destination: id().to_string(),
            delivery: id().to_string(),
            rejected: id().to_string(),
            invitation: id().to_string(),
            key: 992,
            share: id().to_string(),
            erasure: id().to_string(),
            saved: Saved {
                report: id().to_string(),
                annotation: id().to_string(),
                segment: id().to_string(),
                alert: id().to_string(),
            },
            import: id().to_string(),
            member: 993,
            word: "nobody".into(),
        }
    }
}

/// What a body is made of: `own` where it says what the request is about, `named` for the ids that it names.
/// The first is the one by which something is done.
type Bodies = fn(own: &Ids, named: &Ids) -> Vec<Value>;

/// How a route is asked beside its path and parameters.
pub(super) enum Plan {
    /// Without a body.
    Bare,
    /// With one that names no id.
    With(Value),
    /// With one in which ids stand.
    Naming(Bodies),
    /// Not of the API: with a write key or a server key.
    Sending(fn(own: &Tenant, named: &Ids) -> Sent),
    /// Not asked: signing in and out, which has tests of its own.
    SigningIn,
}

/// What a sender sends.
pub(super) struct Sent {
    pub(super) body: Option<Value>,
    /// `Authorization`, where it is not the key in the body.
    pub(super) authorization: Option<String>,
    pub(super) query: String,
}

/// The plan of a route.
pub(super) fn plan(method: &str, path: &str) -> Plan {
    use Plan::{Bare, Naming, Sending, SigningIn, With};
    let api = path.strip_prefix("/api/v1").unwrap_or(path);
    match (method, api) {
        ("post", "/setup" | "/login" | "/logout" | "/invitations/look" | "/invitations/accept") => {
            SigningIn
        }
        ("post", "/v1/events") => Sending(|own, named| Sent {
            body: Some(batch(own, named)),
            authorization: None,
            query: String::new(),
        }),
        ("post", "/v1/interactions") => Sending(|own, named| Sent {
            body: Some(json!({"interactions": [
                {"id": "planned", "channel": "email", "kind": "opened", "at": now() - 5000, "user_id": named.user},
                {"id": format!("{}-call", named.word), "channel": "email", "kind": "opened", "at": now() - 5000, "visitor_id": named.visitor},
            ]})),
            authorization: Some(format!("Bearer {}", own.server_key)),
            query: String::new(),
        }),
        ("get", "/v1/catalogue") => Sending(|own, _| Sent {
            body: None,
            authorization: None,
            query: format!("?key={}", own.write_key),
        }),
        ("post", "/v1/batch" | "/v1/import") => {
            Sending(|own, named| segment(own, json!({"batch": [call(named)]})))
        }
        (
            "post",
            "/v1/track" | "/v1/identify" | "/v1/page" | "/v1/screen" | "/v1/group" | "/v1/alias",
        ) => Sending(|own, named| segment(own, call(named))),
        ("post", "/workspaces") => With(json!({"name": "planned workspace"})),
        ("patch", "/workspaces/{id}") => With(json!({"name": "planned"})),
        ("patch", "/workspaces/{id}/members/{member}") => With(json!({"role": "viewer"})),
        ("post", "/workspaces/{id}/invitations") => {
            With(json!({"email": "planned@planned.example", "role": "viewer"}))
        }
        ("post", "/workspaces/{id}/leave")
        | (
            "delete",
            "/workspaces/{id}/members/{member}" | "/workspaces/{id}/invitations/{invitation}",
        )
        | (
            "get",
            "/me"
            | "/workspaces"
            | "/workspaces/{id}/members"
            | "/workspaces/{id}/invitations"
            | "/workspaces/{id}/audit",
        ) => Bare,
        ("post", "/sites") => Naming(|_, named| {
            vec![json!({"workspace": named.workspace, "name": "planned", "origins": []})]
        }),
        ("post", "/sites/demo") => Naming(|_, named| vec![json!({"workspace": named.workspace})]),
        ("patch", "/sites/{id}") => With(json!({"time_zone": "Europe/Berlin"})),
        ("patch", "/sites/{id}/catalogue") => With(json!({"mode": "flag"})),
        ("post", "/sites/{id}/catalogue/adopt") => With(json!({"name": "planned"})),
        ("put", "/sites/{id}/stages") | ("post", "/sites/{id}/stages/preview") => With(stages()),
        ("post", "/sites/{id}/rates") => With(
            json!({"rates": [{"date": "2026-02-28", "from": "GBP", "to": "EUR", "rate": "1.2"}]}),
        ),
        // Of which no row is one of Google Analytics.
        ("post", "/sites/{id}/imports") => With(json!({"planned": true})),
        ("put", "/visitors/{id}/bot") => With(json!({"bot": false})),
        ("post", "/persons/merge" | "/persons/unmerge") => Naming(|own, named| {
            vec![
                json!({"person": format!("user:{}-other", own.word), "other": format!("user:{}", named.user)}),
                json!({"person": format!("visitor:{}", named.visitor), "other": format!("user:{}", own.user)}),
            ]
        }),
        ("post", "/persons/{id}/erase") => With(json!({})),
        ("post", "/destinations") => With(json!({
            "kind": "webhook", "name": "planned", "url": "https://planned.example/", "wants": {"events": ["planned"]},
        })),
        ("patch", "/destinations/{id}") => With(json!({"paused": true})),
        ("post", "/destinations/{id}/secret") => With(json!({})),
        ("post", "/destinations/{id}/replay") => {
            Naming(|_, named| vec![json!({"delivery": named.delivery})])
        }
        ("post", "/keys") => Naming(|_, named| {
            vec![
                json!({"name": "planned", "site": named.site, "scopes": ["read"]}),
                json!({"name": "planned", "workspace": named.workspace, "scopes": ["read"]}),
                json!({"name": "planned", "site": named.site, "kind": "server"}),
            ]
        }),
        ("put", "/sites/{id}/scores") => With(
            json!({"weights": {"recency": 0.5, "frequency": 0.3, "channels": 0.2}, "window_days": 20, "full_occasions": 8, "full_channels": 4}),
        ),
        ("patch", "/sites/{id}/retention") => With(json!({"days": 300})),
        ("post", "/reports") => With(
            json!({"name": "planned", "path": "/api/v1/analytics/overview", "parameters": {"from": "2026-03-01"}}),
        ),
        ("post", "/annotations") => With(json!({"day": "2026-03-01", "text": "planned"})),
        ("post", "/alerts") => Naming(|_, named| {
            let new = |segment: Value, channels: Value| json!({"name": "planned", "paused": true, "rule": rule(segment), "channels": channels});
            let channel = json!({"kind": "webhook", "destination": named.destination});
            vec![
                new(Value::Null, json!([channel])),
                new(json!(named.saved.segment), json!([])),
            ]
        }),
        ("post", "/alerts/preview") => {
            Naming(|_, named| vec![json!({"rule": rule(json!(named.saved.segment)), "windows": 2})])
        }
        ("patch", "/alerts/{id}") => With(json!({"name": "planned otherwise"})),
        ("post", "/segments") => With(
            json!({"name": "planned", "filters": [{"dimension": "source", "op": "is", "values": ["planned"]}]}),
        ),
        ("patch", "/reports/{id}" | "/segments/{id}") => With(json!({"name": "planned otherwise"})),
        ("patch", "/annotations/{id}") => With(json!({"text": "planned otherwise"})),
        ("post", "/shares") => With(json!({"name": "planned", "days": 7})),
        ("post", "/erasures/{id}/restore")
        | (
            "post",
            "/alerts/{id}/test"
            | "/destinations/{id}/test"
            | "/rejected/retry"
            | "/rejected/{id}/retry",
        )
        | (
            "delete",
            "/sites/{id}"
            | "/sites/{id}/catalogue/findings"
            | "/sites/{id}/rates"
            | "/sites/{id}/imports/{import}"
            | "/destinations/{id}"
            | "/rejected"
            | "/rejected/{id}"
            | "/keys/{id}"
            | "/reports/{id}"
            | "/annotations/{id}"
            | "/alerts/{id}"
            | "/segments/{id}"
            | "/shares/{id}",
        )
        | (
            "get",
            "/sites"
            | "/sites/{id}/catalogue"
            | "/sites/{id}/catalogue/findings"
            | "/sites/{id}/stages"
            | "/sites/{id}/stages/history"
            | "/sites/{id}/rates"
            | "/sites/{id}/retention"
            | "/sites/{id}/scores"
            | "/sites/{id}/imports"
            | "/sites/{id}/imports/{import}"
            | "/sites/{id}/imports/{import}/rejects"
            | "/insights"
            | "/analytics/overview"
            | "/analytics/sources"
            | "/analytics/pages"
            | "/analytics/events"
            | "/analytics/properties"
            | "/profiles"
            | "/analytics/realtime"
            | "/analytics/attribution"
            | "/analytics/conversions"
            | "/analytics/insights"
            | "/analytics/prediction"
            | "/analytics/funnel"
            | "/analytics/paths"
            | "/analytics/retention"
            | "/analytics/stages"
            | "/definitions"
            | "/definitions/{id}"
            | "/sites/{id}/retention/totals"
            | "/erasures"
            | "/visitors"
            | "/visitors/{id}"
            | "/persons"
            | "/persons/{id}"
            | "/persons/{id}/timeline"
            | "/persons/{id}/sessions"
            | "/persons/{id}/orders"
            | "/persons/{id}/export"
            | "/accounts"
            | "/accounts/{id}"
            | "/audit"
            | "/destinations"
            | "/destinations/{id}"
            | "/destinations/{id}/deliveries"
            | "/sessions"
            | "/events"
            | "/reports"
            | "/annotations"
            | "/alerts"
            | "/alerts/{id}"
            | "/alerts/{id}/history"
            | "/segments"
            | "/exports/events"
            | "/exports/sessions"
            | "/exports/journeys"
            | "/interactions"
            | "/interactions/channels"
            | "/imported"
            | "/loss"
            | "/revenue"
            | "/rejected"
            | "/live"
            | "/geo"
            | "/keys"
            | "/shares"
            | "/openapi.json"
            | "/healthz"
            | "/readyz",
        ) => Bare,
        _ => panic!(
            "{method} {path} has no plan: say in tests/api/isolation/plan.rs how it is asked"
        ),
    }
}

/// It would fire in hours in which nothing arrives.
fn rule(segment: Value) -> Value {
    json!({"figure": "items", "window": "hour", "segment": segment, "condition": {"kind": "below", "value": 1}})
}

fn stages() -> Value {
    json!({"document": {
        "version": 1,
        "stages": [{"key": "new", "label": "New"}, {"key": "bought", "label": "Bought"}],
        "milestones": [{"name": "planned", "stage": "bought"}],
    }})
}

/// A batch for a site, with another's visitor, session and item.
fn batch(own: &Tenant, named: &Ids) -> Value {
    let visit = Visit {
        key: own.write_key.clone(),
        visitor: named.visitor,
        session: named.session,
        tab: Uuid::now_v7(),
        started_at: now(),
    };
    let mut told = event("planned");
    told["id"] = json!(named.item);
    let named = crate::support::batch::item("identify", json!({"user_id": named.user}));
    visit.batch(&[told, named])
}

fn call(named: &Ids) -> Value {
    json!({
        "type": "track", "event": "planned", "name": "planned", "messageId": named.item, "anonymousId": named.visitor,
        "userId": named.user, "previousId": named.user, "groupId": named.account,
    })
}

fn segment(own: &Tenant, body: Value) -> Sent {
    use base64::Engine;
    let user = base64::engine::general_purpose::STANDARD.encode(format!("{}:", own.write_key));
    Sent {
        body: Some(body),
        authorization: Some(format!("Basic {user}")),
        query: String::new(),
    }
}

/// The ids of a path, by the name of its first part.
pub(super) fn path_of(path: &str, ids: &Ids, second: &Ids) -> String {
    let api = path.strip_prefix("/api/v1/").unwrap_or(path);
    let first = match api.split('/').next().unwrap() {
        "workspaces" => ids.workspace.to_string(),
        "sites" => ids.site.to_string(),
        "visitors" => ids.visitor.to_string(),
        "persons" => format!("user:{}", ids.user),
        "accounts" => ids.account.clone(),
        "destinations" => ids.destination.clone(),
        "rejected" => ids.rejected.clone(),
        "keys" => ids.key.to_string(),
        "shares" => ids.share.clone(),
        "erasures" => ids.erasure.clone(),
        "definitions" => "overview".to_owned(),
        "reports" => ids.saved.report.clone(),
        "annotations" => ids.saved.annotation.clone(),
        "alerts" => ids.saved.alert.clone(),
        "segments" => ids.saved.segment.clone(),
        _ => String::new(),
    };
    let filled = path
        .replace("{id}", &first)
        .replace("{member}", &second.member.to_string())
        .replace("{invitation}", &second.invitation)
        .replace("{import}", &second.import);
    assert!(
        !filled.contains('{'),
        "{path} has a parameter without a plan"
    );
    filled
}

/// What a parameter of the query is, and what stands in it.
#[derive(Debug)]
pub(super) enum Parameter {
    /// The id of a site or workspace: of another's there is nothing.
    Place(fn(&Ids) -> String),
    /// Something by which a list is searched: of another's nothing is found.
    Search(fn(&Ids) -> String),
    /// No id.
    Plain(Option<&'static str>),
}

/// The plan of a parameter.
pub(super) fn parameter(path: &str, name: &str) -> Parameter {
    use Parameter::{Place, Plain, Search};
    match name {
        "site" => Place(|ids| ids.site.to_string()),
        "workspace" => Place(|ids| ids.workspace.to_string()),
        "visitor" => Search(|ids| ids.visitor.to_string()),
        "session" => Search(|ids| ids.session.to_string()),
        "q" | "source" => Search(|ids| ids.word.clone()),
        "name" => Search(|ids| format!("{}-order", ids.word)),
        "key" => Search(|ids| format!("{}-call", ids.word)),
        "domain" => Search(|ids| format!("{}.example", ids.word)),
        "from" if path.ends_with("/rates") => Plain(Some("USD")),
        "to" if path.ends_with("/rates") => Plain(Some("EUR")),
        // [{"page":"/"},{"event":"bought"}]
        "steps" => Plain(Some(
            "%5B%7B%22page%22%3A%22%2F%22%7D%2C%7B%22event%22%3A%22bought%22%7D%5D",
        )),
        "kind" if path.ends_with("/imports") => Plain(Some("ga4")),
        "dry_run" => Plain(Some("true")),
        "file" | "delimiter" | "map" | "time_zone" => Plain(None),
        "window" | "order" | "breakdown" | "people" | "outcome" => Plain(None),
        "start" | "end" | "depth" | "top" | "of" => Plain(None),
        "cohort" | "returning" | "period" | "periods" | "within" | "threshold" => Plain(None),
        "zone" | "filters" | "compare" | "format" | "interval" => Plain(None),
        "conversion" | "lookback" | "models" | "half_life" | "keys" | "intervals" => Plain(None),
        "resamples" | "seed" | "paths" | "touches" | "model" => Plain(None),
        "person" => Search(|ids| format!("user:{}", ids.word)),
        "segment" => Place(|ids| ids.saved.segment.clone()),
        "dimension" => Plain(Some("sources")),
        "state" => Plain(Some("skipped")),
        "limit" | "cursor" | "from" | "to" | "bots" | "stage" | "reason" | "first" | "last"
        | "type" | "channel" | "kind" | "matched" | "by" | "rule" | "status" | "since" | "sort"
        | "min_score" | "property" | "events" | "sequences" | "entry_page" | "country"
        | "last_event_id" => Plain(None),
        "event" => Plain(Some("planned")),
        "ids" => Plain(Some("user:nobody")),
        _ => panic!(
            "the parameter {name} of {path} has no plan: say in tests/api/isolation/plan.rs what it is"
        ),
    }
}

/// Routes whose answer has no text of anybody's.
pub(super) const BLAND: &[&str] = &[
    "/api/v1/analytics/overview",
    "/api/v1/analytics/attribution",
    "/api/v1/analytics/conversions",
    "/api/v1/analytics/funnel",
    "/api/v1/analytics/insights",
    "/api/v1/analytics/paths",
    "/api/v1/analytics/prediction",
    "/api/v1/analytics/properties",
    "/api/v1/analytics/retention",
    "/api/v1/analytics/stages",
    "/api/v1/profiles",
    "/api/v1/definitions",
    "/api/v1/definitions/{id}",
    "/api/v1/geo",
    "/api/v1/insights",
    "/api/v1/sites/{id}/retention",
    "/api/v1/sites/{id}/retention/totals",
    "/api/v1/sites/{id}/scores",
    "/api/v1/interactions/channels",
    "/api/v1/live",
    "/api/v1/loss",
    "/api/v1/revenue",
    "/api/v1/openapi.json",
    "/healthz",
    "/readyz",
];
