//! A table on both sides, and the statements that compare and copy its rows. A row is the JSON array of its cells, as in a
//! backup, with the columns in the order of the source on both sides.

use std::collections::BTreeMap;

use super::MoveError;
use crate::store::Kind;
use crate::store::dump::catalog::{Catalog, Column, Table, array};
use crate::store::dump::connection::Connection;

/// What is of processes that run, and sums that are counted anew wherever the rows are: not copied. Unlike a backup, a move takes
/// the secrets of destinations along: afterwards there is one collector, as before.
pub(super) const LEFT_OUT: [&str; 5] = [
    "changes",
    "rollups",
    "rollup_marks",
    "rollup_hours",
    "rollup_touches",
];

/// A table on both sides.
pub(super) struct Pair {
    pub(super) name: String,
    /// Whether foreign keys tie it to others. Such a table holds what people set up, has few rows, and goes whole, together with
    /// the others that are tied.
    pub(super) is_bound: bool,
    source: Table,
    target: Table,
    kinds: (Kind, Kind),
    /// The places of the columns that make a row the only one.
    key: Vec<usize>,
    /// The places of cells that hold JSON, which each database writes in its own way.
    json: Vec<usize>,
}

impl Pair {
    /// Every table, those that others refer to first. Both schemas have to be of one version.
    pub(super) async fn all(
        source: &mut Connection,
        target: &mut Connection,
    ) -> Result<Vec<Self>, MoveError> {
        let kinds = (source.kind(), target.kind());
        let keys = keys(source).await?;
        let mut there: BTreeMap<String, Table> = Catalog::read(target, &LEFT_OUT)
            .await?
            .into_tables()
            .into_iter()
            .map(|table| (table.name.clone(), table))
            .collect();
        let mut pairs = Vec::new();
        for table in Catalog::read(source, &LEFT_OUT).await?.into_tables() {
            let pair = there
                .remove(&table.name)
                .and_then(|target| Self::of(table, target, kinds, &keys));
            // What the two cannot say to each other is a schema that was changed by hand, or a defect.
            pairs.push(pair.ok_or(MoveError::Unlike)?);
        }
        if there.is_empty() {
            Ok(pairs)
        } else {
            Err(MoveError::Unlike)
        }
    }

    fn of(
        source: Table,
        mut target: Table,
        kinds: (Kind, Kind),
        keys: &BTreeMap<String, Vec<String>>,
    ) -> Option<Self> {
        let place = |name: &str| source.columns.iter().position(|own| own.name == name);
        if source.columns.len() != target.columns.len() {
            return None;
        }
        let mut places: Vec<(usize, Column)> = Vec::new();
        for column in std::mem::take(&mut target.columns) {
            places.push((place(&column.name)?, column));
        }
        places.sort_by_key(|(place, _)| *place);
        target.columns = places.into_iter().map(|(_, column)| column).collect();
        let key: Option<Vec<usize>> = keys
            .get(&source.name)?
            .iter()
            .map(|name| place(name))
            .collect();
        let both = source.columns.iter().zip(&target.columns);
        let json = both
            .enumerate()
            .filter(|(_, (here, there))| here.is_json() || there.is_json())
            .map(|(place, _)| place)
            .collect();
        Some(Self {
            name: source.name.clone(),
            is_bound: source.is_bound,
            key: key?,
            json,
            kinds,
            source,
            target,
        })
    }

    /// The places of the cells that hold JSON.
    pub(super) fn json(&self) -> &[usize] {
        &self.json
    }

    /// Every row of the source.
    pub(super) fn rows_here(&self) -> String {
        self.source.select(self.kinds.0)
    }

    /// Every row of the target.
    pub(super) fn rows_there(&self) -> String {
        self.target.select(self.kinds.1)
    }

    pub(super) fn count(&self) -> String {
        format!("SELECT COUNT(*) FROM \"{}\"", self.name)
    }

    /// The next rows of the source in the order of the key: after the one whose key is `$1`, or the first ones.
    pub(super) fn slice(&self, is_first: bool, rows: usize) -> String {
        let columns: Vec<&Column> = self.key_columns().collect();
        let names: Vec<String> = columns.iter().map(|column| column.quoted()).collect();
        let names = names.join(", ");
        let beyond = if is_first {
            String::new()
        } else {
            let kind = self.kinds.0;
            let given = match kind {
                Kind::Sqlite => "$1",
                Kind::Postgres => "$1::text::jsonb",
            };
            let cells = columns.iter().enumerate();
            let cells =
                cells.map(|(place, column)| column.read(kind, &format!("({given}) ->> {place}")));
            let cells = cells.collect::<Vec<_>>().join(", ");
            format!(" WHERE ({names}) > ({cells})")
        };
        format!("{}{beyond} ORDER BY {names} LIMIT {rows}", self.rows_here())
    }

    /// The source's rows of which the notes tell.
    pub(super) fn noted(&self) -> String {
        let row_key = match self.kinds.0 {
            Kind::Sqlite => "row_key",
            Kind::Postgres => "row_key::jsonb",
        };
        let noted =
            format!("SELECT DISTINCT {row_key} AS moving_key FROM moving_keys WHERE of_table = $1");
        self.joined(&self.source, self.kinds.0, &noted, |in_key, _| in_key)
    }

    /// Inserts rows into the target.
    pub(super) fn insert(&self) -> Result<String, MoveError> {
        let names: Vec<String> = self.source.columns.iter().map(|c| c.name.clone()).collect();
        let insert = self.target.insert(self.kinds.1, &names);
        insert.ok_or(MoveError::Unlike)
    }

    /// Deletes rows of the target: the one whose key is `$1` on SQLite, on PostgreSQL those whose keys are in the JSON array `$1`.
    pub(super) fn delete(&self) -> String {
        let name = &self.name;
        match self.kinds.1 {
            // It would go through the whole table for a list of keys.
            Kind::Sqlite => {
                let own = self.has_key(&self.target, self.kinds.1, "$1", |in_key, _| in_key);
                format!("DELETE FROM \"{name}\" WHERE {own}")
            }
            Kind::Postgres => {
                let own =
                    self.has_key(&self.target, self.kinds.1, "moving_key", |in_key, _| in_key);
                format!(
                    "DELETE FROM \"{name}\" USING jsonb_array_elements($1::text::jsonb) AS given (moving_key) WHERE {own}"
                )
            }
        }
    }

    /// The target's rows with the keys of the rows in the JSON array `$1`.
    pub(super) fn again(&self) -> String {
        let given = match self.kinds.1 {
            Kind::Sqlite => "SELECT value AS moving_key FROM json_each($1)",
            Kind::Postgres => {
                "SELECT value AS moving_key FROM jsonb_array_elements($1::text::jsonb)"
            }
        };
        self.joined(&self.target, self.kinds.1, given, |_, in_row| in_row)
    }

    /// The key of a row, as a JSON array.
    pub(super) fn key_of(&self, row: &str) -> Result<String, MoveError> {
        let cells: Vec<&serde_json::value::RawValue> =
            serde_json::from_str(row).map_err(|_| MoveError::Unlike)?;
        let key: Option<Vec<&str>> = self
            .key
            .iter()
            .map(|place| cells.get(*place).map(|cell| cell.get()))
            .collect();
        Ok(format!("[{}]", key.ok_or(MoveError::Unlike)?.join(",")))
    }

    /// The key of the source's row that `row` names, such as NEW: the text of a JSON array.
    pub(super) fn key_in(&self, row: &str) -> String {
        let cells: Vec<String> = self
            .key_columns()
            .map(|column| column.write(self.kinds.0, &format!("{row}.{}", column.quoted())))
            .collect();
        array(self.kinds.0, &cells)
    }

    /// The rows whose keys `keys` selects as `moving_key`; where in that, `cell` says by the place in the key and in the row. Each is
    /// looked up: SQLite takes tables of a CROSS JOIN in the order in which they stand.
    fn joined(
        &self,
        table: &Table,
        kind: Kind,
        keys: &str,
        cell: impl Fn(usize, usize) -> usize,
    ) -> String {
        let (cells, name) = (table.cells(kind), &self.name);
        let own = self.has_key(table, kind, "moving_key", cell);
        format!("SELECT {cells} FROM ({keys}) AS keys CROSS JOIN \"{name}\" WHERE {own}")
    }

    /// Whether a row has the key that `given` is.
    fn has_key(
        &self,
        table: &Table,
        kind: Kind,
        given: &str,
        cell: impl Fn(usize, usize) -> usize,
    ) -> String {
        let columns = self.key.iter().enumerate().filter_map(|(in_key, in_row)| {
            let column = table.columns.get(*in_row)?;
            let place = cell(in_key, *in_row);
            let value = column.read(kind, &format!("({given}) ->> {place}"));
            Some(format!("\"{}\".{} = {value}", self.name, column.quoted()))
        });
        columns.collect::<Vec<_>>().join(" AND ")
    }

    fn key_columns(&self) -> impl Iterator<Item = &Column> {
        let columns = &self.source.columns;
        self.key.iter().filter_map(|place| columns.get(*place))
    }
}

/// Of each table the columns of its first key of which none may be NULL.
async fn keys(connection: &mut Connection) -> Result<BTreeMap<String, Vec<String>>, MoveError> {
    let sql = match connection.kind() {
        Kind::Sqlite => include_str!("../sql/moving/keys.sqlite.sql"),
        Kind::Postgres => include_str!("../sql/moving/keys.postgres.sql"),
    };
    let mut found: Vec<(String, String, Vec<String>)> = Vec::new();
    for (table, index, column) in connection.texts(sql).await? {
        match found.last_mut() {
            Some((own, place, columns)) if *own == table && *place == index => columns.push(column),
            _ => found.push((table, index, vec![column])),
        }
    }
    let mut keys = BTreeMap::new();
    for (table, _, columns) in found {
        if !columns.iter().any(String::is_empty) {
            keys.entry(table).or_insert(columns);
        }
    }
    Ok(keys)
}
