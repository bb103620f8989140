//! `/api/v1/workspaces`: the workspaces that the caller is in, and new ones, which the installation's owner makes.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Who};
use super::capability::Capability;
use super::input::{Id, Json};
use super::openapi::failures;
use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::site_rules;
use crate::store::audit::By;
use crate::store::workspaces::Role;

/// A workspace as the caller sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = Workspace)]
pub(crate) struct Seen {
    id: i64,
    name: String,
    /// What the caller is in it; null of an API key.
    role: Option<Role>,
    /// What the caller may do in it.
    may: Vec<Capability>,
}

/// The workspaces that somebody is in, and what they may do there.
pub(super) async fn seen(app: &App, caller: &Caller) -> Result<Vec<Seen>, ApiError> {
    let may = |id: i64| {
        let all = Capability::ALL.into_iter();
        all.filter(|capability| caller.may(*capability, id))
            .collect()
    };
    Ok(match caller.who() {
        Who::User(user) => {
            let own = user.memberships.iter().map(|own| Seen {
                id: own.workspace,
                name: own.name.clone(),
                role: Some(own.role),
                may: may(own.workspace),
            });
            own.collect()
        }
        // Whoever has a link is told of its site alone.
        Who::Share { .. } => Vec::new(),
        Who::ApiKey { workspace, .. } => {
            let all = app.store().workspaces().await?.into_iter();
            let own = all.filter(|one| one.id == *workspace).map(|one| Seen {
                may: may(one.id),
                id: one.id,
                name: one.name,
                role: None,
            });
            own.collect()
        }
    })
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Workspaces {
    data: Vec<Seen>,
}

/// `GET /api/v1/workspaces`
#[utoipa::path(get, path = "/api/v1/workspaces", tag = "workspaces", security(("api_key" = []), ("cookie" = [])), responses((status = 200, body = Workspaces), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Answer<Workspaces>, ApiError> {
    let data = seen(&app, &caller).await?;
    Ok(Answer(Workspaces { data }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedWorkspace {
    /// 1 to 100 characters.
    name: String,
}

/// `POST /api/v1/workspaces`
#[utoipa::path(post, path = "/api/v1/workspaces", tag = "workspaces", security(("cookie" = [])), request_body = NamedWorkspace, responses((status = 201, body = Seen, description = "Made; the caller is its owner"), failures::Changing))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<NamedWorkspace>,
) -> Result<(StatusCode, Answer<Seen>), ApiError> {
    let name = site_rules::check_name(&wanted.name)?;
    let owner = match caller.who() {
        Who::User(user) => Some(user.id),
        Who::ApiKey { .. } | Who::Share { .. } => None,
    };
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    let made = app.store().add_workspace(&name, owner, by).await?;
    tracing::info!(workspace = made.id, "workspace added");
    let seen = Seen {
        id: made.id,
        name: made.name,
        role: Some(Role::Owner),
        may: Capability::ALL.to_vec(),
    };
    Ok((StatusCode::CREATED, Answer(seen)))
}

/// `PATCH /api/v1/workspaces/{id}`
#[utoipa::path(patch, path = "/api/v1/workspaces/{id}", tag = "workspaces", security(("cookie" = [])), params(("id" = i64, Path)), request_body = NamedWorkspace, responses((status = 204, description = "Named so"), failures::Changing))]
pub(crate) async fn rename(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<i64>,
    Json(wanted): Json<NamedWorkspace>,
) -> Result<StatusCode, ApiError> {
    let workspace = caller.workspace(Some(id))?;
    let name = site_rules::check_name(&wanted.name)?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    if app.store().rename_workspace(workspace, &name, by).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}
