//! In the place of a writer where there is a queue: takes what waits, publishes each batch, answers.
//!
//! `accepted` then means that the stream has the item, on as many servers as it has copies. Whether it came before is not known
//! until a writer commits it, so nothing is answered as a duplicate.

use std::sync::Arc;

use futures_util::future::join_all;

use super::queue::Queue;
use super::writer::outlive_panics;
use crate::outcome::Outcome;
use crate::scale::Publisher;

/// Groups of batches that are under way at the same time.
pub(super) const GROUPS: usize = 16;

/// Works until the queue is closed and empty.
pub(super) async fn run(publisher: Publisher, queue: Arc<Queue>) {
    outlive_panics(|| work(&publisher, &queue)).await;
}

async fn work(publisher: &Publisher, queue: &Queue) {
    while let Some(taken) = queue.take().await {
        let stored = taken.jobs.iter().map(|job| publisher.publish(&job.facts));
        let stored = join_all(stored).await.concat();
        let outcomes = stored.into_iter().map(|stored| match stored {
            true => Outcome::Accepted,
            false => Outcome::Retry,
        });
        taken.done(outcomes.collect());
    }
}
