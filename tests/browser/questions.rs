//! The pages of questions that follow people, held against the API's answers to the same questions.

use serde_json::{Value, json};

use super::eventually;
use super::pages::{Desk, figure, written};

/// Waits until the hint of a figure says so.
async fn says(desk: &Desk, testid: &str, expected: &str) {
    let script = format!(
        "const figure = document.querySelector('[data-testid={testid}]');
         if (document.activeElement !== figure) figure.focus();
         return [...document.querySelectorAll('.tip strong')].map((one) => one.innerText).join(' | ')"
    );
    let what = format!("{testid} says {expected}");
    eventually(&what, || async {
        let told = desk.browser.run(&script).await;
        let told = told.as_str().unwrap_or_default();
        told.split(" | ")
            .any(|one| one.starts_with(expected) || one.contains(&format!(": {expected}")))
    })
    .await;
}

/// What each element of a kind has in its data set, or as its text where there is no such name.
async fn each(desk: &Desk, selector: &str, name: &str) -> Vec<String> {
    let script = format!(
        "return [...document.querySelectorAll('{selector}')].map((one) => one.dataset.{name} ?? one.innerText.trim())"
    );
    let found = desk.browser.run(&script).await;
    let found = found.as_array().unwrap().iter();
    found
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

fn rows(answer: &Value) -> &Vec<Value> {
    answer["data"]["rows"].as_array().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_of_people_are_those_of_the_answers() {
    let desk = Desk::start().await;

    desk.open(
        "/funnels?s=page.contains:%2F&s=milestone:signup_at&window=30d",
        "[data-testid=funnel-step]",
    )
    .await;
    // [{"page":"/","op":"contains"},{"milestone":"signup_at"}]
    let steps = "%5B%7B%22page%22%3A%22%2F%22%2C%22op%22%3A%22contains%22%7D%2C%7B%22milestone%22%3A%22signup_at%22%7D%5D";
    let answer = desk
        .answer(&format!("funnel?steps={steps}&window=30d"))
        .await;
    let expected: Vec<String> = rows(&answer)
        .iter()
        .map(|row| row["people"].to_string())
        .collect();
    assert_eq!(
        each(&desk, "[data-testid=funnel-step]", "people").await,
        expected
    );
    let finished = rows(&answer).last().unwrap();
    let finished = format!("{} ", written(&finished["people"]));
    says(&desk, "funnel-finished", &finished).await;
    desk.browser.assert_nothing_noted("/funnels").await;

    desk.open("/retention?period=week", "[data-testid=triangle]")
        .await;
    let answer = desk.answer("retention?period=week&periods=13").await;
    let cohorts = "return [...document.querySelectorAll('[data-testid=cohort]')].map((row) =>
        [row.dataset.cohort, [...row.querySelectorAll('td[data-people]')].map((cell) => cell.dataset.people)])";
    let shown = desk.browser.run(cohorts).await;
    let shown = shown.as_array().unwrap();
    assert!(shown.len() > 3, "{shown:?}");
    for cohort in shown {
        let of_cohort =
            |row: &&Value| row["cohort"] == cohort[0] && row["offset"].as_i64() > Some(0);
        let told = rows(&answer).iter().filter(of_cohort);
        let told: Vec<String> = told
            .filter(|row| !row["people"].is_null())
            .map(|row| row["people"].to_string())
            .collect();
        let cells: Vec<&str> = cohort[1]
            .as_array()
            .unwrap()
            .iter()
            .map(|cell| cell.as_str().unwrap())
            .collect();
        assert!(
            cells.ends_with(&told.iter().map(String::as_str).collect::<Vec<_>>()),
            "{cohort}: {told:?}"
        );
    }
    desk.browser.assert_nothing_noted("/retention").await;

    desk.open("/stages", "[data-testid=stage-step]").await;
    let answer = desk.answer("stages?within=7d").await;
    let whole: Vec<&Value> = rows(&answer)
        .iter()
        .filter(|row| row["group"] == "all")
        .collect();
    let stages: Vec<String> = whole
        .iter()
        .map(|row| row["stage"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        each(&desk, "[data-testid=stage-step]", "stage").await,
        stages
    );
    for (testid, key) in [("reached", "reached"), ("people", "people")] {
        let expected: Vec<String> = whole.iter().map(|row| written(&row[key])).collect();
        let selector = format!("[data-testid=stage-step] [data-testid={testid}]");
        assert_eq!(each(&desk, &selector, "none").await, expected, "{key}");
    }
    let tight = each(&desk, "[data-testid=bottleneck]", "stage").await;
    let bottlenecks = answer["data"]["bottlenecks"].as_array().unwrap();
    assert_eq!(tight.len(), bottlenecks.len(), "{tight:?}");
    desk.browser.assert_nothing_noted("/stages").await;
    desk.app.log.assert_quiet();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_models_give_is_what_the_answer_has() {
    let desk = Desk::start().await;
    for by in ["channel", "campaign"] {
        desk.open(
            &format!("/attribution?by={by}&for=orders&measure=conversions"),
            "[data-testid=attribution-row]",
        )
        .await;
        let models = each(
            &desk,
            "[data-testid=attribution-row]:first-of-type td[data-model]",
            "model",
        )
        .await;
        let models: Vec<&String> = models
            .iter()
            .filter(|model| *model != "difference")
            .collect();
        assert!(models.len() >= 3, "{models:?}");
        let named: Vec<&str> = models.iter().map(|model| model.as_str()).collect();
        let answer = desk
            .answer(&format!(
                "attribution?by={by}&conversion=orders&models={}",
                named.join(",")
            ))
            .await;
        let table = "return [...document.querySelectorAll('[data-testid=attribution-row]')].map((row) =>
            [row.querySelector('[data-testid=open]').innerText.trim(), Object.fromEntries([...row.querySelectorAll('td[data-model]')].map((cell) => [cell.dataset.model, cell.dataset.value]))])";
        let shown = desk.browser.run(table).await;
        let shown = shown.as_array().unwrap();
        let named_rows: Vec<&Value> = rows(&answer)
            .iter()
            .filter(|row| row["key"].is_string())
            .collect();
        assert!(shown.len() >= named_rows.len(), "{shown:?}");
        for row in named_rows {
            let found = shown.iter().find(|one| {
                one[0]
                    .as_str()
                    .unwrap()
                    .contains(row["key"].as_str().unwrap())
            });
            let found = found.unwrap_or_else(|| panic!("{row} in {shown:?}"));
            for model in &named {
                let given: f64 = row["models"][model]["conversions"]
                    .as_str()
                    .unwrap()
                    .parse()
                    .unwrap();
                let drawn: f64 = found[1][model].as_str().unwrap().parse().unwrap();
                assert!((given - drawn).abs() < 1e-9, "{by} {model} {row}");
            }
        }
        // The three cards name who has the most.
        let cards = each(&desk, "[data-testid=leader]", "model").await;
        assert_eq!(cards.len(), 3);
        desk.browser.assert_nothing_noted("/attribution").await;
    }
    desk.app.log.assert_quiet();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_and_their_figures_are_those_of_the_answers() {
    let desk = Desk::start().await;
    desk.app.judged().await;

    desk.open("/events", "[data-testid=events] [data-testid=table-row]")
        .await;
    let answer = desk.answer("events?limit=100").await;
    let shown = desk.rows("events").await;
    assert_eq!(shown.len(), rows(&answer).len());
    for (row, expected) in shown.iter().zip(rows(&answer)) {
        for key in ["count", "visitors", "sessions", "conversions"] {
            assert_eq!(figure(&row[key]), written(&expected[key]), "{key} {row}");
        }
    }
    desk.browser.assert_nothing_noted("/events").await;

    desk.open("/sessions", "[data-testid=session-row]").await;
    let overview = desk.answer("overview").await;
    for key in ["sessions", "visitors"] {
        let testid = format!("figure-{key}");
        let expected = written(&overview["data"]["total"][key]);
        says(&desk, &testid, &expected).await;
    }
    desk.browser.assert_nothing_noted("/sessions").await;

    desk.open("/quality", "[data-testid=figure-loss]").await;
    let days = desk.query();
    let loss = desk.app.json(&format!("/api/v1/loss?{days}")).await;
    let missing = format!("{} missing", written(&loss["total"]["missing"]));
    says(&desk, "figure-loss", &missing).await;
    desk.browser.assert_nothing_noted("/quality").await;

    desk.open("/insights?status=all", "[data-testid=insight-row]")
        .await;
    let listed = desk.app.json("/api/v1/insights?limit=500").await;
    let persons: Vec<&Value> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["person"])
        .collect();
    for person in each(&desk, "[data-testid=insight-row]", "person").await {
        assert!(persons.contains(&&json!(person)), "{person}");
    }
    desk.browser.assert_nothing_noted("/insights").await;

    desk.open("/accounts", "[data-testid=account-row]").await;
    let listed = desk.app.json("/api/v1/accounts").await;
    let mut accounts: Vec<String> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    let mut shown = each(&desk, "[data-testid=account-row]", "account").await;
    accounts.sort();
    shown.sort();
    assert_eq!(shown, accounts);
    desk.browser.assert_nothing_noted("/accounts").await;
    desk.app.log.assert_quiet();
}
