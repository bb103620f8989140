//! Whoever is sent the address of a saved report sees what its sender saw.

use reqwest::Method;
use serde_json::{Value, json};

use super::eventually;
use super::pages::Desk;

/// Signs in to the API, beside the browser.
async fn login(desk: &Desk) -> String {
    let owner = json!({"email": "owner@example.test", "password": "correct horse battery"});
    crate::support::app::cookie(&desk.app.post("/api/v1/login", &owner).await)
}

async fn save(desk: &Desk, cookie: &str, report: Value) -> String {
    let request = desk.app.request(Method::POST, "/api/v1/reports?site=1");
    let request = request.header("Cookie", cookie).json(&report);
    let saved = request.send().await.unwrap();
    assert_eq!(saved.status(), 201);
    let saved: Value = saved.json().await.unwrap();
    saved["id"].as_str().unwrap().to_owned()
}

/// Opens an address as a link that somebody sent, and waits until the page says something of its report.
async fn follow(desk: &Desk, path: &str, says: &str) -> String {
    desk.browser.open(&format!("{}{path}", desk.app.base)).await;
    let text = format!("return document.querySelector('[data-testid={says}]')?.innerText ?? null");
    eventually(&format!("{path} shows {says}"), || async {
        !desk.browser.run(&text).await.is_null()
    })
    .await;
    let drawn = "return document.querySelectorAll('main [data-testid=table-row]').length > 0
        && document.querySelectorAll('main [aria-busy=true], main .skeleton').length === 0";
    eventually(&format!("{path} has rows"), || async {
        desk.browser.run(drawn).await == json!(true)
    })
    .await;
    desk.browser.run(&text).await.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_is_opened_by_the_address_that_names_it() {
    let desk = Desk::start().await;
    let cookie = login(&desk).await;
    let conditions = json!([{"dimension": "device", "op": "is", "values": ["mobile"]}]);
    let (from, to) = (
        desk.query()[5..15].to_owned(),
        desk.query()[19..29].to_owned(),
    );
    let parameters =
        json!({"by": "campaign", "filters": conditions.to_string(), "from": from, "to": to});
    let report = json!({"name": "Phones by campaign", "path": "/api/v1/analytics/sources", "parameters": parameters});
    let id = save(&desk, &cookie, report).await;

    // The address alone: the page asks what the report asks.
    let said = follow(&desk, &format!("/sources?report={id}"), "opened-report").await;
    assert!(said.contains("Phones by campaign"), "{said}");
    let address = "return Object.fromEntries(new URLSearchParams(location.search))";
    let expected =
        json!({"report": id, "by": "campaign", "f": "device.is.mobile", "from": from, "to": to});
    eventually("the address asks what was saved", || async {
        desk.browser.run(address).await == expected
    })
    .await;
    let filters = "%5B%7B%22dimension%22%3A%22device%22%2C%22op%22%3A%22is%22%2C%22values%22%3A%5B%22mobile%22%5D%7D%5D";
    let answer = desk
        .answer(&format!(
            "sources?by=campaign&sort=sessions&limit=100&filters={filters}"
        ))
        .await;
    let expected: Vec<String> = answer["data"]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| super::pages::written(&row["sessions"]))
        .collect();
    let everybody = desk
        .answer("sources?by=campaign&sort=sessions&limit=100")
        .await;
    assert_ne!(answer["data"]["rows"], everybody["data"]["rows"]);
    eventually("the rows are those of the answer", || async {
        let rows = desk.rows("sources").await;
        let shown = rows
            .iter()
            .map(|row| super::pages::figure(&row["sessions"]).to_owned());
        shown.collect::<Vec<_>>() == expected
    })
    .await;

    // Days that the sender had chosen otherwise go with the address.
    let path = format!("{}/sources?report={id}&range=90d", desk.app.base);
    desk.browser.open(&path).await;
    let days = "const query = new URLSearchParams(location.search); return [query.get('range'), query.get('from'), query.get('f')]";
    eventually("the days are the address's", || async {
        desk.browser.run(days).await == json!(["90d", null, "device.is.mobile"])
    })
    .await;

    // One of another page leads there, and one that is not there is said not to be: either way the page works.
    let said = follow(
        &desk,
        &format!("/pages?report={id}&{}", desk.query()),
        "report-elsewhere",
    )
    .await;
    assert!(said.contains("Phones by campaign"), "{said}");
    let go = "document.querySelector('[data-testid=report-elsewhere] a').click()";
    desk.browser.run(go).await;
    let there = "return [location.pathname, document.querySelector('[data-testid=opened-report] strong')?.innerText]";
    eventually("it is opened on its page", || async {
        desk.browser.run(there).await == json!(["/sources", "Phones by campaign"])
    })
    .await;
    let nothing = format!("/sources?report={}&{}", uuid::Uuid::now_v7(), desk.query());
    let said = follow(&desk, &nothing, "no-report").await;
    assert!(said.contains("There is no report"), "{said}");
    desk.browser
        .run("document.querySelector('[data-testid=no-report] button').click()")
        .await;
    let gone = "return [location.search.includes('report'), !!document.querySelector('[data-testid=no-report]')]";
    eventually("the address does without it", || async {
        desk.browser.run(gone).await == json!([false, false])
    })
    .await;
    desk.browser.assert_nothing_noted("/sources").await;
    desk.app.log.assert_quiet();
}
