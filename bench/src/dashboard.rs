//! How soon the dashboard shows that something was done to it, over the events that questions are measured on: interaction to
//! next paint of clicks and keys in Chromium, beside a collector that answers from millions of rows.
//!
//! The definition is that of web.dev/articles/inp: an interaction takes from the key or click until the next frame is shown,
//! what is asked meanwhile not included; of a visit the slowest counts, of more than fifty interactions all but one in fifty.
//! The browser tells of none that took less than 16 ms, so these are known by that bound alone. After each interaction the
//! page comes to rest before the next, as with somebody who reads.
//!
//! ```text
//! acts     what is done, as data
//! desk     a signed-in browser: does it and listens
//! ```

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;

use crate::case::name;
use crate::chromium::Chromium;
use crate::database::Places;
use crate::ingest::SEED;
use crate::machine::Machine;
use crate::query::ask::{self, Asker};
use crate::query::{Which, load};
use crate::report::{cell, write_json};
use crate::server::Server;
use crate::targets::Target;
use acts::ACTS;
use desk::{Desk, Done};

mod acts;
mod desk;

/// What an interaction may take, in milliseconds: "good" by web.dev is 200, the promise is half of it.
const INP_MS: f64 = 100.0;
/// Of so many interactions one is left out.
const ONE_OF: usize = 50;

/// What `waymark-bench dashboard` can be told.
#[derive(Debug, Args)]
pub struct DashboardOptions {
    /// The collector's binary
    #[arg(long, value_name = "FILE")]
    collector: PathBuf,
    /// A PostgreSQL server on this machine that is durable and idle, as its superuser
    #[arg(long, value_name = "URL")]
    postgres: String,
    /// Folder with what `query` keeps
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// Where the JSON goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Chromium
    #[arg(long)]
    chromium: PathBuf,
    /// Its WebDriver
    #[arg(long)]
    chromedriver: PathBuf,
    /// Rows of events
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1_000..=1_000_000_000))]
    events: u64,
    /// The seed of all that is in them
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// The databases
    #[arg(long, value_enum, default_value_t)]
    engine: Which,
    /// Times that everything is done
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
}

/// What was done on one database.
#[derive(Debug, Serialize)]
struct OfDatabase {
    database: &'static str,
    events: u64,
    /// By the definition above, over all interactions.
    inp_ms: Option<f64>,
    worst_ms: Option<f64>,
    interactions: Vec<Done>,
}

#[derive(Debug, Serialize)]
struct Report {
    rounds: u32,
    browser: String,
    machine: Machine,
    targets: Vec<Target>,
    databases: Vec<OfDatabase>,
}

/// Measures, prints the table and writes the JSON.
///
/// # Errors
/// A page on which something that is to be done cannot be done, and whatever makes the events or the browser fail.
pub async fn run(options: &DashboardOptions) -> Result<()> {
    std::fs::create_dir_all(&options.data)?;
    let places = Places {
        folder: &options.data,
        server: &options.postgres,
    };
    let mut databases: Vec<OfDatabase> = Vec::new();
    let mut browser = String::new();
    let mut end = None;
    for kind in options.engine.kinds() {
        let wanted = load::Wanted {
            seed: options.seed,
            events: options.events,
            end: None,
            fresh: false,
            unjudged: true,
        };
        let loaded = load::take(places, kind, wanted, end).await?;
        end = Some(loaded.manifest.end);
        let server = Server::start(&options.collector, loaded.database.url(), &[])?;
        copied(options, &server, &loaded).await?;
        let chromium = Chromium::start(&options.chromium, &options.chromedriver, &[]).await?;
        chromium.version().clone_into(&mut browser);
        let mut desk = Desk::sign_in(
            &chromium,
            &options.collector,
            loaded.database.url(),
            &server,
            loaded.manifest.site,
        )
        .await?;
        for round in 1..=options.rounds {
            eprintln!("  using the dashboard over {kind}, round {round}");
            for act in &ACTS {
                desk.act(round, act).await?;
            }
        }
        databases.push(OfDatabase::of(name(kind), options.events, desk.done()));
        server.stop()?;
    }
    let targets = databases.iter().map(|one| {
        let name = format!("{}: interaction to next paint, ms", one.database);
        Target::of(name, one.inp_ms, "<=", INP_MS)
    });
    let report = Report {
        rounds: options.rounds,
        browser,
        machine: Machine::look(&std::env::current_dir()?),
        targets: targets.collect(),
        databases,
    };
    report.print();
    write_json(&report, &options.out)?;
    ensure!(
        report.databases.iter().all(|one| one.worst_ms.is_some()),
        "the browser told of no interaction at all"
    );
    Ok(())
}

/// Waits until the collector has its copy of the rows. A page gives up sooner than that, and shows so until somebody tries again.
async fn copied(options: &DashboardOptions, server: &Server, loaded: &load::Loaded) -> Result<()> {
    let (url, site) = (loaded.database.url(), loaded.manifest.site);
    let secret = ask::key(&options.collector, url, site)?;
    let target = format!("/api/v1/analytics/retention?site={site}");
    let answer = Asker::new(server, &secret).await?.ask(&target).await?;
    ensure!(
        answer.status == 200,
        "the collector has no copy of the rows: {}",
        answer.body
    );
    Ok(())
}

impl OfDatabase {
    fn of(database: &'static str, events: u64, interactions: Vec<Done>) -> Self {
        let mut told: Vec<f64> = interactions.iter().filter_map(|one| one.ms).collect();
        told.sort_by(|one, other| other.total_cmp(one));
        Self {
            database,
            events,
            inp_ms: told.get(interactions.len() / ONE_OF).copied(),
            worst_ms: told.first().copied(),
            interactions,
        }
    }
}

impl Report {
    #[expect(clippy::print_stdout, reason = "the table is the program's result")]
    fn print(&self) {
        println!(
            "\nThe dashboard in {}: interaction to next paint, in ms; - is less than 16",
            self.browser
        );
        for one in &self.databases {
            println!(
                "\n{} with {} events: {} interactions, the slowest {}",
                one.database,
                one.events,
                one.interactions.len(),
                cell(one.worst_ms, 0)
            );
            for act in &ACTS {
                let own = one.interactions.iter().filter(|done| done.act == act.name);
                let mut own: Vec<Option<f64>> = own.map(|done| done.ms).collect();
                own.sort_by(|one, other| one.unwrap_or(0.0).total_cmp(&other.unwrap_or(0.0)));
                let median = own.get(own.len() / 2).copied().flatten();
                let worst = own.last().copied().flatten();
                println!(
                    "  {:<44} {:>4}   median {:>4}   slowest {:>4}",
                    act.name,
                    own.len(),
                    cell(median, 0),
                    cell(worst, 0)
                );
            }
        }
        println!();
        for target in &self.targets {
            println!("{}", target.line());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(ms: Option<f64>) -> Done {
        Done {
            act: "act",
            what: String::new(),
            round: 1,
            ms,
        }
    }

    #[test]
    fn one_in_fifty_is_left_out() {
        let with = |count: usize| {
            let mut all: Vec<Done> = (1..count).map(|_| done(None)).collect();
            all.insert(0, done(Some(300.0)));
            all.push(done(Some(40.0)));
            OfDatabase::of("sqlite", 5, all)
        };
        // 49 interactions: the slowest counts. 50 and more: the second.
        assert_eq!(with(48).inp_ms, Some(300.0));
        assert_eq!(with(49).inp_ms, Some(40.0));
        assert_eq!(with(49).worst_ms, Some(300.0));
        // Where the second was too fast to be told of, it is not known how fast.
        assert_eq!(OfDatabase::of("sqlite", 5, vec![done(None)]).inp_ms, None);
    }
}
