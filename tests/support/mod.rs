//! What the tests stand on: a database of one's own, a collector in this process or as one of its own, batches to send.

pub(crate) mod app;
pub(crate) mod batch;
pub(crate) mod collector;
pub(crate) mod database;
pub(crate) mod flaky;
pub(crate) mod log;
pub(crate) mod mail_server;
pub(crate) mod program;
pub(crate) mod receiver;
pub(crate) mod stream;

use std::future::Future;
use std::time::{Duration, Instant};

/// How long a test waits for something that has to happen: far beyond what it takes, since machines are shared.
pub(crate) const DEADLINE: Duration = Duration::from_secs(45);

/// Waits until `condition` holds; fails naming `what` if it does not within the deadline.
pub(crate) async fn eventually<F: Future<Output = bool>>(
    what: &str,
    mut condition: impl FnMut() -> F,
) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < DEADLINE, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the test command says under `name`.
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::vars().find_map(|(key, value)| (key == name).then_some(value))
}

/// What the test command says under `name`, which it always does.
pub(crate) fn required(name: &str) -> String {
    setting(name)
        .unwrap_or_else(|| panic!("{name} is not set: run the tests by `cargo xtask test`"))
}

/// The database of places that the tests use: IP Geolocation by DB-IP, https://db-ip.com.
pub(crate) fn places() -> std::path::PathBuf {
    required("WAYMARK_TEST_GEO_DATABASE").into()
}

/// Whether the long form of the suites was asked for, by `cargo xtask test --long`.
pub(crate) fn long() -> bool {
    setting("WAYMARK_TEST_LONG").is_some()
}

/// Makes each `async fn(Database)` named a test on SQLite and another on PostgreSQL.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::support::database::Database::sqlite()).await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::support::database::Database::postgres().await).await;
                }
            )*
        }
    };
}
pub(crate) use on_both_databases;
