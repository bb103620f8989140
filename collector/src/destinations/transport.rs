//! One request to somebody else's server: resolved, checked, connected, sent, and answered within a time.
//!
//! The names are resolved here, every address is judged by [`Guard`], and the connection is made to an address that was
//! judged, so that nothing lies between the check and the use. One refused address refuses the name: a host that is half
//! inside is nobody's mistake. Nothing is asked of proxies, no connection is kept, and a redirect is an answer like any other
//! that is no success: where it leads was not set up by anybody, and what is sent is meant for one receiver.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::task::AbortOnDropHandle;
use url::{Host, Position, Url};

use super::address::Guard;

/// Bytes of an answer's head.
const HEAD_BYTES: usize = 64 * 1024;
/// Addresses of one name that are tried.
const ADDRESSES: usize = 4;

/// Sends requests.
#[derive(Clone)]
pub(crate) struct Transport {
    guard: Guard,
    timeout: Duration,
    tls: Arc<ClientConfig>,
}

/// What is sent. Its address may hold a secret, so it does not show itself.
pub(crate) struct Letter {
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<String>,
    /// As much of it as was asked for.
    pub(crate) body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// There is no such address.
    Url,
    /// Its name leads nowhere.
    Name,
    /// It is none that may be sent to.
    Refused,
    /// Nobody is there.
    Connection,
    /// They are not who they should be, or know no TLS.
    Tls,
    /// They answered nothing, or not by HTTP.
    Answer,
    /// They took too long.
    Timeout,
}

impl Lost {
    /// The reason that a delivery keeps.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Url => "invalid_url",
            Self::Name => "name_not_found",
            Self::Refused => "address_refused",
            Self::Connection => "no_connection",
            Self::Tls => "tls_failed",
            Self::Answer => "no_answer",
            Self::Timeout => "timeout",
        }
    }
}

/// Why nothing can be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The library for TLS.
    #[error("TLS: {0}")]
    Tls(String),
    /// The file of certificates.
    #[error("the certificates in {}: {message}", path.display())]
    Certificates {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl Transport {
    /// `authorities` is a PEM file of certificates that are trusted beside those that browsers trust.
    ///
    /// # Errors
    /// [`TransportError`] names the file.
    pub(crate) fn new(
        guard: Guard,
        timeout: Duration,
        authorities: Option<&Path>,
    ) -> Result<Self, TransportError> {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        if let Some(path) = authorities {
            let failed = |message: String| TransportError::Certificates {
                path: path.to_owned(),
                message,
            };
            let mut count = 0;
            for own in CertificateDer::pem_file_iter(path).map_err(|e| failed(e.to_string()))? {
                let own = own.map_err(|e| failed(e.to_string()))?;
                roots.add(own).map_err(|e| failed(e.to_string()))?;
                count += 1;
            }
            if count == 0 {
                return Err(failed("there is none".to_owned()));
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| TransportError::Tls(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            guard,
            timeout,
            tls: Arc::new(config),
        })
    }

    /// How long a request takes at most.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Sends a letter and reads at most `most` bytes of the answer's body.
    pub(crate) async fn post(&self, letter: &Letter, most: usize) -> Result<Answer, Lost> {
        tokio::time::timeout(self.timeout, self.exchange(letter, most))
            .await
            .unwrap_or(Err(Lost::Timeout))
    }

    async fn exchange(&self, letter: &Letter, most: usize) -> Result<Answer, Lost> {
        let url = &letter.url;
        let is_https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Lost::Url),
        };
        let host = url.host().ok_or(Lost::Url)?;
        let port = url.port_or_known_default().ok_or(Lost::Url)?;
        let addresses = resolve(&host, port).await?;
        let refused = |address: &SocketAddr| {
            self.guard.refuses(address.ip())
                || self.guard.refuses_port(address.ip(), port, is_https)
        };
        if addresses.iter().any(refused) {
            return Err(Lost::Refused);
        }
        let stream = connect(&addresses).await?;
        if !is_https {
            return send(stream, letter, most).await;
        }
        let name = match host {
            Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|_| Lost::Url)?,
            Host::Ipv4(address) => ServerName::from(IpAddr::V4(address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::V6(address)),
        };
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let stream = connector.connect(name, stream).await;
        send(stream.map_err(|_| Lost::Tls)?, letter, most).await
    }
}

async fn resolve(host: &Host<&str>, port: u16) -> Result<Vec<SocketAddr>, Lost> {
    let addresses: Vec<SocketAddr> = match *host {
        Host::Ipv4(address) => vec![(address, port).into()],
        Host::Ipv6(address) => vec![(address, port).into()],
        Host::Domain(name) => tokio::net::lookup_host((name, port))
            .await
            .map_err(|_| Lost::Name)?
            .collect(),
    };
    if addresses.is_empty() {
        return Err(Lost::Name);
    }
    Ok(addresses)
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Lost> {
    for address in addresses.iter().take(ADDRESSES) {
        if let Ok(stream) = TcpStream::connect(address).await {
            // A request is one piece, and nothing is won by holding it back.
            let _ = stream.set_nodelay(true);
            return Ok(stream);
        }
    }
    Err(Lost::Connection)
}

async fn send<S>(stream: S, letter: &Letter, most: usize) -> Result<Answer, Lost>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| Lost::Answer)?;
    // Ends with the exchange, whatever the other side still has to say.
    let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let url = &letter.url;
    let mut request = Request::post(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(USER_AGENT, concat!("Waymark/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json");
    for (name, value) in &letter.headers {
        request = request.header(*name, value);
    }
    let body = Full::new(Bytes::from(letter.body.clone()));
    let request = request.body(body).map_err(|_| Lost::Url)?;
    let response = sender.send_request(request).await;
    let (head, body) = response.map_err(|_| Lost::Answer)?.into_parts();
    let retry_after = head.headers.get(RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok());
    Ok(Answer {
        status: head.status,
        retry_after: retry_after.map(str::to_owned),
        body: read(body, most).await,
    })
}

/// The beginning of a body. What does not arrive is not there: the status has been said.
async fn read(mut body: impl Body<Data = Bytes> + Unpin, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < most
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Some(data) = frame.data_ref() {
            let room = most - bytes.len();
            bytes.extend_from_slice(&data[..data.len().min(room)]);
        }
    }
    bytes
}
