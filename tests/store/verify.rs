//! What is kept beside the items is what they add up to, and where it is not, that is found.

use proptest::prop_assert_eq;
use proptest::test_runner::TestCaseError;
use waymark_collector::store::Store;

use super::desk::Desk;
use crate::support::batch::{Visit, event, identify, milestone, page_view};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(whatever_is_kept_wrong_is_found);

/// That everything of a site is as its items say.
pub(super) async fn verified(store: &Store, site_id: i64) -> Result<(), TestCaseError> {
    for check in store.verify(site_id).await.unwrap() {
        prop_assert_eq!(check.different, 0, "{:?}", check);
    }
    Ok(())
}

/// A defect, and the check that finds it.
const DEFECTS: [(&str, &[&str]); 12] = [
    (
        "UPDATE sessions SET page_views = page_views + 1",
        &["page views of sessions"],
    ),
    ("UPDATE sessions SET events = 0", &["events of sessions"]),
    (
        "UPDATE sessions SET entry_at = entry_at + 1",
        &["first pages of sessions"],
    ),
    (
        "UPDATE sessions SET exit_at = NULL",
        &["last pages of sessions"],
    ),
    (
        "DELETE FROM sessions",
        &[
            "page views and events have a session",
            "sessions of visitors",
        ],
    ),
    (
        "UPDATE visitors SET total_sessions = 7",
        &["sessions of visitors"],
    ),
    (
        "UPDATE visitors SET total_page_views = 0",
        &["page views of visitors"],
    ),
    (
        "UPDATE visitors SET total_events = 9",
        &["events of visitors"],
    ),
    (
        "UPDATE visitors SET first_at = last_at + 1",
        &["first times of visitors"],
    ),
    ("DELETE FROM milestones", &["milestones"]),
    (
        "UPDATE visitor_users SET last_at = last_at - 1",
        &["users of visitors"],
    ),
    ("UPDATE orders SET item_id = visitor_id", &["orders"]),
];

async fn whatever_is_kept_wrong_is_found(database: Database) {
    for (defect, checks) in DEFECTS {
        let fresh = match database.is_sqlite() {
            true => Database::sqlite(),
            false => Database::postgres().await,
        };
        let desk = Desk::new(fresh).await;
        let visit = Visit::new("wk_any");
        let mut bought = event("bought");
        bought["data"]["conversion"] = true.into();
        bought["data"]["value"] = "9.90".into();
        bought["data"]["currency"] = "EUR".into();
        let items = [
            page_view("https://shop.example/"),
            identify("ann"),
            milestone("signup_at"),
            bought,
        ];
        desk.accept(&visit.batch(&items)).await;
        verified(&desk.store, desk.site.id).await.unwrap();
        desk.database.execute(defect).await;
        let found: Vec<&str> = desk
            .store
            .verify(desk.site.id)
            .await
            .unwrap()
            .into_iter()
            .filter(|check| check.different > 0)
            .map(|check| check.name)
            .collect();
        assert_eq!(found, checks, "{defect}");
    }
}
