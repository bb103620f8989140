//! The list of software in a release, as CycloneDX 1.5: what was compiled into the program and what browsers are served.
//!
//! Reads what cargo and npm have resolved. The same tree gives the same list: it has no time and no random number. What only
//! builds, tests or checks is not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::npm_bundle;
use crate::step::Steps;

/// What is released, and for which target each part of it is compiled; nothing for the machine's own.
const PARTS: [(&str, Option<&str>); 3] = [
    ("waymark-collector", None),
    ("waymark-sdk", Some("wasm32-unknown-unknown")),
    ("waymark-inspector", Some("wasm32-unknown-unknown")),
];

/// One thing of the list, and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// As CycloneDX has it; `bom-ref` is its key.
    pub body: Value,
    /// The keys of others.
    pub rests_on: BTreeSet<String>,
}

/// Components by key.
pub type Components = BTreeMap<String, Component>;

/// Writes the list into `folder`, and says where it is.
pub fn write(steps: &Steps, folder: &Path) -> Result<PathBuf> {
    let root = steps.root();
    steps.time("list of software", || {
        let lock: toml::Value = toml::from_str(&fs::read_to_string(root.join("Cargo.lock"))?)?;
        let sums = checksums(&lock);
        let mut components = Components::new();
        let mut roots = BTreeSet::new();
        let mut version = String::new();
        for (part, target) in PARTS {
            let metadata = metadata(root, target)?;
            let of_part = crates(&metadata, part, &sums)?;
            if target.is_none() {
                version = version_of(&metadata, part)?;
            }
            roots.insert(of_part.0);
            components.extend(of_part.1);
        }
        let dashboard = root.join("collector/dashboard");
        let bundled = npm_bundle::components(&dashboard)?;
        roots.extend(bundled.0);
        components.extend(bundled.1);
        let text = serde_json::to_string_pretty(&bill(&version, &roots, &components))?;
        fs::create_dir_all(folder)?;
        let file = folder.join(format!("waymark-{version}.cdx.json"));
        fs::write(&file, text + "\n")?;
        Ok(file)
    })
}

/// The version of the collector.
pub fn version(root: &Path) -> Result<String> {
    version_of(&metadata(root, None)?, PARTS[0].0)
}

fn metadata(root: &Path, target: Option<&str>) -> Result<Value> {
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(root)
        .args(["metadata", "--format-version", "1", "--locked"]);
    let host = host()?;
    cargo.args(["--filter-platform", target.unwrap_or(&host)]);
    let output = cargo.output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!(
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The target that rustc compiles for by itself.
pub fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .context("rustc does not say its host")
}

fn version_of(metadata: &Value, name: &str) -> Result<String> {
    let packages = metadata["packages"].as_array().context("packages")?;
    let own = packages.iter().find(|package| package["name"] == name);
    let version = own.and_then(|package| package["version"].as_str());
    Ok(version
        .with_context(|| format!("no package {name}"))?
        .to_owned())
}

/// SHA-256 of what a registry gave out, by name and version.
fn checksums(lock: &toml::Value) -> BTreeMap<(String, String), String> {
    let text = |package: &toml::Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    let packages = lock.get("package").and_then(toml::Value::as_array);
    packages
        .into_iter()
        .flatten()
        .filter_map(|package| {
            let key = (text(package, "name")?, text(package, "version")?);
            Some((key, text(package, "checksum")?))
        })
        .collect()
}

/// The key of a part, and with it all that is compiled into it.
fn crates(
    metadata: &Value,
    part: &str,
    sums: &BTreeMap<(String, String), String>,
) -> Result<(String, Components)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<String, Value> = list(&metadata["packages"])
        .into_iter()
        .filter_map(|package| Some((package["id"].as_str()?.to_owned(), package)))
        .collect();
    let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"])
        .into_iter()
        .filter_map(|node| Some((node["id"].as_str()?.to_owned(), node)))
        .collect();
    let (first, _) = packages
        .iter()
        .find(|(_, package)| package["name"] == part)
        .with_context(|| format!("no package {part}"))?;
    let mut components = Components::new();
    let mut waiting = vec![first.clone()];
    let mut seen = BTreeSet::from([first.clone()]);
    while let Some(id) = waiting.pop() {
        let package = packages
            .get(&id)
            .with_context(|| format!("no package {id}"))?;
        let mut rests_on = BTreeSet::new();
        for dependency in list(&nodes.get(&id).unwrap_or(&Value::Null)["deps"]) {
            // Compiled in, not for building or testing it.
            let is_normal = list(&dependency["dep_kinds"])
                .iter()
                .any(|kind| kind["kind"].is_null());
            let Some(other) = dependency["pkg"].as_str().filter(|_| is_normal) else {
                continue;
            };
            let of_other = packages
                .get(other)
                .with_context(|| format!("no package {other}"))?;
            rests_on.insert(key(of_other));
            if seen.insert(other.to_owned()) {
                waiting.push(other.to_owned());
            }
        }
        if let Some((key, component)) = carried(package) {
            rests_on.insert(key.clone());
            components.insert(key, component);
        }
        let body = of_crate(package, sums);
        components.insert(key(package), Component { body, rests_on });
    }
    Ok((key(&packages[first]), components))
}

fn text<'v>(package: &'v Value, name: &str) -> &'v str {
    package[name].as_str().unwrap_or_default()
}

fn key(package: &Value) -> String {
    format!(
        "pkg:cargo/{}@{}",
        text(package, "name"),
        text(package, "version")
    )
}

fn of_crate(package: &Value, sums: &BTreeMap<(String, String), String>) -> Value {
    let (name, version) = (text(package, "name"), text(package, "version"));
    let key = key(package);
    let mut body = json!({"type": "library", "bom-ref": key, "name": name, "version": version});
    // What is of this tree is in no registry.
    if !package["source"].is_null() {
        body["purl"] = json!(key);
    }
    if let Some(licence) = package["license"].as_str() {
        // The way in which old packages write it.
        body["licenses"] = json!([{"expression": licence.replace('/', " OR ")}]);
    }
    if let Some(sum) = sums.get(&(name.to_owned(), version.to_owned())) {
        body["hashes"] = json!([{"alg": "SHA-256", "content": sum}]);
    }
    body
}

/// SQLite is C within a crate, and is what advisories are about.
fn carried(package: &Value) -> Option<(String, Component)> {
    if package["name"] != "libsqlite3-sys" {
        return None;
    }
    let folder = Path::new(text(package, "manifest_path")).parent()?;
    let header = fs::read_to_string(folder.join("sqlite3/sqlite3.h")).ok()?;
    let line = header
        .lines()
        .find(|line| line.starts_with("#define SQLITE_VERSION "))?;
    let version = line.split('"').nth(1)?;
    let key = format!("pkg:generic/sqlite@{version}");
    let body = json!({
        "type": "library", "bom-ref": key, "name": "sqlite", "version": version, "purl": key,
        "licenses": [{"license": {"id": "blessing"}}],
    });
    let rests_on = BTreeSet::new();
    Some((key, Component { body, rests_on }))
}

/// The whole list.
fn bill(version: &str, roots: &BTreeSet<String>, components: &Components) -> Value {
    let own = format!("pkg:generic/waymark@{version}");
    let bodies: Vec<&Value> = components
        .values()
        .map(|component| &component.body)
        .collect();
    let mut dependencies = vec![json!({"ref": own, "dependsOn": roots})];
    dependencies.extend(
        components
            .iter()
            .map(|(key, component)| json!({"ref": key, "dependsOn": component.rests_on})),
    );
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": own, "name": "waymark", "version": version,
            "licenses": [{"license": {"id": "Apache-2.0"}}],
        }},
        "components": bodies,
        "dependencies": dependencies,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> Value {
        let package = |name: &str, licence: &str| {
            let source = (name != "waymark-collector").then_some("registry");
            json!({"id": name, "name": name, "version": "1.0.0", "license": licence, "source": source})
        };
        let needs =
            |name: &str, kind: Option<&str>| json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
        json!({
            "packages": [package("waymark-collector", "Apache-2.0"), package("a", "MIT/Apache-2.0"), package("b", "MIT"),
                package("tester", "MIT"), package("builder", "MIT"), package("stranger", "MIT")],
            "resolve": {"nodes": [
                {"id": "waymark-collector", "deps": [needs("a", None), needs("tester", Some("dev")), needs("builder", Some("build"))]},
                {"id": "a", "deps": [needs("b", None)]}, {"id": "b", "deps": [needs("a", None)]},
            ]},
        })
    }

    #[test]
    fn what_is_compiled_in_is_listed_and_nothing_else() {
        let sums = BTreeMap::from([(("a".to_owned(), "1.0.0".to_owned()), "ab".to_owned())]);
        let (root, components) = crates(&world(), "waymark-collector", &sums).unwrap();
        let keys: Vec<&str> = components.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            [
                "pkg:cargo/a@1.0.0",
                "pkg:cargo/b@1.0.0",
                "pkg:cargo/waymark-collector@1.0.0"
            ]
        );
        let a = &components["pkg:cargo/a@1.0.0"].body;
        assert_eq!(a["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(a["hashes"][0]["content"], "ab");
        assert!(components[&root].body["purl"].is_null());
        let all = bill("1.0.0", &BTreeSet::from([root]), &components);
        assert_eq!(
            all["dependencies"][1]["dependsOn"],
            json!(["pkg:cargo/b@1.0.0"])
        );
    }

    #[test]
    fn a_part_that_is_not_there_is_an_error() {
        assert!(crates(&world(), "no-such", &BTreeMap::new()).is_err());
    }
}
