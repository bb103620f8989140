//! What was changed by hand: who did what to whom, and when. Rows are only ever added, each in the transaction of its
//! change. They name ids, and no addresses.

use serde::{Serialize, Serializer};
use sqlx::FromRow;
use uuid::Uuid;

use super::page::{Cursor, Page};
use super::wall::Access;
use super::{Store, StoreError, on};

/// Notes a change.
pub(super) const INSERT: &str = include_str!("sql/audit/insert.sql");

/// Who changes something, and when.
#[derive(Debug, Clone, Copy)]
pub struct By<'b> {
    /// As in [`Audited::actor`].
    pub actor: &'b str,
    /// The collector's clock.
    pub now: i64,
}

/// A change to be noted.
#[derive(Debug)]
pub(super) struct Change<'c> {
    pub(super) site_id: i64,
    pub(super) at: i64,
    pub(super) actor: &'c str,
    /// A noun and a verb.
    pub(super) action: &'static str,
    pub(super) subject: String,
    pub(super) detail: serde_json::Value,
}

/// One that is of no site, but of the whole workspace.
#[derive(Debug)]
pub(super) struct OfWorkspace<'c> {
    pub(super) workspace: i64,
    pub(super) by: By<'c>,
    /// As of a [`Change`].
    pub(super) action: &'static str,
    pub(super) subject: String,
    pub(super) detail: serde_json::Value,
}

/// A change as a row: the statement, and what it is bound to.
pub(super) struct Noted<'c> {
    pub(super) insert: &'static str,
    pub(super) tenant: i64,
    pub(super) by: By<'c>,
    pub(super) action: &'static str,
    pub(super) subject: &'c str,
    pub(super) detail: String,
}

impl Change<'_> {
    /// Whose rows its transaction is about.
    pub(super) fn access(&self) -> Access {
        Access::Site(self.site_id)
    }

    pub(super) fn row(&self) -> Noted<'_> {
        Noted {
            insert: INSERT,
            tenant: self.site_id,
            by: By {
                actor: self.actor,
                now: self.at,
            },
            action: self.action,
            subject: &self.subject,
            detail: self.detail.to_string(),
        }
    }
}

impl OfWorkspace<'_> {
    /// Whose rows its transaction is about: of no site's.
    pub(super) fn access(&self) -> Access {
        Access::EverySite
    }

    pub(super) fn row(&self) -> Noted<'_> {
        Noted {
            insert: include_str!("sql/audit/insert_of_workspace.sql"),
            tenant: self.workspace,
            by: self.by,
            action: self.action,
            subject: &self.subject,
            detail: self.detail.to_string(),
        }
    }
}

/// Notes a change within the transaction that makes it.
macro_rules! note {
    ($transaction:expr, $change:expr) => {{
        let change = $change;
        let row = change.row();
        sqlx::query(row.insert)
            .bind(row.tenant)
            .bind(uuid::Uuid::now_v7())
            .bind(row.by.now)
            .bind(row.by.actor)
            .bind(row.action)
            .bind(row.subject)
            .bind($crate::store::rows::JsonText(&row.detail))
            .execute(&mut *$transaction)
            .await?;
    }};
}
pub(super) use note;

/// Runs a statement that changes something, and if it did, those that belong to it, and notes the change, all in one
/// transaction. Says whether it did.
macro_rules! noted {
    ($store:expr, $change:expr, $query:expr $(, $more:expr)* $(,)?) => {{
        let change = &$change;
        $crate::store::on!($store, write, |pool| {
            let mut transaction = pool.begin().await?;
            $crate::store::wall::Narrow::narrow(
                &mut *transaction,
                change.access(),
            )
            .await?;
            let done = $query.execute(&mut *transaction).await?.rows_affected() > 0;
            if done {
                $($more.execute(&mut *transaction).await?;)*
                $crate::store::audit::note!(transaction, change);
            }
            transaction.commit().await?;
            done
        })
    }};
}
pub(super) use noted;

/// A change as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow, utoipa::ToSchema)]
pub struct Audited {
    /// The site of which it was changed; none for what is of the whole workspace.
    #[sqlx(rename = "site_id")]
    pub site: Option<i64>,
    /// Its id.
    pub id: Uuid,
    /// When, by the collector's clock.
    pub at: i64,
    /// Who: `user:` and the number of a login, `api_key:` and that of a key, or `cli` for a command of the command line.
    pub actor: String,
    /// What, such as `persons.merge`.
    pub action: String,
    /// To whom or what.
    pub subject: String,
    /// The rest: the JSON text of an object. Readers get the object.
    #[serde(serialize_with = "object")]
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    pub detail: String,
}

fn object<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::from_str::<&serde_json::value::RawValue>(text)
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

impl Store {
    /// What was changed of a site by hand, latest first. `cursor` is what the page before gave, `None` for the first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn audited(
        &self,
        site_id: i64,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Audited>, StoreError> {
        let list = include_str!("sql/audit/list.sql");
        self.noted_in(list, site_id, Some(site_id), cursor, limit)
            .await
    }

    /// What was changed of a workspace and of all of its sites by hand, latest first. Cursors as of [`Store::audited`].
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn audited_of_workspace(
        &self,
        workspace: i64,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Audited>, StoreError> {
        let list = include_str!("sql/audit/list_of_workspace.sql");
        self.noted_in(list, workspace, None, cursor, limit).await
    }

    async fn noted_in(
        &self,
        list: &'static str,
        tenant: i64,
        site: Option<i64>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Audited>, StoreError> {
        let cursor = Cursor::read(cursor)?;
        let rows: Vec<Audited> = on!(self, read of site or every, |pool| {
            sqlx::query_as(list)
                .bind(tenant)
                .bind(cursor.at)
                .bind(cursor.id)
                .bind(i64::from(limit) + 1)
                .fetch_all(pool)
                .await
        })?;
        Ok(Page::cut(rows, limit, |row| Cursor {
            at: row.at,
            id: row.id,
            tie: Uuid::nil(),
        }))
    }
}
