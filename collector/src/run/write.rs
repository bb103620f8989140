//! The process of a writer behind a queue: opening, taking, ending.
//!
//! It ends in order: no more messages are taken, what was taken is committed or given back within the grace time, and the stream
//! hears of it. What is cut off after that comes to another writer.

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::instrument::WithSubscriber;

use super::{CLOSING, LAST_DRAIN, RunError, bind, open_store, warn_of_weak_durability};
use crate::commands::{Partitions, WriteArguments, queue};
use crate::config::Config;
use crate::http::writer::{Watched, serve};
use crate::ingest::{Ingest, IngestOptions};
use crate::live::Feed;
use crate::scale::Link;
use crate::writing::Writer;

/// Works until a signal says to stop.
pub(super) async fn write(config: &Config, arguments: &WriteArguments) -> Result<(), RunError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let queue = queue(config)?;
    let partitions = arguments.partitions.clone();
    let partitions = partitions.unwrap_or_else(Partitions::all);
    let store = open_store(config).await?;
    warn_of_weak_durability(&store).await?;
    let link = Link::open(queue).await?;
    link.prepare().await?;
    let lanes = link.lanes(partitions.numbers()).await?;
    let options = IngestOptions {
        // What there is room for is seen to before it is handed in.
        queue_items: usize::MAX,
        queue_bytes: usize::MAX,
        queue_wait: None,
        commit_items: config.commit_items,
        rejected_items: config.rejected_items,
        rejected_age: config.rejected_age,
        ..IngestOptions::default()
    };
    // Nobody watches here.
    let ingest = Ingest::start(store.clone(), options, Feed::new(1));
    let stopping = CancellationToken::new();
    let watched = match config.metrics_listen {
        Some(address) => {
            let listener = bind(address).await?;
            Some(watch(listener, &store, &ingest, &link, &stopping)?)
        }
        None => None,
    };
    let writer = Writer::new(
        link.clone(),
        store.clone(),
        ingest.clone(),
        config.queue_bytes,
        stopping.clone(),
    );
    let working = tokio::spawn(
        std::sync::Arc::new(writer)
            .run(lanes)
            .with_current_subscriber(),
    );
    tracing::info!(
        database = %store.kind(),
        queue = queue.places(),
        partitions = partitions.numbers().count(),
        version = env!("CARGO_PKG_VERSION"),
        "writer started"
    );
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    stopping.cancel();
    if tokio::time::timeout(config.shutdown_grace, working)
        .await
        .is_err()
    {
        tracing::warn!("some messages were not committed in time, and come to other writers");
    }
    if tokio::time::timeout(LAST_DRAIN, ingest.drain())
        .await
        .is_err()
    {
        tracing::warn!("the last transactions did not end in time");
    }
    link.flush().await;
    if let Some(watched) = watched {
        let _ = watched.await;
    }
    if tokio::time::timeout(CLOSING, store.close()).await.is_err() {
        tracing::warn!("the database did not let go in time and was left");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Serves signs of life and metrics.
fn watch(
    listener: TcpListener,
    store: &crate::store::Store,
    ingest: &Ingest,
    link: &Link,
    stopping: &CancellationToken,
) -> Result<tokio::task::JoinHandle<()>, RunError> {
    let address = listener.local_addr()?;
    let watched = Watched {
        store: store.clone(),
        ingest: ingest.clone(),
        link: link.clone(),
    };
    let serving = serve(listener, watched, stopping.clone());
    tracing::info!(%address, "signs of life and metrics are served at /healthz, /readyz and /metrics");
    Ok(tokio::spawn(serving.with_current_subscriber()))
}
