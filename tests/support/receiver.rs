//! Somebody's server that gets what a site sends on, and fails as it is told to.
//!
//! It speaks HTTP by hand, so that it can stop anywhere within an answer.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use super::eventually;

/// What becomes of a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// An answer with this status.
    Status(u16),
    /// One with a header more.
    With(u16, &'static str, String),
    /// One with a body.
    Body(String),
    /// The connection ends without an answer.
    Close,
    /// It ends in the middle of the head.
    HalfHead,
    /// It ends in the middle of the body of a good answer.
    HalfBody,
    /// Nothing comes.
    Hang,
}

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// What every attempt of one delivery has in common.
    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }
}

#[derive(Default)]
struct Book {
    asked: Vec<Asked>,
    replies: VecDeque<Reply>,
    otherwise: Option<Reply>,
    connections: usize,
}

/// It, on a port of its own, for as long as the test runs.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) port: u16,
    book: Arc<Mutex<Book>>,
}

impl Receiver {
    /// One that takes everything.
    pub(crate) async fn start() -> Self {
        Self::with(None).await
    }

    async fn with(acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            port: listener.local_addr().unwrap().port(),
            book: Arc::default(),
        };
        let book = Arc::clone(&receiver.book);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                book.lock().unwrap().connections += 1;
                let book = Arc::clone(&book);
                match acceptor.clone() {
                    None => tokio::spawn(serve(stream, book)),
                    Some(acceptor) => tokio::spawn(async move {
                        // Whoever trusts somebody else leaves.
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(stream, book).await;
                        }
                    }),
                };
            }
        });
        receiver
    }

    /// One that speaks TLS, with a certificate for `localhost` by its own authority, which is given as PEM.
    pub(crate) async fn secure() -> (Self, String) {
        let (acceptor, pem) = identity();
        (Self::with(Some(acceptor)).await, pem)
    }

    /// Where it is.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Has the next requests answered so, one each.
    pub(crate) fn next(&self, replies: &[Reply]) {
        self.book.lock().unwrap().replies.extend(replies.to_vec());
    }

    /// Has all others answered so from now on.
    pub(crate) fn always(&self, reply: Option<Reply>) {
        self.book.lock().unwrap().otherwise = reply;
    }

    /// What came so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.book.lock().unwrap().asked.clone()
    }

    /// How often somebody connected.
    pub(crate) fn connections(&self) -> usize {
        self.book.lock().unwrap().connections
    }

    /// Waits for so many requests, and gives all that came.
    pub(crate) async fn gets(&self, requests: usize) -> Vec<Asked> {
        eventually("the receiver gets its requests", || async {
            self.asked().len() >= requests
        })
        .await;
        self.asked()
    }
}

/// How a server called `localhost` shows who it is, and the authority that says so as PEM.
pub(crate) fn identity() -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), made.cert.pem())
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, book: Arc<Mutex<Book>>) {
    let Some(asked) = read(&mut stream).await else {
        return;
    };
    let reply = {
        let mut book = book.lock().unwrap();
        book.asked.push(asked);
        let next = book.replies.pop_front();
        next.or_else(|| book.otherwise.clone())
    };
    let answer = match reply.unwrap_or(Reply::Status(204)) {
        Reply::Status(status) => format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n"),
        Reply::With(status, name, value) => {
            format!("HTTP/1.1 {status} x\r\n{name}: {value}\r\ncontent-length: 0\r\n\r\n")
        }
        Reply::Body(body) => format!(
            "HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
        Reply::Close => return,
        Reply::HalfHead => "HTTP/1.1 200 x\r\nconte".to_owned(),
        Reply::HalfBody => "HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\nhalf".to_owned(),
        Reply::Hang => std::future::pending().await,
    };
    // Whoever asked may be gone.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Reads one request; nothing where the connection ends before it does.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let target = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let headers: BTreeMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers["content-length"].parse().unwrap();
    while bytes.len() < head_end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[head_end + 4..].to_vec()).unwrap();
    Some(Asked {
        target,
        headers,
        body,
    })
}
