//! `/api/v1/workspaces/{id}/members`: who is in a workspace, for its owners; and leaving it, for whoever is.
//!
//! Whoever is taken out may do nothing any more with the next request; their login stays.

use axum::Json as Answer;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Who};
use super::input::{self, Id, Json};
use super::openapi::failures;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::store::audit::By;
use crate::store::workspaces::{MemberChange, Place, Role};

#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    /// The id of their login.
    id: i64,
    /// Null until they have chosen one.
    email: Option<String>,
    role: Role,
    joined_at: i64,
    /// Whether it is who asks.
    you: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Members {
    data: Vec<Member>,
}

/// `GET /api/v1/workspaces/{id}/members`
#[utoipa::path(get, path = "/api/v1/workspaces/{id}/members", tag = "workspaces", security(("cookie" = [])), params(("id" = i64, Path)), responses((status = 200, body = Members), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
) -> Result<Answer<Members>, ApiError> {
    let workspace = caller.workspace(Some(id))?;
    let members = app.store().members(Some(workspace)).await?.into_iter();
    let data = members.map(|member| Member {
        you: matches!(caller.who(), Who::User(user) if user.id == member.user),
        id: member.user,
        email: member.email,
        role: member.role,
        joined_at: member.joined_at,
    });
    Ok(Answer(Members {
        data: data.collect(),
    }))
}

/// The workspace and the member of a path.
pub(crate) struct Named(Place);

impl FromRequestParts<App> for Named {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let (workspace, user) = input::two_ids(parts, app, "member").await?;
        Ok(Self(Place { workspace, user }))
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRole {
    role: Role,
}

/// `PATCH /api/v1/workspaces/{id}/members/{member}`
#[utoipa::path(patch, path = "/api/v1/workspaces/{id}/members/{member}", tag = "workspaces", security(("cookie" = [])), params(("id" = i64, Path), ("member" = i64, Path)), request_body = NewRole, responses((status = 204, description = "So it is"), failures::Owning))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Named(place): Named,
    Json(new): Json<NewRole>,
) -> Result<StatusCode, ApiError> {
    set(&app, &caller, place, Some(new.role)).await
}

/// `DELETE /api/v1/workspaces/{id}/members/{member}`
#[utoipa::path(delete, path = "/api/v1/workspaces/{id}/members/{member}", tag = "workspaces", security(("cookie" = [])), params(("id" = i64, Path), ("member" = i64, Path)), responses((status = 204, description = "They are no member any more"), failures::Owning))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Named(place): Named,
) -> Result<StatusCode, ApiError> {
    set(&app, &caller, place, None).await
}

/// `POST /api/v1/workspaces/{id}/leave`
#[utoipa::path(post, path = "/api/v1/workspaces/{id}/leave", tag = "workspaces", security(("cookie" = [])), params(("id" = i64, Path)), responses((status = 204, description = "The caller is no member any more"), failures::Owning))]
pub(crate) async fn leave(
    State(app): State<App>,
    caller: Caller,
    Id(workspace): Id<i64>,
) -> Result<StatusCode, ApiError> {
    let Who::User(user) = caller.who() else {
        return Err(ApiError::not_found());
    };
    let place = Place {
        workspace,
        user: user.id,
    };
    set(&app, &caller, place, None).await
}

async fn set(
    app: &App,
    caller: &Caller,
    place: Place,
    role: Option<Role>,
) -> Result<StatusCode, ApiError> {
    let workspace = caller.workspace(Some(place.workspace))?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    match app.store().change_member(place, role, by).await? {
        MemberChange::Done => {
            tracing::info!(workspace, member = place.user, role = ?role, "member changed");
            Ok(StatusCode::NO_CONTENT)
        }
        MemberChange::NoMember => Err(ApiError::not_found()),
        MemberChange::LastOwner => Err(ApiError::new(
            Code::LastOwner,
            "Nobody else owns this workspace: make somebody an owner first.",
        )),
    }
}
