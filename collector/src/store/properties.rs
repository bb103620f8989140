//! What events tell beside their name, as it is read for figures.

use std::collections::{BTreeSet, HashSet};

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::journeys::LIST;
use super::rows::{Value, bind, pad, with_list};
use super::{Store, StoreError, on};

impl Store {
    /// The properties of the events of a name that these visitors had at these moments, as JSON text, in no particular order;
    /// nothing of an event that has none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn props_of(
        &self,
        site_id: i64,
        name: &str,
        moments: &[(i64, Uuid)],
    ) -> Result<Vec<Option<String>>, StoreError> {
        let times = || moments.iter().map(|(at, _)| *at);
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            return Ok(Vec::new());
        };
        let wanted: HashSet<(i64, Uuid)> = moments.iter().copied().collect();
        let visitors: BTreeSet<Uuid> = moments.iter().map(|(_, visitor)| *visitor).collect();
        let visitors: Vec<Value<'_>> = visitors.into_iter().map(Value::from).collect();
        let mut all = Vec::with_capacity(moments.len());
        for ids in visitors.chunks(LIST) {
            let ids = pad(ids);
            let text = include_str!("sql/events/list_props.sql");
            let sql = with_list(text, 4, ids.len());
            let rows: Vec<(Uuid, i64, Option<String>)> = on!(self, read of site_id, |pool| {
                let query = sqlx::query_as(AssertSqlSafe(sql))
                    .bind(site_id)
                    .bind(first)
                    .bind(last)
                    .bind(name);
                bind!(query, &ids).fetch_all(pool).await
            })?;
            let meant = rows
                .into_iter()
                .filter(|(visitor, at, _)| wanted.contains(&(*at, *visitor)));
            all.extend(meant.map(|(.., props)| props));
        }
        Ok(all)
    }
}
