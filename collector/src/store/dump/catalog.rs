//! The tables that a database has, by its own account, and the statements that write them out and fill them.

use std::collections::BTreeMap;

use super::DumpError;
use super::connection::Connection;
use crate::store::Kind;

/// Tables, those that others refer to first.
pub(in crate::store) struct Catalog(Vec<Table>);

pub(in crate::store) struct Table {
    pub(in crate::store) name: String,
    pub(in crate::store) columns: Vec<Column>,
    /// Whether it refers to another table, or another one to it.
    pub(in crate::store) is_bound: bool,
}

pub(in crate::store) struct Column {
    pub(in crate::store) name: String,
    /// The type as the database writes it.
    declared: String,
    form: Form,
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A number, or a flag as one.
    Number,
    Flag,
    /// As it is.
    Text,
    /// In hexadecimal.
    Bytes,
    Id,
    /// JSON as text: numbers in it stay as they were written.
    Json,
}

impl Form {
    fn of(declared: &str) -> Option<Self> {
        Some(match declared.to_ascii_lowercase().as_str() {
            "bigint" | "integer" | "smallint" | "real" | "double precision" => Self::Number,
            "boolean" => Self::Flag,
            "text" => Self::Text,
            "blob" | "bytea" => Self::Bytes,
            "uuid" => Self::Id,
            "jsonb" | "json" => Self::Json,
            _ => return None,
        })
    }
}

// Both without the tables of a move (`store::moving`), which are there while it is under way.
pub(in crate::store) const SQLITE_COLUMNS: &str = "
    SELECT tables.name, columns.name, columns.type
    FROM sqlite_schema AS tables
    JOIN pragma_table_info(tables.name) AS columns
    WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite!_%' ESCAPE '!'
      AND tables.name NOT IN ('_sqlx_migrations', 'moving', 'moving_keys', 'moving_tables')
    ORDER BY tables.name, columns.cid";
const SQLITE_REFERENCES: &str = "
    SELECT tables.name, keys.\"table\", ''
    FROM sqlite_schema AS tables
    JOIN pragma_foreign_key_list(tables.name) AS keys
    WHERE tables.type = 'table'";
pub(in crate::store) const POSTGRES_COLUMNS: &str = "
    SELECT columns.table_name::text, columns.column_name::text, columns.data_type::text
    FROM information_schema.columns AS columns
    JOIN information_schema.tables AS tables USING (table_schema, table_name)
    WHERE columns.table_schema = current_schema() AND tables.table_type = 'BASE TABLE'
      AND columns.table_name NOT IN ('_sqlx_migrations', 'moving', 'moving_keys', 'moving_tables')
      AND columns.is_generated = 'NEVER'
    ORDER BY columns.table_name, columns.ordinal_position";
const POSTGRES_REFERENCES: &str = "
    SELECT own.relname::text, other.relname::text, ''
    FROM pg_constraint
    JOIN pg_class AS own ON own.oid = pg_constraint.conrelid
    JOIN pg_class AS other ON other.oid = pg_constraint.confrelid
    WHERE contype = 'f' AND connamespace = current_schema()::regnamespace";

/// What a backup does not hold: whoever has the file would sign in the collector's name, and a copy that was restored
/// beside the collector would tell receivers everything again. And what is told for some minutes to processes that run, and sums
/// by hour, which are counted anew.
pub(in crate::store) const KEPT_BACK: [&str; 6] = [
    "destination_secrets",
    "changes",
    "rollups",
    "rollup_marks",
    "rollup_hours",
    "rollup_touches",
];

impl Catalog {
    /// Every table but those that are `left_out`.
    pub(in crate::store) async fn read(
        connection: &mut Connection,
        left_out: &[&str],
    ) -> Result<Self, DumpError> {
        let (columns, references) = match connection.kind() {
            Kind::Sqlite => (SQLITE_COLUMNS, SQLITE_REFERENCES),
            Kind::Postgres => (POSTGRES_COLUMNS, POSTGRES_REFERENCES),
        };
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        for (table, column, declared) in connection.texts(columns).await? {
            if left_out.contains(&table.as_str()) {
                continue;
            }
            let Some(form) = Form::of(&declared) else {
                return Err(DumpError::UnknownType {
                    table,
                    column,
                    kind: declared,
                });
            };
            let own = tables.entry(table.clone()).or_insert_with(|| Table {
                name: table,
                columns: Vec::new(),
                is_bound: false,
            });
            own.columns.push(Column {
                name: column,
                declared,
                form,
            });
        }
        let references = connection.texts(references).await?;
        for (own, other, _) in &references {
            for name in [own, other] {
                if let Some(table) = tables.get_mut(name) {
                    table.is_bound = true;
                }
            }
        }
        let mut ordered: Vec<Table> = Vec::new();
        while !tables.is_empty() {
            let waits = |name: &String| {
                references.iter().any(|(own, other, _)| {
                    own == name && other != own && tables.contains_key(other)
                })
            };
            // A circle of references would wait for ever; whoever made one is told by the first insert.
            let next = tables
                .keys()
                .find(|name| !waits(name))
                .or_else(|| tables.keys().next())
                .cloned();
            ordered.extend(next.and_then(|name| tables.remove(&name)));
        }
        Ok(Self(ordered))
    }

    pub(in crate::store) fn tables(&self) -> &[Table] {
        &self.0
    }

    pub(in crate::store) fn into_tables(self) -> Vec<Table> {
        self.0
    }

    pub(in crate::store) fn table(&self, name: &str) -> Option<&Table> {
        self.0.iter().find(|table| table.name == name)
    }
}

impl Table {
    /// A row, as the text of a JSON array.
    pub(in crate::store) fn cells(&self, kind: Kind) -> String {
        let cells: Vec<String> = self
            .columns
            .iter()
            .map(|column| column.write(kind, &column.quoted()))
            .collect();
        array(kind, &cells)
    }

    /// Selects every row as the text of a JSON array.
    pub(in crate::store) fn select(&self, kind: Kind) -> String {
        format!("SELECT {} FROM \"{}\"", self.cells(kind), self.name)
    }

    /// Inserts rows that come as a JSON array of arrays, with values for these columns; nothing if one is not known.
    pub(in crate::store) fn insert(&self, kind: Kind, columns: &[String]) -> Option<String> {
        let known: Option<Vec<&Column>> = columns
            .iter()
            .map(|name| self.columns.iter().find(|column| column.name == *name))
            .collect();
        let known = known?;
        let names: Vec<String> = known.iter().map(|column| column.quoted()).collect();
        let cells: Vec<String> = known
            .iter()
            .enumerate()
            .map(|(place, column)| column.read(kind, &format!("given.value ->> {place}")))
            .collect();
        let (name, names, cells) = (&self.name, names.join(", "), cells.join(", "));
        Some(match kind {
            Kind::Sqlite => {
                format!(
                    "INSERT INTO \"{name}\" ({names}) SELECT {cells} FROM json_each($1) AS given"
                )
            }
            Kind::Postgres => format!(
                "INSERT INTO \"{name}\" ({names}) OVERRIDING SYSTEM VALUE \
                 SELECT {cells} FROM jsonb_array_elements($1::text::jsonb) AS given (value)"
            ),
        })
    }

    /// Lets the ids that the database gives out go on after the greatest there is. SQLite does so by itself.
    pub(in crate::store) fn go_on_counting(&self, kind: Kind) -> Option<String> {
        let has_id = self
            .columns
            .iter()
            .any(|column| column.name == "id" && column.form == Form::Number);
        (kind == Kind::Postgres && has_id).then(|| {
            let name = &self.name;
            format!(
                "SELECT setval(pg_get_serial_sequence('\"{name}\"', 'id'), MAX(id)) FROM \"{name}\" HAVING MAX(id) > 0"
            )
        })
    }
}

/// The text of a JSON array of cells.
pub(in crate::store) fn array(kind: Kind, cells: &[String]) -> String {
    let cells = cells.join(", ");
    match kind {
        Kind::Sqlite => format!("json_array({cells})"),
        Kind::Postgres => format!("json_build_array({cells})::text"),
    }
}

impl Column {
    pub(in crate::store) fn quoted(&self) -> String {
        format!("\"{}\"", self.name)
    }

    /// Whether it holds JSON in a form of the database's own.
    pub(in crate::store) fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// A value of the column, as it is written.
    pub(in crate::store) fn write(&self, kind: Kind, value: &str) -> String {
        match (kind, self.form) {
            (Kind::Sqlite, Form::Bytes | Form::Id) => {
                format!("CASE WHEN {value} IS NOT NULL THEN lower(hex({value})) END")
            }
            (Kind::Sqlite, _) | (Kind::Postgres, Form::Number | Form::Text) => value.to_owned(),
            (Kind::Postgres, Form::Flag) => format!("{value}::int"),
            (Kind::Postgres, Form::Bytes) => format!("encode({value}, 'hex')"),
            (Kind::Postgres, Form::Id) => format!("replace({value}::text, '-', '')"),
            (Kind::Postgres, Form::Json) => format!("{value}::text"),
        }
    }

    /// A value of the column, from what was written: the expression of a text or a number.
    pub(in crate::store) fn read(&self, kind: Kind, cell: &str) -> String {
        match (kind, self.form) {
            (Kind::Sqlite, Form::Bytes | Form::Id) => format!("unhex({cell})"),
            (Kind::Sqlite, _) => cell.to_owned(),
            (Kind::Postgres, Form::Bytes) => format!("decode({cell}, 'hex')"),
            (Kind::Postgres, _) => format!("({cell})::{}", self.declared),
        }
    }
}
