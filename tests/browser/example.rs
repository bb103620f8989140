//! An example from `examples/`, as a user makes it their own: copied, the packed package installed into it by its name, built,
//! served by what its framework serves with.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::site::Address;
use crate::support::collector::KEY;
use crate::support::{eventually, required};

/// What a developer's own use of an example leaves in it.
const LEFTOVERS: [&str; 3] = ["node_modules", "dist", ".next"];

/// A copy of an example, with all that it needs to be built.
pub struct Example {
    folder: TempDir,
    /// The settings that it reads from its environment.
    environment: Vec<(String, String)>,
}

/// An example that is being served. Ended when it is dropped.
pub struct Served {
    server: Child,
    log: PathBuf,
    _example: Example,
}

impl Example {
    /// The example `name` whose pages send to `collector`.
    pub async fn install(name: &str, collector: &str) -> Self {
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples");
        let frameworks = PathBuf::from(required("WAYMARK_TEST_FRAMEWORKS"));
        let folder = TempDir::with_prefix_in("copy-", &frameworks).expect("a folder for the copy");
        copy(&source.join(name), folder.path());
        // As links: they are hundreds of megabytes, and nobody changes them.
        let modules = folder.path().join("node_modules");
        let linked = Command::new("cp")
            .arg("-al")
            .arg(frameworks.join(name).join("node_modules"))
            .arg(&modules)
            .status()
            .await
            .expect("cp starts");
        assert!(linked.success(), "the frameworks of {name}");
        // The one file that npm writes into, and so into what it is a link to; without it npm looks at the folders.
        fs::remove_file(modules.join(".package-lock.json")).expect("npm's own list");

        let prefix = if name == "next" {
            "NEXT_PUBLIC_"
        } else {
            "VITE_"
        };
        let example = Self {
            folder,
            environment: [
                (format!("{prefix}WAYMARK_URL"), collector.to_owned()),
                (format!("{prefix}WAYMARK_KEY"), KEY.to_owned()),
                ("NEXT_TELEMETRY_DISABLED".to_owned(), "1".to_owned()),
            ]
            .into(),
        };
        let package = required("WAYMARK_TEST_PACKAGE");
        example
            .npm(&["install", "--no-audit", "--no-fund", &package])
            .await;
        example
    }

    /// A file of it.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).expect("a file of the example")
    }

    /// Puts `text` where a file of it is.
    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.folder.path().join(path), text).expect("a file of the example");
    }

    /// Builds it as its own script does.
    pub async fn build(&self) {
        self.npm(&["run", "build"]).await;
    }

    /// Serves it with the program `server` of its own, on the port of `address`, and waits until it answers.
    pub async fn serve(self, address: Address, server: &[&str]) -> Served {
        let [program, arguments @ ..] = server else {
            panic!("a program that serves");
        };
        let url = address.origin();
        let log = self.folder.path().join("server.log");
        let output = File::create(&log).expect("a log");
        let server = self
            .command(&format!("node_modules/.bin/{program}"))
            .args(arguments)
            .args(["--port", &address.into_port().to_string()])
            .stdout(output.try_clone().expect("the log"))
            .stderr(output)
            .process_group(0)
            .spawn()
            .expect("the server starts");
        let served = Served {
            server,
            log,
            _example: self,
        };
        eventually("the example is served", || async {
            reqwest::get(&url)
                .await
                .is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        served
    }

    async fn npm(&self, arguments: &[&str]) {
        let output = self
            .command("npm")
            .args(arguments)
            .output()
            .await
            .expect("npm starts");
        assert!(
            output.status.success(),
            "npm {arguments:?}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

impl Served {
    /// What the server has printed so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("the server's log")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It leads a process group of its own, and its workers are in it.
        if let Some(id) = self.server.id() {
            std::process::Command::new("kill")
                .args(["-KILL", "--", &format!("-{id}")])
                .status()
                .ok();
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the example") {
        let entry = entry.expect("an entry of the example");
        let name = entry.file_name();
        if LEFTOVERS.iter().any(|leftover| name == *leftover) {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type().expect("its kind").is_dir() {
            fs::create_dir(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file");
        }
    }
}
