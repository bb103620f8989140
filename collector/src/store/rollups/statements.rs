//! What is done in transactions of either database, with the connection that is given.

use crate::store::Kind;

/// Counts some hours from the rows.
macro_rules! count {
    ($store:expr, $connection:expr, $site_id:expr, $hours:expr, $into:expr) => {{
        use futures_util::TryStreamExt;
        let (site_id, hours): (i64, std::ops::Range<i64>) = ($site_id, $hours);
        let into: &mut $crate::rollups::hours::Hours = $into;
        let items = $store.by_second(include_str!("../sql/rollups/items.sql"));
        let sessions_of = $store.indexed(include_str!("../sql/rollups/sessions.sql"));
        let mut from = hours.start;
        while from < hours.end {
            let to = (from + $crate::store::rollups::TOGETHER).min(hours.end);
            let (begin, end) = (
                from * $crate::rollups::hours::HOUR_MS,
                to * $crate::rollups::hours::HOUR_MS,
            );
            let mut sessions = sqlx::query_as::<_, $crate::store::rollups::rows::SessionRow>(
                sqlx::AssertSqlSafe(sessions_of.as_str()),
            )
            .bind(site_id)
            .bind(begin)
            .bind(end)
            .fetch(&mut *$connection);
            while let Some(row) = sessions.try_next().await? {
                into.add_session(row.counted());
            }
            drop(sessions);
            let rows: Vec<(i64, bool, i64, i64, i64)> =
                sqlx::query_as(sqlx::AssertSqlSafe(items.as_str()))
                    .bind(site_id)
                    .bind(begin)
                    .bind(end)
                    .fetch_all(&mut *$connection)
                    .await?;
            for (hour, bot, page_views, events, conversions) in rows {
                into.add_items((hour, bot), [page_views, events, conversions]);
            }
            from = to;
        }
    }};
}
pub(super) use count;

/// The marks of some hours.
macro_rules! marks {
    ($connection:expr, $site_id:expr, $hours:expr) => {{
        let hours: &std::ops::Range<i64> = $hours;
        let rows: Vec<(i64, i64)> = sqlx::query_as(include_str!("../sql/rollups/marks.sql"))
            .bind($site_id)
            .bind(hours.start)
            .bind(hours.end)
            .fetch_all(&mut *$connection)
            .await?;
        rows.into_iter()
            .collect::<std::collections::BTreeMap<i64, i64>>()
    }};
}
pub(super) use marks;

/// Where sums are kept from, if any are.
macro_rules! kept_from {
    ($connection:expr, $site_id:expr) => {
        sqlx::query_scalar::<_, i64>(include_str!("../sql/rollups/kept_from.sql"))
            .bind($site_id)
            .fetch_optional(&mut *$connection)
            .await?
    };
}
pub(super) use kept_from;

/// Puts counted hours in the place of what was kept of them, without the marks that were there when they were counted, and moves
/// the beginning of what is kept. Gives whether that was still where it was read.
macro_rules! keep {
    ($store:expr, $connection:expr, $site_id:expr, $plan:expr, $counted:expr, $marks:expr) => {{
        let (plan, counted, marks): (
            &$crate::store::rollups::rolling::Plan,
            &$crate::rollups::hours::Hours,
            &std::collections::BTreeMap<i64, i64>,
        ) = ($plan, $counted, $marks);
        for hour in plan.all() {
            for text in [
                include_str!("../sql/rollups/delete_hours.sql"),
                include_str!("../sql/rollups/delete_touches.sql"),
            ] {
                sqlx::query(text)
                    .bind($site_id)
                    .bind(hour)
                    .execute(&mut *$connection)
                    .await?;
            }
            if let Some(mark) = marks.get(&hour) {
                sqlx::query($crate::store::rollups::statements::delete_mark(
                    $store.kind(),
                ))
                .bind($site_id)
                .bind(hour)
                .bind(mark)
                .execute(&mut *$connection)
                .await?;
            }
        }
        for ((hour, bot), sums) in &counted.happened {
            sqlx::query(include_str!("../sql/rollups/insert_hours.sql"))
                .bind($site_id)
                .bind(hour)
                .bind(bot)
                .bind(sums.page_views)
                .bind(sums.events)
                .bind(sums.conversions)
                .bind(sums.starts.sessions)
                .bind(sums.starts.new_visitors)
                .bind(sums.starts.engaged)
                .bind(sums.starts.converted)
                .bind(sums.starts.visible_ms)
                .bind(sums.starts.lasted_ms)
                .bind(sums.visitors.bytes())
                .execute(&mut *$connection)
                .await?;
        }
        for ((hour, bot), touches) in &counted.began {
            for ((whence, sums), place) in touches.iter().zip(0_i64..) {
                sqlx::query(include_str!("../sql/rollups/insert_touches.sql"))
                    .bind($site_id)
                    .bind(hour)
                    .bind(bot)
                    .bind(place)
                    .bind(&whence.source)
                    .bind(&whence.medium)
                    .bind(&whence.campaign)
                    .bind(&whence.channel)
                    .bind(sums.page_views)
                    .bind(sums.events)
                    .bind(sums.conversions)
                    .bind(sums.starts.sessions)
                    .bind(sums.starts.new_visitors)
                    .bind(sums.starts.engaged)
                    .bind(sums.starts.converted)
                    .bind(sums.starts.visible_ms)
                    .bind(sums.starts.lasted_ms)
                    .bind(sums.visitors.bytes())
                    .execute(&mut *$connection)
                    .await?;
            }
        }
        match plan.moves {
            None => true,
            Some((before, after)) => {
                let moved = sqlx::query(include_str!("../sql/rollups/set_kept_from.sql"))
                    .bind($site_id)
                    .bind(before)
                    .bind(after)
                    .execute(&mut *$connection)
                    .await?;
                moved.rows_affected() == 1
            }
        }
    }};
}
pub(super) use keep;

pub(super) fn delete_mark(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => include_str!("../sql/rollups/delete_mark.sqlite.sql"),
        Kind::Postgres => include_str!("../sql/rollups/delete_mark.postgres.sql"),
    }
}
