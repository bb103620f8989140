//! Builds the browser SDK: Rust to WebAssembly, its JavaScript glue, and the npm package around both.
//!
//! Owns the way from `sdk-wasm/` to `js-wrapper/pkg/` (cargo, then wasm-bindgen) and the decision whether anything has
//! to be made again. What follows (wasm-opt, bundling, file names, sizes) is the package's own `npm run build`,
//! which turns `pkg/` and `src/` into `js-wrapper/dist/`.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::step::Steps;
use crate::{lighten, npm, tools};

/// One memory page instead of the seventeen that the linker's default of a 1 MiB stack asks for.
const RUSTFLAGS: &str = "-Clink-arg=-zstack-size=32768";

/// What of `js-wrapper/` decides how `dist/` turns out, beside the WebAssembly.
const WRAPPER_INPUTS: [&str; 5] = [
    "src",
    "build",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
];

/// Builds `js-wrapper/dist`: `manifest.json` and every file that it names. Needs `rustup` or an installed wasm target,
/// Node and npm.
///
/// cargo decides whether the WebAssembly is fresh; the rest is made again when the WebAssembly or a file of the wrapper
/// is another one than last time.
pub fn build(steps: &Steps) -> Result<()> {
    let wrapper = steps.root().join("js-wrapper");
    let dist = wrapper.join("dist");
    let stamp = dist.join(".inputs");
    let [wasm, inspector] = compile(steps)?;
    npm::install(steps, &wrapper)?;
    let inputs = fingerprint(&[&wasm, &inspector], &wrapper)?;
    if dist.join("manifest.json").is_file()
        && fs::read_to_string(&stamp).is_ok_and(|last| last == inputs)
    {
        return Ok(());
    }
    steps.time("wasm-bindgen", || {
        let out = wrapper.join("pkg");
        bind(&wasm, &out)?;
        bind_inspector(&inspector, &out.join("inspector"))
    })?;
    npm::run(steps, &wrapper, "build")?;
    fs::write(&stamp, inputs).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Compiles the crates and returns the paths of the modules: the core's, the inspector's.
fn compile(steps: &Steps) -> Result<[PathBuf; 2]> {
    tools::wasm_target(steps)?;
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| steps.root().join("target"), PathBuf::from);
    steps.run(
        "compile the SDK to WebAssembly",
        Command::new("cargo")
            .args(["build", "--profile", "wasm"])
            .args(["--package", "waymark-sdk"])
            .args(["--package", "waymark-inspector"])
            .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
            .arg(&target)
            // The form that wins over RUSTFLAGS of the caller and of configuration files.
            .env("CARGO_ENCODED_RUSTFLAGS", RUSTFLAGS),
    )?;
    let built = target.join("wasm32-unknown-unknown/wasm");
    Ok(["waymark_sdk.wasm", "waymark_inspector.wasm"].map(|name| built.join(name)))
}

/// Writes `waymark.js`, the glue as an ES module, and `waymark_bg.wasm` to `out`.
fn bind(wasm: &Path, out: &Path) -> Result<()> {
    // Snippets of an earlier build lie under names of their own and would stay.
    let _ = fs::remove_dir_all(out);
    fs::create_dir_all(out)?;
    let compiled = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    Bindgen::new()
        .input_bytes("waymark", lighten::without_panics(&compiled)?)
        .web(true)?
        .typescript(false)
        // The wrapper says where the module lies; a default would be a second, dead way to find it.
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out)
        .context("wasm-bindgen cannot read the SDK's WebAssembly")?;
    let path = out.join("waymark.js");
    let glue = lighten::without_objects(&fs::read_to_string(&path)?)?;
    fs::write(&path, &glue)?;
    lighten::keep_called_exports(&out.join("waymark_bg.wasm"), &glue)
}

/// Writes `inspector.js` and `inspector_bg.wasm` to `out`, as wasm-bindgen makes them: only developers load them.
fn bind_inspector(wasm: &Path, out: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(wasm)
        .out_name("inspector")
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .generate(out)
        .context("wasm-bindgen cannot read the inspector's WebAssembly")
}

/// A text that changes when a module or a file of the wrapper changes.
fn fingerprint(modules: &[&PathBuf], wrapper: &Path) -> Result<String> {
    let mut files: BTreeSet<PathBuf> = modules.iter().copied().cloned().collect();
    for input in WRAPPER_INPUTS {
        collect(&wrapper.join(input), &mut files)?;
    }
    let mut hasher = DefaultHasher::new();
    for file in files {
        let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        hasher.write(file.as_os_str().as_encoded_bytes());
        hasher.write_usize(content.len());
        hasher.write(&content);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

fn collect(path: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else {
        files.insert(path.to_owned());
    }
    Ok(())
}
