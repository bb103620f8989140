//! The collector's settings: where they come from and what they are when nobody says.
//!
//! Owns the names, the defaults and the order flag > environment > file > default. Refuses to read any global:
//! arguments and environment are handed in, so that a test decides both. Nothing here acts on a setting; the
//! finished [`Config`] goes to [`crate::run`].

mod bounds;
mod mail;
mod network;
mod queue;
mod settings;
mod variables;

use std::collections::HashMap;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use serde::Deserialize;
use url::Url;
use waymark_protocol::limits;

pub use self::mail::Mail;
pub(crate) use self::mail::Security;
pub use self::network::Network;
pub use self::queue::Queue;
use self::settings::{Arguments, Settings};
use crate::commands::Command;
use crate::destinations::address::Guard;
use crate::enrich::address::KeptAddress;
use crate::exporting::Plan;

/// The environment, as a map from a variable's name to its value.
pub type Environment = HashMap<String, String>;

/// A day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Settings after all sources have been merged: complete and valid.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen: `--listen`, `WAYMARK_LISTEN`, 127.0.0.1:8700.
    pub listen: SocketAddr,
    /// Where metrics are served, apart from everything else: `--metrics-listen`, `WAYMARK_METRICS_LISTEN`, nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Where people and pages reach the collector: `--public-url`, `WAYMARK_PUBLIC_URL`, `http://` and `listen`.
    pub public_url: Option<Url>,
    /// The database: `--database-url`, `WAYMARK_DATABASE_URL`, `sqlite:` and `waymark.db` in the data folder.
    pub database_url: String,
    /// Proxies that are believed about who asked them: `--trusted-proxies`, `WAYMARK_TRUSTED_PROXIES`, none.
    pub trusted_proxies: Vec<Network>,
    /// The database of places: `--geo-database`, `WAYMARK_GEO_DATABASE`, `geo.mmdb` in the data folder.
    pub geo_database: PathBuf,
    /// Whether somebody named that file, so that it should be there.
    pub geo_demanded: bool,
    /// How much of a visitor's address is kept: `--ip`, `WAYMARK_IP`, none.
    pub ip: KeptAddress,
    /// Path of the SDK's script, without the leading slash: `--script-name`, `WAYMARK_SCRIPT_NAME`, `waymark.js`.
    pub script_name: String,
    /// What stands between collectors and writers: `--queue` (`WAYMARK_QUEUE`, nothing), `--queue-stream`, `--queue-replicas`.
    pub queue: Option<Queue>,
    /// Items that may wait for their commit: `--queue-items`, `WAYMARK_QUEUE_ITEMS`, 50 000.
    pub queue_items: usize,
    /// Bytes that may wait for their commit: `--queue-bytes`, `WAYMARK_QUEUE_BYTES`, 128 MiB.
    pub queue_bytes: usize,
    /// Time that those may be expected to take: `--queue-wait-ms`, `WAYMARK_QUEUE_WAIT_MS`, 250 ms; 0 for no limit.
    pub queue_wait: Option<Duration>,
    /// Bytes of memory for the copies of sites' rows ([`crate::columns`]): `--columns-memory`, `WAYMARK_COLUMNS_MEMORY`, 2 GiB.
    pub columns_memory: usize,
    /// Items of one transaction at most: `--commit-items`, `WAYMARK_COMMIT_ITEMS`, 2 000.
    pub commit_items: usize,
    /// Bytes of a request's body, after decompression: `--body-limit`, `WAYMARK_BODY_LIMIT`, 1 MiB.
    pub body_limit: usize,
    /// Dropped items of each site that the inbox holds: `--rejected-items`, `WAYMARK_REJECTED_ITEMS`, 1 000.
    pub rejected_items: usize,
    /// How long it holds them: `--rejected-days`, `WAYMARK_REJECTED_DAYS`, 30 days.
    pub rejected_age: Duration,
    /// Time between two rounds that remove what is too old: `--retention-hours`, `WAYMARK_RETENTION_HOURS`, 24 hours.
    pub retention_every: Duration,
    /// What is written to which folder, and when: `--export-folder` (`WAYMARK_EXPORT_FOLDER`, nowhere), `--export-what`, `--export-format`,
    /// `--export-grace-hours`, `--export-late-days`, `--export-again-hours`, and their variables.
    pub export: Option<Plan>,
    /// Bytes of a file that is imported by the API: `--import-limit`, `WAYMARK_IMPORT_LIMIT`, 1 GiB.
    pub import_limit: u64,
    /// Where such files are while they are needed: `--import-folder`, `WAYMARK_IMPORT_FOLDER`; else the data
    /// folder where it is named, else that of the SQLite file, else the system's for what is temporary.
    pub import_folder: Option<PathBuf>,
    /// Connections at a time: `--max-connections`, `WAYMARK_MAX_CONNECTIONS`, 4 096.
    pub max_connections: usize,
    /// Time for a request's head to arrive: `--head-timeout`, `WAYMARK_HEAD_TIMEOUT`, 10 s.
    pub head_timeout: Duration,
    /// Time for a request's body to arrive, and for some of an answer to be taken: `--body-timeout`, `WAYMARK_BODY_TIMEOUT`, 30 s.
    pub body_timeout: Duration,
    /// Time for which a connection may wait for its next request: `--idle-timeout`, `WAYMARK_IDLE_TIMEOUT`, 75 s.
    pub idle_timeout: Duration,
    /// Requests a second from one client, 0 for no limit: `--client-rate`, `WAYMARK_CLIENT_RATE`, 200.
    pub client_rate: u32,
    /// Requests a second with one write key, 0 for no limit: `--key-rate`, `WAYMARK_KEY_RATE`, 5 000.
    pub key_rate: u32,
    /// Commits that a live reader may fall behind before some are left out for it: `--live-buffer`,
    /// `WAYMARK_LIVE_BUFFER`, 256.
    pub live_buffer: usize,
    /// Time to finish what has begun after a signal to stop: `--shutdown-grace`, `WAYMARK_SHUTDOWN_GRACE`, 20 s.
    pub shutdown_grace: Duration,
    /// Networks beside the public internet that destinations may be in: `--destination-networks`,
    /// `WAYMARK_DESTINATION_NETWORKS`, none.
    pub destination_networks: Vec<Network>,
    /// Certificates that destinations may show beside those that browsers trust: `--destination-ca`,
    /// `WAYMARK_DESTINATION_CA`, none.
    pub destination_ca: Option<PathBuf>,
    /// Time for one request to a destination: `--destination-timeout`, `WAYMARK_DESTINATION_TIMEOUT`, 10 s.
    pub destination_timeout: Duration,
    /// Pause after the first attempt, doubled after each: `--destination-backoff-ms`, `WAYMARK_DESTINATION_BACKOFF_MS`, 5 s.
    pub destination_backoff: Duration,
    /// Attempts of one delivery: `--destination-attempts`, `WAYMARK_DESTINATION_ATTEMPTS`, 15.
    pub destination_attempts: u32,
    /// The server that takes mail, and who it is from: `--smtp-url` (`WAYMARK_SMTP_URL`, none) and `--mail-from`
    /// (`WAYMARK_MAIL_FROM`).
    pub mail: Option<Mail>,
    /// How long after its end a window is looked at for alerts: `--alert-delay`, `WAYMARK_ALERT_DELAY`, 300 s.
    pub alert_delay: Duration,
    /// Shape of the log lines: `--log-format`, `WAYMARK_LOG_FORMAT`, text.
    pub log_format: LogFormat,
    /// What is logged, as a filter: `--log-level`, `WAYMARK_LOG_LEVEL`, info.
    pub log_level: String,
}

impl Config {
    /// The defaults, with this database.
    pub fn for_database(database_url: impl Into<String>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8700)),
            metrics_listen: None,
            public_url: None,
            database_url: database_url.into(),
            script_name: "waymark.js".into(),
            trusted_proxies: Vec::new(),
            geo_database: "geo.mmdb".into(),
            geo_demanded: false,
            ip: KeptAddress::None,
            queue: None,
            queue_items: 50_000,
            queue_bytes: 128 * 1024 * 1024,
            queue_wait: Some(Duration::from_millis(250)),
            columns_memory: 2 * 1024 * 1024 * 1024,
            commit_items: 2_000,
            body_limit: limits::BODY_BYTES,
            rejected_items: 1_000,
            rejected_age: DAY * 30,
            retention_every: DAY,
            export: None,
            import_limit: 1024 * 1024 * 1024,
            import_folder: None,
            max_connections: 4096,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            // Longer than proxies keep theirs, so that they close first and never send into a closed one.
            idle_timeout: Duration::from_secs(75),
            client_rate: 200,
            key_rate: 5_000,
            live_buffer: 256,
            shutdown_grace: Duration::from_secs(20),
            destination_networks: Vec::new(),
            destination_ca: None,
            destination_timeout: Duration::from_secs(10),
            destination_backoff: Duration::from_secs(5),
            destination_attempts: 15,
            mail: None,
            alert_delay: Duration::from_secs(300),
            log_format: LogFormat::Text,
            log_level: "info".into(),
        }
    }

    /// The public URL without a trailing slash; `address` is where the collector listens in truth, which tells
    /// the port when `listen` asked for any.
    pub fn public_base(&self, address: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            // Listening on every address is not an address to go to.
            None if address.ip().is_unspecified() => {
                format!("http://{}:{}", Ipv4Addr::LOCALHOST, address.port())
            }
            None => format!("http://{address}"),
        }
    }

    /// Where pages load the SDK's script from; `None` without a public URL.
    pub fn script_url(&self) -> Option<String> {
        let public = self.public_url.as_ref()?;
        public.join(&self.script_name).ok().map(String::from)
    }

    /// Where destinations may be.
    pub(crate) fn destination_guard(&self) -> Guard {
        Guard::new(self.destination_networks.clone())
    }

    /// Whether browsers reach the collector by https, so that cookies may be kept to it.
    pub fn is_https(&self) -> bool {
        self.public_url
            .as_ref()
            .is_some_and(|url| url.scheme() == "https")
    }
}

/// Shape of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object in each line, for machines.
    Json,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The arguments are wrong, or help or the version was asked for: the text to show, and the exit code.
    #[error("{text}")]
    Arguments {
        /// What to show.
        text: String,
        /// 0 for help and version, which belong on the standard output, else 2.
        code: i32,
    },
    /// An environment variable's value is wrong.
    #[error("environment variable {name}: {message}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The file cannot be read or understood.
    #[error("configuration file {}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong; names the key, where it is one.
        message: String,
    },
    /// A value is well formed, and of no use.
    #[error("{setting}: {message}")]
    Value {
        /// The setting's name as in the file.
        setting: &'static str,
        /// What is wrong.
        message: String,
    },
}

/// Reads the arguments (the program's name first), the environment and the file they name.
///
/// # Errors
/// [`ConfigError`] names the flag, variable or key at fault. It is also the way in which `--help` and `--version`
/// end, with code 0.
pub fn load(
    args: impl IntoIterator<Item = OsString>,
    environment: &Environment,
) -> Result<(Config, Command), ConfigError> {
    let arguments = Arguments::try_parse_from(args).map_err(|e| ConfigError::Arguments {
        text: e.render().to_string(),
        code: e.exit_code(),
    })?;
    let from_environment = variables::read_environment(environment)?;
    let file = arguments
        .config
        .or_else(|| environment.get("WAYMARK_CONFIG").map(PathBuf::from));
    let from_file = match &file {
        Some(path) => settings::read_file(path)?,
        None => Settings::default(),
    };
    let merged = arguments.settings.or(from_environment).or(from_file);
    Ok((
        merged.finish()?,
        arguments.command.unwrap_or(Command::Serve),
    ))
}

#[cfg(test)]
mod tests {
    use super::variables::VARIABLES;
    use super::*;

    fn args(line: &str) -> Vec<OsString> {
        std::iter::once("collector")
            .chain(line.split_whitespace())
            .map(OsString::from)
            .collect()
    }

    fn env(pairs: &[(&str, &str)]) -> Environment {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    fn file(text: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("waymark.toml");
        std::fs::write(&path, text).unwrap();
        let path = path.display().to_string();
        (folder, path)
    }

    #[test]
    fn defaults_are_as_documented() {
        let (config, command) = load(args(""), &env(&[])).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8700");
        assert_eq!(config.database_url, "sqlite:./waymark.db");
        assert_eq!(config.script_name, "waymark.js");
        assert_eq!(config.geo_database, std::path::Path::new("./geo.mmdb"));
        assert_eq!(config.ip, KeptAddress::None);
        assert!(config.trusted_proxies.is_empty() && !config.geo_demanded);
        assert!(!config.is_https());
        assert_eq!(config.metrics_listen, None);
        assert_eq!(
            (config.rejected_items, config.rejected_age),
            (1000, DAY * 30)
        );
        assert!(matches!(command, Command::Serve));
    }

    #[test]
    fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
        let (_folder, path) = file("body_limit = 1\nqueue_items = 2000\ncommit_items = 3\n");
        let (config, _) = load(
            args(&format!("--config {path} --body-limit 100")),
            &env(&[
                ("WAYMARK_BODY_LIMIT", "50"),
                ("WAYMARK_QUEUE_ITEMS", "6000"),
            ]),
        )
        .unwrap();
        assert_eq!(
            (config.body_limit, config.queue_items, config.commit_items),
            (100, 6000, 3)
        );
    }

    #[test]
    fn metrics_and_the_inbox_are_configured_from_anywhere() {
        let (_folder, path) = file("metrics_listen = \"127.0.0.1:9100\"\nrejected_days = 7\n");
        let (config, _) = load(
            args(&format!("--config {path} --rejected-items 0")),
            &env(&[("WAYMARK_METRICS_LISTEN", "127.0.0.1:9200")]),
        )
        .unwrap();
        assert_eq!(config.metrics_listen, "127.0.0.1:9200".parse().ok());
        assert_eq!((config.rejected_items, config.rejected_age), (0, DAY * 7));
    }

    #[test]
    fn limits_of_connections_and_rates_are_read_from_everywhere() {
        let (_folder, path) = file("client_rate = 7\nkey_rate = 8\nidle_timeout = 9\n");
        let (config, _) = load(
            args(&format!(
                "--config {path} --max-connections 100 --head-timeout 3"
            )),
            &env(&[("WAYMARK_BODY_TIMEOUT", "4"), ("WAYMARK_KEY_RATE", "0")]),
        )
        .unwrap();
        assert_eq!(
            (config.client_rate, config.key_rate, config.max_connections),
            (7, 0, 100)
        );
        assert_eq!(
            (
                config.head_timeout,
                config.body_timeout,
                config.idle_timeout
            ),
            (
                Duration::from_secs(3),
                Duration::from_secs(4),
                Duration::from_secs(9)
            )
        );
    }

    #[test]
    fn settings_may_follow_the_command() {
        let (config, command) = load(
            args("sites list --database-url sqlite:/tmp/x.db"),
            &env(&[]),
        )
        .unwrap();
        assert_eq!(config.database_url, "sqlite:/tmp/x.db");
        assert!(matches!(command, Command::Sites(_)));
    }

    #[test]
    fn every_variable_is_read_by_its_flag_and_told_in_the_help() {
        use clap::CommandFactory;
        let help = Arguments::command().render_long_help().to_string();
        // Long lines are wrapped.
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for (name, flag) in VARIABLES {
            assert!(help.contains(&format!("[env: {name}]")), "{name}");
            assert!(help.contains(flag), "{flag}");
        }
        let settings = Arguments::command()
            .get_arguments()
            .filter(|a| !["help", "version", "config"].contains(&a.get_id().as_str()))
            .count();
        assert_eq!(settings, VARIABLES.len());
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let (_folder, path) = file("lisen = \"127.0.0.1:1\"\n");
        for (line, variables, part) in [
            (format!("--config {path}"), vec![], "lisen"),
            (
                String::new(),
                vec![("WAYMARK_LISTEN", "nowhere")],
                "WAYMARK_LISTEN",
            ),
            ("--queue-items 499".into(), vec![], "queue_items"),
            ("--rejected-days 0".into(), vec![], "rejected_days"),
            ("--retention-hours 0".into(), vec![], "retention_hours"),
            ("--metrics-listen 9100".into(), vec![], "--metrics-listen"),
            ("--max-connections 7".into(), vec![], "max_connections"),
            ("--head-timeout 0".into(), vec![], "head_timeout"),
            ("--client-rate x".into(), vec![], "--client-rate"),
            ("--script-name ../x.js".into(), vec![], "script_name"),
            ("--script-name api/x.js".into(), vec![], "script_name"),
            (
                "--public-url https://a.example/sub".into(),
                vec![],
                "public_url",
            ),
            ("--database-url mysql://x".into(), vec![], "database_url"),
            ("--queue a,b".into(), vec![], "queue"),
            ("--log-level a=b=c".into(), vec![], "log_level"),
            ("--ip some".into(), vec![], "--ip"),
            (
                String::new(),
                vec![("WAYMARK_TRUSTED_PROXIES", "10.0.0.0/8,proxy")],
                "WAYMARK_TRUSTED_PROXIES",
            ),
            ("--bogus".into(), vec![], "--bogus"),
        ] {
            let error = load(args(&line), &env(&variables)).unwrap_err().to_string();
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    #[test]
    fn what_is_told_of_visitors_addresses_is_read_from_every_source() {
        let (_folder, path) = file(
            "trusted_proxies = [\"10.0.0.0/8\", \"::1\"]\nip = \"truncate\"\ngeo_database = \"a.mmdb\"\n",
        );
        let (from_file, _) = load(args(&format!("--config {path}")), &env(&[])).unwrap();
        let (from_environment, _) = load(
            args(""),
            &env(&[
                ("WAYMARK_TRUSTED_PROXIES", "10.0.0.0/8,::1"),
                ("WAYMARK_IP", "truncate"),
                ("WAYMARK_GEO_DATABASE", "a.mmdb"),
            ]),
        )
        .unwrap();
        let line = "--trusted-proxies 10.0.0.0/8,::1 --ip truncate --geo-database a.mmdb";
        let (from_flags, _) = load(args(line), &env(&[])).unwrap();
        for config in [from_file, from_environment, from_flags] {
            let proxies: Vec<String> = config
                .trusted_proxies
                .iter()
                .map(Network::to_string)
                .collect();
            assert_eq!(proxies, ["10.0.0.0/8", "::1/128"]);
            assert_eq!(config.ip, KeptAddress::Truncate);
            assert_eq!(config.geo_database, std::path::Path::new("a.mmdb"));
            assert!(config.geo_demanded);
        }
    }

    #[test]
    fn a_bad_database_url_is_not_repeated() {
        let error = load(args("--database-url mysql://u:hunter2@x"), &env(&[]))
            .unwrap_err()
            .to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn help_ends_with_code_zero() {
        let Err(ConfigError::Arguments { text, code }) = load(args("--help"), &env(&[])) else {
            panic!("help has to end the program");
        };
        assert_eq!(code, 0);
        assert!(text.contains("Examples:"));
    }
}
