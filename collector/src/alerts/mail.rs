//! The way to the operator's mail server, by the library's own client. Where mail may leave is the operator's word, so no guard
//! stands before it. Names and passwords go there and nowhere else.

use std::error::Error;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio_rustls::rustls;
use uuid::Uuid;

use crate::config::{Config, Mail, Security};
use crate::destinations::transport::TransportError;

/// A conversation has several questions, each of which may take the time of one request.
const QUESTIONS: u32 = 3;
/// Characters of an address.
const ADDRESS_CHARS: usize = 254;

/// Sends mail.
#[derive(Clone)]
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    timeout: Duration,
}

/// A mail.
pub(crate) struct Letter {
    /// The same at each attempt.
    pub(crate) id: Uuid,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// Why a mail was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unsent {
    /// The code of the server's answer.
    pub(crate) code: Option<u16>,
    pub(crate) reason: &'static str,
    /// Whether the server will not have it at any time.
    pub(crate) is_final: bool,
}

/// Reads an address to which mail may go.
pub(crate) fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let address: Address = text.parse().ok()?;
    (text.chars().count() <= ADDRESS_CHARS).then(|| address.to_string())
}

impl Mailer {
    /// How long sending takes at most, by the time of one request.
    pub(crate) fn longest(timeout: Duration) -> Duration {
        timeout * QUESTIONS
    }

    /// As the settings say; none where there is no server.
    ///
    /// # Errors
    /// [`TransportError`] names the file of certificates.
    pub(crate) fn open(config: &Config) -> Result<Option<Self>, TransportError> {
        let Some(mail) = &config.mail else {
            return Ok(None);
        };
        let own = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.host)
            .port(mail.port)
            .hello_name(ClientId::Domain(mail.from.email.domain().to_owned()))
            .timeout(Some(config.destination_timeout))
            .tls(tls(mail, config.destination_ca.as_deref())?);
        let own = match &mail.login {
            Some((name, password)) => {
                own.credentials(Credentials::new(name.clone(), password.reveal().to_owned()))
            }
            None => own,
        };
        Ok(Some(Self {
            transport: own.build(),
            from: mail.from.clone(),
            timeout: Self::longest(config.destination_timeout),
        }))
    }

    /// Sends a mail. Gives the code of the server's answer.
    ///
    /// # Errors
    /// [`Unsent`].
    pub(crate) async fn send(&self, letter: &Letter) -> Result<u16, Unsent> {
        let message = self.message(letter).ok_or(Unsent {
            code: None,
            reason: "invalid_address",
            is_final: true,
        })?;
        let sent = tokio::time::timeout(self.timeout, self.transport.send(message)).await;
        match sent {
            Ok(Ok(answer)) => Ok(answer.code().into()),
            Ok(Err(error)) => {
                let code = error.status().map(u16::from);
                let reason = match code {
                    Some(_) => "refused",
                    None if error.is_timeout() => "timeout",
                    None if is_tls(&error) => "tls_failed",
                    // It does not offer what has to be there before anything is said to it: TLS, or a way to sign in.
                    None if error.is_client() => "not_offered",
                    None if error.is_response() => "no_answer",
                    None => "no_connection",
                };
                Err(Unsent {
                    code,
                    reason,
                    is_final: error.is_permanent(),
                })
            }
            Err(_) => Err(Unsent {
                code: None,
                reason: "timeout",
                is_final: false,
            }),
        }
    }

    fn message(&self, letter: &Letter) -> Option<Message> {
        let to: Address = letter.to.parse().ok()?;
        let id = format!("<{}@{}>", letter.id, self.from.email.domain());
        // Nobody's holiday answers it: https://www.rfc-editor.org/rfc/rfc3834#section-5
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject.clone())
            .date(SystemTime::now())
            .message_id(Some(id))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone())
            .ok()
    }
}

/// Whether the server is not who it should be. What the handshake says comes as an error of the connection.
fn is_tls(error: &lettre::transport::smtp::Error) -> bool {
    let mut next = error.source();
    while let Some(source) = next {
        let inner = source
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        next = source.source();
    }
    error.is_tls()
}

fn tls(mail: &Mail, authorities: Option<&Path>) -> Result<Tls, TransportError> {
    let failed = |error: lettre::transport::smtp::Error| TransportError::Tls(error.to_string());
    let mut own =
        TlsParameters::builder(mail.host.clone()).certificate_store(CertificateStore::WebpkiRoots);
    if let Some(path) = authorities {
        let unread = |message: String| TransportError::Certificates {
            path: path.to_owned(),
            message,
        };
        let pem = std::fs::read(path).map_err(|error| unread(error.to_string()))?;
        let own_ones = Certificate::from_pem(&pem).map_err(|error| unread(error.to_string()))?;
        own = own.add_root_certificate(own_ones);
    }
    let parameters = own.build_rustls().map_err(failed)?;
    Ok(match mail.security {
        Security::Wrapped => Tls::Wrapper(parameters),
        Security::Upgraded => Tls::Required(parameters),
        Security::None => Tls::None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_somebody() {
        assert_eq!(
            address(" ann@shop.example ").as_deref(),
            Some("ann@shop.example")
        );
        for text in [
            "",
            "ann",
            "ann@",
            "ann@shop.example, bob@shop.example",
            "Ann <ann@shop.example>",
            "ann@shop.example\r\nBcc: bob@shop.example",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
