//! A writer as its own process, as an operator runs it.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::nats::Nats;
use crate::support::database::Database;
use crate::support::{eventually, required};

/// A running writer.
pub(super) struct Writer {
    database: String,
    queue: String,
    settings: Vec<String>,
    watched: u16,
    process: Option<Child>,
    log: PathBuf,
    _folder: tempfile::TempDir,
}

impl Writer {
    /// Starts one on a database.
    pub(super) async fn start(nats: &Nats, database: &Database, settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let watched = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let mut writer = Self {
            database: database.url().to_owned(),
            queue: nats.url(),
            settings: settings.iter().map(|&setting| setting.to_owned()).collect(),
            watched,
            process: None,
            log: folder.path().join("writer.log"),
            _folder: folder,
        };
        writer.up();
        writer.is_ready().await;
        writer
    }

    /// Starts the process, and does not wait for it.
    pub(super) fn up(&mut self) {
        assert!(self.process.is_none());
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)
            .unwrap();
        let process = Command::new(required("WAYMARK_TEST_COLLECTOR"))
            .args(["--database-url", &self.database])
            .args(["--queue", &self.queue])
            .args(["--metrics-listen", &format!("127.0.0.1:{}", self.watched)])
            .arg("write")
            .args(&self.settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        self.process = Some(process);
    }

    /// Waits until both ends of its way are there.
    pub(super) async fn is_ready(&self) {
        eventually("the writer is ready", || async {
            reqwest::get(self.address("/readyz"))
                .await
                .is_ok_and(|answer| answer.status().is_success())
        })
        .await;
    }

    /// The value of one of its metrics.
    pub(super) async fn metric(&self, name: &str) -> f64 {
        let text = reqwest::get(self.address("/metrics")).await.unwrap();
        let text = text.text().await.unwrap();
        super::flow::sample(&text, name)
    }

    fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.watched)
    }

    /// Ends it at once.
    pub(super) async fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().await.unwrap();
    }

    /// Asks it to end and waits until it has.
    pub(super) async fn end(&mut self) {
        let mut process = self.process.take().unwrap();
        let id = process.id().unwrap().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(told.unwrap().success());
        let ended = tokio::time::timeout(Duration::from_secs(30), process.wait()).await;
        assert!(ended.expect("in time").unwrap().success(), "{}", self.log());
    }

    /// What it has logged so far.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}
