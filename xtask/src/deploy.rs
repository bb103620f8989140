//! What `deploy/` holds, held against the schemas and linters of those who read it. Nothing is started here: the tests from
//! the outside run collectors behind the proxies, with the files as they are.
//!
//! Owns which tool reads which file. The list of software that a release carries is held against its schema too.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::Steps;
use crate::{sbom, tools};

/// The forms of the Kubernetes manifests.
const FORMS: [&str; 3] = ["postgres", "sqlite", "queue"];
/// The release of Kubernetes whose schemas the manifests are held against.
const KUBERNETES: &str = "1.34";
/// systemd's own measure of what a service may do that it need not: tenths, from 0 to 100.
const EXPOSURE: &str = "15";

/// Checks every file below `deploy/` that a program reads.
pub fn check(steps: &Steps) -> Result<()> {
    let root = steps.root();
    let folder = root.join("deploy");
    let bin = tools::deploy_python(steps)?;
    let tool = |name: &str| Command::new(bin.join(name));
    steps.run(
        "yamllint",
        tool("yamllint")
            .args(["--strict", "--config-file", "deploy/yamllint.yaml"])
            .arg(&folder),
    )?;
    steps.run("hadolint", tool("hadolint").arg("deploy/Dockerfile"))?;
    steps.run(
        "compose files by the schema",
        tool("check-jsonschema")
            .args(["--builtin-schema", "vendor.compose-spec"])
            .args(["deploy/compose.yaml", "deploy/compose.sqlite.yaml"]),
    )?;
    steps.run(
        "HAProxy's file",
        Command::new(tools::haproxy(steps)?)
            .args(["-c", "-q", "-f"])
            .arg(folder.join("patroni/haproxy.cfg")),
    )?;
    kubernetes(steps, &bin)?;
    systemd(steps, &folder.join("systemd"))?;
    let bill = sbom::write(steps, &root.join("target/xtask"))?;
    steps.run(
        "list of software by the schema",
        tool("python").arg("xtask/bill.py").arg(&bill),
    )?;
    Ok(())
}

/// Each form is put together as `kubectl apply -k` does it, and its objects are held against the schemas.
fn kubernetes(steps: &Steps, bin: &Path) -> Result<()> {
    let made = fresh(steps, "kubernetes")?;
    for form in FORMS {
        let text = steps.run(
            &format!("kustomize {form}"),
            Command::new(bin.join("kubectl"))
                .arg("kustomize")
                .arg(format!("deploy/kubernetes/{form}")),
        )?;
        fs::write(made.join(format!("{form}.yaml")), text)?;
    }
    steps.run(
        "Kubernetes manifests by the schema",
        Command::new(bin.join("kubernetes-validate"))
            .args(["--strict", "--kubernetes-version", KUBERNETES])
            .args(FORMS.map(|form| made.join(format!("{form}.yaml")))),
    )?;
    Ok(())
}

/// systemd reads the units, which name a program that is here to be looked at and not to be run.
fn systemd(steps: &Steps, folder: &Path) -> Result<()> {
    const PROGRAM: &str = "/usr/local/bin/collector";
    let analyze = tools::systemd_analyze(steps)?;
    let made = fresh(steps, "systemd")?;
    let mut units: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|end| end != "service") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        if !text.contains(&format!("ExecStart={PROGRAM} ")) {
            bail!("{} does not start {PROGRAM}", path.display());
        }
        let copy = made.join(path.file_name().context("a file has a name")?);
        fs::write(&copy, text.replace(PROGRAM, "/bin/true"))?;
        units.push(copy);
    }
    units.sort();
    steps.run(
        "systemd units",
        Command::new(&analyze)
            .args(["verify", "--man=no", "--recursive-errors=no"])
            .args(&units),
    )?;
    steps.run(
        "what the units may do",
        Command::new(&analyze)
            .args(["security", "--offline=true", "--no-pager"])
            .arg(format!("--threshold={EXPOSURE}"))
            .args(&units),
    )?;
    Ok(())
}

/// An empty folder for what is made on the way.
fn fresh(steps: &Steps, name: &str) -> Result<PathBuf> {
    let folder = steps.root().join("target/xtask").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
