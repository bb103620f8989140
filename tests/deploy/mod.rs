//! What `deploy/` holds, in use: a collector behind the proxies, by the files as they are but for names, ports and
//! certificates.

mod caddy;
mod files;
mod nginx;

use std::net::{IpAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use crate::support::app::{ORIGIN, after};
use crate::support::batch::{Visit, event, page_view};
use crate::support::collector::{Collector, KEY};
use crate::support::database::Database;
use crate::support::program::good;
use crate::support::stream::Events;
use crate::support::{DEADLINE, eventually};

/// How soon what is stored has passed a proxy. The stream says something by itself after 15 s, which would push on what lies
/// in a buffer.
const AT_ONCE: Duration = Duration::from_secs(5);

/// The folder.
fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}

/// One of its files, with each of `changes` made at least once.
pub(crate) fn changed(file: &str, changes: &[(&str, &str)]) -> String {
    let mut text = std::fs::read_to_string(deploy().join(file)).expect(file);
    for (what, by) in changes {
        assert!(text.contains(what), "{file} has no {what:?} any more");
        text = text.replace(what, by);
    }
    text
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// A collector that believes a proxy on this machine.
async fn collector() -> Collector {
    let settings = [
        "--trusted-proxies",
        "127.0.0.1",
        "--ip",
        "full",
        "--client-rate",
        "3",
    ];
    Collector::with(Database::sqlite(), ORIGIN, &settings).await
}

/// Where it listens, as a proxy's file has it.
fn address(collector: &Collector) -> String {
    collector.origin().replace("http://localhost", "127.0.0.1")
}

/// A proxy before the collector: the collector's own host, and a site that passes it on.
struct Proxy {
    dashboard: String,
    site: String,
}

/// Somebody at an address of this machine that is not the proxy's.
fn somebody(address: &str) -> Client {
    let address: IpAddr = address.parse().expect("an address");
    let client = Client::builder().local_address(address);
    client.build().expect("a client")
}

/// A batch as a page of the site sends it, with lies about who asks.
fn batch(client: &Client, origin: &str, items: &[Value]) -> RequestBuilder {
    client
        .request(Method::POST, format!("{origin}/v1/events"))
        .header("Content-Type", "text/plain;charset=UTF-8")
        .header("Origin", ORIGIN)
        .header("X-Forwarded-For", "198.51.100.7")
        .header("Forwarded", "for=198.51.100.8")
        .body(Visit::new(KEY).batch(items).to_string())
}

impl Proxy {
    async fn is_up(&self) {
        let url = format!("{}/healthz", self.dashboard);
        eventually("the proxy passes on", || async {
            let answer = reqwest::get(&url).await;
            answer.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
    }

    /// Everything that a page, a visitor and somebody who watches find out about it.
    async fn passes_on(&self, collector: &Collector) {
        self.is_up().await;
        self.serves_the_script_and_nothing_of_the_dashboard().await;
        self.tells_whose_address_it_is(collector).await;
        self.passes_the_stream_on_as_it_comes(collector).await;
        self.leaves_each_client_its_own_rate().await;
        self.lets_a_file_of_history_through(collector).await;
        collector.assert_quiet_log();
    }

    /// One that is larger than other bodies may be.
    async fn lets_a_file_of_history_through(&self, collector: &Collector) {
        let client = somebody("127.0.2.1");
        let (_, token) = collector
            .setup_link()
            .split_once("#token=")
            .expect("a token");
        let owner = serde_json::json!({"token": token, "email": "owner@shop.example", "password": "a long password"});
        let setup = client.post(format!("{}/api/v1/setup", self.dashboard));
        let setup = setup.json(&owner).send().await.expect("an answer");
        assert_eq!(setup.status(), 204);
        let cookie = crate::support::app::cookie(&setup);
        let mut file = " ".repeat(1_000_000);
        file.push('\n');
        let file = file.repeat(25);
        let bytes = file.len();
        let path = "/api/v1/sites/1/imports?kind=ga4&dry_run=true";
        let sent = client.post(format!("{}{path}", self.dashboard));
        let sent = sent.header("Cookie", &cookie).body(file).send().await;
        let sent = sent.expect("an answer");
        assert_eq!(sent.status(), 202);
        let import: Value = sent.json().await.expect("an import");
        assert_eq!(import["bytes"], bytes, "{import}");
        let list = || async {
            let list = client.get(format!("{}/api/v1/sites/1/imports", self.dashboard));
            let list = list.header("Cookie", &cookie).send().await;
            list.expect("an answer")
                .json::<Value>()
                .await
                .expect("a list")
        };
        eventually("it was looked at", || async {
            let one = &list().await["data"][0];
            one["state"] == "done"
        })
        .await;
    }

    async fn serves_the_script_and_nothing_of_the_dashboard(&self) {
        let manifest = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../js-wrapper/dist/manifest.json"
        );
        let manifest = std::fs::read_to_string(manifest).expect("the SDK is built");
        let manifest: Value = serde_json::from_str(&manifest).expect("a manifest");
        let files: Vec<&str> = manifest
            .as_object()
            .expect("an object")
            .values()
            .filter_map(Value::as_str)
            .filter(|name| name.ends_with(".js") || name.ends_with(".wasm"))
            .collect();
        assert!(files.len() >= 6, "{files:?}");
        // A client for each, as their rate is that of this test's other requests.
        for (number, name) in files.iter().enumerate() {
            let client = somebody(&format!("127.0.1.{}", number + 1));
            let answer = client.get(format!("{}/{name}", self.site)).send().await;
            let answer = answer.expect("an answer");
            assert_eq!(answer.status(), 200, "{name}");
            assert!(answer.headers().contains_key("etag"), "{name}");
        }
        let client = somebody("127.0.1.100");
        for path in ["/", "/api/v1/me", "/login", "/healthz", "/waymark.js.map"] {
            let answer = client.get(format!("{}{path}", self.site)).send().await;
            assert_eq!(answer.expect("an answer").status(), 404, "{path}");
        }
        let answer = client.get(format!("{}/api/v1/me", self.dashboard)).send();
        assert_eq!(answer.await.expect("an answer").status(), 401);
    }

    async fn tells_whose_address_it_is(&self, collector: &Collector) {
        for (origin, address) in [(&self.site, "127.0.0.7"), (&self.dashboard, "127.0.0.8")] {
            let page = page_view(&format!("{ORIGIN}/{address}"));
            let sent = batch(&somebody(address), origin, &[page]).send().await;
            let answer: Value = sent.expect("an answer").json().await.expect("JSON");
            assert_eq!(answer["results"][0]["status"], "accepted", "{answer}");
        }
        let stored = collector
            .database()
            .texts("SELECT ip FROM sessions ORDER BY ip")
            .await;
        let stored: Vec<&str> = stored.iter().filter_map(|row| row[0].as_deref()).collect();
        assert_eq!(stored, ["127.0.0.7", "127.0.0.8"]);
    }

    async fn passes_the_stream_on_as_it_comes(&self, collector: &Collector) {
        let printed = good(
            collector.database().url(),
            &["keys", "add", "--name", "watcher"],
        )
        .await;
        let secret = after(&printed, "Secret, shown this once: ");
        let watcher = somebody("127.0.0.20");
        let began = Instant::now();
        let opened = watcher
            .get(format!("{}/api/v1/live", self.dashboard))
            .bearer_auth(&secret)
            .send()
            .await
            .expect("an answer");
        let mut stream = Events::of(opened);
        assert!(!stream.is_resumed().await);
        assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
        for name in ["first", "second"] {
            let began = Instant::now();
            let sent = batch(&somebody("127.0.0.21"), &self.site, &[event(name)]);
            assert_eq!(sent.send().await.expect("an answer").status(), 200);
            loop {
                let (kind, data) = stream.next().await.expect("the stream goes on");
                if kind == "entry" && data["name"] == name {
                    break;
                }
            }
            assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
        }
    }

    /// One client's requests are counted as its own, whoever else comes through the same proxy.
    async fn leaves_each_client_its_own_rate(&self) {
        let greedy = somebody("127.0.0.30");
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < DEADLINE, "it was never refused");
            let sent = batch(&greedy, &self.site, &[event("greedy")]).send().await;
            if sent.expect("an answer").status() == 429 {
                break;
            }
        }
        let sent = batch(&somebody("127.0.0.31"), &self.site, &[event("modest")]);
        assert_eq!(sent.send().await.expect("an answer").status(), 200);
    }
}
