//! The collector as a process of its own: the shipped binary, with the settings it has when nobody says anything, but
//! for those that a case is about.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// How long the collector may take from start to ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A running collector. Dropping it ends it in order.
#[derive(Debug)]
#[must_use = "the collector ends when this is dropped"]
pub struct Server {
    child: Child,
    address: SocketAddr,
}

/// What of a log line is looked at.
#[derive(Deserialize)]
struct Line {
    message: Option<String>,
    address: Option<SocketAddr>,
}

impl Server {
    /// Starts `binary` with these flags on a free port of loopback and waits until it listens. Its warnings go to the standard error.
    ///
    /// # Errors
    /// A binary that cannot be started, or that ends or says nothing for a minute.
    pub fn start(binary: &Path, database_url: &str, settings: &[&str]) -> Result<Self> {
        let mut command = Command::new(binary);
        for (name, _) in std::env::vars_os() {
            // Settings of another collector would change the figures without a word.
            if name.to_string_lossy().starts_with("WAYMARK_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(["--database-url", database_url])
            .args(["--listen", "127.0.0.1:0", "--log-format", "json"])
            // Counted as always, and never reached: all of the load comes from one address and goes to one site.
            .args(["--client-rate", "1000000", "--key-rate", "1000000"])
            .args(settings)
            .arg("serve")
            .stdin(Stdio::null())
            // The set-up link, which nobody needs.
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let log = child.stderr.take().context("the log is a pipe")?;
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                match started(&line) {
                    Some(address) => {
                        // Nobody waits for it any more when the start took too long.
                        let _ = tell.send(address);
                    }
                    None if line.contains(r#""level":"INFO""#) => {}
                    None => eprintln!("    {line}"),
                }
            }
        });
        // From here on an early return ends the process.
        let mut server = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        server.address = wait_until_ready(&told)?;
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it in order and says whether it did so without a fault.
    ///
    /// # Errors
    /// An end with another status than 0.
    pub fn stop(mut self) -> Result<()> {
        let status = end(&mut self.child)?;
        ensure!(status.success(), "the collector ended with {status}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = end(&mut self.child) {
            eprintln!("could not end the collector: {error:#}");
        }
    }
}

fn wait_until_ready(told: &Receiver<SocketAddr>) -> Result<SocketAddr> {
    match told.recv_timeout(READY_WITHIN) {
        Ok(address) => Ok(address),
        Err(RecvTimeoutError::Timeout) => bail!("the collector was not ready in time"),
        Err(RecvTimeoutError::Disconnected) => bail!("the collector ended before it was ready"),
    }
}

/// The address, if this is the line that tells it.
fn started(line: &str) -> Option<SocketAddr> {
    let line: Line = serde_json::from_str(line).ok()?;
    line.address
        .filter(|_| line.message.as_deref() == Some("collector started"))
}

fn end(child: &mut Child) -> Result<std::process::ExitStatus> {
    if let Some(status) = child.try_wait()? {
        return Ok(status);
    }
    Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()?;
    Ok(child.wait()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_line_that_tells_it() {
        let line = r#"{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","message":"collector started","address":"127.0.0.1:4711","database":"SQLite","version":"0.1.0"}"#;
        assert_eq!(
            started(line),
            Some(SocketAddr::from(([127, 0, 0, 1], 4711)))
        );
        assert_eq!(started(&line.replace("collector started", "hello")), None);
        assert_eq!(started("no JSON"), None);
    }

    #[test]
    fn a_program_that_is_no_collector_is_an_error() {
        let error = Server::start(Path::new("/bin/true"), "sqlite:x", &[]).unwrap_err();
        assert!(error.to_string().contains("ended before"), "{error}");
    }
}
