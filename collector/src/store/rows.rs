//! Statements whose length depends on the call: many rows at once, lists of ids, optional filters.
//!
//! Their text is put together from the statement's own file and numbered placeholders only, never from a value.
//! Row counts are few, so that every connection keeps each statement prepared.

use std::sync::OnceLock;

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgHasArrayType, PgTypeInfo};
use sqlx::types::Json;
use sqlx::{Encode, Postgres, Sqlite, Type};
use uuid::Uuid;

/// One value to bind. The type is known even when the value is not, which PostgreSQL asks for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Int(Option<i64>),
    Text(Option<&'a str>),
    /// JSON text; PostgreSQL keeps it as JSONB.
    Json(Option<&'a str>),
    Id(Option<Uuid>),
    Bool(bool),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<Uuid> for Value<'_> {
    fn from(value: Uuid) -> Self {
        Self::Id(Some(value))
    }
}

impl From<Option<Uuid>> for Value<'_> {
    fn from(value: Option<Uuid>) -> Self {
        Self::Id(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(value: &'a Option<String>) -> Self {
        Self::Text(value.as_deref())
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Int(value) => value.map_or(ValueRef::Null, ValueRef::Integer),
            Self::Text(value) | Self::Json(value) => {
                value.map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes()))
            }
            Self::Id(value) => value
                .as_ref()
                .map_or(ValueRef::Null, |id| ValueRef::Blob(id.as_bytes())),
            Self::Bool(value) => ValueRef::Integer(i64::from(*value)),
        }))
    }
}

/// JSON text that has been checked when it was read, bound as it is: the driver's own type would read it again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct JsonText<'a>(pub(super) &'a str);

impl Type<Sqlite> for JsonText<'_> {
    fn type_info() -> <Sqlite as sqlx::Database>::TypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for JsonText<'_> {
    fn encode_by_ref(
        &self,
        arguments: &mut <Sqlite as sqlx::Database>::ArgumentBuffer,
    ) -> Result<IsNull, BoxDynError> {
        <&str as Encode<'_, Sqlite>>::encode_by_ref(&self.0, arguments)
    }
}

impl Type<Postgres> for JsonText<'_> {
    fn type_info() -> <Postgres as sqlx::Database>::TypeInfo {
        <Json<()> as Type<Postgres>>::type_info()
    }
}

impl PgHasArrayType for JsonText<'_> {
    fn array_type_info() -> PgTypeInfo {
        <Json<()> as PgHasArrayType>::array_type_info()
    }
}

impl Encode<'_, Postgres> for JsonText<'_> {
    fn encode_by_ref(
        &self,
        arguments: &mut <Postgres as sqlx::Database>::ArgumentBuffer,
    ) -> Result<IsNull, BoxDynError> {
        // JSONB on the wire is a version, which is 1, and the text.
        arguments.push(1);
        arguments.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

/// Binds values in order, on whichever database the query is for.
macro_rules! bind {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match *value {
                $crate::store::rows::Value::Int(value) => query.bind(value),
                $crate::store::rows::Value::Text(value) => query.bind(value),
                $crate::store::rows::Value::Json(value) => {
                    query.bind(value.map($crate::store::rows::JsonText))
                }
                $crate::store::rows::Value::Id(value) => query.bind(value),
                $crate::store::rows::Value::Bool(value) => query.bind(value),
            };
        }
        query
    }};
}
pub(super) use bind;

/// The most rows that a statement is written out for. On PostgreSQL, `unnest` of 45 columns costs as much as a dozen rows;
/// with more rows than these it is the cheaper one for both sides.
const WRITTEN_OUT: usize = 16;

/// How a statement that is written out for some rows marks its parameters.
#[derive(Debug, Clone, Copy)]
pub(super) enum Marks {
    /// `$1, $2, …`, which is all that PostgreSQL knows.
    Numbered,
    /// `?, ?, …` for SQLite. `$1` is a name there, and the driver asks for the name of every parameter of every
    /// execution, which SQLite looks for from the start of its list: with ten thousand of them, that was three quarters
    /// of a commit.
    Bare,
}

/// A statement with `VALUES {rows}` for its rows, and no other parameter.
///
/// It is written out as `VALUES ($1, $2, …), (…)` for a few rows, or for many, on PostgreSQL, as
/// `SELECT * FROM unnest($1, $2, …)` with a column for a parameter: one text for any number of rows, planned once, and no
/// type for each value on the wire.
pub(super) struct Rows {
    text: &'static str,
    columns: usize,
    numbered: [OnceLock<String>; WRITTEN_OUT],
    bare: [OnceLock<String>; WRITTEN_OUT],
    unnested: OnceLock<String>,
}

impl Rows {
    pub(super) const fn new(text: &'static str, columns: usize) -> Self {
        Self {
            text,
            columns,
            numbered: [const { OnceLock::new() }; WRITTEN_OUT],
            bare: [const { OnceLock::new() }; WRITTEN_OUT],
            unnested: OnceLock::new(),
        }
    }

    /// Whether so many values are better bound as columns, on PostgreSQL.
    pub(super) fn are_many(&self, values: &[Value<'_>]) -> bool {
        values.len() > WRITTEN_OUT * self.columns
    }

    /// Cuts rows, given as one run of values, into statements and their values.
    pub(super) fn chunks<'v, 'a>(
        &'static self,
        marks: Marks,
        mut values: &'v [Value<'a>],
    ) -> impl Iterator<Item = (&'static str, &'v [Value<'a>])> {
        self.assert_whole(values);
        std::iter::from_fn(move || {
            let count = (values.len() / self.columns).min(WRITTEN_OUT);
            let (chunk, rest) = values.split_at(count * self.columns);
            values = rest;
            (count > 0).then(|| (self.written_out(marks, count), chunk))
        })
    }

    /// The statement for one row, for SQLite.
    pub(super) fn one(&'static self) -> &'static str {
        self.written_out(Marks::Bare, 1)
    }

    /// Cuts rows, given as one run of values, into single ones.
    pub(super) fn each<'v, 'a>(
        &self,
        values: &'v [Value<'a>],
    ) -> impl Iterator<Item = &'v [Value<'a>]> {
        self.assert_whole(values);
        values.chunks_exact(self.columns)
    }

    /// The statement for all rows, for PostgreSQL, to which [`columns`](Self::columns) are bound.
    pub(super) fn unnested(&'static self) -> &'static str {
        self.unnested.get_or_init(|| {
            let source = format!("SELECT * FROM unnest({})", placeholders(1, self.columns));
            self.text.replace("VALUES {rows}", &source)
        })
    }

    /// Turns rows, given as one run of values, into columns.
    pub(super) fn columns<'v, 'a>(
        &self,
        values: &'v [Value<'a>],
    ) -> impl Iterator<Item = Column<'a>> + use<'v, 'a> {
        self.assert_whole(values);
        let columns = self.columns;
        (0..columns).map(move |column| Column::of(values.iter().skip(column).step_by(columns)))
    }

    fn written_out(&'static self, marks: Marks, count: usize) -> &'static str {
        let (texts, row): (_, &dyn Fn(usize) -> String) = match marks {
            Marks::Numbered => (&self.numbered, &|row| {
                placeholders(row * self.columns + 1, self.columns)
            }),
            Marks::Bare => (&self.bare, &|_| vec!["?"; self.columns].join(", ")),
        };
        texts[count - 1].get_or_init(|| {
            let rows: Vec<String> = (0..count).map(|n| format!("({})", row(n))).collect();
            self.text.replace("{rows}", &rows.join(", "))
        })
    }

    fn assert_whole(&self, values: &[Value<'_>]) {
        debug_assert_eq!(values.len() % self.columns, 0, "{}", self.text);
    }
}

/// One column of some rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Column<'a> {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<&'a str>>),
    Json(Vec<Option<JsonText<'a>>>),
    Id(Vec<Option<Uuid>>),
    Bool(Vec<bool>),
}

impl<'a> Column<'a> {
    /// Of values of one type: the first one's.
    fn of<'v>(values: impl Iterator<Item = &'v Value<'a>> + Clone) -> Self
    where
        'a: 'v,
    {
        macro_rules! gather {
            ($kind:ident, $value:pat => $item:expr) => {
                Self::$kind(
                    values
                        .map(|value| match value {
                            Value::$kind($value) => $item,
                            other => unreachable!("{other:?} in a column of another type"),
                        })
                        .collect(),
                )
            };
        }
        match values.clone().next() {
            Some(Value::Text(_)) => gather!(Text, text => *text),
            Some(Value::Json(_)) => gather!(Json, text => text.map(JsonText)),
            Some(Value::Id(_)) => gather!(Id, id => *id),
            Some(Value::Bool(_)) => gather!(Bool, flag => *flag),
            Some(Value::Int(_)) | None => gather!(Int, number => *number),
        }
    }
}

/// Binds columns in order, on PostgreSQL.
macro_rules! bind_columns {
    ($query:expr, $columns:expr) => {{
        let mut query = $query;
        for column in $columns {
            query = match column {
                $crate::store::rows::Column::Int(values) => query.bind(values),
                $crate::store::rows::Column::Text(values) => query.bind(values),
                $crate::store::rows::Column::Json(values) => query.bind(values),
                $crate::store::rows::Column::Id(values) => query.bind(values),
                $crate::store::rows::Column::Bool(values) => query.bind(values),
            };
        }
        query
    }};
}
pub(super) use bind_columns;

/// A statement with `{list}` in the place of the items of an `IN (…)`, which follow `first` other parameters.
pub(super) fn with_list(text: &str, first: usize, items: usize) -> String {
    text.replace("{list}", &placeholders(first + 1, items))
}

/// Makes a list's length one of a few, by repeating its last item, so that its statement is one of a few too.
pub(super) fn pad<T: Copy>(items: &[T]) -> Vec<T> {
    let mut padded = items.to_vec();
    if let Some(last) = items.last() {
        padded.resize(items.len().next_power_of_two(), *last);
    }
    padded
}

/// Conditions that a caller asked for, numbered after a statement's own parameters.
pub(super) struct Filters<'a> {
    text: String,
    own: usize,
    pub(super) values: Vec<Value<'a>>,
}

impl<'a> Filters<'a> {
    /// For a statement with `own` parameters and `{filters}` in the place of the conditions.
    pub(super) fn new(own: usize) -> Self {
        Self {
            text: String::new(),
            own,
            values: Vec::new(),
        }
    }

    /// Adds `condition`, in which `$?` stands for the value, if there is a value.
    pub(super) fn add<T: Into<Value<'a>>>(&mut self, condition: &str, value: Option<T>) {
        if let Some(value) = value {
            self.values.push(value.into());
            let number = format!("${}", self.own + self.values.len());
            self.text.push_str("AND ");
            self.text.push_str(&condition.replace("$?", &number));
            self.text.push(' ');
        }
    }

    /// Adds `condition`, in which each name in braces stands for the items of an `IN (…)`. A list that the condition does not
    /// name is left out.
    pub(super) fn add_lists(&mut self, condition: &str, lists: &[(&str, Vec<Value<'a>>)]) {
        let mut condition = condition.to_owned();
        for (name, items) in lists {
            if !condition.contains(name) {
                continue;
            }
            let first = self.own + self.values.len() + 1;
            let marks = match items.len() {
                // Nothing is among none; PostgreSQL wants to be told so.
                0 => "NULL".to_owned(),
                items => placeholders(first, items),
            };
            condition = condition.replace(name, &marks);
            self.values.extend(items);
        }
        self.text.push_str("AND ");
        self.text.push_str(&condition);
        self.text.push(' ');
    }

    /// The statement with its conditions.
    pub(super) fn apply(&self, text: &str) -> String {
        text.replace("{filters}", self.text.trim_end())
    }
}

fn placeholders(first: usize, count: usize) -> String {
    let numbered: Vec<String> = (first..first + count).map(|n| format!("${n}")).collect();
    numbered.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_into_statements_and_none_is_lost() {
        static STATEMENT: Rows = Rows::new("INSERT INTO t VALUES {rows}", 2);
        let values: Vec<Value<'_>> = (0..2 * 35).map(Value::from).collect();
        let sizes: Vec<usize> = STATEMENT
            .chunks(Marks::Numbered, &values)
            .map(|(_, v)| v.len() / 2)
            .collect();
        assert_eq!(sizes, [16, 16, 3]);
        assert!(STATEMENT.are_many(&values[..34]) && !STATEMENT.are_many(&values[..32]));
        let (text, _) = STATEMENT
            .chunks(Marks::Numbered, &values[..8])
            .next()
            .unwrap();
        assert_eq!(
            text,
            "INSERT INTO t VALUES ($1, $2), ($3, $4), ($5, $6), ($7, $8)"
        );
        let (text, _) = STATEMENT.chunks(Marks::Bare, &values[..8]).next().unwrap();
        assert_eq!(text, "INSERT INTO t VALUES (?, ?), (?, ?), (?, ?), (?, ?)");
        assert_eq!(STATEMENT.chunks(Marks::Bare, &[]).count(), 0);
    }

    #[test]
    fn rows_become_columns() {
        static STATEMENT: Rows = Rows::new("INSERT INTO t VALUES {rows} RETURNING a", 2);
        assert_eq!(
            STATEMENT.unnested(),
            "INSERT INTO t SELECT * FROM unnest($1, $2) RETURNING a"
        );
        let values = [1_i64.into(), "a".into(), 2_i64.into(), Value::Text(None)];
        assert_eq!(
            STATEMENT.columns(&values).collect::<Vec<_>>(),
            [
                Column::Int(vec![Some(1), Some(2)]),
                Column::Text(vec![Some("a"), None])
            ]
        );
    }

    #[test]
    fn lists_come_in_powers_of_two() {
        assert_eq!(pad(&[1, 2, 3]), [1, 2, 3, 3]);
        assert_eq!(pad::<i64>(&[]), [0_i64; 0]);
        assert_eq!(
            with_list("a = $1 AND id IN ({list})", 1, 2),
            "a = $1 AND id IN ($2, $3)"
        );
    }

    #[test]
    fn only_asked_for_filters_are_written() {
        let mut filters = Filters::new(2);
        filters.add("a = $?", Some(1_i64));
        filters.add("b = $?", None::<i64>);
        filters.add("(c = $? OR d = $?)", Some("x"));
        filters.add_lists(
            "e IN ({e}) AND f IN ({f})",
            &[
                ("{e}", vec![2_i64.into()]),
                ("{f}", vec![3_i64.into(), 4_i64.into()]),
            ],
        );
        assert_eq!(
            filters.apply("WHERE x = $1 AND y = $2 {filters} LIMIT 1"),
            "WHERE x = $1 AND y = $2 AND a = $3 AND (c = $4 OR d = $4) AND e IN ($5) AND f IN ($6, $7) LIMIT 1"
        );
        filters.add_lists(
            "(g IN ({g}) OR h IN ({g}) OR i IN ({i}))",
            &[
                ("{e}", vec![2_i64.into()]),
                ("{g}", vec![5_i64.into()]),
                ("{i}", Vec::new()),
            ],
        );
        assert!(
            filters
                .apply("{filters}")
                .ends_with(" AND (g IN ($8) OR h IN ($8) OR i IN (NULL))")
        );
        assert_eq!(filters.values.len(), 6);
    }
}
