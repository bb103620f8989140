//! `/api/v1/workspaces/{id}/invitations`, for its owners, and `/api/v1/invitations`, for who has been invited.
//!
//! The collector sends no mail: whoever invites gets a link and passes it on. Its token is in the URL's fragment, which
//! browsers keep to themselves, and goes to the collector in a body, so that no log on the way has it. A token is for one
//! address: who signs in with it has to be signed in to accept, so that a link in wrong hands opens no login that there is.

use axum::Json as Answer;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::access;
use super::caller::{Caller, Who};
use super::input::{self, Id, Json};
use super::openapi::failures;
use crate::app::App;
use crate::clock;
use crate::credentials::{self, CredentialError, Token};
use crate::error::{ApiError, Code};
use crate::store::audit::By;
use crate::store::invitations::{Accepting, Invitation, Invited, MOST_OPEN, NewInvitation};
use crate::store::workspaces::Role;
use crate::store::{Store, StoreError};

const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1000;

#[derive(Serialize, ToSchema)]
pub(crate) struct Invitations {
    data: Vec<Invitation>,
}

/// `GET /api/v1/workspaces/{id}/invitations`
#[utoipa::path(get, path = "/api/v1/workspaces/{id}/invitations", tag = "workspaces", security(("cookie" = [])), params(("id" = i64, Path)), responses((status = 200, body = Invitations), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
) -> Result<Answer<Invitations>, ApiError> {
    let workspace = caller.workspace(Some(id))?;
    let data = app.store().invitations(workspace, clock::now()).await?;
    Ok(Answer(Invitations { data }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Guest {
    email: String,
    role: Role,
}

/// An invitation just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeInvitation {
    #[serde(flatten)]
    invitation: Invitation,
    /// What to pass on. Without a configured public URL it begins with the path.
    link: String,
}

/// Why there is no invitation.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvitationError {
    /// There are too many.
    #[error("there are {MOST_OPEN} open invitations already: take some back")]
    TooMany,
    #[error(transparent)]
    Credential(#[from] CredentialError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes an invitation, whoever asks for it, and gives it with its token.
pub(crate) async fn make(
    store: &Store,
    workspace: i64,
    email: &str,
    role: Role,
    by: By<'_>,
) -> Result<(Invitation, Token), InvitationError> {
    let token = credentials::token("")?;
    let made = Invitation {
        id: Uuid::now_v7(),
        email: email.to_owned(),
        role,
        created_at: by.now,
        expires_at: by.now + WEEK_MS,
    };
    let new = NewInvitation {
        id: made.id,
        workspace,
        digest: &token.digest,
        email,
        role,
        expires_at: made.expires_at,
    };
    if store.add_invitation(&new, by).await? {
        Ok((made, token))
    } else {
        Err(InvitationError::TooMany)
    }
}

/// Where whoever is invited goes.
pub(crate) fn link(base: &str, token: &Token) -> String {
    format!("{base}/invitation#token={}", token.secret)
}

/// `POST /api/v1/workspaces/{id}/invitations`
#[utoipa::path(post, path = "/api/v1/workspaces/{id}/invitations", tag = "workspaces", security(("cookie" = [])), params(("id" = i64, Path)), request_body = Guest, responses((status = 201, body = MadeInvitation), failures::Changing))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Json(guest): Json<Guest>,
) -> Result<(StatusCode, Answer<MadeInvitation>), ApiError> {
    let workspace = caller.workspace(Some(id))?;
    let email = access::check_email(&guest.email)?;
    let members = app.store().members(Some(workspace)).await?;
    if members.iter().any(|one| one.email.as_ref() == Some(&email)) {
        return Err(ApiError::new(Code::InvalidField, "They are a member already.").field("email"));
    }
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    let made = make(app.store(), workspace, &email, guest.role, by).await;
    let (invitation, token) = made.map_err(|error| match error {
        InvitationError::TooMany => {
            let message =
                format!("There are {MOST_OPEN} open invitations already: take some back.");
            ApiError::new(Code::InvalidField, message)
                .field("email")
                .limit(usize::try_from(MOST_OPEN).unwrap_or_default())
        }
        InvitationError::Credential(error) => error.into(),
        InvitationError::Store(error) => error.into(),
    })?;
    tracing::info!(workspace, invitation = %invitation.id, "invitation added");
    let base = app.public_url().map_or("", |url| url.as_str());
    let link = link(base.trim_end_matches('/'), &token);
    Ok((
        StatusCode::CREATED,
        Answer(MadeInvitation { invitation, link }),
    ))
}

/// The workspace and the invitation of a path.
pub(crate) struct Named(i64, Uuid);

impl FromRequestParts<App> for Named {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let (workspace, id) = input::two_ids(parts, app, "invitation").await?;
        Ok(Self(workspace, id))
    }
}

/// `DELETE /api/v1/workspaces/{id}/invitations/{invitation}`
#[utoipa::path(delete, path = "/api/v1/workspaces/{id}/invitations/{invitation}", tag = "workspaces", security(("cookie" = [])), params(("id" = i64, Path), ("invitation" = Uuid, Path)), responses((status = 204, description = "Taken back"), failures::Changing))]
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Named(workspace, id): Named,
) -> Result<StatusCode, ApiError> {
    let workspace = caller.workspace(Some(workspace))?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    if app.store().revoke_invitation(workspace, id, by).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shown {
    token: String,
}

/// What an invitation is for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Asked {
    /// The workspace's name.
    workspace: String,
    email: String,
    role: Role,
    /// Whether somebody signs in with the address already, and has to be signed in to accept.
    has_login: bool,
}

struct Valid {
    digest: Vec<u8>,
    asked: Asked,
    user: Option<i64>,
}

/// `POST /api/v1/invitations/look`
#[utoipa::path(post, path = "/api/v1/invitations/look", tag = "signing in", request_body = Shown, responses((status = 200, body = Asked), failures::SigningIn))]
pub(crate) async fn look(
    State(app): State<App>,
    Json(shown): Json<Shown>,
) -> Result<Answer<Asked>, ApiError> {
    Ok(Answer(valid(&app, &shown.token).await?.asked))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accepted {
    token: String,
    /// Of 10 to 1000 characters, for whoever has no login yet.
    password: Option<String>,
}

/// `POST /api/v1/invitations/accept`
#[utoipa::path(post, path = "/api/v1/invitations/accept", tag = "signing in", request_body = Accepted, responses((status = 204, description = "A member; a new login is signed in by the answer's cookie"), failures::SigningIn))]
pub(crate) async fn accept(
    State(app): State<App>,
    headers: HeaderMap,
    Json(accepted): Json<Accepted>,
) -> Result<Response, ApiError> {
    let valid = valid(&app, &accepted.token).await?;
    let store = app.store();
    let Some(user) = valid.user else {
        let password = accepted.password.ok_or_else(|| {
            ApiError::new(Code::InvalidField, "Choose a password.").field("password")
        })?;
        access::check_password(&password)?;
        let hash = app.passwords().hash(password).await?;
        let accepting = Accepting::Password(&hash);
        let joined = store.accept_invitation(&valid.digest, accepting, clock::now());
        let joined = joined.await.map_err(|error| match error {
            StoreError::Rejected(_) => for_a_login(),
            other => other.into(),
        })?;
        let user = joined.ok_or_else(used)?;
        tracing::info!("an invitation was accepted by a new login");
        return access::sign_in(&app, user).await;
    };
    match Who::of(&headers, &app).await {
        Ok(Who::User(own)) if own.id == user => {}
        Ok(_) => {
            return Err(ApiError::new(
                Code::Forbidden,
                "This invitation is for another address than the one you are signed in with.",
            ));
        }
        Err(error) if error.code == Code::Unauthenticated => return Err(for_a_login()),
        Err(error) => return Err(error),
    }
    let accepting = Accepting::User(user);
    let joined = store.accept_invitation(&valid.digest, accepting, clock::now());
    joined.await?.ok_or_else(used)?;
    tracing::info!(user, "an invitation was accepted");
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn valid(app: &App, token: &str) -> Result<Valid, ApiError> {
    let digest = credentials::digest(token);
    match app.store().invited(&digest, clock::now()).await? {
        Invited::Valid {
            workspace,
            email,
            role,
            user,
        } => Ok(Valid {
            digest,
            asked: Asked {
                workspace,
                email,
                role,
                has_login: user.is_some(),
            },
            user,
        }),
        Invited::Used => Err(used()),
        Invited::Expired => Err(ApiError::new(
            Code::InvitationExpired,
            "This invitation is too old. Ask for another one.",
        )),
        Invited::Unknown => Err(ApiError::new(
            Code::WrongToken,
            "This is no invitation of this collector, or it was taken back.",
        )),
    }
}

fn used() -> ApiError {
    ApiError::new(
        Code::InvitationUsed,
        "This invitation has been accepted already. Sign in.",
    )
}

fn for_a_login() -> ApiError {
    ApiError::new(
        Code::Unauthenticated,
        "Somebody signs in with this address already: sign in with it, and accept then.",
    )
}
