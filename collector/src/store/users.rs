//! People who sign in: the installation's owner and others, set-up links and sign-ins.
//!
//! Tokens come in as digests; a secret never gets here.

use super::audit::{By, OfWorkspace, note};
use super::workspaces::{Membership, Role};
use super::{Store, StoreError, on};

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: i64,
    /// Whether it is the installation's owner, who makes workspaces and cannot be removed. What they may do in a workspace, as
    /// anybody, is said by their role there.
    pub is_owner: bool,
    /// The address they sign in with; none until the set-up link has been used.
    pub email: Option<String>,
    /// Whether the set-up link has been used.
    pub has_password: bool,
    /// Milliseconds since the Unix epoch.
    pub created_at: i64,
}

/// Somebody who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// See [`User::id`].
    pub id: i64,
    /// See [`User::email`].
    pub email: Option<String>,
    /// See [`User::is_owner`].
    pub is_owner: bool,
    /// Where they are members.
    pub memberships: Vec<Membership>,
}

/// What the installation's owner is marked by.
const OWNER: &str = "owner";

/// What a set-up token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupToken {
    /// There never was one like it.
    Unknown,
    /// It has been used, or another one of the same user has.
    Used,
    /// Its time is over.
    Expired,
    /// It may be used.
    Valid,
}

impl Store {
    /// The installation's owner, made now if there is none, with the first workspace. There is never more than one, however many
    /// collectors start at once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn owner(&self, now: i64) -> Result<User, StoreError> {
        on!(self, write, |pool| {
            sqlx::query(include_str!("sql/users/insert_owner.sql"))
                .bind(now)
                .execute(pool)
                .await
                .map(drop)
        })?;
        let (id, email, has_password, created_at) = on!(self, write, |pool| {
            sqlx::query_as(include_str!("sql/users/owner.sql"))
                .fetch_one(pool)
                .await
        })?;
        self.first_workspace(now).await?;
        Ok(User {
            id,
            is_owner: true,
            email,
            has_password,
            created_at,
        })
    }

    /// Makes a login that has no password yet, and its holder a member of a workspace.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] when somebody has the address, [`StoreError::Unavailable`] without a database.
    pub async fn add_user(
        &self,
        email: &str,
        workspace: i64,
        role: Role,
        by: By<'_>,
    ) -> Result<i64, StoreError> {
        on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            let (id,): (i64,) = sqlx::query_as(include_str!("sql/users/insert.sql"))
                .bind(email)
                .bind(by.now)
                .fetch_one(&mut *transaction)
                .await?;
            sqlx::query(include_str!("sql/members/insert.sql"))
                .bind(workspace)
                .bind(id)
                .bind(role.as_str())
                .bind(by.now)
                .execute(&mut *transaction)
                .await?;
            note!(
                transaction,
                OfWorkspace {
                    workspace,
                    by,
                    action: "members.add",
                    subject: format!("user:{id}"),
                    detail: serde_json::json!({"role": role}),
                }
            );
            transaction.commit().await?;
            Ok(id)
        })
    }

    /// Removes a user with their sign-ins, set-up links and memberships. The audit log of each workspace of theirs tells it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn remove_user(&self, id: i64, by: By<'_>) -> Result<(), StoreError> {
        let memberships = self.memberships(id).await?;
        on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            sqlx::query(include_str!("sql/users/delete.sql"))
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            for own in &memberships {
                note!(
                    transaction,
                    OfWorkspace {
                        workspace: own.workspace,
                        by,
                        action: "members.remove",
                        subject: format!("user:{id}"),
                        detail: serde_json::json!({"role": own.role}),
                    }
                );
            }
            transaction.commit().await?;
        });
        Ok(())
    }

    /// Every user.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows: Vec<(i64, String, Option<String>, bool, i64)> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/users/list.sql"))
                .fetch_all(pool)
                .await
        })?;
        Ok(rows
            .into_iter()
            .map(|(id, role, email, has_password, created_at)| User {
                id,
                is_owner: role == OWNER,
                email,
                has_password,
                created_at,
            })
            .collect())
    }

    /// The id and password hash of the user who signs in with `email`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<(i64, String)>, StoreError> {
        Ok(on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/users/by_email.sql"))
                .bind(email)
                .fetch_optional(pool)
                .await
        })?)
    }

    /// Keeps a set-up token for a user.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn add_setup_token(
        &self,
        digest: &[u8],
        user_id: i64,
        now: i64,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        on!(self, write, |pool| {
            sqlx::query(include_str!("sql/users/insert_setup_token.sql"))
                .bind(digest)
                .bind(user_id)
                .bind(now)
                .bind(expires_at)
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// What a set-up token is worth now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn setup_token(&self, digest: &[u8], now: i64) -> Result<SetupToken, StoreError> {
        let row: Option<(i64, i64, Option<i64>)> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/users/setup_token.sql"))
                .bind(digest)
                .fetch_optional(pool)
                .await
        })?;
        Ok(match row {
            None => SetupToken::Unknown,
            Some((_, _, Some(_))) => SetupToken::Used,
            Some((_, expires_at, None)) if expires_at <= now => SetupToken::Expired,
            Some(_) => SetupToken::Valid,
        })
    }

    /// Uses a set-up token: the user gets this address and password, loses every sign-in and every other set-up
    /// token. Answers the user's id; nothing if the token could not be used, because it is used already or too old.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] when another user has the address, [`StoreError::Unavailable`] without a database.
    pub async fn finish_setup(
        &self,
        digest: &[u8],
        email: &str,
        password_hash: &str,
        now: i64,
    ) -> Result<Option<i64>, StoreError> {
        // The first statement writes, so that SQLite takes its lock before it reads.
        on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            let user: Option<(i64,)> =
                sqlx::query_as(include_str!("sql/users/use_setup_token.sql"))
                    .bind(now)
                    .bind(digest)
                    .fetch_optional(&mut *transaction)
                    .await?;
            let Some((user_id,)) = user else {
                return Ok(None);
            };
            sqlx::query(include_str!("sql/users/use_other_setup_tokens.sql"))
                .bind(now)
                .bind(user_id)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(include_str!("sql/users/set_password.sql"))
                .bind(email)
                .bind(password_hash)
                .bind(user_id)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(include_str!("sql/users/delete_logins.sql"))
                .bind(user_id)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Some(user_id))
        })
    }

    /// Keeps a sign-in, and forgets those whose time is over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn add_login(
        &self,
        digest: &[u8],
        user_id: i64,
        now: i64,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        on!(self, write, |pool| {
            sqlx::query(include_str!("sql/users/delete_expired_logins.sql"))
                .bind(now)
                .execute(pool)
                .await?;
            sqlx::query(include_str!("sql/users/insert_login.sql"))
                .bind(digest)
                .bind(user_id)
                .bind(now)
                .bind(expires_at)
                .execute(pool)
                .await?;
        });
        Ok(())
    }

    /// Ends a sign-in.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn end_login(&self, digest: &[u8]) -> Result<(), StoreError> {
        on!(self, write, |pool| {
            sqlx::query(include_str!("sql/users/delete_login.sql"))
                .bind(digest)
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// Whose sign-in this is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn user_by_login(
        &self,
        digest: &[u8],
        now: i64,
    ) -> Result<Option<SignedIn>, StoreError> {
        let found: Option<(i64, Option<String>, String)> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/users/by_login.sql"))
                .bind(digest)
                .bind(now)
                .fetch_optional(pool)
                .await
        })?;
        let Some((id, email, role)) = found else {
            return Ok(None);
        };
        Ok(Some(SignedIn {
            id,
            email,
            is_owner: role == OWNER,
            memberships: self.memberships(id).await?,
        }))
    }
}
