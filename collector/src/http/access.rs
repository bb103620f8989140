//! Signing in and out: the set-up link, the password, the cookie.

use std::collections::BTreeSet;
use std::time::Instant;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{self, Caller, Who};
use super::input::Json;
use super::openapi::failures;
use super::workspaces::{self, Seen};
use crate::app::App;
use crate::clock;
use crate::credentials;
use crate::error::{ApiError, Code};
use crate::site_rules;
use crate::store::StoreError;
use crate::store::keys::Scope;
use crate::store::shares::Shows;
use crate::store::users::SetupToken;

const LOGIN_SECONDS: i64 = 30 * 24 * 60 * 60;
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 10..=1000;

#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    email: Option<String>,
    kind: &'static str,
    /// Whether it is the installation's owner, who makes workspaces.
    makes_workspaces: bool,
    /// Where they have a part.
    workspaces: Vec<Seen>,
    /// The one site that an API key sees; null for every site of its workspace, and of a user.
    site: Option<i64>,
    /// What an API key may do; null of a user, whose role says it.
    scopes: Option<BTreeSet<Scope>>,
    /// Of a share link what it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<Shared>,
}

/// What the holder of a share link is shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct Shared {
    name: String,
    shows: Shows,
    expires_at: i64,
    site: SharedSite,
}

/// A site as the holder of a share link knows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct SharedSite {
    id: i64,
    name: String,
    time_zone: String,
    currency: Option<String>,
}

/// `GET /api/v1/me`
#[utoipa::path(get, path = "/api/v1/me", tag = "signing in", security(("api_key" = []), ("cookie" = [])), responses((status = 200, body = Me), failures::Asking))]
pub(crate) async fn me(State(app): State<App>, caller: Caller) -> Result<Answer<Me>, ApiError> {
    let workspaces = workspaces::seen(&app, &caller).await?;
    let me = Me {
        email: None,
        kind: "user",
        makes_workspaces: false,
        workspaces,
        site: None,
        scopes: None,
        share: None,
    };
    Ok(Answer(match caller.who() {
        Who::User(user) => Me {
            email: user.email.clone(),
            makes_workspaces: user.is_owner,
            ..me
        },
        Who::ApiKey { site, scopes, .. } => Me {
            kind: "api_key",
            site: *site,
            scopes: Some(scopes.clone()),
            ..me
        },
        Who::Share {
            site,
            name,
            shows,
            expires_at,
            ..
        } => {
            let site = app.store().site(*site).await?;
            let site = site.ok_or_else(ApiError::not_found)?;
            let share = Shared {
                name: name.clone(),
                shows: *shows,
                expires_at: *expires_at,
                site: SharedSite {
                    id: site.id,
                    name: site.name,
                    time_zone: site.time_zone,
                    currency: site.currency,
                },
            };
            Me {
                kind: "share",
                share: Some(share),
                ..me
            }
        }
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    token: String,
    email: String,
    password: String,
}

/// `POST /api/v1/setup`
#[utoipa::path(post, path = "/api/v1/setup", tag = "signing in", request_body = Setup, responses((status = 204, description = "Signed in: the answer sets the cookie"), failures::SigningIn))]
pub(crate) async fn setup(
    State(app): State<App>,
    Json(setup): Json<Setup>,
) -> Result<Response, ApiError> {
    let email = check_email(&setup.email)?;
    check_password(&setup.password)?;
    let digest = credentials::digest(&setup.token);
    match app.store().setup_token(&digest, clock::now()).await? {
        SetupToken::Valid => {}
        SetupToken::Used => return Err(setup_done()),
        SetupToken::Expired => {
            return Err(ApiError::new(
                Code::SetupExpired,
                "This set-up link is too old. `collector users setup-link` makes a new one.",
            ));
        }
        SetupToken::Unknown => {
            return Err(ApiError::new(
                Code::WrongToken,
                "This is no set-up link of this collector.",
            ));
        }
    }
    let hash = app.passwords().hash(setup.password).await?;
    let user_id = app
        .store()
        .finish_setup(&digest, &email, &hash, clock::now())
        .await
        .map_err(|error| match error {
            StoreError::Rejected(_) => ApiError::new(
                Code::InvalidField,
                "Somebody else signs in with this e-mail address.",
            )
            .field("email"),
            other => other.into(),
        })?
        .ok_or_else(setup_done)?;
    tracing::info!("a set-up link was used");
    sign_in(&app, user_id).await
}

fn setup_done() -> ApiError {
    ApiError::new(
        Code::SetupDone,
        "This set-up link has been used. Sign in with the e-mail address and password chosen then.",
    )
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    email: String,
    password: String,
}

/// `POST /api/v1/login`
#[utoipa::path(post, path = "/api/v1/login", tag = "signing in", request_body = Login, responses((status = 204, description = "Signed in: the answer sets the cookie"), failures::SigningIn))]
pub(crate) async fn login(
    State(app): State<App>,
    Json(login): Json<Login>,
) -> Result<Response, ApiError> {
    let email = login.email.trim().to_lowercase();
    app.throttle()
        .begin(&email, Instant::now())
        .map_err(|wait| {
            ApiError::new(
                Code::Throttled,
                "Too many attempts to sign in failed. Wait a while.",
            )
            .retry_after(wait)
        })?;
    // No stored address has a zero character, and PostgreSQL would refuse to look for one.
    let user = if email.contains('\0') {
        None
    } else {
        app.store().user_by_email(&email).await?
    };
    let (user_id, hash) = user.unzip();
    let right = app.passwords().verify(login.password, hash).await?;
    match user_id {
        Some(user_id) if right => {
            app.throttle().succeed(&email);
            sign_in(&app, user_id).await
        }
        _ => Err(ApiError::new(
            Code::WrongCredentials,
            "The e-mail address and the password do not belong together.",
        )),
    }
}

/// `POST /api/v1/logout`
#[utoipa::path(post, path = "/api/v1/logout", tag = "signing in", responses((status = 204, description = "Signed out"), failures::Changing))]
pub(crate) async fn logout(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(secret) = caller::cookie(&headers, app.is_https()) {
        app.store().end_login(&credentials::digest(secret)).await?;
    }
    answer_with_cookie(&app, "", 0)
}

pub(super) async fn sign_in(app: &App, user_id: i64) -> Result<Response, ApiError> {
    let login = credentials::token("")?;
    let now = clock::now();
    app.store()
        .add_login(&login.digest, user_id, now, now + LOGIN_SECONDS * 1000)
        .await?;
    answer_with_cookie(app, &login.secret, LOGIN_SECONDS)
}

fn answer_with_cookie(app: &App, secret: &str, max_age: i64) -> Result<Response, ApiError> {
    let secure = if app.is_https() { "; Secure" } else { "" };
    let name = caller::cookie_name(app.is_https());
    // Strict does not sign anybody out who follows a link to here: the page asks for everything itself.
    let cookie =
        format!("{name}={secret}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}");
    let cookie = HeaderValue::from_str(&cookie).map_err(ApiError::internal)?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

pub(super) fn check_password(password: &str) -> Result<(), ApiError> {
    if PASSWORD_CHARS.contains(&password.chars().count()) {
        return Ok(());
    }
    Err(ApiError::new(
        Code::InvalidField,
        "The password has to have 10 to 1000 characters.",
    )
    .field("password"))
}

pub(super) fn check_email(text: &str) -> Result<String, ApiError> {
    site_rules::email(text).ok_or_else(|| {
        ApiError::new(Code::InvalidField, "This is no e-mail address.").field("email")
    })
}
