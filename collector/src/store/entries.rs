//! Entries of the timeline as they are read: `events`, with what pings said of the page views among them.

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::bots::Bots;
use super::page::{Cursor, Page};
use super::persons::Slices;
use super::rows::{Filters, bind};
use super::{Kind, Store, StoreError, on};
use crate::journey::{Definition, Entry, EntryKind, friendly};

/// Which entries to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Of this visitor.
    pub visitor: Option<Uuid>,
    /// Of this session.
    pub session: Option<Uuid>,
    /// Events and milestones of this name.
    pub name: Option<String>,
    /// Of this kind.
    pub kind: Option<EntryKind>,
    /// Of bots or of others.
    pub bots: Bots,
    /// Of these browsers, as far as they are one person's.
    pub within: Option<Slices>,
}

#[derive(FromRow)]
pub(super) struct Row {
    id: Uuid,
    kind: String,
    at: i64,
    received_at: i64,
    visitor_id: Uuid,
    session_id: Uuid,
    page_view_id: Option<Uuid>,
    name: Option<String>,
    url: Option<String>,
    title: Option<String>,
    referrer: Option<String>,
    props: Option<String>,
    conversion: bool,
    value: Option<String>,
    currency: Option<String>,
    user_id: Option<String>,
    visible_ms: Option<i64>,
    scroll_max: Option<i64>,
    bot: bool,
}

impl Row {
    pub(super) fn into_entry(self, definition: &Definition) -> Result<Entry, StoreError> {
        let kind: EntryKind = self
            .kind
            .parse()
            .map_err(|_| StoreError::Internal("events.kind: an unknown kind".to_owned()))?;
        let rank = match (kind, &self.name) {
            (EntryKind::Milestone, Some(name)) => definition.rank_of_milestone(name),
            (EntryKind::Event, Some(name)) => definition
                .reached_by_event(name)
                .and_then(|reached| reached.rank),
            _ => None,
        };
        Ok(Entry {
            id: self.id,
            kind,
            at: self.at,
            received_at: self.received_at,
            visitor_id: Some(self.visitor_id),
            visitor_name: Some(friendly(self.visitor_id)),
            session_id: Some(self.session_id),
            page_view_id: self.page_view_id,
            name: self.name,
            url: self.url,
            title: self.title,
            referrer: self.referrer,
            props: self.props.map(String::into_boxed_str),
            conversion: self.conversion,
            value: self.value,
            currency: self.currency,
            user_id: self.user_id,
            visible_ms: self.visible_ms,
            scroll_max: self.scroll_max,
            stage: rank.map(|rank| definition.key(rank).to_owned()),
            interaction: None,
            bot: self.bot,
        })
    }
}

impl Store {
    /// The second of a row, as its index has it: behind a wall of PostgreSQL it has to be a column.
    pub(super) fn second(&self) -> &'static str {
        match self.kind() {
            Kind::Sqlite => "at / 1000",
            Kind::Postgres => "at_second",
        }
    }

    /// A statement with [`Store::second`] in the place of `{second}`.
    pub(super) fn by_second(&self, text: &str) -> String {
        text.replace("{second}", self.second())
    }

    /// Entries of a site, latest first. `cursor` is what the page before gave, `None` for the first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn entries(
        &self,
        site_id: i64,
        filter: &EntryFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Entry>, StoreError> {
        // A name with a zero character was never stored, and PostgreSQL would refuse to look for it.
        if filter.name.as_ref().is_some_and(|name| name.contains('\0')) {
            return Ok(Page {
                data: Vec::new(),
                next_cursor: None,
            });
        }
        let cursor = Cursor::read(cursor)?;
        let mut filters = Filters::new(4);
        filters.add("visitor_id = $?", filter.visitor);
        filters.add("session_id = $?", filter.session);
        filters.add("name = $?", filter.name.as_deref());
        filters.add("kind = $?", filter.kind.map(EntryKind::as_str));
        filters.add(
            "EXISTS (SELECT 1 FROM visitors AS v WHERE v.site_id = events.site_id
                     AND v.visitor_id = events.visitor_id
                     AND COALESCE(v.bot_decision, v.device_type = 'bot', FALSE)) = $?",
            filter.bots.wanted(),
        );
        if let Some(within) = &filter.within {
            within.narrow_entries(&mut filters);
        }
        let sql = filters.apply(include_str!("sql/events/list.sql"));
        // By the index that there is: a visitor's or a session's entries by their time, a site's by the second.
        let few = filter.visitor.is_some() || filter.session.is_some() || filter.within.is_some();
        let sql = if few {
            sql.replace("{order}", "").replace("{second}", "")
        } else {
            let second = self.second();
            sql.replace("{order}", &format!("{second} DESC, "))
                .replace("{second}", &format!("AND {second} <= $2 / 1000"))
        };
        let rows: Vec<Row> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(cursor.at)
                .bind(cursor.id)
                .bind(i64::from(limit) + 1);
            bind!(query, &filters.values).fetch_all(pool).await
        })?;
        let page = Page::cut(rows, limit, |row| Cursor {
            at: row.at,
            id: row.id,
            tie: Uuid::nil(),
        });
        let definition = self.stages(site_id);
        Ok(Page {
            data: page
                .data
                .into_iter()
                .map(|row| row.into_entry(&definition))
                .collect::<Result<_, _>>()?,
            next_cursor: page.next_cursor,
        })
    }
}
