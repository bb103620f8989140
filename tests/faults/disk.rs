//! The disk under SQLite is full, and has room again.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::load::{Load, stored};
use crate::support::database::Database;

/// Bytes of the disk. The database of a whole run takes a part of it.
const DISK: &str = "64m";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_puts_off_and_loses_nothing() {
    let disk = Disk::mount();
    let database = Database::sqlite_in(disk.path());
    let mut collector = super::collector(database, &[]).await;
    let mut load = Load::begin(&collector);
    for _ in 0..2 {
        load.acknowledges(200).await;
        let ballast = disk.fill();
        load.is_put_off(30).await;
        assert!(collector.is_up(), "{}", collector.log());
        let acknowledged = load.known();
        let stored = stored(collector.database()).await;
        assert_eq!(acknowledged.difference(&stored).count(), 0);
        std::fs::remove_file(ballast).unwrap();
        load.acknowledges(200).await;
    }
    load.finish().await.check(collector.database()).await;
    assert!(collector.is_up(), "{}", collector.log());
    let found = collector.database().texts("PRAGMA integrity_check").await;
    assert_eq!(found, [[Some("ok".to_owned())]]);
    collector.terminate().await;
    let status = collector.ended(std::time::Duration::from_secs(30)).await;
    assert!(status.success(), "{status}");
}

/// A small file system in memory. Dropping it unmounts it.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={DISK}"), "waymark-test"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        assert!(
            mounted,
            "a small disk cannot be mounted: this test needs root"
        );
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room there is left.
    fn fill(&self) -> std::path::PathBuf {
        let path = self.path().join("ballast");
        let mut file = File::create(&path).unwrap();
        for size in [64 * 1024, 4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a connection that a failed test left open would keep it otherwise.
        let _ = as_root("umount").arg("-l").arg(self.path()).status();
    }
}

/// A program that only root may run.
fn as_root(program: &str) -> Command {
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = if is_root {
        Command::new(program)
    } else {
        let mut command = Command::new("sudo");
        command.args(["-n", program]);
        command
    };
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}
