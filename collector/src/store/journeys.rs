//! Journeys as they are read: `visitors` and their `milestones`.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;
use waymark_protocol::limits;

use super::bots::{self, Bots};
use super::came::Came;
use super::judgements::Ranking;
use super::page::{Cursor, Page};
use super::record::{DeviceColumns, GaColumns, TouchColumns};
use super::rows::{Filters, Value, bind, pad, with_list};
use super::{Store, StoreError, on};
use crate::journey::{Definition, Device, Firsts, Journey, Progress};

/// Which journeys to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VisitorFilter {
    /// Part of the visitor's name or user id, in any case.
    pub q: Option<String>,
    /// At the stage with this key; nobody is at one that the site does not have.
    pub stage: Option<String>,
    /// First came from this source.
    pub source: Option<String>,
    /// Bots or others.
    pub bots: Bots,
    /// First came so, and was there in the time; of lists of visitors.
    pub came: Came,
}

#[derive(FromRow)]
pub(super) struct Row {
    visitor_id: Uuid,
    /// In a list by score.
    #[sqlx(default)]
    place: Option<i64>,
    name: String,
    user_id: Option<String>,
    account_id: Option<String>,
    first_at: i64,
    last_at: i64,
    total_sessions: i64,
    total_page_views: i64,
    total_events: i64,
    rules: i64,
    bot_decision: Option<bool>,
    #[sqlx(flatten)]
    ga: GaColumns,
    #[sqlx(flatten)]
    touch: TouchColumns,
    #[sqlx(flatten)]
    device: DeviceColumns,
}

impl Row {
    fn into_journey(self, definition: &Definition, firsts: &Firsts) -> Journey {
        let progress = Progress::of(definition, self.first_at, firsts);
        let device: Device = self.device.into();
        let (bot, bot_by) = bots::mark(self.bot_decision, device.kind.as_deref());
        Journey {
            visitor_id: self.visitor_id,
            name: self.name,
            user_id: self.user_id,
            account_id: self.account_id,
            stage: definition.key(progress.rank).to_owned(),
            stage_at: progress.stage_at,
            stages: progress.stages,
            first_seen: self.first_at,
            last_seen: self.last_at,
            total_sessions: self.total_sessions,
            total_page_views: self.total_page_views,
            total_events: self.total_events,
            first_touch: self.touch.into(),
            device,
            ga: self.ga.into(),
            milestones: progress.milestones,
            bot,
            bot_by,
            rules: self.rules,
        }
    }
}

impl Store {
    /// Journeys of a site, most recently seen first. `cursor` is what the page before gave, `None` for the first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn visitors(
        &self,
        site_id: i64,
        filter: &VisitorFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Journey>, StoreError> {
        self.walked_visitors(site_id, filter, None, cursor, limit)
            .await
    }

    /// Journeys of a site by what was kept of the person whose browser it is, the highest first; those of nobody with a score,
    /// or not judged yet, are not there. `least` is the least standing of those that are.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn ranked_visitors(
        &self,
        site_id: i64,
        filter: &VisitorFilter,
        by: (Ranking, Option<i64>),
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Journey>, StoreError> {
        self.walked_visitors(site_id, filter, Some(by), cursor, limit)
            .await
    }

    async fn walked_visitors(
        &self,
        site_id: i64,
        filter: &VisitorFilter,
        ranking: Option<(Ranking, Option<i64>)>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Journey>, StoreError> {
        // A source with a zero character was never stored, and PostgreSQL would refuse to look for it. No name or user
        // id is as long as this, and SQLite refuses patterns that are very long.
        let impossible = |source: &String| source.contains('\0');
        let too_long = |q: &String| q.chars().nth(limits::USER_ID_CHARS).is_some();
        let definition = self.stages(site_id);
        let stage = filter.stage.as_deref().map(|key| definition.rank(key));
        if filter.source.as_ref().is_some_and(impossible)
            || filter.q.as_ref().is_some_and(too_long)
            || filter.came.is_impossible()
            || stage == Some(None)
        {
            return Ok(Page {
                data: Vec::new(),
                next_cursor: None,
            });
        }
        let cursor = Cursor::read(cursor)?;
        let patterns = filter.came.patterns(filter.q.as_deref());
        let mut filters = Filters::new(4);
        filters.add(
            "(lower(name) LIKE lower($?) ESCAPE '!' OR lower(user_id) LIKE lower($?) ESCAPE '!')",
            patterns.q.as_deref(),
        );
        let of = ["landing_url", "first_at", "last_at"];
        filter.came.narrow(&mut filters, &patterns, of);
        if let Some(rank) = stage.flatten() {
            at_stage(&mut filters, &definition, rank);
        }
        filters.add("source = $?", filter.source.as_deref());
        filters.add(
            "COALESCE(bot_decision, device_type = 'bot', FALSE) = $?",
            filter.bots.wanted(),
        );
        let sql = match ranking {
            None => filters.apply(include_str!("sql/visitors/list.sql")),
            Some((by, least)) => {
                filters.add("judged.standing >= $?", least);
                filters
                    .apply(include_str!("sql/visitors/list_ranked.sql"))
                    .replace("{place}", by.column())
            }
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
            at: row.place.unwrap_or(row.last_at),
            id: row.visitor_id,
            tie: Uuid::nil(),
        });
        Ok(Page {
            data: self.with_milestones(site_id, page.data).await?,
            next_cursor: page.next_cursor,
        })
    }

    /// The journey of one visitor.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn journey(
        &self,
        site_id: i64,
        visitor_id: Uuid,
    ) -> Result<Option<Journey>, StoreError> {
        Ok(self.journeys(site_id, &[visitor_id]).await?.pop())
    }

    /// The journeys of some visitors, in no particular order. Ids that are not known are left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn journeys(
        &self,
        site_id: i64,
        visitor_ids: &[Uuid],
    ) -> Result<Vec<Journey>, StoreError> {
        let definition = self.stages(site_id);
        let mut journeys = Vec::with_capacity(visitor_ids.len());
        for ids in visitor_ids.chunks(LIST) {
            let (sql, listed) = listed(include_str!("sql/visitors/get.sql"), ids);
            let rows = async {
                let rows: Vec<Row> = on!(self, read of site_id, |pool| {
                    let query = sqlx::query_as(AssertSqlSafe(sql)).bind(site_id);
                    bind!(query, &listed).fetch_all(pool).await
                })?;
                Ok(rows)
            };
            let firsts = self.firsts(site_id, ids, definition.has_events());
            let (rows, firsts) = tokio::try_join!(rows, firsts)?;
            journeys.extend(with_firsts(rows, firsts, &definition));
        }
        Ok(journeys)
    }

    /// Adds their milestones and stages to some rows.
    pub(super) async fn with_milestones(
        &self,
        site_id: i64,
        rows: Vec<Row>,
    ) -> Result<Vec<Journey>, StoreError> {
        let definition = self.stages(site_id);
        let visitor_ids: Vec<Uuid> = rows.iter().map(|row| row.visitor_id).collect();
        let firsts = self
            .firsts(site_id, &visitor_ids, definition.has_events())
            .await?;
        Ok(with_firsts(rows, firsts, &definition).collect())
    }
}

fn with_firsts(
    rows: Vec<Row>,
    mut firsts: HashMap<Uuid, Firsts>,
    definition: &Definition,
) -> impl Iterator<Item = Journey> {
    rows.into_iter().map(move |row| {
        let own = firsts.remove(&row.visitor_id).unwrap_or_default();
        row.into_journey(definition, &own)
    })
}

/// Those who have reached a stage and none above it.
fn at_stage<'a>(filters: &mut Filters<'a>, definition: &'a Definition, rank: usize) {
    let mut add = |not: &str, names: (Vec<&'a str>, Vec<&'a str>)| {
        let reached = reached("visitors", !names.1.is_empty());
        filters.add_lists(&format!("{not}{reached}"), &firsts_of(names));
    };
    if rank > 0 {
        add("", definition.leading_to(|other| other == rank));
    }
    add("NOT ", definition.leading_to(|other| other > rank));
}

/// The condition that a visitor, a row of `table`, has reached one of some milestones, or by one of some events; see
/// [`firsts_of`].
pub(super) fn reached(table: &str, by_events: bool) -> String {
    let first = |firsts: &str| {
        format!(
            "EXISTS (SELECT 1 FROM {firsts} AS f WHERE f.site_id = {table}.site_id
                AND f.visitor_id = {table}.visitor_id AND f.name IN ({{{firsts}}}))"
        )
    };
    let milestone = first("milestones");
    if by_events {
        format!("({milestone} OR {})", first("first_events"))
    } else {
        milestone
    }
}

/// The milestones and events of [`Definition::leading_to`], as the lists of [`reached`].
pub(super) fn firsts_of<'a>(
    (milestones, events): (Vec<&'a str>, Vec<&'a str>),
) -> [(&'static str, Vec<Value<'a>>); 2] {
    let list = |names: Vec<&'a str>| names.into_iter().map(Value::from).collect();
    [
        ("{milestones}", list(milestones)),
        ("{first_events}", list(events)),
    ]
}

/// Ids that one statement lists at most.
pub(super) const LIST: usize = 512;

/// A statement for a list of ids, after one parameter of its own.
pub(super) fn listed(text: &str, ids: &[Uuid]) -> (String, Vec<Value<'static>>) {
    let ids = pad(ids);
    (
        with_list(text, 1, ids.len()),
        ids.into_iter().map(Value::from).collect(),
    )
}

/// A LIKE pattern for texts that contain `part`, with `!` before what would be a wildcard.
pub(super) fn containing(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    // No stored text has a zero character, and PostgreSQL would refuse the pattern; any other wildcard-free
    // character that cannot occur keeps it matching nothing.
    for character in part.chars().map(|c| if c == '\0' { '\u{fffd}' } else { c }) {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_stand_for_themselves() {
        assert_eq!(containing("50%_o!"), "%50!%!_o!!%");
    }
}
