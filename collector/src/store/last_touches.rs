//! How visitors came to their last session.

use std::collections::HashMap;

use sqlx::FromRow;
use uuid::Uuid;

use super::persons::listed;
use super::record::TouchColumns;
use super::rows::Value;
use super::{Kind, Store, StoreError};
use crate::journey::Touch;

#[derive(FromRow)]
struct Row {
    visitor_id: Uuid,
    started_at: i64,
    #[sqlx(flatten)]
    touch: TouchColumns,
}

/// The start of a session, and how it came about as far as that is known.
pub type Arrival = (i64, Option<Touch>);

impl Store {
    /// When the last session of each of these visitors began, and how they came to it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn last_touches(
        &self,
        site_id: i64,
        visitors: impl Iterator<Item = Uuid>,
    ) -> Result<HashMap<Uuid, Arrival>, StoreError> {
        let visitors: Vec<Value<'_>> = visitors.map(Value::from).collect();
        let text = match self.kind() {
            Kind::Sqlite => include_str!("sql/sessions/last_touches.sqlite.sql"),
            Kind::Postgres => include_str!("sql/sessions/last_touches.postgres.sql"),
        };
        let rows = listed!(self, site_id, text, visitors, Row);
        let came = |row: Row| (row.visitor_id, (row.started_at, row.touch.into()));
        Ok(rows.into_iter().map(came).collect())
    }
}
