//! The deletion of rows that have been given random ids: they go, and sums of them by day are kept, as when they had gone for
//! their age ([`crate::store::retention`]).
//!
//! Orders and refunds stay as they are by then: whose they were nobody can tell, and a year's revenue is what it was. The numbers
//! of tabs tell of nobody and stay as well.

/// What rows that several share keep of the items that go.
pub(super) const THINNING: [&str; 2] = [
    include_str!("../sql/privacy/thin_sessions.sql"),
    include_str!("../sql/privacy/thin_visitors.sql"),
];

/// What goes after the rows that are summed, by the ids of now.
pub(super) const GOING: [&str; 12] = [
    "DELETE FROM judged_visitors WHERE site_id = $1 AND visitor_id IN {of visitor}",
    "DELETE FROM judged_persons WHERE site_id = $1 AND person IN {texts link}",
    "DELETE FROM kept_insights WHERE site_id = $1 AND person IN {texts link}",
    "DELETE FROM page_views WHERE site_id = $1 AND id IN {of item}",
    "DELETE FROM milestones WHERE site_id = $1 AND visitor_id IN {of visitor}",
    "DELETE FROM first_events WHERE site_id = $1 AND visitor_id IN {of visitor}",
    include_str!("../sql/privacy/orders_of_bots.sql"),
    include_str!("../sql/privacy/refunds_of_bots.sql"),
    "DELETE FROM visitor_users WHERE site_id = $1 AND user_id IN {texts user}",
    "DELETE FROM visitor_users WHERE site_id = $1 AND visitor_id IN {of visitor}",
    "DELETE FROM consents WHERE site_id = $1 AND visitor_id IN {browsers} AND item_id IN {of item}",
    "DELETE FROM person_links WHERE site_id = $1 AND (one IN {texts link} OR other IN {texts link})",
];

/// Deletes the rows whose ids stand in the place of somebody's, in the transaction that has put them there.
macro_rules! delete {
    ($transaction:expr, $kind:expr, $site:expr) => {{
        let (kind, site): ($crate::store::Kind, &$crate::store::sites::Site) = ($kind, $site);
        let mut sums = $crate::store::retention::Sums::of(site);
        for text in [
            include_str!("../sql/privacy/swap_ids.sql"),
            include_str!("../sql/privacy/swap_texts.sql"),
        ] {
            sqlx::query(text)
                .bind(site.id)
                .execute(&mut *$transaction)
                .await?;
        }
        let text = |text: &str| {
            $crate::store::privacy::statement(kind, &$crate::store::interactions::asked(text))
        };
        let contacts: Vec<(i64, String, bool)> =
            sqlx::query_as(text(include_str!("../sql/privacy/list_contacts.sql")))
                .bind(site.id)
                .fetch_all(&mut *$transaction)
                .await?;
        for (at, channel, matched) in &contacts {
            sums.add("interaction", channel, *at);
            if !matched {
                sums.add("unmatched_interaction", channel, *at);
            }
        }
        sqlx::query(text(
            "DELETE FROM interactions WHERE site_id = $1 AND id IN {of contact}",
        ))
        .bind(site.id)
        .execute(&mut *$transaction)
        .await?;
        for sql in $crate::store::privacy::deleting::THINNING {
            sqlx::query(text(sql))
                .bind(site.id)
                .execute(&mut *$transaction)
                .await?;
        }
        let events: Vec<(String, Option<String>, i64)> =
            sqlx::query_as(text(include_str!("../sql/privacy/delete_events.sql")))
                .bind(site.id)
                .fetch_all(&mut *$transaction)
                .await?;
        for (kind, name, at) in &events {
            sums.add_item(kind, name.as_deref(), *at);
        }
        let sessions: Vec<(i64, Option<String>)> = sqlx::query_as(text(include_str!(
            "../sql/retention/delete_sessions.sql"
        )))
        .bind(site.id)
        .fetch_all(&mut *$transaction)
        .await?;
        for (at, channel) in &sessions {
            sums.add("session", channel.as_deref().unwrap_or(""), *at);
        }
        for sql in $crate::store::privacy::deleting::GOING {
            sqlx::query(text(sql))
                .bind(site.id)
                .execute(&mut *$transaction)
                .await?;
        }
        let visitors: Vec<(i64,)> = sqlx::query_as(text(
            "DELETE FROM visitors WHERE site_id = $1 AND visitor_id IN {of visitor} RETURNING first_at",
        ))
        .bind(site.id)
        .fetch_all(&mut *$transaction)
        .await?;
        for (at,) in &visitors {
            sums.add("visitor", "", *at);
        }
        let values = sums.values(site.id);
        let marks = $crate::store::retention::marks(kind);
        for (sql, values) in $crate::store::retention::ADD.chunks(marks, &values) {
            $crate::store::rows::bind!(sqlx::query(sql), values)
                .execute(&mut *$transaction)
                .await?;
        }
    }};
}
pub(super) use delete;
