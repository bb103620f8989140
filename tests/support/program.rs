//! The collector's program, as an operator calls it.

use std::process::{Output, Stdio};

use tokio::process::Command;

const VARIABLE: &str = "WAYMARK_TEST_COLLECTOR";

/// The program with arguments, on a database.
pub(crate) fn program(database_url: &str, arguments: &[&str]) -> Command {
    let path = super::setting(VARIABLE).unwrap_or_else(|| {
        panic!("set {VARIABLE} to the collector's program; `cargo xtask test` builds it")
    });
    let mut command = Command::new(path);
    command
        .args(["--database-url", database_url])
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// What it wrote on the way to its end.
pub(crate) struct Printed {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the program to its end.
pub(crate) async fn run(database_url: &str, arguments: &[&str]) -> Printed {
    let Output {
        status,
        stdout,
        stderr,
    } = program(database_url, arguments).output().await.unwrap();
    Printed {
        code: status.code().unwrap(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// Runs it to its end, which has to be a good one, and gives what it printed.
pub(crate) async fn good(database_url: &str, arguments: &[&str]) -> String {
    let printed = run(database_url, arguments).await;
    assert_eq!(
        printed.code, 0,
        "{arguments:?}: {}{}",
        printed.out, printed.err
    );
    printed.out
}
