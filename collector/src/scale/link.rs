//! The connection to the servers, and what has to be there: the stream, the stream of dead letters, a consumer for each
//! partition.
//!
//! What is missing is made, what is there is left as it is: an operator may have made it otherwise on purpose.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType, Stream};
use async_nats::jetstream::{self, Context, ErrorCode};
use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use futures_util::future::try_join_all;
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::messages::hex;
use super::{Lane, Meter, Standing};
use crate::config::Queue;

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(3);
/// How long servers that have just started get to agree on who leads.
const START: Duration = Duration::from_secs(45);
const PAUSE: Duration = Duration::from_millis(250);
/// A server that says nothing for two of these is left.
const PING: Duration = Duration::from_secs(5);
/// For how long a stream notices that it had a message before.
const NOTICED: Duration = Duration::from_secs(120);
/// When a message that a writer has taken and says nothing of goes to another one. Writers say that they are at it three
/// times in this.
pub(super) const HELD: Duration = Duration::from_secs(10);
/// Messages of one partition that writers together may hold.
const MOST_HELD: i64 = 2_000;
/// Writers that may wait for messages of one partition.
const MOST_WAITING: i64 = 1_024;
/// For how long what was set aside waits for somebody to look at it.
const DEAD_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// What a message has beside its items.
const OVERHEAD: usize = 4 * 1024;

/// Why the queue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No server answers, or none lets this program in.
    #[error("cannot reach the queue at {places}: {reason}")]
    Unreachable {
        /// Where.
        places: String,
        /// Why not.
        reason: String,
    },
    /// The servers have no JetStream, or do not do what is asked.
    #[error("the queue does not do what is asked: {0}")]
    Refused(String),
}

/// What there is at the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Bytes that a message may have.
    pub most_bytes: usize,
    /// The stream, where it is there.
    pub standing: Option<Standing>,
}

/// An open connection, kept open.
#[derive(Clone)]
pub struct Link {
    pub(super) client: Client,
    pub(super) jetstream: Context,
    pub(super) queue: Queue,
    pub(super) meter: Meter,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("queue", &self.queue).finish()
    }
}

impl Link {
    /// Connects. Makes nothing.
    ///
    /// # Errors
    /// [`LinkError::Unreachable`] names the servers and no password.
    pub async fn open(queue: &Queue) -> Result<Self, LinkError> {
        let unreachable = |reason: String| LinkError::Unreachable {
            places: queue.places(),
            reason,
        };
        let servers = queue
            .servers
            .iter()
            .map(|url| ServerAddr::from_url(without_secret(url)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unreachable(error.to_string()))?;
        let connecting = admitted(queue)
            .name("waymark")
            .connection_timeout(REQUEST)
            .request_timeout(Some(REQUEST))
            .ping_interval(PING)
            .event_callback(|event| async move { tell(&event) })
            .connect(servers);
        let client = timeout(REQUEST * 3, connecting)
            .await
            .map_err(|_| unreachable("no answer in time".to_owned()))?
            .map_err(|error| unreachable(error.to_string()))?;
        let mut jetstream = jetstream::new(client.clone());
        jetstream.set_timeout(REQUEST);
        Ok(Self {
            client,
            jetstream,
            queue: queue.clone(),
            meter: Meter::default(),
        })
    }

    /// Looks at what is there, and makes nothing.
    ///
    /// # Errors
    /// [`LinkError::Refused`] where the servers have no JetStream.
    pub async fn look(&self) -> Result<Found, LinkError> {
        let standing = match self.jetstream.get_stream(&self.queue.stream).await {
            Ok(_) => Some(Standing::of(self).await?),
            Err(error) => match error.kind() {
                // Which only JetStream says.
                GetStreamErrorKind::JetStream(said)
                    if said.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    None
                }
                _ => return Err(LinkError::Refused(error.to_string())),
            },
        };
        Ok(Found {
            most_bytes: self.most_bytes(),
            standing,
        })
    }

    /// Sees to it that both streams are there. Waits for servers that have just started.
    ///
    /// # Errors
    /// [`LinkError::Refused`], with what the servers said last.
    pub async fn prepare(&self) -> Result<(), LinkError> {
        self.patiently(|| async { self.stream(self.items_config()).await })
            .await?;
        self.patiently(|| async { self.stream(self.dead_config()).await })
            .await?;
        Ok(())
    }

    /// Sees to it that the consumers of these partitions are there, and gives them.
    ///
    /// # Errors
    /// As [`Link::prepare`].
    pub async fn lanes(
        &self,
        partitions: impl Iterator<Item = u8>,
    ) -> Result<Vec<Lane>, LinkError> {
        let stream = self
            .patiently(|| async { self.stream(self.items_config()).await })
            .await?;
        let lanes = partitions.map(async |partition| {
            let made = || async {
                let config = self.consumer_config(partition);
                let name = consumer_name(partition);
                stream
                    .get_or_create_consumer(&name, config)
                    .await
                    .map_err(|error| error.to_string())
            };
            let consumer = self.patiently(made).await?;
            Ok(Lane::new(self.clone(), partition, consumer))
        });
        try_join_all(lanes).await
    }

    /// The consumer of what has been set aside.
    pub(super) async fn dead_letters(&self) -> Result<PullConsumer, LinkError> {
        let config = pull::Config {
            durable_name: Some("again".to_owned()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: HELD,
            ..pull::Config::default()
        };
        self.patiently(|| async {
            let stream = self.stream(self.dead_config()).await?;
            let made = stream.get_or_create_consumer("again", config.clone()).await;
            made.map_err(|error| error.to_string())
        })
        .await
    }

    /// Bytes that a message may have.
    pub(super) fn most_bytes(&self) -> usize {
        self.client
            .server_info()
            .max_payload
            .saturating_sub(OVERHEAD)
    }

    /// What the server that is connected says of itself.
    pub fn version(&self) -> String {
        self.client.server_info().version
    }

    /// What is counted.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Sends what was said and is still under way.
    pub async fn flush(&self) {
        if !matches!(timeout(REQUEST, self.client.flush()).await, Ok(Ok(()))) {
            tracing::warn!(
                "the queue may not have heard the last words, and will give out some messages again"
            );
        }
    }

    pub(super) fn subject(&self, partition: u8) -> String {
        format!("{}.items.{partition}", self.queue.stream)
    }

    pub(super) fn dead_subject(&self, partition: u8) -> String {
        format!("{}.dead.{partition}", self.queue.stream)
    }

    /// Where writers say what they have committed, to whoever listens.
    pub(super) fn news_subject(&self) -> String {
        format!("{}.committed", self.queue.stream)
    }

    pub(super) fn dead_name(&self) -> String {
        format!("{}-dead", self.queue.stream)
    }

    /// A message goes when it is acknowledged, and what is new is refused before what is old goes.
    fn items_config(&self) -> Config {
        Config {
            name: self.queue.stream.clone(),
            subjects: vec![format!("{}.items.*", self.queue.stream)],
            retention: RetentionPolicy::WorkQueue,
            storage: StorageType::File,
            discard: DiscardPolicy::New,
            num_replicas: self.queue.replicas,
            duplicate_window: NOTICED,
            ..Config::default()
        }
    }

    fn dead_config(&self) -> Config {
        Config {
            name: self.dead_name(),
            subjects: vec![format!("{}.dead.*", self.queue.stream)],
            // It holds what visitors sent, which erasing does not reach.
            max_age: DEAD_AGE,
            ..self.items_config()
        }
    }

    fn consumer_config(&self, partition: u8) -> pull::Config {
        pull::Config {
            durable_name: Some(consumer_name(partition)),
            filter_subject: self.subject(partition),
            ack_policy: AckPolicy::Explicit,
            ack_wait: HELD,
            max_deliver: -1,
            max_ack_pending: MOST_HELD,
            max_waiting: MOST_WAITING,
            ..pull::Config::default()
        }
    }

    async fn stream(&self, config: Config) -> Result<Stream, String> {
        let stream = self
            .jetstream
            .get_or_create_stream(config)
            .await
            .map_err(|error| error.to_string())?;
        Ok(stream)
    }

    /// Again until it is done or servers have had the time to start.
    async fn patiently<T, F: Future<Output = Result<T, String>>>(
        &self,
        mut what: impl FnMut() -> F,
    ) -> Result<T, LinkError> {
        let deadline = Instant::now() + START;
        loop {
            match what().await {
                Ok(done) => return Ok(done),
                Err(error) if Instant::now() + PAUSE > deadline => {
                    return Err(LinkError::Refused(error));
                }
                Err(error) => {
                    tracing::debug!(error, "the queue is not ready yet");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

/// A server's place alone.
fn without_secret(url: &Url) -> Url {
    let mut url = url.clone();
    // Neither fails for a URL with a host, which all of them have.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// Options with what lets this program in: a name and a password, or a token in the place of the name.
fn admitted(queue: &Queue) -> ConnectOptions {
    let text = |encoded: &str| percent_decode_str(encoded).decode_utf8_lossy().into_owned();
    let Some(url) = queue.servers.first() else {
        return ConnectOptions::new();
    };
    match (url.username(), url.password()) {
        ("", _) => ConnectOptions::new(),
        (token, None) => ConnectOptions::with_token(text(token)),
        (name, Some(password)) => {
            ConnectOptions::with_user_and_password(text(name), text(password))
        }
    }
}

/// The name of a partition's consumer.
fn consumer_name(partition: u8) -> String {
    format!("writers-{partition}")
}

/// An id for a message that has none of its own.
pub(super) fn id_of(payload: &[u8]) -> String {
    hex(&Sha256::digest(payload))
}

/// Says in the log what becomes of the connection.
fn tell(event: &Event) {
    match event {
        Event::Connected => tracing::info!("connected to the queue"),
        Event::Disconnected => {
            tracing::warn!("the connection to the queue is gone, and another one is made");
        }
        other => tracing::debug!(%other, "the queue"),
    }
}
