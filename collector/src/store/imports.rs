//! Imports by the API: which go on, one at a time of a site, and what came of them. The files are not here; whichever collector
//! took one in has it, and tells from time to time that it is still there. Of one that does not, others conclude that it is gone.

use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::audit::{By, Change, noted};
use super::{Store, StoreError, on};

/// Without a sign of life for so long whoever had the file is gone. By clocks of several collectors, which differ a little.
pub(crate) const SILENT_MS: i64 = 20_000;
/// How many imports of a site are remembered, and for how long one that stored nothing is.
const REMEMBERED: i64 = 100;
const DRY_RUN_MS: i64 = 24 * 60 * 60 * 1000;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportState)]
pub enum State {
    /// Its file is on its way.
    Receiving,
    /// Rows are read.
    Running,
    /// All rows are dealt with.
    Done,
    /// It ended before its rows did; the report says why.
    Failed,
    /// Somebody ended it.
    Cancelled,
    /// The collector that had the file ended. The same file again goes on from there.
    Interrupted,
}

impl State {
    const ALL: [Self; 6] = [
        Self::Receiving,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
        Self::Interrupted,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}

/// An import as it begins.
#[derive(Debug, Clone)]
pub(crate) struct NewImport<'n> {
    pub(crate) site_id: i64,
    pub(crate) id: Uuid,
    pub(crate) kind: &'static str,
    pub(crate) dry_run: bool,
    pub(crate) file: Option<&'n str>,
    /// The JSON text of an object.
    pub(crate) report: &'n str,
}

/// How an import stands.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) state: State,
    pub(crate) bytes: u64,
    /// The JSON text of an object.
    pub(crate) report: String,
}

/// An import as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptImport {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) dry_run: bool,
    pub(crate) file: Option<String>,
    pub(crate) bytes: i64,
    pub(crate) state: State,
    /// The JSON text of an object.
    pub(crate) report: String,
    pub(crate) created_at: i64,
    pub(crate) created_by: String,
    pub(crate) ended_at: Option<i64>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    dry_run: bool,
    file: Option<String>,
    bytes: i64,
    state: String,
    report: String,
    created_at: i64,
    created_by: String,
    alive_at: i64,
    ended_at: Option<i64>,
}

impl Row {
    /// As it is at this moment, whoever has noted what since.
    fn read(self, now: i64) -> KeptImport {
        let is_silent = self.ended_at.is_none() && self.alive_at < now - SILENT_MS;
        let state = State::ALL
            .into_iter()
            .find(|state| state.as_str() == self.state && !is_silent);
        KeptImport {
            id: self.id,
            kind: self.kind,
            dry_run: self.dry_run,
            file: self.file,
            bytes: self.bytes,
            state: state.unwrap_or(State::Interrupted),
            report: self.report,
            created_at: self.created_at,
            created_by: self.created_by,
            ended_at: self.ended_at.or(is_silent.then_some(self.alive_at)),
        }
    }
}

fn change<'c>(
    site_id: i64,
    by: By<'c>,
    action: &'static str,
    id: Uuid,
    detail: serde_json::Value,
) -> Change<'c> {
    Change {
        site_id,
        at: by.now,
        actor: by.actor,
        action,
        subject: format!("import:{id}"),
        detail,
    }
}

impl Store {
    /// Notes that an import begins. False where another one of the site goes on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing began then.
    pub(crate) async fn begin_import(
        &self,
        new: &NewImport<'_>,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let site_id = new.site_id;
        on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/imports/lose.sql"))
                .bind(site_id)
                .bind(by.now - SILENT_MS)
                .execute(pool)
                .await?
                .rows_affected()
        });
        on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/imports/trim.sql"))
                .bind(site_id)
                .bind(by.now - DRY_RUN_MS)
                .bind(REMEMBERED)
                .execute(pool)
                .await?
                .rows_affected()
        });
        macro_rules! insert {
            () => {
                sqlx::query(include_str!("sql/imports/insert.sql"))
                    .bind(site_id)
                    .bind(new.id)
                    .bind(new.kind)
                    .bind(new.dry_run)
                    .bind(new.file)
                    .bind(new.report)
                    .bind(by.now)
                    .bind(by.actor)
            };
        }
        if new.dry_run {
            // It changes nothing that anybody would ask about afterwards.
            let begun = on!(self, write of site_id, |pool| {
                insert!().execute(pool).await?.rows_affected()
            });
            return Ok(begun > 0);
        }
        let detail = serde_json::json!({ "kind": new.kind });
        Ok(noted!(
            self,
            change(site_id, by, "imports.start", new.id, detail),
            insert!()
        ))
    }

    /// Says that an import goes on, and how it stands. Whether it is still wanted; not where others have given it up.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn import_goes_on(
        &self,
        site_id: i64,
        id: Uuid,
        standing: &Standing,
        now: i64,
    ) -> Result<bool, StoreError> {
        let unwanted: Option<(bool,)> = on!(self, write of site_id, |pool| {
            sqlx::query_as(include_str!("sql/imports/beat.sql"))
                .bind(site_id)
                .bind(id)
                .bind(now)
                .bind(standing.state.as_str())
                .bind(i64::try_from(standing.bytes).unwrap_or(i64::MAX))
                .bind(&standing.report)
                .fetch_optional(pool)
                .await?
        });
        Ok(matches!(unwanted, Some((false,))))
    }

    /// Notes how an import ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn end_import(
        &self,
        site_id: i64,
        id: Uuid,
        standing: &Standing,
        now: i64,
    ) -> Result<(), StoreError> {
        on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/imports/finish.sql"))
                .bind(site_id)
                .bind(id)
                .bind(now)
                .bind(standing.state.as_str())
                .bind(i64::try_from(standing.bytes).unwrap_or(i64::MAX))
                .bind(&standing.report)
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(())
    }

    /// Forgets an import of which the file did not come.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn drop_import(&self, site_id: i64, id: Uuid) -> Result<(), StoreError> {
        on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/imports/drop.sql"))
                .bind(site_id)
                .bind(id)
                .execute(pool)
                .await?
                .rows_affected()
        });
        Ok(())
    }

    /// The imports of a site, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn imports(
        &self,
        site_id: i64,
        now: i64,
    ) -> Result<Vec<KeptImport>, StoreError> {
        let rows: Vec<Row> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/imports/list.sql"))
                .bind(site_id)
                .fetch_all(pool)
                .await
        })?;
        Ok(rows.into_iter().map(|row| row.read(now)).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn import(
        &self,
        site_id: i64,
        id: Uuid,
        now: i64,
    ) -> Result<Option<KeptImport>, StoreError> {
        let row: Option<Row> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/imports/one.sql"))
                .bind(site_id)
                .bind(id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map(|row| row.read(now)))
    }

    /// Asks whoever has its file to end an import, or forgets one that has ended. Says whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub(crate) async fn cancel_or_forget_import(
        &self,
        site_id: i64,
        id: Uuid,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        on!(self, write of site_id, |pool| {
            sqlx::query(include_str!("sql/imports/lose.sql"))
                .bind(site_id)
                .bind(by.now - SILENT_MS)
                .execute(pool)
                .await?
                .rows_affected()
        });
        for (action, statement) in [
            ("imports.cancel", include_str!("sql/imports/cancel.sql")),
            ("imports.forget", include_str!("sql/imports/forget.sql")),
        ] {
            let done = noted!(
                self,
                change(site_id, by, action, id, serde_json::json!({})),
                sqlx::query(statement).bind(site_id).bind(id)
            );
            if done {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
