//! What these tests work with: an open store, an ingest on it, and a site that nobody else writes to.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};
use uuid::Uuid;
use waymark_collector::ingest::{Ingest, IngestError, IngestOptions, Received, envelope};
use waymark_collector::journey::{Entry, Journey, Session};
use waymark_collector::live::Feed;
use waymark_collector::store::sites::Site;
use waymark_collector::store::{EntryFilter, SessionFilter, Store, VisitorFilter};
use waymark_protocol::{BatchAnswer, Status};

use crate::support::database::Database;
use crate::support::log::Log;

/// The clock of these tests, for senders and the collector alike.
pub(super) const NOW: i64 = 1_749_482_510_000;

pub(super) struct Desk {
    pub(super) database: Database,
    pub(super) store: Store,
    pub(super) ingest: Ingest,
    pub(super) site: Site,
    pub(super) live: Feed,
    pub(super) log: Log,
}

impl Desk {
    pub(super) async fn new(database: Database) -> Self {
        Self::with(database, IngestOptions::default()).await
    }

    pub(super) async fn with(database: Database, options: IngestOptions) -> Self {
        let store = Store::open(database.url()).await.unwrap();
        let log = Log::default();
        let live = Feed::new(64);
        let ingest = start(&store, options, &live, &log);
        Self {
            database,
            store,
            ingest,
            site: site(1),
            live,
            log,
        }
    }

    /// Another collector's ingest on the same database, with connections of its own.
    pub(super) async fn second(&self) -> Ingest {
        let store = Store::open(self.database.url()).await.unwrap();
        start(&store, IngestOptions::default(), &self.live, &self.log)
    }

    pub(super) async fn send(&self, batch: &Value) -> BatchAnswer {
        submit(&self.ingest, &self.site, batch).await.unwrap()
    }

    /// Sends a batch of which every item has to be accepted.
    pub(super) async fn accept(&self, batch: &Value) {
        let answer = self.send(batch).await;
        for result in &answer.results {
            assert_eq!(result.status, Status::Accepted, "{result:?}");
        }
    }

    pub(super) async fn journey(&self, visitor: Uuid) -> Value {
        let journey = self.store.journey(self.site.id, visitor).await.unwrap();
        serde_json::to_value(journey).unwrap()
    }

    pub(super) async fn all_journeys(&self) -> Vec<Journey> {
        journeys(&self.store, self.site.id, &VisitorFilter::default()).await
    }

    pub(super) async fn all_sessions(&self) -> Vec<Session> {
        sessions(&self.store, self.site.id, &SessionFilter::default()).await
    }

    pub(super) async fn all_entries(&self) -> Vec<Entry> {
        entries(&self.store, self.site.id, &EntryFilter::default()).await
    }
}

fn start(store: &Store, options: IngestOptions, live: &Feed, log: &Log) -> Ingest {
    tracing::dispatcher::with_default(&log.dispatch(), || {
        Ingest::start(store.clone(), options, live.clone())
    })
}

/// A site of this number. Nothing but the number is written beside its items.
pub(super) fn site(id: i64) -> Site {
    Site {
        id,
        workspace: 1,
        name: "Shop".to_owned(),
        key: "wk_test".to_owned(),
        origins: vec!["https://shop.example".to_owned()],
        time_zone: "UTC".to_owned(),
        server_key_required: false,
        renew_cookie: false,
        cookie_domain: None,
        currency: None,
        is_demo: false,
        created_at: 0,
    }
}

/// A site that no other case of the same test has used.
pub(crate) fn fresh_site() -> Site {
    static NEXT: AtomicI64 = AtomicI64::new(1000);
    site(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A user agent that says what it is.
pub(super) const BOT: &str =
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

pub(super) fn received() -> Received {
    Received {
        at_ms: NOW,
        user_agent: Some(
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(),
        ),
        ..Received::default()
    }
}

pub(super) async fn submit(
    ingest: &Ingest,
    site: &Site,
    batch: &Value,
) -> Result<BatchAnswer, IngestError> {
    submit_from(ingest, site, batch, &received()).await
}

pub(super) async fn submit_from(
    ingest: &Ingest,
    site: &Site,
    batch: &Value,
    received: &Received,
) -> Result<BatchAnswer, IngestError> {
    let body = serde_json::to_vec(batch).unwrap();
    let envelope = envelope::read(&body)?;
    ingest.submit(site, &envelope, received).await
}

pub(super) fn statuses(answer: &BatchAnswer) -> Vec<Status> {
    answer.results.iter().map(|result| result.status).collect()
}

/// An id that follows from a number, spread so that the order of ids is not that of the numbers.
pub(super) fn id(number: u64) -> Uuid {
    Uuid::from_u64_pair(
        0x0197_5560_7a00_7000,
        // The first two bits are those of every UUID of RFC 9562.
        number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) & !(3 << 62) | 1 << 63,
    )
}

/// One visitor's session in one tab.
pub(super) fn context(visitor: u64, session: u64) -> Value {
    json!({
        "visitor_id": id(1_000_000 + visitor),
        "tab_id": id(3_000_000),
        "session": {"id": id(2_000_000 + session), "started_at": NOW - 60_000},
    })
}

pub(super) fn visitor(number: u64) -> Uuid {
    id(1_000_000 + number)
}

pub(super) fn batch(context: &Value, items: &[Value]) -> Value {
    json!({
        "v": 1,
        "key": "wk_test",
        "sent_at": NOW,
        "sdk": {"name": "waymark-js", "version": "0.1.0"},
        "context": context,
        "items": items,
    })
}

/// An item of any kind, `ago` milliseconds before now.
pub(super) fn item(kind: &str, number: u64, ago: i64, data: Value) -> Value {
    json!({"type": kind, "id": id(number), "at": NOW - ago, "seq": number + 1, "data": data})
}

pub(super) fn page(number: u64, ago: i64, path: &str) -> Value {
    let data = json!({"url": format!("https://shop.example{path}"), "title": path});
    item("page_view", number, ago, data)
}

pub(super) fn event(number: u64, ago: i64, name: &str) -> Value {
    item("event", number, ago, json!({"name": name}))
}

/// A ping about the page view of the number `page`.
pub(super) fn ping(number: u64, ago: i64, page: u64, visible_ms: u64, scroll_max: u8) -> Value {
    let data = json!({"visible_ms": visible_ms, "scroll_max": scroll_max});
    let mut ping = item("page_ping", number, ago, data);
    ping["page_view_id"] = json!(id(page));
    ping
}

/// Walks a list to its end, a few rows at a time.
macro_rules! walk {
    ($store:expr, $list:ident, $site:expr, $filter:expr, $limit:expr) => {{
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = $store
                .$list($site, $filter, cursor.as_deref(), $limit)
                .await
                .unwrap();
            assert!(page.data.len() <= $limit as usize);
            all.extend(page.data);
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break all,
            }
        }
    }};
}
pub(super) use walk;

pub(super) async fn journeys(store: &Store, site: i64, filter: &VisitorFilter) -> Vec<Journey> {
    walk!(store, visitors, site, filter, 3)
}

pub(super) async fn sessions(store: &Store, site: i64, filter: &SessionFilter) -> Vec<Session> {
    walk!(store, sessions, site, filter, 3)
}

pub(super) async fn entries(store: &Store, site: i64, filter: &EntryFilter) -> Vec<Entry> {
    walk!(store, entries, site, filter, 7)
}

/// Another program's transaction that keeps every writer of items waiting until it is dropped.
pub(super) enum Hold {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Hold {
    pub(super) async fn take(database: &Database) -> Self {
        let url = database.url();
        if url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            sqlx::raw_sql("BEGIN IMMEDIATE")
                .execute(&mut connection)
                .await
                .unwrap();
            Self::Sqlite(connection)
        } else {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::raw_sql("BEGIN; LOCK TABLE events, interactions IN EXCLUSIVE MODE")
                .execute(&mut connection)
                .await
                .unwrap();
            Self::Postgres(connection)
        }
    }

    pub(super) async fn release(self) {
        match self {
            Self::Sqlite(mut connection) => {
                sqlx::raw_sql("ROLLBACK")
                    .execute(&mut connection)
                    .await
                    .unwrap();
                connection.close().await.unwrap();
            }
            Self::Postgres(mut connection) => {
                sqlx::raw_sql("ROLLBACK")
                    .execute(&mut connection)
                    .await
                    .unwrap();
                connection.close().await.unwrap();
            }
        }
    }
}

/// Runs statements on the database itself; the text may differ between the two.
pub(super) async fn run_sql(database: &Database, sqlite: &'static str, postgres: &'static str) {
    let url = database.url();
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        sqlx::raw_sql(sqlite)
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(postgres)
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    }
}

/// Asks until the answer is yes, and fails after ten seconds.
pub(super) async fn until(what: &str, mut yes: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !yes() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "not within ten seconds: {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
