//! What was changed by hand: who did what to whom, and when. Rows are only ever added, each in the transaction of its
//! change.

use serde::{Serialize, Serializer};
use sqlx::FromRow;
use uuid::Uuid;

use super::page::{Cursor, Page};
use super::{Store, StoreError, on};

/// Notes a change.
pub(super) const INSERT: &str = include_str!("sql/audit/insert.sql");

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

/// Runs a statement that changes something, and if it did, those that belong to it, and notes the change, all in one
/// transaction. Says whether it did.
macro_rules! noted {
    ($store:expr, $change:expr, $query:expr $(, $more:expr)* $(,)?) => {{
        let change: &$crate::store::audit::Change<'_> = &$change;
        let detail = change.detail.to_string();
        $crate::store::on!($store, write, |pool| {
            let mut transaction = pool.begin().await?;
            let done = $query.execute(&mut *transaction).await?.rows_affected() > 0;
            if done {
                $($more.execute(&mut *transaction).await?;)*
                sqlx::query($crate::store::audit::INSERT)
                    .bind(change.site_id)
                    .bind(uuid::Uuid::now_v7())
                    .bind(change.at)
                    .bind(change.actor)
                    .bind(change.action)
                    .bind(change.subject.as_str())
                    .bind($crate::store::rows::JsonText(&detail))
                    .execute(&mut *transaction)
                    .await?;
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
    /// Its id.
    pub id: Uuid,
    /// When, by the collector's clock.
    pub at: i64,
    /// Who: `user:` and the number of a login, or `cli` for a command of the command line.
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
        let cursor = Cursor::read(cursor)?;
        let rows: Vec<Audited> = on!(self, read, |pool| {
            sqlx::query_as(include_str!("sql/audit/list.sql"))
                .bind(site_id)
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
