//! Telling the collector what happened, as browsers, servers and the owner do.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use waymark_collector::commands::{Command, PersonsCommand, PrivacyCommand, SitesCommand};

use super::{Browser, DAY, Gone, RATES, Session, World, day};
use crate::api::interactions::accept;
use crate::api::rates::load;
use crate::api::server_keys::add_server_key;
use crate::support::app::{ORIGIN, TestApp};
use crate::support::batch::now;
use crate::support::database::Database;
use crate::support::places;

/// How many browsers send at a time.
const AT_ONCE: usize = 6;

/// Items that are sent together.
#[derive(Debug, Clone)]
pub(super) struct Sending {
    pub(super) header: Option<&'static str>,
    pub(super) country: Option<&'static str>,
    pub(super) context: Value,
    pub(super) items: Vec<Value>,
}

/// What holds for every item of a session.
pub(super) fn context(
    browser: &Browser,
    language: Option<&str>,
    session_id: Uuid,
    session: &Session,
    user: Option<&String>,
) -> Value {
    let mut context = json!({
        "visitor_id": browser.visitor,
        "tab_id": session_id,
        "session": {"id": session_id, "started_at": session.started_at},
        "device": {"language": language},
    });
    if let Some(user) = user {
        context["user_id"] = json!(user);
    }
    if !session.touch.told.is_empty() {
        context["touch"] = serde_json::from_str(session.touch.told).unwrap();
        context["touch"]["at"] = json!(session.started_at);
    }
    context
}

/// A collector that trusts what tells of addresses.
pub(super) async fn collector(database: Database) -> TestApp {
    TestApp::with(database, |config| {
        config.geo_database = places();
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await
}

impl World {
    /// Tells everything, and waits until it is stored.
    pub(super) async fn tell(&self, app: &TestApp) {
        app.command(&Command::Sites(SitesCommand::Set {
            id: 1,
            name: None,
            origins: Vec::new(),
            any_origin: false,
            time_zone: Some("Europe/Berlin".to_owned()),
            server_key_required: None,
            renew_cookie: None,
            cookie_domain: None,
            currency: Some("EUR".to_owned()),
        }))
        .await;
        let (long_ago, change) = (day(self.anchor - 90 * DAY), day(self.anchor));
        let rates = [(long_ago, RATES.0), (change, RATES.1)];
        let rates = rates.map(|(day, rate)| format!("{day},USD,EUR,{rate}\n"));
        load(app, &rates.concat()).await;
        stream::iter(&self.sendings)
            .for_each_concurrent(AT_ONCE, |sending| send(app, sending))
            .await;
        let key = add_server_key(app, 1).await;
        let interactions: Vec<Value> = self
            .interactions
            .iter()
            .map(|one| one.told.clone())
            .collect();
        accept(app, &key, &interactions).await;
        for (person, other) in &self.merges {
            let merge = PersonsCommand::Merge {
                site: 1,
                person: person.parse().unwrap(),
                other: other.parse().unwrap(),
            };
            app.command(&Command::Persons(merge)).await;
        }
        self.erase(app).await;
    }

    async fn erase(&self, app: &TestApp) {
        let mut erased = BTreeSet::new();
        for browser in &self.browsers {
            let Some(gone) = browser.gone else { continue };
            if !erased.insert(browser.person) {
                continue;
            }
            let person = match &browser.user {
                Some(user) => format!("user:{}", user.trim_end_matches(", erased")),
                None => format!("visitor:{}", browser.visitor),
            };
            let erase = PrivacyCommand::Erase {
                site: 1,
                person: person.parse().unwrap(),
                delete: gone == Gone::Deleted,
                grace_days: None,
                dry_run: false,
            };
            app.command(&Command::Privacy(erase)).await;
        }
    }
}

async fn send(app: &TestApp, sending: &Sending) {
    let batch = json!({
        "v": 1,
        "key": app.key,
        "sent_at": now(),
        "sdk": {"name": "waymark-js", "version": "0.1.0"},
        "context": sending.context,
        "items": sending.items,
    });
    let mut request = app
        .request(Method::POST, "/v1/events")
        .header("Content-Type", "text/plain")
        .header("Origin", ORIGIN)
        .body(batch.to_string());
    if let Some(header) = sending.header {
        request = request.header("User-Agent", header);
    }
    // Addresses of which the database knows the country.
    let address = match sending.country {
        Some("DE") => "193.99.144.80",
        Some("US") => "8.8.8.8",
        _ => "10.0.0.1",
    };
    let request = request.header("X-Forwarded-For", address);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    for line in answer["results"].as_array().unwrap() {
        assert!(
            (line["status"] == "accepted" || line["status"] == "duplicate")
                && line["ignored"].is_null(),
            "{answer} {batch}"
        );
    }
}
