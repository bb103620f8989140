//! From a browser's request to a dashboard: a batch of a site that is small beside the load, as it comes on a stream that is open, and
//! as it can be found in a list.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::stand::SMALL_KEY;
use crate::client::Connection;
use crate::figures::percentile;
use crate::load;
use crate::machine::now_ms;
use crate::traffic::{Fitness, KEY, Traffic};

/// From one probe to the next.
const EVERY: Duration = Duration::from_millis(100);
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two looks into the list, by which its times are too long at most.
const LOOK: Duration = Duration::from_millis(4);

/// Milliseconds from the request on.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Seen {
    /// Batches that were sent.
    pub probes: usize,
    /// To the answer.
    pub answered_p50_ms: Option<f64>,
    /// To the answer.
    pub answered_p99_ms: Option<f64>,
    /// To the first of its events on an open stream.
    pub streamed_p50_ms: Option<f64>,
    /// To the first of its events on an open stream.
    pub streamed_p99_ms: Option<f64>,
    /// To a list of visitors that has its visitor.
    pub listed_p50_ms: Option<f64>,
    /// To a list of visitors that has its visitor.
    pub listed_p99_ms: Option<f64>,
}

/// Sends probes for so long.
///
/// # Errors
/// One that is not accepted, or does not come.
pub async fn run(
    address: SocketAddr,
    site: (i64, &str),
    seed: u64,
    time: Duration,
) -> Result<Seen> {
    let mut traffic = Traffic::new(seed, 0, Fitness::Fit);
    let mut sending = Connection::open(address, traffic.user_agent()).await?;
    let mut asking = Connection::open(address, traffic.user_agent()).await?;
    let mut stream = Stream::open(address, site).await?;
    let target = format!("/api/v1/visitors?site={}&limit=5", site.0);
    let began = Instant::now();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut all: [Vec<u32>; 3] = Default::default();
    let mut body = Vec::new();
    while began.elapsed() < time {
        ticks.tick().await;
        // Every second batch is of somebody new, whom no list has yet.
        traffic.next_batch(now_ms(), &mut body)?;
        let mut of_others = Vec::new();
        traffic.next_batch(now_ms(), &mut of_others)?;
        let text = String::from_utf8(std::mem::take(&mut body))?.replacen(KEY, SMALL_KEY, 1);
        let (visitor, items) = ids(&text).context("a batch has ids")?;
        let sent = Instant::now();
        let micros = || u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX);
        let answering = async {
            let answer = sending.post(text.as_bytes()).await?;
            ensure!(
                load::accepted(&answer),
                "a probe was not accepted: {}",
                answer.status
            );
            Ok(micros())
        };
        let streaming = async {
            stream.comes(&items).await?;
            Ok(micros())
        };
        let listing = async {
            loop {
                let answer = asking.get(&target, site.1, PATIENCE).await?;
                ensure!(answer.status == 200, "the list answered {}", answer.status);
                if String::from_utf8_lossy(answer.body).contains(&visitor) {
                    return anyhow::Ok(micros());
                }
                sleep(LOOK).await;
            }
        };
        let seen = timeout(PATIENCE, async {
            tokio::try_join!(answering, streaming, listing)
        });
        let (answered, streamed, listed) = seen.await.context("a probe did not come in time")??;
        for (values, value) in all.iter_mut().zip([answered, streamed, listed]) {
            values.push(value);
        }
    }
    let [answered, streamed, listed] = all.map(|mut values| {
        values.sort_unstable();
        values
    });
    let ms = |values: &[u32], percent| percentile(values, percent).map(|us| f64::from(us) / 1e3);
    Ok(Seen {
        probes: answered.len(),
        answered_p50_ms: ms(&answered, 50),
        answered_p99_ms: ms(&answered, 99),
        streamed_p50_ms: ms(&streamed, 50),
        streamed_p99_ms: ms(&streamed, 99),
        listed_p50_ms: ms(&listed, 50),
        listed_p99_ms: ms(&listed, 99),
    })
}

/// The visitor of a batch, and its items.
fn ids(body: &str) -> Option<(String, Vec<String>)> {
    let batch: serde_json::Value = serde_json::from_str(body).ok()?;
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let items = batch["items"].as_array()?.iter();
    let items: Option<Vec<String>> = items.map(|item| text(&item["id"])).collect();
    Some((text(&batch["context"]["visitor_id"])?, items?))
}

/// A stream of the live feed.
struct Stream {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Stream {
    async fn open(address: SocketAddr, (site, secret): (i64, &str)) -> Result<Self> {
        ensure!(
            address.ip().is_loopback(),
            "streams are opened on loopback only, not at {address}"
        );
        let mut stream = TcpStream::connect(address).await?;
        let request = format!(
            "GET /api/v1/live?site={site} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {secret}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut stream = Self {
            stream,
            received: Vec::new(),
        };
        timeout(PATIENCE, stream.comes(&["event: ready".to_owned()]))
            .await
            .context("a stream did not begin in time")??;
        // A collector learns of others' commits from when somebody watches, which takes a moment.
        sleep(Duration::from_millis(500)).await;
        Ok(stream)
    }

    /// Reads until one of these is there, and forgets what came before.
    async fn comes(&mut self, any: &[String]) -> Result<()> {
        loop {
            let has = |text: &String| {
                let mut windows = self.received.windows(text.len());
                windows.any(|window| window == text.as_bytes())
            };
            if any.iter().any(has) {
                self.received.clear();
                return Ok(());
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                bail!("a stream ended before something came");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_a_batch() {
        let mut body = Vec::new();
        let mut traffic = Traffic::new(7, 0, Fitness::Fit);
        traffic.next_batch(1_790_000_000_000, &mut body).unwrap();
        let text = String::from_utf8(body).unwrap();
        let (visitor, items) = ids(&text).unwrap();
        assert!(uuid::Uuid::parse_str(&visitor).is_ok());
        assert_eq!(items.len(), crate::traffic::BATCH_ITEMS);
        assert!(items.iter().all(|id| uuid::Uuid::parse_str(id).is_ok()));
    }
}
