//! Senders that behave as the SDK does: one batch at a time, the same again until every item of it is answered.
//!
//! They keep a ledger of what was acknowledged, which the database is held against. Any answer but success and "later"
//! fails the test.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Client;
use serde_json::Value;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::ORIGIN;
use crate::support::batch::{Visit, event, milestone, page_view};
use crate::support::collector::{Collector, KEY};
use crate::support::database::Database;
use crate::support::eventually;
use crate::support::program::good;

/// Senders at work at the same time.
const SENDERS: usize = 16;
/// Items of one batch.
const ITEMS: usize = 5;
/// Batches of one visitor before the sender goes on as somebody else.
const BATCHES: usize = 4;
/// The pause before the same batch is sent again.
const PAUSE: Duration = Duration::from_millis(20);
/// The pause after a batch, of senders that were told to be slow.
const REST: Duration = Duration::from_millis(200);
/// How long one answer may take: a collector that says nothing is left and asked again.
const PATIENCE: Duration = Duration::from_secs(40);

/// Load that is under way. It ends when it is finished or dropped.
pub(crate) struct Load {
    shared: Arc<Shared>,
    senders: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    acknowledged: Mutex<HashSet<Uuid>>,
    made: AtomicUsize,
    put_off: AtomicUsize,
    is_slow: AtomicBool,
    is_over: AtomicBool,
}

impl Load {
    /// Begins to send to a collector.
    pub(crate) fn begin(collector: &Collector) -> Self {
        Self::spread(&[collector])
    }

    /// Begins to send to several, to another one where the first does not answer.
    pub(crate) fn spread(collectors: &[&Collector]) -> Self {
        let shared = Arc::new(Shared::default());
        let client = Client::builder().timeout(PATIENCE).build().unwrap();
        let url = |collector: &&Collector| format!("{}/v1/events", collector.origin());
        let urls: Vec<String> = collectors.iter().map(url).collect();
        let mut senders = JoinSet::new();
        for number in 0..SENDERS {
            let mut urls = urls.clone();
            urls.rotate_left(number % collectors.len());
            senders.spawn(send(client.clone(), urls, Arc::clone(&shared)));
        }
        Self { shared, senders }
    }

    /// Waits for so many more acknowledged items.
    pub(crate) async fn acknowledges(&mut self, more: usize) {
        let goal = self.acknowledged() + more;
        let load = &*self;
        eventually("items are acknowledged", || async {
            load.acknowledged() >= goal
        })
        .await;
        self.check_senders();
    }

    /// Waits until so many more requests were refused, put off or left without an answer.
    pub(crate) async fn is_put_off(&mut self, more: usize) {
        let put_off = || self.shared.put_off.load(Ordering::SeqCst);
        let goal = put_off() + more;
        eventually("requests are put off", || async { put_off() >= goal }).await;
        self.check_senders();
    }

    /// Has senders pause after each batch, or not.
    pub(crate) fn slows(&self, slow: bool) {
        self.shared.is_slow.store(slow, Ordering::SeqCst);
    }

    /// Makes nothing new, and waits until everything that was made is acknowledged.
    pub(crate) async fn finish(mut self) -> Ledger {
        self.shared.is_over.store(true, Ordering::SeqCst);
        while let Some(sender) = self.senders.join_next().await {
            sender.unwrap();
        }
        Ledger {
            acknowledged: self.known(),
            made: self.shared.made.load(Ordering::SeqCst),
        }
    }

    /// What has been acknowledged up to now.
    pub(crate) fn known(&self) -> HashSet<Uuid> {
        self.shared.acknowledged.lock().unwrap().clone()
    }

    fn acknowledged(&self) -> usize {
        self.shared.acknowledged.lock().unwrap().len()
    }

    /// A sender that met what it does not expect says so here and not when the load ends.
    fn check_senders(&mut self) {
        if let Some(ended) = self.senders.try_join_next() {
            ended.unwrap();
            panic!("a sender has ended by itself");
        }
    }
}

/// What was made and acknowledged by the end.
pub(crate) struct Ledger {
    acknowledged: HashSet<Uuid>,
    made: usize,
}

impl Ledger {
    /// How many items were acknowledged, which all of them were that were made.
    pub(crate) fn acknowledged(&self) -> usize {
        assert_eq!(self.acknowledged.len(), self.made);
        self.acknowledged.len()
    }

    /// Holds every table against what was acknowledged: each item once, in its row and in every count.
    pub(crate) async fn check(&self, database: &Database) {
        assert_eq!(self.acknowledged.len(), self.made);
        let stored = stored(database).await;
        assert_eq!(stored, self.acknowledged);
        good(database.url(), &["verify"]).await;
    }
}

/// The ids of all items in a database, of which no two may be the same.
pub(crate) async fn stored(database: &Database) -> HashSet<Uuid> {
    let sql = if database.url().starts_with("sqlite:") {
        "SELECT hex(id) FROM events"
    } else {
        "SELECT CAST(id AS TEXT) FROM events"
    };
    let rows = database.texts(sql).await;
    let count = rows.len();
    let ids: HashSet<Uuid> = rows
        .into_iter()
        .map(|row| row[0].as_deref().unwrap().parse().unwrap())
        .collect();
    assert_eq!(ids.len(), count, "an item is there twice");
    ids
}

async fn send(client: Client, mut urls: Vec<String>, shared: Arc<Shared>) {
    let mut visit = Visit::new(KEY);
    let mut sent = 0;
    while !shared.is_over.load(Ordering::SeqCst) {
        if sent % BATCHES == 0 {
            visit = Visit::new(KEY);
        }
        sent += 1;
        let items = [
            page_view("https://shop.example/pricing"),
            event("cta_clicked"),
            event("video_played"),
            milestone("signup_at"),
            event("cta_clicked"),
        ];
        shared.made.fetch_add(ITEMS, Ordering::SeqCst);
        let mut open = items.to_vec();
        while !open.is_empty() {
            if !deliver(&client, &urls[0], &visit, &mut open, &shared).await {
                shared.put_off.fetch_add(1, Ordering::SeqCst);
                urls.rotate_left(1);
                tokio::time::sleep(PAUSE).await;
            }
        }
        if shared.is_slow.load(Ordering::SeqCst) {
            tokio::time::sleep(REST).await;
        }
    }
}

/// Sends what is open and strikes what was acknowledged; says whether everything was.
async fn deliver(
    client: &Client,
    url: &str,
    visit: &Visit,
    open: &mut Vec<Value>,
    shared: &Shared,
) -> bool {
    let request = client.post(url).header("Origin", ORIGIN);
    let Ok(response) = request.body(visit.batch(open).to_string()).send().await else {
        return false;
    };
    let status = response.status();
    let Ok(text) = response.text().await else {
        return false;
    };
    if matches!(status.as_u16(), 429 | 503) {
        return false;
    }
    assert_eq!(status, 200, "{text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), open.len());
    for result in results {
        match result["status"].as_str().unwrap() {
            "accepted" | "duplicate" => {
                let id: Uuid = result["id"].as_str().unwrap().parse().unwrap();
                open.retain(|item| item["id"] != result["id"]);
                shared.acknowledged.lock().unwrap().insert(id);
            }
            "retry" => {}
            _ => panic!("{answer}"),
        }
    }
    open.is_empty()
}
