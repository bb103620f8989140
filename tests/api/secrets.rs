//! No secret and nothing personal in the log, at its finest level, through everything that handles a secret.

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::app::{ORIGIN, after, cookie};
use crate::support::batch::{Visit, event, identify, page_view};
use crate::support::collector::{Collector, KEY};
use crate::support::database::Database;
use crate::support::eventually;

const EMAIL: &str = "owner.person@shop.example";
const PASSWORD: &str = "a-password-that-is-secret";
const WRONG: &str = "another-password-a-person-uses";
const DATABASE_PASSWORD: &str = "the-databases-password";

struct Desk<'a> {
    collector: &'a Collector,
    client: Client,
    cookie: String,
}

impl Desk<'_> {
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let url = format!("{}{path}", self.collector.origin());
        let mut request = self.client.request(method, url);
        if !self.cookie.is_empty() {
            request = request.header("Cookie", &self.cookie);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        self.ask(Method::POST, path, Some(body)).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    everything_leaves_no_secret_in_the_log(Database::sqlite(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    let database = Database::postgres().await;
    let (scheme, rest) = database.url().split_once("://").unwrap();
    let (login, place) = rest.split_once('@').unwrap();
    let user = login.split(':').next().unwrap();
    // The server of the tests takes any password.
    let url = format!("{scheme}://{user}:{DATABASE_PASSWORD}@{place}");
    everything_leaves_no_secret_in_the_log(Database::shared(&url), Some(DATABASE_PASSWORD)).await;
}

async fn everything_leaves_no_secret_in_the_log(database: Database, in_url: Option<&str>) {
    let collector = Collector::with(database, ORIGIN, &["--log-level", "trace"]).await;
    let mut desk = Desk {
        collector: &collector,
        client: Client::builder().build().unwrap(),
        cookie: String::new(),
    };
    let mut secrets: Vec<String> = [EMAIL, PASSWORD, WRONG].map(str::to_owned).into();
    secrets.extend(in_url.map(str::to_owned));

    let token = after(collector.setup_link(), "#token=");
    let setup = json!({"token": token, "email": EMAIL, "password": PASSWORD});
    let answer = desk.post("/api/v1/setup", setup).await;
    assert_eq!(answer.status(), 204);
    secrets.push(token);
    secrets.push(value(&cookie(&answer)));
    let login = json!({"email": EMAIL, "password": WRONG});
    assert_eq!(desk.post("/api/v1/login", login).await.status(), 401);
    let login = json!({"email": EMAIL, "password": PASSWORD});
    let answer = desk.post("/api/v1/login", login).await;
    assert_eq!(answer.status(), 204);
    desk.cookie = cookie(&answer);
    secrets.push(value(&desk.cookie));

    let mut keys = Vec::new();
    for kind in ["api", "server"] {
        let wanted = json!({"name": "a key", "kind": kind, "site": 1});
        let answer = desk.post("/api/v1/keys", wanted).await;
        assert_eq!(answer.status(), 201);
        let made: Value = answer.json().await.unwrap();
        keys.push(made["secret"].as_str().unwrap().to_owned());
    }
    secrets.extend(keys.clone());
    let wanted = json!({"name": "a link", "shows": "journeys"});
    let answer = desk.post("/api/v1/shares?site=1", wanted).await;
    assert_eq!(answer.status(), 201);
    let made: Value = answer.json().await.unwrap();
    let link = made["token"].as_str().unwrap().to_owned();
    secrets.push(link.clone());

    let visit = Visit::new(KEY);
    let page = "https://shop.example/reset?token=a-token-of-a-page";
    let batch = visit.batch(&[
        page_view(page),
        identify("jane.doe@mail.example"),
        event("paid"),
    ]);
    for (origin, bearer) in [(Some(ORIGIN), None), (None, Some(&keys[1]))] {
        let mut request = desk
            .client
            .post(format!("{}/v1/events", collector.origin()))
            .header("User-Agent", "Agent-Of-One-Person/1.0")
            .header("X-Forwarded-For", "203.0.113.77")
            .body(batch.to_string());
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    secrets.extend(
        [
            "a-token-of-a-page",
            "jane.doe",
            "Agent-Of-One-Person",
            "203.0.113.77",
        ]
        .map(str::to_owned),
    );
    secrets.push(visit.visitor.to_string());
    secrets.push(visit.visitor.simple().to_string());

    for token in [&keys[0], &link] {
        let read = desk
            .client
            .get(format!("{}/api/v1/visitors?q=jane.doe", collector.origin()))
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert_eq!(read.status(), 200);
    }
    let path = format!("/api/v1/visitors/{}", visit.visitor);
    assert_eq!(desk.ask(Method::GET, &path, None).await.status(), 200);
    let ended = desk.post("/api/v1/logout", json!({})).await;
    assert_eq!(ended.status(), 204);

    // A request that cannot be read is told of at the finest level.
    let address = collector.origin().replace("http://localhost", "127.0.0.1");
    let mut broken = TcpStream::connect(address).await.unwrap();
    let head = b"GET /?key=a-secret-in-a-broken-head HTTP/9.9\r\nHost: x\r\n\r\n";
    broken.write_all(head).await.unwrap();
    eventually("the finest lines are there", || async {
        collector.log().contains("TRACE")
    })
    .await;
    secrets.push("a-secret-in-a-broken-head".to_owned());

    let log = collector.log();
    assert!(log.contains("answered"), "and those of requests");
    for secret in &secrets {
        assert!(
            !log.contains(secret.as_str()),
            "{secret} is in the log:\n{}",
            lines(&log, secret)
        );
    }
}

fn value(cookie: &str) -> String {
    cookie.split_once('=').unwrap().1.to_owned()
}

fn lines(log: &str, part: &str) -> String {
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(part)).collect();
    lines.join("\n")
}
