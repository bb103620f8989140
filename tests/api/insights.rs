//! What the collector keeps of people by itself: insights with their history, lists by score, and a site's own scale.

use reqwest::Method;
use serde_json::{Value, json};

use super::catalogue::Owner;
use super::privacy::USER;
use super::revenue::purchase;
use super::scores::{DAY, NEWSLETTER, SEARCH, there};
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, identify, now};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    insights_are_kept_with_their_history,
    browsers_that_join_have_one_history,
    lists_go_by_score_and_stage,
    a_site_measures_by_its_own_scale,
    what_was_stored_before_the_start_is_judged,
    the_erased_have_no_insights,
);

async fn insights(app: &TestApp, query: &str) -> Vec<Value> {
    let answer = app.json(&format!("/api/v1/insights?site=1{query}")).await;
    answer["data"].as_array().unwrap().clone()
}

/// Waits until so many insights are kept.
async fn kept(app: &TestApp, count: usize) -> Vec<Value> {
    eventually("insights are kept", || async {
        insights(app, "").await.len() == count
    })
    .await;
    insights(app, "").await
}

/// Rule, status, and the days before now since which and until when it holds.
fn told(one: &Value) -> (String, String, i64, Option<i64>) {
    let text = |name: &str| one[name].as_str().unwrap().to_owned();
    let days = |at: i64| (now() - at + DAY / 2).div_euclid(DAY);
    let ended = one["ended_at"].as_i64().map(days);
    (
        text("rule"),
        text("status"),
        days(one["found_at"].as_i64().unwrap()),
        ended,
    )
}

fn quiet(status: &str, found: i64, ended: Option<i64>) -> (String, String, i64, Option<i64>) {
    ("going_quiet".to_owned(), status.to_owned(), found, ended)
}

async fn insights_are_kept_with_their_history(database: Database) {
    let app = TestApp::start(database).await;
    let mut visit = Visit::new(&app.key);
    for ago in [64, 62, 60, 44, 43, 14] {
        there(&app, &mut visit, ago, SEARCH, &[event("read")]).await;
    }
    let all = kept(&app, 2).await;
    assert_eq!(
        all.iter().map(told).collect::<Vec<_>>(),
        [quiet("ended", 29, Some(14)), quiet("ended", 46, Some(44)),]
    );
    let id = format!("visitor:{}", visit.visitor);
    assert_eq!(all[0]["person"], id.as_str());
    assert_eq!(
        (&all[0]["version"], &all[0]["kind"]),
        (&json!(1), &json!("risk"))
    );
    assert_eq!(all[0]["confirmed_at"], all[0]["ended_at"]);
    assert_eq!(all[0]["evidence"][0]["figure"], "occasions_before");
    assert_eq!(all[0]["records"].as_array().unwrap().len(), 5);

    let mut other = Visit::new(&app.key);
    for ago in [24, 22, 20] {
        there(&app, &mut other, ago, SEARCH, &[event("read")]).await;
    }
    let all = kept(&app, 3).await;
    assert_eq!(told(&all[0]), quiet("current", 6, None));
    let lag = now() - all[0]["confirmed_at"].as_i64().unwrap();
    assert!((0..DAY / 24).contains(&lag), "{lag}");
    for (query, places) in [
        ("&status=current", vec![0]),
        ("&status=ended", vec![1, 2]),
        ("&kind=risk", vec![0, 1, 2]),
        ("&kind=signal", vec![]),
        ("&rule=going_quiet", vec![0, 1, 2]),
        ("&rule=returned", vec![]),
        (&*format!("&since={}", now() - 30 * DAY), vec![0, 1]),
    ] {
        let expected: Vec<Value> = places.into_iter().map(|place| all[place].clone()).collect();
        assert_eq!(insights(&app, query).await, expected, "{query}");
    }
    let mut walked = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/insights?site=1&limit=1&cursor={cursor}");
        let page = app.json(&path).await;
        walked.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(walked, all);
    for (query, field) in [
        ("rule=no_such", "rule"),
        ("kind=x", "kind"),
        ("status=x", "status"),
        ("since=x", "since"),
    ] {
        let answer = app.get(&format!("/api/v1/insights?site=1&{query}")).await;
        let (status, code, named) = error(answer).await;
        assert_eq!(
            (status, code.as_str(), named.as_deref()),
            (400, "invalid_parameter", Some(field))
        );
    }
    // Another site has none of it.
    app.add_site("Second", &[]).await;
    let theirs = app.json("/api/v1/insights?site=2").await;
    assert_eq!(theirs["data"], json!([]));
    app.log.assert_quiet();
}

async fn browsers_that_join_have_one_history(database: Database) {
    let app = TestApp::start(database).await;
    let (mut laptop, mut phone) = (Visit::new(&app.key), Visit::new(&app.key));
    for ago in [44, 42, 40] {
        there(&app, &mut laptop, ago, SEARCH, &[event("read")]).await;
    }
    assert_eq!(told(&kept(&app, 1).await[0]), quiet("current", 26, None));
    // It turns out that they were on another device all the time.
    there(&app, &mut phone, 30, NEWSLETTER, &[identify("ann")]).await;
    there(&app, &mut laptop, 29, SEARCH, &[identify("ann")]).await;
    eventually("they are one", || async {
        let all = insights(&app, "").await;
        all.len() == 1 && all[0]["person"] == "user:ann"
    })
    .await;
    app.judged().await;
    let joined = insights(&app, "").await;
    assert_eq!(told(&joined[0]), quiet("current", 15, None));
    let person = app.json("/api/v1/persons/user:ann?site=1").await;
    assert_eq!(person["insight_history"], json!(joined));
    assert_eq!(person["insights"][0]["rule"], "going_quiet");
    let trend = &person["trend"];
    assert_eq!(trend["series"].as_array().unwrap().len(), 30);
    assert_eq!(
        (&trend["days_active"], &trend["direction"]),
        (&json!(1), &json!("level"))
    );
    assert_eq!(
        app.database
            .number("SELECT COUNT(*) FROM judged_persons")
            .await,
        1
    );
    app.log.assert_quiet();
}

/// The ids in a list of people.
async fn listed(app: &TestApp, query: &str) -> Vec<Value> {
    let answer = app.json(&format!("/api/v1/persons?site=1{query}")).await;
    answer["data"].as_array().unwrap().clone()
}

fn ids(people: &[Value]) -> Vec<&str> {
    people
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect()
}

async fn lists_go_by_score_and_stage(database: Database) {
    let app = TestApp::start(database).await;
    for (user, days) in [("ann", &[9, 8, 1][..]), ("ben", &[20]), ("cid", &[3, 2])] {
        let mut visit = Visit::new(&app.key);
        for ago in days {
            there(&app, &mut visit, *ago, SEARCH, &[identify(user)]).await;
        }
        if user == "ben" {
            let signup = crate::support::batch::milestone("signup_at");
            there(&app, &mut visit, 20, SEARCH, &[signup]).await;
        }
    }
    eventually("all are judged", || async {
        let people = listed(&app, "&sort=stage").await;
        people.len() == 3 && people[0]["id"] == "user:ben"
    })
    .await;
    let by_score = listed(&app, "&sort=score").await;
    assert_eq!(ids(&by_score), ["user:ann", "user:cid", "user:ben"]);
    let of = async |id: &str| {
        let person = app.json(&format!("/api/v1/persons/{id}?site=1")).await;
        person["engagement"]["score"].as_f64().unwrap()
    };
    for person in &by_score {
        let kept = person["kept"]["score"].as_f64().unwrap();
        let read = of(person["id"].as_str().unwrap()).await;
        assert!((kept - read).abs() < 1e-4, "{kept} {read}");
        assert!(person["kept"]["judged_at"].as_i64().unwrap() <= now());
    }
    let by_stage = listed(&app, "&sort=stage").await;
    assert_eq!(ids(&by_stage), ["user:ben", "user:ann", "user:cid"]);
    let some = listed(&app, "&sort=score&stage=anonymous&q=user&limit=1").await;
    assert_eq!(some, Vec::<Value>::new());
    let first = listed(&app, "&sort=score&stage=anonymous&limit=1").await;
    assert_eq!(ids(&first), ["user:ann"]);
    let least = listed(&app, "&sort=score&min_score=0.4").await;
    assert_eq!(ids(&least), ["user:ann", "user:cid"]);
    let visitors = async |query: &str| {
        let answer = app.json(&format!("/api/v1/visitors?site=1{query}")).await;
        let rows = answer["data"].as_array().unwrap().clone();
        for row in &rows {
            let kept = row["kept"]["score"].as_f64().unwrap();
            let id = format!("user:{}", row["user_id"].as_str().unwrap());
            assert!((kept - of(&id).await).abs() < 1e-4, "{row}");
        }
        let users = rows.iter().map(|row| row["user_id"].clone());
        (users.collect::<Vec<_>>(), answer["next_cursor"].clone())
    };
    assert_eq!(visitors("&sort=score").await.0, ["ann", "cid", "ben"]);
    assert_eq!(visitors("&sort=stage").await.0, ["ben", "ann", "cid"]);
    let least = "&sort=score&min_score=0.4&stage=anonymous&limit=1";
    let (first, cursor) = visitors(least).await;
    assert_eq!(first, ["ann"]);
    let rest = format!("{least}&cursor={}", cursor.as_str().unwrap());
    assert_eq!(visitors(&rest).await, (vec![json!("cid")], Value::Null));
    let usual = listed(&app, "").await;
    assert_eq!(ids(&usual), ["user:ann", "user:cid", "user:ben"]);
    for query in ["sort=x", "sort=score&min_score=1.5", "min_score=0.5"] {
        for list in ["persons", "visitors"] {
            let answer = app.get(&format!("/api/v1/{list}?site=1&{query}")).await;
            assert_eq!(answer.status(), 400, "{list} {query}");
        }
    }
    app.log.assert_quiet();
}

async fn a_site_measures_by_its_own_scale(database: Database) {
    let owner = Owner::start(database).await;
    let app = &owner.app;
    let mut visit = Visit::new(&app.key);
    for ago in [12, 10, 8] {
        there(app, &mut visit, ago, SEARCH, &[event("read")]).await;
    }
    let standard = json!({
        "weights": {"recency": 0.4, "frequency": 0.4, "channels": 0.2},
        "window_days": 30, "full_occasions": 10, "full_channels": 5,
    });
    assert_eq!(app.json("/api/v1/sites/1/scores").await, standard);
    let put = async |document: &Value| {
        owner
            .ask(Method::PUT, "/api/v1/sites/1/scores", Some(document))
            .await
    };
    let mut wrong = standard.clone();
    wrong["weights"]["recency"] = json!(0.5);
    let (status, code, field) = error(put(&wrong).await).await;
    assert_eq!(
        (status, code.as_str(), field.as_deref()),
        (400, "invalid_field", Some("weights"))
    );
    wrong = standard.clone();
    wrong["window_days"] = json!(0);
    assert_eq!(
        error(put(&wrong).await).await.2.as_deref(),
        Some("window_days")
    );
    let own = json!({
        "weights": {"recency": 0.0, "frequency": 1.0, "channels": 0.0},
        "window_days": 11, "full_occasions": 4, "full_channels": 5,
    });
    assert_eq!(put(&own).await.status(), 200);
    assert_eq!(app.json("/api/v1/sites/1/scores").await, own);
    let visitor = app
        .json(&format!("/api/v1/visitors/{}?site=1", visit.visitor))
        .await;
    assert_eq!(visitor["engagement"]["score"], 0.5);
    assert_eq!(visitor["engagement"]["window_days"], 11);
    eventually("they are judged anew", || async {
        let people = listed(app, "&sort=score").await;
        people.len() == 1 && people[0]["kept"]["score"] == 0.5
    })
    .await;
    let audit = owner.ask(Method::GET, "/api/v1/audit?site=1", None).await;
    let audit: Value = audit.json().await.unwrap();
    assert_eq!(audit["data"][0]["action"], "scores.set");
    assert_eq!(audit["data"][0]["detail"], own);
    app.log.assert_quiet();
}

async fn what_was_stored_before_the_start_is_judged(database: Database) {
    let mut app = TestApp::start(database).await;
    let mut visit = Visit::new(&app.key);
    for ago in [24, 22, 20] {
        there(&app, &mut visit, ago, SEARCH, &[event("read")]).await;
    }
    kept(&app, 1).await;
    app.stop().await;
    // As if it had been killed before it judged anybody.
    for sql in [
        "DELETE FROM kept_insights",
        "DELETE FROM judged_persons",
        "UPDATE visitors SET revision = revision + 1",
    ] {
        app.database.execute(sql).await;
    }
    let again = TestApp::start(Database::shared(app.database.url())).await;
    assert_eq!(told(&kept(&again, 1).await[0]), quiet("current", 6, None));
    again.log.assert_quiet();
}

async fn the_erased_have_no_insights(database: Database) {
    let owner = Owner::start(database).await;
    let app = &owner.app;
    let mut visit = Visit::new(&app.key);
    for ago in [24, 22, 20] {
        let items = [
            identify(USER),
            purchase(json!({"order_id": format!("o{ago}")})),
        ];
        there(app, &mut visit, ago, SEARCH, &items).await;
    }
    kept(app, 1).await;
    let export = app.command(&super::privacy::export()).await;
    assert!(export.contains("\"table\":\"kept_insights\""), "{export}");
    let erase = format!("/api/v1/persons/user:{USER}/erase?site=1");
    let erased = owner
        .ask(Method::POST, &erase, Some(&json!({"dry_run": false})))
        .await;
    assert_eq!(erased.status(), 200);
    eventually("whoever is left is judged", || async {
        let all = insights(app, "").await;
        all.len() == 1 && all[0]["person"] != format!("user:{USER}").as_str()
    })
    .await;
    for table in ["kept_insights", "judged_persons", "judged_visitors"] {
        let rows = format!("{:?}", app.database.rows(table).await);
        assert!(!rows.contains(USER), "{table}: {rows}");
        assert!(
            !rows.contains(&visit.visitor.simple().to_string()),
            "{table}: {rows}"
        );
        assert!(
            !rows.contains(&visit.visitor.to_string()),
            "{table}: {rows}"
        );
        assert!(
            !rows.contains(&visit.session.to_string()),
            "{table}: {rows}"
        );
    }
    app.log.assert_quiet();
}
