//! Taking an erasure back: rows and ids are what they were, but for what is not there any more as the erasure left it. That went for
//! its age meanwhile and has been counted as gone, or was taken by another erasure, say of a browser that several people used
//! and of one of them: what was erased for good stays so. Rows that several share went on living; of these only what still is as
//! the erasure left it is put back.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value as Json;
use uuid::Uuid;

use super::erasing::FORGETTING;
use super::grace::{Pending, Row, forget, take};
use super::tables::PERSONAL;
use super::{Column, begin, statement};
use crate::journey::Identity;
use crate::store::changes::tell_erased;
use crate::store::erased::{email_key, user_key};
use crate::store::rows::JsonText;
use crate::store::sites::Site;
use crate::store::{Kind, Store, StoreError, audit, on};

/// Rows of a table that holds what several share: they are changed in an erasure, and go on living meanwhile.
#[derive(Deserialize)]
struct Shared {
    visitor_id: Option<String>,
    session_id: Option<String>,
    id: Option<String>,
    first_item: Option<String>,
    entry_item: Option<String>,
    exit_item: Option<String>,
    entry_url: Option<String>,
    exit_url: Option<String>,
    click_ids: Option<String>,
    landing_url: Option<String>,
    referrer: Option<String>,
    ip: Option<String>,
    email_hash: Option<String>,
}

/// The statement that puts a row back, which is its first parameter.
fn put_back(kind: Kind, table: &str, columns: &[Column]) -> String {
    // Those that the database makes of others are not among them.
    let own: Vec<&Column> = columns.iter().filter(|c| c.table == table).collect();
    let names: Vec<&str> = own.iter().map(|column| column.column.as_str()).collect();
    let names = names.join(", ");
    match kind {
        Kind::Postgres => format!(
            "INSERT INTO {table} ({names})
             SELECT {names}
             FROM jsonb_populate_record(CAST(NULL AS {table}), CAST($1 AS JSONB))
             ON CONFLICT DO NOTHING"
        ),
        Kind::Sqlite => {
            let cells: Vec<String> = own
                .iter()
                .map(|column| {
                    let cell = format!("json_extract($1, '$.{}')", column.column);
                    if column.kind.eq_ignore_ascii_case("blob") {
                        format!("unhex({cell})")
                    } else {
                        cell
                    }
                })
                .collect();
            format!(
                "INSERT INTO {table} ({names}) SELECT {} WHERE TRUE ON CONFLICT DO NOTHING",
                cells.join(", ")
            )
        }
    }
}

/// What went meanwhile, in a transaction that has taken the erasure, before anything is put back.
macro_rules! gone {
    ($transaction:expr, $kind:expr, $site_id:expr) => {{
        let mut gone = Gone::default();
        for (name, columns) in COUNTERPARTS {
            let Some(table) = PERSONAL.iter().find(|table| table.name == name) else {
                continue;
            };
            for (column, of) in columns {
                let ids = match *of {
                    USER | ORDER => "erasing_texts",
                    _ => "erasing_ids",
                };
                let text = format!(
                    "SELECT fresh FROM {ids}
                     WHERE site_id = $1 AND kind = '{of}' AND old NOT IN (
                         SELECT {column} FROM {name} WHERE site_id = $1 AND {} AND {column} IS NOT NULL
                     )",
                    table.own
                );
                let query = statement($kind, &text);
                let found: HashSet<String> = match *of {
                    USER | ORDER => {
                        let rows: Vec<(String,)> = sqlx::query_as(query)
                            .bind($site_id)
                            .fetch_all(&mut *$transaction)
                            .await?;
                        rows.into_iter().map(|(text,)| plain(&text)).collect()
                    }
                    _ => {
                        let rows: Vec<(Uuid,)> = sqlx::query_as(query)
                            .bind($site_id)
                            .fetch_all(&mut *$transaction)
                            .await?;
                        rows.into_iter().map(|(id,)| id.simple().to_string()).collect()
                    }
                };
                gone.ids.insert((name, *column), found);
            }
        }
        let browsers: Vec<(Uuid,)> = sqlx::query_as(
            "SELECT fresh FROM erasing_ids
             WHERE site_id = $1 AND kind IN ('visitor', 'shared') AND old NOT IN (
                 SELECT visitor_id FROM visitors WHERE site_id = $1
             )",
        )
        .bind($site_id)
        .fetch_all(&mut *$transaction)
        .await?;
        gone.browsers = browsers.into_iter().map(|(id,)| id.simple().to_string()).collect();
        gone
    }};
}

impl Store {
    /// Takes an erasure back: rows and ids are what they were, but for what went for its age meanwhile. None where it has ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub async fn restore_erasure(
        &self,
        site: &Site,
        id: Uuid,
        actor: &str,
        now: i64,
    ) -> Result<Option<Pending>, StoreError> {
        let (kind, site_id) = (self.kind(), site.id);
        let columns = self.inventory().await?;
        let key = self.make_privacy_key(site_id, now).await?;
        let restored = on!(self, write, |pool| {
            let mut transaction = pool.begin_with(begin(kind)).await?;
            let row = take!(transaction, kind, site_id, id);
            let pending = row.pending()?;
            // Ids of now stand in the place of those of before.
            let browsers: Vec<(Uuid, Uuid)> = sqlx::query_as(
                "SELECT old, fresh FROM erasing_ids WHERE site_id = $1 AND kind = 'visitor'",
            )
            .bind(site_id)
            .fetch_all(&mut *transaction)
            .await?;
            let gone = gone!(transaction, kind, site_id);
            let texts: Vec<(String, String, String)> =
                sqlx::query_as(include_str!("../sql/privacy/kept_texts.sql"))
                    .bind(site_id)
                    .bind(id)
                    .fetch_all(&mut *transaction)
                    .await?;

            for text in TURNING {
                sqlx::query(statement(kind, text))
                    .bind(site_id)
                    .execute(&mut *transaction)
                    .await?;
            }
            for table in PERSONAL {
                let text = format!(
                    "DELETE FROM {} WHERE site_id = $1 AND {}",
                    table.name, table.own
                );
                sqlx::query(statement(kind, &text))
                    .bind(site_id)
                    .execute(&mut *transaction)
                    .await?;
            }
            let mut after = -1_i64;
            loop {
                let rows: Vec<(i64, String, String)> =
                    sqlx::query_as(include_str!("../sql/privacy/kept_rows.sql"))
                        .bind(site_id)
                        .bind(id)
                        .bind(after)
                        .bind(ROWS)
                        .fetch_all(&mut *transaction)
                        .await?;
                let Some((last, ..)) = rows.last() else {
                    break;
                };
                after = *last;
                for (_, name, was) in &rows {
                    match name.strip_prefix("shared ") {
                        None | Some("accounts") => {
                            let table = name.strip_prefix("shared ").unwrap_or(name);
                            if gone.has(table, was)? {
                                continue;
                            }
                            sqlx::query(sqlx::AssertSqlSafe(put_back(kind, table, &columns)))
                                .bind(was)
                                .execute(&mut *transaction)
                                .await?;
                        }
                        Some(table) => {
                            let was: Shared = serde_json::from_str(was).map_err(|error| {
                                StoreError::Internal(format!("pending_rows: {error}"))
                            })?;
                            let query = match table {
                                "sessions" => {
                                    sqlx::query(include_str!("../sql/privacy/restore_session.sql"))
                                        .bind(site_id)
                                        .bind(id_of(&was.visitor_id))
                                        .bind(id_of(&was.session_id))
                                        .bind(id_of(&was.first_item))
                                        .bind(id_of(&was.entry_item))
                                        .bind(id_of(&was.exit_item))
                                        .bind(was.click_ids)
                                        .bind(was.landing_url)
                                        .bind(was.referrer)
                                        .bind(was.entry_url)
                                        .bind(was.exit_url)
                                        .bind(was.ip)
                                }
                                "visitors" => {
                                    sqlx::query(include_str!("../sql/privacy/restore_visitor.sql"))
                                        .bind(site_id)
                                        .bind(id_of(&was.visitor_id))
                                        .bind(id_of(&was.first_item))
                                        .bind(was.click_ids)
                                        .bind(was.landing_url)
                                        .bind(was.referrer)
                                }
                                _ => sqlx::query(include_str!(
                                    "../sql/privacy/restore_interaction.sql"
                                ))
                                .bind(site_id)
                                .bind(id_of(&was.id))
                                .bind(was.email_hash)
                                .bind(id_of(&was.visitor_id)),
                            };
                            query.execute(&mut *transaction).await?;
                        }
                    }
                }
            }
            tell_erased!(transaction, kind, site_id, browsers.iter().copied());
            let browsers = browsers
                .iter()
                .map(|(_, before)| Identity::Visitor(*before).key());
            let known = texts
                .iter()
                .filter_map(|(kind, old, _)| match kind.as_str() {
                    "user" => Some(user_key(old)),
                    "email" => Some(email_key(old)),
                    _ => None,
                });
            for text in browsers.chain(known) {
                let hash = key.sign(&text)?;
                sqlx::query(include_str!("../sql/privacy/delete_erased.sql"))
                    .bind(site_id)
                    .bind(&hash)
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query(include_str!("../sql/privacy/take_back_erased.sql"))
                    .bind(site_id)
                    .bind(format!("-{hash}"))
                    .execute(&mut *transaction)
                    .await?;
            }
            let detail = serde_json::to_string(&pending)
                .map_err(|error| StoreError::Internal(error.to_string()))?;
            let noted = (
                Uuid::now_v7(),
                now,
                actor,
                "persons.restore",
                format!("erasure:{id}"),
                detail,
            );
            forget!(transaction, site_id, id, noted);
            transaction.commit().await?;
            Ok::<Option<Pending>, StoreError>(Some(pending))
        })?;
        self.refresh_stages().await?;
        self.touched().look();
        Ok(restored)
    }
}

/// Rows that are read at a time.
const ROWS: i64 = 500;

/// What turns back in rows that several share.
const TURNING: [&str; 3] = [
    include_str!("../sql/privacy/accounts_traits.sql"),
    include_str!("../sql/privacy/turn_sessions.sql"),
    include_str!("../sql/privacy/turn_visitors.sql"),
];

fn id_of(text: &Option<String>) -> Option<Uuid> {
    text.as_ref().and_then(|text| text.parse().ok())
}

/// By which ids rows of a table are found to be there as the erasure left them: column, and kind of the ids that replace others.
const COUNTERPARTS: [(&str, &[(&str, &str)]); 12] = [
    ("events", &[("id", "item")]),
    ("page_views", &[("id", "item")]),
    ("sessions", &[("session_id", "session")]),
    ("visitors", &[("visitor_id", "visitor")]),
    ("milestones", &[("visitor_id", "visitor")]),
    ("first_events", &[("visitor_id", "visitor")]),
    ("consents", &[("item_id", "item")]),
    ("visitor_users", &[("user_id", USER)]),
    ("tab_sequences", &[("tab_id", "tab")]),
    ("refunds", &[("item_id", "item"), ("order_key", ORDER)]),
    ("orders", &[("order_key", ORDER)]),
    ("interactions", &[("id", "contact")]),
];
/// Kinds of ids that are texts.
const USER: &str = "user";
const ORDER: &str = "order";

/// Ids of rows that are not there any more as the erasure left them: they went for their age, or another erasure has taken them.
#[derive(Default)]
struct Gone {
    /// By table and column, those of before as they are written in a row.
    ids: HashMap<(&'static str, &'static str), HashSet<String>>,
    browsers: HashSet<String>,
}

impl Gone {
    /// Whether a row, which is written down as it was, went meanwhile.
    fn has(&self, table: &str, was: &str) -> Result<bool, StoreError> {
        let row: Json = serde_json::from_str(was)
            .map_err(|error| StoreError::Internal(format!("pending_rows: {error}")))?;
        let is_one = |column: &str, ids: &HashSet<String>| {
            let id = row[column].as_str();
            id.is_some_and(|id| ids.contains(&plain(id)))
        };
        Ok(is_one("visitor_id", &self.browsers)
            || self
                .ids
                .iter()
                .any(|((of, column), ids)| *of == table && is_one(column, ids)))
    }
}

/// An id as both databases write it into a row, or another text.
fn plain(text: &str) -> String {
    match text.parse::<Uuid>() {
        Ok(id) => id.simple().to_string(),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn whatever_stays_under_other_ids_is_looked_for_by_one_of_them() {
        // Rows that are looked at one by one stand for themselves: a log, and what links people.
        let staying = PERSONAL.iter().filter(|table| table.erasing().is_some());
        let staying = staying.filter(|table| !table.is_deleted());
        let known: BTreeSet<&str> = COUNTERPARTS.into_iter().map(|(name, _)| name).collect();
        assert_eq!(known, staying.map(|table| table.name).collect());
        for (name, columns) in COUNTERPARTS {
            let table = PERSONAL.iter().find(|table| table.name == name).unwrap();
            for (column, _) in columns {
                assert!(table.replaced.contains(column), "{name}.{column}");
            }
        }
    }

    #[test]
    fn an_id_is_the_same_in_both_databases_rows() {
        assert_eq!(
            plain("0190F3A1-0000-7000-8000-00000000000A"),
            plain("0190f3a100007000800000000000000a")
        );
        assert_eq!(plain("ann"), "ann");
    }
}
