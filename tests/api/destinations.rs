//! Webhooks as their receivers see them, on both databases: what is sent, signed and repeated, what is not, and who may set
//! one up.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use waymark_collector::commands::{Command, DestinationsCommand, OneDestination};
use waymark_collector::config::Config;

use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event, item, milestone, now};
use crate::support::database::Database;
use crate::support::receiver::{Asked, Receiver, Reply};
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    a_webhook_is_signed_and_says_what_was_stored,
    a_milestone_is_told_once,
    a_rotated_secret_signs_beside_the_new_one,
    only_the_owner_sets_destinations_up,
    a_secret_is_shown_once_and_nowhere_else,
);

pub(super) const PATH: &str = "/api/v1/destinations";

/// A collector whose destinations may be on this machine, with an owner.
pub(super) struct Desk {
    pub(super) app: TestApp,
    pub(super) cookie: String,
}

impl Desk {
    pub(super) async fn open(database: Database) -> Self {
        Self::with(database, |_| {}).await
    }

    pub(super) async fn with(database: Database, configure: impl FnOnce(&mut Config)) -> Self {
        let app = TestApp::with(database, |config| {
            config.destination_networks = vec!["127.0.0.0/8".parse().unwrap()];
            config.destination_backoff = std::time::Duration::from_millis(20);
            configure(config);
        })
        .await;
        let cookie = app.set_up("owner@shop.example", "a long password").await;
        Self { app, cookie }
    }

    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let request = self.app.request(method, &format!("{PATH}{path}"));
        let request = request.header("Cookie", &self.cookie);
        match body {
            Some(body) => request.json(body).send().await.unwrap(),
            None => request.send().await.unwrap(),
        }
    }

    pub(super) async fn json(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let response = self.ask(method, path, body).await;
        let status = response.status();
        let answer: Value = response.json().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    /// Sets a destination up, and gives its id and its secret.
    pub(super) async fn add(&self, new: Value) -> (String, String) {
        let made = self.json(Method::POST, "", Some(&new)).await;
        let text = |field: &str| made[field].as_str().unwrap_or_default().to_owned();
        (text("id"), text("secret"))
    }

    /// A webhook that gets all events and milestones.
    pub(super) async fn webhook(&self, receiver: &Receiver) -> (String, String) {
        self.add(json!({
            "kind": "webhook", "name": "CRM", "url": receiver.url("/hook?k=v"),
            "wants": {"events": ["*"], "milestones": ["*"]},
        }))
        .await
    }

    /// The deliveries of a destination in a state.
    pub(super) async fn deliveries(&self, id: &str, state: &str) -> Vec<Value> {
        let path = format!("/{id}/deliveries?state={state}");
        let page = self.json(Method::GET, &path, None).await;
        page["data"].as_array().unwrap().clone()
    }

    /// Waits for so many deliveries in a state, and gives them.
    pub(super) async fn has(&self, id: &str, state: &str, count: usize) -> Vec<Value> {
        eventually("the deliveries are there", || async {
            self.deliveries(id, state).await.len() >= count
        })
        .await;
        self.deliveries(id, state).await
    }
}

/// HMAC-SHA256 by its definition, RFC 2104.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let mut inner = Sha256::new();
    inner.update(pad(0x36));
    inner.update(message);
    let mut outer = Sha256::new();
    outer.update(pad(0x5c));
    outer.update(inner.finalize());
    outer.finalize().to_vec()
}

/// Whether one of a request's signatures is by this secret.
pub(super) fn is_signed_by(asked: &Asked, secret: &str) -> bool {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let timestamp = &asked.headers["webhook-timestamp"];
    let message = format!("{}.{timestamp}.{}", asked.id(), asked.body);
    let code = STANDARD.encode(hmac(&key, message.as_bytes()));
    let own = format!("v1,{code}");
    asked.headers["webhook-signature"]
        .split(' ')
        .any(|signature| signature == own)
}

async fn a_webhook_is_signed_and_says_what_was_stored(database: Database) {
    let desk = Desk::open(database).await;
    let receiver = Receiver::start().await;
    let (id, secret) = desk.webhook(&receiver).await;
    let mut visit = Visit::new(&desk.app.key).batch(&[item(
        "event",
        json!({
            "name": "paid", "props": {"plan": "pro"}, "conversion": true, "value": "49.90", "currency": "EUR",
            "url": "https://shop.example/thanks",
        }),
    )]);
    visit["context"]["user_id"] = json!("u-7");
    desk.app.accept(&visit).await;
    let asked = receiver.gets(1).await.remove(0);
    assert_eq!(asked.target, "/hook?k=v");
    assert_eq!(asked.headers["content-type"], "application/json");
    assert_eq!(
        asked.headers["host"],
        format!("127.0.0.1:{}", receiver.port)
    );
    assert!(is_signed_by(&asked, &secret), "{asked:?}");
    let told: i64 = asked.headers["webhook-timestamp"].parse().unwrap();
    assert!((now() / 1000 - told).abs() < 60);
    let body = asked.json();
    let item = &visit["items"][0];
    let at = rfc3339(item["at"].as_i64().unwrap());
    assert_eq!(
        (&body["version"], &body["type"], &body["timestamp"]),
        (&json!(1), &json!("event.recorded"), &json!(at))
    );
    let received_at = body["data"]["received_at"].clone();
    assert!(received_at.as_i64().unwrap() >= item["at"].as_i64().unwrap());
    let journey = desk.app.json("/api/v1/visitors?bots=include").await;
    assert_eq!(
        body["data"],
        json!({
            "site_id": 1, "item_id": item["id"], "at": item["at"], "received_at": received_at,
            "visitor_id": visit["context"]["visitor_id"], "visitor_name": journey["data"][0]["name"],
            "session_id": visit["context"]["session"]["id"], "user_id": "u-7", "milestone": null, "kind": "event",
            "name": "paid", "url": "https://shop.example/thanks", "title": null, "page_view_id": null,
            "props": {"plan": "pro"}, "conversion": true, "value": "49.90", "currency": "EUR",
        })
    );
    let delivered = desk.has(&id, "delivered", 1).await;
    assert_eq!(delivered[0]["id"], asked.id());
    assert_eq!(delivered[0]["status"], 204);
    let tried = desk.json(Method::POST, &format!("/{id}/test"), None).await;
    assert_eq!(tried, json!({"ok": true, "status": 204, "error": null}));
    let tested = receiver.gets(2).await.remove(1);
    assert!(is_signed_by(&tested, &secret));
    assert_eq!(tested.json()["type"], "destination.test");
    desk.app.log.assert_quiet();
}

/// A time as RFC 3339, by another way than the collector's.
fn rfc3339(at: i64) -> String {
    let days = at.div_euclid(86_400_000);
    let of_day = at.rem_euclid(86_400_000);
    // <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, (mp + 2) % 12 + 1);
    let year = yoe + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, ms) = (of_day / 1000 % 60, of_day % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

async fn a_milestone_is_told_once(database: Database) {
    let desk = Desk::open(database).await;
    let stages = json!({"document": {
        "version": 1,
        "stages": [{"key": "anonymous", "label": "Anonymous"}, {"key": "paying", "label": "Paying"}],
        "milestones": [{"name": "first_payment", "stage": "paying", "event": "paid"}],
    }});
    let set = desk
        .app
        .request(Method::PUT, "/api/v1/sites/1/stages")
        .header("Cookie", &desk.cookie);
    assert_eq!(set.json(&stages).send().await.unwrap().status(), 200);
    let receiver = Receiver::start().await;
    let wants = json!({"milestones": ["signup_at", "first_payment"]});
    let new = json!({"kind": "webhook", "name": "x", "url": receiver.url("/"), "wants": wants});
    desk.add(new).await;
    let visit = Visit::new(&desk.app.key);
    desk.app
        .accept(&visit.batch(&[milestone("signup_at"), milestone("other"), event("paid")]))
        .await;
    receiver.gets(2).await;
    desk.app
        .accept(&visit.batch(&[milestone("signup_at"), event("paid"), event("unwanted")]))
        .await;
    let other = Visit::new(&desk.app.key);
    desk.app
        .accept(&other.batch(&[milestone("signup_at")]))
        .await;
    let asked = receiver.gets(3).await;
    let mut told: Vec<(String, String, String)> = asked
        .iter()
        .map(|one| {
            let body = one.json();
            assert_eq!(body["type"], "milestone.reached");
            let text = |field: &str| body["data"][field].as_str().unwrap().to_owned();
            (text("visitor_id"), text("milestone"), text("name"))
        })
        .collect();
    told.sort();
    let of = |visit: &Visit, milestone: &str, name: &str| {
        (
            visit.visitor.to_string(),
            milestone.to_owned(),
            name.to_owned(),
        )
    };
    let mut expected = vec![
        of(&visit, "signup_at", "signup_at"),
        of(&visit, "first_payment", "paid"),
        of(&other, "signup_at", "signup_at"),
    ];
    expected.sort();
    assert_eq!(told, expected);
    desk.app.log.assert_quiet();
}

async fn a_rotated_secret_signs_beside_the_new_one(database: Database) {
    let desk = Desk::open(database).await;
    let receiver = Receiver::start().await;
    let (id, old) = desk.webhook(&receiver).await;
    let path = format!("/{id}/secret");
    let renewed = desk.json(Method::POST, &path, Some(&json!({}))).await;
    let new = renewed["secret"].as_str().unwrap();
    assert_ne!(new, old);
    desk.app
        .accept(&Visit::new(&desk.app.key).batch(&[event("seen")]))
        .await;
    let asked = receiver.gets(1).await.remove(0);
    assert!(is_signed_by(&asked, new) && is_signed_by(&asked, &old));
    assert!(!is_signed_by(&asked, "whsec_AAAA"));
    let rotate = DestinationsCommand::Rotate(OneDestination {
        site: 1,
        destination: id.parse().unwrap(),
    });
    let printed = desk.app.command(&Command::Destinations(rotate)).await;
    assert!(printed.contains("whsec_"), "{printed}");
}

async fn only_the_owner_sets_destinations_up(database: Database) {
    let desk = Desk::open(database).await;
    let receiver = Receiver::start().await;
    let new = json!({"kind": "webhook", "name": "x", "url": receiver.url("/")});
    let by_key = desk.app.request(Method::POST, PATH);
    let by_key = by_key.bearer_auth(&desk.app.secret).json(&new);
    assert_eq!(error(by_key.send().await.unwrap()).await.1, "forbidden");
    assert_eq!(error(desk.app.get(PATH).await).await.1, "forbidden");
    assert_eq!(error(desk.app.post(PATH, &new).await).await.0, 401);
    let (id, _) = desk.add(new).await;
    // Another site has none of it.
    desk.app.add_site("Other", &[]).await;
    for (method, path) in [
        (Method::GET, format!("/{id}?site=2")),
        (Method::DELETE, format!("/{id}?site=2")),
        (Method::POST, format!("/{id}/test?site=2")),
        (Method::GET, format!("/{id}/deliveries?site=2")),
    ] {
        let refused = error(desk.ask(method, &path, None).await).await;
        assert_eq!(refused.1, "not_found", "{path}");
    }
    for (field, wrong) in [
        ("url", json!({"kind": "webhook", "name": "x"})),
        (
            "url",
            json!({"kind": "webhook", "name": "x", "url": "http://10.0.0.1/"}),
        ),
        (
            "url",
            json!({"kind": "webhook", "name": "x", "url": "https://[::1]/"}),
        ),
        (
            "name",
            json!({"kind": "webhook", "name": " ", "url": "https://a.example/"}),
        ),
        ("kind", json!({"kind": "fax", "name": "x"})),
        (
            "wants.events[0]",
            json!({"kind": "webhook", "name": "x", "url": "https://a.example/", "wants": {"events": [""]}}),
        ),
        (
            "api_secret",
            json!({"kind": "ga4", "name": "x", "measurement_id": "G-ABCD123"}),
        ),
        (
            "measurement_id",
            json!({"kind": "ga4", "name": "x", "measurement_id": "UA-1", "api_secret": "s"}),
        ),
    ] {
        let refused = error(desk.ask(Method::POST, "?site=1", Some(&wrong)).await).await;
        assert_eq!(
            (refused.0, refused.2.as_deref()),
            (400, Some(field)),
            "{wrong}"
        );
    }
    let gone = desk
        .ask(Method::DELETE, &format!("/{id}?site=1"), None)
        .await;
    assert_eq!(gone.status(), 204);
    let audit = desk
        .app
        .request(Method::GET, "/api/v1/audit?site=1")
        .header("Cookie", &desk.cookie);
    let audit: Value = audit.send().await.unwrap().json().await.unwrap();
    let done = |row: &Value| {
        (
            row["action"].clone(),
            row["subject"].clone(),
            row["actor"].clone(),
        )
    };
    let done: Vec<_> = audit["data"].as_array().unwrap().iter().map(done).collect();
    let was = |action: &str| (json!(action), json!(id), json!("user:1"));
    assert_eq!(done, [was("destinations.remove"), was("destinations.add")]);
}

async fn a_secret_is_shown_once_and_nowhere_else(database: Database) {
    let desk = Desk::with(database, |config| config.destination_attempts = 1).await;
    let receiver = Receiver::start().await;
    receiver.always(Some(Reply::Status(500)));
    let (id, secret) = desk.webhook(&receiver).await;
    const GOOGLES: &str = "a-secret-of-googles";
    let (ga4, shown) = desk
        .add(json!({
            "kind": "ga4", "name": "GA", "measurement_id": "G-ABCD123", "api_secret": GOOGLES,
            "url": receiver.url("/"), "wants": {"events": ["*"]},
        }))
        .await;
    assert_eq!(shown, "");
    let mut batch = Visit::new(&desk.app.key).batch(&[event("seen")]);
    batch["context"]["ga"] = json!({"client_id": "1.2", "session_id": "3"});
    desk.app.accept(&batch).await;
    desk.has(&id, "dead", 1).await;
    desk.has(&ga4, "dead", 1).await;
    let mut said = String::new();
    for path in [
        "".to_owned(),
        format!("/{id}"),
        format!("/{id}/deliveries"),
        format!("/{ga4}/deliveries"),
    ] {
        said += &desk.json(Method::GET, &path, None).await.to_string();
    }
    for id in [&id, &ga4] {
        said += &desk
            .json(Method::POST, &format!("/{id}/test"), None)
            .await
            .to_string();
    }
    let audit = desk.app.request(Method::GET, "/api/v1/audit");
    let audit = audit.header("Cookie", &desk.cookie).send().await.unwrap();
    said += &audit.text().await.unwrap();
    said += &desk.app.log.text();
    let mut backup = Vec::new();
    waymark_collector::store::Store::dump(desk.app.database.url(), &mut backup, 1)
        .await
        .unwrap();
    said += &String::from_utf8(backup).unwrap();
    assert!(said.contains("destinations.add") && said.contains("CRM"));
    for secret in [secret.strip_prefix("whsec_").unwrap(), GOOGLES] {
        assert!(!said.contains(secret), "{said}");
    }
}
