//! One keep-alive connection that posts batches or asks questions: HTTP/1.1 on a plain socket, because a full client would
//! take more of the machine than the collector it measures.
//!
//! Refuses any address but loopback, and any answer it does not understand.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::traffic::ORIGIN;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of an answer's head and body.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;

/// A connection with one request at a time.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    head: Vec<u8>,
    sent: Vec<u8>,
    received: Vec<u8>,
}

/// An answer, as long as the next request has not been sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer<'c> {
    /// The status code.
    pub status: u16,
    /// The seconds of `Retry-After`.
    pub retry_after: Option<u32>,
    /// The body.
    pub body: &'c [u8],
}

impl Connection {
    /// Connects to a collector on this machine.
    ///
    /// # Errors
    /// An address that is not loopback, or nobody listening.
    pub async fn open(address: SocketAddr, user_agent: &str) -> Result<Self> {
        ensure!(
            address.ip().is_loopback(),
            "the load goes to loopback only, not to {address}"
        );
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nhost: {address}\r\norigin: {ORIGIN}\r\nuser-agent: {user_agent}\r\n\
             content-type: text/plain;charset=UTF-8\r\ncontent-length: "
        );
        Ok(Self {
            stream,
            address,
            head: head.into_bytes(),
            sent: Vec::new(),
            received: Vec::new(),
        })
    }

    /// Sends one batch and waits for its answer.
    ///
    /// # Errors
    /// A broken connection, no answer within 30 s, or an answer that is not understood.
    pub async fn post(&mut self, body: &[u8]) -> Result<Answer<'_>> {
        self.sent.clear();
        self.sent.extend_from_slice(&self.head);
        write!(self.sent, "{}\r\n\r\n", body.len())?;
        self.sent.extend_from_slice(body);
        self.answer(PATIENCE).await
    }

    /// Asks for `target`, a path and its query, with an API key, and waits for the answer.
    ///
    /// # Errors
    /// As for [`Self::post`], with a patience of its own.
    pub async fn get(
        &mut self,
        target: &str,
        secret: &str,
        patience: Duration,
    ) -> Result<Answer<'_>> {
        self.sent.clear();
        let address = self.address;
        write!(
            self.sent,
            "GET {target} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {secret}\r\n\r\n"
        )?;
        self.answer(patience).await
    }

    async fn answer(&mut self, patience: Duration) -> Result<Answer<'_>> {
        self.received.clear();
        let head = timeout(patience, self.exchange())
            .await
            .with_context(|| format!("the collector did not answer within {patience:?}"))??;
        Ok(Answer {
            status: head.status,
            retry_after: head.retry_after,
            body: &self.received[head.start..],
        })
    }

    async fn exchange(&mut self) -> Result<Head> {
        self.stream.write_all(&self.sent).await?;
        loop {
            let read = self.stream.read_buf(&mut self.received).await?;
            ensure!(read > 0, "the collector closed the connection");
            if let Some(head) = frame(&self.received)? {
                ensure!(
                    head.end <= LONGEST_ANSWER && self.received.len() <= head.end,
                    "the answer is longer than it should be"
                );
                if self.received.len() == head.end {
                    return Ok(head);
                }
            }
            ensure!(
                self.received.len() <= LONGEST_ANSWER,
                "the answer does not end"
            );
        }
    }
}

/// What an answer begins with.
#[derive(Debug, Clone, Copy)]
struct Head {
    status: u16,
    retry_after: Option<u32>,
    /// Where the body begins and ends.
    start: usize,
    end: usize,
}

/// The head, once it is complete.
fn frame(received: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = response.parse(received)? else {
        return Ok(None);
    };
    let status = response.code.context("the answer has no status")?;
    let value = |name: &str| {
        let mut headers = response.headers.iter();
        let header = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok().map(str::trim)
    };
    let Some(length) = value("content-length") else {
        bail!("the answer ({status}) does not say its length");
    };
    let length: usize = length.parse()?;
    Ok(Some(Head {
        status,
        retry_after: value("retry-after").and_then(|seconds| seconds.parse().ok()),
        start,
        end: start.saturating_add(length),
    }))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A server that reads a request of each length and answers with the pieces, each as a write of its own.
    async fn serve(pieces: &'static [&'static str], body: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut received = Vec::new();
            loop {
                let text = String::from_utf8_lossy(&received).into_owned();
                if let Some((head, rest)) = text.split_once("\r\n\r\n")
                    && rest.len() == body
                {
                    assert!(head.starts_with("POST /v1/events HTTP/1.1\r\n"));
                    assert!(head.ends_with(&format!("content-length: {body}")));
                    received.clear();
                    for piece in pieces {
                        stream.write_all(piece.as_bytes()).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                }
                // The client hangs up on what it does not understand.
                if !matches!(stream.read_buf(&mut received).await, Ok(1..)) {
                    return;
                }
            }
        });
        address
    }

    #[tokio::test]
    async fn one_connection_takes_answers_in_any_pieces() {
        let pieces = &["HTTP/1.1 200 OK\r\nContent-", "Length: 4\r\n\r\nab", "cd"];
        let mut connection = Connection::open(serve(pieces, 3).await, "test")
            .await
            .unwrap();
        for _ in 0..3 {
            let answer = connection.post(b"xyz").await.unwrap();
            assert_eq!(
                answer,
                Answer {
                    status: 200,
                    retry_after: None,
                    body: b"abcd"
                }
            );
        }
    }

    #[tokio::test]
    async fn what_it_does_not_understand_is_an_error() {
        const TABLE: [(&[&str], &str); 3] = [
            (&["HTTP/1.1 200 OK\r\n\r\n"], "length"),
            (
                &["HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab"],
                "longer",
            ),
            (&["SMTP ready\r\n\r\n"], "version"),
        ];
        for (pieces, complaint) in TABLE {
            let address = serve(pieces, 3).await;
            let mut connection = Connection::open(address, "test").await.unwrap();
            let error = connection.post(b"xyz").await.unwrap_err().to_string();
            assert!(error.contains(complaint), "{error}");
        }
    }

    #[tokio::test]
    async fn other_machines_are_left_alone() {
        let address = "192.0.2.1:80".parse().unwrap();
        let error = Connection::open(address, "test").await.unwrap_err();
        assert!(error.to_string().contains("loopback"));
    }
}
