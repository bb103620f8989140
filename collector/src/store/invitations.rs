//! Invitations into a workspace: for one address, once, for a week. Tokens come in as digests.

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::{By, OfWorkspace, note, noted};
use super::workspaces::Role;
use super::{Store, StoreError, on};

/// How many of one workspace may be open.
pub const MOST_OPEN: i64 = 100;

/// An invitation that nobody has accepted yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Invitation {
    /// The id.
    pub id: Uuid,
    /// Who is asked.
    pub email: String,
    /// What they are asked to be.
    pub role: Role,
    /// Milliseconds since the Unix epoch.
    pub created_at: i64,
    /// When it ends.
    pub expires_at: i64,
}

/// An invitation to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewInvitation<'a> {
    /// The id.
    pub id: Uuid,
    /// The workspace.
    pub workspace: i64,
    /// The digest of the token.
    pub digest: &'a [u8],
    /// Who is asked.
    pub email: &'a str,
    /// What they are asked to be.
    pub role: Role,
    /// When it ends.
    pub expires_at: i64,
}

/// What the token of an invitation is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// There never was one like it, or it was taken back.
    Unknown,
    /// Somebody has accepted it.
    Used,
    /// Its time is over.
    Expired,
    /// It may be accepted.
    Valid {
        /// The workspace's name.
        workspace: String,
        /// Who is asked.
        email: String,
        /// What they are asked to be.
        role: Role,
        /// The login with this address, if there is one.
        user: Option<i64>,
    },
}

/// Who accepts.
#[derive(Debug, Clone, Copy)]
pub enum Accepting<'a> {
    /// A login that is there.
    User(i64),
    /// Somebody who has none yet, with the hash of the password they chose.
    Password(&'a str),
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    email: String,
    role: String,
    created_at: i64,
    expires_at: i64,
}

type Found = (
    i64,
    String,
    Uuid,
    String,
    String,
    i64,
    Option<i64>,
    Option<i64>,
);

impl Store {
    /// Keeps an invitation, and forgets those of its workspace whose time is over. Says whether there was room for it.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was kept then.
    pub async fn add_invitation(
        &self,
        new: &NewInvitation<'_>,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            sqlx::query(include_str!("sql/workspaces/lock.sql"))
                .bind(new.workspace)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(include_str!("sql/invitations/delete_expired.sql"))
                .bind(new.workspace)
                .bind(by.now)
                .execute(&mut *transaction)
                .await?;
            let (open,): (i64,) = sqlx::query_as(include_str!("sql/invitations/count.sql"))
                .bind(new.workspace)
                .fetch_one(&mut *transaction)
                .await?;
            if open >= MOST_OPEN {
                return Ok(false);
            }
            sqlx::query(include_str!("sql/invitations/insert.sql"))
                .bind(new.workspace)
                .bind(new.id)
                .bind(new.digest)
                .bind(new.email)
                .bind(new.role.as_str())
                .bind(by.now)
                .bind(new.expires_at)
                .execute(&mut *transaction)
                .await?;
            note!(
                transaction,
                OfWorkspace {
                    workspace: new.workspace,
                    by,
                    action: "invitations.add",
                    subject: format!("invitation:{}", new.id),
                    detail: serde_json::json!({"role": new.role}),
                }
            );
            transaction.commit().await?;
            Ok(true)
        })
    }

    /// The open invitations of a workspace, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn invitations(
        &self,
        workspace: i64,
        now: i64,
    ) -> Result<Vec<Invitation>, StoreError> {
        let rows: Vec<Row> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/invitations/list.sql"))
                .bind(workspace)
                .bind(now)
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter()
            .map(|row| {
                Ok(Invitation {
                    id: row.id,
                    email: row.email,
                    role: Role::stored(&row.role)?,
                    created_at: row.created_at,
                    expires_at: row.expires_at,
                })
            })
            .collect()
    }

    /// Takes an invitation back that nobody has accepted. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed then.
    pub async fn revoke_invitation(
        &self,
        workspace: i64,
        id: Uuid,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let change = OfWorkspace {
            workspace,
            by,
            action: "invitations.revoke",
            subject: format!("invitation:{id}"),
            detail: serde_json::json!({}),
        };
        Ok(noted!(
            self,
            change,
            sqlx::query(include_str!("sql/invitations/delete.sql"))
                .bind(workspace)
                .bind(id)
        ))
    }

    /// What the token of an invitation is worth now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn invited(&self, digest: &[u8], now: i64) -> Result<Invited, StoreError> {
        let row: Option<Found> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/invitations/by_token.sql"))
                .bind(digest)
                .fetch_optional(pool)
                .await
        })?;
        Ok(match row {
            None => Invited::Unknown,
            Some((.., Some(_), _)) => Invited::Used,
            Some((.., expires_at, None, _)) if expires_at <= now => Invited::Expired,
            Some((_, workspace, _, email, role, _, None, user)) => Invited::Valid {
                workspace,
                email,
                role: Role::stored(&role)?,
                user,
            },
        })
    }

    /// Uses an invitation: whoever accepts is a member of its workspace from now on. A member already stays what they are.
    /// Answers the user's id; nothing if it could not be used, because it is used already, taken back or too old.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] when the address has got a login meanwhile, [`StoreError::Unavailable`] without a database.
    pub async fn accept_invitation(
        &self,
        digest: &[u8],
        accepting: Accepting<'_>,
        now: i64,
    ) -> Result<Option<i64>, StoreError> {
        on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            let used: Option<(i64, Uuid, String, String)> =
                sqlx::query_as(include_str!("sql/invitations/use.sql"))
                    .bind(digest)
                    .bind(now)
                    .fetch_optional(&mut *transaction)
                    .await?;
            let Some((workspace, id, email, role)) = used else {
                return Ok(None);
            };
            let user = match accepting {
                Accepting::User(user) => user,
                Accepting::Password(hash) => {
                    let (user,): (i64,) =
                        sqlx::query_as(include_str!("sql/users/insert_with_password.sql"))
                            .bind(&email)
                            .bind(hash)
                            .bind(now)
                            .fetch_one(&mut *transaction)
                            .await?;
                    user
                }
            };
            sqlx::query(include_str!("sql/members/join.sql"))
                .bind(workspace)
                .bind(user)
                .bind(&role)
                .bind(now)
                .execute(&mut *transaction)
                .await?;
            let actor = format!("user:{user}");
            note!(
                transaction,
                OfWorkspace {
                    workspace,
                    by: By { actor: &actor, now },
                    action: "invitations.accept",
                    subject: format!("invitation:{id}"),
                    detail: serde_json::json!({"role": role}),
                }
            );
            transaction.commit().await?;
            Ok(Some(user))
        })
    }
}
