//! Statements whose length depends on the call: many rows at once, lists of ids, optional filters.
//!
//! Their text is put together from the statement's own file and numbered placeholders only, never from a value.
//! Row counts come in a few fixed sizes, so that every connection keeps each statement prepared.

use std::sync::OnceLock;

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
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
#[derive(Debug, Clone, Copy)]
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

/// Row counts for which a statement is written out. A transaction's rows are cut greedily into these, so that the
/// round trips are few and the texts are too. The largest stays under SQLite's 32,766 parameters at 45 columns.
const SIZES: [usize; 9] = [256, 128, 64, 32, 16, 8, 4, 2, 1];

/// How a multi-row statement marks its parameters.
#[derive(Debug, Clone, Copy)]
pub(super) enum Marks {
    /// `$1, $2, …`, which is all that PostgreSQL knows.
    Numbered,
    /// `?, ?, …` for SQLite. `$1` is a name there, and the driver asks for the name of every parameter of every
    /// execution, which SQLite looks for from the start of its list: with ten thousand of them, that was three quarters
    /// of a commit.
    Bare,
}

/// A statement with `{rows}` in the place of its `($1, $2, …), (…)`, and no other parameter.
pub(super) struct Rows {
    text: &'static str,
    columns: usize,
    numbered: [OnceLock<String>; SIZES.len()],
    bare: [OnceLock<String>; SIZES.len()],
}

impl Rows {
    pub(super) const fn new(text: &'static str, columns: usize) -> Self {
        Self {
            text,
            columns,
            numbered: [const { OnceLock::new() }; SIZES.len()],
            bare: [const { OnceLock::new() }; SIZES.len()],
        }
    }

    /// Cuts rows, given as one run of values, into statements and their values.
    pub(super) fn chunks<'s, 'v, 'a>(
        &'static self,
        marks: Marks,
        mut values: &'v [Value<'a>],
    ) -> impl Iterator<Item = (&'static str, &'v [Value<'a>])> + use<'s, 'v, 'a> {
        debug_assert_eq!(values.len() % self.columns, 0, "{}", self.text);
        std::iter::from_fn(move || {
            let left = values.len() / self.columns;
            let index = SIZES.iter().position(|size| *size <= left)?;
            let (chunk, rest) = values.split_at(SIZES[index] * self.columns);
            values = rest;
            Some((self.sized(marks, index), chunk))
        })
    }

    /// The statement for one row, for SQLite.
    pub(super) fn one(&'static self) -> &'static str {
        self.sized(Marks::Bare, SIZES.len() - 1)
    }

    /// Cuts rows, given as one run of values, into single ones.
    pub(super) fn each<'v, 'a>(
        &self,
        values: &'v [Value<'a>],
    ) -> impl Iterator<Item = &'v [Value<'a>]> {
        debug_assert_eq!(values.len() % self.columns, 0, "{}", self.text);
        values.chunks_exact(self.columns)
    }

    fn sized(&'static self, marks: Marks, index: usize) -> &'static str {
        let (sized, row): (_, &dyn Fn(usize) -> String) = match marks {
            Marks::Numbered => (&self.numbered, &|row| {
                placeholders(row * self.columns + 1, self.columns)
            }),
            Marks::Bare => (&self.bare, &|_| vec!["?"; self.columns].join(", ")),
        };
        sized[index].get_or_init(|| {
            let rows: Vec<String> = (0..SIZES[index]).map(|n| format!("({})", row(n))).collect();
            self.text.replace("{rows}", &rows.join(", "))
        })
    }
}

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
    pub(super) fn add<T: Into<Value<'a>>>(&mut self, condition: &'static str, value: Option<T>) {
        if let Some(value) = value {
            self.values.push(value.into());
            let number = format!("${}", self.own + self.values.len());
            self.text.push_str("AND ");
            self.text.push_str(&condition.replace("$?", &number));
            self.text.push(' ');
        }
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
    fn rows_are_cut_into_the_fixed_sizes_and_none_is_lost() {
        static STATEMENT: Rows = Rows::new("INSERT INTO t VALUES {rows}", 2);
        let values: Vec<Value<'_>> = (0..2 * 85).map(Value::from).collect();
        let sizes: Vec<usize> = STATEMENT
            .chunks(Marks::Numbered, &values)
            .map(|(_, v)| v.len() / 2)
            .collect();
        assert_eq!(sizes, [64, 16, 4, 1]);
        assert_eq!(STATEMENT.chunks(Marks::Bare, &values[..20]).count(), 2);
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
        assert_eq!(
            filters.apply("WHERE x = $1 AND y = $2 {filters} LIMIT 1"),
            "WHERE x = $1 AND y = $2 AND a = $3 AND (c = $4 OR d = $4) LIMIT 1"
        );
        assert_eq!(filters.values.len(), 2);
    }
}
