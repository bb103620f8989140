//! The collector's log, kept so that a test can say what must not be in it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::Dispatch;
use tracing_subscriber::EnvFilter;

/// What one collector logged so far. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Where a collector's threads send their log lines: the collector's own from debug on, others' from warn on.
    pub(crate) fn dispatch(&self) -> Dispatch {
        let log = self.clone();
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("warn,waymark_collector=debug"))
            .with_ansi(false)
            .without_time()
            .with_writer(move || log.clone())
            .finish()
            .into()
    }

    /// Everything.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    /// Fails if there is a warning or an error.
    pub(crate) fn assert_quiet(&self) {
        let text = self.text();
        let loud: Vec<&str> = text
            .lines()
            .filter(|line| {
                let line = line.trim_start();
                line.starts_with("WARN") || line.starts_with("ERROR")
            })
            .collect();
        assert!(
            loud.is_empty(),
            "the collector logged:\n{}",
            loud.join("\n")
        );
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
