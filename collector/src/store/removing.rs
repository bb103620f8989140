//! Removing a demo site: every row of it, a slice to a transaction, and the site itself last.
//!
//! ```text
//! rows of every table with a site_id ─ slice by slice ─► the site, with its line in the audit log ─► what came meanwhile
//! ```
//!
//! The tables are those that the database itself names, so a new one cannot be forgotten. Whoever is interrupted leaves a demo with
//! fewer rows, which can be removed again. A site with rows of real visitors is none of these statements' business: the site has
//! to be a demo in the statement that removes it, and in the one question before the first slice.
//!
//! What stays are the rows by which every collector learns that something changed: they are counted on over all sites, and whoever
//! took the last one away would give its number out again. They hold definitions and keyed hashes, and nobody.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::AssertSqlSafe;

use super::audit::{By, OfWorkspace, noted};
use super::dump::{POSTGRES_COLUMNS, SQLITE_COLUMNS};
use super::sites::Site;
use super::wall::Access;
use super::{Database, Kind, Store, StoreError, on};

/// Rows of a transaction.
const ROWS: i64 = 2_000;
/// How often a slice is tried again that somebody else was in the way of.
const TRIES: u32 = 10;
/// The column by which collectors learn of what changed.
const COUNTED_ON: &str = "generation";
/// Without it hashes of erased ids cannot be read.
const KEYS: &str = "privacy_keys";

impl Store {
    /// Removes a demo site with everything of it. False where there is none with this id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; what was removed until then stays so, and it can be asked for again.
    pub async fn remove_demo(&self, site: &Site, by: By<'_>) -> Result<bool, StoreError> {
        let is_demo = self.site(site.id).await?.is_some_and(|site| site.is_demo);
        if !is_demo {
            return Ok(false);
        }
        let slices = self.removals().await?;
        self.empty(site.id, &slices).await?;
        let change = OfWorkspace {
            workspace: site.workspace,
            by,
            action: "sites.remove",
            subject: format!("site:{}", site.id),
            detail: serde_json::json!({}),
        };
        let removed = noted!(
            self,
            change,
            sqlx::query(include_str!("sql/sites/remove_demo.sql")).bind(site.id)
        );
        // Whoever works beside requests may have kept something of it until now.
        self.empty(site.id, &slices).await?;
        Ok(removed)
    }

    async fn empty(&self, site_id: i64, slices: &[String]) -> Result<(), StoreError> {
        let remove = async |slice: &String| -> Result<u64, StoreError> {
            Ok(on!(self, write of site_id, |pool| {
                sqlx::query(AssertSqlSafe(slice.clone()))
                    .bind(site_id)
                    .bind(ROWS)
                    .execute(pool)
                    .await?
                    .rows_affected()
            }))
        };
        for slice in slices {
            let mut tries = 0;
            loop {
                match remove(slice).await {
                    Ok(0) => break,
                    Ok(_) => tries = 0,
                    // Whoever works beside requests has rows of the slice too, and went first.
                    Err(StoreError::Conflict(_)) if tries < TRIES => tries += 1,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// For each table the statement that removes some rows of a site.
    async fn removals(&self) -> Result<Vec<String>, StoreError> {
        let columns: Vec<(String, String, String)> = match self.database() {
            Database::Sqlite { read, .. } => sqlx::query_as(SQLITE_COLUMNS).fetch_all(read).await?,
            Database::Postgres { read, .. } => {
                let mut reader = read.of(Access::Nothing).await?;
                sqlx::query_as(POSTGRES_COLUMNS)
                    .fetch_all(&mut *reader)
                    .await?
            }
        };
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (table, column, _) in columns {
            tables.entry(table).or_default().insert(column);
        }
        let is_emptied = |table: &str, columns: &BTreeSet<String>| {
            columns.contains("site_id") && !columns.contains(COUNTED_ON) && table != KEYS
        };
        tables.retain(|table, columns| is_emptied(table, columns));
        let mut slices = Vec::with_capacity(tables.len());
        for table in tables.into_keys() {
            let key = self.row_key(&table).await?;
            slices.push(format!(
                "DELETE FROM {table} WHERE site_id = $1 AND ({key}) IN (SELECT {key} FROM {table} WHERE site_id = $1 LIMIT $2)"
            ));
        }
        Ok(slices)
    }

    /// What tells a row of a table from the others.
    async fn row_key(&self, table: &str) -> Result<String, StoreError> {
        if self.kind() == Kind::Postgres {
            return Ok("ctid".to_owned());
        }
        let columns: Vec<(String,)> = on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("sql/sites/primary_key.sql"))
                .bind(table)
                .fetch_all(pool)
                .await
        })?;
        let names: Vec<String> = columns.into_iter().map(|(name,)| name).collect();
        Ok(match names.is_empty() {
            true => "rowid".to_owned(),
            false => names.join(", "),
        })
    }
}
