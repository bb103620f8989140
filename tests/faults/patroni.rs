//! Two servers of PostgreSQL, one of which is the other's standby, and what makes a standby the primary: Patroni beside each,
//! etcd for what they agree on, HAProxy before them. By the files of `deploy/patroni`, but for addresses, folders and how
//! soon a primary is taken to be gone.
//!
//! Patroni takes its server out of its own group of processes, so all of them are found by the folder that they work in.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use tokio::process::{Child, Command as Process};

use crate::deploy::changed;
use crate::support::database::Database;
use crate::support::{DEADLINE, eventually, required};

/// How soon one that is there says what it is.
const SOON: Duration = Duration::from_secs(3);

/// Running servers. Dropping it ends them and removes their files.
pub(crate) struct Patroni {
    nodes: [Node; 2],
    /// Where the primary is.
    lead: u16,
    is_root: bool,
    _agreed: Child,
    _leading: Child,
    folder: tempfile::TempDir,
}

/// PostgreSQL and the Patroni that has started it.
struct Node {
    name: &'static str,
    port: u16,
    /// Where Patroni says what the server is.
    said: u16,
    process: Option<Child>,
}

/// A standby that gets nothing, until this is dropped.
pub(crate) struct HeldBack(u32);

impl Patroni {
    /// Makes both and waits until one is the other's standby.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        let [etcd, peers, lead, a, b, a_said, b_said] = free_ports();
        let node = |name, port, said| Node {
            name,
            port,
            said,
            process: None,
        };
        let nodes = [node("a", a, a_said), node("b", b, b_said)];
        for node in &nodes {
            let home = folder.path().join(node.name);
            std::fs::create_dir(&home).unwrap();
            std::fs::write(home.join("patroni.yaml"), node.settings(&home, etcd)).unwrap();
        }
        if is_root {
            let mut give = Command::new("chown");
            give.args(["-R", "postgres"]).arg(folder.path());
            assert!(give.status().unwrap().success());
        }
        let mut patroni = Self {
            _agreed: run_etcd(folder.path(), etcd, peers),
            _leading: run_haproxy(folder.path(), lead, &nodes),
            nodes,
            lead,
            is_root,
            folder,
        };
        for number in 0..patroni.nodes.len() {
            patroni.up(number);
        }
        patroni.is_in_step().await;
        patroni.leads_to_a_primary().await;
        for sql in [
            "CREATE ROLE waymark LOGIN PASSWORD 'secret'",
            "CREATE DATABASE waymark OWNER waymark",
        ] {
            let mut connection = PgConnection::connect(&patroni.url("postgres"))
                .await
                .unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        }
        patroni
    }

    /// The database, wherever its primary is, for who may do no more than own it.
    pub(crate) fn database(&self) -> Database {
        let url = format!("postgres://waymark:secret@127.0.0.1:{}/waymark", self.lead);
        Database::shared_and_seen(&url, &self.url("waymark"))
    }

    fn url(&self, database: &str) -> String {
        superusers(self.lead, database)
    }

    /// The number of the server that is the primary.
    async fn primary(&self) -> usize {
        let found = std::sync::Mutex::new(None);
        eventually("there is a primary", || async {
            let mut primary = None;
            for (number, node) in self.nodes.iter().enumerate() {
                if node.is("primary").await {
                    primary = Some(number);
                }
            }
            *found.lock().unwrap() = primary;
            primary.is_some()
        })
        .await;
        found.into_inner().unwrap().unwrap()
    }

    /// Waits until a commit of the primary is not answered before the standby has it.
    pub(crate) async fn is_in_step(&self) {
        eventually("there is a standby that is waited for", || async {
            for node in &self.nodes {
                if node.is("synchronous").await {
                    return true;
                }
            }
            false
        })
        .await;
    }

    /// Keeps what is committed from the standby.
    pub(crate) async fn hold_back_standby(&self) -> HeldBack {
        let standby = &self.nodes[1 - self.primary().await];
        let receiver = std::sync::Mutex::new(0);
        eventually("the standby listens", || async {
            let found: Option<i32> = asked(standby, "SELECT pid FROM pg_stat_wal_receiver").await;
            *receiver.lock().unwrap() = found.unwrap_or_default();
            found.is_some()
        })
        .await;
        let receiver = u32::try_from(receiver.into_inner().unwrap()).unwrap();
        assert!(signal("STOP", &[receiver]));
        HeldBack(receiver)
    }

    /// Waits until the primary has commits that it does not answer because of its standby.
    pub(crate) async fn has_commits_that_wait(&self) {
        let primary = &self.nodes[self.primary().await];
        eventually("commits wait for the standby", || async {
            let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
            let count: Option<i64> = asked(primary, sql).await;
            count.is_some_and(|count| count > 0)
        })
        .await;
    }

    /// Ends the primary and its Patroni at once, as a power cut does, and gives its number.
    pub(crate) async fn kill_primary(&mut self) -> usize {
        let number = self.primary().await;
        let home = self.home(number);
        let node = &mut self.nodes[number];
        end(&home);
        node.process.take().unwrap().wait().await.unwrap();
        number
    }

    /// Stops the primary and its Patroni where they are, and gives its number: connections stay, and nobody answers on them, as
    /// when the network to a machine is gone.
    pub(crate) async fn silence_primary(&self) -> usize {
        let number = self.primary().await;
        signal("STOP", &working_in(&self.home(number)));
        number
    }

    /// Lets one go on that was silent, and that knows of nothing.
    pub(crate) fn wake(&self, number: usize) {
        signal("CONT", &working_in(&self.home(number)));
    }

    /// Waits until whoever wants the primary is led to one that is not the one that was killed.
    pub(crate) async fn has_followed(&self, gone: usize) {
        let other = &self.nodes[1 - gone];
        eventually("the standby is the primary", || other.is("primary")).await;
        self.leads_to_a_primary().await;
    }

    async fn leads_to_a_primary(&self) {
        eventually("HAProxy leads to the primary", || async {
            let Ok(mut connection) = PgConnection::connect(&self.url("postgres")).await else {
                return false;
            };
            let sql = "SELECT NOT pg_is_in_recovery()";
            let asked = sqlx::query_scalar(sql).fetch_one(&mut connection).await;
            asked.unwrap_or(false)
        })
        .await;
    }

    /// Starts Patroni, and with it a server that was killed.
    pub(crate) fn up(&mut self, number: usize) {
        let home = self.home(number);
        let program = required("WAYMARK_TEST_PATRONI");
        let mut command = if self.is_root {
            let mut command = Process::new("setpriv");
            command.args([
                "--reuid=postgres",
                "--regid=postgres",
                "--clear-groups",
                "env",
            ]);
            // libpq looks below HOME, and fails where that is root's.
            command.arg(format!("HOME={}", home.display()));
            command.arg(program);
            command
        } else {
            Process::new(program)
        };
        command.arg(home.join("patroni.yaml"));
        let node = &mut self.nodes[number];
        assert!(node.process.is_none());
        node.process = Some(started(command, &home.join("patroni.log")));
    }

    fn home(&self, number: usize) -> PathBuf {
        self.folder.path().join(self.nodes[number].name)
    }
}

impl Drop for Patroni {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for number in 0..self.nodes.len() {
                let log = std::fs::read_to_string(self.home(number).join("patroni.log"));
                let log = log.unwrap_or_default();
                let lines: Vec<&str> = log.lines().collect();
                let last = &lines[lines.len().saturating_sub(40)..];
                eprintln!("Patroni {}:\n{}", self.nodes[number].name, last.join("\n"));
            }
        }
        end(self.folder.path());
    }
}

impl Drop for HeldBack {
    fn drop(&mut self) {
        // It may be gone.
        signal("CONT", &[self.0]);
    }
}

impl Node {
    fn settings(&self, home: &Path, etcd: u16) -> String {
        let within = |name: &str| home.join(name).display().to_string();
        let on = |port| format!("127.0.0.1:{port}");
        let agreed = on(etcd);
        changed(
            "patroni/patroni.yaml",
            &[
                ("name: a\n", &format!("name: {}\n", self.name)),
                ("10.0.0.1:8008", &on(self.said)),
                ("10.0.0.1:5432", &on(self.port)),
                ("10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379", &agreed),
                ("10.0.0.0/24", "127.0.0.1/32"),
                (
                    "/usr/lib/postgresql/15/bin",
                    &required("WAYMARK_TEST_POSTGRES_BIN"),
                ),
                ("/var/lib/postgresql/15/waymark", &within("data")),
                ("/var/lib/postgresql/.waymark-pgpass", &within("pgpass")),
                ("/var/run/postgresql", &home.display().to_string()),
                ("ttl: 30", "ttl: 10"),
                ("loop_wait: 10", "loop_wait: 1"),
                ("retry_timeout: 10", "retry_timeout: 3"),
            ],
        )
    }

    /// Whether Patroni says that its server is this.
    async fn is(&self, what: &str) -> bool {
        let asking = reqwest::get(format!("http://127.0.0.1:{}/{what}", self.said));
        let answer = tokio::time::timeout(SOON, asking).await;
        answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status() == 200))
    }
}

fn superusers(port: u16, database: &str) -> String {
    format!("postgres://postgres:superusers-password@127.0.0.1:{port}/{database}")
}

/// What one server answers, if it does.
async fn asked<T>(node: &Node, sql: &'static str) -> Option<T>
where
    T: Send + Unpin + sqlx::Type<sqlx::Postgres> + for<'r> sqlx::Decode<'r, sqlx::Postgres>,
{
    let url = superusers(node.port, "postgres");
    let mut connection = PgConnection::connect(&url).await.ok()?;
    sqlx::query_scalar(sql)
        .fetch_optional(&mut connection)
        .await
        .ok()?
}

/// Ports that nobody listens on, all held until all are known, so that no two are the same.
fn free_ports<const N: usize>() -> [u16; N] {
    let held = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.each_ref()
        .map(|listener| listener.local_addr().unwrap().port())
}

fn run_etcd(folder: &Path, clients: u16, peers: u16) -> Child {
    let [clients, peers] = [clients, peers].map(|port| format!("http://127.0.0.1:{port}"));
    let mut command = Process::new(required("WAYMARK_TEST_ETCD"));
    command.arg("--data-dir").arg(folder.join("etcd"));
    command.args(["--listen-client-urls", &clients]);
    command.args(["--advertise-client-urls", &clients]);
    command.args(["--listen-peer-urls", &peers]);
    command.args(["--initial-advertise-peer-urls", &peers]);
    command.args(["--initial-cluster", &format!("default={peers}")]);
    command.arg("--enable-v2");
    started(command, &folder.join("etcd.log"))
}

fn run_haproxy(folder: &Path, lead: u16, nodes: &[Node; 2]) -> Child {
    let address = |node: &Node| format!("127.0.0.1:{} check port {}", node.port, node.said);
    let settings = changed(
        "patroni/haproxy.cfg",
        &[
            ("127.0.0.1:5000", &format!("127.0.0.1:{lead}")),
            ("10.0.0.1:5432 check port 8008", &address(&nodes[0])),
            ("10.0.0.2:5432 check port 8008", &address(&nodes[1])),
            ("    server c 10.0.0.3:5432 check port 8008\n", ""),
        ],
    );
    let file = folder.join("haproxy.cfg");
    std::fs::write(&file, settings).unwrap();
    let mut command = Process::new(required("WAYMARK_TEST_HAPROXY"));
    command.arg("-f").arg(file);
    started(command, &folder.join("haproxy.log"))
}

fn started(mut command: Process, log: &Path) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(log)
        .unwrap();
    command
        // One that every user may enter.
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Ends every process that works in a folder at once, and waits until there is none.
fn end(folder: &Path) {
    let began = Instant::now();
    loop {
        let found = working_in(folder);
        if found.is_empty() {
            return;
        }
        assert!(began.elapsed() < DEADLINE, "{found:?} do not end");
        // One that has ended meanwhile is none to be told.
        signal("KILL", &found);
    }
}

/// The processes whose arguments name the folder, and behind each its children, which PostgreSQL names otherwise.
fn working_in(folder: &Path) -> Vec<u32> {
    let folder = folder.display().to_string();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(id) = name.and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let arguments = std::fs::read(path.join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&arguments).contains(&folder) {
            found.push(id);
            let children = std::fs::read_to_string(path.join(format!("task/{id}/children")));
            let children = children.unwrap_or_default();
            found.extend(
                children
                    .split_whitespace()
                    .filter_map(|id| id.parse::<u32>().ok()),
            );
        }
    }
    found
}

fn signal(name: &str, processes: &[u32]) -> bool {
    let ids = processes.iter().map(u32::to_string);
    let told = Command::new("kill")
        .arg(format!("-{name}"))
        .args(ids)
        .stderr(Stdio::null())
        .status();
    told.unwrap().success()
}
