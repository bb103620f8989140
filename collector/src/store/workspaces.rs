//! Workspaces and their members: whose a site is, and who may do what in it.
//!
//! The last owner of a workspace stays its owner. Whoever takes one away holds the workspace's row meanwhile, so that two
//! owners cannot take each other away at once.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;

use super::audit::{By, OfWorkspace, note, noted};
use super::{Store, StoreError, on};

/// What a member may do; `http/capability.rs` says what each may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Owner,
    /// Reads, and changes definitions.
    Analyst,
    /// Reads.
    Viewer,
}

/// A text that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not owner, analyst or viewer")]
pub struct UnknownRole;

impl Role {
    /// Every role, the one that may most first.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Analyst, Self::Viewer];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Analyst => "analyst",
            Self::Viewer => "viewer",
        }
    }

    pub(super) fn stored(text: &str) -> Result<Self, StoreError> {
        text.parse()
            .map_err(|UnknownRole| StoreError::Internal(format!("the role {text} is none")))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let named = Self::ALL.into_iter().find(|role| role.as_str() == text);
        named.ok_or(UnknownRole)
    }
}

/// A workspace: sites that belong together, the people who may see them, and their keys.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Workspace {
    /// The id in the API and in every table.
    pub id: i64,
    /// What its owners call it.
    pub name: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: i64,
}

/// Somebody in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The workspace.
    pub workspace: i64,
    /// The id of who it is.
    pub user: i64,
    /// The address they sign in with; none until the set-up link has been used.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Milliseconds since the Unix epoch.
    pub joined_at: i64,
}

/// A workspace in which somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The workspace.
    pub workspace: i64,
    /// Its name.
    pub name: String,
    /// What they may do there.
    pub role: Role,
}

/// What became of a change of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberChange {
    /// It is done, or was so already.
    Done,
    /// There is no such member.
    NoMember,
    /// Nobody else owns the workspace.
    LastOwner,
}

type Row = (i64, i64, Option<String>, String, i64);

/// Where somebody's role is about to change or end.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The workspace.
    pub workspace: i64,
    /// Who it is.
    pub user: i64,
}

impl Store {
    /// The workspace that every installation has, made now if there is none, and the installation's owner in it as soon as
    /// there is one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn first_workspace(&self, now: i64) -> Result<Workspace, StoreError> {
        on!(self, write, |pool| {
            sqlx::query(include_str!("sql/workspaces/insert_first.sql"))
                .bind(now)
                .execute(pool)
                .await?;
            sqlx::query(include_str!("sql/members/insert_first.sql"))
                .bind(now)
                .execute(pool)
                .await?;
            Ok(sqlx::query_as(include_str!("sql/workspaces/first.sql"))
                .fetch_one(pool)
                .await?)
        })
    }

    /// Every workspace, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        Ok(on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/workspaces/list.sql"))
                .fetch_all(pool)
                .await
        })?)
    }

    /// Makes a workspace, with this user as its owner if one is named.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was made then.
    pub async fn add_workspace(
        &self,
        name: &str,
        owner: Option<i64>,
        by: By<'_>,
    ) -> Result<Workspace, StoreError> {
        on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            let made: Workspace = sqlx::query_as(include_str!("sql/workspaces/insert.sql"))
                .bind(name)
                .bind(by.now)
                .fetch_one(&mut *transaction)
                .await?;
            if let Some(owner) = owner {
                sqlx::query(include_str!("sql/members/insert.sql"))
                    .bind(made.id)
                    .bind(owner)
                    .bind(Role::Owner.as_str())
                    .bind(by.now)
                    .execute(&mut *transaction)
                    .await?;
            }
            note!(
                transaction,
                OfWorkspace {
                    workspace: made.id,
                    by,
                    action: "workspaces.add",
                    subject: format!("workspace:{}", made.id),
                    detail: serde_json::json!({"owner": owner.map(|id| format!("user:{id}"))}),
                }
            );
            transaction.commit().await?;
            Ok(made)
        })
    }

    /// Gives a workspace another name. Says whether it is there.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed then.
    pub async fn rename_workspace(
        &self,
        workspace: i64,
        name: &str,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let change = OfWorkspace {
            workspace,
            by,
            action: "workspaces.rename",
            subject: format!("workspace:{workspace}"),
            detail: serde_json::json!({}),
        };
        Ok(noted!(
            self,
            change,
            sqlx::query(include_str!("sql/workspaces/rename.sql"))
                .bind(workspace)
                .bind(name)
        ))
    }

    /// The members of a workspace, or of all, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn members(&self, workspace: Option<i64>) -> Result<Vec<Member>, StoreError> {
        let rows: Vec<Row> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/members/list.sql"))
                .bind(workspace)
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter()
            .map(|(workspace, user, email, role, joined_at)| {
                Ok(Member {
                    workspace,
                    user,
                    email,
                    role: Role::stored(&role)?,
                    joined_at,
                })
            })
            .collect()
    }

    /// The workspaces in which a user is, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn memberships(&self, user: i64) -> Result<Vec<Membership>, StoreError> {
        let rows: Vec<(i64, String, String)> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/members/of_user.sql"))
                .bind(user)
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter()
            .map(|(workspace, name, role)| {
                Ok(Membership {
                    workspace,
                    name,
                    role: Role::stored(&role)?,
                })
            })
            .collect()
    }

    /// The workspace of which a user is the only owner, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn only_owner_of(&self, user: i64) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/members/only_owner_of.sql"))
                .bind(user)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map(|(workspace,)| workspace))
    }

    /// Gives a member another role, or none: then they are no member any more.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed then.
    pub async fn change_member(
        &self,
        place: Place,
        role: Option<Role>,
        by: By<'_>,
    ) -> Result<MemberChange, StoreError> {
        let Place { workspace, user } = place;
        on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            sqlx::query(include_str!("sql/workspaces/lock.sql"))
                .bind(workspace)
                .execute(&mut *transaction)
                .await?;
            let there: Option<(String, bool)> = sqlx::query_as(include_str!("sql/members/one.sql"))
                .bind(workspace)
                .bind(user)
                .fetch_optional(&mut *transaction)
                .await?;
            let Some((before, others)) = there else {
                return Ok(MemberChange::NoMember);
            };
            let before = Role::stored(&before)?;
            if role == Some(before) {
                return Ok(MemberChange::Done);
            }
            if before == Role::Owner && !others {
                return Ok(MemberChange::LastOwner);
            }
            let (action, detail) = match role {
                Some(role) => {
                    sqlx::query(include_str!("sql/members/set_role.sql"))
                        .bind(workspace)
                        .bind(user)
                        .bind(role.as_str())
                        .execute(&mut *transaction)
                        .await?;
                    let detail = serde_json::json!({"from": before, "to": role});
                    ("members.role", detail)
                }
                None => {
                    sqlx::query(include_str!("sql/members/delete.sql"))
                        .bind(workspace)
                        .bind(user)
                        .execute(&mut *transaction)
                        .await?;
                    ("members.remove", serde_json::json!({"role": before}))
                }
            };
            note!(
                transaction,
                OfWorkspace {
                    workspace,
                    by,
                    action,
                    subject: format!("user:{user}"),
                    detail,
                }
            );
            transaction.commit().await?;
            Ok(MemberChange::Done)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::json!(role), role.as_str());
        }
        assert_eq!("member".parse::<Role>(), Err(UnknownRole));
    }
}
