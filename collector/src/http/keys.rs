//! `/api/v1/keys`: API keys and server keys, for signed-in people only.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::input::{Id, Json};
use super::openapi::failures;
use crate::app::App;
use crate::clock;
use crate::credentials::{self, CredentialError};
use crate::error::{ApiError, Code};
use crate::store::keys::{ApiKey, KeyKind, NewKey};
use crate::store::{Store, StoreError};

/// What every key of a kind begins with, so that one that leaked is known for what it is.
pub(crate) const fn prefix(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Api => "wmk_",
        KeyKind::Server => "wsk_",
    }
}

/// Makes and keeps a key; gives it with its secret, which is not to be had again.
pub(crate) async fn make(
    store: &Store,
    kind: KeyKind,
    name: &str,
    site: Option<i64>,
) -> Result<(ApiKey, String), KeyError> {
    let token = credentials::token(prefix(kind))?;
    let new = NewKey {
        name,
        kind,
        site,
        digest: &token.digest,
        hint: &token.secret[..HINT_CHARS],
    };
    let key = store.add_api_key(&new, clock::now()).await?;
    Ok((key, token.secret))
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

/// `GET /api/v1/keys`
#[utoipa::path(get, path = "/api/v1/keys", tag = "keys", security(("cookie" = [])), responses((status = 200, body = Keys), failures::Asking))]
pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Result<Answer<Keys>, ApiError> {
    caller.person()?;
    let data = app.store().api_keys().await?;
    Ok(Answer(Keys { data }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    name: String,
    site: Option<i64>,
    #[serde(default = "api")]
    kind: KeyKind,
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
    caller.person()?;
    let name = wanted.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.contains(char::is_control) {
        return Err(ApiError::new(
            Code::InvalidField,
            "The name has to have 1 to 100 characters.",
        )
        .field("name"));
    }
    if let Some(site) = wanted.site
        && !caller.sites(&app).await?.iter().any(|s| s.id == site)
    {
        return Err(ApiError::new(Code::InvalidField, "There is no such site.").field("site"));
    }
    if wanted.kind == KeyKind::Server && wanted.site.is_none() {
        return Err(ApiError::new(
            Code::InvalidField,
            "A server key sends for one site: say which.",
        )
        .field("site"));
    }
    let (key, secret) = make(app.store(), wanted.kind, name, wanted.site).await?;
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
    caller.person()?;
    if app.store().revoke_api_key(id).await? {
        tracing::info!(key = id, "key revoked");
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}
