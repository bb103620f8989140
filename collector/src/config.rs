//! The collector's settings: where they come from and what they are when nobody says.
//!
//! Owns the names, the defaults and the order flag > environment > file > default. Refuses to read any global:
//! arguments and environment are handed in, so that a test decides both. Nothing here acts on a setting; the
//! finished [`Config`] goes to [`crate::run`].

use std::collections::HashMap;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, ValueEnum};
use serde::Deserialize;
use url::Url;

use crate::commands::Command;

/// The environment, as a map from a variable's name to its value.
pub type Environment = HashMap<String, String>;

/// Settings after all sources have been merged: complete and valid.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen: `--listen`, `WAYMARK_LISTEN`, 127.0.0.1:8700.
    pub listen: SocketAddr,
    /// Where people and pages reach the collector: `--public-url`, `WAYMARK_PUBLIC_URL`, `http://` and `listen`.
    pub public_url: Option<Url>,
    /// The database: `--database-url`, `WAYMARK_DATABASE_URL`, `sqlite:` and `waymark.db` in the data folder.
    pub database_url: String,
    /// Path of the SDK's script, without the leading slash: `--script-name`, `WAYMARK_SCRIPT_NAME`, `waymark.js`.
    pub script_name: String,
    /// Items that may wait for their commit: `--queue-items`, `WAYMARK_QUEUE_ITEMS`, 50 000.
    pub queue_items: usize,
    /// Bytes that may wait for their commit: `--queue-bytes`, `WAYMARK_QUEUE_BYTES`, 128 MiB.
    pub queue_bytes: usize,
    /// Items of one transaction at most: `--commit-items`, `WAYMARK_COMMIT_ITEMS`, 2 000.
    pub commit_items: usize,
    /// Bytes of a request's body, after decompression: `--body-limit`, `WAYMARK_BODY_LIMIT`, 1 MiB.
    pub body_limit: usize,
    /// Commits that a live reader may fall behind before some are left out for it: `--live-buffer`,
    /// `WAYMARK_LIVE_BUFFER`, 256.
    pub live_buffer: usize,
    /// Time to finish what has begun after a signal to stop: `--shutdown-grace`, `WAYMARK_SHUTDOWN_GRACE`, 20 s.
    pub shutdown_grace: Duration,
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
            public_url: None,
            database_url: database_url.into(),
            script_name: "waymark.js".into(),
            queue_items: 50_000,
            queue_bytes: 128 * 1024 * 1024,
            commit_items: 2_000,
            body_limit: waymark_protocol::limits::BODY_BYTES,
            live_buffer: 256,
            shutdown_grace: Duration::from_secs(20),
            log_format: LogFormat::Text,
            log_level: "info".into(),
        }
    }

    /// The public URL without a trailing slash; `address` is where the collector listens in truth, which tells
    /// the port when `listen` asked for any.
    pub fn public_base(&self, address: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{address}"),
        }
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

const EXAMPLES: &str = "\
Examples:
  collector
      Start on SQLite (waymark.db in this folder) at http://127.0.0.1:8700 and print a set-up link.
  collector --listen 0.0.0.0:8700 --public-url https://stats.example.com --database-url postgres://waymark@db/waymark
      Start on PostgreSQL behind a proxy that ends TLS.
  collector sites add --name Shop --origin https://shop.example --origin 'https://*.shop.example'
      Make a site and print its script tag. Works while the collector runs.
  collector users setup-link
      A new link to choose the owner's e-mail address and password, good once.

Every setting is a flag, a variable and a key of the TOML file: --body-limit, WAYMARK_BODY_LIMIT, body_limit.
A flag wins over a variable, a variable over the file.";

/// First-party journey analytics: takes events from your pages, stores each one exactly once, shows every journey.
#[derive(Debug, Parser)]
#[command(name = "collector", version, after_help = EXAMPLES, max_term_width = 110)]
struct Arguments {
    /// TOML file with settings [env: WAYMARK_CONFIG]
    #[arg(long, value_name = "FILE", global = true, help_heading = "Settings")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

/// One source's settings: what it does not say is `None`.
#[derive(Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Address and port to listen on [env: WAYMARK_LISTEN] [default: 127.0.0.1:8700]
    #[arg(
        long,
        value_name = "ADDRESS",
        global = true,
        help_heading = "Serving"
    )]
    listen: Option<SocketAddr>,
    /// Where browsers reach the collector; https makes the sign-in cookie Secure [env: WAYMARK_PUBLIC_URL] [default: http://<listen>]
    #[arg(long, value_name = "URL", global = true, help_heading = "Serving")]
    public_url: Option<Url>,
    /// Path under which the SDK's script is served [env: WAYMARK_SCRIPT_NAME] [default: waymark.js]
    #[arg(long, value_name = "PATH", global = true, help_heading = "Serving")]
    script_name: Option<String>,
    /// Seconds to finish what has begun after a signal to stop [env: WAYMARK_SHUTDOWN_GRACE] [default: 20]
    #[arg(
        long,
        value_name = "SECONDS",
        global = true,
        help_heading = "Serving"
    )]
    shutdown_grace: Option<u64>,
    /// sqlite:<path> or postgres://… [env: WAYMARK_DATABASE_URL] [default: sqlite:waymark.db in the data folder]
    #[arg(long, value_name = "URL", global = true, help_heading = "Storage")]
    database_url: Option<String>,
    /// Folder of the SQLite file, made if missing [env: WAYMARK_DATA_DIR] [default: .]
    #[arg(long, value_name = "FOLDER", global = true, help_heading = "Storage")]
    data_dir: Option<PathBuf>,
    /// Bytes of one request's body after decompression [env: WAYMARK_BODY_LIMIT] [default: 1048576]
    #[arg(long, value_name = "BYTES", global = true, help_heading = "Limits")]
    body_limit: Option<usize>,
    /// Items that may wait for their commit; more are answered 503 [env: WAYMARK_QUEUE_ITEMS] [default: 50000]
    #[arg(long, value_name = "ITEMS", global = true, help_heading = "Limits")]
    queue_items: Option<usize>,
    /// Bytes that may wait for their commit; more are answered 503 [env: WAYMARK_QUEUE_BYTES] [default: 134217728]
    #[arg(long, value_name = "BYTES", global = true, help_heading = "Limits")]
    queue_bytes: Option<usize>,
    /// Items of one transaction at most [env: WAYMARK_COMMIT_ITEMS] [default: 2000]
    #[arg(long, value_name = "ITEMS", global = true, help_heading = "Limits")]
    commit_items: Option<usize>,
    /// Commits a live reader may fall behind before it has to reload [env: WAYMARK_LIVE_BUFFER] [default: 256]
    #[arg(long, value_name = "COMMITS", global = true, help_heading = "Limits")]
    live_buffer: Option<usize>,
    /// Shape of the log lines [env: WAYMARK_LOG_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", global = true, help_heading = "Log")]
    log_format: Option<LogFormat>,
    /// error, warn, info, debug, trace, or a filter such as info,sqlx=debug [env: WAYMARK_LOG_LEVEL] [default: info]
    #[arg(long, value_name = "FILTER", global = true, help_heading = "Log")]
    log_level: Option<String>,
}

/// Every variable and the flag that reads its value.
const VARIABLES: [(&str, &str); 13] = [
    ("WAYMARK_LISTEN", "--listen"),
    ("WAYMARK_PUBLIC_URL", "--public-url"),
    ("WAYMARK_SCRIPT_NAME", "--script-name"),
    ("WAYMARK_SHUTDOWN_GRACE", "--shutdown-grace"),
    ("WAYMARK_DATABASE_URL", "--database-url"),
    ("WAYMARK_DATA_DIR", "--data-dir"),
    ("WAYMARK_BODY_LIMIT", "--body-limit"),
    ("WAYMARK_QUEUE_ITEMS", "--queue-items"),
    ("WAYMARK_QUEUE_BYTES", "--queue-bytes"),
    ("WAYMARK_COMMIT_ITEMS", "--commit-items"),
    ("WAYMARK_LIVE_BUFFER", "--live-buffer"),
    ("WAYMARK_LOG_FORMAT", "--log-format"),
    ("WAYMARK_LOG_LEVEL", "--log-level"),
];

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
    let from_environment = read_environment(environment)?;
    let file = arguments
        .config
        .or_else(|| environment.get("WAYMARK_CONFIG").map(PathBuf::from));
    let from_file = match &file {
        Some(path) => read_file(path)?,
        None => Settings::default(),
    };
    let settings = arguments.settings.or(from_environment).or(from_file);
    Ok((
        settings.finish()?,
        arguments.command.unwrap_or(Command::Serve),
    ))
}

/// Each variable goes through the parser of its flag, so that both take the same values.
fn read_environment(environment: &Environment) -> Result<Settings, ConfigError> {
    let mut settings = Settings::default();
    for (name, flag) in VARIABLES {
        let Some(value) = environment.get(name) else {
            continue;
        };
        let parsed = Arguments::try_parse_from(["collector".to_owned(), format!("{flag}={value}")])
            .map_err(|e| {
                let text = e.to_string();
                let first = text.lines().next().unwrap_or_default();
                ConfigError::Variable {
                    name,
                    message: first.trim_start_matches("error: ").to_owned(),
                }
            })?;
        settings = settings.or(parsed.settings);
    }
    Ok(settings)
}

fn read_file(path: &Path) -> Result<Settings, ConfigError> {
    let failed = |message: String| ConfigError::File {
        path: path.to_owned(),
        message,
    };
    let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    toml::from_str(&text).map_err(|e| failed(e.to_string()))
}

impl Settings {
    /// What `self` says, and what `other` says where `self` is silent.
    fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            public_url: self.public_url.or(other.public_url),
            script_name: self.script_name.or(other.script_name),
            shutdown_grace: self.shutdown_grace.or(other.shutdown_grace),
            database_url: self.database_url.or(other.database_url),
            data_dir: self.data_dir.or(other.data_dir),
            body_limit: self.body_limit.or(other.body_limit),
            queue_items: self.queue_items.or(other.queue_items),
            queue_bytes: self.queue_bytes.or(other.queue_bytes),
            commit_items: self.commit_items.or(other.commit_items),
            live_buffer: self.live_buffer.or(other.live_buffer),
            log_format: self.log_format.or(other.log_format),
            log_level: self.log_level.or(other.log_level),
        }
    }

    fn finish(self) -> Result<Config, ConfigError> {
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
            None => {
                let folder = self.data_dir.unwrap_or_else(|| PathBuf::from("."));
                format!("sqlite:{}", folder.join("waymark.db").display())
            }
        };
        let defaults = Config::for_database(database_url);
        let log_level = self.log_level.unwrap_or(defaults.log_level);
        tracing_subscriber::EnvFilter::try_new(&log_level).map_err(|e| ConfigError::Value {
            setting: "log_level",
            message: e.to_string(),
        })?;
        Ok(Config {
            listen: self.listen.unwrap_or(defaults.listen),
            public_url: self.public_url.map(check_public_url).transpose()?,
            database_url: defaults.database_url,
            script_name: match self.script_name {
                Some(name) => check_script_name(&name)?,
                None => defaults.script_name,
            },
            queue_items: positive("queue_items", self.queue_items, defaults.queue_items)?,
            queue_bytes: positive("queue_bytes", self.queue_bytes, defaults.queue_bytes)?,
            commit_items: positive("commit_items", self.commit_items, defaults.commit_items)?,
            body_limit: positive("body_limit", self.body_limit, defaults.body_limit)?,
            live_buffer: positive("live_buffer", self.live_buffer, defaults.live_buffer)?,
            shutdown_grace: self
                .shutdown_grace
                .map_or(defaults.shutdown_grace, Duration::from_secs),
            log_format: self.log_format.unwrap_or(defaults.log_format),
            log_level,
        })
    }
}

fn positive(
    setting: &'static str,
    value: Option<usize>,
    default: usize,
) -> Result<usize, ConfigError> {
    match value {
        Some(0) => Err(ConfigError::Value {
            setting,
            message: "has to be at least 1".into(),
        }),
        other => Ok(other.unwrap_or(default)),
    }
}

fn check_public_url(url: Url) -> Result<Url, ConfigError> {
    let wrong = |message: &str| ConfigError::Value {
        setting: "public_url",
        message: message.into(),
    };
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong("has to be an http or https URL with a host"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(
            "has to end after the host and port: the collector lives at the root of its host",
        ));
    }
    Ok(url)
}

/// The script may live anywhere but where the collector itself answers.
fn check_script_name(name: &str) -> Result<String, ConfigError> {
    let wrong = |message: &str| ConfigError::Value {
        setting: "script_name",
        message: message.into(),
    };
    let name = name.trim_start_matches('/');
    let clean = name.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    });
    if !clean {
        return Err(wrong(
            "has to be a path of letters, digits, dots, underscores and hyphens",
        ));
    }
    if !name.ends_with(".js") {
        return Err(wrong("has to end in .js"));
    }
    if name.starts_with("api/") || name.starts_with("v1/") || name.starts_with("assets/") {
        return Err(wrong("api/, v1/ and assets/ are taken"));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
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
        assert!(!config.is_https());
        assert!(matches!(command, Command::Serve));
    }

    #[test]
    fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
        let (_folder, path) = file("body_limit = 1\nqueue_items = 2\ncommit_items = 3\n");
        let (config, _) = load(
            args(&format!("--config {path} --body-limit 100")),
            &env(&[("WAYMARK_BODY_LIMIT", "50"), ("WAYMARK_QUEUE_ITEMS", "60")]),
        )
        .unwrap();
        assert_eq!(
            (config.body_limit, config.queue_items, config.commit_items),
            (100, 60, 3)
        );
    }

    #[test]
    fn settings_may_follow_the_command() {
        let (config, command) =
            load(args("sites list --database-url sqlite:/tmp/x.db"), &env(&[])).unwrap();
        assert_eq!(config.database_url, "sqlite:/tmp/x.db");
        assert!(matches!(command, Command::Sites(_)));
    }

    #[test]
    fn every_variable_is_read_by_its_flag_and_told_in_the_help() {
        use clap::CommandFactory;
        let help = Arguments::command().render_long_help().to_string();
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
            ("--queue-items 0".into(), vec![], "queue_items"),
            ("--script-name ../x.js".into(), vec![], "script_name"),
            ("--script-name api/x.js".into(), vec![], "script_name"),
            ("--public-url https://a.example/sub".into(), vec![], "public_url"),
            ("--database-url mysql://x".into(), vec![], "database_url"),
            ("--log-level a=b=c".into(), vec![], "log_level"),
            ("--bogus".into(), vec![], "--bogus"),
        ] {
            let error = load(args(&line), &env(&variables)).unwrap_err().to_string();
            assert!(error.contains(part), "{line}: {error}");
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
