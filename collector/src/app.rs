//! What every request shares, built once.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use url::Url;

use crate::alerts::sending::Sender;
use crate::alerts::watch::Watch;
use crate::columns::keep::Keeper;
use crate::config::Config;
use crate::credentials::Passwords;
use crate::destinations::courier::Courier;
use crate::enrich::address::KeptAddress;
use crate::expiring::Expirer;
use crate::exporting::Exporter;
use crate::geo::GeoFile;
use crate::http::assets::Assets;
use crate::http::body::Budget;
use crate::http::client_address::TrustedProxies;
use crate::http::directory::Directory;
use crate::http::metrics::Requests;
use crate::http::questions::Questions;
use crate::http::rate::RateLimit;
use crate::http::throttle::Throttle;
use crate::importing::desk::Desk;
use crate::ingest::{Ingest, IngestOptions};
use crate::judging::Judge;
use crate::live::Feed;
use crate::predicting::Predictor;
use crate::restating::Restater;
use crate::scale::Publisher;
use crate::store::Store;

/// 65 536 clients, in 1 MiB.
const CLIENT_ROWS: usize = 8192;
/// 2 048 sites.
const KEY_ROWS: usize = 256;

/// A handle to the shared state; clones are cheap.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

struct Shared {
    body_limit: usize,
    body_timeout: Duration,
    bodies: Budget,
    client_rate: RateLimit,
    key_rate: RateLimit,
    public_url: Option<Url>,
    script_url: Option<String>,
    proxies: TrustedProxies,
    geo: Arc<GeoFile>,
    kept_address: KeptAddress,
    is_https: bool,
    store: Store,
    ingest: Ingest,
    publisher: Option<Publisher>,
    restater: Arc<Restater>,
    expirer: Arc<Expirer>,
    exporter: Arc<Exporter>,
    judge: Arc<Judge>,
    columns: Keeper,
    questions: Questions,
    predictor: Arc<Predictor>,
    courier: Arc<Courier>,
    imports: Arc<Desk>,
    watch: Arc<Watch>,
    live: Feed,
    directory: Directory,
    requests: Requests,
    assets: Assets,
    passwords: Passwords,
    throttle: Throttle,
    stopping: CancellationToken,
}

impl App {
    /// Builds the state and starts the writers. Has to be called within a tokio runtime.
    pub(crate) fn new(
        config: &Config,
        store: Store,
        geo: Arc<GeoFile>,
        courier: Courier,
        sender: Sender,
        publisher: Option<Publisher>,
    ) -> Self {
        let live = Feed::new(config.live_buffer);
        let options = IngestOptions {
            queue_items: config.queue_items,
            queue_bytes: config.queue_bytes,
            queue_wait: config.queue_wait,
            commit_items: config.commit_items,
            rejected_items: config.rejected_items,
            rejected_age: config.rejected_age,
            ..IngestOptions::default()
        };
        let ingest = Ingest::start_with(store.clone(), options, live.clone(), publisher.clone());
        let columns = Keeper::new(store.clone(), config.columns_memory);
        Self(Arc::new(Shared {
            body_limit: config.body_limit,
            body_timeout: config.body_timeout,
            bodies: Budget::new(config.queue_bytes),
            client_rate: RateLimit::new(config.client_rate, CLIENT_ROWS),
            key_rate: RateLimit::new(config.key_rate, KEY_ROWS),
            public_url: config.public_url.clone(),
            script_url: config.script_url(),
            proxies: TrustedProxies::new(config.trusted_proxies.clone()),
            geo,
            kept_address: config.ip,
            is_https: config.is_https(),
            directory: Directory::new(store.clone(), Arc::clone(ingest.catalogues())),
            ingest,
            publisher,
            courier: Arc::new(courier),
            imports: Desk::new(store.clone(), config),
            restater: Restater::new(store.clone(), live.clone()),
            expirer: Expirer::new(store.clone(), config.retention_every),
            exporter: Exporter::new(store.clone(), config),
            judge: Judge::new(store.clone()),
            watch: Watch::new(
                store.clone(),
                columns.clone(),
                config.alert_delay,
                Arc::new(sender),
            ),
            columns,
            questions: Questions::default(),
            predictor: Arc::default(),
            live,
            requests: Requests::default(),
            assets: Assets::embedded(&config.script_name),
            passwords: Passwords::default(),
            throttle: Throttle::default(),
            stopping: CancellationToken::new(),
            store,
        }))
    }

    pub(crate) fn body_limit(&self) -> usize {
        self.0.body_limit
    }

    /// How long a body may take to arrive.
    pub(crate) fn body_timeout(&self) -> Duration {
        self.0.body_timeout
    }

    /// What all bodies together may take of the memory.
    pub(crate) fn bodies(&self) -> &Budget {
        &self.0.bodies
    }

    pub(crate) fn client_rate(&self) -> &RateLimit {
        &self.0.client_rate
    }

    pub(crate) fn key_rate(&self) -> &RateLimit {
        &self.0.key_rate
    }

    pub(crate) fn public_url(&self) -> Option<&Url> {
        self.0.public_url.as_ref()
    }

    /// Where pages load the SDK's script from, as far as the configuration tells.
    pub(crate) fn script_url(&self) -> Option<&str> {
        self.0.script_url.as_deref()
    }

    /// Who is believed about where a request comes from.
    pub(crate) fn proxies(&self) -> &TrustedProxies {
        &self.0.proxies
    }

    pub(crate) fn geo(&self) -> &Arc<GeoFile> {
        &self.0.geo
    }

    /// How much of an address may be kept.
    pub(crate) fn kept_address(&self) -> KeptAddress {
        self.0.kept_address
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.is_https
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn ingest(&self) -> &Ingest {
        &self.0.ingest
    }

    /// Where items go instead of the database, if they do.
    pub(crate) fn publisher(&self) -> Option<&Publisher> {
        self.0.publisher.as_ref()
    }

    /// Who takes in files of history.
    pub(crate) fn imports(&self) -> &Arc<Desk> {
        &self.0.imports
    }

    /// Who searches the past when stages change.
    pub(crate) fn restater(&self) -> &Arc<Restater> {
        &self.0.restater
    }

    /// Who removes what is too old.
    pub(crate) fn expirer(&self) -> &Arc<Expirer> {
        &self.0.expirer
    }

    /// Who writes days to a folder.
    pub(crate) fn exporter(&self) -> &Arc<Exporter> {
        &self.0.exporter
    }

    /// Who judges whom commits touch.
    pub(crate) fn judge(&self) -> &Arc<Judge> {
        &self.0.judge
    }

    /// The columns of sites, for questions about everybody.
    pub(crate) fn columns(&self) -> &Keeper {
        &self.0.columns
    }

    /// Who works out answers to such questions.
    pub(crate) fn questions(&self) -> &Questions {
        &self.0.questions
    }

    /// Who learns the chances of the next stage.
    pub(crate) fn predictor(&self) -> &Arc<Predictor> {
        &self.0.predictor
    }

    /// Who sends on what destinations are to get.
    pub(crate) fn courier(&self) -> &Arc<Courier> {
        &self.0.courier
    }

    /// Who looks at alerts.
    pub(crate) fn watch(&self) -> &Arc<Watch> {
        &self.0.watch
    }

    pub(crate) fn live(&self) -> &Feed {
        &self.0.live
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.0.directory
    }

    pub(crate) fn requests(&self) -> &Requests {
        &self.0.requests
    }

    pub(crate) fn assets(&self) -> &Assets {
        &self.0.assets
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    /// Cancelled when the collector begins to end.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }
}
