//! The settings as they are written: one struct that the flags, the variables and the file all fill.
//!
//! Refuses a key or value it does not know, by name. [`Settings::finish`] adds the defaults and checks the values.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use serde::Deserialize;
use url::Url;
use waymark_protocol::limits;

use super::bounds::{at_least, at_least_one, check_public_url, check_script_name, seconds};
use super::{Config, ConfigError, DAY, LogFormat, Mail, Network, Queue};
use crate::commands::Command;
use crate::enrich::address::KeptAddress;
use crate::export::{Format, What};
use crate::exporting::Plan;

const EXAMPLES: &str = "\
Examples:
  collector
      Start on SQLite (waymark.db in this folder) at http://127.0.0.1:8700 and print a set-up link.
  collector --listen 0.0.0.0:8700 --public-url https://stats.example.com --database-url postgres://waymark@db/waymark
      Start on PostgreSQL behind a proxy that ends TLS.
  collector sites add --name Shop --origin https://shop.example --origin 'https://*.shop.example'
      Make a site and print its script tag. Works while the collector runs.
  collector geo update --from GeoLite2-City.mmdb
      Tell country, region and city of visitors. Works while the collector runs; behind a proxy it needs --trusted-proxies.
  collector users add ann@example.com
      Let one more person sign in, by a link that is good once.
  collector check
      Look at everything that a start needs, and change nothing.
  collector backup waymark.jsonl.gz
      Everything in one file, while the collector runs; `collector restore` fills an empty SQLite or PostgreSQL from it.
  collector migrate-to postgres://waymark@db/waymark
      Everything from SQLite to PostgreSQL, while the collector runs; run again, it goes on where it was.
  collector db partition --dry-run
      What keeping items by month would come to, on PostgreSQL; without --dry-run it is done (docs/partitions.md).
  collector users setup-link
      A new link to choose the owner's e-mail address and password, good once.

Every setting is a flag, a variable and a key of the TOML file: --body-limit, WAYMARK_BODY_LIMIT, body_limit.
A flag wins over a variable, a variable over the file.";

/// First-party journey analytics: takes events from your pages, stores each one exactly once, shows every journey.
#[derive(Debug, Parser)]
#[command(name = "collector", version, after_help = EXAMPLES, max_term_width = 110)]
pub(super) struct Arguments {
    /// TOML file with settings [env: WAYMARK_CONFIG]
    #[arg(long, value_name = "FILE", global = true, help_heading = "Settings")]
    pub(super) config: Option<PathBuf>,
    #[command(flatten)]
    pub(super) settings: Settings,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// One source's settings: what it does not say is `None`.
#[derive(Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Address and port to listen on [env: WAYMARK_LISTEN] [default: 127.0.0.1:8700]
    #[arg(long, value_name = "ADDRESS", global = true, help_heading = "Serving")]
    listen: Option<SocketAddr>,
    /// Address and port for Prometheus, which nobody else should reach [env: WAYMARK_METRICS_LISTEN] [default: none]
    #[arg(long, value_name = "ADDRESS", global = true, help_heading = "Serving")]
    metrics_listen: Option<SocketAddr>,
    /// Where browsers reach the collector; https makes the sign-in cookie Secure [env: WAYMARK_PUBLIC_URL] [default: http://<listen>]
    #[arg(long, value_name = "URL", global = true, help_heading = "Serving")]
    public_url: Option<Url>,
    /// Path under which the SDK's script is served [env: WAYMARK_SCRIPT_NAME] [default: waymark.js]
    #[arg(long, value_name = "PATH", global = true, help_heading = "Serving")]
    script_name: Option<String>,
    /// Proxies whose X-Forwarded-For and Forwarded are believed: addresses or networks with commas between [env: WAYMARK_TRUSTED_PROXIES] [default: none]
    #[arg(
        long,
        value_name = "NETWORKS",
        value_delimiter = ',',
        global = true,
        help_heading = "Visitors"
    )]
    trusted_proxies: Option<Vec<Network>>,
    /// Database (.mmdb) that tells country, region and city; `collector geo` knows more [env: WAYMARK_GEO_DATABASE] [default: geo.mmdb in the data folder, if it is there]
    #[arg(long, value_name = "FILE", global = true, help_heading = "Visitors")]
    geo_database: Option<PathBuf>,
    /// How much of a visitor's address is kept: truncate keeps /24 of IPv4 and /48 of IPv6 [env: WAYMARK_IP] [default: none]
    #[arg(long, value_name = "HOW", global = true, help_heading = "Visitors")]
    ip: Option<KeptAddress>,
    /// Seconds to finish what has begun after a signal to stop [env: WAYMARK_SHUTDOWN_GRACE] [default: 20]
    #[arg(long, value_name = "SECONDS", global = true, help_heading = "Serving")]
    shutdown_grace: Option<u64>,
    /// sqlite:<path> or postgres://… [env: WAYMARK_DATABASE_URL] [default: sqlite:waymark.db in the data folder]
    #[arg(long, value_name = "URL", global = true, help_heading = "Storage")]
    database_url: Option<String>,
    /// Folder of the SQLite file and of geo.mmdb, made if missing [env: WAYMARK_DATA_DIR] [default: .]
    #[arg(long, value_name = "FOLDER", global = true, help_heading = "Storage")]
    data_dir: Option<PathBuf>,
    /// Servers of NATS, for many collectors and writers (docs/queue.md): nats://a,b,c. With a password it is secret: give it by the variable or the file [env: WAYMARK_QUEUE] [default: none, and collectors write]
    #[arg(long, value_name = "URL", global = true, help_heading = "Storage")]
    queue: Option<String>,
    /// Name of the stream there [env: WAYMARK_QUEUE_STREAM] [default: waymark]
    #[arg(long, value_name = "NAME", global = true, help_heading = "Storage")]
    queue_stream: Option<String>,
    /// Servers that have a copy of each message [env: WAYMARK_QUEUE_REPLICAS] [default: as many as are named, up to 3]
    #[arg(long, value_name = "COPIES", global = true, help_heading = "Storage")]
    queue_replicas: Option<usize>,
    /// Bytes of one request's body after decompression [env: WAYMARK_BODY_LIMIT] [default: 1048576]
    #[arg(long, value_name = "BYTES", global = true, help_heading = "Limits")]
    body_limit: Option<usize>,
    /// Items that may wait for their commit; more are answered 503 [env: WAYMARK_QUEUE_ITEMS] [default: 50000]
    #[arg(long, value_name = "ITEMS", global = true, help_heading = "Limits")]
    queue_items: Option<usize>,
    /// Bytes that may wait for their commit; more are answered 503 [env: WAYMARK_QUEUE_BYTES] [default: 134217728]
    #[arg(long, value_name = "BYTES", global = true, help_heading = "Limits")]
    queue_bytes: Option<usize>,
    /// Milliseconds that those may be expected to take; once it lasts, more are answered 503; 0 for no limit
    /// [env: WAYMARK_QUEUE_WAIT_MS] [default: 250]
    #[arg(long, value_name = "MS", global = true, help_heading = "Limits")]
    queue_wait_ms: Option<u32>,
    /// Bytes of memory for the copy of sites' rows that questions about everybody are answered from
    /// [env: WAYMARK_COLUMNS_MEMORY] [default: 2147483648]
    #[arg(long, value_name = "BYTES", global = true, help_heading = "Limits")]
    columns_memory: Option<usize>,
    /// Items of one transaction at most [env: WAYMARK_COMMIT_ITEMS] [default: 2000]
    #[arg(long, value_name = "ITEMS", global = true, help_heading = "Limits")]
    commit_items: Option<usize>,
    /// Dropped items that each site's inbox holds, 0 for none [env: WAYMARK_REJECTED_ITEMS] [default: 1000]
    #[arg(long, value_name = "ITEMS", global = true, help_heading = "Limits")]
    rejected_items: Option<usize>,
    /// Days for which the inbox holds a dropped item [env: WAYMARK_REJECTED_DAYS] [default: 30]
    #[arg(long, value_name = "DAYS", global = true, help_heading = "Limits")]
    rejected_days: Option<u32>,
    /// Hours between two rounds that remove what is older than a site keeps [env: WAYMARK_RETENTION_HOURS] [default: 24]
    #[arg(long, value_name = "HOURS", global = true, help_heading = "Limits")]
    retention_hours: Option<u32>,
    /// Folder into which each site's days are written once they are over (docs/export.md) [env: WAYMARK_EXPORT_FOLDER] [default: none]
    #[arg(long, value_name = "FOLDER", global = true, help_heading = "Exports")]
    export_folder: Option<PathBuf>,
    /// What is written, with commas between [env: WAYMARK_EXPORT_WHAT] [default: events,sessions,journeys]
    #[arg(
        long,
        value_name = "WHAT",
        value_delimiter = ',',
        global = true,
        help_heading = "Exports"
    )]
    export_what: Option<Vec<What>>,
    /// How [env: WAYMARK_EXPORT_FORMAT] [default: parquet]
    #[arg(long, value_name = "FORMAT", global = true, help_heading = "Exports")]
    export_format: Option<Format>,
    /// Hours after its end in the site's time zone before a day is written [env: WAYMARK_EXPORT_GRACE_HOURS] [default: 6]
    #[arg(long, value_name = "HOURS", global = true, help_heading = "Exports")]
    export_grace_hours: Option<u32>,
    /// Days for which a day that was written is looked at again, and written again if something came late; 0 for never [env: WAYMARK_EXPORT_LATE_DAYS] [default: 7]
    #[arg(long, value_name = "DAYS", global = true, help_heading = "Exports")]
    export_late_days: Option<u32>,
    /// Hours between two looks at a day that was written [env: WAYMARK_EXPORT_AGAIN_HOURS] [default: 24]
    #[arg(long, value_name = "HOURS", global = true, help_heading = "Exports")]
    export_again_hours: Option<u32>,
    /// Bytes of a file that is imported by the API (docs/import.md) [env: WAYMARK_IMPORT_LIMIT] [default: 1073741824]
    #[arg(long, value_name = "BYTES", global = true, help_heading = "Limits")]
    import_limit: Option<u64>,
    /// Folder in which such a file is while it is needed [env: WAYMARK_IMPORT_FOLDER] [default: the data folder where it is named, else that of the SQLite file, else the system's for what is temporary]
    #[arg(long, value_name = "FOLDER", global = true, help_heading = "Storage")]
    import_folder: Option<PathBuf>,
    /// Connections at a time; when there are more, those that only wait make room [env: WAYMARK_MAX_CONNECTIONS] [default: 4096]
    #[arg(
        long,
        value_name = "CONNECTIONS",
        global = true,
        help_heading = "Limits"
    )]
    max_connections: Option<usize>,
    /// Seconds in which a request's head has to arrive [env: WAYMARK_HEAD_TIMEOUT] [default: 10]
    #[arg(long, value_name = "SECONDS", global = true, help_heading = "Limits")]
    head_timeout: Option<u32>,
    /// Seconds in which a request's body has to arrive, and in which a client has to take some of its answer [env: WAYMARK_BODY_TIMEOUT] [default: 30]
    #[arg(long, value_name = "SECONDS", global = true, help_heading = "Limits")]
    body_timeout: Option<u32>,
    /// Seconds a connection may wait for its next request; longer than your proxy keeps it [env: WAYMARK_IDLE_TIMEOUT] [default: 75]
    #[arg(long, value_name = "SECONDS", global = true, help_heading = "Limits")]
    idle_timeout: Option<u32>,
    /// Requests a second from one client (an IPv4 address or an IPv6 /64), ten seconds' worth at once; 0 for no limit [env: WAYMARK_CLIENT_RATE] [default: 200]
    #[arg(long, value_name = "REQUESTS", global = true, help_heading = "Limits")]
    client_rate: Option<u32>,
    /// Requests a second with one write key, ten seconds' worth at once; 0 for no limit [env: WAYMARK_KEY_RATE] [default: 5000]
    #[arg(long, value_name = "REQUESTS", global = true, help_heading = "Limits")]
    key_rate: Option<u32>,
    /// Commits a live reader may fall behind before it has to reload [env: WAYMARK_LIVE_BUFFER] [default: 256]
    #[arg(long, value_name = "COMMITS", global = true, help_heading = "Limits")]
    live_buffer: Option<usize>,
    /// Networks beside the public internet that destinations may be in, by http too: addresses or networks with commas between [env: WAYMARK_DESTINATION_NETWORKS] [default: none]
    #[arg(
        long,
        value_name = "NETWORKS",
        value_delimiter = ',',
        global = true,
        help_heading = "Destinations"
    )]
    destination_networks: Option<Vec<Network>>,
    /// PEM file of certificates that destinations may show beside those that browsers trust [env: WAYMARK_DESTINATION_CA] [default: none]
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        help_heading = "Destinations"
    )]
    destination_ca: Option<PathBuf>,
    /// Seconds that one request to a destination may take [env: WAYMARK_DESTINATION_TIMEOUT] [default: 10]
    #[arg(
        long,
        value_name = "SECONDS",
        global = true,
        help_heading = "Destinations"
    )]
    destination_timeout: Option<u32>,
    /// Milliseconds after the first attempt; doubled after each [env: WAYMARK_DESTINATION_BACKOFF_MS] [default: 5000]
    #[arg(long, value_name = "MS", global = true, help_heading = "Destinations")]
    destination_backoff_ms: Option<u32>,
    /// Attempts of one delivery, over about a day by default [env: WAYMARK_DESTINATION_ATTEMPTS] [default: 15]
    #[arg(
        long,
        value_name = "ATTEMPTS",
        global = true,
        help_heading = "Destinations"
    )]
    destination_attempts: Option<u32>,
    /// Server that takes mail of alerts: smtps://user:password@host, or smtp: for STARTTLS. It is secret: give it by the variable or the file [env: WAYMARK_SMTP_URL] [default: none, and no mail]
    #[arg(long, value_name = "URL", global = true, help_heading = "Alerts")]
    smtp_url: Option<String>,
    /// Who such mail is from, as in "Waymark <waymark@example.com>" [env: WAYMARK_MAIL_FROM]
    #[arg(long, value_name = "ADDRESS", global = true, help_heading = "Alerts")]
    mail_from: Option<String>,
    /// Seconds after its end before a window is looked at, for what comes late [env: WAYMARK_ALERT_DELAY] [default: 300]
    #[arg(long, value_name = "SECONDS", global = true, help_heading = "Alerts")]
    alert_delay: Option<u32>,
    /// Shape of the log lines [env: WAYMARK_LOG_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", global = true, help_heading = "Log")]
    log_format: Option<LogFormat>,
    /// error, warn, info, debug, trace, or a filter such as info,sqlx=debug [env: WAYMARK_LOG_LEVEL] [default: info]
    #[arg(long, value_name = "FILTER", global = true, help_heading = "Log")]
    log_level: Option<String>,
}

pub(super) fn read_file(path: &Path) -> Result<Settings, ConfigError> {
    let failed = |message: String| ConfigError::File {
        path: path.to_owned(),
        message,
    };
    let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    toml::from_str(&text).map_err(|e| failed(e.to_string()))
}

impl Settings {
    /// What `self` says, and what `other` says where `self` is silent.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            metrics_listen: self.metrics_listen.or(other.metrics_listen),
            public_url: self.public_url.or(other.public_url),
            script_name: self.script_name.or(other.script_name),
            trusted_proxies: self.trusted_proxies.or(other.trusted_proxies),
            geo_database: self.geo_database.or(other.geo_database),
            ip: self.ip.or(other.ip),
            shutdown_grace: self.shutdown_grace.or(other.shutdown_grace),
            database_url: self.database_url.or(other.database_url),
            data_dir: self.data_dir.or(other.data_dir),
            body_limit: self.body_limit.or(other.body_limit),
            queue: self.queue.or(other.queue),
            queue_stream: self.queue_stream.or(other.queue_stream),
            queue_replicas: self.queue_replicas.or(other.queue_replicas),
            queue_items: self.queue_items.or(other.queue_items),
            queue_bytes: self.queue_bytes.or(other.queue_bytes),
            queue_wait_ms: self.queue_wait_ms.or(other.queue_wait_ms),
            columns_memory: self.columns_memory.or(other.columns_memory),
            commit_items: self.commit_items.or(other.commit_items),
            rejected_items: self.rejected_items.or(other.rejected_items),
            rejected_days: self.rejected_days.or(other.rejected_days),
            retention_hours: self.retention_hours.or(other.retention_hours),
            export_folder: self.export_folder.or(other.export_folder),
            export_what: self.export_what.or(other.export_what),
            export_format: self.export_format.or(other.export_format),
            export_grace_hours: self.export_grace_hours.or(other.export_grace_hours),
            export_late_days: self.export_late_days.or(other.export_late_days),
            export_again_hours: self.export_again_hours.or(other.export_again_hours),
            import_limit: self.import_limit.or(other.import_limit),
            import_folder: self.import_folder.or(other.import_folder),
            max_connections: self.max_connections.or(other.max_connections),
            head_timeout: self.head_timeout.or(other.head_timeout),
            body_timeout: self.body_timeout.or(other.body_timeout),
            idle_timeout: self.idle_timeout.or(other.idle_timeout),
            client_rate: self.client_rate.or(other.client_rate),
            key_rate: self.key_rate.or(other.key_rate),
            live_buffer: self.live_buffer.or(other.live_buffer),
            destination_networks: self.destination_networks.or(other.destination_networks),
            destination_ca: self.destination_ca.or(other.destination_ca),
            destination_timeout: self.destination_timeout.or(other.destination_timeout),
            destination_backoff_ms: self.destination_backoff_ms.or(other.destination_backoff_ms),
            destination_attempts: self.destination_attempts.or(other.destination_attempts),
            smtp_url: self.smtp_url.or(other.smtp_url),
            mail_from: self.mail_from.or(other.mail_from),
            alert_delay: self.alert_delay.or(other.alert_delay),
            log_format: self.log_format.or(other.log_format),
            log_level: self.log_level.or(other.log_level),
        }
    }

    /// What is written to a folder, if there is one.
    fn export_plan(&self) -> Result<Option<Plan>, ConfigError> {
        let Some(folder) = self.export_folder.clone() else {
            return Ok(None);
        };
        let usual = Plan::of(folder);
        let hours = |hours: u32| DAY / 24 * hours;
        let again = match self.export_again_hours {
            Some(0) => return Err(at_least_one("export_again_hours")),
            again => again.map_or(usual.again, hours),
        };
        Ok(Some(Plan {
            what: self.export_what.clone().unwrap_or(usual.what),
            format: self.export_format.unwrap_or(usual.format),
            grace: self.export_grace_hours.map_or(usual.grace, hours),
            late_days: self.export_late_days.unwrap_or(usual.late_days),
            again,
            folder: usual.folder,
        }))
    }

    pub(super) fn finish(self) -> Result<Config, ConfigError> {
        let export = self.export_plan()?;
        let data_dir = self.data_dir;
        let folder = data_dir.clone().unwrap_or_else(|| PathBuf::from("."));
        let geo_demanded = self.geo_database.is_some();
        let geo_database = self.geo_database.unwrap_or_else(|| folder.join("geo.mmdb"));
        let database_url = match self.database_url {
            Some(url) => {
                // The value may hold a password: the message does not repeat it.
                if !["sqlite:", "postgres://", "postgresql://"]
                    .iter()
                    .any(|scheme| url.starts_with(scheme))
                {
                    return Err(ConfigError::Value {
                        setting: "database_url",
                        message: "has to begin with sqlite: or postgres://".into(),
                    });
                }
                url
            }
            None => format!("sqlite:{}", folder.join("waymark.db").display()),
        };
        let defaults = Config::for_database(database_url);
        let log_level = self.log_level.unwrap_or(defaults.log_level);
        tracing_subscriber::EnvFilter::try_new(&log_level).map_err(|e| ConfigError::Value {
            setting: "log_level",
            message: e.to_string(),
        })?;
        Ok(Config {
            listen: self.listen.unwrap_or(defaults.listen),
            metrics_listen: self.metrics_listen,
            public_url: self.public_url.map(check_public_url).transpose()?,
            database_url: defaults.database_url,
            script_name: match self.script_name {
                Some(name) => check_script_name(&name)?,
                None => defaults.script_name,
            },
            trusted_proxies: self.trusted_proxies.unwrap_or_default(),
            geo_database,
            geo_demanded,
            ip: self.ip.unwrap_or_default(),
            queue: Queue::read(
                self.queue.as_deref(),
                self.queue_stream.as_deref(),
                self.queue_replicas,
            )?,
            // A queue without room for one full batch would never be ready.
            queue_items: at_least(
                limits::BATCH_ITEMS,
                "queue_items",
                self.queue_items,
                defaults.queue_items,
            )?,
            columns_memory: at_least(
                16 * 1024 * 1024,
                "columns_memory",
                self.columns_memory,
                defaults.columns_memory,
            )?,
            queue_bytes: at_least(
                limits::BODY_BYTES,
                "queue_bytes",
                self.queue_bytes,
                defaults.queue_bytes,
            )?,
            queue_wait: match self.queue_wait_ms {
                Some(0) => None,
                Some(ms) => Some(Duration::from_millis(ms.into())),
                None => defaults.queue_wait,
            },
            commit_items: at_least(1, "commit_items", self.commit_items, defaults.commit_items)?,
            body_limit: at_least(1, "body_limit", self.body_limit, defaults.body_limit)?,
            rejected_items: self.rejected_items.unwrap_or(defaults.rejected_items),
            rejected_age: match self.rejected_days {
                Some(0) => {
                    return Err(ConfigError::Value {
                        setting: "rejected_days",
                        message: "has to be at least 1; rejected_items = 0 turns the inbox off"
                            .into(),
                    });
                }
                Some(days) => DAY * days,
                None => defaults.rejected_age,
            },
            retention_every: match self.retention_hours {
                Some(0) => {
                    return Err(ConfigError::Value {
                        setting: "retention_hours",
                        message: "has to be at least 1; `collector privacy retention --forever` keeps everything".into(),
                    });
                }
                Some(hours) => DAY * hours / 24,
                None => defaults.retention_every,
            },
            export,
            import_limit: match self.import_limit {
                Some(0) => return Err(at_least_one("import_limit")),
                limit => limit.unwrap_or(defaults.import_limit),
            },
            import_folder: self.import_folder.or(data_dir),
            max_connections: at_least(
                LEAST_CONNECTIONS,
                "max_connections",
                self.max_connections,
                defaults.max_connections,
            )?,
            head_timeout: seconds("head_timeout", self.head_timeout, defaults.head_timeout)?,
            body_timeout: seconds("body_timeout", self.body_timeout, defaults.body_timeout)?,
            idle_timeout: seconds("idle_timeout", self.idle_timeout, defaults.idle_timeout)?,
            client_rate: self.client_rate.unwrap_or(defaults.client_rate),
            key_rate: self.key_rate.unwrap_or(defaults.key_rate),
            live_buffer: at_least(1, "live_buffer", self.live_buffer, defaults.live_buffer)?,
            shutdown_grace: self
                .shutdown_grace
                .map_or(defaults.shutdown_grace, Duration::from_secs),
            destination_networks: self.destination_networks.unwrap_or_default(),
            destination_ca: self.destination_ca,
            destination_timeout: seconds(
                "destination_timeout",
                self.destination_timeout,
                defaults.destination_timeout,
            )?,
            destination_backoff: match self.destination_backoff_ms {
                Some(0) => return Err(at_least_one("destination_backoff_ms")),
                Some(ms) => Duration::from_millis(ms.into()),
                None => defaults.destination_backoff,
            },
            destination_attempts: match self.destination_attempts {
                Some(0) => return Err(at_least_one("destination_attempts")),
                Some(attempts) => attempts,
                None => defaults.destination_attempts,
            },
            mail: Mail::read(self.smtp_url.as_deref(), self.mail_from.as_deref())?,
            alert_delay: self.alert_delay.map_or(defaults.alert_delay, |seconds| {
                Duration::from_secs(seconds.into())
            }),
            log_format: self.log_format.unwrap_or(defaults.log_format),
            log_level,
        })
    }
}

/// A browser opens six to one host.
const LEAST_CONNECTIONS: usize = 8;
