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
    let fields = stat(&format!("/proc/{process}/stat"))?;
    Some(TICK * fields.times[0].checked_add(fields.times[1])?)
}

/// Processor time of a process and its children, ended ones included.
pub fn family_time(process: u32) -> Option<Duration> {
    let own = stat(&format!("/proc/{process}/stat"))?;
    let mut ticks: u32 = own.times.iter().sum();
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        if let Some(child) = stat(&format!("{}/stat", entry.path().display()))
            && child.parent == process
        {
            ticks += child.times[0] + child.times[1];
        }
    }
    Some(TICK * ticks)
}

/// Processor time of those threads of a process whose name begins with `name`.
pub fn thread_time(process: u32, name: &str) -> Option<Duration> {
    let mut ticks = 0;
    for entry in fs::read_dir(format!("/proc/{process}/task"))
        .ok()?
        .flatten()
    {
        let thread = stat(&format!("{}/stat", entry.path().display()))?;
        if thread.name.starts_with(name) {
            ticks += thread.times[0] + thread.times[1];
        }
    }
    Some(TICK * ticks)
}

/// The parent of a process.
pub fn parent(process: u32) -> Option<u32> {
    Some(stat(&format!("/proc/{process}/stat"))?.parent)
}

/// The most memory that a process has had resident, in bytes.
pub fn peak_memory(process: u32) -> Option<u64> {
    let text = field(&format!("/proc/{process}/status"), "VmHWM")?;
    let kib: u64 = text.strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// What `/proc/…/stat` says, as far as it is needed.
struct Stat {
    name: String,
    parent: u32,
    /// Ticks in user and system, of the process and of its children that have ended.
    times: [u32; 4],
}

fn stat(file: &str) -> Option<Stat> {
    let text = fs::read_to_string(file).ok()?;
    // The name stands in parentheses and may hold anything; the parent is the 2nd after it, the times the 12th to 15th.
    let (before, after) = text.rsplit_once(") ")?;
    let (_, name) = before.split_once('(')?;
    let fields: Vec<&str> = after.split(' ').collect();
    let number = |index: usize| fields.get(index)?.parse::<u32>().ok();
    Some(Stat {
        name: name.to_owned(),
        parent: number(1)?,
        times: [number(11)?, number(12)?, number(13)?, number(14)?],
    })
}

/// Bytes that are free where a folder is.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let text = output(Command::new("df").arg("-Pk").arg(folder))?;
    let kib: u64 = text
        .lines()
        .nth(1)?
        .split_whitespace()
        .nth(3)?
        .parse()
        .ok()?;
    Some(kib * 1024)
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
        let busy = std::thread::Builder::new().name("bench-busy".to_owned());
        let of_busy = || thread_time(std::process::id(), "bench-busy").unwrap();
        assert_eq!(of_busy(), Duration::ZERO);
        let worked = busy.spawn(move || {
            while of_busy() < 2 * TICK {
                assert!(std::time::Instant::now() < deadline);
            }
        });
        worked.unwrap().join().unwrap();
        let family = family_time(parent(std::process::id()).unwrap()).unwrap();
        assert!(family >= own());
        assert!(peak_memory(std::process::id()).unwrap() > 100_000);
    }
}
