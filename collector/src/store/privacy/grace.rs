//! Erasures that can be taken back for a time.
//!
//! What such an erasure does to the tables is what any does, at once: random ids take the place of theirs, and what tells of them is
//! emptied. So nobody who reads finds the person, whatever they read, no total moves, and what arrives of them is dropped. Before, in
//! the same transaction, the rows are written down as they were (`pending_rows`), and so are the ids (`pending_ids`,
//! `pending_texts`). Nobody reads these but who takes the erasure back. When it is due they go, and with them the last that
//! tells of the person; the receipt is signed then.
//!
//! How it is taken back is [`super::restoring`]'s.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

use super::deleting::delete;
use super::erasing::{FORGETTING, Mode};
use super::receipt::Receipt;
use super::{Column, begin};
use crate::store::changes::tell_erased;
use crate::store::rows::JsonText;
use crate::store::sites::Site;
use crate::store::{Kind, Store, StoreError, audit, on};

/// An erasure that can still be taken back, without a word of whom it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PendingErasure)]
pub struct Pending {
    /// Its id.
    pub id: Uuid,
    /// What becomes of the rows.
    pub mode: Mode,
    /// When it was asked for, by the collector's clock.
    pub asked_at: i64,
    /// Until when it can be taken back.
    pub due_at: i64,
    /// Who asked.
    pub actor: String,
    /// Rows by table.
    pub rows: BTreeMap<String, i64>,
}

impl Pending {
    pub(super) fn new(
        mode: Mode,
        (asked_at, due_at): (i64, i64),
        actor: &str,
        rows: BTreeMap<String, i64>,
    ) -> Self {
        Self {
            id: Uuid::now_v7(),
            mode,
            asked_at,
            due_at,
            actor: actor.to_owned(),
            rows,
        }
    }
}

#[derive(FromRow)]
pub(super) struct Row {
    id: Uuid,
    mode: String,
    asked_at: i64,
    due_at: i64,
    actor: String,
    pub(super) person: String,
    counts: String,
}

impl Row {
    pub(super) fn pending(&self) -> Result<Pending, StoreError> {
        Ok(Pending {
            id: self.id,
            mode: Mode::of(&self.mode),
            asked_at: self.asked_at,
            due_at: self.due_at,
            actor: self.actor.clone(),
            rows: serde_json::from_str(&self.counts)
                .map_err(|error| StoreError::Internal(format!("pending_erasures: {error}")))?,
        })
    }
}

/// What changes of rows that several share, as `pending_rows` names it: the table, and which rows.
pub(super) const SHARED: [(&str, &str, &str); 4] = [
    (
        "shared accounts",
        "accounts",
        "account_id IN (
             SELECT own.account_id
             FROM visitor_accounts AS own
             WHERE own.site_id = $1 AND own.visitor_id IN {of visitor}
         )
         AND NOT EXISTS (
             SELECT 1
             FROM visitor_accounts AS other
             WHERE other.site_id = $1 AND other.account_id = accounts.account_id AND other.visitor_id NOT IN {of visitor}
         )",
    ),
    (
        "shared sessions",
        "sessions",
        "visitor_id IN {of shared} AND session_id IN {of seen}",
    ),
    ("shared visitors", "visitors", "visitor_id IN {of shared}"),
    (
        "shared interactions",
        "interactions",
        "id NOT IN {of contact} AND (email_hash IN {texts email} OR visitor_id IN {of visitor})",
    ),
];

/// A row as JSON text.
pub(super) fn written(kind: Kind, table: &str, columns: &[Column]) -> String {
    match kind {
        Kind::Postgres => format!("CAST(to_jsonb({table}) AS TEXT)"),
        Kind::Sqlite => {
            let own = columns.iter().filter(|column| column.table == table);
            let cells: Vec<String> = own
                .map(|column| {
                    let name = &column.column;
                    let value = if column.kind.eq_ignore_ascii_case("blob") {
                        format!("lower(hex({name}))")
                    } else {
                        name.clone()
                    };
                    format!("'{name}', CASE WHEN {name} IS NOT NULL THEN {value} END")
                })
                .collect();
            format!("json_object({})", cells.join(", "))
        }
    }
}

/// Rows of a table have so many places.
const PLACES: i64 = 1_000_000_000;

/// Writes down rows and ids as they are before an erasure, in its transaction.
macro_rules! keep {
    ($transaction:expr, $kind:expr, $site_id:expr, $pending:expr, $person:expr, $columns:expr) => {{
        let (kind, site_id, pending): ($crate::store::Kind, i64, &Pending) =
            ($kind, $site_id, $pending);
        let own = PERSONAL
            .iter()
            .map(|table| (table.name, table.name, table.own));
        for (place, (name, table, own)) in
            own.chain($crate::store::privacy::grace::SHARED).enumerate()
        {
            let text = format!(
                "INSERT INTO pending_rows (site_id, erasure_id, place, name, was)
                 SELECT $1, $2, $3 + ROW_NUMBER() OVER (), '{name}', {}
                 FROM {table}
                 WHERE site_id = $1 AND {own}",
                $crate::store::privacy::grace::written(kind, table, $columns),
            );
            sqlx::query(statement(kind, &text))
                .bind(site_id)
                .bind(pending.id)
                .bind($crate::store::privacy::grace::place(place))
                .execute(&mut *$transaction)
                .await?;
        }
        for text in [
            include_str!("../sql/privacy/keep_ids.sql"),
            include_str!("../sql/privacy/keep_texts.sql"),
        ] {
            sqlx::query(text)
                .bind(site_id)
                .bind(pending.id)
                .execute(&mut *$transaction)
                .await?;
        }
        let counts = serde_json::to_string(&pending.rows)
            .map_err(|error| StoreError::Internal(error.to_string()))?;
        sqlx::query(include_str!("../sql/privacy/insert_pending.sql"))
            .bind(site_id)
            .bind(pending.id)
            .bind(pending.mode.as_str())
            .bind(pending.asked_at)
            .bind(pending.due_at)
            .bind(&pending.actor)
            .bind($person)
            .bind(&counts)
            .execute(&mut *$transaction)
            .await?;
    }};
}
pub(super) use keep;

pub(super) fn place(table: usize) -> i64 {
    i64::try_from(table).unwrap_or(0) * PLACES
}

/// Takes an erasure, its ids in the place of those of before, in a transaction; leaves it where there is none.
macro_rules! take {
    ($transaction:expr, $kind:expr, $site_id:expr, $id:expr) => {{
        if $kind == Kind::Postgres {
            sqlx::query(include_str!("../sql/privacy/lock.postgres.sql"))
                .execute(&mut *$transaction)
                .await?;
        }
        let row: Option<Row> = sqlx::query_as(include_str!("../sql/privacy/take_pending.sql"))
            .bind($site_id)
            .bind($id)
            .fetch_optional(&mut *$transaction)
            .await?;
        let Some(row) = row else {
            $transaction.rollback().await?;
            return Ok(None);
        };
        for text in [
            include_str!("../sql/privacy/take_ids.sql"),
            include_str!("../sql/privacy/take_texts.sql"),
        ] {
            sqlx::query(text)
                .bind($site_id)
                .bind($id)
                .execute(&mut *$transaction)
                .await?;
        }
        row
    }};
}

pub(super) use take;

/// Forgets what was kept of an erasure, and notes its end.
macro_rules! forget {
    ($transaction:expr, $site_id:expr, $id:expr, $noted:expr) => {{
        for text in [
            "DELETE FROM pending_rows WHERE site_id = $1 AND erasure_id = $2",
            "DELETE FROM pending_ids WHERE site_id = $1 AND erasure_id = $2",
            "DELETE FROM pending_texts WHERE site_id = $1 AND erasure_id = $2",
        ] {
            sqlx::query(text)
                .bind($site_id)
                .bind($id)
                .execute(&mut *$transaction)
                .await?;
        }
        for text in FORGETTING {
            sqlx::query(text)
                .bind($site_id)
                .execute(&mut *$transaction)
                .await?;
        }
        let (audit_id, now, actor, action, subject, detail): (
            Uuid,
            i64,
            &str,
            &str,
            String,
            String,
        ) = $noted;
        sqlx::query(audit::INSERT)
            .bind($site_id)
            .bind(audit_id)
            .bind(now)
            .bind(actor)
            .bind(action)
            .bind(&subject)
            .bind(JsonText(&detail))
            .execute(&mut *$transaction)
            .await?;
    }};
}

pub(super) use forget;

impl Store {
    /// Days for which an erasure can be taken back where nobody says how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn grace_days(&self, site_id: i64) -> Result<i64, StoreError> {
        let days: Option<(i64,)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("../sql/privacy/grace_days.sql"))
                .bind(site_id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(days.map_or(0, |(days,)| days))
    }

    /// Sets them, and notes it in the audit log.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_grace_days(
        &self,
        site_id: i64,
        days: i64,
        actor: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let change = audit::Change {
            site_id,
            at: now,
            actor,
            action: "erasures.grace",
            subject: format!("site:{site_id}"),
            detail: serde_json::json!({ "grace_days": days }),
        };
        audit::noted!(
            self,
            change,
            sqlx::query(include_str!("../sql/privacy/set_grace_days.sql"))
                .bind(site_id)
                .bind(days)
        );
        Ok(())
    }

    /// A site's erasures that can still be taken back, the next due first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn pending_erasures(&self, site_id: i64) -> Result<Vec<Pending>, StoreError> {
        let rows: Vec<Row> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("../sql/privacy/list_pending.sql"))
                .bind(site_id)
                .fetch_all(pool)
                .await
        })?;
        rows.iter().map(Row::pending).collect()
    }

    /// Erasures of all sites that are due: site and id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn due_erasures(&self, now: i64) -> Result<Vec<(i64, Uuid)>, StoreError> {
        Ok(on!(self, read of every site, |pool| {
            sqlx::query_as(include_str!("../sql/privacy/due_pending.sql"))
                .bind(now)
                .fetch_all(pool)
                .await
        })?)
    }

    /// Ends an erasure for good, and gives the receipt; none where it has ended or was taken back.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub async fn finish_erasure(
        &self,
        site: &Site,
        id: Uuid,
        now: i64,
    ) -> Result<Option<Receipt>, StoreError> {
        let (kind, site_id) = (self.kind(), site.id);
        let key = self.make_privacy_key(site_id, now).await?;
        on!(self, write, |pool| {
            let mut transaction = pool.begin_with(begin(kind)).await?;
            let row = take!(transaction, kind, site_id, id);
            let pending = row.pending()?;
            if pending.mode == Mode::Delete {
                let nobody = std::iter::empty::<(Uuid, Uuid)>();
                tell_erased!(transaction, kind, site_id, nobody);
                // It turns the ids itself.
                for text in [
                    include_str!("../sql/privacy/swap_ids.sql"),
                    include_str!("../sql/privacy/swap_texts.sql"),
                ] {
                    sqlx::query(text)
                        .bind(site_id)
                        .execute(&mut *transaction)
                        .await?;
                }
                delete!(transaction, kind, site);
            }
            let receipt =
                Receipt::sign(&key, site_id, now, row.person, pending.mode, pending.rows)?;
            let detail = serde_json::to_string(&receipt)
                .map_err(|error| StoreError::Internal(error.to_string()))?;
            let noted = (
                receipt.receipt,
                now,
                pending.actor.as_str(),
                "persons.erase",
                format!("receipt:{}", receipt.receipt),
                detail,
            );
            forget!(transaction, site_id, id, noted);
            transaction.commit().await?;
            Ok(Some(receipt))
        })
    }
}
