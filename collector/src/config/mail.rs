//! How mail leaves: one server of the operator's, and who it is from.

use std::str::FromStr;

use lettre::message::Mailbox;
use percent_encoding::percent_decode_str;
use url::Url;

use super::ConfigError;
use crate::destinations::signature::Secret;

/// The server that takes mail, and whose address is on it.
#[derive(Debug, Clone)]
pub struct Mail {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    /// Name and password, where the server asks for them.
    pub(crate) login: Option<(String, Secret)>,
    pub(crate) from: Mailbox,
}

/// How the connection to the server is kept to oneself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    /// By TLS from the first byte: `smtps:`.
    Wrapped,
    /// By STARTTLS, and not at all without: `smtp:`.
    Upgraded,
    /// Not at all: `smtp:` and `?tls=none`.
    None,
}

impl Mail {
    /// Reads the settings; nothing where there is no server. Messages repeat no value, which may hold a password.
    pub(super) fn read(
        smtp_url: Option<&str>,
        mail_from: Option<&str>,
    ) -> Result<Option<Self>, ConfigError> {
        let wrong = |setting, message: &str| ConfigError::Value {
            setting,
            message: message.into(),
        };
        let Some(text) = smtp_url else {
            return match mail_from {
                Some(_) => Err(wrong("mail_from", "is of no use without smtp_url")),
                None => Ok(None),
            };
        };
        let wrong_url = |message| wrong("smtp_url", message);
        let url = Url::parse(text).map_err(|_| {
            wrong_url("has to be one such as smtps://user:password@mail.example.com")
        })?;
        let query: Vec<_> = url.query_pairs().collect();
        let is_open = match query.as_slice() {
            [] => false,
            [(name, value)] if name == "tls" && value == "none" => true,
            _ => return Err(wrong_url("may have no parameter but tls=none")),
        };
        let (security, port) = match (url.scheme(), is_open) {
            ("smtps", false) => (Security::Wrapped, 465),
            ("smtp", false) => (Security::Upgraded, 587),
            ("smtp", true) => (Security::None, 25),
            _ => return Err(wrong_url("has to begin with smtps: or smtp:")),
        };
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| wrong_url("has to name a host"))?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(wrong_url("has to end after the host and port"));
        }
        let plain = |part: &str| {
            let plain = percent_decode_str(part).decode_utf8();
            plain
                .map(String::from)
                .map_err(|_| wrong_url("has a name or password that is no text"))
        };
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (name, Some(password)) if !name.is_empty() && !is_open => {
                Some((plain(name)?, Secret::new(plain(password)?)))
            }
            (_, Some(_)) if is_open => {
                return Err(wrong_url(
                    "may have no password with tls=none: it would be sent in the open",
                ));
            }
            _ => return Err(wrong_url("has to have a name and a password, or neither")),
        };
        let from = mail_from
            .ok_or_else(|| wrong("mail_from", "is missing: mail has to be from somebody"))?;
        let from = Mailbox::from_str(from).map_err(|_| {
            wrong(
                "mail_from",
                "has to be an address, such as Waymark <waymark@example.com>",
            )
        })?;
        Ok(Some(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(port),
            security,
            login,
            from,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: Option<&str> = Some("Waymark <waymark@shop.example>");

    #[test]
    fn a_server_is_read_from_its_url() {
        let read = |url: &str| Mail::read(Some(url), FROM).unwrap().unwrap();
        let mail = read("smtps://us%40er:p%3Ass@mail.example");
        assert_eq!((mail.host.as_str(), mail.port), ("mail.example", 465));
        assert_eq!(mail.security, Security::Wrapped);
        let (name, password) = mail.login.as_ref().unwrap();
        assert_eq!((name.as_str(), password.reveal()), ("us@er", "p:ss"));
        assert!(!format!("{mail:?}").contains("p:ss"));
        let mail = read("smtp://mail.example:2525");
        assert_eq!((mail.port, mail.security), (2525, Security::Upgraded));
        let mail = read("smtp://127.0.0.1:25?tls=none");
        assert_eq!(
            (mail.security, mail.login.is_none()),
            (Security::None, true)
        );
        assert!(Mail::read(None, None).unwrap().is_none());
    }

    #[test]
    fn what_is_wrong_is_told_without_the_password() {
        for (url, from, setting) in [
            (Some("mail.example"), FROM, "smtp_url"),
            (Some("https://u:hunter2@mail.example"), FROM, "smtp_url"),
            (
                Some("smtp://u:hunter2@mail.example?tls=none"),
                FROM,
                "smtp_url",
            ),
            (
                Some("smtp://u:hunter2@mail.example?tls=maybe"),
                FROM,
                "smtp_url",
            ),
            (Some("smtp://u:hunter2@mail.example/x"), FROM, "smtp_url"),
            (Some("smtps://:hunter2@mail.example"), FROM, "smtp_url"),
            (Some("smtps://u@mail.example"), FROM, "smtp_url"),
            (Some("smtps://u:hunter2@mail.example"), None, "mail_from"),
            (Some("smtps://mail.example"), Some("nobody"), "mail_from"),
            (None, FROM, "mail_from"),
        ] {
            let error = Mail::read(url, from).unwrap_err().to_string();
            assert!(error.starts_with(setting), "{url:?}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
