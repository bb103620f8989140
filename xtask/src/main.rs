//! The project's own commands: `cargo xtask run`, `test`, `build`, `bench`, `fuzz`, `screenshots`, `release`, `tidy`.
//!
//! The build order is logic, so it is Rust. Imports no crate of the project: it has to work before they compile.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};

mod bench;
mod browsers;
mod build;
mod clients;
mod count;
mod demo;
mod deploy;
mod examples;
mod failures;
mod fuzz;
mod lighten;
mod lint;
mod migrations;
mod npm;
mod npm_bundle;
mod outside;
mod pictures;
mod places;
mod postgres;
mod release;
mod run;
mod sbom;
mod sdk;
mod step;
mod test;
mod tidy;
mod tools;

/// Build, run and test Waymark.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build what has changed and run the whole product with a demo site, until interrupted
    Run(run::RunOptions),
    /// Run every test and check, installing and starting what they need
    Test(test::TestOptions),
    /// Build one part or, without a name, all of them (the collector in release mode)
    Build {
        #[arg(value_enum)]
        what: Option<Product>,
    },
    /// Measure the collector beside the limits of this machine, the SDK beside its peers
    Bench(bench::BenchOptions),
    /// Look for what breaks the readers of strangers' input, each for a minute
    Fuzz(fuzz::FuzzOptions),
    /// Build, try and pack what is given out, in target/release-files
    Release(release::ReleaseOptions),
    /// Take the pictures of docs/dashboard.md anew, of the demo in a real browser
    Screenshots,
    /// Check the rules of the house: imports between rooms, file sizes, names
    Tidy,
}

#[derive(Clone, Copy, ValueEnum)]
enum Product {
    /// The browser SDK: WebAssembly, script tag and npm package in js-wrapper/dist
    Sdk,
    /// What browsers load: the SDK and the dashboard
    Web,
}

fn main() -> ExitCode {
    match run_task(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_task(task: Task) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in the workspace")?;
    let steps = step::Steps::new(root);
    match task {
        Task::Run(options) => run::run(&steps, &options),
        Task::Test(options) => test::test(&steps, &options),
        Task::Build { what: None } => build::product(&steps).map(drop),
        Task::Build {
            what: Some(Product::Web),
        } => build::web(&steps),
        Task::Build {
            what: Some(Product::Sdk),
        } => sdk::build(&steps),
        Task::Bench(options) => bench::bench(&steps, &options),
        Task::Fuzz(options) => fuzz::fuzz(&steps, &options),
        Task::Release(options) => release::release(&steps, &options),
        Task::Screenshots => pictures::take(&steps),
        Task::Tidy => tidy::check(root),
    }
}
