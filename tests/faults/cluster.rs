//! A PostgreSQL cluster of a test's own, which it may kill and start again. As durable as PostgreSQL is by itself.
//!
//! PostgreSQL refuses root, and the user that it runs as instead has to be let into the folder.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::{eventually, required};

/// A running cluster. Dropping it stops the server and removes its files.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    bin: PathBuf,
    port: u16,
    is_root: bool,
}

impl Cluster {
    /// Makes one and starts it.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let cluster = Self {
            folder,
            bin: required("WAYMARK_TEST_POSTGRES_BIN").into(),
            port,
            is_root,
        };
        if is_root {
            run(Command::new("chown")
                .arg("postgres")
                .arg(cluster.folder.path()));
        }
        let mut initdb = cluster.command("initdb");
        initdb.args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]);
        run(&mut initdb);
        cluster.up().await;
        cluster
    }

    /// The URL of its own database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts the server and waits until it has recovered.
    pub(crate) async fn up(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={}",
            self.port,
            self.folder.path().display()
        );
        // A server that was killed leaves memory behind, until the last of its processes has noticed.
        eventually("PostgreSQL is up", || async {
            let mut start = self.command("pg_ctl");
            start.arg("-l").arg(self.folder.path().join("log"));
            start.args(["-o", &options, "-w", "start"]);
            status(&mut start)
        })
        .await;
    }

    /// Changes a setting and waits until the server goes by it.
    pub(crate) async fn set(&self, setting: &str) {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        let change = format!("ALTER SYSTEM SET {setting}");
        sqlx::raw_sql(AssertSqlSafe(change))
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::raw_sql("SELECT pg_reload_conf()")
            .execute(&mut connection)
            .await
            .unwrap();
        let (name, value) = setting.split_once(" = ").unwrap();
        eventually("the setting holds", || async {
            // A new connection, since each takes the news in its own time.
            let mut connection = PgConnection::connect(&self.url()).await.unwrap();
            let now: String = sqlx::query_scalar("SELECT current_setting($1)")
                .bind(name)
                .fetch_one(&mut connection)
                .await
                .unwrap();
            now == value
        })
        .await;
    }

    /// Ends every process of the server at once, as a power cut does.
    pub(crate) fn kill(&self) {
        let file = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap();
        let server: u32 = file.lines().next().unwrap().parse().unwrap();
        let children =
            std::fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap();
        // The server first, so that it starts nothing in the place of a child that has ended.
        let mut kill = Command::new("kill");
        kill.args(["-KILL", &server.to_string()]);
        kill.args(children.split_whitespace());
        // A child may end by itself between the reading and the killing.
        let _ = status(&mut kill);
    }

    fn command(&self, program: &str) -> Command {
        let path = self.bin.join(program);
        let mut command = if self.is_root {
            let mut command = Command::new("setpriv");
            command.args([
                "--reuid=postgres",
                "--regid=postgres",
                "--clear-groups",
                "env",
            ]);
            // libpq looks below HOME, and fails where that is root's.
            command.arg(format!("HOME={}", self.folder.path().display()));
            command.arg(path);
            command
        } else {
            Command::new(path)
        };
        command.arg("-D").arg(self.folder.path().join("data"));
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        status(
            self.command("pg_ctl")
                .args(["-m", "immediate", "-w", "stop"]),
        );
    }
}

fn run(command: &mut Command) {
    assert!(status(command), "{command:?}");
}

/// Runs a command and says whether it did what it should. pg_ctl's server inherits its output: it goes nowhere, since a
/// pipe would never end.
fn status(command: &mut Command) -> bool {
    command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}
