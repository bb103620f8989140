//! Servers of NATS of a test's own, which it may kill and start again.

use std::net::TcpListener;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::Stream;
use async_nats::jetstream::{self, Context, ErrorCode};
use tokio::process::{Child, Command};

use crate::support::{eventually, required};

/// The stream, as it is called where nobody says.
pub(super) const STREAM: &str = "waymark";

/// Running servers, of which each knows all. Dropping it ends them and removes their files.
pub(super) struct Nats {
    folder: tempfile::TempDir,
    servers: Vec<Server>,
    jetstream: Context,
}

struct Server {
    port: u16,
    process: Option<Child>,
}

impl Nats {
    /// Three that keep copies of each other.
    pub(super) async fn three() -> Self {
        Self::start(3).await
    }

    /// One alone.
    pub(super) async fn one() -> Self {
        Self::start(1).await
    }

    async fn start(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Held until all are known, so that no two are the same.
        let held: Vec<TcpListener> = (0..2 * count)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let ports: Vec<u16> = held
            .iter()
            .map(|listener| listener.local_addr().unwrap().port())
            .collect();
        drop(held);
        let (clients, routes) = ports.split_at(count);
        let all: Vec<String> = routes
            .iter()
            .map(|port| format!("\"nats://127.0.0.1:{port}\""))
            .collect();
        let mut servers = Vec::new();
        for (number, (port, route)) in clients.iter().zip(routes).enumerate() {
            let store = folder.path().join(format!("store{number}"));
            let cluster = if count > 1 {
                format!(
                    "cluster {{ name: tests, listen: \"127.0.0.1:{route}\", routes: [{}] }}",
                    all.join(", ")
                )
            } else {
                String::new()
            };
            let config = format!(
                "server_name: n{number}\nlisten: \"127.0.0.1:{port}\"\njetstream {{ store_dir: \"{}\" }}\n{cluster}\n",
                store.display()
            );
            std::fs::write(config_of(folder.path(), number), config).unwrap();
            servers.push(Server {
                port: *port,
                process: None,
            });
        }
        for (number, server) in servers.iter_mut().enumerate() {
            server.process = Some(run(folder.path(), number));
        }
        let client = connect(&servers).await;
        let mut jetstream = jetstream::new(client);
        jetstream.set_timeout(Duration::from_secs(2));
        let nats = Self {
            folder,
            servers,
            jetstream,
        };
        eventually("JetStream is there", || async {
            match nats.jetstream.get_stream(STREAM).await {
                Ok(_) => true,
                Err(error) => match error.kind() {
                    GetStreamErrorKind::JetStream(said) => {
                        said.error_code() == ErrorCode::STREAM_NOT_FOUND
                    }
                    _ => false,
                },
            }
        })
        .await;
        nats
    }

    /// Where they are, as the collector's setting says it.
    pub(super) fn url(&self) -> String {
        let places: Vec<String> = self
            .servers
            .iter()
            .map(|server| format!("127.0.0.1:{}", server.port))
            .collect();
        format!("nats://{}", places.join(","))
    }

    /// What a client of the test's own asks with.
    pub(super) fn jetstream(&self) -> &Context {
        &self.jetstream
    }

    /// The stream, as soon as it has a leader that says how it is.
    pub(super) async fn stream(&self) -> Stream {
        self.stream_of(STREAM).await
    }

    pub(super) async fn stream_of(&self, name: &str) -> Stream {
        let found = std::sync::Mutex::new(None);
        eventually("the stream answers", || async {
            let stream = self.jetstream.get_stream(name).await.ok();
            let is_there = stream.is_some();
            *found.lock().unwrap() = stream;
            is_there
        })
        .await;
        found.into_inner().unwrap().unwrap()
    }

    /// How many messages a stream has.
    pub(super) async fn messages(&self, name: &str) -> u64 {
        self.stream_of(name).await.cached_info().state.messages
    }

    /// Waits until everything was committed and acknowledged, however much there is for as long as it becomes less.
    pub(super) async fn is_empty(&self) {
        let left = AtomicU64::new(self.messages(STREAM).await);
        while left.load(Ordering::Relaxed) > 0 {
            let what = format!("less than {left:?} messages are left");
            eventually(&what, || async {
                let messages = self.messages(STREAM).await;
                left.fetch_min(messages, Ordering::Relaxed) > messages
            })
            .await;
        }
    }

    /// The number of the server that leads the stream.
    pub(super) async fn leader(&self) -> usize {
        let leader = std::sync::Mutex::new(None);
        eventually("the stream has a leader", || async {
            let stream = self.stream().await;
            let cluster = stream.cached_info().cluster.clone();
            let name = cluster.and_then(|cluster| cluster.leader);
            let number = name.and_then(|name| name.strip_prefix('n')?.parse().ok());
            *leader.lock().unwrap() = number;
            number.is_some()
        })
        .await;
        leader.into_inner().unwrap().unwrap()
    }

    /// Waits until every server has all that the stream has.
    pub(super) async fn is_in_step(&self) {
        eventually("the copies are in step", || async {
            let stream = self.stream().await;
            let cluster = stream.cached_info().cluster.clone();
            cluster.is_some_and(|cluster| {
                let mut others = cluster.replicas.iter();
                cluster.replicas.len() == self.servers.len() - 1
                    && others.all(|other| other.current && !other.offline)
            })
        })
        .await;
    }

    /// Ends a server at once, as a power cut does.
    pub(super) async fn kill(&mut self, number: usize) {
        let mut process = self.servers[number].process.take().unwrap();
        process.kill().await.unwrap();
    }

    /// Starts it again, on the same files.
    pub(super) fn up(&mut self, number: usize) {
        let server = &mut self.servers[number];
        assert!(server.process.is_none());
        server.process = Some(run(self.folder.path(), number));
    }
}

fn config_of(folder: &std::path::Path, number: usize) -> std::path::PathBuf {
    folder.join(format!("n{number}.conf"))
}

fn run(folder: &std::path::Path, number: usize) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join(format!("n{number}.log")))
        .unwrap();
    Command::new(required("WAYMARK_TEST_NATS"))
        .arg("-c")
        .arg(config_of(folder, number))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn connect(servers: &[Server]) -> async_nats::Client {
    let addresses: Vec<async_nats::ServerAddr> = servers
        .iter()
        .map(|server| format!("nats://127.0.0.1:{}", server.port).parse().unwrap())
        .collect();
    let client = std::sync::Mutex::new(None);
    eventually("NATS is up", || async {
        let connected = async_nats::connect(&addresses[..]).await.ok();
        let is_up = connected.is_some();
        *client.lock().unwrap() = connected;
        is_up
    })
    .await;
    client.into_inner().unwrap().unwrap()
}
