//! `/api/v1/keys`: API keys, for signed-in people only.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::caller::Caller;
use super::input::{Id, Json};
use crate::app::App;
use crate::clock;
use crate::credentials;
use crate::error::{ApiError, Code};
use crate::store::keys::ApiKey;

/// What every API key begins with, so that one that leaked is known for what it is.
pub(crate) const PREFIX: &str = "wmk_";
/// Characters of the secret that stay readable.
pub(crate) const HINT_CHARS: usize = PREFIX.len() + 6;

#[derive(Serialize)]
pub(crate) struct Keys {
    data: Vec<ApiKey>,
}

/// `GET /api/v1/keys`
pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Result<Answer<Keys>, ApiError> {
    caller.person()?;
    let data = app.store().api_keys().await?;
    Ok(Answer(Keys { data }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    name: String,
    site: Option<i64>,
}

#[derive(Serialize)]
pub(crate) struct Made {
    #[serde(flatten)]
    key: ApiKey,
    secret: String,
}

/// `POST /api/v1/keys`
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
    let token = credentials::token(PREFIX)?;
    let key = app
        .store()
        .add_api_key(
            name,
            wanted.site,
            &token.digest,
            &token.secret[..HINT_CHARS],
            clock::now(),
        )
        .await?;
    tracing::info!(key = key.id, "API key added");
    let secret = token.secret;
    Ok((StatusCode::CREATED, Answer(Made { key, secret })))
}

/// `DELETE /api/v1/keys/{id}`
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
) -> Result<StatusCode, ApiError> {
    caller.person()?;
    if app.store().revoke_api_key(id).await? {
        tracing::info!(key = id, "API key revoked");
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}
