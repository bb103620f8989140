//! `cargo xtask release`: what is given out, in `target/release-files`: the program, the list of software in it, an archive
//! with both and what `deploy/` has for it, and the checksums of all.
//!
//! Owns what belongs to a release and what has to be true of it. The program is tried before it is given out: it says its
//! version, has the dashboard and the script in it, and needs no newer glibc than it says.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use sha2::{Digest, Sha256};

use crate::step::Steps;
use crate::{build, sbom};

/// What `cargo xtask release` can be told.
#[derive(Args)]
pub struct ReleaseOptions {
    /// cargo's profile; another one than `dist` is for trying this command
    #[arg(long, default_value = "dist")]
    profile: String,
    /// A target that is installed, such as x86_64-unknown-linux-musl [default: this machine's]
    #[arg(long)]
    target: Option<String>,
    /// The time of the archive's entries, in seconds since 1970 [default: the commit's]
    #[arg(long, env = "SOURCE_DATE_EPOCH", value_name = "SECONDS")]
    time: Option<u64>,
}

/// What a release has beside program and list.
const ALONG: [&str; 4] = ["LICENSE", "CHANGELOG.md", "README.md", "deploy"];

/// Builds and tries the program, and writes everything.
pub fn release(steps: &Steps, options: &ReleaseOptions) -> Result<()> {
    let root = steps.root();
    build::web(steps)?;
    let program = compile(steps, options)?;
    let version = sbom::version(root)?;
    let target = match &options.target {
        Some(target) => target.clone(),
        None => sbom::host()?,
    };
    steps.time("try the program", || try_out(&program, &version))?;
    let needs = needs(steps, &program)?;

    let out = root.join("target/release-files");
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let bill = sbom::write(steps, &out)?;
    fs::copy(&program, out.join("collector"))?;
    let name = format!("waymark-{version}-{target}");
    let time = options.time.unwrap_or_else(|| committed_at(root));
    pack(steps, &out, &name, &bill, (&needs, time))?;
    let sums = checksums(&out)?;
    fs::write(out.join("SHA256SUMS"), &sums)?;
    eprintln!("\n{needs}\n\n{sums}\nin {}", out.display());
    Ok(())
}

fn compile(steps: &Steps, options: &ReleaseOptions) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked", "--package", "waymark-collector"]);
    cargo.args(["--profile", &options.profile]);
    let mut folder = steps.root().join("target");
    if let Some(target) = &options.target {
        cargo.args(["--target", target]);
        folder.push(target);
    }
    steps.run(
        &format!("compile the collector ({})", options.profile),
        &mut cargo,
    )?;
    // The one profile whose folder has another name.
    folder.push(match options.profile.as_str() {
        "dev" => "debug",
        other => other,
    });
    Ok(folder.join("collector"))
}

/// Runs the program where nothing of the tree is.
fn try_out(program: &Path, version: &str) -> Result<()> {
    let said = Command::new(program).arg("--version").output()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    if said.trim() != format!("collector {version}") {
        bail!("the program says {said:?} of itself, and is {version}");
    }
    let folder = std::env::temp_dir().join(format!("waymark-release-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let checked = Command::new(program)
        .args(["check", "--json", "--listen", "127.0.0.1:0"])
        .current_dir(&folder)
        .env_clear()
        .output();
    fs::remove_dir_all(&folder)?;
    let report: serde_json::Value = serde_json::from_slice(&checked?.stdout)?;
    let built_in = report["checks"]
        .as_array()
        .and_then(|checks| checks.iter().find(|check| check["name"] == "program"))
        .context("the program's check says nothing of what is built in")?;
    if built_in["status"] != "ok" {
        bail!("the program is not whole: {}", built_in["message"]);
    }
    Ok(())
}

/// What a system has to have, by the program's own account.
fn needs(steps: &Steps, program: &Path) -> Result<String> {
    let mut readelf = Command::new("readelf");
    readelf
        .args(["--version-info", "--dynamic", "--wide"])
        .arg(program);
    let text = steps.run("what the program needs", &mut readelf)?;
    Ok(asked_for(&text))
}

/// The same as a sentence.
fn asked_for(text: &str) -> String {
    let libraries: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once("Shared library: [")?.1.split(']').next())
        .collect();
    match oldest_glibc(text) {
        Some((major, minor)) => format!(
            "The program needs Linux with glibc {major}.{minor} or later, and of libraries: {}.",
            libraries.join(", ")
        ),
        None => "The program needs Linux and no library.".to_owned(),
    }
}

/// The latest version of glibc that a symbol asks for.
fn oldest_glibc(text: &str) -> Option<(u32, u32)> {
    let words = text.split(|c: char| c.is_whitespace() || "()[]@".contains(c));
    words
        .filter_map(|word| word.strip_prefix("GLIBC_"))
        .filter_map(|version| {
            let mut parts = version.split('.').map(str::parse);
            Some((parts.next()?.ok()?, parts.next()?.ok()?))
        })
        .max()
}

/// The archive. Its entries have the time of the commit and nobody's name, so the same tree gives the same.
fn pack(
    steps: &Steps,
    out: &Path,
    name: &str,
    bill: &Path,
    (needs, time): (&str, u64),
) -> Result<()> {
    let folder = out.join(name);
    fs::create_dir_all(&folder)?;
    fs::copy(out.join("collector"), folder.join("collector"))?;
    fs::copy(
        bill,
        folder.join(bill.file_name().context("a file has a name")?),
    )?;
    fs::write(folder.join("REQUIREMENTS"), format!("{needs}\n"))?;
    let mut along = Command::new("cp");
    along.arg("-R").args(ALONG).arg(&folder);
    steps.run("files of the release", &mut along)?;
    let mut tar = Command::new("tar");
    tar.args([
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--mode=u+rwX,go+rX,go-w",
    ])
    .arg(format!("--mtime=@{time}"))
    .args([
        "--use-compress-program=gzip -9 --no-name",
        "--create",
        "--file",
    ])
    .arg(out.join(format!("{name}.tar.gz")))
    .arg("--directory")
    .arg(out)
    .arg(name);
    steps.run("archive of the release", &mut tar)?;
    fs::remove_dir_all(folder)?;
    Ok(())
}

/// When the tree was committed; 0 where nobody says.
fn committed_at(root: &Path) -> u64 {
    let log = Command::new("git")
        .current_dir(root)
        .args(["log", "-1", "--format=%ct"])
        .output();
    let text = log.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0)
}

/// A line for each file, as `sha256sum --check` reads it.
fn checksums(out: &Path) -> Result<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(out)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.sort();
    let mut sums = String::new();
    for file in files {
        let digest = Sha256::digest(fs::read(&file)?);
        for byte in digest {
            write!(sums, "{byte:02x}")?;
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        writeln!(sums, "  {name}")?;
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_version_that_is_asked_for_is_needed() {
        let text = "0x0010: Name: GLIBC_2.9  Flags: none\n0x0020: Name: GLIBC_2.34\n  3 (GLIBC_2.2.5)\nGLIBC_PRIVATE\n\
            0x01 (NEEDED)  Shared library: [libm.so.6]\n0x01 (NEEDED)  Shared library: [libc.so.6]\n";
        let said = asked_for(text);
        assert!(
            said.contains("glibc 2.34 or later") && said.contains("libm.so.6, libc.so.6"),
            "{said}"
        );
        assert_eq!(oldest_glibc(text), Some((2, 34)));
        assert_eq!(
            oldest_glibc("There is no dynamic section in this file."),
            None
        );
    }
}
