//! Which schemas this program goes together with: its own, older ones, which it brings up to date, and newer ones that only
//! have more (`docs/schema-changes.md`).
//!
//! What a newer program did to the database stands in the table of migrations, number and name. A name is one of two forms:
//!
//! ```text
//! 0031_notes.sql                 adds something: programs that do not know it work on beside those that do
//! 0034_contract_0031_stage.sql   takes something away: only programs that know 0031 or later go together with it
//! ```
//!
//! So a program is told by the database, and not by what it was built with, whether a newer schema is still one for it. It
//! refuses to open one that is not. Where it goes on, it still does nothing that has to know every column: [`Store::knows_all`]
//! stands before erasing, before giving out all there is of a person, and before removing what is too old.

use std::sync::LazyLock;

use sqlx::migrate::Migrator;
use sqlx::{PgConnection, SqliteConnection};

use super::{Kind, Store, StoreError};

pub(super) static SQLITE: LazyLock<Migrator> =
    LazyLock::new(|| beside_newer(&sqlx::migrate!("../migrations/sqlite")));
pub(super) static POSTGRES: LazyLock<Migrator> =
    LazyLock::new(|| beside_newer(&sqlx::migrate!("../migrations/postgres")));

/// What stands in the name of a migration that takes something away, before the number.
const CONTRACT: &str = "contract";

/// How a schema stands to the one that this program makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// There is none yet.
    Missing,
    /// It is the one.
    Current {
        /// Its number.
        version: i64,
    },
    /// It is older.
    Behind {
        /// Its number.
        version: i64,
        /// The number that this program wants.
        wanted: i64,
    },
    /// It is newer.
    Ahead {
        /// Its number.
        version: i64,
        /// The number that this program wants.
        wanted: i64,
        /// The number that a program has to know to go together with it.
        needed: i64,
    },
}

impl Schema {
    /// By the numbers and names of the migrations that were applied.
    fn of(applied: &[(i64, String)], kind: Kind) -> Self {
        let migrations = migrations(kind);
        let wanted = wanted(kind);
        let Some(version) = applied.iter().map(|(version, _)| *version).max() else {
            return Self::Missing;
        };
        let mut unknown = applied
            .iter()
            .filter(|(version, _)| !migrations.version_exists(*version))
            .peekable();
        if unknown.peek().is_some() {
            let needed = unknown.filter_map(needed).max().unwrap_or(0);
            Self::Ahead {
                version,
                wanted,
                needed,
            }
        } else if migrations
            .iter()
            .all(|migration| applied.iter().any(|(a, _)| *a == migration.version))
        {
            Self::Current { version }
        } else {
            Self::Behind { version, wanted }
        }
    }

    /// Whether this program goes together with it, once it has brought it up to date.
    pub fn is_for_this_program(&self) -> bool {
        match self {
            Self::Ahead { wanted, needed, .. } => needed <= wanted,
            _ => true,
        }
    }

    /// Refuses a schema that is not for this program, and says of a newer one that it is newer.
    pub(super) fn admit(self) -> Result<(), StoreError> {
        let Self::Ahead {
            version,
            wanted,
            needed,
        } = self
        else {
            return Ok(());
        };
        if !self.is_for_this_program() {
            return Err(StoreError::Newer(format!(
                "the database's schema is version {version}, which asks for programs that know {needed}; this one knows {wanted}: \
                 start the newer program again, or restore a backup from before the update into an empty database"
            )));
        }
        tracing::warn!(
            version,
            known = wanted,
            "the database's schema is of a newer program: this one stores and answers, but erases nobody, gives out no person and \
             removes nothing for its age"
        );
        Ok(())
    }
}

/// The number that a program has to know, by the name of a migration; nothing where it only adds something.
fn needed((version, name): &(i64, String)) -> Option<i64> {
    let mut words = name.split_whitespace();
    if words.next() != Some(CONTRACT) {
        return None;
    }
    // Without a number nobody is said to go together with it who does not know the migration itself.
    let number = words.next().and_then(|word| word.parse().ok());
    Some(number.unwrap_or(*version))
}

fn migrations(kind: Kind) -> &'static Migrator {
    match kind {
        Kind::Sqlite => &SQLITE,
        Kind::Postgres => &POSTGRES,
    }
}

/// The same migrations, applied also where there are some that they do not have.
fn beside_newer(known: &Migrator) -> Migrator {
    let mut migrations = Migrator::with_migrations(known.iter().cloned().collect());
    migrations.set_ignore_missing(true);
    migrations
}

/// The number of the latest migration.
pub(super) fn wanted(kind: Kind) -> i64 {
    let numbers = migrations(kind).iter().map(|migration| migration.version);
    numbers.max().unwrap_or(0)
}

const APPLIED: &str = "SELECT version, description FROM _sqlx_migrations ORDER BY version";

/// The schema of a SQLite file, whoever else writes to it.
pub(super) async fn of_sqlite(connection: &mut SqliteConnection) -> Result<Schema, StoreError> {
    let made: Option<(i64,)> =
        sqlx::query_as("SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'")
            .fetch_optional(&mut *connection)
            .await?;
    let applied: Vec<(i64, String)> = match made {
        Some(_) => sqlx::query_as(APPLIED).fetch_all(connection).await?,
        None => Vec::new(),
    };
    Ok(Schema::of(&applied, Kind::Sqlite))
}

/// The schema on a PostgreSQL server, by who may read the table of migrations.
pub(super) async fn of_postgres(connection: &mut PgConnection) -> Result<Schema, StoreError> {
    let (made,): (bool,) = sqlx::query_as("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    let applied: Vec<(i64, String)> = if made {
        sqlx::query_as(APPLIED).fetch_all(connection).await?
    } else {
        Vec::new()
    };
    Ok(Schema::of(&applied, Kind::Postgres))
}

impl Store {
    /// Asks the database whether it has only what this program knows. It may have become more since the start.
    ///
    /// # Errors
    /// [`StoreError::Newer`], which names what is not known; [`StoreError::Unavailable`].
    pub async fn knows_all(&self) -> Result<(), StoreError> {
        let columns = self.inventory().await?;
        match columns.iter().find(|column| column.erasure.is_none()) {
            None => Ok(()),
            Some(column) => Err(StoreError::Newer(format!(
                "the database has {}.{}, which this program does not know: a newer one has to do this",
                column.table, column.column
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(more: &[(i64, &str)]) -> Vec<(i64, String)> {
        let known = SQLITE
            .iter()
            .map(|m| (m.version, m.description.to_string()));
        let more = more
            .iter()
            .map(|(version, name)| (*version, (*name).to_owned()));
        known.chain(more).collect()
    }

    #[test]
    fn a_newer_schema_is_for_this_program_unless_it_says_otherwise() {
        let latest = wanted(Kind::Sqlite);
        let of = |more: &[(i64, &str)]| Schema::of(&applied(more), Kind::Sqlite);
        assert_eq!(of(&[]), Schema::Current { version: latest });
        assert_eq!(Schema::of(&[], Kind::Sqlite), Schema::Missing);
        for (more, needed) in [
            (&[(9001, "notes")][..], 0),
            (&[(9001, "contracts of customers")], 0),
            (&[(9001, "contract 0009 stage"), (9002, "notes")], 9),
            (&[(9001, "notes"), (9002, "contract 9001 events")], 9001),
            (
                &[(9001, "contract 0009 a"), (9002, "contract 9001 b")],
                9001,
            ),
            (&[(9003, "contract events")], 9003),
        ] {
            let schema = of(more);
            let version = more.last().unwrap().0;
            let expected = Schema::Ahead {
                version,
                wanted: latest,
                needed,
            };
            assert_eq!(schema, expected);
            assert_eq!(schema.admit().is_ok(), needed <= latest, "{more:?}");
        }
    }

    #[test]
    fn a_refusal_names_all_three_numbers() {
        let schema = Schema::of(&applied(&[(9002, "contract 9001 events")]), Kind::Sqlite);
        let said = schema.admit().unwrap_err().to_string();
        for number in [9002, 9001, wanted(Kind::Sqlite)] {
            assert!(said.contains(&number.to_string()), "{said}");
        }
    }
}
