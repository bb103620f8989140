//! Servers of NATS with JetStream on this machine, for as long as a case lasts.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// How long they may take to listen. That they have chosen a leader is waited for by the collector.
const PATIENCE: Duration = Duration::from_secs(30);

/// Running servers, of which each knows all. Dropping them ends them and removes their files.
#[derive(Debug)]
#[must_use = "the servers end when this is dropped"]
pub struct Nats {
    servers: Vec<Child>,
    places: Vec<SocketAddr>,
    _folder: TempDir,
}

impl Nats {
    /// So many of them, with their files below `folder`.
    ///
    /// # Errors
    /// A program that cannot be started, or does not listen.
    pub async fn start(program: &Path, folder: &Path, count: usize) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("nats-")
            .tempdir_in(folder)?;
        // Held until all are known, so that no two are the same.
        let held = (0..2 * count)
            .map(|_| TcpListener::bind("127.0.0.1:0"))
            .collect::<Result<Vec<_>, _>>()?;
        let ports = held
            .iter()
            .map(TcpListener::local_addr)
            .collect::<Result<Vec<_>, _>>()?;
        drop(held);
        let (clients, routes) = ports.split_at(count);
        let all: Vec<String> = routes.iter().map(|at| format!("\"nats://{at}\"")).collect();
        let mut nats = Self {
            servers: Vec::new(),
            places: clients.to_vec(),
            _folder: folder,
        };
        for (number, (client, route)) in clients.iter().zip(routes).enumerate() {
            let own = nats._folder.path().join(format!("n{number}"));
            std::fs::create_dir_all(&own)?;
            let cluster = match count {
                1 => String::new(),
                _ => format!(
                    "cluster {{ name: bench, listen: \"{route}\", routes: [{}] }}\n",
                    all.join(", ")
                ),
            };
            let file = own.join("server.conf");
            let store = own.join("store");
            std::fs::write(
                &file,
                format!(
                    "server_name: n{number}\nlisten: \"{client}\"\njetstream {{ store_dir: \"{}\" }}\n{cluster}",
                    store.display()
                ),
            )?;
            let server = Command::new(program)
                .arg("-c")
                .arg(&file)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .with_context(|| format!("cannot start {}", program.display()))?;
            nats.servers.push(server);
        }
        nats.listen().await?;
        Ok(nats)
    }

    async fn listen(&self) -> Result<()> {
        let began = Instant::now();
        for place in &self.places {
            while TcpStream::connect(place).is_err() {
                ensure!(
                    began.elapsed() < PATIENCE,
                    "NATS does not listen at {place}"
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    /// What a collector takes for them.
    pub fn url(&self) -> String {
        let places: Vec<String> = self.places.iter().map(SocketAddr::to_string).collect();
        format!("nats://{}", places.join(","))
    }

    /// Their processes.
    pub fn processes(&self) -> Vec<u32> {
        self.servers.iter().map(Child::id).collect()
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        for server in &mut self.servers {
            // Their files go with them, so nothing has to be ended in order.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// The version that the program says.
pub fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
