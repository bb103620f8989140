//! Rows of visitors for the columnar copy ([`crate::columns`]): of a whole site, or of whoever changed.
//!
//! Millions of rows go by here, so none becomes a value of its own: whoever takes them ([`Take`]) is shown each while it stands
//! in the driver's memory. They come in no order. What is read of whoever changed is one moment's state, together with what is
//! told of changes ([`super::changes`]); of a whole site SQLite is read a slice at a time, each of its own moment, so that nobody
//! who stores items is in anybody's way, and changes from before the first slice on have to be read after it.

mod cells;
mod postgres;
mod sqlite;

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::changes::{News, Position};
use super::{Database, Store, StoreError};
use crate::journey::EntryKind;

/// Where a session or a visitor came from, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TouchRow<'r> {
    pub(crate) source: Option<&'r str>,
    pub(crate) medium: Option<&'r str>,
    pub(crate) campaign: Option<&'r str>,
    pub(crate) term: Option<&'r str>,
    pub(crate) content: Option<&'r str>,
    pub(crate) channel: Option<&'r str>,
    /// The address of the referring page.
    pub(crate) referrer: Option<&'r str>,
}

/// With what and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DeviceRow<'r> {
    pub(crate) kind: Option<&'r str>,
    pub(crate) browser: Option<&'r str>,
    pub(crate) os: Option<&'r str>,
    pub(crate) country: Option<&'r str>,
    pub(crate) region: Option<&'r str>,
    pub(crate) city: Option<&'r str>,
    pub(crate) language: Option<&'r str>,
}

/// A visitor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VisitorRow<'r> {
    pub(crate) visitor_id: Uuid,
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
    /// By the rules or by what the owner says.
    pub(crate) bot: bool,
    /// The user that was named last.
    pub(crate) user: Option<&'r str>,
    /// The account that was told last.
    pub(crate) account: Option<&'r str>,
    /// Whether several users were named.
    pub(crate) shared: bool,
    /// The one user that was named, if there is just one.
    pub(crate) owner: Option<&'r str>,
    pub(crate) touch: Option<TouchRow<'r>>,
    pub(crate) device: DeviceRow<'r>,
}

/// A session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionRow<'r> {
    pub(crate) visitor_id: Uuid,
    pub(crate) session_id: Uuid,
    pub(crate) started_at: i64,
    pub(crate) last_at: i64,
    pub(crate) page_views: i64,
    /// Items of the type event.
    pub(crate) events: i64,
    pub(crate) entry_url: Option<&'r str>,
    pub(crate) exit_url: Option<&'r str>,
    /// How long pages were visible whose rows are gone.
    pub(crate) past_visible_ms: i64,
    pub(crate) touch: Option<TouchRow<'r>>,
    pub(crate) device: DeviceRow<'r>,
}

/// An entry of the timeline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventRow<'r> {
    pub(crate) visitor_id: Uuid,
    pub(crate) session_id: Uuid,
    pub(crate) at: i64,
    pub(crate) id: Uuid,
    pub(crate) kind: EntryKind,
    pub(crate) name: Option<&'r str>,
    pub(crate) url: Option<&'r str>,
    pub(crate) conversion: bool,
    /// Nothing where no ping told.
    pub(crate) visible_ms: Option<i64>,
    /// In per cent, likewise.
    pub(crate) scroll_max: Option<i64>,
    /// What events and milestones tell beside their name, as an object in JSON, if it is wanted.
    pub(crate) props: Option<&'r str>,
}

/// When something happened for the first time. Of a visitor and a name there may be two; the earlier one counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FirstRow<'r> {
    pub(crate) visitor_id: Uuid,
    /// A milestone, or an event that reaches one.
    pub(crate) name: &'r str,
    pub(crate) first_at: i64,
}

/// An order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrderRow<'r> {
    pub(crate) visitor_id: Uuid,
    pub(crate) session_id: Uuid,
    pub(crate) at: i64,
    /// The item that told it.
    pub(crate) item_id: Uuid,
    pub(crate) key: &'r str,
    pub(crate) name: &'r str,
    /// Millionths of the currency.
    pub(crate) amount: Option<i64>,
    /// Millionths of the order's currency that refunds took back.
    pub(crate) refunded: i64,
    /// ISO 4217.
    pub(crate) currency: Option<&'r str>,
}

/// Two ids of one person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkRow<'r> {
    pub(crate) one: &'r str,
    pub(crate) other: &'r str,
    /// Whether the owner says so, and not an item.
    pub(crate) by_owner: bool,
}

/// An interaction, with all by which it is somebody's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ContactRow<'r> {
    pub(crate) id: Uuid,
    pub(crate) at: i64,
    pub(crate) channel: &'r str,
    pub(crate) kind: &'r str,
    pub(crate) direction: Option<&'r str>,
    pub(crate) source: Option<&'r str>,
    pub(crate) campaign: Option<&'r str>,
    pub(crate) user: Option<&'r str>,
    pub(crate) visitor_id: Option<Uuid>,
    /// Who told its address last.
    pub(crate) email_user: Option<&'r str>,
}

/// Who takes entries.
pub(crate) trait TakeEvents: Send + 'static {
    fn event(&mut self, row: &EventRow<'_>);
    /// Whether what events tell beside their name is wanted.
    fn wants_props(&self) -> bool;
    /// Whether there is room for more; where there is none, reading ends with [`StoreError::Full`].
    fn has_room(&self) -> bool;
}

/// Who takes rows. Visitors come first.
pub(crate) trait Take: TakeEvents {
    fn visitor(&mut self, row: &VisitorRow<'_>);
    fn session(&mut self, row: &SessionRow<'_>);
    fn first(&mut self, row: &FirstRow<'_>);
    fn order(&mut self, row: &OrderRow<'_>);
    /// One of several users of a browser.
    fn sharing(&mut self, visitor_id: Uuid, user: &str);
    fn link(&mut self, row: &LinkRow<'_>);
    fn contact(&mut self, row: &ContactRow<'_>);
}

/// Statements, each with `{whose}` in the place of whose rows are wanted, of the table `v`.
mod text {
    pub(super) const VISITORS: &str = include_str!("../sql/columns/visitors.sql");
    pub(super) const SESSIONS: &str = include_str!("../sql/columns/sessions.sql");
    /// With `{props}` in the place of what events tell beside their name.
    const EVENTS: &str = include_str!("../sql/columns/events.sql");
    pub(super) const MILESTONES: &str = include_str!("../sql/columns/milestones.sql");
    pub(super) const FIRST_EVENTS: &str = include_str!("../sql/columns/first_events.sql");
    pub(super) const ORDERS: &str = include_str!("../sql/columns/orders.sql");
    pub(super) const REFUNDS: &str = include_str!("../sql/columns/refunds.sql");
    pub(super) const REFUNDED: &str = include_str!("../sql/columns/refunded.sql");
    pub(super) const SHARING: &str = include_str!("../sql/columns/sharing.sql");
    pub(super) const LINKS: &str = include_str!("../sql/columns/links.sql");
    pub(super) const INTERACTIONS: &str = include_str!("../sql/columns/interactions.sql");
    pub(super) const IDS: &str = include_str!("../sql/columns/ids.sql");

    /// Entries, as whoever takes them wants them.
    pub(super) fn events(take: &impl super::TakeEvents) -> String {
        let props = if take.wants_props() {
            "CASE WHEN v.kind IN ('event', 'milestone') THEN CAST(v.props AS TEXT) END"
        } else {
            "CAST(NULL AS TEXT)"
        };
        EVENTS.replace("{props}", props)
    }
}

/// What was read of whoever changed.
#[derive(Debug)]
pub(crate) struct Again<T> {
    /// Everything that changed since the position. Links and interactions that it tells of were read, as far as they are
    /// there; all of them where somebody has other ids.
    pub(crate) news: News,
    /// Whose rows `take` was shown: whom `choose` named, and whose orders their refunds are of. Who is not among the rows has
    /// gone.
    pub(crate) read: BTreeSet<Uuid>,
    /// Every visitor, if they were asked for.
    pub(crate) all: Option<Vec<Uuid>>,
    /// Who took the rows.
    pub(crate) take: T,
}

/// Whom to read again.
pub(crate) trait Choose: Send + 'static {
    /// Told what changed, chooses whose rows to read.
    fn visitors(&mut self, news: &News) -> BTreeSet<Uuid>;
}

impl<F: FnMut(&News) -> BTreeSet<Uuid> + Send + 'static> Choose for F {
    fn visitors(&mut self, news: &News) -> BTreeSet<Uuid> {
        self(news)
    }
}

impl Store {
    /// Where the latest change stands: what changes after this call began is told after it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(crate) async fn position(&self, site_id: i64) -> Result<Position, StoreError> {
        match self.database() {
            Database::Sqlite { .. } => {
                self.blocking(move |connection| sqlite::position(connection, site_id))
                    .await
            }
            Database::Postgres { read, .. } => postgres::position(read, site_id).await,
        }
    }

    /// Reads what changed since a position, which moves on, and rows of whomever `choose` names then.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], and then the position is to be used no more.
    pub(crate) async fn read_again<T: Take>(
        &self,
        site_id: i64,
        position: &mut Position,
        mut choose: impl Choose,
        mut take: T,
    ) -> Result<Again<T>, StoreError> {
        match self.database() {
            Database::Sqlite { .. } => {
                let mut own = std::mem::take(position);
                let (own, again) = self
                    .blocking(move |connection| {
                        let news = sqlite::news(connection, site_id, &mut own)?;
                        let mut ids = choose.visitors(&news);
                        ids.extend(sqlite::refunded(connection, site_id, &ids)?);
                        let all = news.is_whole.then(|| sqlite::ids(connection, site_id));
                        sqlite::visitors(connection, site_id, &ids, &mut take)?;
                        sqlite::beside(connection, site_id, &news, &mut take)?;
                        let again = Again {
                            all: all.transpose()?,
                            news,
                            read: ids,
                            take,
                        };
                        Ok((own, again))
                    })
                    .await?;
                *position = own;
                Ok(again)
            }
            Database::Postgres { read, .. } => {
                postgres::read_again(read, site_id, position, choose, take).await
            }
        }
    }

    /// Reads all rows of a site. What changed after `position` was asked for has to be read again.
    ///
    /// # Errors
    /// [`StoreError::Full`] when the taker has no room; [`StoreError::Unavailable`].
    pub(crate) async fn read_whole<T: Take>(&self, site_id: i64, take: T) -> Result<T, StoreError> {
        match self.database() {
            Database::Sqlite { .. } => sqlite::whole(self, site_id, take).await,
            Database::Postgres { read, .. } => postgres::whole(read, site_id, take).await,
        }
    }

    /// Reads the entries of a site alone, in no order. What changed after it began may be as it was before or after.
    ///
    /// # Errors
    /// [`StoreError::Full`] when the taker has no room; [`StoreError::Unavailable`].
    pub(crate) async fn read_events<T: TakeEvents>(
        &self,
        site_id: i64,
        take: T,
    ) -> Result<T, StoreError> {
        match self.database() {
            Database::Sqlite { .. } => sqlite::events(self, site_id, take).await,
            Database::Postgres { read, .. } => postgres::events(read, site_id, take).await,
        }
    }

    /// Reads on SQLite, beside the threads that answer.
    async fn blocking<R: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let store = self.clone();
        let work = move || match store.database() {
            Database::Sqlite { rows, .. } => rows.read(work),
            Database::Postgres { .. } => {
                Err(StoreError::Internal("not read by this driver".to_owned()))
            }
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| StoreError::Internal(error.to_string()))?
    }
}

/// What refunds took back, by the order's key.
type Refunded = HashMap<String, i64>;
