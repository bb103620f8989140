//! Which index a statement goes by, where SQLite would choose another.
//!
//! A database file that was never analysed says nothing of how many rows an index tells apart, and SQLite then may prefer an
//! index that has the order of the answer. Of sessions that is also the one by start, though a visitor has a few sessions and
//! a site has millions. Statements name the right one behind the table, `FROM sessions {by sessions_of_visitor}`.
//! PostgreSQL counts by itself.

use super::{Kind, Store};

/// How a mark begins.
const MARK: &str = "{by ";

impl Store {
    /// A statement whose marks are in this database's words.
    pub(super) fn indexed(&self, text: &str) -> String {
        let mut indexed = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(MARK) {
            let (index, after) = after.split_once('}').unwrap_or((after, ""));
            indexed.push_str(before);
            if self.kind() == Kind::Sqlite {
                indexed.push_str("INDEXED BY ");
                indexed.push_str(index);
            }
            rest = after;
        }
        indexed.push_str(rest);
        indexed
    }
}

#[cfg(test)]
mod tests {
    use super::super::Database;
    use super::*;

    /// The indexes of `sessions` that a statement goes by in a database that was never analysed, and with how many of their columns.
    async fn plan(store: &Store, text: &str) -> Vec<String> {
        let text = store.indexed(text);
        let mut explain = format!("EXPLAIN QUERY PLAN {text}");
        for number in 1..=9 {
            explain = explain.replace(&format!("${number}"), &number.to_string());
        }
        let Database::Sqlite { read, .. } = store.database() else {
            unreachable!("it was opened as SQLite");
        };
        let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(explain))
            .fetch_all(read)
            .await
            .unwrap();
        let steps = steps.into_iter().map(|(.., step)| step);
        steps
            .filter(|step| step.contains("INDEX sessions_"))
            .collect()
    }

    #[tokio::test]
    async fn a_visitors_sessions_are_looked_for_among_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let store = Store::open(&url).await.unwrap();
        let own = "sessions_of_visitor (site_id=? AND visitor_id=?";
        let hours = plan(&store, include_str!("sql/rollups/sessions.sql")).await;
        assert!(
            hours[0].ends_with("sessions_by_start (site_id=? AND started_at>? AND started_at<?)"),
            "{hours:?}"
        );
        assert!(
            hours[1].contains("COVERING INDEX sessions_of_visitor (site_id=? AND visitor_id=?"),
            "{hours:?}"
        );
        let of_one = |text: &str| text.replace("{filters}", "AND visitor_id = x'00'");
        let list =
            include_str!("sql/sessions/list.sql").replace("{index}", "{by sessions_of_visitor}");
        for text in [
            list.as_str(),
            include_str!("sql/sessions/list_occasions.sql"),
        ] {
            let one = plan(&store, &of_one(text)).await;
            assert!(one[0].contains(own), "{one:?}");
        }
        let last = include_str!("sql/sessions/last_touches.sqlite.sql");
        let last = plan(&store, &last.replace("{list}", "x'00', x'01'")).await;
        assert!(last[0].contains(own), "{last:?}");
        store.close().await;
    }
}
