//! Builds the collector again when what is embedded changes: the macros that embed files see only those they knew.

use std::env;

fn main() {
    // Set by what builds `fuzz/`.
    println!("cargo::rustc-check-cfg=cfg(fuzzing)");
    println!("cargo:rerun-if-changed=../migrations");
    // A debug build reads the dashboard and the script from their folders when it starts. Watching a folder that is
    // not there, because it was not built, would build the collector again each time.
    if env::var_os("PROFILE").is_some_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=dashboard/dist");
        println!("cargo:rerun-if-changed=../js-wrapper/dist");
    }
}
