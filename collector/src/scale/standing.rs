//! How the stream stands: what waits, who has a copy.

use std::time::Duration;

use futures_util::TryStreamExt;
use tokio::time::timeout;

use super::{Link, LinkError};

/// How long the stream has to say how it is.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a stream stands at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Messages that it has.
    pub messages: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// Servers that are to have a copy.
    pub replicas: u64,
    /// Those of them that have all of it.
    pub in_step: u64,
    /// What the consumers say together.
    pub lanes: Lanes,
    /// Messages that were set aside.
    pub dead_letters: u64,
}

/// What the consumers of all partitions say together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lanes {
    /// Messages that nobody has taken yet.
    pub waiting: u64,
    /// Messages that writers have.
    pub held: u64,
    /// Those of them that were given out more than once.
    pub redelivered: u64,
}

impl Standing {
    /// Asks.
    ///
    /// # Errors
    /// [`LinkError::Refused`] where the stream or its leader does not answer in time.
    pub async fn of(link: &Link) -> Result<Self, LinkError> {
        timeout(PATIENCE, Self::ask(link))
            .await
            .unwrap_or_else(|_| Err(LinkError::Refused("no answer in time".to_owned())))
    }

    /// Whether the stream has a leader that answers.
    ///
    /// # Errors
    /// As [`Standing::of`].
    pub async fn look(link: &Link) -> Result<(), LinkError> {
        let looked = link.jetstream.get_stream(&link.queue.stream);
        match timeout(PATIENCE, looked).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(LinkError::Refused(error.to_string())),
            Err(_) => Err(LinkError::Refused("no answer in time".to_owned())),
        }
    }

    async fn ask(link: &Link) -> Result<Self, LinkError> {
        let refused = |error: &dyn std::fmt::Display| LinkError::Refused(error.to_string());
        let stream = link
            .jetstream
            .get_stream(&link.queue.stream)
            .await
            .map_err(|error| refused(&error))?;
        let info = stream.cached_info();
        let others = info.cluster.as_ref().map_or(0, |cluster| {
            let current = cluster.replicas.iter();
            current.filter(|peer| peer.current && !peer.offline).count()
        });
        let mut lanes = Lanes::default();
        let mut consumers = stream.consumers();
        while let Some(lane) = consumers
            .try_next()
            .await
            .map_err(|error| refused(&error))?
        {
            lanes.waiting += lane.num_pending;
            lanes.held += lane.num_ack_pending as u64;
            lanes.redelivered += lane.num_redelivered as u64;
        }
        let dead = link.jetstream.get_stream(link.dead_name()).await;
        Ok(Self {
            messages: info.state.messages,
            bytes: info.state.bytes,
            replicas: info.config.num_replicas as u64,
            in_step: others as u64 + 1,
            lanes,
            dead_letters: dead.map_or(0, |dead| dead.cached_info().state.messages),
        })
    }
}
