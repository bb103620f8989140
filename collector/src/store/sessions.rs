//! Sessions as they are read.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::bots::Bots;
use super::came::{Came, is_impossible};
use super::journeys::{LIST, listed};
use super::page::{Cursor, Page};
use super::persons::Slices;
use super::record::{DeviceColumns, GaColumns, TouchColumns};
use super::rows::{Filters, bind};
use super::{Store, StoreError, on};
use crate::journey::{Session, friendly};

/// Which sessions to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Of this visitor.
    pub visitor: Option<Uuid>,
    /// Of bots or of others.
    pub bots: Bots,
    /// Of these browsers, as far as they are one person's.
    pub within: Option<Slices>,
    /// Part of the campaign, of the last page's address, or of the visitor's name or user id, in any case.
    pub q: Option<String>,
    /// From this source.
    pub source: Option<String>,
    /// Begun so.
    pub came: Came,
}

#[derive(FromRow)]
pub(super) struct Row {
    visitor_id: Uuid,
    session_id: Uuid,
    started_at: i64,
    last_at: i64,
    page_views: i64,
    events: i64,
    entry_url: Option<String>,
    exit_url: Option<String>,
    rules: i64,
    ip: Option<String>,
    /// Of page views that are gone.
    past_visible_ms: i64,
    bot: bool,
    #[sqlx(flatten)]
    ga: GaColumns,
    #[sqlx(flatten)]
    touch: TouchColumns,
    #[sqlx(flatten)]
    device: DeviceColumns,
}

impl Row {
    fn into_session(self, visible_ms: i64) -> Session {
        Session {
            session_id: self.session_id,
            visitor_id: self.visitor_id,
            visitor_name: friendly(self.visitor_id),
            started_at: self.started_at,
            last_activity_at: self.last_at,
            page_views: self.page_views,
            events: self.events,
            visible_ms: visible_ms + self.past_visible_ms,
            entry_url: self.entry_url,
            exit_url: self.exit_url,
            touch: self.touch.into(),
            device: self.device.into(),
            ga: self.ga.into(),
            ip: self.ip,
            bot: self.bot,
            rules: self.rules,
        }
    }
}

impl Store {
    /// Sessions of a site, latest start first. `cursor` is what the page before gave, `None` for the first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn sessions(
        &self,
        site_id: i64,
        filter: &SessionFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Session>, StoreError> {
        let cursor = Cursor::read(cursor)?;
        let mut texts = [&filter.q, &filter.source].into_iter().flatten();
        if filter.came.is_impossible() || texts.any(|text| is_impossible(text)) {
            return Ok(Page {
                data: Vec::new(),
                next_cursor: None,
            });
        }
        let patterns = filter.came.patterns(filter.q.as_deref());
        let mut filters = Filters::new(5);
        filters.add("visitor_id = $?", filter.visitor);
        filters.add("source = $?", filter.source.as_deref());
        let of = ["entry_url", "started_at", "started_at"];
        filter.came.narrow(&mut filters, &patterns, of);
        filters.add(
            "(lower(campaign) LIKE lower($?) ESCAPE '!' OR lower(exit_url) LIKE lower($?) ESCAPE '!'
              OR EXISTS (SELECT 1 FROM visitors AS v WHERE v.site_id = sessions.site_id
                         AND v.visitor_id = sessions.visitor_id
                         AND (lower(v.name) LIKE lower($?) ESCAPE '!' OR lower(v.user_id) LIKE lower($?) ESCAPE '!')))",
            patterns.q.as_deref(),
        );
        filters.add(
            "EXISTS (SELECT 1 FROM visitors AS v WHERE v.site_id = sessions.site_id
                     AND v.visitor_id = sessions.visitor_id
                     AND COALESCE(v.bot_decision, v.device_type = 'bot', FALSE)) = $?",
            filter.bots.wanted(),
        );
        if let Some(within) = &filter.within {
            within.narrow_sessions(&mut filters);
        }
        let index = match (filter.visitor, &filter.within) {
            (None, None) => "",
            _ => "{by sessions_of_visitor}",
        };
        let sql = filters.apply(include_str!("sql/sessions/list.sql"));
        let sql = self.indexed(&sql.replace("{index}", index));
        let rows: Vec<Row> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(cursor.at)
                .bind(cursor.id)
                .bind(cursor.tie)
                .bind(i64::from(limit) + 1);
            bind!(query, &filters.values).fetch_all(pool).await
        })?;
        let page = Page::cut(rows, limit, |row| Cursor {
            at: row.started_at,
            id: row.session_id,
            tie: row.visitor_id,
        });
        Ok(Page {
            data: self.with_visible_times(site_id, page.data).await?,
            next_cursor: page.next_cursor,
        })
    }

    /// Adds how long their pages were visible to some rows.
    pub(super) async fn with_visible_times(
        &self,
        site_id: i64,
        rows: Vec<Row>,
    ) -> Result<Vec<Session>, StoreError> {
        let visible = self.visible_times(site_id, &rows).await?;
        let session = |row: Row| {
            let key = (row.visitor_id, row.session_id);
            row.into_session(visible.get(&key).copied().unwrap_or(0))
        };
        Ok(rows.into_iter().map(session).collect())
    }

    /// How long the pages of each session were visible, by visitor and session.
    async fn visible_times(
        &self,
        site_id: i64,
        rows: &[Row],
    ) -> Result<HashMap<(Uuid, Uuid), i64>, StoreError> {
        let session_ids: Vec<Uuid> = rows.iter().map(|row| row.session_id).collect();
        let mut visible = HashMap::new();
        for ids in session_ids.chunks(LIST) {
            let (sql, ids) = listed(include_str!("sql/page_views/visible_by_session.sql"), ids);
            let found: Vec<(Uuid, Uuid, i64)> = on!(self, read of site_id, |pool| {
                let query = sqlx::query_as(AssertSqlSafe(sql)).bind(site_id);
                bind!(query, &ids).fetch_all(pool).await
            })?;
            visible.extend(found.into_iter().map(|(v, s, ms)| ((v, s), ms)));
        }
        Ok(visible)
    }
}
