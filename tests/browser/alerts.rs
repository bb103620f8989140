//! Alerts, as the dashboard has them made, tried, paused and removed.

use serde_json::{Value, json};

use super::eventually;
use super::pages::Desk;

const CLICK: &str = "document.querySelector('[data-testid=ID]').click()";

async fn click(desk: &Desk, id: &str) {
    let is_there = format!(
        "const one = document.querySelector('[data-testid={id}]'); return !!one && !one.disabled"
    );
    eventually(id, || async {
        desk.browser.run(&is_there).await == json!(true)
    })
    .await;
    desk.browser.run(&CLICK.replace("ID", id)).await;
}

async fn fill(desk: &Desk, id: &str, text: &str) {
    let script = format!(
        "const field = document.querySelector('[data-testid={id}]'); field.value = '{text}';
         for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, {{ bubbles: true }}));"
    );
    desk.browser.run(&script).await;
}

async fn choose(desk: &Desk, id: &str, value: &str) {
    let script =
        format!("document.querySelector('[data-testid={id}] input[value={value}]').click()");
    desk.browser.run(&script).await;
}

async fn alerts(desk: &Desk) -> Vec<Value> {
    let answer = desk.app.json("/api/v1/alerts?site=1").await;
    answer["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_is_made_tried_paused_and_removed() {
    let desk = Desk::start().await;
    desk.open("/alerts", "[data-testid=no-alerts]").await;
    click(&desk, "alert-add").await;
    eventually("the form is there", || async {
        desk.browser
            .run("return !!document.querySelector('[data-testid=alert-name]')")
            .await
            == json!(true)
    })
    .await;
    fill(&desk, "alert-name", "Few sessions").await;
    fill(&desk, "alert-figure", "sessions").await;
    choose(&desk, "alert-window", "week").await;
    choose(&desk, "alert-kind", "below").await;
    eventually("the bound is asked for", || async {
        desk.browser
            .run("return !!document.querySelector('[data-testid=alert-value]')")
            .await
            == json!(true)
    })
    .await;
    fill(&desk, "alert-value", "20").await;

    // What it would have come to is what the API says of the rule.
    let rule = json!({"figure": "sessions", "window": "week", "condition": {"kind": "below", "value": "20"}});
    let asked = format!(
        "fetch('/api/v1/alerts/preview?site=1', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }},
          body: JSON.stringify({}) }}).then((answer) => answer.json())",
        json!({"rule": rule})
    );
    let previewed = desk.browser.settled(&asked).await;
    let looks = previewed["data"].as_array().unwrap();
    let firing = looks
        .iter()
        .filter(|look| look["verdict"] == "firing")
        .count();
    assert!(firing > 0, "{previewed}");
    let expected = json!([looks.len().to_string(), firing.to_string()]);
    let shown = "const looks = document.querySelector('[data-testid=alert-looks]'); return looks && [looks.dataset.windows, looks.dataset.firing]";
    eventually("the preview is the API's", || async {
        desk.browser.run(shown).await == expected
    })
    .await;
    click(&desk, "alert-save").await;
    eventually("it is listed and open", || async {
        desk.browser.run("return !!document.querySelector('[data-testid=alert]') && !!document.querySelector('[data-testid=alert-detail]')").await == json!(true)
    })
    .await;
    let made = alerts(&desk).await;
    assert_eq!(
        (&made[0]["name"], &made[0]["rule"]["condition"]),
        (
            &json!("Few sessions"),
            &json!({"kind": "below", "value": "20"})
        )
    );

    // The collector looks at the week before last midnight, and says so; the page has its history.
    let state = "return document.querySelector('[data-testid=alert]')?.dataset.state ?? null";
    eventually("it was looked at", || async {
        desk.browser.driver().refresh().await.unwrap();
        eventually("the list is there", || async {
            !desk.browser.run(state).await.is_null()
        })
        .await;
        desk.browser.run(state).await == json!("firing")
    })
    .await;
    let changes = "return document.querySelectorAll('[data-testid=alert-changes] [data-testid=table-row]').length";
    eventually("its history is there", || async {
        desk.browser.run(changes).await == json!(1)
    })
    .await;
    desk.browser.screenshot("alert").await;
    click(&desk, "alert-test").await;
    let tested =
        "return document.querySelector('[data-testid=alert-tested]')?.innerText.trim() ?? null";
    eventually("nobody was told", || async {
        desk.browser.run(tested).await == json!("It tells nobody yet.")
    })
    .await;

    click(&desk, "alert-pause").await;
    eventually("it is paused", || async {
        desk.browser.run(state).await == json!("paused")
    })
    .await;
    assert_eq!(alerts(&desk).await[0]["paused"], true);
    click(&desk, "alert-remove").await;
    click(&desk, "alert-remove-sure").await;
    eventually("it is gone", || async {
        desk.browser
            .run("return !!document.querySelector('[data-testid=no-alerts]')")
            .await
            == json!(true)
    })
    .await;
    assert_eq!(alerts(&desk).await, Vec::<Value>::new());
    desk.browser.assert_nothing_noted("/alerts").await;
    desk.app.log.assert_quiet();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_list_of_alerts_sees_one_fire() {
    let desk = Desk::start().await;
    desk.open("/alerts", "[data-testid=no-alerts]").await;
    // Of the page that is open, and of no other after it.
    desk.browser.run("window.stays = true").await;
    let rule = json!({"figure": "sessions", "window": "week", "condition": {"kind": "below", "value": "20"}});
    let add = format!(
        "fetch('/api/v1/alerts?site=1', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }},
          body: JSON.stringify({}) }}).then((answer) => answer.status)",
        json!({"name": "Few sessions", "rule": rule, "channels": []})
    );
    assert_eq!(desk.browser.settled(&add).await, 201);
    let seen = "return [window.stays, document.querySelector('[data-testid=alert]')?.dataset.state, document.querySelector('#alerts-title')?.innerText]";
    eventually("it is seen to fire", || async {
        desk.browser.run(seen).await == json!([true, "firing", "1 firing"])
    })
    .await;
    desk.browser.assert_nothing_noted("/alerts").await;
    desk.app.log.assert_quiet();
}
