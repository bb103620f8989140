//! `cargo xtask tidy`: the rules of the house as failures: who may import what, how large a file may grow, what it
//! may be called, what a migration may do ([`migrations`]).
//!
//! Reads files as text. Refuses nothing that a compiler or linter can already see.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::migrations;

/// Lines after which a source file has to be split by meaning.
const MAX_LINES: usize = 500;
/// Lines that the collector's `main.rs` may have: arguments, configuration, run.
const MAX_MAIN_LINES: usize = 50;

/// `words` may stand only in files below one of `allowed`; looked for in files below `within`.
struct ImportRule {
    within: &'static str,
    words: &'static [&'static str],
    allowed: &'static [&'static str],
    because: &'static str,
}

const IMPORT_RULES: &[ImportRule] = &[
    ImportRule {
        within: "sdk-wasm/src",
        words: &["web_sys", "js_sys", "gloo_timers"],
        allowed: &["sdk-wasm/src/browser", "sdk-wasm/src/lib.rs"],
        because: "only browser/ touches the browser; core/ is pure",
    },
    ImportRule {
        within: "sdk-wasm",
        words: &["waymark_collector", "waymark-collector"],
        allowed: &[],
        because: "the SDK and the collector never see each other",
    },
    ImportRule {
        within: "collector/src",
        words: &["waymark_sdk"],
        allowed: &[],
        because: "the SDK and the collector never see each other",
    },
    ImportRule {
        within: "collector/src",
        words: &["sqlx", "rusqlite"],
        allowed: &["collector/src/store"],
        because: "store/ is the only user of the database driver",
    },
    ImportRule {
        within: "collector/src",
        words: &["use axum", "axum::"],
        allowed: &[
            "collector/src/http",
            "collector/src/app.rs",
            "collector/src/error.rs",
            "collector/src/run.rs",
            "collector/src/fuzzing.rs",
        ],
        because: "HTTP ends at http/",
    },
    ImportRule {
        within: "collector/src/store",
        words: &["crate::http", "crate::app"],
        allowed: &[],
        because: "the direction is http → ingest | analytics → store, never back",
    },
    ImportRule {
        within: "collector/src/ingest",
        words: &["crate::http", "crate::app"],
        allowed: &[],
        because: "the direction is http → ingest | analytics → store, never back",
    },
    ImportRule {
        within: "collector/src/journey",
        words: &["crate::http", "crate::store", "crate::ingest", "tokio::"],
        allowed: &[],
        because: "journey/ is pure",
    },
    ImportRule {
        within: "xtask/src",
        words: &["waymark_protocol", "waymark_collector::", "waymark_sdk::"],
        allowed: &["xtask/src/tidy.rs"],
        because: "xtask imports no project crate",
    },
];

/// Files that programs write, which are as long as what they describe.
const WRITTEN: [&str; 1] = ["collector/dashboard/src/lib/api/schema.d.ts"];

/// Names that say nothing of what a file holds.
const EMPTY_NAMES: [&str; 8] = [
    "utils", "util", "common", "helpers", "helper", "misc", "shared", "stuff",
];

/// Checks the tree below `root` and fails with every finding.
pub fn check(root: &Path) -> Result<()> {
    let mut findings = String::new();
    let files = source_files(root)?;
    for file in &files {
        let text = fs::read_to_string(root.join(file))?;
        check_imports(file, &text, &mut findings);
        check_shape(file, &text, &mut findings);
    }
    migrations::check(root, &mut findings)?;
    if !findings.is_empty() {
        bail!("the house is not tidy:\n{findings}");
    }
    Ok(())
}

fn check_imports(file: &str, text: &str, findings: &mut String) {
    for rule in IMPORT_RULES {
        if !below(file, rule.within) || rule.allowed.iter().any(|allowed| below(file, allowed)) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            if let Some(word) = rule.words.iter().find(|word| line.contains(*word)) {
                writeln!(
                    findings,
                    "{file}:{}: `{word}`: {}",
                    number + 1,
                    rule.because
                )
                .ok();
            }
        }
    }
}

fn check_shape(file: &str, text: &str, findings: &mut String) {
    let path = Path::new(file);
    let lines = text.lines().count();
    if lines > MAX_LINES && !WRITTEN.contains(&file) {
        writeln!(
            findings,
            "{file}: {lines} lines, more than {MAX_LINES}: split it by meaning"
        )
        .ok();
    }
    if file == "collector/src/main.rs" && lines >= MAX_MAIN_LINES {
        writeln!(
            findings,
            "{file}: {lines} lines: arguments → config → run needs fewer"
        )
        .ok();
    }
    let stem = path
        .file_stem()
        .and_then(|s| s.to_str())
        .unwrap_or_default();
    if EMPTY_NAMES.contains(&stem) {
        writeln!(
            findings,
            "{file}: `{stem}` does not say what the file holds"
        )
        .ok();
    }
    let is_rust = path.extension().is_some_and(|e| e == "rs");
    if is_rust && !text.starts_with("//!") {
        writeln!(
            findings,
            "{file}: starts without a `//!` that says what the module owns"
        )
        .ok();
    }
}

fn below(file: &str, place: &str) -> bool {
    file == place
        || file
            .strip_prefix(place)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// Source files of the project, relative to `root`, with `/` between the parts.
fn source_files(root: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .unwrap_or_default();
            if path.is_dir() {
                if !name.starts_with('.')
                    && !["target", "node_modules", "dist", "pkg"].contains(&name)
                {
                    folders.push(path);
                }
            } else if matches!(
                path.extension().and_then(|e| e.to_str()),
                Some("rs" | "ts" | "svelte" | "sql")
            ) && let Ok(relative) = path.strip_prefix(root)
            {
                files.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(file: &str, text: &str) -> String {
        let mut out = String::new();
        check_imports(file, text, &mut out);
        check_shape(file, text, &mut out);
        out
    }

    #[test]
    fn an_import_across_rooms_is_found() {
        let text = "//! Doc.\nuse sqlx::Row;\n";
        assert!(findings("collector/src/http/events.rs", text).contains("events.rs:2: `sqlx`"));
        assert_eq!(findings("collector/src/store/events.rs", text), "");
        assert_eq!(findings("collector/src/storeroom.rs", "//! Doc.\n"), "");
    }

    #[test]
    fn long_nameless_and_undocumented_files_are_found() {
        let long = "//! Doc.\n".repeat(MAX_LINES + 1);
        assert!(findings("collector/src/ingest/commit.rs", &long).contains("split it by meaning"));
        assert!(findings("collector/src/utils.rs", "//! Doc.\n").contains("does not say"));
        assert!(findings("collector/src/app.rs", "fn x() {}\n").contains("starts without"));
    }
}
