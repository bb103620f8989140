//! A private PostgreSQL cluster on loopback: run as an ordinary user, ended with its owner.
//!
//! PostgreSQL refuses root, and the user that it runs as instead cannot enter root's folders: where this process is
//! root, the cluster lives below a folder for temporary files.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::Steps;
use crate::tools;

/// A running cluster. Dropping it stops the server.
#[must_use = "the server stops when this is dropped"]
pub struct Cluster {
    bin: PathBuf,
    home: PathBuf,
    port: u16,
    lasting: bool,
}

impl Cluster {
    /// A fresh, throw-away cluster for tests: no durability, gone with the folder.
    pub fn scratch(steps: &Steps) -> Result<Self> {
        let home = std::env::temp_dir().join(format!("waymark-postgres-{}", std::process::id()));
        let mut cluster = Self::prepare(steps, home, false)?;
        steps.time("start a private PostgreSQL", || {
            cluster.start("-c fsync=off -c max_connections=300")
        })?;
        Ok(cluster)
    }

    /// A fresh, throw-away cluster with PostgreSQL's own durability, on a real disk: for measurements.
    pub fn durable(steps: &Steps) -> Result<Self> {
        let name = format!("waymark-bench-postgres-{}", std::process::id());
        let home = if tools::is_root() {
            // Not the folder for temporary files, which may be memory.
            PathBuf::from("/var/tmp").join(name)
        } else {
            steps.root().join("target/bench").join(name)
        };
        let mut cluster = Self::prepare(steps, home, false)?;
        steps.time("start a private PostgreSQL", || cluster.start(""))?;
        Ok(cluster)
    }

    /// A lasting cluster with PostgreSQL's own durability, made at the first call.
    pub fn lasting(steps: &Steps) -> Result<Self> {
        let home = if tools::is_root() {
            PathBuf::from("/var/tmp/waymark-postgres")
        } else {
            steps.root().join("target/run/postgres")
        };
        Self::lasting_at(steps, home, "")
    }

    /// A lasting cluster in a folder below the workspace's own; where its user cannot enter that, in one for temporary files
    /// that is named after it. Settings are as on a command line.
    pub fn lasting_in(steps: &Steps, folder: &str, settings: &str) -> Result<Self> {
        let root = steps.root();
        let home = if !tools::is_root() || others_may_enter(root) {
            root.join(folder)
        } else {
            let path: Vec<_> = root
                .join(folder)
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            PathBuf::from("/var/tmp")
                .join(format!("waymark{}", path.join("-").trim_start_matches('/')))
        };
        Self::lasting_at(steps, home, settings)
    }

    fn lasting_at(steps: &Steps, home: PathBuf, settings: &str) -> Result<Self> {
        let mut cluster = Self::prepare(steps, home, true)?;
        steps.time("start a private PostgreSQL", || cluster.start(settings))?;
        Ok(cluster)
    }

    /// The connection URL of the superuser's own database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Where the programs of its PostgreSQL are.
    pub fn programs(&self) -> &Path {
        &self.bin
    }

    fn prepare(steps: &Steps, home: PathBuf, lasting: bool) -> Result<Self> {
        let bin = tools::postgres(steps)?;
        fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
        if tools::is_root() {
            run(Command::new("chown").arg("postgres").arg(&home))?;
        }
        let cluster = Self {
            bin,
            home,
            port: 0,
            lasting,
        };
        if !cluster.home.join("data/PG_VERSION").exists() {
            let data = cluster.home.join("data");
            run(cluster.as_user("initdb").arg("-D").arg(data).args([
                "-A",
                "trust",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            ]))?;
        }
        Ok(cluster)
    }

    fn start(&mut self, settings: &str) -> Result<()> {
        // The port is free at this moment; PostgreSQL takes it right after. It cannot be handed a bound socket.
        self.port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} {settings}",
            self.port,
            self.home.display()
        );
        let mut command = self.as_user("pg_ctl");
        command
            .arg("-D")
            .arg(self.home.join("data"))
            .arg("-l")
            .arg(self.home.join("log"))
            .args(["-o", &options, "-w", "start"]);
        run(&mut command)
    }

    /// `program` of PostgreSQL, as the user `postgres` where this process is root.
    fn as_user(&self, program: &str) -> Command {
        let path = self.bin.join(program);
        if !tools::is_root() {
            return Command::new(path);
        }
        let mut command = Command::new("setpriv");
        command
            .args([
                "--reuid=postgres",
                "--regid=postgres",
                "--clear-groups",
                "env",
            ])
            // libpq looks below HOME, and fails where that is root's.
            .arg(format!("HOME={}", self.home.display()))
            .arg(path);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut command = self.as_user("pg_ctl");
        command
            .arg("-D")
            .arg(self.home.join("data"))
            .args(["-m", "fast", "-w", "stop"]);
        if let Err(error) = run(&mut command) {
            eprintln!("could not stop PostgreSQL: {error:#}");
        }
        if !self.lasting {
            remove(&self.home);
        }
    }
}

/// Whether users that a folder does not belong to may go through it and all above it.
fn others_may_enter(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    folder.ancestors().all(|folder| {
        fs::metadata(folder).is_ok_and(|found| found.permissions().mode() & 0o001 != 0)
    })
}

fn remove(home: &Path) {
    if let Err(error) = fs::remove_dir_all(home) {
        eprintln!("could not remove {}: {error}", home.display());
    }
}

fn run(command: &mut Command) -> Result<()> {
    // A folder that the other user may enter: it may not be allowed into the current one.
    command.current_dir("/");
    // pg_ctl's server inherits its output: a pipe would never end, so it goes nowhere and the log file tells.
    let status = command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .status()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
