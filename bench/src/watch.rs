//! Streams that are open while something else is measured: each reads what comes and throws it away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long all streams may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);
/// The first event of a stream.
const BEGINNING: &[u8] = b"event: ready";

/// Open streams. Dropping this closes them.
#[derive(Debug)]
pub struct Watching {
    streams: JoinSet<Result<()>>,
    told: Arc<AtomicUsize>,
    count: usize,
}

impl Watching {
    /// Opens so many streams of a site, and waits until each has begun.
    ///
    /// # Errors
    /// A stream that does not begin.
    pub async fn open(address: SocketAddr, secret: &str, site: i64, count: usize) -> Result<Self> {
        let mut streams = JoinSet::new();
        let told = Arc::new(AtomicUsize::new(0));
        for _ in 0..count {
            let opening = begin(address, secret, site);
            let mut stream = timeout(PATIENCE, opening)
                .await
                .context("a stream did not begin in time")??;
            let told = Arc::clone(&told);
            streams.spawn(async move {
                let mut piece = vec![0; 16 * 1024];
                let mut is_first = true;
                while stream.read(&mut piece).await? > 0 {
                    if std::mem::take(&mut is_first) {
                        told.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Ok(())
            });
        }
        Ok(Self {
            streams,
            told,
            count,
        })
    }

    /// Ends them.
    ///
    /// # Errors
    /// A stream that had ended before, or on which nothing came: then it is not known what it costs.
    pub fn end(mut self) -> Result<()> {
        ensure!(
            self.streams.try_join_next().is_none(),
            "a stream ended while it was read"
        );
        let told = self.told.load(Ordering::Relaxed);
        ensure!(
            told == self.count,
            "something came on {told} of {} streams",
            self.count
        );
        Ok(())
    }
}

async fn begin(address: SocketAddr, secret: &str, site: i64) -> Result<TcpStream> {
    ensure!(
        address.ip().is_loopback(),
        "streams are opened on loopback only, not at {address}"
    );
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /api/v1/live?site={site} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {secret}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut received = Vec::new();
    let has_begun = |received: &[u8]| {
        received
            .windows(BEGINNING.len())
            .any(|part| part == BEGINNING)
    };
    while !has_begun(&received) {
        ensure!(
            stream.read_buf(&mut received).await? > 0,
            "a stream ended before it began: {}",
            String::from_utf8_lossy(&received)
        );
    }
    Ok(stream)
}
