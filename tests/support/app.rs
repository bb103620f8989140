//! A collector in this process, on a port of its own, with threads and a log of its own.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tracing::dispatcher::DefaultGuard;
use waymark_collector::commands::{self, Command, KeysCommand, SitesCommand};
use waymark_collector::config::Config;
use waymark_collector::run::{Collector, RunError};
use waymark_collector::store::Store;

use super::database::Database;
use super::log::Log;

/// What the tests' own pages are called.
pub(crate) const ORIGIN: &str = "https://shop.example";

/// A running collector with one site, open to every origin, and an API key for every site.
pub(crate) struct TestApp {
    /// Where it is, without a slash at the end.
    pub(crate) base: String,
    /// Sends nothing by itself and keeps no cookie.
    pub(crate) client: Client,
    /// The site's write key.
    pub(crate) key: String,
    /// The API key's secret.
    pub(crate) secret: String,
    pub(crate) setup_link: Option<String>,
    /// Where the metrics are, if the test asked for them.
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) log: Log,
    pub(crate) database: Database,
    config: Config,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), RunError>>>,
}

thread_local! {
    static LOGGING: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

impl TestApp {
    /// Starts with the defaults.
    pub(crate) async fn start(database: Database) -> Self {
        Self::with(database, |_| {}).await
    }

    /// Starts with settings of the test's own.
    pub(crate) async fn with(database: Database, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::for_database(database.url());
        config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        // How fast the machine is, which other tests share, decides nothing: what is too much has a test of its own.
        config.queue_wait = None;
        configure(&mut config);
        let log = Log::default();
        let (stop, stopped) = oneshot::channel::<()>();
        let (opened, started) = oneshot::channel();
        let thread = std::thread::spawn({
            let (config, log) = (config.clone(), log.clone());
            move || serve(&config, &log, opened, stopped)
        });
        let Ok((address, metrics, setup_link)) = started.await else {
            panic!("the collector did not start: {:?}", thread.join());
        };
        let mut app = Self {
            base: format!("http://{address}"),
            client: Client::builder().build().unwrap(),
            key: String::new(),
            secret: String::new(),
            setup_link,
            metrics,
            log,
            database,
            config,
            stop: Some(stop),
            thread: Some(thread),
        };
        // Both by one opening of the database, which every test would wait for twice.
        let store = Store::open(app.database.url()).await.unwrap();
        app.key = written(&app.done(&store, &site("Shop", &[])).await);
        app.secret = shown(&app.done(&store, &key(None)).await);
        store.close().await;
        app
    }

    /// Does a command of the command line on the same database, and gives what it printed.
    pub(crate) async fn command(&self, command: &Command) -> String {
        let store = Store::open(self.database.url()).await.unwrap();
        let printed = self.done(&store, command).await;
        store.close().await;
        printed
    }

    async fn done(&self, store: &Store, command: &Command) -> String {
        let mut printed = Vec::new();
        commands::run(command, &self.config, store, &mut printed)
            .await
            .unwrap();
        String::from_utf8(printed).unwrap()
    }

    /// Does a command that has to fail, and gives its error.
    pub(crate) async fn refused(&self, command: &Command) -> String {
        let store = Store::open(self.database.url()).await.unwrap();
        let mut printed = Vec::new();
        let error = commands::run(command, &self.config, &store, &mut printed)
            .await
            .unwrap_err();
        store.close().await;
        error.to_string()
    }

    /// Makes a site and gives its write key.
    pub(crate) async fn add_site(&self, name: &str, origins: &[&str]) -> String {
        written(&self.command(&site(name, origins)).await)
    }

    /// Makes an API key and gives its secret.
    pub(crate) async fn add_key(&self, site: Option<i64>) -> String {
        shown(&self.command(&key(site)).await)
    }

    /// A request to this collector.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// Sends a batch as a page of [`ORIGIN`] does.
    pub(crate) async fn send(&self, batch: &Value) -> Response {
        self.request(Method::POST, "/v1/events")
            .header("Content-Type", "text/plain;charset=UTF-8")
            .header("Origin", ORIGIN)
            .body(batch.to_string())
            .send()
            .await
            .unwrap()
    }

    /// Sends a batch of which every item has to be accepted.
    pub(crate) async fn accept(&self, batch: &Value) {
        let response = self.send(batch).await;
        assert_eq!(response.status(), 200);
        let answer: Value = response.json().await.unwrap();
        let results = answer["results"].as_array().unwrap();
        assert_eq!(results.len(), batch["items"].as_array().unwrap().len());
        for result in results {
            assert_eq!(result["status"], "accepted", "{answer}");
        }
    }

    /// Waits until everybody has been judged, so that the collector writes nothing by itself for a while. However many they are, as
    /// long as there are ever fewer who are not.
    pub(crate) async fn judged(&self) {
        const UNJUDGED: &str = "
            SELECT COUNT(*) FROM visitors AS v LEFT JOIN judged_visitors AS j
                ON j.site_id = v.site_id AND j.visitor_id = v.visitor_id
            WHERE j.revision IS NULL OR j.revision <> v.revision";
        loop {
            let left = self.database.number(UNJUDGED).await;
            if left == 0 {
                return;
            }
            super::eventually("somebody else is judged", || async {
                self.database.number(UNJUDGED).await < left
            })
            .await;
        }
    }

    /// Asks with the API key for every site.
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.get_with(path, &self.secret).await
    }

    /// Asks with an API key.
    pub(crate) async fn get_with(&self, path: &str, secret: &str) -> Response {
        self.request(Method::GET, path)
            .bearer_auth(secret)
            .send()
            .await
            .unwrap()
    }

    /// Asks with the API key for every site and expects an answer.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        let status = response.status();
        let answer: Value = response.json().await.unwrap();
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Posts JSON without a cookie or key.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path)
            .json(body)
            .send()
            .await
            .unwrap()
    }

    /// Uses the set-up link, and gives the cookie as a browser would send it.
    pub(crate) async fn set_up(&self, email: &str, password: &str) -> String {
        let link = self.setup_link.as_deref().unwrap();
        let token = after(link, "#token=");
        let body = json!({"token": token, "email": email, "password": password});
        let response = self.post("/api/v1/setup", &body).await;
        assert_eq!(response.status(), 204);
        cookie(&response)
    }

    /// Tells the collector to end, as SIGTERM does, without waiting for it.
    pub(crate) fn begin_to_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits for the collector's end, which [`TestApp::begin_to_stop`] began, or begins it.
    pub(crate) async fn stop(&mut self) {
        self.begin_to_stop();
        if let Some(thread) = self.thread.take() {
            let ended = tokio::task::spawn_blocking(move || thread.join());
            ended.await.unwrap().unwrap().unwrap();
        }
    }
}

fn site(name: &str, origins: &[&str]) -> Command {
    Command::Sites(SitesCommand::Add {
        name: name.to_owned(),
        origins: origins.iter().map(|&o| o.to_owned()).collect(),
        key: None,
        time_zone: None,
        workspace: None,
    })
}

fn key(site: Option<i64>) -> Command {
    Command::Keys(KeysCommand::Add {
        name: "tests".to_owned(),
        site,
        workspace: None,
        scopes: Vec::new(),
    })
}

/// The write key of what [`site`] prints.
fn written(printed: &str) -> String {
    after(printed, "Write key: ")
}

/// The secret of what [`key`] prints.
fn shown(printed: &str) -> String {
    after(printed, "Secret, shown this once: ")
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.begin_to_stop();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.unwrap().unwrap();
            }
        }
    }
}

/// The collector's own runtime, every thread of which logs to `log`.
fn serve(
    config: &Config,
    log: &Log,
    opened: oneshot::Sender<(SocketAddr, Option<SocketAddr>, Option<String>)>,
    stopped: oneshot::Receiver<()>,
) -> Result<(), RunError> {
    let dispatch = log.dispatch();
    let _guard = tracing::dispatcher::set_default(&dispatch);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .on_thread_start(move || {
            let guard = tracing::dispatcher::set_default(&dispatch);
            LOGGING.with(|own| *own.borrow_mut() = Some(guard));
        })
        .build()?;
    runtime.block_on(async {
        let collector = Collector::open(config).await?;
        let link = collector.setup_link().map(str::to_owned);
        let _ = opened.send((collector.address(), collector.metrics_address(), link));
        collector
            .serve(async {
                // An error means that the test is gone, which is an end as well.
                let _ = stopped.await;
            })
            .await
    })
}

/// What follows `mark` on its line.
pub(crate) fn after(text: &str, mark: &str) -> String {
    let (_, rest) = text.split_once(mark).unwrap();
    rest.lines().next().unwrap().trim().to_owned()
}

/// The cookie that an answer sets, as a browser sends it back.
pub(crate) fn cookie(response: &Response) -> String {
    let set = response.headers()["set-cookie"].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// The status, the code and the field of an error answer.
pub(crate) async fn error(response: Response) -> (u16, String, Option<String>) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    let error = &body["error"];
    let message = error["message"].as_str().unwrap();
    assert!(!message.is_empty());
    (
        status,
        error["code"].as_str().unwrap().to_owned(),
        error["field"].as_str().map(str::to_owned),
    )
}
