//! What the collector concludes from a request's headers and address, and bots.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use waymark_collector::enrich::address::KeptAddress;

use crate::support::app::{ORIGIN, TestApp, error};
use crate::support::batch::{Visit, event};
use crate::support::database::Database;
use crate::support::stream::{Events, PATIENCE};
use crate::support::{on_both_databases, places, required};

on_both_databases!(
    a_trusted_proxy_tells_the_place_and_nobody_else_does,
    an_address_is_kept_as_far_as_was_asked_for,
    hints_are_read_beside_the_user_agent,
    what_a_server_sends_says_nothing_of_where_and_what_it_is,
    bots_are_left_out_until_the_owner_lets_them_in,
    a_database_of_places_is_taken_up_while_the_collector_runs,
);

const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36";
const GOOGLEBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
/// Addresses of which the database knows that they are in Germany and the United States.
const GERMAN: &str = "193.99.144.80";
const AMERICAN: &str = "8.8.8.8";

/// A new visitor's session that began from a page with these headers.
async fn session(app: &TestApp, headers: &[(&str, &str)]) -> Value {
    sent(app, &[&[("Origin", ORIGIN)], headers].concat()).await
}

/// A new visitor's session that began by a request with these headers and no others.
async fn sent(app: &TestApp, headers: &[(&str, &str)]) -> Value {
    let visit = Visit::new(&app.key);
    let mut request = app
        .request(Method::POST, "/v1/events")
        .body(visit.batch(&[event("e")]).to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["results"][0]["status"], "accepted", "{headers:?}");
    let sites = app.json("/api/v1/sites").await;
    let mut sites = sites["data"].as_array().unwrap().iter();
    let site = &sites.find(|site| site["key"] == app.key).unwrap()["id"];
    let path = format!("/api/v1/sessions?site={site}&visitor={}", visit.visitor);
    let page = app.json(&path).await;
    page["data"][0].clone()
}

async fn a_trusted_proxy_tells_the_place_and_nobody_else_does(database: Database) {
    let url = database.url().to_owned();
    let trusting = TestApp::with(database, |config| {
        config.geo_database = places();
        config.trusted_proxies = vec![
            "127.0.0.0/8".parse().unwrap(),
            "10.0.0.0/8".parse().unwrap(),
        ];
    })
    .await;
    let country = async |app: &TestApp, headers: &[(&str, &str)]| {
        session(app, headers).await["device"]["country"].clone()
    };
    let forwarded = format!("for={AMERICAN}, for=\"{GERMAN}:4711\";proto=https");
    for (headers, expected) in [
        (vec![("X-Forwarded-For", GERMAN)], json!("DE")),
        (
            vec![("X-Forwarded-For", "8.8.8.8, 193.99.144.80, 10.0.0.7")],
            json!("DE"),
        ),
        (vec![("Forwarded", &*forwarded)], json!("DE")),
        (
            vec![("X-Forwarded-For", GERMAN), ("Forwarded", &*forwarded)],
            json!("DE"),
        ),
        (
            vec![("X-Forwarded-For", AMERICAN), ("Forwarded", &*forwarded)],
            Value::Null,
        ),
        (vec![("X-Forwarded-For", "8.8.8.8, unknown")], Value::Null),
        (vec![("Forwarded", "for=_hidden")], Value::Null),
        (vec![], Value::Null),
    ] {
        assert_eq!(country(&trusting, &headers).await, expected, "{headers:?}");
    }
    let about = trusting.json("/api/v1/geo").await;
    assert_eq!(
        about["database"]["attribution"],
        json!({"text": "IP Geolocation by DB-IP", "url": "https://db-ip.com"})
    );

    // The same headers from somebody who is not trusted are worth nothing.
    let wary = TestApp::with(Database::shared(&url), |config| {
        config.geo_database = places();
        config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    })
    .await;
    for headers in [[("X-Forwarded-For", GERMAN)], [("Forwarded", &*forwarded)]] {
        assert_eq!(country(&wary, &headers).await, Value::Null, "{headers:?}");
    }
    trusting.log.assert_quiet();
    wary.log.assert_quiet();
}

async fn an_address_is_kept_as_far_as_was_asked_for(database: Database) {
    let url = database.url().to_owned();
    for (kept, v4, v6) in [
        (KeptAddress::None, Value::Null, Value::Null),
        (
            KeptAddress::Truncate,
            json!("193.99.144.0"),
            json!("2001:db8:7::"),
        ),
        (KeptAddress::Full, json!(GERMAN), json!("2001:db8:7:1::9")),
    ] {
        let app = TestApp::with(Database::shared(&url), |config| {
            config.ip = kept;
            config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        })
        .await;
        for (address, expected) in [
            (GERMAN, v4),
            ("2001:db8:7:1::9", v6),
            ("unknown", Value::Null),
        ] {
            let session = session(&app, &[("X-Forwarded-For", address)]).await;
            assert_eq!(session["ip"], expected, "{kept:?} {address}");
        }
        app.log.assert_quiet();
    }
    let kept = "SELECT COUNT(*) FROM sessions WHERE ip IS NOT NULL";
    assert_eq!(database.number(kept).await, 4);
}

async fn hints_are_read_beside_the_user_agent(database: Database) {
    let app = TestApp::start(database).await;
    let device = session(
        &app,
        &[
            ("User-Agent", CHROME),
            (
                "Sec-CH-UA",
                r#""Not)A;Brand";v="8", "Chromium";v="138", "Brave";v="138""#,
            ),
            ("Sec-CH-UA-Mobile", "?1"),
            ("Sec-CH-UA-Platform", r#""Android""#),
        ],
    )
    .await["device"]
        .clone();
    assert_eq!(
        (&device["type"], &device["browser"], &device["os"]),
        (&json!("mobile"), &json!("Brave"), &json!("Android"))
    );
    let device = session(&app, &[("User-Agent", CHROME)]).await["device"].clone();
    assert_eq!(
        (&device["type"], &device["browser"], &device["os"]),
        (&json!("desktop"), &json!("Chrome"), &json!("Linux"))
    );
}

async fn what_a_server_sends_says_nothing_of_where_and_what_it_is(database: Database) {
    let app = TestApp::with(database, |config| {
        config.geo_database = places();
        config.ip = KeptAddress::Full;
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let headers = [
        ("User-Agent", "python-requests/2.32.3"),
        ("X-Forwarded-For", GERMAN),
    ];
    let session = sent(&app, &headers).await;
    assert_eq!(session["bot"], false);
    assert_eq!(session["ip"], Value::Null);
    let device = session["device"].as_object().unwrap();
    assert!(device.values().all(Value::is_null), "{device:?}");
}

async fn bots_are_left_out_until_the_owner_lets_them_in(database: Database) {
    let app = TestApp::start(database).await;
    let mut everybody = Events::of(app.get("/api/v1/live?bots=include").await);
    let mut people = Events::of(app.get("/api/v1/live").await);
    let bot = session(&app, &[("User-Agent", GOOGLEBOT)]).await["visitor_id"].clone();
    let person = session(&app, &[("User-Agent", CHROME)]).await["visitor_id"].clone();

    let (_, entry) = everybody.next().await.unwrap();
    assert_eq!((&entry["visitor_id"], &entry["bot"]), (&bot, &json!(true)));
    let (_, entry) = people.next().await.unwrap();
    assert_eq!(
        (&entry["visitor_id"], &entry["bot"]),
        (&person, &json!(false))
    );

    let who = async |parameters: &str| {
        let mut lists = Vec::new();
        for list in ["visitors", "sessions", "events"] {
            let page = app.json(&format!("/api/v1/{list}?{parameters}")).await;
            let rows = page["data"].as_array().unwrap().iter();
            lists.push(
                rows.map(|row| row["visitor_id"].clone())
                    .collect::<Vec<_>>(),
            );
        }
        assert!(lists.iter().all(|list| *list == lists[0]), "{lists:?}");
        lists.remove(0)
    };
    assert_eq!(who("").await, std::slice::from_ref(&person));
    assert_eq!(who("bots=exclude").await, std::slice::from_ref(&person));
    assert_eq!(who("bots=include").await, [person.clone(), bot.clone()]);
    assert_eq!(who("bots=only").await, std::slice::from_ref(&bot));
    for list in ["visitors", "sessions", "events", "live"] {
        let wrong = app.get(&format!("/api/v1/{list}?bots=some")).await;
        let (status, code, field) = error(wrong).await;
        assert_eq!((status, code.as_str()), (400, "invalid_parameter"));
        assert_eq!(field.as_deref(), Some("bots"));
    }

    // A bot that is asked for by id is shown.
    let id = bot.as_str().unwrap();
    let full = app.json(&format!("/api/v1/visitors/{id}")).await;
    assert_eq!(full["journey"]["bot_by"], "rules");
    assert_eq!(full["timeline"]["data"][0]["bot"], true);
    let shown = app.json(&format!("/api/v1/events?visitor={id}")).await;
    assert_eq!(shown["data"].as_array().unwrap().len(), 1);
    let shown = app
        .json(&format!("/api/v1/events?visitor={id}&bots=exclude"))
        .await;
    assert_eq!(shown["data"], json!([]));

    let path = format!("/api/v1/visitors/{id}/bot");
    let cookie = app.set_up("ann@shop.example", "correct horse").await;
    let decide = async |body: Value| {
        let request = app.request(Method::PUT, &path).header("Cookie", &cookie);
        request.json(&body).send().await.unwrap()
    };
    let journey: Value = decide(json!({"bot": false})).await.json().await.unwrap();
    assert_eq!(
        (&journey["bot"], &journey["bot_by"]),
        (&json!(false), &json!("owner"))
    );
    assert_eq!(who("").await, [person, bot.clone()]);
    let journey: Value = decide(json!({"bot": null})).await.json().await.unwrap();
    assert_eq!(
        (&journey["bot"], &journey["bot_by"]),
        (&json!(true), &json!("rules"))
    );
    assert_eq!(who("bots=only").await, std::slice::from_ref(&bot));

    for (body, field) in [(json!({}), "bot"), (json!({"bot": "yes"}), "bot")] {
        let (status, _, named) = error(decide(body).await).await;
        assert_eq!((status, named.as_deref()), (400, Some(field)));
    }
    let by_key = app.request(Method::PUT, &path).bearer_auth(&app.secret);
    let (status, code, _) = error(by_key.json(&json!({"bot": true})).send().await.unwrap()).await;
    assert_eq!((status, code.as_str()), (403, "forbidden"));
    let nobody = format!("/api/v1/visitors/{}/bot", uuid::Uuid::now_v7());
    let request = app.request(Method::PUT, &nobody).header("Cookie", &cookie);
    let (status, ..) = error(request.json(&json!({"bot": true})).send().await.unwrap()).await;
    assert_eq!(status, 404);
    app.log.assert_quiet();
}

/// Runs `collector geo …` with this file.
fn geo(file: &Path, arguments: &[&str]) -> Output {
    Command::new(required("WAYMARK_TEST_COLLECTOR"))
        .arg("geo")
        .args(arguments)
        .arg("--geo-database")
        .arg(file)
        .output()
        .unwrap()
}

async fn a_database_of_places_is_taken_up_while_the_collector_runs(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("places/geo.mmdb");
    let app = TestApp::with(database, |config| {
        config.geo_database.clone_from(&file);
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let country =
        async || session(&app, &[("X-Forwarded-For", GERMAN)]).await["device"]["country"].clone();
    assert_eq!(country().await, Value::Null);
    assert_eq!(app.json("/api/v1/geo").await, json!({"database": null}));

    let updated = geo(&file, &["update", "--from", places().to_str().unwrap()]);
    assert!(updated.status.success(), "{updated:?}");
    let deadline = Instant::now() + PATIENCE;
    while country().await != json!("DE") {
        assert!(Instant::now() < deadline, "the new file is not noticed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    app.log.assert_quiet();
}

#[test]
fn the_command_says_what_to_do_and_breaks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("geo.mmdb");
    let told = |arguments: &[&str]| {
        let output = geo(&file, arguments);
        assert!(!output.status.success(), "{arguments:?}");
        assert_eq!(output.stdout, b"");
        String::from_utf8(output.stderr).unwrap()
    };
    for arguments in [&["update"][..], &["show"], &["locate", GERMAN]] {
        let text = told(arguments);
        assert!(
            text.contains("db-ip.com") && text.contains("--from"),
            "{text}"
        );
    }
    let text = told(&["update", "--from", "https://db.example/x.mmdb.gz"]);
    assert!(text.contains("| collector geo update --from -"), "{text}");

    let page = folder.path().join("page.html");
    std::fs::write(&page, "<html>not found</html>").unwrap();
    let text = told(&["update", "--from", page.to_str().unwrap()]);
    assert!(
        text.contains("page.html") && text.contains("not a MaxMind DB"),
        "{text}"
    );
    assert!(!file.exists());

    let updated = geo(&file, &["update", "--from", places().to_str().unwrap()]);
    assert!(updated.status.success(), "{updated:?}");
    let before = std::fs::read(&file).unwrap();
    told(&["update", "--from", page.to_str().unwrap()]);
    // Half of a download is no database either.
    std::fs::write(&page, &before[..before.len() / 2]).unwrap();
    told(&["update", "--from", page.to_str().unwrap()]);
    assert_eq!(std::fs::read(&file).unwrap(), before);

    let located = geo(&file, &["locate", AMERICAN]);
    let text = String::from_utf8(located.stdout).unwrap();
    assert_eq!(text.trim_end(), "country US\tregion unknown\tcity unknown");
}
