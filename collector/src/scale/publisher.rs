//! The way onto the stream: a message counts as stored when a majority of the stream's servers has said so, and not before.
//!
//! While the stream has no leader, or a server is gone, the same message is published again and again, for as long as a
//! sender can be expected to wait. That makes no second one: the stream knows it by its id. With one exception, which matters:
//! a leader that has been told of a message and does not know yet whether a majority has it may answer a repetition with
//! "duplicate" and no number, or, since version 2.10, with an error of its own. Neither says that the message is stored, so
//! neither is taken for it; and since an id may stay in that state when the leader goes, the next attempt is made under another
//! one. Should both come through, the primary key keeps one.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::context::PublishError;
use async_nats::jetstream::{self, ErrorCode};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use super::messages::{Message, messages};
use super::{Link, LinkError, Standing};
use crate::journey::Fact;

/// How long one attempt waits for the stream's word.
const WORD: Duration = Duration::from_secs(2);
/// How long a message is published again before its items are sent back.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause before the first repetition, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(500));

/// Publishes facts. Clones are one.
#[derive(Debug, Clone)]
pub struct Publisher {
    link: Link,
    /// Whether the last message was not taken in time.
    is_troubled: Arc<AtomicBool>,
}

/// What became of an attempt.
enum Word {
    /// The stream has the message.
    Stored { is_new: bool },
    /// It may come to have it.
    Open,
    /// It has not.
    No(String),
}

impl Publisher {
    /// Through this connection.
    pub fn new(link: Link) -> Self {
        Self {
            link,
            is_troubled: Arc::default(),
        }
    }

    /// The connection.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// How the stream stands.
    ///
    /// # Errors
    /// [`LinkError`] where it does not say.
    pub async fn standing(&self) -> Result<Standing, LinkError> {
        Standing::of(&self.link).await
    }

    /// Publishes the facts of one batch, and says of each whether the stream has it now.
    pub async fn publish(&self, facts: &[Fact]) -> Vec<bool> {
        let messages = messages(facts, self.link.most_bytes());
        let stored = join_all(messages.iter().map(|message| self.deliver(message))).await;
        let mut each = vec![false; facts.len()];
        for (message, stored) in messages.iter().zip(stored) {
            for place in &message.places {
                each[*place] = stored;
            }
        }
        each
    }

    /// Whether the stream has a message, when all patience is used.
    async fn deliver(&self, message: &Message) -> bool {
        let began = Instant::now();
        let (mut pause, longest) = PAUSE;
        let mut id = message.id.clone();
        let mut others = 0;
        loop {
            let reason = match self.attempt(message, &id).await {
                Word::Stored { is_new } => {
                    let meter = self.link.meter();
                    meter.published(message.places.len(), is_new, began.elapsed());
                    if self.is_troubled.swap(false, Ordering::Relaxed) {
                        tracing::info!("the queue takes items again");
                    }
                    return true;
                }
                Word::Open => {
                    others += 1;
                    id = format!("{}.{others}", message.id);
                    "a majority has not said yet whether it has a message".to_owned()
                }
                Word::No(reason) => reason,
            };
            if began.elapsed() + pause > PATIENCE {
                self.link.meter().given_up(message.places.len());
                if !self.is_troubled.swap(true, Ordering::Relaxed) {
                    tracing::error!(
                        reason,
                        "the queue does not take items, and they are sent back to be tried again"
                    );
                }
                return false;
            }
            self.link.meter().repeated();
            sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    async fn attempt(&self, message: &Message, id: &str) -> Word {
        let mut headers = HeaderMap::new();
        headers.insert(NATS_MESSAGE_ID, id);
        let subject = self.link.subject(message.partition);
        let published = async {
            let sent = self
                .link
                .jetstream
                .publish_with_headers(subject, headers, message.payload.clone())
                .await?;
            sent.await
        };
        match timeout(WORD, published).await {
            Err(_) => Word::No("no answer in time".to_owned()),
            Ok(Ok(ack)) if ack.sequence == 0 => Word::Open,
            Ok(Ok(ack)) => Word::Stored {
                is_new: !ack.duplicate,
            },
            // Later servers say so by an error.
            Ok(Err(error)) if is_under_way(&error) => Word::Open,
            Ok(Err(error)) => Word::No(error.to_string()),
        }
    }
}

/// Whether an error says that a message of the same id has been proposed and not been stored yet.
fn is_under_way(error: &PublishError) -> bool {
    error
        .source()
        .and_then(|source| source.downcast_ref::<jetstream::Error>())
        .is_some_and(|said| said.error_code() == ErrorCode::STREAM_DUPLICATE_MESSAGE_CONFLICT)
}
