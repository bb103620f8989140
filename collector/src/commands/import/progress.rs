//! How far an import, or a move, has come: a bar on a terminal, else a line now and then.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::importing::Extent;

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// Tells of it on the standard error.
pub(in crate::commands) struct Progress {
    bar: Option<ProgressBar>,
    total: Option<Extent>,
    began: Instant,
    told: Instant,
}

impl Progress {
    /// Of so much, if that is known.
    pub(in crate::commands) fn new(total: Option<Extent>) -> Self {
        let length = match total {
            Some(Extent::Bytes(length) | Extent::Rows(length)) => Some(length),
            None => None,
        };
        let bar = std::io::stderr().is_terminal().then(|| {
            let template = match length {
                Some(_) => "{bar:30} {percent:>3} %  {msg}",
                None => "{spinner}  {msg}",
            };
            let style = ProgressStyle::with_template(template);
            let bar = match length {
                Some(length) => ProgressBar::new(length),
                None => ProgressBar::new_spinner(),
            };
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self {
            bar,
            total,
            began: Instant::now(),
            told: Instant::now(),
        }
    }

    /// So many rows are done, up to so many bytes.
    pub(in crate::commands) fn at(&mut self, rows: u64, bytes: u64) {
        let line = sentence(rows, bytes, self.total, self.began.elapsed());
        if let Some(bar) = &self.bar {
            bar.set_position(match self.total {
                Some(Extent::Rows(_)) => rows,
                _ => bytes,
            });
            bar.set_message(line);
        } else if self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            say(&line);
        }
    }

    /// Says something beside.
    pub(in crate::commands) fn note(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(line)),
            None => say(line),
        }
    }

    /// Takes the bar away.
    pub(in crate::commands) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn say(line: &str) {
    // Who does not listen is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// How many rows, how fast, and how long it will still take.
fn sentence(rows: u64, bytes: u64, total: Option<Extent>, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64().max(0.001);
    let rate = rows as f64 / seconds;
    let (done, all) = match total {
        Some(Extent::Bytes(all)) => (bytes, all),
        Some(Extent::Rows(all)) => (rows, all),
        None => (0, 0),
    };
    let left = (done > 0 && all >= done).then(|| seconds * (all - done) as f64 / done as f64);
    let left = left.map_or_else(String::new, |left| {
        let left = left.ceil();
        format!(", {:.0}:{:02.0} left", (left / 60.0).floor(), left % 60.0)
    });
    format!("{rows} rows, {rate:.0} a second{left}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_fast_and_how_long() {
        let after = Duration::from_secs(10);
        assert_eq!(
            sentence(50_000, 400, Some(Extent::Bytes(4_000)), after),
            "50000 rows, 5000 a second, 1:30 left"
        );
        assert_eq!(
            sentence(50_000, 0, Some(Extent::Rows(75_000)), after),
            "50000 rows, 5000 a second, 0:05 left"
        );
        assert_eq!(
            sentence(50_000, 9, None, after),
            "50000 rows, 5000 a second"
        );
    }
}
