//! Row-level security on PostgreSQL: the second wall between sites, behind the `WHERE site_id = …` of every statement.
//!
//! Each table has a policy, `wall` (migration 18), that shows a connection the rows of the site it says it is about. Nothing
//! said is nothing seen. Who reads says so in words: `read of site_id` or `read of every site` ([`super::on`]). A reading
//! connection is told before each use, in place of the sign of life that it would be asked for anyway, so it never answers
//! by what it was told before. Writing connections, migrations and backups are about every site ([`Access::EverySite`]) and
//! are told once, when they are made; transactions that are about one site narrow themselves to it ([`Narrow`]).
//!
//! Policies do not hold for superusers and roles with BYPASSRLS. Where the collector signs in as one it puts on the role
//! [`ROLE`], which may use the tables and nothing else, and makes that role where it may. For any other role the policies
//! hold as they are: they are forced upon the tables' owner. Which of them is true the database is asked ([`Store::wall`]),
//! not concluded.
//!
//! SQLite has no such thing.

use std::future::Future;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, SqliteConnection};

use super::silent::Looks;
use super::{Database, Store, StoreError};

/// The role that is put on by whoever the policies do not hold for.
pub const ROLE: &str = "waymark_app";

/// Whose rows a connection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Nobody's.
    Nothing,
    /// One site's.
    Site(i64),
    /// Every site's, and what belongs to none: users, keys, the list of sites.
    EverySite,
}

impl Access {
    /// One site's, or every one's where none is named.
    pub(super) fn of(site: Option<i64>) -> Self {
        site.map_or(Self::EverySite, Self::Site)
    }

    fn setting(self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Site(id) => id.to_string(),
            Self::EverySite => "every".to_owned(),
        }
    }

    /// Tells a connection.
    pub(super) async fn set(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        // Nothing of it comes from outside but a number.
        let sql = format!("SET waymark.site = '{}'", self.setting());
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(connection)
            .await
            .map(drop)
    }
}

/// A transaction, which may be narrowed to one site though its connection is about all of them.
pub(super) trait Narrow {
    /// Makes the rest of the transaction be about `access`. Nothing happens where there is no wall.
    fn narrow(&mut self, access: Access) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

impl Narrow for SqliteConnection {
    async fn narrow(&mut self, _: Access) -> Result<(), sqlx::Error> {
        Ok(())
    }
}

impl Narrow for PgConnection {
    async fn narrow(&mut self, access: Access) -> Result<(), sqlx::Error> {
        let sql = format!("SET LOCAL waymark.site = '{}'", access.setting());
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(self)
            .await
            .map(drop)
    }
}

tokio::task_local! {
    /// What the connection that is being taken will be about.
    static WANTED: Access;
}

/// Looking for fifty sessions and their pages by indexes is a millisecond's work, and costs so much to the planner that it would
/// start workers for it, which takes five, and takes processors from those who store. So does looking into every month
/// ([`super::months`]). Questions of seconds still have them.
const PLANS: &str = "SET parallel_setup_cost = 10000";

/// Connections that read, each told whose rows it is about whenever it is taken.
#[derive(Debug)]
pub(crate) struct Readers(PgPool);

impl Readers {
    /// Connects. `role` is what they put on, and `looks` whether their server can be told to look for who asks.
    pub(super) async fn connect(
        options: PgPoolOptions,
        to: sqlx::postgres::PgConnectOptions,
        role: Option<&'static str>,
        looks: Looks,
    ) -> Result<Self, sqlx::Error> {
        let pool = looks
            .give_up(options)
            // Being told is a sign of life as well.
            .test_before_acquire(false)
            .before_acquire(|connection, _| {
                Box::pin(async move { wanted().set(connection).await.map(|()| true) })
            })
            // A new connection is handed out without the call above.
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    looks.tell(connection).await?;
                    put_on(role, connection).await?;
                    sqlx::raw_sql(PLANS).execute(&mut *connection).await?;
                    wanted().set(connection).await
                })
            });
        Ok(Self(pool.connect_with(to).await?))
    }

    /// A connection that is about `access`.
    pub(super) async fn of(&self, access: Access) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        WANTED.scope(access, self.0.acquire()).await
    }

    /// Closes them and waits until they are closed.
    pub(super) async fn close(&self) {
        self.0.close().await;
    }
}

/// Whoever does not say is shown nothing.
fn wanted() -> Access {
    WANTED.try_with(|access| *access).unwrap_or(Access::Nothing)
}

/// Has a connection that signed in as a role which policies do not hold for ask as `role` instead.
pub(super) async fn put_on(
    role: Option<&'static str>,
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    if let Some(role) = role {
        sqlx::raw_sql(AssertSqlSafe(format!("SET ROLE {role}")))
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// A connection that asks as whoever signed in, and not to be used for anything else afterwards.
pub(super) async fn as_owner(write: &PgPool) -> Result<PgConnection, StoreError> {
    let mut owner = write.acquire().await?.detach();
    sqlx::raw_sql("RESET ROLE").execute(&mut owner).await?;
    Ok(owner)
}

/// The role that queries have to be asked as: none but one's own, or [`ROLE`], made and given what it needs where that is
/// missing. Has to be called when the schema is up to date.
///
/// # Errors
/// When the database does not answer. Where it refuses to make the role there is none to put on, which the start says.
pub(super) async fn role(
    connection: &mut PgConnection,
) -> Result<Option<&'static str>, StoreError> {
    if !Standing::of(connection).await?.passes_by {
        return Ok(None);
    }
    if !is_ready(connection).await?
        && let Err(error) = sqlx::raw_sql(include_str!("sql/wall/make_role.postgres.sql"))
            .execute(&mut *connection)
            .await
    {
        tracing::debug!(error = %StoreError::from(error), role = ROLE, "the role was not made");
        // Another collector may have been faster.
        if !is_ready(connection).await? {
            return Ok(None);
        }
    }
    if put_on(Some(ROLE), connection).await.is_err() {
        return Ok(None);
    }
    sqlx::raw_sql("RESET ROLE").execute(connection).await?;
    Ok(Some(ROLE))
}

async fn is_ready(connection: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(
        sqlx::query_scalar(include_str!("sql/wall/ready.postgres.sql"))
            .fetch_one(connection)
            .await?,
    )
}

/// What a role is.
#[derive(sqlx::FromRow)]
struct Standing {
    name: String,
    /// Whether policies do not hold for it.
    passes_by: bool,
    /// Whether it may make roles.
    makes: bool,
}

impl Standing {
    async fn of(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        sqlx::query_as(include_str!("sql/wall/standing.postgres.sql"))
            .fetch_one(connection)
            .await
    }
}

/// Whether the wall stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wall {
    /// Who asks.
    pub role: String,
    /// The tables whose policies do not hold for them.
    pub open: Vec<String>,
}

impl Wall {
    async fn of(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        Ok(Self {
            role: Standing::of(connection).await?.name,
            open: sqlx::query_scalar(include_str!("sql/wall/open.postgres.sql"))
                .fetch_all(connection)
                .await?,
        })
    }

    /// As it will be for a collector that signs in as this connection did. The error says why there will be none.
    pub(super) async fn expected(
        connection: &mut PgConnection,
    ) -> Result<Result<Self, String>, StoreError> {
        let own = Standing::of(connection).await?;
        let role = own.passes_by.then_some(ROLE);
        if role.is_some() && !is_ready(connection).await? {
            return Ok(if own.makes {
                Ok(Self {
                    role: ROLE.to_owned(),
                    open: Vec::new(),
                })
            } else {
                Err(format!(
                    "row-level security does not hold for {} (a superuser or BYPASSRLS), which may not make the role {ROLE} that it \
                     would hold for: nothing but the collector's own statements keeps sites apart",
                    own.name
                ))
            });
        }
        put_on(role, connection).await?;
        Ok(Ok(Self::of(connection).await?))
    }
}

impl Store {
    /// Asks whether the policies hold for who asks here. Nothing where the database has no policies: SQLite.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn wall(&self) -> Result<Option<Wall>, StoreError> {
        match self.database() {
            Database::Sqlite { .. } => Ok(None),
            Database::Postgres { read, write } => {
                let reading = Wall::of(&mut *read.of(Access::EverySite).await?).await?;
                Ok(Some(if reading.open.is_empty() {
                    Wall::of(&mut *write.acquire().await?).await?
                } else {
                    reading
                }))
            }
        }
    }
}
