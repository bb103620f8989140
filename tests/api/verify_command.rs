//! `collector verify`, as an operator calls it beside a running collector.

use serde_json::Value;

use crate::support::app::TestApp;
use crate::support::batch::{Visit, event, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::program::{good, run};

on_both_databases!(it_says_what_is_there_and_what_differs);

async fn it_says_what_is_there_and_what_differs(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[page_view("https://shop.example/"), event("seen")]))
        .await;
    let url = app.database.url();
    let report: Value = serde_json::from_str(&good(url, &["verify", "1", "--json"]).await).unwrap();
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["totals"]["items"], 2);
    assert_eq!(report["columns"], report["totals"]);
    assert_eq!(report["hours"]["different"], 0);
    let text = good(url, &["verify"]).await;
    assert!(
        text.contains("1 visitors, 1 sessions, 2 items, 0 conversions"),
        "{text}"
    );
    assert!(text.contains("sums by hour"), "{text}");
    app.database
        .execute("UPDATE sessions SET events = events + 3")
        .await;
    let printed = run(url, &["verify"]).await;
    assert_eq!(printed.code, 1, "{}", printed.out);
    let expected = format!("visitor {}: 4 is kept, 1 counted", visit.visitor);
    assert!(printed.out.contains(&expected), "{}", printed.out);
    assert_eq!(run(url, &["verify", "2"]).await.code, 1);
    app.log.assert_quiet();
}
