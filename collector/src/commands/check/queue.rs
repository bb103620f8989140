//! The queue between collectors and writers, where there is one: looked at, and nothing made.

use std::time::Duration;

use waymark_protocol::limits;

use super::{Line, Status};
use crate::config::Config;
use crate::scale::{Link, Standing};

/// How long the servers have for everything.
const PATIENCE: Duration = Duration::from_secs(15);

/// Bytes that one item and what its batch says may have in a message, when every character of it is escaped.
const LEAST_BYTES: usize = 4 * (limits::ITEM_BYTES + limits::CONTEXT_BYTES);

pub(super) async fn check(config: &Config) -> Vec<Line> {
    let Some(queue) = &config.queue else {
        return Vec::new();
    };
    let looked = async {
        let link = match Link::open(queue).await {
            Ok(link) => link,
            Err(error) => {
                return vec![Line::new("queue", Status::Failed, error.to_string())];
            }
        };
        let found = link.look().await;
        let servers = match &found {
            Ok(found) => servers(&link, found.most_bytes),
            Err(error) => Line::new(
                "queue",
                Status::Failed,
                format!("{}: {error}", queue.places()),
            ),
        };
        let mut lines = vec![servers];
        if let Ok(found) = found {
            lines.push(stream(found.standing.as_ref(), queue.replicas));
        }
        lines
    };
    tokio::time::timeout(PATIENCE, looked)
        .await
        .unwrap_or_else(|_| {
            let message = format!("{} does not answer in time", queue.places());
            vec![Line::new("queue", Status::Failed, message)]
        })
}

fn servers(link: &Link, most_bytes: usize) -> Line {
    let version = link.version();
    if most_bytes < LEAST_BYTES {
        return Line::new(
            "queue",
            Status::Failed,
            format!(
                "nats-server {version} takes messages of {most_bytes} bytes (max_payload), and one item may have {LEAST_BYTES}"
            ),
        );
    }
    Line::new(
        "queue",
        Status::Ok,
        format!("nats-server {version} answers and has JetStream"),
    )
}

/// Copies are what durability rests on.
fn stream(standing: Option<&Standing>, wanted: usize) -> Line {
    let line = |status, message: String| Line::new("queue_stream", status, message);
    let alone = "a machine that is lost takes with it what was acknowledged";
    let Some(standing) = standing else {
        return match wanted {
            1 => line(
                Status::Warning,
                format!("will be made at the first start, with one copy: {alone}"),
            ),
            _ => line(
                Status::Ok,
                format!("will be made at the first start, with {wanted} copies"),
            ),
        };
    };
    let Standing {
        messages,
        replicas,
        in_step,
        dead_letters,
        ..
    } = standing;
    if *replicas == 1 {
        line(
            Status::Warning,
            format!("has one copy: {alone}; {messages} messages wait"),
        )
    } else if in_step < replicas {
        line(
            Status::Warning,
            format!("{in_step} of {replicas} copies have everything; {messages} messages wait"),
        )
    } else if *replicas != wanted as u64 {
        line(
            Status::Warning,
            format!(
                "has {replicas} copies, and the settings say {wanted}; {messages} messages wait"
            ),
        )
    } else if *dead_letters > 0 {
        line(
            Status::Warning,
            format!(
                "{dead_letters} messages were set aside: `collector write --again` puts them back in line"
            ),
        )
    } else {
        line(
            Status::Ok,
            format!("{replicas} copies have everything; {messages} messages wait"),
        )
    }
}
