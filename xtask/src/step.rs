//! One named step of a longer command: shows that it runs, keeps its output, and says how long it took.
//!
//! Owns the terminal. Output of a step goes to `target/xtask/<name>.log` and is shown whole only when the step
//! fails, so that a green run reads as a list of steps.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a step that has not ended says that it still runs, where the terminal cannot redraw a line.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Runs steps below one workspace root.
pub struct Steps {
    root: PathBuf,
}

impl Steps {
    /// Steps that run in `root` and log below its `target/`.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// The workspace root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Runs `command` as the step `name` and returns all it printed.
    ///
    /// Fails with the end of the output when the command cannot be started or ends with another status than 0.
    pub fn run(&self, name: &str, command: &mut Command) -> Result<String> {
        let log = self.log_path(name)?;
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command
            .current_dir(
                command
                    .get_current_dir()
                    .map_or_else(|| self.root.clone(), Path::to_path_buf),
            )
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        let program = command.get_program().to_string_lossy().into_owned();
        self.time(name, || {
            let status = command
                .status()
                .with_context(|| format!("cannot start `{program}`; is it installed?"))?;
            let output = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
            if !status.success() {
                let lines: Vec<&str> = output.lines().collect();
                let tail = lines[lines.len().saturating_sub(200)..].join("\n");
                bail!(
                    "{name} failed ({status}); its output, also in {}:\n{tail}",
                    log.display()
                );
            }
            Ok(output)
        })
    }

    /// Runs `work` as the step `name`, showing that it runs and how long it took.
    pub fn time<T>(&self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let (done, ended) = mpsc::channel::<()>();
        let label = name.to_owned();
        let ticker = std::thread::spawn(move || {
            let redraw = io::stderr().is_terminal();
            let every = if redraw {
                Duration::from_secs(1)
            } else {
                HEARTBEAT
            };
            while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                let elapsed = started.elapsed().as_secs();
                if redraw {
                    eprint!("\r  …  {label} {elapsed} s");
                    io::stderr().flush().ok();
                } else {
                    eprintln!("  …  {label} still runs after {elapsed} s");
                }
            }
            if redraw {
                eprint!("\r\x1b[K");
            }
        });
        let result = work();
        drop(done);
        ticker.join().ok();
        let seconds = started.elapsed().as_secs_f64();
        match &result {
            Ok(_) => eprintln!("  ok {name} ({seconds:.1} s)"),
            Err(_) => eprintln!("FAIL {name} ({seconds:.1} s)"),
        }
        result
    }

    fn log_path(&self, name: &str) -> Result<PathBuf> {
        let dir = self.root.join("target/xtask");
        fs::create_dir_all(&dir)?;
        let file: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        Ok(dir.join(format!("{file}.log")))
    }
}
