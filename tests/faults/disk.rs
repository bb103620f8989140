//! The disk under SQLite is full, and has room again; or it does not take what is flushed.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::{Connection, SqliteConnection};

use super::load::{Load, stored};
use crate::support::database::Database;
use crate::support::{eventually, required};

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
    let status = collector.ended(Duration::from_secs(30)).await;
    assert!(status.success(), "{status}");
}

/// The signal by which a process ends itself.
const ABORTED: i32 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_disk_did_not_take_is_copied_again() {
    the_disk_does_not_take_what_is_copied(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_disk_did_not_take_is_copied_again_where_somebody_else_reads() {
    the_disk_does_not_take_what_is_copied(true).await;
}

async fn the_disk_does_not_take_what_is_copied(beside: bool) {
    let folder = tempfile::tempdir().unwrap();
    let mut collector = super::collector(Database::sqlite_in(folder.path()), &[]).await;
    let mut load = Load::begin(&collector);
    load.acknowledges(200).await;
    // As a backup has it open: how far the log has been copied outlives the collector then.
    let mut reading = None;
    if beside {
        let url = collector.database().looking();
        let reader = reading.insert(SqliteConnection::connect(url).await.unwrap());
        sqlx::query("SELECT COUNT(*) FROM sites")
            .fetch_one(reader)
            .await
            .unwrap();
    }
    let file = folder.path().join("waymark.db");
    let mut tracer = fail_a_flush(collector.id(), &file).await;
    // What a disk would have for sure: all that was flushed until now.
    let flushed = folder.path().join("flushed");
    put(&file, &flushed);

    let status = collector.ended(Duration::from_secs(120)).await;
    assert_eq!(status.signal(), Some(ABORTED), "{status}");
    tracer.wait().unwrap();
    let said = "the disk did not take what was copied into the database";
    assert!(collector.log().contains(said), "{}", collector.log());
    put(&flushed, &file);
    collector.up().await;
    let acknowledged = load.known();
    let stored = stored(collector.database()).await;
    assert_eq!(acknowledged.difference(&stored).count(), 0);
    load.acknowledges(200).await;
    load.finish().await.check(collector.database()).await;
    drop(reading);
}

/// Puts the bytes of one file into another, by a process of its own: in this one, closing a database would end the locks on it.
fn put(from: &Path, to: &Path) {
    let status = Command::new("cp").arg(from).arg(to).status().unwrap();
    assert!(status.success());
}

/// Has a process's next flush of a file fail, once, as a system says it of a disk. What does it ends with that process.
async fn fail_a_flush(process: u32, file: &Path) -> Child {
    let tracer = as_root(&required("WAYMARK_TEST_STRACE"))
        .args(["-f", "-qq", "-e", "trace=fsync,fdatasync"])
        .args(["-e", "inject=fsync,fdatasync:error=EIO:when=1", "-P"])
        .arg(file)
        .args(["-p", &process.to_string()])
        .stdout(Stdio::null())
        .spawn()
        .expect("strace starts");
    let threads = format!("/proc/{process}/task");
    let is_traced = |thread: std::fs::DirEntry| {
        let status = std::fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        !status.contains("TracerPid:\t0\n")
    };
    eventually("every thread is traced", || async {
        std::fs::read_dir(&threads)
            .unwrap()
            .all(|thread| is_traced(thread.unwrap()))
    })
    .await;
    tracer
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
