//! Orders and refunds: which report counts, what is taken back, and whose they are.

use serde_json::{Value, json};

use super::rates::set_currency;
use super::revenue::{at, of_visitor, paid, purchase, refund, texts, total};
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, identify, item, now};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    an_order_counts_once_whoever_reports_it,
    refunds_take_back_what_was_paid,
    a_person_has_what_their_browsers_bought,
    segments_orders_and_refunds_count,
    sites_do_not_see_each_others_orders,
);

async fn an_order_counts_once_whoever_reports_it(database: Database) {
    let app = TestApp::start(database).await;
    let [browser, server] = std::array::from_fn(|_| Visit::new(&app.key));
    let started = now();
    let told = |ago: i64, value: Value| {
        at(
            started - ago,
            purchase(json!({"order_id": "A-1", "value": value, "currency": "EUR"})),
        )
    };
    // The server's comes first and is later; the page is loaded again; the earliest has no value.
    app.accept(&server.batch(&[told(1000, json!("50.00"))]))
        .await;
    app.accept(&browser.batch(&[told(4000, json!(49.9)), told(2000, json!(49.9))]))
        .await;
    let mut without = told(5000, json!(null));
    without["data"]["props"] = json!({"transaction_id": "A-1"});
    app.accept(&browser.batch(&[without])).await;
    let revenue = total(&app).await;
    assert_eq!(revenue["orders"], 1);
    assert_eq!(paid(&revenue, Some("EUR")), texts("49.90", "0.00", "49.90"));
    // All of them stay in the timelines, and the one that counts is the browser's.
    let full = of_visitor(&app, &browser).await;
    assert_eq!(full["timeline"]["data"].as_array().unwrap().len(), 3);
    assert_eq!(full["revenue"]["orders"], 1);
    let full = of_visitor(&app, &server).await;
    assert_eq!(full["timeline"]["data"].as_array().unwrap().len(), 1);
    assert_eq!(full["revenue"]["orders"], 0);
    // Without an order id, each is an order of its own.
    let own = || purchase(json!({"value": 1, "currency": "EUR"}));
    app.accept(&browser.batch(&[own(), own()])).await;
    assert_eq!(total(&app).await["orders"], 3);
}

async fn refunds_take_back_what_was_paid(database: Database) {
    let app = TestApp::start(database).await;
    let [shop, office] = std::array::from_fn(|_| Visit::new(&app.key));
    let part = refund(json!({"order_id": "B", "value": 20, "currency": "EUR", "refund_id": "r1"}));
    let again = refund(json!({"order_id": "B", "value": 20, "currency": "EUR", "refund_id": "r1"}));
    // Before the order, of which nothing is known yet.
    app.accept(&office.batch(&[part])).await;
    let revenue = total(&app).await;
    assert_eq!(
        revenue["unmatched_refunds"],
        json!([{"currency": "EUR", "refunds": 1, "amount": "20.00"}])
    );
    assert_eq!(
        (&revenue["orders"], &revenue["refunds"]),
        (&json!(0), &json!(0))
    );
    let order = purchase(json!({"order_id": "B", "value": 49.9, "currency": "EUR"}));
    app.accept(&shop.batch(&[order])).await;
    app.accept(&office.batch(&[again])).await;
    let revenue = total(&app).await;
    assert_eq!(
        paid(&revenue, Some("EUR")),
        texts("49.90", "20.00", "29.90")
    );
    assert_eq!(revenue["unmatched_refunds"], json!([]));
    // Another part, in no currency of its own; then the whole, of which that is left; then more than there is.
    let more = [
        refund(json!({"order_id": "B", "value": "9.95"})),
        refund(json!({"order_id": "B"})),
        refund(json!({"order_id": "B", "value": 30, "currency": "EUR"})),
        refund(json!({"order_id": "B", "value": 3, "currency": "USD"})),
    ];
    app.accept(&office.batch(&more[..1])).await;
    assert_eq!(
        paid(&total(&app).await, Some("EUR")),
        texts("49.90", "29.95", "19.95")
    );
    app.accept(&office.batch(&more[1..])).await;
    let revenue = total(&app).await;
    assert_eq!(paid(&revenue, Some("EUR")), texts("49.90", "49.90", "0.00"));
    assert_eq!(revenue["refunds"], 4);
    assert_eq!(
        revenue["unmatched_refunds"],
        json!([{"currency": "USD", "refunds": 1, "amount": "3.00"}])
    );
    // They are those of the visitor who bought, whoever told them.
    let full = of_visitor(&app, &shop).await;
    assert_eq!(
        paid(&full["revenue"], Some("EUR")),
        texts("49.90", "49.90", "0.00")
    );
    assert_eq!(of_visitor(&app, &office).await["revenue"]["orders"], 0);
}

async fn a_person_has_what_their_browsers_bought(database: Database) {
    let app = TestApp::start(database).await;
    set_currency(&app, "EUR").await;
    let [laptop, phone] = std::array::from_fn(|_| Visit::new(&app.key));
    let start = now() - 100_000;
    let bought = |ago: i64, order: &str, value: &str| {
        at(
            start - ago,
            purchase(json!({"order_id": order, "value": value, "currency": "EUR"})),
        )
    };
    // Ann and Ben share the laptop; Ann has a phone of her own.
    app.accept(&laptop.batch(&[
        at(start - 90, identify("ann")),
        bought(80, "a", "10"),
        at(start - 75, item("event", json!({"name": "refund", "props": {"order_id": "z", "value": 1, "currency": "EUR"}}))),
        at(start - 70, identify("ben")),
        bought(60, "b", "5"),
    ]))
    .await;
    app.accept(&phone.batch(&[
        at(start - 50, identify("ann")),
        at(start - 45, item("group", json!({"account_id": "acme"}))),
        bought(40, "c", "2.50"),
        at(start - 30, refund(json!({"order_id": "a", "value": 4}))),
        at(start - 20, event("left")),
    ]))
    .await;
    let ann = app.json("/api/v1/persons/user:ann").await;
    assert_eq!(ann["revenue"]["gross"], "12.50");
    assert_eq!(ann["revenue"]["net"], "8.50");
    assert_eq!(ann["revenue"]["unmatched_refunds"][0]["refunds"], 1);
    let ben = app.json("/api/v1/persons/user:ben").await;
    assert_eq!(
        (&ben["revenue"]["net"], &ben["revenue"]["orders"]),
        (&json!("5.00"), &json!(1))
    );
    assert_eq!(ben["revenue"]["unmatched_refunds"], json!([]));
    let account = app.json("/api/v1/accounts/acme").await;
    assert_eq!(account["revenue"]["net"], "8.50");
    let page = app.json("/api/v1/persons/user:ann/orders?limit=1").await;
    assert_eq!(
        page["data"][0],
        json!({
            "order_id": "c", "at": start - 40, "name": "purchase", "event_id": page["data"][0]["event_id"],
            "visitor_id": phone.visitor, "session_id": phone.session, "currency": "EUR",
            "gross": "2.50", "refunded": "0.00", "net": "2.50", "refunds": 0,
        })
    );
    let cursor = page["next_cursor"].as_str().unwrap();
    let page = app
        .json(&format!(
            "/api/v1/persons/user:ann/orders?limit=1&cursor={cursor}"
        ))
        .await;
    assert_eq!(page["next_cursor"], Value::Null);
    let order = &page["data"][0];
    assert_eq!(
        (&order["order_id"], &order["net"], &order["refunds"]),
        (&json!("a"), &json!("6.00"), &json!(1))
    );
    let nobody = app.get("/api/v1/persons/user:nobody/orders").await;
    assert_eq!(error(nobody).await.0, 404);
}

async fn segments_orders_and_refunds_count(database: Database) {
    let app = TestApp::start(database).await;
    let send = async |event: &str, id: &str, properties: Value| {
        let body = json!({"writeKey": app.key, "messageId": id, "anonymousId": "s-1", "event": event, "properties": properties});
        let answer = app.post("/v1/track", &body).await;
        assert_eq!(answer.status(), 200);
    };
    let order = json!({"order_id": "50314b8e9bcf000000000000", "total": 27.5, "revenue": 25.00, "currency": "USD"});
    send("Checkout Started", "m0", order.clone()).await;
    send("Order Completed", "m1", order.clone()).await;
    send("Order Completed", "m2", order).await;
    let back = json!({"order_id": "50314b8e9bcf000000000000", "total": 30, "currency": "USD"});
    let part = json!({"order_id": "50314b8e9bcf000000000000", "total": 5.5, "currency": "USD"});
    send("Order Refunded", "m3", part.clone()).await;
    send("Order Refunded", "m3", part).await;
    let revenue = total(&app).await;
    assert_eq!(
        (&revenue["orders"], &revenue["refunds"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(paid(&revenue, Some("USD")), texts("25.00", "5.50", "19.50"));
    // The total of a refund has the shipping in it, the revenue of the order has not: no more goes back than came.
    send("Order Refunded", "m4", back).await;
    assert_eq!(
        paid(&total(&app).await, Some("USD")),
        texts("25.00", "25.00", "0.00")
    );
}

async fn sites_do_not_see_each_others_orders(database: Database) {
    let app = TestApp::start(database).await;
    let other = app.add_site("Other", &[]).await;
    let mut visit = Visit::new(&app.key);
    let bought = || purchase(json!({"order_id": "a", "value": 10, "currency": "EUR"}));
    app.accept(&visit.batch(&[bought()])).await;
    // The same visitor, order and refund at another site.
    visit.key = other;
    let back = refund(json!({"order_id": "a", "value": 1, "refund_id": "r"}));
    app.accept(&visit.batch(&[back])).await;
    let [one, two] = [1, 2].map(|site| format!("/api/v1/revenue?site={site}"));
    let (one, two) = (app.json(&one).await, app.json(&two).await);
    assert_eq!(
        (&one["total"]["orders"], &one["total"]["refunds"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(one["total"]["unmatched_refunds"], json!([]));
    assert_eq!(
        (&two["total"]["orders"], &two["total"]["refunds"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(two["total"]["unmatched_refunds"][0]["amount"], "1");
    let key = app.add_key(Some(2)).await;
    for path in ["/api/v1/revenue?site=1", "/api/v1/sites/1/rates"] {
        let refused = error(app.get_with(path, &key).await).await;
        assert_eq!(refused.0, 404, "{path}");
    }
}
