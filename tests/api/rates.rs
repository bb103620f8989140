//! Rates of exchange and the site's currency: by the command line and by the API.

use std::io::Write;

use serde_json::{Value, json};
use tempfile::NamedTempFile;
use waymark_collector::commands::{Command, RatesCommand, SitesCommand};

use crate::support::app::{TestApp, error};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    a_table_is_loaded_by_the_command_line,
    rates_are_loaded_by_the_api,
    a_site_has_a_currency_or_none,
);

/// Names the site's currency.
pub(super) async fn set_currency(app: &TestApp, code: &str) {
    app.command(&Command::Sites(SitesCommand::Set {
        id: 1,
        name: None,
        origins: Vec::new(),
        any_origin: false,
        time_zone: None,
        server_key_required: None,
        renew_cookie: None,
        cookie_domain: None,
        currency: Some(code.to_owned()),
    }))
    .await;
}

/// Loads a table of rates, and gives what was printed.
pub(super) async fn load(app: &TestApp, table: &str) -> String {
    let (command, _file) = loading(table);
    app.command(&command).await
}

fn loading(table: &str) -> (Command, NamedTempFile) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(table.as_bytes()).unwrap();
    let path = file.path().to_owned();
    let load = RatesCommand::Load {
        site: 1,
        file: path,
    };
    (Command::Rates(load), file)
}

fn list(from: Option<&str>) -> Command {
    Command::Rates(RatesCommand::List {
        site: 1,
        from: from.map(|code| code.parse().unwrap()),
        to: None,
    })
}

async fn a_table_is_loaded_by_the_command_line(database: Database) {
    let app = TestApp::start(database).await;
    let table = "date,from,to,rate\n2026-01-02,USD,EUR,0.85\n2026-01-03,USD,EUR,0.86\n2026-01-02,GBP,EUR,1.15\n";
    let printed = load(&app, table).await;
    assert!(
        printed.contains("Site 1: 3 rates are new, 0 have changed, 0 were there."),
        "{printed}"
    );
    assert!(printed.contains("sites set 1 --currency"), "{printed}");
    set_currency(&app, "EUR").await;
    let printed = load(&app, table).await;
    assert_eq!(
        printed,
        "Site 1: 0 rates are new, 0 have changed, 3 were there.\n"
    );
    let printed = load(&app, "2026-01-03,USD,EUR,0.87\n").await;
    assert_eq!(
        printed,
        "Site 1: 0 rates are new, 1 have changed, 0 were there.\n"
    );
    assert_eq!(
        app.command(&list(None)).await,
        "2026-01-03\tUSD\tEUR\t0.87\n2026-01-02\tUSD\tEUR\t0.85\n2026-01-02\tGBP\tEUR\t1.15\n"
    );
    // All of a table or none of it.
    for (table, said) in [
        (
            "2026-02-01,USD,EUR,1\n2026-02-02,USD,EUR,x\n",
            "line 2: rate: has to be a decimal number",
        ),
        (
            "2026-02-01,USD,EUR,1\n\n2026-02-01,USD,EUR,2\n",
            "line 3: there is another rate",
        ),
        (
            "2026-02-01,USD,EURO,1\n",
            "line 1: to: is no code of ISO 4217",
        ),
    ] {
        let (command, _file) = loading(table);
        let refused = app.refused(&command).await;
        assert!(refused.contains(said), "{refused}");
    }
    assert_eq!(app.command(&list(None)).await.lines().count(), 3);
    let remove = |first: Option<&str>| {
        Command::Rates(RatesCommand::Remove {
            site: 1,
            from: "USD".parse().unwrap(),
            to: "EUR".parse().unwrap(),
            first: first.map(|day| day.parse().unwrap()),
            last: None,
        })
    };
    app.command(&remove(Some("2026-01-03"))).await;
    assert_eq!(
        app.command(&list(Some("USD"))).await,
        "2026-01-02\tUSD\tEUR\t0.85\n"
    );
    app.command(&remove(None)).await;
    assert_eq!(app.refused(&remove(None)).await, "there is no such rate");
    assert_eq!(
        app.command(&list(None)).await,
        "2026-01-02\tGBP\tEUR\t1.15\n"
    );
}

async fn rates_are_loaded_by_the_api(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app
        .set_up("ann@shop.example", "a long enough password")
        .await;
    let ask =
        |method: reqwest::Method, path: &str| app.request(method, path).header("Cookie", &cookie);
    const PATH: &str = "/api/v1/sites/1/rates";
    let post = async |rates: &Value| {
        let request = ask(reqwest::Method::POST, PATH).json(&json!({"rates": rates}));
        request.send().await.unwrap()
    };
    let rate = |date: &str, from: &str, to: &str, rate: &str| json!({"date": date, "from": from, "to": to, "rate": rate});
    let table = json!([
        rate("2026-01-02", "usd", "EUR", "0.850"),
        rate("2026-01-03", "USD", "EUR", "0.86")
    ]);
    let loaded: Value = post(&table).await.json().await.unwrap();
    assert_eq!(loaded, json!({"new": 2, "changed": 0, "unchanged": 0}));
    let loaded: Value = post(&table).await.json().await.unwrap();
    assert_eq!(loaded, json!({"new": 0, "changed": 0, "unchanged": 2}));
    let page = app.json(&format!("{PATH}?limit=1")).await;
    let first = &page["data"][0];
    assert_eq!(
        (&first["date"], &first["from"], &first["to"], &first["rate"]),
        (
            &json!("2026-01-03"),
            &json!("USD"),
            &json!("EUR"),
            &json!("0.86")
        )
    );
    let next = page["next_cursor"].as_str().unwrap();
    let page = app.json(&format!("{PATH}?limit=1&cursor={next}")).await;
    assert_eq!(
        (&page["data"][0]["rate"], &page["next_cursor"]),
        (&json!("0.85"), &Value::Null)
    );
    assert_eq!(
        app.json(&format!("{PATH}?from=GBP")).await["data"],
        json!([])
    );
    for (rates, field) in [
        (
            json!([
                rate("2026-01-02", "USD", "EUR", "1"),
                rate("2026-02-30", "USD", "EUR", "1")
            ]),
            "rates[1].date",
        ),
        (
            json!([rate("2026-01-02", "US", "EUR", "1")]),
            "rates[0].from",
        ),
        (
            json!([rate("2026-01-02", "USD", "USD", "1")]),
            "rates[0].to",
        ),
        (
            json!([rate("2026-01-02", "USD", "EUR", "-1")]),
            "rates[0].rate",
        ),
        (
            json!([{"date": "2026-01-02", "from": "USD", "to": "EUR", "rate": 0.85}]),
            "rates[0].rate",
        ),
        (
            json!([
                rate("2026-01-02", "USD", "EUR", "1"),
                rate("2026-01-02", "USD", "EUR", "1")
            ]),
            "rates[1]",
        ),
    ] {
        let (status, code, named) = error(post(&rates).await).await;
        assert_eq!((status, code.as_str()), (400, "invalid_field"), "{rates}");
        assert_eq!(named.as_deref(), Some(field), "{rates}");
    }
    // An API key reads.
    let refused = app
        .request(reqwest::Method::POST, PATH)
        .bearer_auth(&app.secret)
        .json(&json!({"rates": table}));
    assert_eq!(error(refused.send().await.unwrap()).await.0, 403);
    let remove = async |query: &str| {
        let answer = ask(reqwest::Method::DELETE, &format!("{PATH}?{query}"));
        answer.send().await.unwrap()
    };
    assert_eq!(
        error(remove("from=USD").await).await.2.as_deref(),
        Some("to")
    );
    let gone = remove("from=USD&to=EUR&first=2026-01-03&last=2026-01-03").await;
    assert_eq!(gone.status(), 204);
    assert_eq!(remove("from=GBP&to=EUR").await.status(), 404);
    assert_eq!(app.json(PATH).await["data"].as_array().unwrap().len(), 1);
    let audited = ask(reqwest::Method::GET, "/api/v1/audit").send();
    let audited: Value = audited.await.unwrap().json().await.unwrap();
    let actions: Vec<&Value> = audited["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["action"])
        .collect();
    assert_eq!(actions, ["rates.remove", "rates.load"]);
}

async fn a_site_has_a_currency_or_none(database: Database) {
    let app = TestApp::start(database).await;
    let cookie = app
        .set_up("ann@shop.example", "a long enough password")
        .await;
    let change = async |currency: Value| {
        let request = app
            .request(reqwest::Method::PATCH, "/api/v1/sites/1")
            .header("Cookie", &cookie)
            .json(&json!({"currency": currency}));
        request.send().await.unwrap()
    };
    assert_eq!(
        app.json("/api/v1/sites").await["data"][0]["currency"],
        Value::Null
    );
    let changed: Value = change(json!("chf")).await.json().await.unwrap();
    assert_eq!(changed["currency"], "CHF");
    let (status, code, field) = error(change(json!("Franken")).await).await;
    assert_eq!(
        (status, code.as_str(), field.as_deref()),
        (400, "invalid_field", Some("currency"))
    );
    let changed: Value = change(Value::Null).await.json().await.unwrap();
    assert_eq!(changed["currency"], Value::Null);
    set_currency(&app, "USD").await;
    assert_eq!(
        app.json("/api/v1/sites").await["data"][0]["currency"],
        "USD"
    );
}
