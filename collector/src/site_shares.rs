//! Making and taking back share links, whoever does it: the API and the command line ask here.

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock;
use crate::credentials::{self, CredentialError};
use crate::store::audit::By;
use crate::store::shares::{Share, Shows, Standing};
use crate::store::{Store, StoreError};

/// What the token of every link begins with, so that one that leaked is known for what it is.
pub(crate) const PREFIX: &str = "wms_";
/// How long a link is good for, in days: if nobody says, and at most.
pub(crate) const DAYS: u32 = 30;
pub(crate) const MOST_DAYS: u32 = 366;

/// Links of one site that are good for something.
const MOST: usize = 100;
const NAME_CHARS: usize = 100;
/// Characters of the token that stay readable: the prefix and six more.
const HINT_CHARS: usize = 10;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A link that somebody wants.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShare {
    /// 1 to 100 characters.
    pub(crate) name: String,
    /// What its holder is shown.
    #[serde(default)]
    pub(crate) shows: Shows,
    /// For how many days it is good.
    #[serde(default = "usual")]
    #[schema(minimum = 1, maximum = 366, default = 30)]
    pub(crate) days: u32,
}

fn usual() -> u32 {
    DAYS
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShareError {
    #[error("{field}: {message}")]
    Unfit {
        field: &'static str,
        message: String,
    },
    #[error(transparent)]
    Credential(#[from] CredentialError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps a new link. Gives it with its token, which is not to be had again.
///
/// # Errors
/// [`ShareError`]; nothing was kept then.
pub(crate) async fn add(
    store: &Store,
    site_id: i64,
    new: &NewShare,
    actor: &str,
) -> Result<(Share, String), ShareError> {
    let unfit = |field, message: String| ShareError::Unfit { field, message };
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS || name.contains(char::is_control) {
        let message = format!("The name has to have 1 to {NAME_CHARS} characters.");
        return Err(unfit("name", message));
    }
    if !(1..=MOST_DAYS).contains(&new.days) {
        let message = format!("A link is good for 1 to {MOST_DAYS} days.");
        return Err(unfit("days", message));
    }
    let now = clock::now();
    let there = store.share_links(site_id).await?;
    let good = there
        .iter()
        .filter(|share| share.standing(now) == Standing::Good);
    if good.count() >= MOST {
        let message = format!("A site has at most {MOST} links. Take some back.");
        return Err(unfit("site", message));
    }
    let token = credentials::token(PREFIX)?;
    let share = Share {
        id: Uuid::now_v7(),
        site_id,
        name: name.to_owned(),
        shows: new.shows,
        hint: token.secret.chars().take(HINT_CHARS).collect(),
        created_at: now,
        created_by: actor.to_owned(),
        expires_at: now + i64::from(new.days) * DAY_MS,
        revoked_at: None,
        last_used_at: None,
    };
    store.add_share(&share, &token.digest).await?;
    Ok((share, token.secret))
}

/// Takes a link back. Says whether there was one that had not been.
///
/// # Errors
/// [`StoreError`]; nothing was changed then.
pub(crate) async fn revoke(
    store: &Store,
    site_id: i64,
    id: Uuid,
    actor: &str,
) -> Result<bool, StoreError> {
    let now = clock::now();
    match store.share(site_id, id).await? {
        Some(share) => store.revoke_share(&share, By { actor, now }).await,
        None => Ok(false),
    }
}

/// The page that a link leads to. What follows # stays in the browser, so no server's log has it.
pub(crate) fn page(base: &str, token: &str) -> String {
    format!("{}/share#{token}", base.trim_end_matches('/'))
}
