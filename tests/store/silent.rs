//! Connections to PostgreSQL that go silent, as when a machine is gone or a firewall has forgotten them: they are open, and nothing
//! comes any more. And those that are merely slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use waymark_collector::store::Store;

use crate::support::database::Database;
use crate::support::eventually;

/// Connections that a store has for questions.
const READERS: i64 = 8;
/// Questions that are asked at once, which is more.
const QUESTIONS: usize = 12;

/// Passes bytes on to a server, until it is told that the connections of then are silent.
struct Relay {
    port: u16,
    /// Connections of a lower number are silent.
    silent: watch::Sender<usize>,
    opened: Arc<AtomicUsize>,
}

impl Relay {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (silent, told) = watch::channel(0);
        let opened = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let far = TcpStream::connect(&server).await.unwrap();
                let number = count.fetch_add(1, Ordering::SeqCst);
                let ((near_in, near_out), (far_in, far_out)) =
                    (near.into_split(), far.into_split());
                tokio::spawn(pass(near_in, far_out, number, told.clone()));
                tokio::spawn(pass(far_in, near_out, number, told.clone()));
            }
        });
        Self {
            port,
            silent,
            opened,
        }
    }

    /// Nothing comes through what is open now.
    fn silence(&self) {
        self.silent.send_replace(self.opened.load(Ordering::SeqCst));
    }
}

/// Passes bytes on until the end, or takes them and says nothing.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: usize,
    told: watch::Receiver<usize>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count) = from.read(&mut buffer).await {
        let is_silent = number < *told.borrow();
        if count == 0 && !is_silent {
            return;
        }
        if count == 0 {
            // Its end is not told either.
            std::future::pending::<()>().await;
        }
        if !is_silent && to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

/// Asks for the sites, on so many connections as there are and more, and counts the answers. Whoever waits for five seconds gives up.
async fn ask(store: &Store) -> usize {
    let asked = (0..QUESTIONS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let asked = tokio::time::timeout(Duration::from_secs(5), store.sites());
            matches!(asked.await, Ok(Ok(_)))
        })
    });
    let answered = join_all(asked).await;
    answered
        .into_iter()
        .filter(|one| *one.as_ref().unwrap())
        .count()
}

/// Statements that wait for a lock in this database.
async fn waiting(database: &Database) -> i64 {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    database.number(sql).await
}

/// Keeps everybody from the table of sites, for as long as it is open.
async fn lock(database: &Database) -> PgConnection {
    let mut lock = PgConnection::connect(database.url()).await.unwrap();
    let locked = sqlx::raw_sql("BEGIN; LOCK TABLE sites").execute(&mut lock);
    locked.await.unwrap();
    lock
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_went_silent_leaves_its_place() {
    let database = Database::postgres().await;
    let (before, after) = database.url().split_once('@').unwrap();
    let (server, name) = after.split_once('/').unwrap();
    let relay = Relay::to(server.to_owned()).await;
    let url = format!("{before}@127.0.0.1:{}/{name}", relay.port);
    let store = Store::open(&url).await.unwrap();
    assert_eq!(ask(&store).await, QUESTIONS);
    // Every connection is in the middle of a question when it goes silent. Whoever asks waits, and gives up.
    let lock = lock(&database).await;
    let (answered, ()) = tokio::join!(ask(&store), async {
        eventually("they wait for an answer", || async {
            waiting(&database).await == READERS
        })
        .await;
        relay.silence();
    });
    assert_eq!(answered, 0, "something was not silent");
    lock.close().await.unwrap();
    eventually("everybody is answered", || async {
        ask(&store).await == QUESTIONS
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_waits_for_ends_at_the_server() {
    let database = Database::postgres().await;
    let store = Store::open(database.url()).await.unwrap();
    let lock = lock(&database).await;
    assert_eq!(ask(&store).await, 0, "the table was not locked");
    assert_eq!(waiting(&database).await, READERS);
    eventually("nothing waits for the lock", || async {
        waiting(&database).await == 0
    })
    .await;
    lock.close().await.unwrap();
    assert_eq!(ask(&store).await, QUESTIONS);
}
