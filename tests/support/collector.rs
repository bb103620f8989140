//! The collector as its own process, as an operator runs it: started, killed, started again on the same data.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::database::Database;
use super::{eventually, required};

/// The write key of the site under test.
pub(crate) const KEY: &str = "wk_outsidetests";

/// A collector with one site.
pub(crate) struct Collector {
    database: Database,
    port: u16,
    process: Option<Child>,
    setup_link: Option<String>,
    log: PathBuf,
    settings: Vec<String>,
    _data: tempfile::TempDir,
}

impl Collector {
    /// Starts a collector on `database` with one site whose pages are on `site_origin`.
    pub(crate) async fn start(database: Database, site_origin: &str) -> Self {
        Self::with(database, site_origin, &[]).await
    }

    /// The same with flags of the test's own.
    pub(crate) async fn with(database: Database, site_origin: &str, settings: &[&str]) -> Self {
        let mut collector = Self::down(database, settings);
        let output = collector
            .command()
            .args(["sites", "add", "--name", "Tests", "--key", KEY])
            .args(["--origin", site_origin])
            .output()
            .await
            .expect("the collector's binary starts");
        assert!(
            output.status.success(),
            "sites add: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        collector.up().await;
        collector
    }

    /// Starts another collector on a database that has one, and the site.
    pub(crate) async fn joining(database: Database) -> Self {
        Self::joining_with(database, &[]).await
    }

    /// The same with flags of the test's own.
    pub(crate) async fn joining_with(database: Database, settings: &[&str]) -> Self {
        let mut collector = Self::down(database, settings);
        collector.setup_link = Some(String::new());
        collector.up().await;
        collector
    }

    fn down(database: Database, settings: &[&str]) -> Self {
        let data = tempfile::tempdir().expect("a folder for data");
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        Self {
            database,
            port,
            process: None,
            setup_link: None,
            log: data.path().join("collector.log"),
            settings: settings.iter().map(|&setting| setting.to_owned()).collect(),
            _data: data,
        }
    }

    /// The origin that serves the SDK, the API and the dashboard.
    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Adds a site that every origin may send to.
    pub(crate) async fn add_site(&self, name: &str, key: &str) {
        let output = self
            .command()
            .args(["sites", "add", "--name", name, "--key", key])
            .output()
            .await
            .expect("the collector's binary starts");
        assert!(output.status.success(), "sites add");
    }

    /// Has the next start use another database, and gives the one that it used.
    pub(crate) fn point_to(&mut self, database: Database) -> Database {
        std::mem::replace(&mut self.database, database)
    }

    /// Where the rows are.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// The link that the first start printed.
    pub(crate) fn setup_link(&self) -> &str {
        self.setup_link
            .as_deref()
            .expect("a set-up link was printed")
    }

    /// Starts the process and waits until it takes requests.
    pub(crate) async fn up(&mut self) {
        assert!(self.process.is_none(), "the collector is up already");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)
            .expect("a log file");
        let mut process = self
            .command()
            .args(["--listen", &format!("127.0.0.1:{}", self.port)])
            .args(&self.settings)
            .arg("serve")
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the collector starts");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(start) = line.find("http") {
                    let link = line[start..].trim().to_owned();
                    if link.contains("/setup#token=") {
                        tell.send(link).ok();
                    }
                }
            }
        });
        self.process = Some(process);
        let ready = format!("{}/readyz", self.origin());
        eventually("the collector is ready", || async {
            reqwest::get(&ready)
                .await
                .is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        if self.setup_link.is_none() {
            self.setup_link = tokio::time::timeout(Duration::from_secs(10), told.recv())
                .await
                .expect("a set-up link within ten seconds of the first start");
        }
    }

    /// The process's id.
    pub(crate) fn id(&self) -> u32 {
        let process = self.process.as_ref().expect("the collector is up");
        process.id().expect("it has not ended")
    }

    /// Ends the process at once, as a power cut does.
    pub(crate) async fn kill(&mut self) {
        let mut process = self.process.take().expect("the collector is up");
        process.kill().await.expect("the collector ends");
    }

    /// Asks the process to end, as a service manager does.
    pub(crate) async fn terminate(&self) {
        let process = self.process.as_ref().expect("the collector is up");
        let id = process.id().expect("it has not ended");
        let sent = Command::new("kill")
            .args(["-TERM", &id.to_string()])
            .status()
            .await;
        assert!(sent.expect("kill is there").success());
    }

    /// Waits until the process has ended by itself.
    pub(crate) async fn ended(&mut self, within: Duration) -> ExitStatus {
        let mut process = self.process.take().expect("the collector is up");
        tokio::time::timeout(within, process.wait())
            .await
            .unwrap_or_else(|_| panic!("the collector has not ended within {within:?}"))
            .expect("its status")
    }

    /// Whether the process is still the one that was started.
    pub(crate) fn is_up(&mut self) -> bool {
        let process = self.process.as_mut().expect("the collector was started");
        process.try_wait().expect("its status").is_none()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("the log")
    }

    /// Fails if anything was logged that an operator would have to look at.
    pub(crate) fn assert_quiet_log(&self) {
        let log = self.log();
        let loud: Vec<&str> = log
            .lines()
            .filter(|line| line.contains("WARN") || line.contains("ERROR"))
            // True of the server that most tests have, which is fast because it flushes nothing.
            .filter(|line| !line.contains("the database may lose the latest commits"))
            .collect();
        assert!(loud.is_empty(), "the collector logged: {loud:#?}");
    }

    fn command(&self) -> Command {
        let mut command = Command::new(required("WAYMARK_TEST_COLLECTOR"));
        command
            .args(["--database-url", self.database.url()])
            .args(["--public-url", &self.origin()])
            .stdin(Stdio::null());
        command
    }
}
