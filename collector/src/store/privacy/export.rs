//! Everything that is stored of a person, as JSON Lines.
//!
//! ```text
//! {"waymark_export":1,"site_id":1,"ids":["user:42"],"shared":[],"made_at":1764000000000}
//! {"table":"events","row":{"id":"01975560-…","kind":"page_view",…}}
//! …
//! {"end":{"rows":4711}}
//! ```
//!
//! Tables and columns are those of the inventory, so none is forgotten when the schema grows. All of it is one moment's state. It is
//! put together in memory before the first line is given out, because nobody else writes on SQLite meanwhile.

use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::tables::PERSONAL;
use super::{Column, Holder, Subject, begin, gather, statement};
use crate::journey::Identity;
use crate::store::audit::By;
use crate::store::wall::{Access, Narrow};
use crate::store::{Kind, Store, StoreError, on};

/// The format that this describes.
const FORMAT: u32 = 1;

impl Store {
    /// Everything that is stored of a person, line by line, once the audit log says that it is given out. `None` where nobody has
    /// this id.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Unavailable`].
    pub async fn export_person(
        &self,
        site_id: i64,
        id: &Subject,
        by: By<'_>,
    ) -> Result<Option<Vec<String>>, StoreError> {
        self.knows_all().await?;
        let Some(holder) = self.holder(site_id, id).await? else {
            return Ok(None);
        };
        let kind = self.kind();
        let columns = self.inventory().await?;
        let ids: Vec<Identity> = holder.identities().map(|(old, _)| old).collect();
        let head = json!({
            "waymark_export": FORMAT, "site_id": site_id, "ids": ids, "shared": holder.shared, "made_at": by.now,
        });
        let lines = on!(self, write, |pool| {
            let mut transaction = pool.begin_with(begin(kind)).await?;
            transaction.narrow(Access::Site(site_id)).await?;
            gather!(transaction, kind, site_id, &holder);
            let mut lines = vec![head.to_string()];
            for table in PERSONAL {
                let own: Vec<&Column> = columns.iter().filter(|c| c.table == table.name).collect();
                let cells: Vec<String> = own.iter().map(|column| cell(kind, column)).collect();
                let array = match kind {
                    Kind::Sqlite => "json_array",
                    Kind::Postgres => "json_build_array",
                };
                let text = format!(
                    "SELECT CAST({array}({}) AS TEXT) FROM {} WHERE site_id = $1 AND {}",
                    cells.join(", "),
                    table.name,
                    table.exported()
                );
                let rows: Vec<(String,)> = sqlx::query_as(statement(kind, &text))
                    .bind(site_id)
                    .fetch_all(&mut *transaction)
                    .await?;
                for (row,) in rows {
                    lines.push(line(table.name, &own, &row)?);
                }
            }
            transaction.rollback().await?;
            let rows = lines.len() - 1;
            lines.push(json!({ "end": { "rows": rows } }).to_string());
            lines
        });
        let subject = match id {
            Subject::Id(id) => id.to_string(),
            // The log names no address, also not by its hash.
            Subject::Email(_) => {
                let known = ids.first().map(Identity::to_string);
                known.unwrap_or_else(|| "email".to_owned())
            }
        };
        let detail = json!({ "rows": lines.len() - 2 });
        self.note_export(site_id, "persons.export", subject, detail, by)
            .await?;
        Ok(Some(lines))
    }
}

/// How a value is selected.
fn cell(kind: Kind, column: &Column) -> String {
    let name = format!("\"{}\"", column.column);
    match (kind, column.kind.to_ascii_lowercase().as_str()) {
        (Kind::Sqlite, "blob") => {
            format!("CASE WHEN {name} IS NOT NULL THEN lower(hex({name})) END")
        }
        (Kind::Postgres, "uuid" | "jsonb") => format!("CAST({name} AS TEXT)"),
        _ => name,
    }
}

/// Columns of JSON text on SQLite.
const DOCUMENTS: [&str; 4] = ["props", "labels", "detail", "click_ids"];

/// A row, given as an array of its columns.
fn line(table: &str, columns: &[&Column], row: &str) -> Result<String, StoreError> {
    let broken = |error: serde_json::Error| StoreError::Internal(format!("{table}: {error}"));
    let cells: Vec<&RawValue> = serde_json::from_str(row).map_err(broken)?;
    let mut object = Map::new();
    for (column, cell) in columns.iter().zip(cells) {
        let value: Json = serde_json::from_str(cell.get()).map_err(broken)?;
        let kind = column.kind.to_ascii_lowercase();
        let value = match value {
            Json::String(text) if kind == "blob" => {
                let id: Option<Uuid> = text.parse().ok();
                id.map_or(Json::String(text), |id| json!(id))
            }
            Json::String(text) if DOCUMENTS.contains(&column.column.as_str()) => {
                serde_json::from_str(&text).unwrap_or(Json::String(text))
            }
            Json::Number(flag) if kind == "boolean" => Json::Bool(flag.as_i64() != Some(0)),
            value => value,
        };
        object.insert(column.column.clone(), value);
    }
    Ok(json!({ "table": table, "row": object }).to_string())
}
