//! Imports by the API that are ended: by somebody, by the end of their collector, by another collector.

use reqwest::Method;
use serde_json::{Value, json};

use super::by_api::{OWNER, PASSWORD, ended, read, run, send, start};
use super::{file, imported};
use crate::support::app::{TestApp, error};
use crate::support::collector::Collector;
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    one_goes_on_at_a_time_and_can_be_ended,
    what_ends_with_the_collector_goes_on_with_the_same_file,
    another_collector_tells_of_it_and_ends_it,
);

/// Sessions of `views` pages each.
fn long(rows: usize, views: usize) -> String {
    let row = |n: usize| {
        let (day, hour, minute) = (n / 1440 % 28 + 1, n / 60 % 24, n % 60);
        format!(
            "v{},{n},2024-05-{day:02}T{hour:02}:{minute:02}:00Z,https://shop.example/{n},{views}\n",
            n % 100
        )
    };
    let rows: String = (0..rows).map(row).collect();
    format!("visitor_id,session_id,started_at,landing_url,page_views\n{rows}")
}

async fn rows_of(app: &TestApp, login: &str, id: &str) -> u64 {
    let import: Value = read(app, login, &format!("/{id}"))
        .await
        .json()
        .await
        .unwrap();
    import["report"]["rows"].as_u64().unwrap()
}

async fn one_goes_on_at_a_time_and_can_be_ended(database: Database) {
    let (app, owner) = start(database).await;
    let text = long(2_000, 1_000);
    let query = "kind=sessions&file=long.csv";
    let begun: Value = send(&app, &owner, query, text.clone())
        .await
        .json()
        .await
        .unwrap();
    let id = begun["id"].as_str().unwrap().to_owned();
    let busy = send(&app, &owner, "kind=ga4&dry_run=true", "{}").await;
    assert_eq!(error(busy).await, (409, "import_goes_on".into(), None));
    eventually("some rows are stored", || async {
        rows_of(&app, &owner, &id).await > 0
    })
    .await;
    let path = format!("/api/v1/sites/1/imports/{id}");
    let cancel = app.request(Method::DELETE, &path).header("Cookie", &owner);
    assert_eq!(cancel.send().await.unwrap().status(), 204);
    let import = ended(&app, &owner, &id).await;
    assert_eq!(import["state"], "cancelled");
    let rows = import["report"]["rows"].as_u64().unwrap();
    assert!((1..2_000).contains(&rows), "{import}");
    assert_eq!(
        app.database.number("SELECT COUNT(*) FROM sessions").await,
        rows as i64
    );
    // Another one may begin.
    let few = run(&app, &owner, query, long(3, 1)).await;
    assert_eq!(few["state"], "done", "{few}");
    app.log.assert_quiet();
}

async fn sign_in(collector: &Collector) -> String {
    let token = collector
        .setup_link()
        .split_once("#token=")
        .unwrap()
        .1
        .to_owned();
    let body = json!({"token": token, "email": OWNER, "password": PASSWORD});
    let client = reqwest::Client::new();
    let setup = client.post(format!("{}/api/v1/setup", collector.origin()));
    let setup = setup.json(&body).send().await.unwrap();
    assert_eq!(setup.status(), 204);
    crate::support::app::cookie(&setup)
}

/// Asks a collector that is a process, for the imports of its site.
async fn ask(
    collector: &Collector,
    login: &str,
    method: Method,
    rest: &str,
    body: String,
) -> Value {
    let url = format!("{}/api/v1/sites/1/imports{rest}", collector.origin());
    let request = reqwest::Client::new()
        .request(method, url)
        .header("Cookie", login);
    let response = request.body(body).send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{rest}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

async fn standing(collector: &Collector, login: &str, id: &Value) -> Value {
    let rest = format!("/{}", id.as_str().unwrap());
    ask(collector, login, Method::GET, &rest, String::new()).await
}

async fn what_ends_with_the_collector_goes_on_with_the_same_file(database: Database) {
    let mut collector = Collector::start(database, "https://shop.example").await;
    let login = sign_in(&collector).await;
    let forever = ["privacy", "retention", "--site", "1", "--forever"];
    crate::support::program::good(collector.database().url(), &forever).await;
    let text = long(3_000, 20);
    let query = "?kind=sessions&file=long.csv";
    let begun = ask(&collector, &login, Method::POST, query, text.clone()).await;
    let some = "SELECT COUNT(*) FROM sessions";
    eventually("some rows are stored", || async {
        collector.database().number(some).await > 0
    })
    .await;
    collector.kill().await;
    let stored = collector.database().number(some).await;
    assert!((1..3_000).contains(&stored), "{stored}");
    collector.up().await;
    eventually("it is known to be interrupted", || async {
        standing(&collector, &login, &begun["id"]).await["state"] == "interrupted"
    })
    .await;
    // The same file goes on, and an end in order is told at once.
    let again = ask(&collector, &login, Method::POST, query, text.clone()).await;
    eventually("some more rows are stored", || async {
        collector.database().number(some).await > stored
    })
    .await;
    collector.terminate().await;
    collector.ended(std::time::Duration::from_secs(30)).await;
    let stored = collector.database().number(some).await;
    assert!(stored < 3_000, "{stored}");
    collector.up().await;
    let second = standing(&collector, &login, &again["id"]).await;
    assert_eq!(second["state"], "interrupted", "{second}");
    let last = ask(&collector, &login, Method::POST, query, text.clone()).await;
    eventually("everything is imported", || async {
        standing(&collector, &login, &last["id"]).await["state"] == "done"
    })
    .await;
    let import = standing(&collector, &login, &last["id"]).await;
    assert_eq!(import["report"]["rows"], 3_000);
    let known = import["report"]["known"].as_u64().unwrap();
    assert!((1..60_000).contains(&known), "{import}");
    let (whole, _) = start(Database::sqlite()).await;
    let all = file(&text, ".csv");
    imported(&whole, &["sessions", all.path().to_str().unwrap()]).await;
    for sql in [
        some,
        "SELECT COUNT(*) FROM events",
        "SELECT CAST(SUM(at % 1000003) AS BIGINT) FROM events",
        "SELECT CAST(SUM(page_views) AS BIGINT) FROM sessions",
        "SELECT CAST(SUM(total_sessions) AS BIGINT) FROM visitors",
        "SELECT CAST(SUM(first_at % 1000003 + last_at % 1000003) AS BIGINT) FROM visitors",
    ] {
        assert_eq!(
            collector.database().number(sql).await,
            whole.database.number(sql).await,
            "{sql}"
        );
    }
    collector.assert_quiet_log();
}

async fn another_collector_tells_of_it_and_ends_it(database: Database) {
    let first = Collector::start(database, "https://shop.example").await;
    let login = sign_in(&first).await;
    let forever = ["privacy", "retention", "--site", "1", "--forever"];
    crate::support::program::good(first.database().url(), &forever).await;
    let second = Collector::joining(Database::shared(first.database().url())).await;
    let query = "?kind=sessions&file=long.csv";
    let begun = ask(&first, &login, Method::POST, query, long(2_000, 1_000)).await;
    eventually("the other one tells of its rows", || async {
        let import = standing(&second, &login, &begun["id"]).await;
        import["report"]["rows"].as_u64().unwrap() > 0
    })
    .await;
    let rest = format!("/{}", begun["id"].as_str().unwrap());
    ask(&second, &login, Method::DELETE, &rest, String::new()).await;
    eventually("it has ended", || async {
        standing(&first, &login, &begun["id"]).await["state"] == "cancelled"
    })
    .await;
}
