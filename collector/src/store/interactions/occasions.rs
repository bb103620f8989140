//! The interactions of which a score is made.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Whose, whose};
use crate::journey::{Occasion, RecordKind};
use crate::store::rows::bind;
use crate::store::usage::Somebody;
use crate::store::{Store, StoreError, on};

/// The most interactions that are read of each way in which they are somebody's: the latest.
const MOST: i64 = 1000;

impl Store {
    /// Somebody's latest interactions in which they took part, and from which moment on these are all, where some were
    /// left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn interaction_occasions(
        &self,
        site_id: i64,
        of: Somebody<'_>,
    ) -> Result<(Vec<Occasion>, Option<i64>), StoreError> {
        let whose = match of {
            Somebody::Visitor(visitor_id) => Whose::Visitors(visitor_id),
            Somebody::Person(within) => Whose::Persons(within),
        };
        let mut occasions = Vec::new();
        let mut whole_since = None;
        for filters in whose::ways(whose, 2) {
            let text = include_str!("../sql/interactions/list_occasions.sql");
            let sql = whose::asked(&filters.apply(text));
            let rows: Vec<(Uuid, i64, String, String, Option<String>)> = on!(self, read of site_id, |pool| {
                let query = sqlx::query_as(AssertSqlSafe(sql)).bind(site_id).bind(MOST);
                bind!(query, &filters.values).fetch_all(pool).await
            })?;
            if rows.len() as i64 == MOST {
                whole_since = whole_since.max(rows.last().map(|(_, at, ..)| *at));
            }
            let own = rows
                .into_iter()
                .filter(|(.., kind, direction)| Occasion::takes_part(kind, direction.as_deref()))
                .map(|(id, at, channel, ..)| Occasion {
                    kind: RecordKind::Interaction,
                    id,
                    began: at,
                    last: at,
                    channel: Some(channel),
                });
            occasions.extend(own);
        }
        Ok((occasions, whole_since))
    }
}
