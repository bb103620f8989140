//! Items as they are sent on to destinations, and what has to be known of them before: whether their milestone is news,
//! what their visitor agreed to, and what Google calls them.

use sqlx::FromRow;
use uuid::Uuid;

use super::{Store, StoreError, bots, on};
use crate::destinations::ga4::Client;

/// Items that reach a milestone within this time are one matter: longer than any transaction may take.
const TOGETHER_MS: i64 = 5 * 60 * 1000;

/// An item as it is sent on.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromRow)]
pub(crate) struct Outgoing {
    #[sqlx(skip)]
    pub(crate) visitor_id: Uuid,
    #[sqlx(skip)]
    pub(crate) item_id: Uuid,
    pub(crate) kind: String,
    pub(crate) at: i64,
    pub(crate) received_at: i64,
    pub(crate) session_id: Uuid,
    pub(crate) page_view_id: Option<Uuid>,
    pub(crate) name: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) props: Option<String>,
    pub(crate) conversion: bool,
    pub(crate) value: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) consent: Option<String>,
    pub(crate) visitor_name: Option<String>,
    pub(crate) device_type: Option<String>,
    pub(crate) bot_decision: Option<bool>,
    pub(crate) visitor_ga_client_id: Option<String>,
    pub(crate) visitor_ga_session_id: Option<String>,
    pub(crate) session_ga_client_id: Option<String>,
    pub(crate) session_ga_session_id: Option<String>,
}

impl Outgoing {
    /// Whether its visitor is a bot.
    pub(crate) fn is_bot(&self) -> bool {
        bots::mark(self.bot_decision, self.device_type.as_deref()).0
    }

    /// Google's ids of its session, or of its visitor.
    pub(crate) fn client(&self) -> Option<Client> {
        client(&self.session_ga_client_id, &self.session_ga_session_id)
            .or_else(|| client(&self.visitor_ga_client_id, &self.visitor_ga_session_id))
    }
}

fn client(client_id: &Option<String>, session_id: &Option<String>) -> Option<Client> {
    Some(Client {
        client_id: client_id.clone()?,
        session_id: session_id.clone(),
    })
}

impl Store {
    /// An item as it is now; nothing where it is gone.
    pub(crate) async fn outgoing(
        &self,
        site_id: i64,
        visitor_id: Uuid,
        item_id: Uuid,
    ) -> Result<Option<Outgoing>, StoreError> {
        let row: Option<Outgoing> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/deliveries/outgoing.sql"))
                .bind(site_id)
                .bind(visitor_id)
                .bind(item_id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map(|row| Outgoing {
            visitor_id,
            item_id,
            ..row
        }))
    }

    /// Whether an item that arrived well before this one reached the milestone, itself or by an event of this name. Those
    /// that arrive together share a row, and which of them is committed first is nobody's choice.
    pub(crate) async fn reached_earlier(
        &self,
        site_id: i64,
        outgoing: &Outgoing,
        milestone: &str,
        event: Option<&str>,
    ) -> Result<bool, StoreError> {
        let (count,): (i64,) = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/deliveries/reached_earlier.sql"))
                .bind(site_id)
                .bind(outgoing.visitor_id)
                .bind(milestone)
                .bind(event)
                .bind(outgoing.received_at.saturating_sub(TOGETHER_MS))
                .fetch_one(pool)
                .await
        })?;
        Ok(count > 0)
    }

    /// The consent that a visitor's items told last.
    pub(crate) async fn last_consent(
        &self,
        site_id: i64,
        visitor_id: Uuid,
    ) -> Result<Option<String>, StoreError> {
        let row: Option<(Option<String>,)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/deliveries/consent.sql"))
                .bind(site_id)
                .bind(visitor_id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.and_then(|(consent,)| consent))
    }

    /// Google's ids of a browser of a user, and whose browser that is: of one that is theirs alone before a shared one,
    /// and then of the one that was seen last with them.
    pub(crate) async fn client_of_user(
        &self,
        site_id: i64,
        user_id: &str,
    ) -> Result<Option<(Uuid, Client)>, StoreError> {
        let row: Option<(Uuid, String, Option<String>)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("sql/deliveries/ga_of_user.sql"))
                .bind(site_id)
                .bind(user_id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(row.map(|(visitor_id, client_id, session_id)| {
            let client = Client {
                client_id,
                session_id,
            };
            (visitor_id, client)
        }))
    }
}
