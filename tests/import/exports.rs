//! What other tools export: the figures that they show for a fixture are the figures here.

use serde_json::{Value, json};

use super::{by, file, fixture, import, imported, list, state};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    ga4_has_the_same_figures,
    an_event_of_ga4_that_cannot_be_is_named,
    an_order_of_ga4_counts_once_and_is_refunded,
    umami_has_the_same_figures,
    umami_may_have_its_tables_apart,
    plausible_has_the_same_sums,
);

fn of_kind<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    events
        .iter()
        .filter(|event| event["type"] == kind)
        .collect()
}

fn sum(rows: &[Value], field: &str) -> i64 {
    rows.iter().map(|row| row[field].as_i64().unwrap()).sum()
}

async fn ga4_has_the_same_figures(database: Database) {
    let app = super::start(database).await;
    let path = fixture("ga4_events_20260131.jsonl");
    let printed = imported(&app, &["ga4", &path]).await;
    assert!(
        printed.contains("41 rows read, 0 of them not imported."),
        "{printed}"
    );

    // Total users, sessions and views of Google Analytics' reports for this day.
    let visitors = list(&app, "/api/v1/visitors").await;
    let sessions = list(&app, "/api/v1/sessions").await;
    assert_eq!((visitors.len(), sessions.len()), (6, 8));
    assert_eq!(sum(&visitors, "total_page_views"), 16);
    assert_eq!(sum(&visitors, "total_sessions"), 8);
    // Sessions by session default channel group, as the export itself has concluded it.
    assert_eq!(
        by(&sessions, "/touch/channel"),
        json!({"Organic Search": 1, "Paid Search": 1, "Email": 2, "Direct": 2, "Paid Social": 1, "Referral": 1})
    );
    // Sessions by session source.
    assert_eq!(
        by(&sessions, "/touch/source"),
        json!({"google": 2, "newsletter": 2, "direct": 2, "facebook": 1, "partner.example": 1})
    );
    let events = list(&app, "/api/v1/events").await;
    let counted: Vec<Value> = of_kind(&events, "event").into_iter().cloned().collect();
    assert_eq!(
        by(&counted, "/name"),
        json!({"sign_up": 1, "scroll": 1, "purchase": 1, "add_to_cart": 1})
    );
    let paid = counted
        .iter()
        .find(|event| event["name"] == "purchase")
        .unwrap();
    assert_eq!(
        (&paid["value"], &paid["currency"]),
        (&json!("59.7"), &json!("EUR"))
    );
    assert_eq!(paid["conversion"], true);
    assert_eq!(paid["props"], json!({"transaction_id": "T-1001"}));
    // Devices by category, of users.
    assert_eq!(
        by(&visitors, "/device/type"),
        json!({"desktop": 3, "mobile": 2, "tablet": 1})
    );

    // Users by country, which the export has by name.
    assert_eq!(
        by(&visitors, "/device/country"),
        json!({"DE": 2, "US": 2, "FR": 1, "GB": 1})
    );

    let dora = visitors
        .iter()
        .find(|visitor| visitor["ga"]["client_id"] == "4444444444.1765000000")
        .unwrap();
    // Her first visit was before this day, and the export knows how she came then.
    assert_eq!(dora["first_touch"]["source"], "bing");
    assert_eq!(dora["first_touch"]["at"], 1_765_000_000_123_i64);
    assert_eq!(dora["user_id"], "u-dora");

    let before = state(&app).await;
    let lines = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = lines.lines().collect();
    lines.reverse();
    // The export of a day comes again, with what the tool has concluded since.
    let again = lines
        .join("\n")
        .replace("\"event_value_in_usd\":null", "\"event_value_in_usd\":1.5");
    let again = file(&again, ".jsonl");
    let path = again.path().display().to_string();
    let printed = imported(&app, &["ga4", &path]).await;
    assert!(
        printed.contains("20 items: 0 new, 20 there already."),
        "{printed}"
    );
    assert_eq!(state(&app).await, before);

    let other = super::start(Database::sqlite()).await;
    imported(&other, &["ga4", &path]).await;
    assert_eq!(state(&other).await, before);
}

async fn an_event_of_ga4_that_cannot_be_is_named(database: Database) {
    let app = super::start(database).await;
    let text = concat!(
        r#"{"event_timestamp":1769857200111111,"event_name":"page_view","user_pseudo_id":"1.2","event_params":[{"key":"page_location","value":{"string_value":"https://shop.example/"}},{"key":"ga_session_id","value":{"int_value":1769857200}}]}"#,
        "\n\n",
        r#"{"event_timestamp":"1769857200111111","event_name":"page_view","user_pseudo_id":null,"event_params":[]}"#,
        "\n{\"event_timestamp\":\n",
        r#"{"event_timestamp":"soon","event_name":"page_view","user_pseudo_id":"1.2"}"#,
        "\n",
        r#"{"event_timestamp":"1769857200111111","event_name":"","user_pseudo_id":"1.2"}"#,
    );
    let lines = file(text, ".json");
    let printed = import(&app, &["ga4", &lines.path().display().to_string()]).await;
    assert_eq!(printed.code, 3);
    for line in [
        "line 3: user_pseudo_id: is empty",
        "line 4: row: is no event of the export",
        "line 5: event_timestamp: is no number of microseconds",
        "line 6: event_name: has to have 1 to 100 characters",
    ] {
        assert!(printed.err.contains(line), "{line}: {}", printed.err);
    }
    assert_eq!(list(&app, "/api/v1/events").await.len(), 1);
}

async fn an_order_of_ga4_counts_once_and_is_refunded(database: Database) {
    let app = super::start(database).await;
    let event = |at: &str, name: &str, more: &str| {
        format!(
            r#"{{"event_timestamp":"17698572{at}111111","event_name":"{name}","user_pseudo_id":"1.2","event_params":[{{"key":"currency","value":{{"string_value":"EUR"}}}},{{"key":"ga_session_id","value":{{"int_value":1769857200}}}}],{more}}}"#
        )
    };
    // Twice told, as where the page after the payment is loaded again; the id stands beside the parameters.
    let paid = r#""ecommerce":{"transaction_id":"T-7","purchase_revenue":49.9}"#;
    let back = r#""ecommerce":{"transaction_id":"T-7","refund_value":9.9}"#;
    let unnamed = r#""ecommerce":{"transaction_id":"(not set)","purchase_revenue":1.0}"#;
    let lines = [
        event("10", "purchase", paid),
        event("20", "purchase", paid),
        event("30", "refund", back),
        event("40", "purchase", unnamed),
    ];
    let lines = file(&lines.join("\n"), ".jsonl");
    imported(&app, &["ga4", &lines.path().display().to_string()]).await;
    let orders = "SELECT order_id, CAST(amount AS TEXT), currency FROM orders ORDER BY amount";
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        app.database.texts(orders).await,
        [
            vec![None, text("1000000"), text("EUR")],
            vec![text("T-7"), text("49900000"), text("EUR")],
        ]
    );
    let refunds = "SELECT CAST(amount AS TEXT) FROM refunds";
    assert_eq!(app.database.texts(refunds).await, [[text("9900000")]]);
}

/// What Umami shows for the fixture.
async fn assert_figures_of_umami(app: &TestApp) {
    let visitors = list(app, "/api/v1/visitors").await;
    let sessions = list(app, "/api/v1/sessions").await;
    assert_eq!(
        (visitors.len(), sessions.len()),
        (5, 7),
        "visitors and visits"
    );
    assert_eq!(sum(&visitors, "total_page_views"), 14, "views");
    let bounces = sessions
        .iter()
        .filter(|session| session["page_views"] == 1)
        .count();
    assert_eq!(bounces, 3, "bounces");
    let events = list(app, "/api/v1/events").await;
    let views: Vec<Value> = of_kind(&events, "page_view").into_iter().cloned().collect();
    assert_eq!(
        by(&views, "/url")["https://www.harbour.example/pricing"],
        json!(4),
        "views of a page, but for one that has parameters"
    );
    let named: Vec<Value> = of_kind(&events, "event").into_iter().cloned().collect();
    assert_eq!(
        by(&named, "/name"),
        json!({"signup-button": 2, "download": 2}),
        "events"
    );
    assert_eq!(
        by(&visitors, "/device/country"),
        json!({"DE": 1, "US": 1, "FR": 1, "GB": 1, "AT": 1}),
        "countries"
    );
    assert_eq!(
        by(&sessions, "/touch/source"),
        json!({"google": 2, "direct": 2, "twitter": 1, "newsletter": 1, "news.ycombinator.com": 1}),
        "referrers and campaigns"
    );
    let known: Vec<&Value> = visitors
        .iter()
        .filter(|visitor| !visitor["user_id"].is_null())
        .collect();
    assert_eq!((known.len(), &known[0]["user_id"]), (1, &json!("u-7")));
    assert_eq!(known[0]["total_sessions"], 2);
}

async fn umami_has_the_same_figures(database: Database) {
    let app = super::start(database).await;
    let path = fixture("umami_website_event.csv");
    let printed = imported(&app, &["umami", &path]).await;
    assert!(
        printed.contains("18 items: 18 new, 0 there already."),
        "{printed}"
    );
    assert_figures_of_umami(&app).await;
    let before = state(&app).await;
    let printed = imported(&app, &["umami", &path]).await;
    assert!(
        printed.contains("18 items: 0 new, 18 there already."),
        "{printed}"
    );
    assert_eq!(state(&app).await, before);
}

async fn umami_may_have_its_tables_apart(database: Database) {
    let app = super::start(database).await;
    let events = fixture("umami_tables_website_event.csv");
    let sessions = fixture("umami_tables_session.csv");
    imported(&app, &["umami", &events, "--sessions", &sessions]).await;
    assert_figures_of_umami(&app).await;

    let printed = import(&app, &["umami", &sessions]).await;
    assert_eq!(printed.code, 1);
    assert!(
        printed
            .err
            .contains("there is no column \"event_id\"; there are session_id, website_id"),
        "{}",
        printed.err
    );
}

/// The sums of a dimension: value, visitors, visits, page views, bounces, seconds, events.
async fn sums(app: &TestApp, query: &str) -> Vec<Value> {
    let answer = app.json(&format!("/api/v1/imported?{query}")).await;
    let data = answer["data"].as_array().unwrap();
    let names = [
        "value",
        "visitors",
        "visits",
        "page_views",
        "bounces",
        "seconds",
        "events",
    ];
    data.iter()
        .map(|row| names.iter().map(|name| row[*name].clone()).collect())
        .collect()
}

async fn plausible_has_the_same_sums(database: Database) {
    let app = super::start(database).await;
    let mut arguments = vec!["plausible".to_owned()];
    for name in [
        "visitors",
        "sources",
        "pages",
        "entry_pages",
        "exit_pages",
        "locations",
        "devices",
        "custom_events",
    ] {
        arguments.push(fixture(&format!(
            "plausible/imported_{name}_20260201_20260203.csv"
        )));
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut dry = arguments.clone();
    dry.push("--dry-run");
    let printed = imported(&app, &dry).await;
    assert!(
        printed.contains("sources: 9 rows, 0 of them not imported\n"),
        "{printed}"
    );
    assert!(printed.ends_with("Nothing was written.\n"), "{printed}");
    assert_eq!(sums(&app, "dimension=visitors").await, Vec::<Value>::new());

    for _ in 0..2 {
        imported(&app, &arguments).await;
        assert_eq!(
            sums(&app, "dimension=visitors").await,
            [
                json!(["2026-02-01", 119, 134, 304, 77, 21070, null]),
                json!(["2026-02-02", 166, 180, 325, 117, 21467, null]),
                json!(["2026-02-03", 98, 105, 201, 60, 9800, null]),
            ]
        );
        // Plausible's report of sources, with its "Direct / None".
        assert_eq!(
            sums(&app, "dimension=sources").await,
            [
                json!([null, 185, 199, 410, 122, 23800, null]),
                json!(["Google", 152, 168, 316, 100, 23467, null]),
                json!(["Twitter", 30, 34, 60, 20, 3000, null]),
                json!(["newsletter", 16, 18, 44, 12, 2070, null]),
            ]
        );
        assert_eq!(
            sums(&app, "dimension=sources&by=utm_campaign&to=2026-02-01").await,
            [
                json!([null, 103, 116, 260, 65, 19000, null]),
                json!(["february, \"cold\"", 16, 18, 44, 12, 2070, null]),
            ]
        );
        assert_eq!(
            sums(&app, "dimension=pages&limit=1").await,
            [json!(["/", 270, 290, 546, null, null, null])]
        );
        assert_eq!(
            sums(&app, "dimension=locations&from=2026-02-02&to=2026-02-02").await,
            [
                json!(["DE", 110, 118, 215, 75, 13467, null]),
                json!(["US", 56, 62, 110, 42, 8000, null]),
            ]
        );
        assert_eq!(
            sums(&app, "dimension=custom_events").await,
            [
                json!(["Signup", 21, null, null, null, null, 22]),
                json!(["Outbound Link: Click", 5, null, null, null, null, 8]),
            ]
        );
        assert_eq!(
            sums(&app, "dimension=exit_pages").await,
            [
                json!(["/pricing", 60, 70, 190, 40, 12000, null]),
                json!(["/", 59, 64, 114, 37, 9070, null]),
            ]
        );
    }
    // They are visitors of no journey.
    assert_eq!(list(&app, "/api/v1/visitors").await.len(), 0);
    let other = app.add_site("Another", &[]).await;
    assert!(!other.is_empty());
    assert_eq!(
        sums(&app, "dimension=visitors&site=2").await,
        Vec::<Value>::new()
    );

    for (query, field) in [
        ("dimension=moods", "dimension"),
        ("dimension=sources&by=%27", "by"),
        ("dimension=sources&limit=0", "limit"),
        ("dimension=sources&from=soon", "from"),
    ] {
        let answer = app.get(&format!("/api/v1/imported?site=1&{query}")).await;
        let (status, _, named) = crate::support::app::error(answer).await;
        assert_eq!((status, named.as_deref()), (400, Some(field)), "{query}");
    }

    let odd = file(
        "date,visitors\n2026-02-01,x\nsoon,1\n,1\n2026-02-04,7\n",
        "_1.csv",
    );
    let printed = import(&app, &["plausible", &odd.path().display().to_string()]).await;
    assert_eq!(printed.code, 1);
    assert!(
        printed
            .err
            .contains("the name is not imported_ and one of visitors, sources"),
        "{}",
        printed.err
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("imported_visitors.csv");
    std::fs::copy(odd.path(), &path).unwrap();
    let printed = import(&app, &["plausible", &path.display().to_string()]).await;
    assert_eq!(printed.code, 3);
    for line in [
        "visitors: line 2: visitors: is no whole number",
        "visitors: line 3: date: is no day",
        "visitors: line 4: date: is empty",
    ] {
        assert!(printed.err.contains(line), "{line}: {}", printed.err);
    }
}
