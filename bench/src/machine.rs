//! The machine that figures belong to. What it does not tell is null.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// Processor time is told in hundredths of a second (`USER_HZ`, the same on every Linux that Rust has a target for).
const TICK: Duration = Duration::from_millis(10);

/// The machine and what was built on it.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    cores: Option<usize>,
    memory_mib: Option<u64>,
    processor: Option<String>,
    kernel: Option<String>,
    rustc: Option<String>,
    commit: Option<String>,
    /// Whether the tree held changes that no commit has.
    uncommitted_changes: Option<bool>,
}

impl Machine {
    /// This machine, and the state of the working tree at `root`.
    pub fn look(root: &Path) -> Self {
        let git =
            |arguments: &[&str]| output(Command::new("git").arg("-C").arg(root).args(arguments));
        Self {
            cores: std::thread::available_parallelism().ok().map(usize::from),
            memory_mib: field("/proc/meminfo", "MemTotal")
                .and_then(|text| text.strip_suffix(" kB")?.parse::<u64>().ok())
                .map(|kib| kib / 1024),
            processor: field("/proc/cpuinfo", "model name"),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .ok()
                .map(|text| text.trim().to_owned()),
            rustc: output(Command::new("rustc").arg("--version")),
            commit: git(&["rev-parse", "HEAD"]),
            uncommitted_changes: git(&["status", "--porcelain"]).map(|text| !text.is_empty()),
        }
    }
}

/// Processor time that a process has taken, its ended threads included.
pub fn processor_time(process: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in parentheses and may hold anything; user and system time are the 12th and 13th after it.
    let (_, after) = stat.rsplit_once(") ")?;
    let mut fields = after.split(' ').skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * user.checked_add(system)?)
}

/// The clock, in milliseconds since the Unix epoch.
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|time| i64::try_from(time.as_millis()).ok())
        .unwrap_or(0)
}

/// The first value after `name` and a colon in a file of such lines.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_processor_time() {
        let own = || processor_time(std::process::id()).unwrap();
        let before = own();
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while own() < before + 3 * TICK {
            assert!(std::time::Instant::now() < deadline);
        }
        assert_eq!(processor_time(u32::MAX), None);
    }
}
