//! Revenue: money as clients tell it, and what it comes to in the site's currency and by day.

use serde_json::{Value, json};
use waymark_collector::commands::{Command, SitesCommand};

use super::rates::{load, set_currency};
use crate::support::app::{ORIGIN, TestApp, error};
use crate::support::batch::{Visit, item, now};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    money_arrives_as_it_was_written,
    what_has_no_rate_is_shown_apart,
    what_is_wrong_is_named_and_found,
    revenue_is_by_day_of_the_sites_time_zone,
);

const DAY: i64 = 86_400_000;

pub(super) fn purchase(props: Value) -> Value {
    item("event", json!({"name": "purchase", "props": props}))
}

pub(super) fn refund(props: Value) -> Value {
    item("event", json!({"name": "refund", "props": props}))
}

pub(super) fn at(time: i64, mut item: Value) -> Value {
    item["at"] = json!(time);
    item
}

/// Gross, refunded and net of one currency.
pub(super) fn paid(revenue: &Value, currency: Option<&str>) -> (String, String, String) {
    let lines = revenue["by_currency"].as_array().unwrap();
    let line = lines
        .iter()
        .find(|line| line["currency"].as_str() == currency)
        .unwrap_or_else(|| panic!("no {currency:?} in {revenue}"));
    let text = |name: &str| line[name].as_str().unwrap().to_owned();
    (text("gross"), text("refunded"), text("net"))
}

pub(super) fn texts(gross: &str, refunded: &str, net: &str) -> (String, String, String) {
    (gross.to_owned(), refunded.to_owned(), net.to_owned())
}

pub(super) async fn total(app: &TestApp) -> Value {
    app.json("/api/v1/revenue?site=1").await["total"].clone()
}

pub(super) async fn of_visitor(app: &TestApp, visit: &Visit) -> Value {
    let path = format!("/api/v1/visitors/{}?site=1", visit.visitor);
    app.json(&path).await
}

async fn money_arrives_as_it_was_written(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    // A number that this test's own JSON would write otherwise.
    let names = [
        ("a", "19.99"),
        ("b", "0.30000000000000004"),
        ("c", "1e3"),
        ("d", "\"5.10\""),
    ];
    let items: Vec<Value> = names
        .iter()
        .map(|(order, _)| {
            purchase(json!({"value": format!("<{order}>"), "currency": "EUR", "order_id": order}))
        })
        .collect();
    let mut body = visit.batch(&items).to_string();
    for (order, written) in names {
        body = body.replace(&format!("\"<{order}>\""), written);
    }
    let sent = app
        .request(reqwest::Method::POST, "/v1/events")
        .header("Content-Type", "text/plain")
        .header("Origin", ORIGIN)
        .body(body)
        .send()
        .await
        .unwrap();
    let answer: Value = sent.json().await.unwrap();
    assert!(
        answer["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|line| { line["status"] == "accepted" && line["ignored"].is_null() }),
        "{answer}"
    );
    let full = of_visitor(&app, &visit).await;
    let mut entries: Vec<(&str, &str, bool)> = full["timeline"]["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            assert_eq!(entry["currency"], "EUR");
            let order = entry["props"]["order_id"].as_str().unwrap();
            (
                order,
                entry["value"].as_str().unwrap(),
                entry["conversion"] == true,
            )
        })
        .collect();
    entries.sort_unstable();
    assert_eq!(
        entries,
        [
            ("a", "19.99", true),
            ("b", "0.3", true),
            ("c", "1000", true),
            ("d", "5.10", true)
        ]
    );
    assert_eq!(
        paid(&full["revenue"], Some("EUR")),
        texts("1025.39", "0.00", "1025.39")
    );
    assert_eq!(full["revenue"]["currency"], Value::Null);
    assert_eq!(full["revenue"]["net"], Value::Null);
}

async fn what_has_no_rate_is_shown_apart(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    let bought = |order: &str, value: &str, currency: Value| {
        purchase(json!({"order_id": order, "value": value, "currency": currency}))
    };
    app.accept(&visit.batch(&[
        bought("a", "10.00", json!("EUR")),
        bought("b", "20.00", json!("USD")),
        bought("c", "3000", json!("JPY")),
        bought("d", "7.5", Value::Null),
        refund(json!({"order_id": "b", "value": "5"})),
    ]))
    .await;
    let revenue = total(&app).await;
    assert_eq!(
        (&revenue["currency"], &revenue["net"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(revenue["unconverted"], revenue["by_currency"]);

    set_currency(&app, "eur").await;
    let revenue = total(&app).await;
    assert_eq!(revenue["currency"], "EUR");
    assert_eq!(revenue["net"], "10.00");
    let apart = revenue["unconverted"].as_array().unwrap();
    let codes: Vec<&Value> = apart.iter().map(|line| &line["currency"]).collect();
    assert_eq!(codes, [&Value::Null, &json!("JPY"), &json!("USD")]);
    assert_eq!(paid(&revenue, Some("JPY")), texts("3000", "0", "3000"));
    assert_eq!(paid(&revenue, None), texts("7.5", "0", "7.5"));

    // The latest rate of the day or before, exact, and rounded to a millionth at the end.
    let (today, before) = (day_of(now()), day_of(now() - 3 * DAY));
    load(&app, &format!("{before},USD,EUR,0.8\n")).await;
    assert_eq!(total(&app).await["net"], "22.00");
    load(
        &app,
        &format!("{today},USD,EUR,0.333333333333\n2999-01-01,USD,EUR,7"),
    )
    .await;
    let revenue = total(&app).await;
    assert_eq!(revenue["gross"], "16.666667");
    assert_eq!(revenue["refunded"], "1.666667");
    assert_eq!(revenue["net"], "15.00");
    assert_eq!(revenue["unconverted"].as_array().unwrap().len(), 2);
    assert_eq!(of_visitor(&app, &visit).await["revenue"], revenue);
    // Rates go one way.
    load(&app, &format!("{today},EUR,JPY,160\n")).await;
    assert_eq!(total(&app).await, revenue);
    // Another currency of the site's, other figures.
    set_currency(&app, "JPY").await;
    let revenue = total(&app).await;
    assert_eq!(revenue["net"], "4600");
    set_currency(&app, "").await;
    assert_eq!(total(&app).await["net"], Value::Null);
}

async fn what_is_wrong_is_named_and_found(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    let sent = app
        .send(&visit.batch(&[
            purchase(json!({"value": "-5", "currency": "EURO", "order_id": "a"})),
            item(
                "event",
                json!({"name": "bought", "conversion": true, "value": "1e3", "currency": "XXX"}),
            ),
        ]))
        .await;
    let answer: Value = sent.json().await.unwrap();
    let ignored: Vec<&Value> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            assert_eq!(line["status"], "accepted");
            &line["ignored"]
        })
        .collect();
    assert_eq!(
        ignored[0],
        &json!(["data.props.value", "data.props.currency"])
    );
    assert_eq!(ignored[1], &json!(["data.value", "data.currency"]));
    let revenue = total(&app).await;
    // The order is one of which nothing is known; the other one is none.
    assert_eq!(revenue["orders"], 1);
    assert_eq!(revenue["by_currency"][0]["orders_without_value"], 1);
    assert_eq!(revenue["unconverted"], json!([]));
    for (query, field) in [
        ("from=yesterday", "from"),
        ("from=2025-02-02&to=2025-02-01", "from"),
        ("from=2020-01-01&to=2025-01-01", "from"),
        ("bots=some", "bots"),
        ("currency=EUR", "currency"),
    ] {
        let answer = app.get(&format!("/api/v1/revenue?{query}")).await;
        let (status, code, named) = error(answer).await;
        assert_eq!(
            (status, code.as_str()),
            (400, "invalid_parameter"),
            "{query}"
        );
        assert_eq!(named.as_deref(), Some(field), "{query}");
    }
    // Counted for the owner, whoever sent it.
    eventually("the findings are counted", || async {
        let found = app.json("/api/v1/sites/1/catalogue/findings").await;
        let found = found["data"].as_array().unwrap();
        let has = |name: &str, field: &str| {
            found.iter().any(|one| {
                one["name"] == name && one["field"] == field && one["problem"] == "invalid_props"
            })
        };
        has("purchase", "data.props.value") && has("bought", "data.value")
    })
    .await;
}

/// The day of a time in UTC.
fn day_of(at: i64) -> String {
    let days = at.div_euclid(DAY) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

async fn revenue_is_by_day_of_the_sites_time_zone(database: Database) {
    let app = TestApp::start(database).await;
    // Fourteen hours ahead of UTC: the first hours of a day there are of the day before here.
    app.command(&Command::Sites(SitesCommand::Set {
        id: 1,
        name: None,
        origins: Vec::new(),
        any_origin: false,
        time_zone: Some("Pacific/Kiritimati".to_owned()),
        server_key_required: None,
        renew_cookie: None,
        cookie_domain: None,
        currency: Some("EUR".to_owned()),
    }))
    .await;
    let visit = Visit::new(&app.key);
    // Five days ago, at noon UTC: there it is two in the morning of the next day.
    let noon = (now() / DAY - 5) * DAY + DAY / 2;
    let (first, second) = (day_of(noon), day_of(noon + DAY));
    let bought = |time: i64, order: &str, currency: &str| {
        at(
            time,
            purchase(json!({"order_id": order, "value": 10, "currency": currency})),
        )
    };
    app.accept(&visit.batch(&[
        // A quarter of an hour before midnight there, and at midnight.
        bought(noon - 2 * 3_600_000 - 1, "a", "EUR"),
        bought(noon - 2 * 3_600_000, "b", "EUR"),
        bought(noon, "c", "USD"),
        at(noon + DAY, refund(json!({"order_id": "c"}))),
        at(noon + DAY, refund(json!({"order_id": "a", "value": 4}))),
    ]))
    .await;
    // The order's rate is that of its day there, and its refund's as well, though that is of another day.
    let third = day_of(noon + 2 * DAY);
    load(
        &app,
        &format!("{first},USD,EUR,0.5\n{second},USD,EUR,0.6\n{third},USD,EUR,0.7\n"),
    )
    .await;
    let of = async |from: &str, to: &str| {
        app.json(&format!("/api/v1/revenue?from={from}&to={to}"))
            .await
    };
    let days = of(&first, &third).await;
    assert_eq!(days["time_zone"], "Pacific/Kiritimati");
    let lines: Vec<Value> = days["data"].as_array().unwrap().clone();
    let line = |day: &str, orders: i64, refunds: i64, gross: &str, refunded: &str, net: &str| json!({"day": day, "orders": orders, "refunds": refunds, "gross": gross, "refunded": refunded, "net": net, "partial": false});
    assert_eq!(
        lines,
        [
            line(&first, 1, 0, "10.00", "0.00", "10.00"),
            line(&second, 2, 0, "16.00", "0.00", "16.00"),
            line(&third, 0, 2, "0.00", "10.00", "-10.00"),
        ]
    );
    assert_eq!(days["total"]["net"], "16.00");
    assert_eq!(of(&first, &first).await["total"]["orders"], 1);
    assert_eq!(of(&second, &second).await["total"]["gross"], "16.00");
    // What a refund takes depends on those before it, also where they are of another day.
    let late = at(noon + 2 * DAY, refund(json!({"order_id": "a"})));
    app.accept(&visit.batch(&[late])).await;
    let fourth = day_of(noon + 3 * DAY);
    assert_eq!(of(&fourth, &fourth).await["total"]["refunded"], "6.00");
}
