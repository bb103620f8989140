//! Setting up and changing a site's destinations, whoever does it: the API and the command line ask here.
//!
//! A secret that signs is made here, and given back once; one of Google's is taken and never shown.

use serde::Deserialize;
use url::{Host, Url};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock;
use crate::destinations::address::Guard;
use crate::destinations::ga4;
use crate::destinations::signature::Secret;
use crate::destinations::wants::{Kind, Unfit, Wants};
use crate::store::audit::By;
use crate::store::destinations::Destination;
use crate::store::{Store, StoreError};

/// Destinations of one site.
const MOST: usize = 20;
const NAME_CHARS: usize = 100;
const URL_CHARS: usize = 2048;
/// How often a change is tried when others come in between.
const TRIES: u32 = 5;

/// A destination that somebody wants.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDestination {
    /// `webhook` or `ga4`.
    pub(crate) kind: Kind,
    /// 1 to 100 characters.
    pub(crate) name: String,
    /// Where a webhook goes; of `ga4` the server, if it is another than Google's usual one.
    pub(crate) url: Option<String>,
    /// The measurement id of `ga4`, `G-…`.
    pub(crate) measurement_id: Option<String>,
    /// The API secret of `ga4`. It is never shown again.
    pub(crate) api_secret: Option<String>,
    #[serde(default)]
    pub(crate) wants: Wants,
}

/// What is to be another than it is; what is not named stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedDestination {
    pub(crate) name: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) measurement_id: Option<String>,
    pub(crate) wants: Option<Wants>,
    /// Whether it gets nothing until further notice.
    pub(crate) paused: Option<bool>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DestinationError {
    #[error("{}: {}", .0.field, .0.message)]
    Unfit(Unfit),
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Unfit> for DestinationError {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

/// Keeps a new destination. Gives its secret too, where one was made.
///
/// # Errors
/// [`DestinationError`]; nothing was kept then.
pub(crate) async fn add(
    store: &Store,
    site_id: i64,
    new: NewDestination,
    guard: &Guard,
    actor: &str,
) -> Result<(Destination, Option<Secret>), DestinationError> {
    if store.destinations(Some(site_id)).await?.len() >= MOST {
        let message = format!("A site has at most {MOST} destinations.");
        return Err(Unfit::new("site", message).into());
    }
    let kind = new.kind;
    check_wants(&new.wants, kind)?;
    let (secret, measurement_id) = match kind {
        Kind::Webhook => {
            only_ga4("measurement_id", new.measurement_id.as_deref())?;
            only_ga4("api_secret", new.api_secret.as_deref())?;
            (Secret::signing().map_err(DestinationError::Random)?, None)
        }
        Kind::Ga4 => {
            let id = new.measurement_id.as_deref().unwrap_or_default();
            let secret = new.api_secret.as_deref().unwrap_or_default();
            (check_secret(secret)?, Some(check_measurement_id(id)?))
        }
    };
    let url = match (kind, new.url.as_deref()) {
        (Kind::Webhook, None) => return Err(Unfit::new("url", "A webhook needs a URL.").into()),
        (Kind::Ga4, None) => ga4::SERVER.to_owned(),
        (_, Some(url)) => check_url(kind, url, guard)?,
    };
    let now = clock::now();
    let destination = Destination {
        site_id,
        id: Uuid::now_v7(),
        kind,
        name: check_name(&new.name)?,
        url,
        measurement_id,
        wants: new.wants,
        paused: None,
        hold_until: 0,
        let_go: 0,
        created_at: now,
        changed_at: now,
    };
    store.add_destination(&destination, &secret, actor).await?;
    Ok((destination, (kind == Kind::Webhook).then_some(secret)))
}

/// Changes a destination. Nothing where there is none.
///
/// # Errors
/// [`DestinationError`]; nothing was changed then.
pub(crate) async fn change(
    store: &Store,
    site_id: i64,
    id: Uuid,
    changed: &ChangedDestination,
    guard: &Guard,
    actor: &str,
) -> Result<Option<Destination>, DestinationError> {
    for _ in 0..TRIES {
        let Some(own) = store.destination(site_id, id).await? else {
            return Ok(None);
        };
        let mut new = own.clone();
        if let Some(name) = &changed.name {
            new.name = check_name(name)?;
        }
        if let Some(url) = &changed.url {
            new.url = check_url(own.kind, url, guard)?;
        }
        if let Some(id) = &changed.measurement_id {
            if own.kind != Kind::Ga4 {
                only_ga4("measurement_id", Some(id))?;
            }
            new.measurement_id = Some(check_measurement_id(id)?);
        }
        if let Some(wants) = &changed.wants {
            check_wants(wants, own.kind)?;
            new.wants = wants.clone();
        }
        let action = match changed.paused {
            Some(true) => {
                new.paused = Some("owner".to_owned());
                "destinations.pause"
            }
            Some(false) => {
                new.paused = None;
                "destinations.resume"
            }
            None => "destinations.change",
        };
        if new == own {
            return Ok(Some(own));
        }
        let by = By {
            actor,
            now: clock::now(),
        };
        if store.change_destination(&new, action, by).await? {
            return Ok(store.destination(site_id, id).await?);
        }
    }
    Err(StoreError::Conflict("the destination is being changed by others".to_owned()).into())
}

/// Gives a destination another secret: makes one that signs, or takes `api_secret` of Google's. Gives the one that was made.
///
/// # Errors
/// [`DestinationError`]; nothing was changed then.
pub(crate) async fn renew_secret(
    store: &Store,
    own: &Destination,
    api_secret: Option<&str>,
    actor: &str,
) -> Result<Option<Secret>, DestinationError> {
    let secret = match own.kind {
        Kind::Webhook => {
            only_ga4("api_secret", api_secret)?;
            Secret::signing().map_err(DestinationError::Random)?
        }
        Kind::Ga4 => check_secret(api_secret.unwrap_or_default())?,
    };
    let by = By {
        actor,
        now: clock::now(),
    };
    store.change_destination_secret(own, &secret, by).await?;
    Ok((own.kind == Kind::Webhook).then_some(secret))
}

fn check_wants(wants: &Wants, kind: Kind) -> Result<(), Unfit> {
    let unfit = wants.check(kind);
    unfit.map_err(|unfit| Unfit::new(format!("wants.{}", unfit.field), unfit.message))
}

fn only_ga4(field: &str, value: Option<&str>) -> Result<(), Unfit> {
    match value {
        Some(_) => Err(Unfit::new(field, "Only ga4 has one.")),
        None => Ok(()),
    }
}

fn check_name(name: &str) -> Result<String, Unfit> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS || name.contains(char::is_control) {
        return Err(Unfit::new(
            "name",
            "The name has to have 1 to 100 characters.",
        ));
    }
    Ok(name.to_owned())
}

fn check_secret(secret: &str) -> Result<Secret, Unfit> {
    let secret = secret.trim();
    if !(1..=200).contains(&secret.len()) || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Unfit::new(
            "api_secret",
            "The API secret of Google's has to have 1 to 200 letters, digits and signs.",
        ));
    }
    Ok(Secret::new(secret.to_owned()))
}

fn check_measurement_id(id: &str) -> Result<String, Unfit> {
    let id = id.trim();
    let rest = id.strip_prefix("G-").unwrap_or_default();
    if !(4..=20).contains(&rest.len()) || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Unfit::new(
            "measurement_id",
            "The measurement id has to be one of GA4, such as G-ABC1234567.",
        ));
    }
    Ok(id.to_owned())
}

/// What can be said of an address beforehand. Where its name leads is looked at whenever something is sent.
fn check_url(kind: Kind, text: &str, guard: &Guard) -> Result<String, Unfit> {
    let wrong = |message: &str| Unfit::new("url", message);
    if text.chars().count() > URL_CHARS {
        return Err(wrong("The URL has at most 2048 characters."));
    }
    let url = Url::parse(text.trim())
        .map_err(|_| wrong("The URL has to be one such as https://example.com/path."))?;
    match url.scheme() {
        "https" => {}
        "http" if guard.allows_any() => {}
        "http" => {
            return Err(wrong(
                "The URL has to begin with https; http is for networks that destination_networks allows.",
            ));
        }
        _ => return Err(wrong("The URL has to begin with https.")),
    }
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(address.into()),
        Some(Host::Ipv6(address)) => Some(address.into()),
        Some(Host::Domain(_)) => None,
        None => return Err(wrong("The URL has to name a host.")),
    };
    if address.is_some_and(|address| guard.refuses(address)) {
        return Err(wrong(
            "The URL leads to an address that is not on the public internet, which destination_networks has to allow.",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(wrong(
            "The URL may have no user, no password and no part behind a #.",
        ));
    }
    if kind == Kind::Ga4 && (url.path() != "/" || url.query().is_some()) {
        return Err(wrong("The URL of ga4 has to end after its host."));
    }
    Ok(url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_or_named_as_wrong() {
        let strict = Guard::default();
        let check = |text: &str| check_url(Kind::Webhook, text, &strict).map_err(|e| e.field);
        assert_eq!(
            check(" https://hooks.example/a?b=c ").unwrap(),
            "https://hooks.example/a?b=c"
        );
        for text in [
            "",
            "hooks.example",
            "ftp://hooks.example/",
            "http://hooks.example/",
            "https://user@hooks.example/",
            "https://:pass@hooks.example/",
            "https://hooks.example/#x",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            assert_eq!(check(text), Err("url".to_owned()), "{text}");
        }
        let inside = Guard::new(vec!["127.0.0.0/8".parse().unwrap()]);
        assert!(check_url(Kind::Webhook, "http://127.0.0.1:9/x", &inside).is_ok());
        assert!(check_url(Kind::Webhook, "http://10.0.0.1/x", &inside).is_err());
        assert!(check_url(Kind::Ga4, "https://region1.google-analytics.com", &strict).is_ok());
        assert!(check_url(Kind::Ga4, "https://region1.google-analytics.com/x", &strict).is_err());
    }
}
