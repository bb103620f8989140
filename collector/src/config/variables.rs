//! The variables of the environment: their names, and how their values are read.

use clap::Parser;

use super::settings::{Arguments, Settings};
use super::{ConfigError, Environment};

/// Every variable and the flag that reads its value.
pub(super) const VARIABLES: [(&str, &str); 47] = [
    ("WAYMARK_LISTEN", "--listen"),
    ("WAYMARK_METRICS_LISTEN", "--metrics-listen"),
    ("WAYMARK_PUBLIC_URL", "--public-url"),
    ("WAYMARK_SCRIPT_NAME", "--script-name"),
    ("WAYMARK_TRUSTED_PROXIES", "--trusted-proxies"),
    ("WAYMARK_GEO_DATABASE", "--geo-database"),
    ("WAYMARK_IP", "--ip"),
    ("WAYMARK_SHUTDOWN_GRACE", "--shutdown-grace"),
    ("WAYMARK_DATABASE_URL", "--database-url"),
    ("WAYMARK_DATA_DIR", "--data-dir"),
    ("WAYMARK_BODY_LIMIT", "--body-limit"),
    ("WAYMARK_QUEUE_ITEMS", "--queue-items"),
    ("WAYMARK_QUEUE_BYTES", "--queue-bytes"),
    ("WAYMARK_QUEUE_WAIT_MS", "--queue-wait-ms"),
    ("WAYMARK_QUEUE", "--queue"),
    ("WAYMARK_QUEUE_STREAM", "--queue-stream"),
    ("WAYMARK_QUEUE_REPLICAS", "--queue-replicas"),
    ("WAYMARK_COLUMNS_MEMORY", "--columns-memory"),
    ("WAYMARK_COMMIT_ITEMS", "--commit-items"),
    ("WAYMARK_REJECTED_ITEMS", "--rejected-items"),
    ("WAYMARK_REJECTED_DAYS", "--rejected-days"),
    ("WAYMARK_RETENTION_HOURS", "--retention-hours"),
    ("WAYMARK_EXPORT_FOLDER", "--export-folder"),
    ("WAYMARK_EXPORT_WHAT", "--export-what"),
    ("WAYMARK_EXPORT_FORMAT", "--export-format"),
    ("WAYMARK_EXPORT_GRACE_HOURS", "--export-grace-hours"),
    ("WAYMARK_EXPORT_LATE_DAYS", "--export-late-days"),
    ("WAYMARK_EXPORT_AGAIN_HOURS", "--export-again-hours"),
    ("WAYMARK_IMPORT_LIMIT", "--import-limit"),
    ("WAYMARK_IMPORT_FOLDER", "--import-folder"),
    ("WAYMARK_MAX_CONNECTIONS", "--max-connections"),
    ("WAYMARK_HEAD_TIMEOUT", "--head-timeout"),
    ("WAYMARK_BODY_TIMEOUT", "--body-timeout"),
    ("WAYMARK_IDLE_TIMEOUT", "--idle-timeout"),
    ("WAYMARK_CLIENT_RATE", "--client-rate"),
    ("WAYMARK_KEY_RATE", "--key-rate"),
    ("WAYMARK_LIVE_BUFFER", "--live-buffer"),
    ("WAYMARK_DESTINATION_NETWORKS", "--destination-networks"),
    ("WAYMARK_DESTINATION_CA", "--destination-ca"),
    ("WAYMARK_DESTINATION_TIMEOUT", "--destination-timeout"),
    ("WAYMARK_DESTINATION_BACKOFF_MS", "--destination-backoff-ms"),
    ("WAYMARK_DESTINATION_ATTEMPTS", "--destination-attempts"),
    ("WAYMARK_SMTP_URL", "--smtp-url"),
    ("WAYMARK_MAIL_FROM", "--mail-from"),
    ("WAYMARK_ALERT_DELAY", "--alert-delay"),
    ("WAYMARK_LOG_FORMAT", "--log-format"),
    ("WAYMARK_LOG_LEVEL", "--log-level"),
];

/// Each variable goes through the parser of its flag, so that both take the same values.
pub(super) fn read_environment(environment: &Environment) -> Result<Settings, ConfigError> {
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
