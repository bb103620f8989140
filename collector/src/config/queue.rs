//! The queue between collectors and writers: where its servers are, and what its stream is called.

use std::fmt;

use url::Url;

use super::ConfigError;

/// The port of a server that does not name one.
const PORT: u16 = 4222;
/// What the stream is called where nobody says.
const STREAM: &str = "waymark";
/// Copies beyond which more servers make nothing safer, and everything slower.
const MOST_REPLICAS: usize = 3;
/// Copies that a stream of NATS may have at most.
const ALLOWED: usize = 5;
/// Characters of a stream's name.
const NAME_CHARS: usize = 64;

/// What a queue is reached by.
#[derive(Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its servers, of which any leads to all. They may hold a password.
    pub(crate) servers: Vec<Url>,
    /// What its stream is called.
    pub(crate) stream: String,
    /// On how many servers every message is.
    pub(crate) replicas: usize,
}

/// Without what may be secret.
impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("servers", &self.places())
            .field("stream", &self.stream)
            .field("replicas", &self.replicas)
            .finish()
    }
}

impl Queue {
    /// Reads the settings: `nats://a,b:4223,c`, with a name and password before the first if there is one.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting. What it says repeats nothing of the URL, which may hold a password.
    pub fn read(
        url: Option<&str>,
        stream: Option<&str>,
        replicas: Option<usize>,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(url) = url else {
            return Ok(None);
        };
        let servers = servers(url).ok_or(ConfigError::Value {
            setting: "queue",
            message: "has to be servers with commas between, as in nats://a,b,c, or tls:// for encryption".into(),
        })?;
        let stream = stream.unwrap_or(STREAM).to_owned();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if stream.is_empty() || stream.len() > NAME_CHARS || !stream.chars().all(is_name) {
            return Err(ConfigError::Value {
                setting: "queue_stream",
                message: format!(
                    "has to be up to {NAME_CHARS} letters, digits, underscores and hyphens"
                ),
            });
        }
        let replicas = replicas.unwrap_or(servers.len().min(MOST_REPLICAS));
        if !(1..=ALLOWED).contains(&replicas) {
            return Err(ConfigError::Value {
                setting: "queue_replicas",
                message: format!("has to be from 1 to {ALLOWED}"),
            });
        }
        Ok(Some(Self {
            servers,
            stream,
            replicas,
        }))
    }

    /// Hosts and ports, for people.
    pub(crate) fn places(&self) -> String {
        let place = |url: &Url| {
            let host = url.host_str().unwrap_or_default();
            format!("{host}:{}", url.port().unwrap_or(PORT))
        };
        let places: Vec<String> = self.servers.iter().map(place).collect();
        places.join(", ")
    }
}

/// All of them as URLs; `None` where one is none.
fn servers(text: &str) -> Option<Vec<Url>> {
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(scheme, "nats" | "tls") {
        return None;
    }
    // The secret part belongs to all of them.
    let (secret, hosts) = match rest.rsplit_once('@') {
        Some((secret, hosts)) => (format!("{secret}@"), hosts),
        None => (String::new(), rest),
    };
    hosts
        .split(',')
        .map(|host| {
            let host = host.trim();
            let host = host
                .strip_prefix("nats://")
                .or_else(|| host.strip_prefix("tls://"))
                .unwrap_or(host);
            let url: Url = format!("{scheme}://{secret}{host}").parse().ok()?;
            let is_place = url.host_str().is_some_and(|host| !host.is_empty())
                && matches!(url.path(), "" | "/")
                && url.query().is_none()
                && url.fragment().is_none();
            is_place.then_some(url)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Option<Queue> {
        Queue::read(Some(url), None, None).ok().flatten()
    }

    #[test]
    fn servers_stand_with_commas_between() {
        let queue = read("nats://a,b:4223, nats://c").unwrap();
        assert_eq!(queue.places(), "a:4222, b:4223, c:4222");
        assert_eq!((queue.stream.as_str(), queue.replicas), ("waymark", 3));
        let queue = read("tls://me:se%2Ccret@a,b").unwrap();
        assert_eq!(queue.replicas, 2);
        for server in &queue.servers {
            assert_eq!(server.scheme(), "tls");
            assert_eq!(server.password(), Some("se%2Ccret"));
        }
        assert!(!format!("{queue:?}").contains("cret"));
        assert_eq!(Queue::read(None, None, None).unwrap(), None);
    }

    #[test]
    fn what_is_no_place_is_refused_without_repeating_it() {
        for bad in [
            "",
            "a,b",
            "nats://",
            "nats://a,,b",
            "http://secret@a",
            "nats://secret@a/x",
            "nats://a?secret",
        ] {
            let error = Queue::read(Some(bad), None, None).unwrap_err();
            let text = error.to_string();
            assert!(
                text.starts_with("queue: ") && !text.contains("secret"),
                "{text}"
            );
        }
    }

    #[test]
    fn names_and_copies_are_checked() {
        let read = |stream, replicas| Queue::read(Some("nats://a"), stream, replicas);
        assert_eq!(read(Some("shop-2"), Some(3)).unwrap().unwrap().replicas, 3);
        for bad in ["", "a.b", "a b", "ä"] {
            let error = read(Some(bad), None).unwrap_err().to_string();
            assert!(error.starts_with("queue_stream: "), "{error}");
        }
        for bad in [0, 6] {
            let error = read(None, Some(bad)).unwrap_err().to_string();
            assert!(error.starts_with("queue_replicas: "), "{error}");
        }
    }
}
