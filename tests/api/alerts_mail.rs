//! Alerts by mail, as a mail server gets them, on both databases.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use waymark_collector::config::{self, Config, Environment, Mail};

use super::alerts::{Office, above_of};
use crate::support::database::Database;
use crate::support::mail_server::{Fate, LOGIN, MailServer};
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    a_mail_is_repeated_under_its_id_until_it_is_taken,
    a_mail_that_is_refused_for_good_is_not_repeated,
    a_mail_goes_in_secret_to_who_it_is_for,
);

const ANN: &str = "ann@shop.example";

/// The settings of mail, as an operator gives them.
fn mail(url: &str) -> Option<Mail> {
    let environment = Environment::from([
        ("WAYMARK_SMTP_URL".to_owned(), url.to_owned()),
        (
            "WAYMARK_MAIL_FROM".to_owned(),
            "Waymark <waymark@shop.example>".to_owned(),
        ),
    ]);
    let (config, _) = config::load(["collector".into()], &environment).unwrap();
    config.mail
}

async fn office(database: Database, url: &str, configure: impl FnOnce(&mut Config)) -> Office {
    let mail = mail(url);
    Office::open(database, |config| {
        config.mail = mail;
        configure(config);
    })
    .await
}

/// The notices of an alert's only change.
async fn notices(office: &Office, id: &str) -> Vec<Value> {
    let history = office.history(id).await;
    assert!(history.len() < 2, "{history:?}");
    let notices = history.first().map(|change| change["notices"].clone());
    notices.map_or_else(Vec::new, |all| all.as_array().unwrap().clone())
}

async fn a_mail_is_repeated_under_its_id_until_it_is_taken(database: Database) {
    let server = MailServer::start().await;
    let url = format!("smtp://127.0.0.1:{}?tls=none", server.port);
    let office = office(database, &url, |_| {}).await;
    office.signs_up().await;
    // Greylisted, taken without an answer, and taken.
    server.next(&[Fate::Code(450), Fate::Lost]);
    let channel = json!({"kind": "email", "to": ANN});
    let id = office.add(&above_of(0), &json!([channel])).await;
    let mails = server.gets(2).await;
    eventually("it is delivered", async || {
        notices(&office, &id)
            .await
            .iter()
            .any(|one| one["state"] == "delivered")
    })
    .await;
    assert_eq!(server.mails().len(), 2);
    let notice = &notices(&office, &id).await[0];
    assert_eq!(
        (&notice["attempts"], &notice["status"]),
        (&json!(3), &json!(250))
    );
    assert_eq!(notice["channel"], channel);
    let message_id = format!("<{}@shop.example>", notice["id"].as_str().unwrap());
    for mail in &mails {
        assert_eq!(mail.header("Message-ID"), message_id);
        assert_eq!(
            (mail.from.as_str(), mail.to.as_slice()),
            ("waymark@shop.example", &[ANN.to_owned()][..])
        );
        assert_eq!(mail.header("Subject"), "[Waymark] Firing: Sign-ups");
        assert_eq!(mail.header("To"), ANN);
        assert!(mail.header("From").contains("Waymark"));
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        assert!(
            mail.text
                .contains(&format!("{}/?site=3D1", office.desk.app.base))
                || mail
                    .text
                    .contains(&format!("{}/?site=1", office.desk.app.base)),
            "{}",
            mail.text
        );
        assert!(mail.text.contains("Fires above 0"), "{}", mail.text);
    }
    // Nobody's address is in the log or the audit log.
    office.turn(&id, 1000, "ok").await;
    let recovered = server.gets(3).await;
    assert_eq!(
        recovered[2].header("Subject"),
        "[Waymark] Recovered: Sign-ups"
    );
    let told = "SELECT COUNT(*) FROM audit WHERE detail::text LIKE '%ann@%'";
    let told = if office.desk.app.database.is_sqlite() {
        "SELECT COUNT(*) FROM audit WHERE detail LIKE '%ann@%'"
    } else {
        told
    };
    assert_eq!(office.desk.app.database.number(told).await, 0);
    assert!(!office.desk.app.log.text().contains("ann@"));
    office.desk.app.log.assert_quiet();
}

async fn a_mail_that_is_refused_for_good_is_not_repeated(database: Database) {
    let server = MailServer::start().await;
    let url = format!("smtp://127.0.0.1:{}?tls=none", server.port);
    let office = office(database, &url, |_| {}).await;
    office.signs_up().await;
    server.next(&[Fate::Code(550)]);
    let channels =
        json!([{"kind": "email", "to": ANN}, {"kind": "email", "to": "ben@shop.example"}]);
    let id = office.add(&above_of(0), &channels).await;
    eventually("both have ended", async || {
        let notices = notices(&office, &id).await;
        !notices.is_empty() && notices.iter().all(|one| one["state"] != "waiting")
    })
    .await;
    let mut states: Vec<(String, Value, Value)> = notices(&office, &id)
        .await
        .iter()
        .map(|one| {
            (
                one["state"].to_string(),
                one["status"].clone(),
                one["attempts"].clone(),
            )
        })
        .collect();
    states.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(states[0], (json!("dead").to_string(), json!(550), json!(1)));
    assert_eq!(states[1].0, json!("delivered").to_string());
    assert_eq!(server.mails().len(), 1);
    let log = office.desk.app.log.text();
    assert!(
        log.contains("could not be delivered") && !log.contains("shop.example"),
        "{log}"
    );
    let test = office
        .good(Method::POST, &format!("/{id}/test"), Value::Null)
        .await;
    assert_eq!(
        (&test["data"][0]["ok"], &test["data"][1]["ok"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        server.mails()[1].header("Subject"),
        "[Waymark] Test: Sign-ups"
    );
}

async fn a_mail_goes_in_secret_to_who_it_is_for(database: Database) {
    let (server, pem) = MailServer::secure().await;
    let folder = tempfile::tempdir().unwrap();
    let authorities = folder.path().join("authorities.pem");
    std::fs::write(&authorities, pem).unwrap();
    let password = LOGIN.1.replace(' ', "%20");
    let url = |host: &str, password: &str| {
        format!("smtp://{}:{password}@{host}:{}", LOGIN.0, server.port)
    };
    let trusting = |path: &Path| {
        let path = path.to_owned();
        move |config: &mut Config| config.destination_ca = Some(path)
    };
    let own = office(
        database,
        &url("localhost", &password),
        trusting(&authorities),
    )
    .await;
    let id = own
        .add(&above_of(5), &json!([{"kind": "email", "to": ANN}]))
        .await;
    let test = own
        .good(Method::POST, &format!("/{id}/test"), Value::Null)
        .await;
    assert_eq!(test["data"][0]["ok"], true, "{test}");
    assert!(server.mails()[0].is_secret);
    assert_eq!(server.logins(), 1);
    let own_database = || Database::shared(own.desk.app.database.url());
    let (other, _) = MailServer::secure().await;
    let open = MailServer::start().await;
    let at = |port: u16| format!("smtp://{}:{password}@localhost:{port}", LOGIN.0);
    for (url, error, status) in [
        // Another name, another authority, no TLS at all, and another password.
        (url("127.0.0.1", &password), "tls_failed", Value::Null),
        (at(other.port), "tls_failed", Value::Null),
        (at(open.port), "not_offered", Value::Null),
        (url("localhost", "guessed"), "refused", json!(535)),
    ] {
        let mail = mail(&url);
        let app = crate::support::app::TestApp::with(own_database(), |config| {
            config.mail = mail;
            config.destination_ca = Some(authorities.clone());
        })
        .await;
        let request = app.request(Method::POST, &format!("/api/v1/alerts/{id}/test?site=1"));
        let tested = request.header("Cookie", &own.desk.cookie).send().await;
        let tested: Value = tested.unwrap().json().await.unwrap();
        assert_eq!(
            (&tested["data"][0]["error"], &tested["data"][0]["status"]),
            (&json!(error), &status),
            "{url}: {tested}"
        );
        assert!(!app.log.text().contains("battery"));
    }
    assert_eq!(
        (server.mails().len(), other.logins(), open.mails().len()),
        (1, 0, 0)
    );
    assert!(!own.desk.app.log.text().contains("battery"));
    own.desk.app.log.assert_quiet();
}
