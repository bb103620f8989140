//! Reading server-sent events.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use reqwest::Response;
use serde_json::Value;

/// How long a test waits for what has to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// A stream of server-sent events.
pub(crate) struct Events {
    chunks: BoxStream<'static, reqwest::Result<Vec<u8>>>,
    text: String,
    id: Option<String>,
}

impl Events {
    pub(crate) fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let chunks = response
            .bytes_stream()
            .map(|chunk| chunk.map(|c| c.to_vec()));
        Self {
            chunks: chunks.boxed(),
            text: String::new(),
            id: None,
        }
    }

    /// Whether the stream goes on where its reader was, which is its first word.
    pub(crate) async fn is_resumed(&mut self) -> bool {
        let (name, data) = self.within().await.unwrap();
        assert_eq!(name, "ready");
        data["resumed"].as_bool().unwrap()
    }

    /// The id of the last event that has one.
    pub(crate) fn id(&self) -> &str {
        self.id.as_deref().unwrap()
    }

    /// The next event's name and data but for the first word; nothing at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            match self.within().await {
                Some((name, _)) if name == "ready" => {}
                event => return event,
            }
        }
    }

    async fn within(&mut self) -> Option<(String, Value)> {
        tokio::time::timeout(PATIENCE, self.read())
            .await
            .unwrap_or_else(|_| panic!("no event within {PATIENCE:?}"))
    }

    async fn read(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(|value| value.trim().to_owned())
                };
                let event = field("event:").zip(field("data:"));
                self.id = field("id:").or(self.id.take());
                self.text = rest.to_owned();
                if let Some((name, data)) = event {
                    return Some((name, serde_json::from_str(&data).unwrap()));
                }
            }
            let chunk = self.chunks.next().await?.ok()?;
            self.text.push_str(&String::from_utf8(chunk).unwrap());
        }
    }
}
