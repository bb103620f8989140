//! `collector import sessions`: what becomes of rows, and of those that are bad.

use serde_json::{Value, json};
use waymark_collector::commands::{Command, DestinationWants, DestinationsCommand};

use super::{by, file, import, imported, list, state};
use crate::support::app::TestApp;
use crate::support::batch::{Visit, milestone, now, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::program::good;

on_both_databases!(
    rows_become_journeys,
    order_chunks_and_form_make_no_difference,
    a_dry_run_says_it_all_and_writes_nothing,
    bad_rows_are_named_and_the_others_go_in,
    a_mapping_that_cannot_be_is_refused,
    channels_are_those_of_live_visits,
    another_postgres_is_read,
    nobody_is_told_of_what_is_imported,
    what_is_older_than_the_site_keeps_is_refused,
);

/// Two browsers of Ann, one of nobody, as a marketplace's table of sessions has them.
const CSV: &str = "\
id,visitor_id,user_id,created_at,last_activity_at,landing_page,referrer,utm_source,utm_medium,utm_campaign,page_views,ga_client_id,signup_at,nda_signed_at,first_connection_at,country,notes
s1,v1,,2024-03-01 09:00:00+00,2024-03-01 09:12:00+00,https://shop.example/pricing,https://www.google.com/,,,,3,111.222,2024-03-02 10:05:00+00,2024-03-09 08:00:00+00,,DE,\"a note, with
a line break\"
s2,v1,ann,2024-03-02 10:00:00+00,2024-03-02 10:30:00+00,https://shop.example/,,newsletter,email,spring,4,111.222,2024-03-02 10:05:00+00,2024-03-09 08:00:00+00,,DE,
s3,v2,ann,2024-03-10 18:00:00+00,2024-03-10 18:01:00+00,https://shop.example/account,,,,,1,,2024-03-02 10:05:00+00,2024-03-09 08:00:00+00,,DE,
s4,v3,,2024-03-11 07:00:00+00,,https://shop.example/?gclid=Cj0,,,,,,,,,,FR,
";

async fn rows_become_journeys(database: Database) {
    let app = super::start(database).await;
    let csv = file(CSV, ".csv");
    let path = csv.path().display().to_string();
    let printed = imported(&app, &["sessions", &path]).await;
    assert!(printed.contains("  session = id\n"), "{printed}");
    assert!(printed.contains("  signup_at = signup_at\n"), "{printed}");
    assert!(
        printed.contains("4 rows read, 0 of them not imported."),
        "{printed}"
    );
    // Nine page views, and two milestones of each of two browsers, of which the first has two rows.
    assert!(
        printed.contains("15 items: 13 new, 2 there already."),
        "{printed}"
    );

    let sessions = list(&app, "/api/v1/sessions").await;
    assert_eq!(sessions.len(), 4);
    assert_eq!(
        by(&sessions, "/touch/channel"),
        json!({"Organic Search": 1, "Email": 1, "Direct": 1, "Paid Search": 1})
    );
    let first = sessions.last().unwrap();
    assert_eq!(first["started_at"], 1_709_283_600_000_i64);
    assert_eq!(first["last_activity_at"], 1_709_284_320_000_i64);
    assert_eq!(first["page_views"], 3);
    assert_eq!(first["entry_url"], "https://shop.example/pricing");
    assert_eq!(first["ga"]["client_id"], "111.222");
    assert_eq!(first["device"]["country"], "DE");

    let visitors = list(&app, "/api/v1/visitors").await;
    assert_eq!(visitors.len(), 3);
    let oldest = visitors.last().unwrap();
    assert_eq!(oldest["total_sessions"], 2);
    assert_eq!(oldest["total_page_views"], 7);
    assert_eq!(oldest["user_id"], "ann");
    assert_eq!(oldest["stage"], "qualified");
    assert_eq!(oldest["first_touch"]["source"], "google");
    assert_eq!(oldest["last_seen"], 1_709_375_400_000_i64);
    let id = oldest["visitor_id"].as_str().unwrap();
    let full = app.json(&format!("/api/v1/visitors/{id}")).await;
    let milestones = full["journey"]["milestones"].as_array().unwrap();
    assert_eq!(milestones.len(), 2);
    assert_eq!(milestones[0]["name"], "signup_at");
    assert_eq!(milestones[0]["at"], 1_709_373_900_000_i64);

    let persons = app.json("/api/v1/persons?limit=500").await;
    let persons = persons["data"].as_array().unwrap();
    assert_eq!(persons.len(), 2, "Ann's two browsers are one person");
    let ann = persons
        .iter()
        .find(|one| one["user_ids"] == json!(["ann"]))
        .unwrap();
    assert_eq!(
        (&ann["total_sessions"], &ann["total_page_views"]),
        (&json!(3), &json!(8))
    );

    let before = state(&app).await;
    let printed = imported(&app, &["sessions", &path]).await;
    assert!(
        printed.contains("15 items: 0 new, 15 there already."),
        "{printed}"
    );
    assert_eq!(state(&app).await, before);
    app.log.assert_quiet();
}

/// The rows of [`CSV`] as JSON Lines with other names, one object within another.
fn json_lines() -> Vec<String> {
    let mut reader = csv::Reader::from_reader(CSV.as_bytes());
    let names: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let object = |record: csv::StringRecord| {
        let mut who = json!({});
        let mut row = json!({});
        for (name, value) in names.iter().zip(&record) {
            let value = match value {
                "" => Value::Null,
                text => text
                    .parse::<u64>()
                    .map_or_else(|_| json!(text), Value::from),
            };
            match name.as_str() {
                "visitor_id" => who["browser"] = value,
                "user_id" => who["login"] = value,
                name => row[name] = value,
            }
        }
        row["who"] = who;
        row.to_string()
    };
    reader
        .records()
        .map(|record| object(record.unwrap()))
        .collect()
}

async fn order_chunks_and_form_make_no_difference(database: Database) {
    let app = super::start(database).await;
    let csv = file(CSV, ".csv");
    imported(&app, &["sessions", &csv.path().display().to_string()]).await;
    let whole = state(&app).await;

    for other in [Database::sqlite(), Database::postgres().await] {
        let parts = super::start(other).await;
        let mut lines = json_lines();
        lines.reverse();
        for part in [&lines[..1], &lines[1..3], &lines[2..]] {
            let part = file(&part.join("\n"), ".jsonl");
            let path = part.path().display().to_string();
            let map = "visitor=who.browser,user=who.login";
            imported(&parts, &["sessions", &path, "--map", map]).await;
        }
        assert_eq!(state(&parts).await, whole);
    }
}

async fn a_dry_run_says_it_all_and_writes_nothing(database: Database) {
    let app = super::start(database).await;
    let csv = file(CSV, ".csv");
    let path = csv.path().display().to_string();
    let printed = imported(&app, &["sessions", &path, "--dry-run"]).await;
    for line in [
        "3 visitors, 4 sessions\n",
        "from 2024-03-01T09:00:00Z to 2024-03-11T07:00:00Z\n",
        "  page views: 9\n",
        "  signup_at: 2\n",
        "  nda_signed_at: 2\n",
        "  Organic Search: 1\n",
        "  Paid Search: 1\n",
        "Nothing was written.\n",
    ] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
    let nothing = json!({"journeys": [], "sessions": [], "events": []});
    assert_eq!(state(&app).await, nothing);
}

async fn bad_rows_are_named_and_the_others_go_in(database: Database) {
    let app = super::start(database).await;
    let mut text = "visitor_id,started_at,signup_at,country\n".to_owned();
    text.push_str("v1,2024-03-01T09:00:00Z,,Atlantis\n");
    text.push_str("v2,yesterday,,\n,2024-03-01T09:00:00Z,,\n");
    text.push_str("v3,2024-03-01T09:00:00Z,true,\nv4,2024-03-01T09:00:00Z\n");
    text.push_str("v5,2999-01-01,,\nv6,1709283600,,\n");
    text.extend((0..20).map(|n| format!("w{n},never,,\n")));
    let csv = file(&text, ".csv");
    let path = csv.path().display().to_string();
    let rejects = file("", ".csv");
    let rejects_path = rejects.path().display().to_string();
    let printed = import(&app, &["sessions", &path, "--rejects", &rejects_path]).await;
    assert_eq!(printed.code, 3, "{}", printed.err);
    for line in [
        "line 3: started (started_at): is no time",
        "line 4: visitor (visitor_id): is empty",
        "line 5: signup_at: is no time",
        "line 6: row: has 2 values for 4 columns",
        "line 7: started (started_at): lies in the future",
        "line 23: started (started_at): is no time",
        "More are only counted.",
        "collector: 25 rows were not imported",
    ] {
        assert!(printed.err.contains(line), "{line}: {}", printed.err);
    }
    assert!(!printed.err.contains("line 24:"), "{}", printed.err);
    assert!(
        !printed.err.contains("yesterday"),
        "values of rows are nobody's: {}",
        printed.err
    );
    for line in [
        "27 rows read, 25 of them not imported.",
        "country could not be read and was left out of 1 rows.",
    ] {
        assert!(printed.out.contains(line), "{line}: {}", printed.out);
    }
    assert_eq!(list(&app, "/api/v1/sessions").await.len(), 2);

    let rejected = std::fs::read_to_string(rejects.path()).unwrap();
    assert_eq!(rejected.lines().count(), 26);
    assert!(rejected.starts_with("visitor_id,started_at,signup_at,country\nv2,yesterday,,\n"));
    let mended = rejected
        .replace("never", "2024-04-01")
        .replace("yesterday", "2024-04-01");
    let mended: Vec<&str> = mended
        .lines()
        .filter(|line| line.contains("2024-04"))
        .collect();
    let mended = file(
        &format!(
            "visitor_id,started_at,signup_at,country\n{}",
            mended.join("\n")
        ),
        ".csv",
    );
    imported(&app, &["sessions", &mended.path().display().to_string()]).await;
    assert_eq!(list(&app, "/api/v1/sessions").await.len(), 23);
}

async fn a_mapping_that_cannot_be_is_refused(database: Database) {
    let app = super::start(database).await;
    let csv = file("who,when\nv1,2024-03-01\n", ".csv");
    let path = csv.path().display().to_string();
    let nameless = file("who,when\n", ".txt");
    let nameless = nameless.path().display().to_string();
    for (arguments, message) in [
        (
            vec![path.as_str()],
            "collector: --map: no column says when a session started: give started=COLUMN; there are who, when\n",
        ),
        (
            vec![path.as_str(), "--map", "visitor=who,started=then"],
            "collector: --map: started: there is no column \"then\"; there are who, when\n",
        ),
        (
            vec![nameless.as_str()],
            "collector: --format: The file's name does not tell; give csv or jsonl.\n",
        ),
        (
            vec![path.as_str(), "--time-zone", "Mars"],
            "collector: --time-zone: There is no such zone; give an IANA name such as Europe/Berlin.\n",
        ),
    ] {
        let mut all = vec!["sessions"];
        all.extend(arguments);
        let printed = import(&app, &all).await;
        assert_eq!((printed.code, printed.err.as_str()), (2, message));
    }
    let printed = import(&app, &["sessions", "/nowhere.csv"]).await;
    assert_eq!(printed.code, 1, "{}", printed.err);
    assert_eq!(list(&app, "/api/v1/sessions").await.len(), 0);
    let map = "visitor=who,started=when";
    imported(&app, &["sessions", &path, "--map", map]).await;
    assert_eq!(list(&app, "/api/v1/sessions").await.len(), 1);
}

async fn channels_are_those_of_live_visits(database: Database) {
    let app = super::start(database).await;
    let ways = [
        ("https://shop.example/", "https://www.google.com/", "", ""),
        (
            "https://shop.example/?fbclid=1",
            "https://l.facebook.com/",
            "",
            "",
        ),
        ("https://shop.example/", "", "Newsletter", "E-Mail"),
        ("https://shop.example/", "https://blog.example/a", "", ""),
        ("https://shop.example/?gclid=1", "", "", ""),
        ("https://shop.example/", "https://shop.example/cart", "", ""),
    ];
    let mut csv = "visitor_id,started_at,landing_url,referrer,utm_source,utm_medium\n".to_owned();
    let mut live = Vec::new();
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    for (n, (landing, referrer, source, medium)) in ways.iter().enumerate() {
        csv.push_str(&format!(
            "imported-{n},2024-03-0{},{landing},{referrer},{source},{medium}\n",
            n + 1
        ));
        let visit = Visit::new(&app.key);
        let mut batch = visit.batch(&[page_view(landing)]);
        let click_ids: Value = match landing.split_once('?') {
            Some((_, pair)) => json!({pair.split_once('=').unwrap().0: "1"}),
            None => json!({}),
        };
        batch["context"]["touch"] = json!({
            "at": now(),
            "landing_url": landing,
            "referrer": some(referrer),
            "source": some(source),
            "medium": some(medium),
            "click_ids": click_ids,
        });
        app.accept(&batch).await;
        let id = visit.visitor;
        let full = app.json(&format!("/api/v1/visitors/{id}")).await;
        live.push(full["journey"]["first_touch"].clone());
    }
    let csv = file(&csv, ".csv");
    imported(&app, &["sessions", &csv.path().display().to_string()]).await;
    let mut sessions = list(&app, "/api/v1/sessions").await;
    sessions.reverse();
    for (session, live) in sessions.iter().zip(&live) {
        for field in [
            "source",
            "medium",
            "channel",
            "click_ids",
            "landing_url",
            "referrer",
        ] {
            assert_eq!(session["touch"][field], live[field], "{field}: {live}");
        }
    }
}

async fn another_postgres_is_read(database: Database) {
    let app = super::start(database).await;
    let other = Database::empty_postgres().await;
    other
        .execute(
            "CREATE TABLE visits (id BIGINT, browser UUID, began TIMESTAMPTZ, page TEXT, tags JSONB);
            INSERT INTO visits SELECT n, md5((n % 50)::text)::uuid, TIMESTAMPTZ '2024-03-01 09:00Z' + n * INTERVAL '1 hour',
                'https://shop.example/' || n, '{\"utm\": {\"source\": \"paper\", \"medium\": \"print\"}}'
            FROM generate_series(1, 2500) AS n",
        )
        .await;
    let map = "visitor=browser,started=began,landing=page,utm_source=tags.utm.source,utm_medium=tags.utm.medium";
    let query = "SELECT * FROM visits;";
    let arguments = |query| {
        [
            "sessions",
            "--from-postgres",
            other.url(),
            "--query",
            query,
            "--map",
            map,
        ]
        .to_vec()
    };
    let printed = imported(&app, &arguments(query)).await;
    assert!(printed.contains("2500 items: 2500 new"), "{printed}");
    let sessions = list(&app, "/api/v1/sessions").await;
    assert_eq!(sessions.len(), 2500);
    assert_eq!(by(&sessions, "/touch/source"), json!({"paper": 2500}));
    assert_eq!(list(&app, "/api/v1/visitors").await.len(), 50);
    let printed = imported(&app, &arguments(query)).await;
    assert!(printed.contains("2500 items: 0 new"), "{printed}");

    let printed = import(&app, &arguments("SELECT nothing FROM visits")).await;
    assert_eq!(printed.code, 1);
    assert!(
        printed
            .err
            .contains("the query: column \"nothing\" does not exist"),
        "{}",
        printed.err
    );
    let printed = import(&app, &arguments("DELETE FROM visits RETURNING *")).await;
    assert_eq!(printed.code, 1, "only what reads is a query");
    assert_eq!(other.number("SELECT count(*) FROM visits").await, 2500);
}

async fn nobody_is_told_of_what_is_imported(database: Database) {
    const DUE: &str = "SELECT COUNT(*) FROM deliveries";
    const REACHED: &str = "SELECT COUNT(*) FROM milestones WHERE name = 'signup_at'";
    let app = super::start(database).await;
    let add = DestinationsCommand::AddWebhook {
        site: 1,
        name: "CRM".to_owned(),
        url: "https://crm.example/".to_owned(),
        wants: DestinationWants {
            milestones: vec!["*".to_owned()],
            // Nothing is sent, and the delivery stays as it is.
            needs_consent: true,
            ..DestinationWants::default()
        },
    };
    app.command(&Command::Destinations(add)).await;
    // The collector has heard of it.
    while app.database.number(DUE).await == 0 {
        let visit = Visit::new(&app.key);
        app.accept(&visit.batch(&[milestone("signup_at")])).await;
    }
    let due = app.database.number(DUE).await;
    let reached = app.database.number(REACHED).await;
    let at = jiff::Timestamp::from_millisecond(now() - 60_000).unwrap();
    let csv = file(
        &format!("visitor_id,created_at,signup_at\nv1,{at},{at}\n"),
        ".csv",
    );
    imported(&app, &["sessions", &csv.path().display().to_string()]).await;
    assert_eq!(app.database.number(REACHED).await, reached + 1);
    assert_eq!(app.database.number(DUE).await, due);
}

async fn what_is_older_than_the_site_keeps_is_refused(database: Database) {
    let app = TestApp::start(database).await;
    let day = |days: i64| {
        let at = now() - days * 24 * 60 * 60 * 1000;
        jiff::Timestamp::from_millisecond(at).unwrap()
    };
    // A milestone of somebody who is kept is kept with them.
    let (old, late) = (day(400), day(300));
    let csv = file(
        &format!("visitor_id,created_at,signup_at\nv1,{late},{old}\nv2,{old},\nv3,{late},\n"),
        ".csv",
    );
    let path = csv.path().display().to_string();
    for more in [&["--dry-run"][..], &[]] {
        let arguments = [&["sessions", &path], more].concat();
        let printed = import(&app, &arguments).await;
        assert_eq!(printed.code, 1);
        let told = "and the site keeps 365 days: what is older would be removed again";
        assert!(printed.err.contains(told), "{}", printed.err);
    }
    assert_eq!(app.database.rows("visitors").await.len(), 1);
    let longer = ["privacy", "retention", "--site", "1", "--days", "500"];
    good(app.database.url(), &longer).await;
    imported(&app, &["sessions", &path]).await;
    let run = ["privacy", "retention", "--site", "1", "--run"];
    good(app.database.url(), &run).await;
    assert_eq!(app.database.rows("visitors").await.len(), 3);
}
