//! A transaction and what becomes of it: repeated where it met another one, cut in two where the database refuses the data.

use std::future::Future;
use std::time::Duration;

use waymark_protocol::Reason;

use crate::outcome::{Fault, Outcome};
use crate::store::{Committed, Kind, Store, StoreError};

/// How long a transaction that meets others is tried again, before its items are sent back.
const CONFLICT_PATIENCE: Duration = Duration::from_secs(8);
/// The pause before the first repetition; it doubles.
const CONFLICT_PAUSE: Duration = Duration::from_millis(5);

/// What stores items of one sort together.
pub(super) trait Transaction: Sync {
    /// What is stored.
    type Item: Sync;

    /// Stores all of them or none.
    fn run(
        &self,
        items: &[&Self::Item],
    ) -> impl Future<Output = Result<Vec<Committed>, StoreError>> + Send;

    /// Says in the log that the database refuses an item.
    fn refused(&self, item: &Self::Item, reason: &str);
}

/// A transaction that hangs, on a lock that somebody holds or a network that is gone, is given up, so that nobody waits
/// for it for ever; should it have been committed after all, its items are duplicates next time.
pub(super) async fn in_time(
    store: &Store,
    most: Duration,
    transaction: impl Future<Output = Result<Vec<Committed>, StoreError>>,
) -> Result<Vec<Committed>, StoreError> {
    match store.kind() {
        // It waits for locks no longer than its busy timeout, and what a thread does cannot be called off.
        Kind::Sqlite => transaction.await,
        Kind::Postgres => tokio::time::timeout(most, transaction)
            .await
            .unwrap_or_else(|_| {
                Err(StoreError::Unavailable(
                    "a transaction took too long".to_owned(),
                ))
            }),
    }
}

/// Commits items, all in one transaction if the database takes them all. If it refuses the data, halves are tried until
/// the item at fault stands alone: it is dropped, and everything else is stored.
pub(super) async fn commit<T: Transaction>(transaction: &T, items: &[&T::Item]) -> Vec<Outcome> {
    match attempt(transaction, items).await {
        Ok(committed) => committed
            .into_iter()
            .map(|committed| match committed {
                Committed::New => Outcome::Accepted,
                Committed::Duplicate => Outcome::Duplicate,
                Committed::Erased => Outcome::Dropped(Fault {
                    reason: Reason::Erased,
                    field: None,
                    limit: None,
                }),
                Committed::Expired => Outcome::Dropped(Fault {
                    reason: Reason::Expired,
                    field: None,
                    limit: None,
                }),
            })
            .collect(),
        Err(StoreError::Rejected(reason)) => match items {
            [] => Vec::new(),
            [item] => {
                transaction.refused(item, &reason);
                vec![Outcome::Dropped(Fault {
                    reason: Reason::Rejected,
                    field: None,
                    limit: None,
                })]
            }
            items => {
                let (left, right) = items.split_at(items.len() / 2);
                let mut outcomes = Box::pin(commit(transaction, left)).await;
                outcomes.extend(Box::pin(commit(transaction, right)).await);
                outcomes
            }
        },
        Err(error) => {
            tracing::error!(
                items = items.len(),
                error = %error,
                "items could not be stored and were sent back to be tried again"
            );
            vec![Outcome::Retry; items.len()]
        }
    }
}

/// One transaction, again for as long as it only met others.
async fn attempt<T: Transaction>(
    transaction: &T,
    items: &[&T::Item],
) -> Result<Vec<Committed>, StoreError> {
    let patience = tokio::time::Instant::now() + CONFLICT_PATIENCE;
    let mut pause = CONFLICT_PAUSE;
    loop {
        match transaction.run(items).await {
            Err(StoreError::Conflict(reason)) if tokio::time::Instant::now() + pause < patience => {
                tracing::debug!(reason, "a transaction met another one and is repeated");
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            other => return other,
        }
    }
}
