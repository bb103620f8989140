//! The way from the stream again: one partition, from which any number of writers take what is next.
//!
//! A message stays with the stream until it is told that the message was committed. Whoever took it says now and then that it is
//! at it; when nothing is said for a while the message goes to somebody else, who finds the items committed or not.
//!
//! A consumer is asked first, and not believed. What is in the stream was not acknowledged, whatever a consumer thinks: when
//! the leaders of both change in the wrong moment, nats-server 2.9 may take a message for delivered that nobody got, and a
//! consumer may be without a majority while the stream has one. So what has been there for a while is also looked for in the
//! stream itself, and whoever finds it commits it and removes it. It may be that somebody else has it after all: then it is
//! committed twice, which changes nothing.
//!
//! It is looked for by the partition's subject first. A server that became the leader after it had been away may have messages
//! that were acknowledged meanwhile, and not find them by subject though they are there by number: so the first of the whole stream
//! is looked at too, and goes in the same way.

use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{AckKind, Message};
use async_nats::{HeaderMap, header::NATS_MESSAGE_ID};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::time::timeout;

use super::link::{HELD, id_of};
use super::{Link, LinkError, form};
use crate::journey::Fact;

/// How long one request for messages stands with the stream.
const EXPIRES: Duration = Duration::from_secs(3);
/// What an answer gets on top of that, before its server is taken to be gone.
const GONE: Duration = Duration::from_secs(2);
/// The header that says why a message was set aside.
const REASON: &str = "Waymark-Reason";

/// A partition's messages, as one writer sees them.
#[derive(Debug, Clone)]
pub struct Lane {
    link: Link,
    partition: u8,
    consumer: PullConsumer,
}

/// A message that this writer has.
#[derive(Debug)]
pub struct Delivered {
    payload: Bytes,
    how: How,
    link: Link,
    partition: u8,
}

/// How a message came.
#[derive(Debug)]
enum How {
    /// A consumer gave it out, and gives it to nobody else for as long as this writer says that it is at it.
    Given(Box<Message>),
    /// It was found in the stream under this number.
    Found(u64),
}

impl Lane {
    pub(super) fn new(link: Link, partition: u8, consumer: PullConsumer) -> Self {
        Self {
            link,
            partition,
            consumer,
        }
    }

    /// Which partition it is.
    pub fn partition(&self) -> u8 {
        self.partition
    }

    /// Takes up to `most` messages, each handed to `each` when it comes, and returns when there are so many or none has come
    /// for a while.
    ///
    /// # Errors
    /// [`LinkError::Refused`] where the stream does not answer; what has come until then was handed on.
    pub async fn take(
        &self,
        most: usize,
        mut each: impl FnMut(Delivered),
    ) -> Result<(), LinkError> {
        let refused = |error: &dyn std::fmt::Display| LinkError::Refused(error.to_string());
        let mut messages = self
            .consumer
            .batch()
            .max_messages(most)
            .expires(EXPIRES)
            .messages()
            .await
            .map_err(|error| refused(&error))?;
        loop {
            match timeout(EXPIRES + GONE, messages.next()).await {
                Err(_) => return Err(refused(&"no answer in time")),
                Ok(None) => return Ok(()),
                Ok(Some(Err(error))) => return Err(refused(&error)),
                Ok(Some(Ok(message))) => {
                    let is_first = message.info().is_ok_and(|info| info.delivered <= 1);
                    self.link.meter().taken(is_first);
                    each(Delivered {
                        payload: message.payload.clone(),
                        how: How::Given(Box::new(message)),
                        link: self.link.clone(),
                        partition: self.partition,
                    });
                }
            }
        }
    }
}

impl Lane {
    /// Looks for messages in the stream itself, of numbers up to `most`, and hands each to `each` until there is none. Those that
    /// the consumer has not come to yet are left to it, unless it does not say how far it is.
    pub async fn find<F: Future<Output = ()>>(&self, most: u64, each: impl Fn(Delivered) -> F) {
        let most = most.min(self.given().await.unwrap_or(most));
        let subject = self.link.subject(self.partition);
        let mut next = 1;
        while next <= most
            && let Some((number, payload)) = self.link.first(&subject, next).await
            && number <= most
        {
            each(self.found(number, payload)).await;
            next = number + 1;
        }
    }

    /// Up to which number the consumer has given messages out; nothing where it does not say.
    async fn given(&self) -> Option<u64> {
        let info = timeout(GONE, self.consumer.get_info()).await.ok()?.ok()?;
        Some(info.delivered.stream_sequence)
    }

    fn found(&self, number: u64, payload: Bytes) -> Delivered {
        self.link.meter().found();
        Delivered {
            payload,
            how: How::Found(number),
            link: self.link.clone(),
            partition: self.partition,
        }
    }
}

impl Delivered {
    /// How often the writer has to say that it is at it.
    pub const SAY: Duration = Duration::from_millis(HELD.as_millis() as u64 / 3);

    /// What it holds, as it came.
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// Says that it is being worked on.
    pub async fn hold(&self) {
        self.say(AckKind::Progress).await;
    }

    /// Says that it is committed. When that is not heard it comes again, which changes nothing.
    pub async fn done(&self) {
        match self.how {
            How::Given(_) => self.say(AckKind::Ack).await,
            How::Found(number) => self.link.remove(number).await,
        }
        self.link.meter().acknowledged();
    }

    /// Gives it back, to be given out again after a while. What was found is found again.
    pub async fn give_back(&self, after: Duration) {
        let after = (!after.is_zero()).then_some(after);
        self.say(AckKind::Nak(after)).await;
    }

    async fn say(&self, what: AckKind) {
        if let How::Given(message) = &self.how
            && let Err(error) = message.ack_with(what).await
        {
            tracing::debug!(%error, "the queue was not told");
        }
    }

    /// The number under which the stream has it.
    fn number(&self) -> u64 {
        match &self.how {
            How::Given(message) => message.info().map_or(0, |info| info.stream_sequence),
            How::Found(number) => *number,
        }
    }

    /// Puts what cannot be stored where it waits for somebody to look at it, and says whether it is there.
    pub async fn set_aside(&self, reason: &'static str, payload: Bytes) -> bool {
        let mut headers = HeaderMap::new();
        // The same message is set aside once, and again if it was put back in line.
        let id = format!("{}.{}", self.number(), id_of(&payload));
        headers.insert(NATS_MESSAGE_ID, id.as_str());
        headers.insert(REASON, reason);
        let subject = self.link.dead_subject(self.partition);
        let published = async {
            let jetstream = &self.link.jetstream;
            let sent = jetstream
                .publish_with_headers(subject, headers, payload)
                .await?;
            sent.await
        };
        match published.await {
            Ok(ack) if ack.sequence > 0 => {
                self.link.meter().set_aside(reason);
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::warn!(%error, "a message could not be set aside yet");
                false
            }
        }
    }

    /// Tells whoever listens what was committed of it.
    pub async fn tell(&self, new: Option<&[Fact]>) {
        let payload = match new {
            None => self.payload.clone(),
            Some(facts) => form::encode(facts).into(),
        };
        let subject = self.link.news_subject();
        if let Err(error) = self.link.client.publish(subject, payload).await {
            tracing::debug!(%error, "nobody was told of a commit");
        }
    }
}

impl Link {
    /// The number of the first message, if there is one, and that of the last that there was; nothing where the stream does not say.
    pub(crate) async fn extent(&self) -> Option<(Option<u64>, u64)> {
        let stream = self.jetstream.get_stream(&self.queue.stream).await.ok()?;
        let state = &stream.cached_info().state;
        let first = (state.messages > 0).then_some(state.first_sequence);
        Some((first, state.last_sequence))
    }

    /// The message of this number, if it is of one of these partitions and its consumer has come to it.
    pub(crate) async fn at(&self, number: u64, lanes: &[Lane]) -> Option<Delivered> {
        let stream = self.jetstream.get_stream_no_info(&self.queue.stream);
        let message = stream.await.ok()?.get_raw_message(number).await.ok()?;
        let partition: u8 = message.subject.rsplit('.').next()?.parse().ok()?;
        let lane = lanes.iter().find(|lane| lane.partition == partition)?;
        if lane.given().await.is_some_and(|given| given < number) {
            return None;
        }
        Some(lane.found(number, message.payload))
    }

    /// The first message of a subject from this number on.
    async fn first(&self, subject: &str, from: u64) -> Option<(u64, Bytes)> {
        let stream = self.jetstream.get_stream_no_info(&self.queue.stream);
        let stream = stream.await.ok()?;
        let found = stream.get_first_raw_message_by_subject(subject, from);
        let message = found.await.ok()?;
        Some((message.sequence, message.payload))
    }

    /// Removes a message that has been committed.
    async fn remove(&self, number: u64) {
        let Ok(stream) = self.jetstream.get_stream_no_info(&self.queue.stream).await else {
            return;
        };
        // It is found again if this is not heard, and is not there if somebody else was faster.
        if let Err(error) = stream.delete_message(number).await {
            tracing::debug!(%error, "a message was not removed");
        }
    }

    /// What writers say that they have committed, from now on; nothing where the servers cannot be asked.
    pub(crate) async fn news(&self) -> Option<impl Stream<Item = Vec<Fact>> + use<>> {
        let news = self.client.subscribe(self.news_subject()).await.ok()?;
        Some(news.filter_map(async |message| form::decode(&message.payload).ok()))
    }

    /// Puts everything that was set aside back in line, and says how many messages that were.
    ///
    /// # Errors
    /// [`LinkError`]; what is not back in line is still set aside.
    pub async fn take_back(&self) -> Result<u64, LinkError> {
        let refused = |error: &dyn std::fmt::Display| LinkError::Refused(error.to_string());
        let consumer = self.dead_letters().await?;
        let dead = self.jetstream.get_stream(self.dead_name()).await;
        let dead = dead.map_err(|error| refused(&error))?;
        // What is set aside again meanwhile stays there.
        let all = dead.cached_info().state.messages;
        let mut count = 0;
        loop {
            let left = usize::try_from(all - count).unwrap_or(usize::MAX);
            if left == 0 {
                return Ok(count);
            }
            let mut messages = consumer
                .fetch()
                .max_messages(left.min(64))
                .messages()
                .await
                .map_err(|error| refused(&error))?;
            let before = count;
            while let Some(message) = messages.next().await {
                let message = message.map_err(|error| refused(&error))?;
                let partition = message.subject.rsplit('.').next().unwrap_or_default();
                let partition: u8 = partition.parse().map_err(|error| refused(&error))?;
                // Without an id: it is meant to be tried again.
                let sent = self
                    .jetstream
                    .publish(self.subject(partition), message.payload.clone())
                    .await
                    .map_err(|error| refused(&error))?;
                sent.await.map_err(|error| refused(&error))?;
                message
                    .double_ack()
                    .await
                    .map_err(|error| refused(&error))?;
                count += 1;
            }
            if count == before {
                return Ok(count);
            }
        }
    }
}
