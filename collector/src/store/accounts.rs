//! Accounts as they are read: what the site told of them, and the people who told them.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::journeys::containing;
use super::page::{Page, TextCursor};
use super::persons::{Found, listed};
use super::rows::{Filters, Value, bind};
use super::{Store, StoreError, on};
use crate::journey::{Account, Identity};

/// Which accounts to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// Part of the id, name or domain, in any case.
    pub q: Option<String>,
    /// Of this domain, in lower case.
    pub domain: Option<String>,
}

#[derive(FromRow)]
struct Row {
    account_id: String,
    first_at: i64,
    last_at: i64,
    name: Option<String>,
    domain: Option<String>,
    traits: Option<String>,
    visitors: i64,
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self {
            id: row.account_id,
            name: row.name,
            domain: row.domain,
            traits: row.traits.map(String::into_boxed_str),
            first_told: row.first_at,
            last_told: row.last_at,
            visitors: row.visitors,
        }
    }
}

impl Store {
    /// Accounts of a site, the one told last first. `cursor` is what the page before gave, `None` for the first.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn accounts(
        &self,
        site_id: i64,
        filter: &AccountFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Account>, StoreError> {
        let cursor = TextCursor::read(cursor)?;
        let impossible = |text: &String| text.contains('\0');
        let too_long = |q: &String| q.chars().nth(512).is_some();
        if filter.domain.as_ref().is_some_and(impossible) || filter.q.as_ref().is_some_and(too_long)
        {
            return Ok(Page {
                data: Vec::new(),
                next_cursor: None,
            });
        }
        let pattern = filter.q.as_deref().map(containing);
        let mut filters = Filters::new(4);
        filters.add(
            "(lower(account_id) LIKE lower($?) ESCAPE '!' OR lower(name) LIKE lower($?) ESCAPE '!'
              OR domain LIKE lower($?) ESCAPE '!')",
            pattern.as_deref(),
        );
        filters.add("domain = $?", filter.domain.as_deref());
        let sql = filters.apply(include_str!("sql/accounts/list.sql"));
        let rows: Vec<Row> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(cursor.at)
                .bind(&cursor.text)
                .bind(i64::from(limit) + 1);
            bind!(query, &filters.values).fetch_all(pool).await
        })?;
        let page = Page::cut(rows, limit, |row| TextCursor {
            at: row.last_at,
            id: Uuid::nil(),
            text: row.account_id.clone(),
        });
        Ok(Page {
            data: page.data.into_iter().map(Account::from).collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// One account.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn account(&self, site_id: i64, id: &str) -> Result<Option<Account>, StoreError> {
        // No stored id has a zero character, and PostgreSQL would refuse to look for one.
        if id.contains('\0') {
            return Ok(None);
        }
        let row: Option<Row> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/accounts/get.sql"))
                .bind(site_id)
                .bind(id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map(Account::from))
    }

    /// The people who told an account, the one seen last first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn account_people(&self, site_id: i64, id: &str) -> Result<Vec<Found>, StoreError> {
        let visitors: Vec<(Uuid,)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/visitor_accounts/of_account.sql"))
                .bind(site_id)
                .bind(id)
                .fetch_all(pool)
                .await
        })?;
        let mut visitors: BTreeSet<Uuid> = visitors.into_iter().map(|(id,)| id).collect();
        let values: Vec<Value<'_>> = visitors.iter().copied().map(Value::from).collect();
        let named = listed!(
            self,
            site_id,
            include_str!("sql/visitor_users/of_visitors.sql"),
            values,
            (Uuid, String, i64, bool)
        );
        let mut ids: BTreeSet<Identity> = BTreeSet::new();
        for (visitor_id, user, ..) in named {
            visitors.remove(&visitor_id);
            ids.insert(Identity::User(user));
        }
        ids.extend(visitors.into_iter().map(Identity::Visitor));
        let ids: Vec<Identity> = ids.into_iter().collect();
        let mut people = self.people(site_id, &ids).await?;
        // Of those who share a browser, not all need to have told it.
        people.retain(|found| found.person.account_ids.iter().any(|own| own == id));
        people.sort_by_key(|found| std::cmp::Reverse(found.person.figures.last_seen));
        Ok(people)
    }
}
