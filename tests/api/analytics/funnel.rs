//! Funnels, asked as a user would ask them.

use serde_json::{Value, json};

use super::{ask, encoded};
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, identify, milestone, now, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    everybody_counts_once_by_their_best_attempt,
    what_is_no_funnel_names_its_parameter,
);

const STEPS: &str = r#"[{"page":"/"},{"event":"trial","name":"Trial"},{"milestone":"signup_at"}]"#;

/// An item so many minutes ago.
fn ago(minutes: i64, mut item: Value) -> Value {
    item["at"] = json!(now() - minutes * 60_000);
    item
}

fn counts(answer: &Value) -> Vec<u64> {
    let rows = answer["data"]["rows"].as_array().unwrap();
    let all = rows.iter().filter(|row| row["group"] == "all");
    all.map(|row| row["people"].as_u64().unwrap()).collect()
}

async fn everybody_counts_once_by_their_best_attempt(database: Database) {
    let app = TestApp::start(database).await;
    assert_eq!(
        counts(&ask(&app, "funnel", &[("steps", STEPS)]).await),
        [0, 0, 0]
    );
    let visit = |minutes: i64| {
        let mut visit = Visit::new(&app.key);
        visit.started_at = now() - minutes * 60_000;
        visit
    };
    // One comes all the way, one leaves after the trial, one only looks, one never sees the first page.
    let (all, trial, look, other) = (visit(50), visit(50), visit(50), visit(50));
    let mut batch = all.batch(&[
        ago(50, page_view("https://shop.example/")),
        ago(40, event("trial")),
        ago(10, milestone("signup_at")),
    ]);
    batch["context"]["touch"] = json!({"source": "news", "medium": "email"});
    app.accept(&batch).await;
    app.accept(&trial.batch(&[
        ago(50, page_view("https://shop.example/")),
        ago(30, event("trial")),
    ]))
    .await;
    app.accept(&look.batch(&[
        ago(50, event("trial")),
        ago(40, page_view("https://shop.example/")),
    ]))
    .await;
    app.accept(&other.batch(&[
        ago(50, page_view("https://shop.example/a")),
        ago(40, event("trial")),
    ]))
    .await;
    let answer = ask(&app, "funnel", &[("steps", STEPS), ("breakdown", "source")]).await;
    assert_eq!(counts(&answer), [3, 2, 1], "{answer}");
    let rows = answer["data"]["rows"].as_array().unwrap();
    assert_eq!(rows[1]["name"], "Trial");
    assert_eq!(rows[1]["dropped"], 1);
    assert_eq!(rows[1]["median_ms"], 10 * 60_000);
    assert_eq!(rows[1]["p90_ms"], 20 * 60_000);
    assert_eq!(rows[2]["rate_of_previous"], 0.5);
    assert_eq!(
        (&rows[3]["value"], &rows[3]["people"]),
        (&json!(null), &json!(2))
    );
    assert_eq!(
        (&rows[6]["value"], &rows[8]["people"]),
        (&json!("news"), &json!(1))
    );
    let narrow = ask(&app, "funnel", &[("steps", STEPS), ("window", "15m")]).await;
    assert_eq!(counts(&narrow), [3, 1, 0]);
    let strict = r#"[{"page":"/"},{"milestone":"signup_at"},{"event":"trial"}]"#;
    let strict = ask(&app, "funnel", &[("steps", strict), ("order", "strict")]).await;
    assert_eq!(counts(&strict), [3, 0, 0]);

    let people = [
        ("steps", STEPS),
        ("people", "2"),
        ("outcome", "dropped"),
        ("by", "visitor"),
    ];
    let answer = ask(&app, "funnel", &people).await;
    let people = &answer["data"]["people"];
    assert_eq!(people["total"], 1);
    assert_eq!(people["ids"], json!([look.visitor]));

    // Two browsers of one user are one person, who goes on where the other browser stopped.
    app.accept(&trial.batch(&[ago(29, identify("ann"))])).await;
    let phone = visit(20);
    app.accept(&phone.batch(&[ago(20, identify("ann")), ago(19, milestone("signup_at"))]))
        .await;
    let visitors = ask(&app, "funnel", &[("steps", STEPS), ("by", "visitor")]).await;
    assert_eq!(counts(&visitors), [3, 2, 1]);
    let persons = ask(&app, "funnel", &[("steps", STEPS)]).await;
    assert_eq!(counts(&persons), [3, 2, 2]);
    let google = r#"[{"page":"/","filters":[{"dimension":"source","op":"is","values":["news"]}]},{"event":"tri","op":"contains"}]"#;
    assert_eq!(
        counts(&ask(&app, "funnel", &[("steps", google)]).await),
        [1, 1]
    );
    let filters = r#"[{"dimension":"source","op":"is_not","values":["news"]}]"#;
    let answer = ask(&app, "funnel", &[("steps", STEPS), ("filters", filters)]).await;
    assert_eq!(counts(&answer)[..2], [2, 1]);
    app.log.assert_quiet();
}

async fn what_is_no_funnel_names_its_parameter(database: Database) {
    let app = TestApp::start(database).await;
    let steps = |text: &str| format!("steps={}", encoded(text));
    let good = steps(STEPS);
    for (query, field) in [
        (String::new(), "steps"),
        (steps("x"), "steps"),
        (steps(r#"[{"event":"a"}]"#), "steps"),
        (
            steps(r#"[{"event":"a"},{"event":"b","page":"/"}]"#),
            "steps",
        ),
        (steps(r#"[{"event":"a"},{"name":"b"}]"#), "steps"),
        (
            steps(r#"[{"event":"a"},{"page":"/","props":{"plan":"pro"}}]"#),
            "steps",
        ),
        (
            steps(r#"[{"event":"a"},{"event":"(","op":"matches"}]"#),
            "steps",
        ),
        (
            steps(
                r#"[{"event":"a"},{"event":"b","filters":[{"dimension":"os","op":"is","values":[]}]}]"#,
            ),
            "steps",
        ),
        (format!("{good}&window=7w"), "window"),
        (format!("{good}&order=any"), "order"),
        (format!("{good}&by=account"), "by"),
        (format!("{good}&breakdown=shoes"), "breakdown"),
        (format!("{good}&people=4"), "people"),
        (format!("{good}&people=1&outcome=dropped"), "people"),
    ] {
        let response = app.get(&format!("/api/v1/analytics/funnel?{query}")).await;
        let (status, _, named) = error(response).await;
        assert_eq!((status, named.as_deref()), (400, Some(field)), "{query}");
    }
}
