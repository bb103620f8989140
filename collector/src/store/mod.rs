//! The database: the only place that knows SQL and the only user of sqlx and rusqlite.
//!
//! One file per table or topic, with its statements in `sql/<table>/<verb>.sql` beside it. The same text serves
//! SQLite and PostgreSQL; a pair `x.sqlite.sql` and `x.postgres.sql` stands only where the two truly differ. Times
//! are BIGINT milliseconds, ids UUIDs (sixteen bytes on SQLite).
//!
//! Writing of items has one way in, [`Store::commit`]: one call, one transaction. Nothing here decides what an item
//! means; that is [`crate::journey`]'s.

pub mod accounts;
pub mod alert_notices;
pub mod alerts;
pub mod audit;
mod bots;
mod came;
pub mod catalogues;
pub(crate) mod changes;
pub mod columns;
mod commit;
pub mod deliveries;
pub mod destinations;
pub mod dump;
mod durability;
mod emails;
mod entries;
mod erased;
mod error;
pub mod exports;
pub mod findings;
pub mod first_events;
pub mod foreign;
mod growth;
pub mod imports;
mod indexed;
pub mod inspect;
mod interactions;
pub mod invitations;
mod journeys;
pub mod judgements;
pub mod kept_insights;
pub mod keys;
mod last_touches;
mod loss;
pub mod months;
pub mod moving;
mod open;
mod orders;
pub(crate) mod outgoing;
mod page;
pub mod persons;
pub mod privacy;
mod properties;
pub mod rates;
mod record;
pub mod rejected;
mod removing;
pub mod retention;
pub mod rollups;
mod rows;
pub mod saved;
mod scales;
pub(crate) mod schedules;
pub mod schema;
mod segments;
mod sessions;
pub mod shares;
mod silent;
pub mod sites;
mod sqlite;
pub mod stages;
pub mod totals;
mod touched;
mod usage;
pub mod users;
pub mod verify;
mod wall;
pub mod workspaces;

use std::sync::Arc;

use sqlx::{PgPool, SqlitePool};

pub use bots::Bots;
pub use came::Came;
pub use commit::Committed;
pub use durability::Durability;
pub use entries::EntryFilter;
pub use error::StoreError;
pub use interactions::InteractionFilter;
pub use journeys::VisitorFilter;
pub use open::{folder, shown};
pub use orders::{OrderFilter, Period};
pub use page::Page;
pub use sessions::SessionFilter;
pub use usage::Somebody;
pub use wall::{ROLE, Wall};

/// Runs the same expression on whichever database is open:
/// `on!(store, read of site_id, |pool| query.fetch_all(pool).await)`.
///
/// `read` and `write` name the pool, so that those who ask do not keep those who store waiting. On SQLite one
/// connection writes. Who reads says of which site, and is shown no row of any other ([`wall`]); `read of every site` is for
/// what is asked before a site is known, or about all of them. On PostgreSQL a reader's `pool` is one connection. `write of
/// site_id` changes no row of any other site, by one transaction of which `pool` is the connection; `write` alone may.
macro_rules! on {
    ($store:expr, write, |$pool:ident| $body:expr) => {
        $crate::store::on!(@write $store, |$pool| $body, $pool => $body)
    };
    ($store:expr, write of $site:expr, |$pool:ident| $body:expr) => {
        $crate::store::on!(@write $store, |$pool| $body, write => {
            let mut transaction = write.begin().await?;
            let site = $crate::store::wall::Access::Site($site);
            $crate::store::wall::Narrow::narrow(&mut *transaction, site).await?;
            let $pool = &mut *transaction;
            let done = $body;
            transaction.commit().await?;
            done
        })
    };
    (@write $store:expr, |$pool:ident| $body:expr, $write:ident => $postgres:expr) => {
        match $store.database() {
            $crate::store::Database::Sqlite {
                write: $pool,
                items,
                ..
            } => {
                // One writes at a time, in the order of asking.
                let _turn = items.turn().await;
                $body
            }
            $crate::store::Database::Postgres { write: $write, .. } => $postgres,
        }
    };
    ($store:expr, read of every site, |$pool:ident| $body:expr) => {
        $crate::store::on!(@read $store, $crate::store::wall::Access::EverySite, |$pool| $body)
    };
    ($store:expr, read of $site:ident or every, |$pool:ident| $body:expr) => {
        $crate::store::on!(@read $store, $crate::store::wall::Access::of($site), |$pool| $body)
    };
    ($store:expr, read of $site:expr, |$pool:ident| $body:expr) => {
        $crate::store::on!(@read $store, $crate::store::wall::Access::Site($site), |$pool| $body)
    };
    (@read $store:expr, $access:expr, |$pool:ident| $body:expr) => {
        match $store.database() {
            $crate::store::Database::Sqlite { read: $pool, .. } => $body,
            $crate::store::Database::Postgres { read, .. } => {
                let mut connection = read.of($access).await?;
                let $pool = &mut *connection;
                $body
            }
        }
    };
}
pub(crate) use on;

/// A handle to the database; clones share its connections.
#[derive(Clone, Debug)]
pub struct Store(Arc<Opened>);

/// What clones share.
#[derive(Debug)]
struct Opened {
    database: Database,
    stages: stages::Stages,
    destinations: destinations::Destinations,
    touched: touched::Touched,
    growth: growth::Growth,
}

/// The two databases there are.
#[derive(Debug)]
pub(crate) enum Database {
    /// One file. Two connections write by turns: one stores items, the other all else.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
        items: Box<sqlite::Items>,
        rows: Box<sqlite::Readers>,
    },
    /// A server.
    Postgres { read: wall::Readers, write: PgPool },
}

/// Which database a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A SQLite file.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

impl Store {
    /// Opens the database at `url`, makes the file if it is one and is not there, and brings the schema up to date.
    /// Any number of processes may do so at once.
    ///
    /// `url` is `sqlite:path`, `postgres://…` or `postgresql://…`.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] for a URL that cannot be understood, [`StoreError::Unavailable`] for a
    /// database that does not answer, [`StoreError::Migration`] for a schema that is not the collector's, [`StoreError::Moved`] for
    /// one that is elsewhere now.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let store = Self(Arc::new(Opened {
            database: open::open(url).await?,
            stages: stages::Stages::default(),
            destinations: destinations::Destinations::default(),
            touched: touched::Touched::default(),
            growth: growth::Growth::default(),
        }));
        store.refresh_stages().await?;
        store.hash_told_emails().await?;
        store.refresh_destinations().await?;
        Ok(store)
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    /// Whom commits have touched.
    pub(crate) fn touched(&self) -> &touched::Touched {
        &self.0.touched
    }

    /// Which database this is.
    pub fn kind(&self) -> Kind {
        match self.database() {
            Database::Sqlite { .. } => Kind::Sqlite,
            Database::Postgres { .. } => Kind::Postgres,
        }
    }

    /// Prepares for many transactions that touch many rows each.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without a database.
    pub async fn expect_bulk(&self) -> Result<(), StoreError> {
        match self.database() {
            Database::Sqlite { items, .. } => items.turn().await.expect_bulk(),
            Database::Postgres { .. } => Ok(()),
        }
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without one, [`StoreError::Moved`] from one that takes nothing any more.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.is_here().await
    }

    /// Closes every connection and waits until they are closed. Every later call fails.
    pub async fn close(&self) {
        match self.database() {
            Database::Sqlite {
                read,
                write,
                items,
                rows,
            } => {
                rows.close();
                items.turn().await.close();
                read.close().await;
                write.close().await;
            }
            Database::Postgres { read, write } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}
