//! The examples, ready to be tested: the npm package as it would be published, and what each example needs beside it.
//!
//! Owns `target/examples/`. Frameworks are installed there once for each state of an example's lock file; a test links
//! them into a copy of the example, installs the packed package by its name and builds it as a user does.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::npm;
use crate::step::Steps;

const EXAMPLES: [&str; 4] = ["next", "vite-react", "vite-svelte", "vite-vue"];

/// What a test of the examples is told.
pub struct Prepared {
    /// The packed package.
    pub package: PathBuf,
    /// A folder for each example, with `node_modules`.
    pub frameworks: PathBuf,
}

/// Packs the package, which has to be built, and installs what the examples need.
pub fn prepare(steps: &Steps) -> Result<Prepared> {
    let frameworks = steps.root().join("target/examples");
    for example in EXAMPLES {
        let source = steps.root().join("examples").join(example);
        let folder = frameworks.join(example);
        fs::create_dir_all(&folder)?;
        let copy = |file: &str| {
            fs::copy(source.join(file), folder.join(file))
                .with_context(|| format!("cannot copy {file} of the example {example}"))
        };
        copy("package-lock.json")?;
        if npm::is_installed(&folder)? {
            continue;
        }
        copy("package.json")?;
        // The lock file does not know the package, which is not the registry's here.
        steps.run(
            &format!("leave the package out of {example}"),
            Command::new("npm")
                .args(["pkg", "delete", "dependencies.waymark"])
                .current_dir(&folder),
        )?;
        npm::install(steps, &folder)?;
    }
    Ok(Prepared {
        package: pack(steps)?,
        frameworks,
    })
}

/// `npm pack` of `js-wrapper/`, into a folder that then holds nothing else.
fn pack(steps: &Steps) -> Result<PathBuf> {
    let folder = steps.root().join("target/package");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    steps.run(
        "npm pack",
        Command::new("npm")
            .args(["pack", "--silent", "--pack-destination"])
            .arg(&folder)
            .current_dir(steps.root().join("js-wrapper")),
    )?;
    match fs::read_dir(&folder)?.next() {
        Some(entry) => Ok(entry?.path()),
        None => bail!("npm pack left nothing in {}", folder.display()),
    }
}
