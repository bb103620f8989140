//! Which npm packages are in what the dashboard's build makes: those that its sources name, and what these rest on.
//!
//! Reads the sources and `package-lock.json`. A bundler takes less than that of some packages, never more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::sbom::{Component, Components};

/// The keys of the packages that the sources in `folder` name, and all that these rest on.
pub fn components(folder: &Path) -> Result<(BTreeSet<String>, Components)> {
    let lock = fs::read_to_string(folder.join("package-lock.json"))?;
    let lock: Value = serde_json::from_str(&lock)?;
    let mut sources = String::new();
    read(&folder.join("src"), &mut sources)?;
    listed(&lock, &sources)
}

/// The text of all sources that are no tests.
fn read(folder: &Path, text: &mut String) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            read(&path, text)?;
        } else if [".ts", ".js", ".svelte"]
            .iter()
            .any(|end| name.ends_with(end))
            && !name.contains(".test.")
        {
            text.push_str(&fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

fn listed(lock: &Value, sources: &str) -> Result<(BTreeSet<String>, Components)> {
    let packages = lock["packages"].as_object().context("packages")?;
    let own = &packages.get("").context("the package itself")?["devDependencies"];
    let named = own.as_object().into_iter().flat_map(|own| own.keys());
    let named = named.filter(|name| {
        let forms = [
            format!("'{name}'"),
            format!("'{name}/"),
            format!("\"{name}\""),
            format!("\"{name}/"),
        ];
        // Svelte's compiler writes the imports of its runtime.
        *name == "svelte" || forms.iter().any(|form| sources.contains(form))
    });
    let mut waiting: Vec<String> = named.map(|name| format!("node_modules/{name}")).collect();
    let mut places: BTreeMap<String, String> = BTreeMap::new();
    let mut roots = BTreeSet::new();
    for place in &waiting {
        roots.insert(key(packages, place)?);
    }
    let mut components = Components::new();
    while let Some(place) = waiting.pop() {
        let own_key = key(packages, &place)?;
        if places.insert(place.clone(), own_key.clone()).is_some() {
            continue;
        }
        let package = &packages[&place];
        let mut rests_on = BTreeSet::new();
        let needs = package["dependencies"].as_object().into_iter();
        for name in needs.flat_map(|needs| needs.keys()) {
            if let Some(found) = find(packages, &place, name) {
                rests_on.insert(key(packages, &found)?);
                waiting.push(found);
            }
        }
        let body = body(package, &place, &own_key);
        components.insert(own_key, Component { body, rests_on });
    }
    Ok((roots, components))
}

/// Where Node finds `name` from `place`: in its own folder, or in one further out.
fn find(packages: &serde_json::Map<String, Value>, place: &str, name: &str) -> Option<String> {
    let mut from = Some(place);
    while let Some(folder) = from {
        let found = format!("{folder}/node_modules/{name}");
        if packages.contains_key(&found) {
            return Some(found);
        }
        from = folder.rsplit_once("/node_modules/").map(|(outer, _)| outer);
    }
    let found = format!("node_modules/{name}");
    packages.contains_key(&found).then_some(found)
}

fn name(place: &str) -> &str {
    place
        .rsplit_once("node_modules/")
        .map_or(place, |(_, name)| name)
}

fn key(packages: &serde_json::Map<String, Value>, place: &str) -> Result<String> {
    let package = packages
        .get(place)
        .with_context(|| format!("no package {place}"))?;
    let version = package["version"].as_str().unwrap_or_default();
    // The scope's sign has a meaning of its own there.
    Ok(format!(
        "pkg:npm/{}@{version}",
        name(place).replace('@', "%40")
    ))
}

fn body(package: &Value, place: &str, key: &str) -> Value {
    let mut body = json!({
        "type": "library", "bom-ref": key, "name": name(place), "version": package["version"], "purl": key,
    });
    if let Some(licence) = package["license"].as_str() {
        body["licenses"] = json!([{"expression": licence}]);
    }
    let sum = package["integrity"]
        .as_str()
        .and_then(|text| text.strip_prefix("sha512-"));
    if let Some(bytes) = sum.and_then(|sum| STANDARD.decode(sum).ok()) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        body["hashes"] = json!([{"alg": "SHA-512", "content": hex}]);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sources_name_and_what_that_rests_on_is_listed() {
        let lock = json!({"packages": {
            "": {"devDependencies": {"charts": "1", "@scope/dates": "1", "bundler": "1", "svelte": "5"}},
            "node_modules/svelte": {"version": "5.0.0", "license": "MIT"},
            "node_modules/bundler": {"version": "9.0.0"},
            "node_modules/charts": {"version": "1.0.0", "dependencies": {"draw": "2"}, "integrity": "sha512-AP8="},
            "node_modules/charts/node_modules/draw": {"version": "2.0.0"},
            "node_modules/draw": {"version": "1.0.0"},
            "node_modules/@scope/dates": {"version": "3.0.0", "dependencies": {"draw": "1"}},
        }});
        let sources =
            "import * as charts from 'charts/core';\nimport { Day } from \"@scope/dates\";";
        let (roots, components) = listed(&lock, sources).unwrap();
        let keys: Vec<&str> = components.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            [
                "pkg:npm/%40scope/dates@3.0.0",
                "pkg:npm/charts@1.0.0",
                "pkg:npm/draw@1.0.0",
                "pkg:npm/draw@2.0.0",
                "pkg:npm/svelte@5.0.0",
            ]
        );
        assert_eq!(roots.len(), 3);
        let charts = &components["pkg:npm/charts@1.0.0"];
        assert_eq!(
            charts.rests_on,
            BTreeSet::from(["pkg:npm/draw@2.0.0".to_owned()])
        );
        assert_eq!(charts.body["hashes"][0]["content"], "00ff");
    }
}
