//! Share links: what their holders read, what they do not, and their end.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use waymark_collector::commands::{Command, SharesCommand, Shown};

use crate::support::app::{TestApp, after, error};
use crate::support::batch::{Visit, event, identify, milestone, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    a_link_shows_what_it_is_for_and_nothing_else,
    a_link_is_for_one_site,
    a_link_ends,
    links_are_made_by_the_owner_as_they_may_be,
    a_token_stands_nowhere,
    the_command_line_makes_and_takes_back_links,
);

/// What every holder reads, and what those of a link that shows journeys read too.
const FIGURES: &[&str] = &[
    "me",
    "analytics/overview",
    "analytics/sources",
    "analytics/pages",
    "analytics/events",
    "analytics/realtime",
    "analytics/attribution",
    "analytics/conversions",
    "analytics/insights",
    "analytics/prediction",
    "analytics/funnel",
    "analytics/paths",
    "analytics/retention",
    "analytics/stages",
    "definitions",
    "definitions/{id}",
    "imported",
    "interactions/channels",
    "loss",
    "revenue",
];
const JOURNEYS: &[&str] = &[
    "accounts",
    "accounts/{id}",
    "events",
    "geo",
    "interactions",
    "live",
    "persons",
    "persons/{id}",
    "persons/{id}/orders",
    "persons/{id}/sessions",
    "persons/{id}/timeline",
    "sessions",
    "sites/{id}/stages",
    "visitors",
    "visitors/{id}",
];
/// The steps of a funnel: `[{"page":"/"},{"event":"bought"}]`.
const STEPS: &str = "%5B%7B%22page%22%3A%22%2F%22%7D%2C%7B%22event%22%3A%22bought%22%7D%5D";
/// Who asks these is asked by nobody.
const OPEN: [&str; 6] = [
    "setup",
    "login",
    "logout",
    "invitations/look",
    "invitations/accept",
    "openapi.json",
];

/// A collector with something to be seen, and its owner's cookie.
async fn shop(database: Database) -> (TestApp, String, Visit) {
    let app = TestApp::start(database).await;
    let login = app.set_up("owner@shop.example", "a long password").await;
    let visit = Visit::new(&app.key);
    let mut bought = event("bought");
    bought["data"] =
        json!({"name": "bought", "conversion": true, "value": "49.90", "currency": "EUR"});
    let items = [
        page_view("https://shop.example/"),
        identify("ann"),
        bought,
        milestone("signup_at"),
    ];
    app.accept(&visit.batch(&items)).await;
    let group = crate::support::batch::item("group", json!({"account_id": "acme"}));
    app.accept(&visit.batch(&[group])).await;
    (app, login, visit)
}

async fn asked(app: &TestApp, login: &str, method: Method, path: &str, body: Value) -> Response {
    let request = app.request(method, path).header("Cookie", login);
    request.json(&body).send().await.unwrap()
}

/// Makes a link of site 1 and gives it with its token.
async fn share(app: &TestApp, login: &str, body: Value) -> Value {
    let made = asked(app, login, Method::POST, "/api/v1/shares?site=1", body).await;
    assert_eq!(made.status(), 201);
    made.json().await.unwrap()
}

fn token(share: &Value) -> &str {
    share["token"].as_str().unwrap()
}

async fn a_link_shows_what_it_is_for_and_nothing_else(database: Database) {
    let (app, login, visit) = shop(database).await;
    let figures = share(&app, &login, json!({"name": "Board"})).await;
    let journeys = share(&app, &login, json!({"name": "Agency", "shows": "journeys"})).await;
    assert_eq!(figures["shows"], "figures");
    assert!(token(&figures).starts_with("wms_"));
    let link = figures["link"].as_str().unwrap();
    assert_eq!(link, format!("/share#{}", token(&figures)));

    let description = app.json("/api/v1/openapi.json").await;
    let mut seen = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        let Some(route) = path.strip_prefix("/api/v1/") else {
            continue;
        };
        if OPEN.contains(&route) {
            continue;
        }
        let id = match route.split('/').next().unwrap() {
            "visitors" => visit.visitor.to_string(),
            "persons" => "user:ann".to_owned(),
            "accounts" => "acme".to_owned(),
            "definitions" => "overview".to_owned(),
            "sites" | "keys" | "workspaces" => "1".to_owned(),
            _ => visit.session.to_string(),
        };
        let filled = path
            .replace("{id}", &id)
            .replace("{member}", "1")
            .replace("{invitation}", &visit.session.to_string());
        let filled = match route {
            "imported" => format!("{filled}?dimension=sources"),
            "analytics/funnel" => format!("{filled}?steps={STEPS}"),
            _ => filled,
        };
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            for (link, shown) in [(&figures, false), (&journeys, true)] {
                let request = app
                    .request(method.clone(), &filled)
                    .bearer_auth(token(link));
                let answer = request.send().await.unwrap();
                let may = method == Method::GET
                    && (FIGURES.contains(&route) || shown && JOURNEYS.contains(&route));
                if may {
                    assert_eq!(answer.status(), 200, "{method} {filled}");
                    seen += 1;
                } else {
                    let (status, code, _) = error(answer).await;
                    assert_eq!(
                        (status, code.as_str()),
                        (403, "forbidden"),
                        "{method} {filled}"
                    );
                }
            }
        }
    }
    assert_eq!(seen, 2 * FIGURES.len() + JOURNEYS.len());

    // The figures are the site's.
    let revenue = app.get_with("/api/v1/revenue", token(&figures)).await;
    let revenue: Value = revenue.json().await.unwrap();
    assert_eq!(revenue, app.json("/api/v1/revenue?site=1").await);
    assert_eq!(revenue["total"]["orders"], 1);
    let me: Value = app
        .get_with("/api/v1/me", token(&journeys))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(me["kind"], "share");
    assert_eq!(me["share"]["site"]["name"], "Shop");
    assert_eq!(me["share"]["shows"], "journeys");
    // It sends nothing either.
    let sent = app
        .request(Method::POST, "/v1/interactions")
        .bearer_auth(token(&journeys))
        .json(&json!({"interactions": []}))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 401);
    app.log.assert_quiet();
}

async fn a_link_is_for_one_site(database: Database) {
    let (app, login, _) = shop(database).await;
    let key = app.add_site("Other", &[]).await;
    let other = Visit::new(&key);
    app.accept(&other.batch(&[page_view("https://other.example/")]))
        .await;
    let link = share(&app, &login, json!({"name": "Agency", "shows": "journeys"})).await;
    let of_site = |site: &str| format!("/api/v1/visitors?site={site}");
    assert_eq!(
        app.get_with(&of_site("1"), token(&link)).await.status(),
        200
    );
    for path in [
        of_site("2"),
        "/api/v1/sites/2/stages".to_owned(),
        "/api/v1/revenue?site=2".to_owned(),
        format!("/api/v1/visitors/{}", other.visitor),
    ] {
        let (status, ..) = error(app.get_with(&path, token(&link)).await).await;
        assert_eq!(status, 404, "{path}");
    }
    // Neither is it the other site's to look at or to end.
    let listed: Value = asked(
        &app,
        &login,
        Method::GET,
        "/api/v1/shares?site=2",
        json!({}),
    )
    .await
    .json()
    .await
    .unwrap();
    assert_eq!(listed["data"], json!([]));
    let path = format!("/api/v1/shares/{}?site=2", link["id"].as_str().unwrap());
    let ended = asked(&app, &login, Method::DELETE, &path, json!({})).await;
    assert_eq!(ended.status(), 404);
    assert_eq!(
        app.get_with(&of_site("1"), token(&link)).await.status(),
        200
    );
}

async fn a_link_ends(database: Database) {
    let (app, login, _) = shop(database).await;
    let taken = share(&app, &login, json!({"name": "Taken back"})).await;
    let old = share(&app, &login, json!({"name": "Old", "days": 1})).await;
    let days = old["expires_at"].as_i64().unwrap() - old["created_at"].as_i64().unwrap();
    assert_eq!(days, 24 * 60 * 60 * 1000);
    let usual = taken["expires_at"].as_i64().unwrap() - taken["created_at"].as_i64().unwrap();
    assert_eq!(usual, 30 * days);
    for link in [&taken, &old] {
        assert_eq!(app.get_with("/api/v1/me", token(link)).await.status(), 200);
    }
    let path = format!("/api/v1/shares/{}?site=1", taken["id"].as_str().unwrap());
    let ended = asked(&app, &login, Method::DELETE, &path, json!({})).await;
    assert_eq!(ended.status(), 204);
    app.database
        .execute("UPDATE shares SET expires_at = created_at WHERE name = 'Old'")
        .await;
    for (link, word) in [(&taken, "taken back"), (&old, "expired")] {
        let answer = app.get_with("/api/v1/me", token(link)).await;
        assert_eq!(answer.status(), 401);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"], "share_ended");
        assert!(
            body["error"]["message"].as_str().unwrap().contains(word),
            "{body}"
        );
    }
    let again = asked(&app, &login, Method::DELETE, &path, json!({})).await;
    assert_eq!(again.status(), 404);
    let unknown = format!("{}x", token(&old));
    let (status, code, _) = error(app.get_with("/api/v1/me", &unknown).await).await;
    assert_eq!((status, code.as_str()), (401, "unauthenticated"));

    let listed: Value = asked(
        &app,
        &login,
        Method::GET,
        "/api/v1/shares?site=1",
        json!({}),
    )
    .await
    .json()
    .await
    .unwrap();
    let standing: Vec<(&str, &str)> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| {
            (
                link["name"].as_str().unwrap(),
                link["standing"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(standing, [("Old", "expired"), ("Taken back", "revoked")]);
    for link in listed["data"].as_array().unwrap() {
        assert!(link["last_used_at"].is_i64(), "{link}");
        assert!(link.get("token").is_none());
    }
    let audit: Value = asked(&app, &login, Method::GET, "/api/v1/audit?site=1", json!({}))
        .await
        .json()
        .await
        .unwrap();
    let actions: Vec<&str> = audit["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["shares.revoke", "shares.add", "shares.add"]);
    let subject = format!("share:{}", taken["id"].as_str().unwrap());
    assert_eq!(audit["data"][0]["subject"], subject);
}

async fn links_are_made_by_the_owner_as_they_may_be(database: Database) {
    let (app, login, _) = shop(database).await;
    for (body, field) in [
        (json!({"name": ""}), "name"),
        (json!({"name": "a\nb"}), "name"),
        (json!({"name": "x".repeat(101)}), "name"),
        (json!({"name": "x", "days": 0}), "days"),
        (json!({"name": "x", "days": 367}), "days"),
        (json!({"name": "x", "days": "7"}), "days"),
        (json!({"name": "x", "shows": "everything"}), "shows"),
        (json!({"days": 7}), "name"),
    ] {
        let answer = asked(
            &app,
            &login,
            Method::POST,
            "/api/v1/shares?site=1",
            body.clone(),
        )
        .await;
        let (status, code, at) = error(answer).await;
        assert_eq!((status, code.as_str()), (400, "invalid_field"), "{body}");
        assert!(at.is_none_or(|at| at == field), "{body}");
    }
    let longest = share(&app, &login, json!({"name": "x", "days": 366})).await;
    assert_eq!(longest["last_used_at"], Value::Null);
    for path in ["/api/v1/shares?site=1", "/api/v1/shares"] {
        assert_eq!(
            error(app.get(path).await).await.0,
            403,
            "an API key is no owner"
        );
    }
    let body = json!({"name": "x"});
    let request = app.request(Method::POST, "/api/v1/shares?site=1");
    let answer = request.bearer_auth(&app.secret).json(&body).send().await;
    assert_eq!(error(answer.unwrap()).await.0, 403);
    let answer = app.post("/api/v1/shares?site=1", &body).await;
    assert_eq!(error(answer).await.0, 401);
}

async fn a_token_stands_nowhere(database: Database) {
    let (app, login, _) = shop(database).await;
    let link = share(&app, &login, json!({"name": "Board"})).await;
    assert_eq!(
        app.get_with("/api/v1/loss", token(&link)).await.status(),
        200
    );
    let (_, digits) = token(&link).split_at("wms_".len());
    for table in ["shares", "audit"] {
        let rows = app.database.rows(table).await.concat();
        assert!(!rows.is_empty());
        // Six of its digits stay readable.
        assert!(!rows.to_lowercase().contains(&digits[6..]), "{table}");
    }
    app.log.assert_quiet();
}

async fn the_command_line_makes_and_takes_back_links(database: Database) {
    let (app, _, _) = shop(database).await;
    let add = |days| {
        Command::Shares(SharesCommand::Add {
            site: 1,
            name: "Agency".to_owned(),
            shows: Shown::Journeys,
            days,
        })
    };
    let printed = app.command(&add(7)).await;
    let link = after(&printed, "Shown this once: ");
    let (page, token) = link.split_once('#').unwrap();
    assert!(page.ends_with("/share"), "{link}");
    assert_eq!(app.get_with("/api/v1/visitors", token).await.status(), 200);
    let list = Command::Shares(SharesCommand::List { site: 1 });
    let listed = app.command(&list).await;
    let mut cells = listed.trim_end().split('\t');
    let id: uuid::Uuid = cells.next().unwrap().parse().unwrap();
    assert!(token.starts_with(cells.next().unwrap().trim_end_matches('…')));
    assert_eq!(cells.next(), Some("shows journeys"));
    assert!(cells.next().unwrap().starts_with("until "), "{listed}");
    assert!(cells.next().unwrap().starts_with("used "), "{listed}");
    assert_eq!(cells.next(), Some("Agency"));
    let revoke = Command::Shares(SharesCommand::Revoke { site: 1, id });
    app.command(&revoke).await;
    assert_eq!(
        error(app.get_with("/api/v1/visitors", token).await).await.1,
        "share_ended"
    );
    assert!(app.command(&list).await.contains("\trevoked\t"));
    assert!(app.refused(&revoke).await.contains(&id.to_string()));
    assert!(app.refused(&add(367)).await.contains("days"));
}
