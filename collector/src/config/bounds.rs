//! What a value has to be beyond being well formed.

use std::time::Duration;

use url::Url;

use super::ConfigError;

pub(super) fn seconds(
    setting: &'static str,
    value: Option<u32>,
    default: Duration,
) -> Result<Duration, ConfigError> {
    match value {
        Some(0) => Err(at_least_one(setting)),
        Some(seconds) => Ok(Duration::from_secs(seconds.into())),
        None => Ok(default),
    }
}

pub(super) fn at_least_one(setting: &'static str) -> ConfigError {
    ConfigError::Value {
        setting,
        message: "has to be at least 1".into(),
    }
}

pub(super) fn at_least(
    least: usize,
    setting: &'static str,
    value: Option<usize>,
    default: usize,
) -> Result<usize, ConfigError> {
    let value = value.unwrap_or(default);
    if value < least {
        return Err(ConfigError::Value {
            setting,
            message: format!("has to be at least {least}"),
        });
    }
    Ok(value)
}

pub(super) fn check_public_url(url: Url) -> Result<Url, ConfigError> {
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
pub(super) fn check_script_name(name: &str) -> Result<String, ConfigError> {
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
