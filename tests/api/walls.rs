//! The second wall between sites: row-level security on PostgreSQL. What the first one is, the conditions of the
//! statements, is taken away here, or asked with another site's name.

use std::process::Stdio;

use futures_util::StreamExt;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::io::{AsyncBufReadExt, BufReader};
use waymark_collector::store::{ROLE, Store};

use super::filled::fill;
use crate::support::app::TestApp;
use crate::support::batch::{Visit, event};
use crate::support::database::Database;
use crate::support::program::{good, program, run};

/// Sites that have rows, and one that has none.
const SITES: [&str; 3] = ["1", "2", "999"];

/// A connection that asks as the collector does.
async fn asking(database: &Database) -> PgConnection {
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    if database.url() == database.looking() {
        run_sql(&mut connection, &format!("SET ROLE {ROLE}"))
            .await
            .unwrap();
    }
    connection
}

async fn run_sql(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .map(drop)
}

async fn count(connection: &mut PgConnection, table: &str, condition: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM (SELECT * FROM \"{table}\") AS t WHERE {condition}");
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(connection)
        .await
        .unwrap_or_else(|error| panic!("{table}: {error}"))
}

/// What is filled and emptied by one transaction, or by a search that has ended.
const PASSING: &str = "
    INSERT INTO erasing_ids VALUES (1, 'visitor', gen_random_uuid(), gen_random_uuid());
    INSERT INTO erasing_texts VALUES (1, 'user', 'a', 'b');
    INSERT INTO stage_restatements VALUES (1, 1, '[]', gen_random_uuid(), gen_random_uuid(), 0);
    INSERT INTO told_emails VALUES (1, 'a', 'b', 1);
    INSERT INTO rollups VALUES (1, 0) ON CONFLICT DO NOTHING;
    INSERT INTO rollup_marks (site_id, hour) VALUES (1, 1);
    INSERT INTO rollup_hours VALUES (1, 1, FALSE, 0, 0, 0, 0, 0, 0, 0, 0, 0, '');
    INSERT INTO rollup_touches VALUES (1, 1, FALSE, 0, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, '');";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_answers_for_another_site() {
    no_table_answers(Database::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_answers_its_owner_for_another_site() {
    no_table_answers(Database::postgres_of("").await).await;
}

async fn no_table_answers(database: Database) {
    let mut app = TestApp::start(database).await;
    fill(&app).await;
    // It would go on with the search.
    app.stop().await;
    app.database.execute(PASSING).await;
    let mut looking = PgConnection::connect(app.database.looking()).await.unwrap();
    let mut asking = asking(&app.database).await;
    let tables = app.database.tables().await;
    assert!(tables.len() > 30, "{tables:?}");
    for table in &tables {
        let site = match table.as_str() {
            "sites" => Some("id"),
            _ => sqlx::query_scalar(
                "SELECT attname::text FROM pg_attribute WHERE attrelid = $1::text::regclass AND attname = 'site_id'",
            )
            .bind(table)
            .fetch_optional(&mut looking)
            .await
            .unwrap()
            .map(|_: String| "site_id"),
        };
        let all = count(&mut looking, table, "TRUE").await;
        assert!(all > 0, "{table} has no row that could be seen");
        // Nothing said, in both ways.
        for nothing in ["RESET waymark.site", "SET waymark.site = ''"] {
            run_sql(&mut asking, nothing).await.unwrap();
            assert_eq!(
                count(&mut asking, table, "TRUE").await,
                0,
                "{table}: {nothing}"
            );
        }
        for own in SITES {
            run_sql(&mut asking, &format!("SET waymark.site = '{own}'"))
                .await
                .unwrap();
            let condition = site.map_or("FALSE".to_owned(), |site| format!("{site} = {own}"));
            let theirs = count(&mut looking, table, &condition).await;
            let seen = count(&mut asking, table, "TRUE").await;
            assert_eq!(seen, theirs, "{table} for {own}");
        }
        run_sql(&mut asking, "SET waymark.site = 'every'")
            .await
            .unwrap();
        assert_eq!(count(&mut asking, table, "TRUE").await, all, "{table}");
    }

    // Neither is anything written there.
    run_sql(&mut asking, "SET waymark.site = '1'")
        .await
        .unwrap();
    let foreign = "INSERT INTO milestones VALUES (2, gen_random_uuid(), 'x', 1)";
    assert!(run_sql(&mut asking, foreign).await.is_err());
    let moved = "UPDATE milestones SET site_id = 2";
    assert!(run_sql(&mut asking, moved).await.is_err());
    run_sql(&mut asking, "SET waymark.site = '2'")
        .await
        .unwrap();
    let before = app.database.rows("events").await;
    run_sql(&mut asking, "DELETE FROM events").await.unwrap();
    assert_eq!(app.database.rows("events").await, before);
}

/// Reading routes whose answer is no site's rows: who asks, which sites there are, what is the same for all of them, what is
/// known in memory, sums of what is gone, of which there is nothing yet, and a stream of what is yet to come.
const NO_ROWS: &[&str] = &[
    "/api/v1/definitions",
    "/api/v1/definitions/{id}",
    "/api/v1/me",
    "/api/v1/sites",
    "/api/v1/keys",
    "/api/v1/geo",
    "/api/v1/openapi.json",
    "/api/v1/live",
    "/api/v1/sites/{id}/stages",
    "/api/v1/sites/{id}/retention/totals",
    // A file, of which nothing is in the database.
    "/api/v1/sites/{id}/imports/{import}/rejects",
    "/healthz",
    "/readyz",
];

/// Every reading route of the description that tells of site 1, with ids that are there.
async fn reading(app: &TestApp, login: &str) -> Vec<String> {
    let description = app.json("/api/v1/openapi.json").await;
    let visitors = app.json("/api/v1/visitors?site=1&q=user-7").await;
    let visitor = visitors["data"][0]["visitor_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let (_, destinations) = answer(app, login, "/api/v1/destinations?site=1").await;
    let destinations: Value = serde_json::from_str(&destinations).unwrap();
    let destination = destinations["data"][0]["id"].as_str().unwrap();
    let (_, alerts) = answer(app, login, "/api/v1/alerts?site=1").await;
    let alerts: Value = serde_json::from_str(&alerts).unwrap();
    let alert = alerts["data"][0]["id"].as_str().unwrap();
    let (_, imports) = answer(app, login, "/api/v1/sites/1/imports").await;
    let imports: Value = serde_json::from_str(&imports).unwrap();
    let import = imports["data"][0]["id"].as_str().unwrap();
    let mut paths = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        if methods.get("get").is_none()
            || NO_ROWS.contains(&path.as_str())
            || path.starts_with("/v1")
            // Answered from a copy in memory, which is a site's own.
            || path.starts_with("/api/v1/analytics/")
            // Of no site, and held by the suite of workspaces.
            || path.starts_with("/api/v1/workspaces")
        {
            continue;
        }
        let id = match path.split('/').nth(3).unwrap() {
            "sites" => "1",
            "visitors" => &visitor,
            "persons" => "user:user-7",
            "accounts" => "acme",
            "destinations" => destination,
            "alerts" => alert,
            _ => "",
        };
        let more = match path.as_str() {
            "/api/v1/imported" => "&dimension=sources",
            "/api/v1/profiles" => "&ids=user:user-7",
            "/api/v1/destinations/{id}/deliveries" => "&state=skipped",
            _ => "",
        };
        let site = if path.starts_with("/api/v1/sites/") {
            ""
        } else {
            "?site=1"
        };
        let path = path.replace("{id}", id).replace("{import}", import);
        paths.push(format!("{path}{site}{more}"));
    }
    paths
}

/// The status and body of an answer.
async fn answer(app: &TestApp, login: &str, path: &str) -> (u16, String) {
    let request = app.request(reqwest::Method::GET, path);
    let response = request.header("Cookie", login).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.text().await.unwrap())
}

/// The same path for the site that has nothing.
fn elsewhere(path: &str) -> String {
    path.replace("site=1", "site=2")
        .replace("/sites/1", "/sites/2")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_route_answers_with_another_sites_rows() {
    no_route_answers(Database::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_route_answers_the_owner_of_the_tables_with_another_sites_rows() {
    no_route_answers(Database::postgres_of("").await).await;
}

async fn no_route_answers(database: Database) {
    let app = TestApp::start(database).await;
    fill(&app).await;
    let login = json!({"email": "owner@shop.example", "password": "a long password"});
    let login = crate::support::app::cookie(&app.post("/api/v1/login", &login).await);
    let paths = reading(&app, &login).await;
    assert!(paths.len() > 25, "{paths:?}");
    let mut nothing = Vec::new();
    for path in &paths {
        let something = answer(&app, &login, path).await;
        assert_eq!(something.0, 200, "{path}: {}", something.1);
        let empty = answer(&app, &login, &elsewhere(path)).await;
        assert_ne!(something, empty, "{path} has nothing that could be seen");
        nothing.push(empty);
    }
    // Whatever site a statement is asked for, the connection says another one, or none.
    for said in ["2::bigint", "999::bigint", "NULL::bigint"] {
        let mut looking = PgConnection::connect(app.database.looking()).await.unwrap();
        let lie = format!(
            "CREATE OR REPLACE FUNCTION wall_site() RETURNS BIGINT LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT {said}'"
        );
        run_sql(&mut looking, &lie).await.unwrap();
        for (path, empty) in paths.iter().zip(&nothing) {
            assert_eq!(answer(&app, &login, path).await, *empty, "{path} as {said}");
        }
    }
    app.log.assert_quiet();
}

async fn visitor_ids(app: &TestApp, path: &str) -> Vec<String> {
    let answer = app.json(path).await;
    let visitors = answer["data"].as_array().unwrap().iter();
    visitors
        .map(|visitor| visitor["visitor_id"].as_str().unwrap().to_owned())
        .collect()
}

/// A connection that was about another site a moment ago would answer with less than there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_sites_share_are_told_each_time() {
    let app = TestApp::with(Database::postgres().await, |config| config.client_rate = 0).await;
    let mut expected = Vec::new();
    for site in 1..=4 {
        let key = match site {
            1 => app.key.clone(),
            _ => app.add_site("Another", &[]).await,
        };
        for _ in 0..site {
            app.accept(&Visit::new(&key).batch(&[event("seen")])).await;
        }
        app.judged().await;
        let path = format!("/api/v1/visitors?site={site}");
        let all = visitor_ids(&app, &path).await;
        assert_eq!(all.len(), site);
        expected.push((path, all));
    }
    // More at once than there are connections, in an order that gives each to one site after the other.
    let asked = (0..400).map(|number| {
        let (path, all) = &expected[number % expected.len()];
        let app = &app;
        async move { assert_eq!(visitor_ids(app, path).await, *all, "{path}") }
    });
    futures_util::stream::iter(asked)
        .for_each_concurrent(40, |asked| asked)
        .await;
    app.log.assert_quiet();
}

async fn wall_line(url: &str) -> (String, String) {
    let printed = run(url, &["check", "--json", "--listen", "127.0.0.1:0"]).await;
    let report: Value = serde_json::from_str(&printed.out).unwrap();
    let lines = report["checks"].as_array().unwrap();
    let line = lines.iter().find(|line| line["name"] == "wall").unwrap();
    let text = |name: &str| line[name].as_str().unwrap().to_owned();
    (text("status"), text("message"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_hold_whoever_signs_in() {
    for (attributes, asks_as) in [(Some(""), None), (None, Some(ROLE))] {
        let database = match attributes {
            Some(attributes) => Database::postgres_of(attributes).await,
            None => Database::empty_postgres().await,
        };
        // Before there is a schema, and after.
        assert_eq!(wall_line(database.url()).await.0, "ok");
        for _ in 0..2 {
            let store = Store::open(database.url()).await.unwrap();
            let wall = store.wall().await.unwrap().unwrap();
            assert_eq!(wall.open, [""; 0]);
            if let Some(role) = asks_as {
                assert_eq!(wall.role, role);
            } else {
                assert!(wall.role.ends_with("_owner"), "{}", wall.role);
            }
            store.close().await;
            let (status, message) = wall_line(database.url()).await;
            assert_eq!(status, "ok");
            assert!(message.contains(&wall.role), "{message}");
        }
    }
    let store = Store::open(Database::empty_sqlite().url()).await.unwrap();
    assert_eq!(store.wall().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_passes_the_wall_by_is_told() {
    let database = Database::postgres_of("BYPASSRLS").await;
    good(database.url(), &["sites", "list"]).await;
    let store = Store::open(database.url()).await.unwrap();
    let wall = store.wall().await.unwrap().unwrap();
    assert!(wall.open.contains(&"events".to_owned()), "{wall:?}");
    store.close().await;
    let (status, message) = wall_line(database.url()).await;
    assert_eq!(status, "warning");
    assert!(message.contains(ROLE), "{message}");
    let arguments = ["--log-format", "json", "--listen", "127.0.0.1:0", "serve"];
    let mut process = program(database.url(), &arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let mut warned = false;
    while let Some(text) = lines.next_line().await.unwrap() {
        let line: Value = serde_json::from_str(&text).unwrap();
        warned |= line["role"] == json!(wall.role) && line["level"] == "WARN";
        if line["message"] == "collector started" {
            break;
        }
    }
    assert!(warned);
    process.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wall_that_was_taken_down_is_told() {
    let database = Database::postgres().await;
    let store = Store::open(database.url()).await.unwrap();
    database
        .execute("ALTER TABLE orders DISABLE ROW LEVEL SECURITY")
        .await;
    assert_eq!(store.wall().await.unwrap().unwrap().open, ["orders"]);
    store.close().await;
    let (status, message) = wall_line(database.url()).await;
    assert_eq!(status, "warning");
    assert!(message.contains("orders"), "{message}");
}
