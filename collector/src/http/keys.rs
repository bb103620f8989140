//! `/api/v1/keys`: API keys and server keys, for the owners of a workspace.

use std::collections::BTreeSet;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::input::{Id, Json, Query};
use super::openapi::failures;
use crate::app::App;
use crate::clock;
use crate::credentials::{self, CredentialError};
use crate::error::{ApiError, Code};
use crate::store::audit::By;
use crate::store::keys::{ApiKey, KeyKind, NewKey, Scope};
use crate::store::{Store, StoreError};

/// What every key of a kind begins with, so that one that leaked is known for what it is.
pub(crate) const fn prefix(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Api => "wmk_",
        KeyKind::Server => "wsk_",
    }
}

/// A key to be made.
pub(crate) struct ToMake<'m> {
    pub(crate) kind: KeyKind,
    pub(crate) name: &'m str,
    pub(crate) workspace: i64,
    pub(crate) site: Option<i64>,
    pub(crate) scopes: BTreeSet<Scope>,
}

/// Makes and keeps a key; gives it with its secret, which is not to be had again.
pub(crate) async fn make(
    store: &Store,
    wanted: &ToMake<'_>,
    actor: &str,
) -> Result<(ApiKey, String), KeyError> {
    let token = credentials::token(prefix(wanted.kind))?;
    let new = NewKey {
        name: wanted.name,
        kind: wanted.kind,
        workspace: wanted.workspace,
        site: wanted.site,
        scopes: &wanted.scopes,
        digest: &token.digest,
        hint: &token.secret[..HINT_CHARS],
    };
    let by = By {
        actor,
        now: clock::now(),
    };
    let key = store.add_api_key(&new, by).await?;
    Ok((key, token.secret))
}

/// What a key may do that is to be made: what was asked for, or the usual.
///
/// # Errors
/// The sentence that says why not.
pub(crate) fn scopes(
    kind: KeyKind,
    site: Option<i64>,
    asked: Option<BTreeSet<Scope>>,
) -> Result<BTreeSet<Scope>, &'static str> {
    match (kind, asked) {
        (KeyKind::Server, Some(asked)) if !asked.is_empty() => {
            Err("A server key sends, and has no scopes.")
        }
        (KeyKind::Server, _) => Ok(BTreeSet::new()),
        (KeyKind::Api, None) => Ok(Scope::usual(site)),
        (KeyKind::Api, Some(asked)) if asked.is_empty() => {
            Err("A key without a scope could do nothing: say one at least.")
        }
        (KeyKind::Api, Some(asked)) if site.is_some() && asked.contains(&Scope::Sites) => {
            Err("A key for one site cannot make others: leave the scope sites away.")
        }
        (KeyKind::Api, Some(asked)) => Ok(asked),
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error(transparent)]
    Credential(#[from] CredentialError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Credential(error) => error.into(),
            KeyError::Store(error) => error.into(),
        }
    }
}

/// Characters of the secret that stay readable: the prefix and six more.
const HINT_CHARS: usize = 10;

#[derive(Serialize, ToSchema)]
pub(crate) struct Keys {
    data: Vec<ApiKey>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// The keys of one workspace; without it of every one whose keys the caller manages.
    workspace: Option<i64>,
}

/// `GET /api/v1/keys`
#[utoipa::path(get, path = "/api/v1/keys", tag = "keys", security(("cookie" = [])), params(ListParams), responses((status = 200, body = Keys), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Result<Answer<Keys>, ApiError> {
    let workspaces = match params.workspace {
        Some(id) => vec![caller.workspace(Some(id))?],
        None => caller.open_workspaces(),
    };
    let mut data = app.store().api_keys().await?;
    data.retain(|key| workspaces.contains(&key.workspace));
    Ok(Answer(Keys { data }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    name: String,
    /// Whose it is to be; may be absent where a site is named or the caller manages the keys of one workspace only.
    workspace: Option<i64>,
    site: Option<i64>,
    #[serde(default = "api")]
    kind: KeyKind,
    /// What it may do; without this it reads everything, and makes sites if it is for every one.
    scopes: Option<BTreeSet<Scope>>,
}

fn api() -> KeyKind {
    KeyKind::Api
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Made {
    #[serde(flatten)]
    key: ApiKey,
    secret: String,
}

/// `POST /api/v1/keys`
#[utoipa::path(post, path = "/api/v1/keys", tag = "keys", security(("cookie" = [])), request_body = Wanted, responses((status = 201, body = Made), failures::Changing))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<Wanted>,
) -> Result<(StatusCode, Answer<Made>), ApiError> {
    let wrong = |field: &'static str, message: &'static str| {
        ApiError::new(Code::InvalidField, message).field(field)
    };
    let name = wanted.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.contains(char::is_control) {
        return Err(wrong("name", "The name has to have 1 to 100 characters."));
    }
    let workspace = match wanted.site {
        Some(id) => {
            let no_site = || wrong("site", "There is no such site.");
            let sites = caller.sites(&app).await?;
            let site = sites.into_iter().find(|site| site.id == id);
            let site = site.ok_or_else(no_site)?;
            if wanted.workspace.is_some_and(|id| id != site.workspace) {
                return Err(no_site());
            }
            caller.workspace(Some(site.workspace))?
        }
        None => caller.workspace(wanted.workspace)?,
    };
    if wanted.kind == KeyKind::Server && wanted.site.is_none() {
        return Err(wrong("site", "A server key sends for one site: say which."));
    }
    let scopes = scopes(wanted.kind, wanted.site, wanted.scopes)
        .map_err(|message| wrong("scopes", message))?;
    let to_make = ToMake {
        kind: wanted.kind,
        name,
        workspace,
        site: wanted.site,
        scopes,
    };
    let (key, secret) = make(app.store(), &to_make, &caller.actor()).await?;
    tracing::info!(key = key.id, kind = ?key.kind, "key added");
    Ok((StatusCode::CREATED, Answer(Made { key, secret })))
}

/// `DELETE /api/v1/keys/{id}`
#[utoipa::path(delete, path = "/api/v1/keys/{id}", tag = "keys", security(("cookie" = [])), params(("id" = i64, Path)), responses((status = 204, description = "Revoked"), failures::Changing))]
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
) -> Result<StatusCode, ApiError> {
    let key = app.store().api_key(id).await?;
    let key = key.ok_or_else(ApiError::not_found)?;
    let workspace = caller.workspace(Some(key.workspace))?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    if app.store().revoke_api_key(workspace, id, by).await? {
        tracing::info!(key = id, "key revoked");
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}
