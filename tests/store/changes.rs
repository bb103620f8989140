//! What is told of changes, beside transactions that stay open.

use sqlx::{Connection, PgConnection};

use super::columns::FORGET;
use super::desk::{Desk, batch, context, event, run_sql};
use super::told::anew;
use crate::support::database::Database;
use crate::support::eventually;

/// A transaction that writes may stay open for longer than changes are kept, in any database of the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_forgotten_beside_an_open_transaction_keeps_nobody_from_reading() {
    let desk = Desk::new(Database::postgres().await).await;
    let elsewhere = Database::empty_postgres().await;
    let mut connection = PgConnection::connect(elsewhere.looking()).await.unwrap();
    let mut open = connection.begin().await.unwrap();
    sqlx::raw_sql("CREATE TABLE a (b INTEGER)")
        .execute(&mut *open)
        .await
        .unwrap();
    desk.accept(&batch(&context(0, 0), &[event(1, 1000, "a")]))
        .await;
    run_sql(&desk.database, FORGET, FORGET).await;
    desk.store.trim_changes(desk.site.id).await.unwrap();
    assert_eq!(anew(&desk.store, desk.site.id).await.visitors().count(), 1);
    // It waits for those that are open and no longer.
    open.rollback().await.unwrap();
    eventually("what is old goes", || async {
        desk.store.trim_changes(desk.site.id).await.unwrap();
        let left = desk.database.rows("changes").await;
        left.len() == 1 && left[0].contains("gone")
    })
    .await;
    assert_eq!(anew(&desk.store, desk.site.id).await.visitors().count(), 1);
    desk.log.assert_quiet();
}
