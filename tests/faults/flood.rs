//! More connections than there are places, from clients that only hold them; an honest client gets through.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{ORIGIN, collector};
use crate::support::batch::{Visit, event};
use crate::support::collector::{Collector, KEY};
use crate::support::database::Database;
use crate::support::eventually;

const PLACES: usize = 64;
const SETTINGS: [&str; 2] = ["--max-connections", "64"];
/// How many hold a connection each, and open another one when they lose it.
const HOLDERS: usize = 200;
const HONEST: i64 = 10;

/// A batch of one event.
fn honest() -> String {
    Visit::new(KEY).batch(&[event("honest")]).to_string()
}

/// Sends one event on a connection of its own; gives the status.
pub(super) async fn send(collector: &Collector) -> u16 {
    send_batch(collector, honest()).await
}

/// Sends a batch on a connection of its own, with the SDK's patience; gives the status, 0 without an answer.
async fn send_batch(collector: &Collector, batch: String) -> u16 {
    let client = Client::builder()
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let answer = client
        .post(format!("{}/v1/events", collector.origin()))
        .header("Origin", ORIGIN)
        .body(batch)
        .send()
        .await;
    // A connection that was cut before it was served, or waited too long: the SDK sends the same again, and so does this.
    let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
    if status != 200 {
        eprintln!("an honest client has to send again: {answer:?}");
    }
    status
}

/// The honest events that are stored.
pub(super) async fn count(collector: &Collector) -> i64 {
    let sql = "SELECT COUNT(*) FROM events WHERE name = 'honest'";
    collector.database().number(sql).await
}

/// Clients that send `first` and wait for ever, until this is dropped.
struct Flood {
    opened: Arc<AtomicUsize>,
    _holders: JoinSet<()>,
}

impl Flood {
    fn begin(collector: &Collector, first: &'static str) -> Self {
        let address = collector.origin().replace("http://localhost", "127.0.0.1");
        let opened = Arc::new(AtomicUsize::new(0));
        let mut holders = JoinSet::new();
        for _ in 0..HOLDERS {
            let (address, opened) = (address.clone(), Arc::clone(&opened));
            holders.spawn(async move {
                loop {
                    if let Ok(stream) = TcpStream::connect(&address).await {
                        opened.fetch_add(1, Ordering::Relaxed);
                        hold(stream, first).await;
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            });
        }
        Self {
            opened,
            _holders: holders,
        }
    }

    /// Waits until the places are taken several times over.
    async fn rises(&self) {
        eventually("the flood is there", || async {
            self.opened.load(Ordering::Relaxed) > 4 * PLACES
        })
        .await;
    }
}

/// Until the other side hangs up.
async fn hold(mut stream: TcpStream, first: &str) {
    if stream.write_all(first.as_bytes()).await.is_ok() {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
    }
}

/// The connections that the collector's process holds.
fn sockets(collector: &Collector) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", collector.id()))
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

async fn an_honest_client_gets_through(first: &'static str) {
    let collector = collector(Database::sqlite(), &SETTINGS).await;
    let quiet = sockets(&collector);
    let flood = Flood::begin(&collector, first);
    flood.rises().await;
    for _ in 0..HONEST {
        let batch = honest();
        eventually("an honest client is answered", || async {
            send_batch(&collector, batch.clone()).await == 200
        })
        .await;
        // One more is accepted, and waits for its place.
        let open = sockets(&collector);
        assert!(open <= quiet + PLACES + 1, "{open} sockets, {quiet} before");
    }
    assert_eq!(count(&collector).await, HONEST);
    drop(flood);
    eventually("the places are free again", || async {
        sockets(&collector) <= quiet + 2
    })
    .await;
    collector.assert_quiet_log();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_say_nothing_keep_nobody_out() {
    an_honest_client_gets_through("").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_were_served_and_stay_keep_nobody_out() {
    an_honest_client_gets_through("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_never_end_keep_nobody_out() {
    an_honest_client_gets_through("POST /v1/events HTTP/1.1\r\nHost: x\r\n").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_never_end_keep_nobody_out() {
    an_honest_client_gets_through("POST /v1/events HTTP/1.1\r\nContent-Length: 99999\r\n\r\n{")
        .await;
}
