//! Interactions: written as servers tell them, and read with whose they are.
//!
//! Whose an interaction is stands in no row. It follows from whom it was sent with and from the users, links, browsers
//! and addresses that items told ([`crate::journey::Interaction`] has the rule), so an item that arrives later, a merge or its
//! end moves interactions without a word written.

mod occasions;
mod whose;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::commit::Committed;
use super::journeys::LIST;
use super::judgements::TOUCH;
use super::page::{Cursor, Page};
use super::persons::Slices;
use super::rows::{Filters, Marks, Rows, Value, bind};
use super::{Bots, EntryFilter, Store, StoreError, on};
use crate::journey::{
    ChannelContacts, ChannelTotals, Contact, Entry, EntryKind, Identity, Interaction, MatchedBy,
    friendly,
};

const COLUMNS: usize = 16;
static INSERT: Rows = Rows::new(include_str!("sql/interactions/insert.sql"), COLUMNS);

/// Which interactions to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InteractionFilter {
    /// By this channel.
    pub channel: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Somebody's, or nobody's.
    pub matched: Option<bool>,
    /// These alone.
    pub ids: Option<Vec<Uuid>>,
}

/// Whose interactions are asked for.
#[derive(Debug, Clone, Copy)]
enum Whose<'w> {
    Anybodys(&'w InteractionFilter),
    Visitors(Uuid),
    Persons(&'w Slices),
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    at: i64,
    received_at: i64,
    channel: String,
    kind: String,
    direction: Option<String>,
    user_id: Option<String>,
    visitor_id: Option<Uuid>,
    email_hash: Option<String>,
    source: Option<String>,
    campaign: Option<String>,
    subject: Option<String>,
    labels: Option<String>,
    duration_s: Option<i64>,
    props: Option<String>,
    user_known: bool,
    visitor_known: bool,
    visitor_user: Option<String>,
    email_user: Option<String>,
}

impl Row {
    /// Whose it is, and by what.
    fn person(&self) -> Option<(Identity, MatchedBy)> {
        let user = |user: &String| Identity::User(user.clone());
        if self.user_known {
            let id = self.user_id.as_ref().map(user)?;
            return Some((id, MatchedBy::UserId));
        }
        if self.visitor_known {
            let own = self.visitor_id.map(Identity::Visitor);
            let id = self.visitor_user.as_ref().map(user).or(own)?;
            return Some((id, MatchedBy::VisitorId));
        }
        let id = self.email_user.as_ref().map(user)?;
        Some((id, MatchedBy::EmailHash))
    }

    fn into_entry(self) -> Result<Entry, StoreError> {
        let broken = |what: &str| StoreError::Internal(format!("interactions.{what}: unreadable"));
        let (person, matched_by) = self.person().unzip();
        let labels = self.labels.as_deref().map(serde_json::from_str);
        let direction = self.direction.as_deref().map(str::parse);
        Ok(Entry {
            id: self.id,
            kind: EntryKind::Interaction,
            at: self.at,
            received_at: self.received_at,
            visitor_id: self.visitor_id,
            visitor_name: self.visitor_id.map(friendly),
            session_id: None,
            page_view_id: None,
            name: Some(self.kind),
            url: None,
            title: self.subject,
            referrer: None,
            props: self.props.map(String::into_boxed_str),
            conversion: false,
            value: None,
            currency: None,
            user_id: self.user_id,
            visible_ms: None,
            scroll_max: None,
            stage: None,
            interaction: Some(Contact {
                channel: self.channel,
                direction: direction.transpose().map_err(|_| broken("direction"))?,
                source: self.source,
                campaign: self.campaign,
                labels: labels
                    .transpose()
                    .map_err(|_| broken("labels"))?
                    .unwrap_or_default(),
                duration_s: self.duration_s,
                email_hash: self.email_hash,
                person,
                matched_by,
            }),
            bot: false,
        })
    }
}

impl Store {
    /// Stores interactions in one transaction and says of each whether it was new, as [`Store::commit`] does of items: when
    /// this returns, all of them are on stable storage; when it fails, none is. Of two with one id the first counts.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn add_interactions(
        &self,
        interactions: &[&Interaction],
    ) -> Result<Vec<Committed>, StoreError> {
        // Rare enough to be asked each time; items are stored by a generation instead.
        self.refresh_stages().await?;
        let known = self.stages_known();
        let mut own = interactions.to_vec();
        own.retain(|one| known.drops_interaction(one).is_none());
        // In one order everywhere, so that writers wait for each other and never deadlock; of two equals the first stays.
        own.sort_by_key(|one| key(one));
        own.dedup_by_key(|one| key(one));
        let labels: Vec<Option<String>> = own.iter().map(|one| labels(one)).collect();
        let mut values: Vec<Value<'_>> = Vec::with_capacity(own.len() * COLUMNS);
        for (one, labels) in own.iter().zip(&labels) {
            values.extend(row(one, labels.as_deref()));
        }
        let touched = self.touched_by(&own).await?;
        let mut new: HashSet<(i64, Uuid)> = on!(self, write, |pool| {
            let mut transaction = pool.begin().await?;
            let mut new = HashSet::new();
            for (sql, values) in INSERT.chunks(Marks::Numbered, &values) {
                let query = bind!(sqlx::query_as::<_, (i64, Uuid)>(sql), values);
                new.extend(query.fetch_all(&mut *transaction).await?);
            }
            if !new.is_empty() {
                // In the order in which those who store items go.
                for (site_id, visitor_id) in &touched {
                    sqlx::query(TOUCH)
                        .bind(site_id)
                        .bind(visitor_id)
                        .execute(&mut *transaction)
                        .await?;
                }
            }
            transaction.commit().await?;
            new
        });
        self.touched().add(touched.into_iter());
        let outcome = |one: &&Interaction| {
            if let Some(dropped) = known.drops_interaction(one) {
                dropped
            } else if new.remove(&key(one)) {
                Committed::New
            } else {
                Committed::Duplicate
            }
        };
        Ok(interactions.iter().map(outcome).collect())
    }

    /// The browsers of whoever some interactions may be with.
    async fn touched_by(
        &self,
        interactions: &[&Interaction],
    ) -> Result<BTreeSet<(i64, Uuid)>, StoreError> {
        let mut touched = BTreeSet::new();
        for own in interactions.chunk_by(|one, other| one.site_id == other.site_id) {
            let Some(site_id) = own.first().map(|one| one.site_id) else {
                continue;
            };
            for own in own.chunks(LIST) {
                let visitors: Vec<Uuid> = own.iter().filter_map(|one| one.visitor_id).collect();
                let users: Vec<&str> = own.iter().filter_map(|o| o.user_id.as_deref()).collect();
                let emails: Vec<&str> =
                    own.iter().filter_map(|o| o.email_hash.as_deref()).collect();
                let found = self
                    .browsers_of(site_id, &visitors, &users, &emails)
                    .await?;
                touched.extend(found.into_iter().map(|id| (site_id, id)));
            }
        }
        Ok(touched)
    }

    /// Interactions of a site as entries, latest first. `cursor` is what the page before gave, `None` for the first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn interactions(
        &self,
        site_id: i64,
        filter: &InteractionFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Entry>, StoreError> {
        // A text with a zero character was never stored, and PostgreSQL would refuse to look for it.
        let impossible = |text: &Option<String>| text.as_ref().is_some_and(|t| t.contains('\0'));
        if impossible(&filter.channel) || impossible(&filter.kind) {
            return Ok(Page::empty());
        }
        self.contacts(site_id, Whose::Anybodys(filter), cursor, limit)
            .await
    }

    /// Entries and interactions of a site as one timeline, latest first. A filter that only entries of a browser can meet
    /// leaves interactions out. `cursor` is what the page before gave, `None` for the first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn timeline(
        &self,
        site_id: i64,
        filter: &EntryFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Entry>, StoreError> {
        let all = InteractionFilter::default();
        let whose = match (&filter.within, filter.visitor) {
            (Some(within), _) => Whose::Persons(within),
            (None, Some(visitor)) => Whose::Visitors(visitor),
            (None, None) => Whose::Anybodys(&all),
        };
        let of_browsers =
            filter.session.is_some() || filter.name.is_some() || filter.bots == Bots::Only;
        match filter.kind {
            Some(EntryKind::Interaction) if of_browsers => Ok(Page::empty()),
            Some(EntryKind::Interaction) => self.contacts(site_id, whose, cursor, limit).await,
            Some(_) => self.entries(site_id, filter, cursor, limit).await,
            None if of_browsers => self.entries(site_id, filter, cursor, limit).await,
            None => {
                let entries = self.entries(site_id, filter, cursor, limit).await?;
                let contacts = self.contacts(site_id, whose, cursor, limit).await?;
                Ok(Page::merge(entries, contacts, limit, place))
            }
        }
    }

    /// How many interactions a site has by each channel.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn channels(&self, site_id: i64) -> Result<Vec<ChannelTotals>, StoreError> {
        let mut totals: BTreeMap<String, ChannelTotals> = BTreeMap::new();
        let rows = self.counted(site_id, &Filters::new(1)).await?;
        let mut add = |channel: String, interactions, unmatched, last_at| {
            let sum = totals
                .entry(channel.clone())
                .or_insert_with(|| ChannelTotals {
                    channel,
                    interactions: 0,
                    unmatched: 0,
                    last_at,
                });
            sum.interactions += interactions;
            sum.unmatched += unmatched;
            sum.last_at = sum.last_at.max(last_at);
        };
        for (channel, interactions, unmatched, last_at) in rows {
            add(channel, interactions, unmatched, last_at);
        }
        // Those that are gone for their age count as they did.
        for (kind, channel, items, last_at) in self.kept_channels(site_id).await? {
            match kind.as_str() {
                "interaction" => add(channel, items, 0, last_at),
                _ => add(channel, 0, items, last_at),
            }
        }
        Ok(totals.into_values().collect())
    }

    /// How many interactions a person has by each channel.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn person_channels(
        &self,
        site_id: i64,
        within: &Slices,
    ) -> Result<Vec<ChannelContacts>, StoreError> {
        let mut channels = BTreeMap::new();
        for filters in whose::ways(Whose::Persons(within), 1) {
            for (channel, interactions, _, last_at) in self.counted(site_id, &filters).await? {
                let sum = channels.entry(channel).or_insert((0, last_at));
                *sum = (sum.0 + interactions, last_at.max(sum.1));
            }
        }
        let contacts = |(channel, (interactions, last_at))| ChannelContacts {
            channel,
            interactions,
            last_at,
        };
        Ok(channels.into_iter().map(contacts).collect())
    }

    async fn counted(
        &self,
        site_id: i64,
        filters: &Filters<'_>,
    ) -> Result<Vec<(String, i64, i64, i64)>, StoreError> {
        let sql = whose::asked(&filters.apply(include_str!("sql/interactions/count.sql")));
        Ok(on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql)).bind(site_id);
            bind!(query, &filters.values).fetch_all(pool).await
        })?)
    }

    async fn contacts(
        &self,
        site_id: i64,
        whose: Whose<'_>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Entry>, StoreError> {
        let cursor = Cursor::read(cursor)?;
        let mut rows: Vec<Row> = Vec::new();
        for filters in whose::ways(whose, 4) {
            let sql = whose::asked(&filters.apply(include_str!("sql/interactions/list.sql")));
            // By the index that there is, as in the list of entries.
            let sql = if matches!(whose, Whose::Anybodys(_)) {
                let second = self.second();
                sql.replace("{order}", &format!("i.{second} DESC, "))
                    .replace("{second}", &format!("AND i.{second} <= $2 / 1000"))
            } else {
                sql.replace("{order}", "").replace("{second}", "")
            };
            let found: Vec<Row> = on!(self, read of site_id, |pool| {
                let query = sqlx::query_as(AssertSqlSafe(sql))
                    .bind(site_id)
                    .bind(cursor.at)
                    .bind(cursor.id)
                    .bind(i64::from(limit) + 1);
                bind!(query, &filters.values).fetch_all(pool).await
            })?;
            rows.extend(found);
        }
        // Each of the ways finds others.
        rows.sort_by_key(|row| std::cmp::Reverse((row.at, row.id)));
        let entries: Vec<Entry> = rows
            .into_iter()
            .map(Row::into_entry)
            .collect::<Result<_, _>>()?;
        Ok(Page::cut(entries, limit, place))
    }
}

/// A statement with what it names of the row `i`, such as `{i.matched}`.
pub(super) fn asked(text: &str) -> String {
    whose::asked(text)
}

/// A statement with `{filters}` for each way in which an interaction `i` is a person's, each with its values after the site's id.
pub(super) fn of_person<'s>(text: &str, within: &'s Slices) -> Vec<(String, Vec<Value<'s>>)> {
    let ways = whose::ways(Whose::Persons(within), 1).into_iter();
    ways.map(|filters| (whose::asked(&filters.apply(text)), filters.values))
        .collect()
}

fn place(entry: &Entry) -> Cursor {
    Cursor {
        at: entry.at,
        id: entry.id,
        tie: Uuid::nil(),
    }
}

fn key(one: &Interaction) -> (i64, Uuid) {
    (one.site_id, one.id)
}

fn labels(one: &Interaction) -> Option<String> {
    if one.labels.is_empty() {
        return None;
    }
    serde_json::to_string(&one.labels).ok()
}

/// A row for `sql/interactions/insert.sql`.
fn row<'v>(one: &'v Interaction, labels: Option<&'v str>) -> [Value<'v>; COLUMNS] {
    [
        one.site_id.into(),
        one.id.into(),
        one.at.into(),
        one.received_at.into(),
        one.channel.as_str().into(),
        one.kind.as_str().into(),
        one.direction.map(|direction| direction.as_str()).into(),
        (&one.user_id).into(),
        one.visitor_id.into(),
        (&one.email_hash).into(),
        (&one.source).into(),
        (&one.campaign).into(),
        (&one.subject).into(),
        labels.into(),
        one.duration_s.into(),
        Value::Json(one.props.as_deref()),
    ]
}
