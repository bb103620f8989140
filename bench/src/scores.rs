//! What scores cost: reading a person with what is concluded of them beside reading the person alone, judging everybody beside
//! storing what they did, and storing with the judge at work beside storing without it.
//!
//! All of it runs in this process, on a database of its own for each case and round; the cases of a round follow one another,
//! in the opposite order in every second one.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;
use waymark_collector::journey::{Person, Trend};
use waymark_collector::judging::known::{self, Of};
use waymark_collector::judging::{Judge, finish, ids};
use waymark_collector::store::persons::Slices;
use waymark_collector::store::sites::Site;
use waymark_collector::store::{
    Bots, EntryFilter, Kind, OrderFilter, SessionFilter, Somebody, Store, VisitorFilter,
};

use crate::case::name;
use crate::database::{Database, Places, settings};
use crate::figures::median;
use crate::ingest::{KINDS, SEED};
use crate::machine::{Machine, now_ms};
use crate::raw::{self, BLOCK_ITEMS, Plan};
use crate::report::write_json;

/// People who are read.
const PEOPLE: u32 = 300;
/// Sessions and entries of a page, as the API has them.
const SESSIONS: u32 = 500;
const ENTRIES: u32 = 50;
/// Items of a transaction, as many as the collector has under load.
const COMMIT_ITEMS: usize = 320;

/// What `waymark-bench scores` can be told.
#[derive(Debug, Args)]
pub struct ScoresOptions {
    /// The collector's binary, which is not started: what is measured is its library
    #[arg(long, value_name = "FILE")]
    collector: PathBuf,
    /// A PostgreSQL server on this machine that is durable and idle, as its superuser
    #[arg(long, value_name = "URL")]
    postgres: String,
    /// Folder for SQLite files, on the disk that PostgreSQL uses
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// Where the JSON goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Events of the people who are judged and read
    #[arg(long, default_value_t = 300_000, value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    events: u64,
    /// Times that storing is measured with and without the judge
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Seconds of every measurement of storing
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
}

#[derive(Serialize)]
struct Report {
    machine: Machine,
    events: u64,
    databases: Vec<Figures>,
}

#[derive(Debug, Serialize)]
struct Figures {
    database: &'static str,
    people: u64,
    /// Microseconds to read a person without and with what is concluded of them: medians.
    plain_us: f64,
    scored_us: f64,
    scored_to_plain: f64,
    /// Microseconds for one event stored, and to judge everybody, for each of their events and for each person.
    store_us_per_event: f64,
    judge_us_per_event: f64,
    judge_to_store: f64,
    judge_us_per_person: f64,
    /// Events per second that are stored, without and with the judge: medians.
    alone_per_second: f64,
    beside_per_second: f64,
    /// Median of the rounds' own ratios.
    beside_to_alone: f64,
}

/// Measures, prints and writes the JSON.
///
/// # Errors
/// A database that fails, or people who were not judged.
pub async fn run(options: &ScoresOptions) -> Result<()> {
    std::fs::create_dir_all(&options.data)
        .with_context(|| format!("cannot make {}", options.data.display()))?;
    ensure!(options.collector.exists(), "--collector: no such file");
    settings(&options.postgres).await?;
    let places = Places {
        folder: &options.data,
        server: &options.postgres,
    };
    let mut databases = Vec::new();
    for kind in KINDS {
        let figures = measure(options, places, kind).await?;
        eprintln!(
            "{:8}  a person's page {:6.0} µs, plain {:6.0} µs: {:.2}",
            figures.database, figures.scored_us, figures.plain_us, figures.scored_to_plain
        );
        eprintln!(
            "{:8}  judging {:6.1} µs an event, storing {:6.1} µs: {:.2}; {:.0} µs a person",
            "",
            figures.judge_us_per_event,
            figures.store_us_per_event,
            figures.judge_to_store,
            figures.judge_us_per_person
        );
        eprintln!(
            "{:8}  storing {:6.0} events/s with the judge, {:6.0} without: {:.2}",
            "", figures.beside_per_second, figures.alone_per_second, figures.beside_to_alone
        );
        databases.push(figures);
    }
    let report = Report {
        machine: Machine::look(&std::env::current_dir()?),
        events: options.events,
        databases,
    };
    write_json(&report, &options.out)
}

async fn measure(options: &ScoresOptions, places: Places<'_>, kind: Kind) -> Result<Figures> {
    let database = Database::create(places, kind, "waymark_bench_scores").await?;
    let (store, site) = database.open().await?;
    let began = Instant::now();
    raw::preload(&store, &site, SEED, options.events).await?;
    let stored = began.elapsed();
    let now = now_ms();
    let began = Instant::now();
    finish(&store, site.id, now).await?;
    let judged = began.elapsed();
    let people = database
        .number("SELECT COUNT(*) FROM judged_persons")
        .await?;
    ensure!(people > 0, "nobody was judged");
    let (plain_us, scored_us) = read(&store, &site, now).await?;
    store.close().await;
    database.remove().await?;

    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        let mut order = [false, true];
        if round.is_multiple_of(2) {
            order.reverse();
        }
        for with_judge in order {
            let rate = storing(options, places, kind, with_judge).await?;
            if with_judge {
                beside.push(rate);
            } else {
                alone.push(rate);
            }
        }
    }
    let ratios = beside
        .iter()
        .zip(&alone)
        .map(|(beside, alone)| beside / alone);
    let per_event = |time: Duration| time.as_secs_f64() * 1e6 / options.events as f64;
    let of = |values: &[f64]| median(values.iter().copied()).unwrap_or_default();
    Ok(Figures {
        database: name(kind),
        people,
        plain_us,
        scored_us,
        scored_to_plain: scored_us / plain_us,
        store_us_per_event: per_event(stored),
        judge_us_per_event: per_event(judged),
        judge_to_store: per_event(judged) / per_event(stored),
        judge_us_per_person: judged.as_secs_f64() * 1e6 / people as f64,
        alone_per_second: of(&alone),
        beside_per_second: of(&beside),
        beside_to_alone: median(ratios).unwrap_or_default(),
    })
}

/// Events per second that are stored.
async fn storing(
    options: &ScoresOptions,
    places: Places<'_>,
    kind: Kind,
    with_judge: bool,
) -> Result<f64> {
    let database = Database::create(places, kind, "waymark_bench_scores").await?;
    let (store, site) = database.open().await?;
    let judge = with_judge.then(|| {
        let judge = Judge::new(store.clone());
        tokio::spawn(async move { judge.work().await })
    });
    let plan = Plan {
        seed: SEED,
        senders: 64,
        block_items: BLOCK_ITEMS,
        commit_items: COMMIT_ITEMS,
        time: Duration::from_secs(options.seconds.into()),
    };
    let raw = raw::run(&store, &site, plan).await?;
    if let Some(judge) = judge {
        judge.abort();
        let _ = judge.await;
        let judged = database
            .number("SELECT COUNT(*) FROM judged_persons")
            .await?;
        ensure!(judged > 0, "the judge did nothing");
    }
    store.close().await;
    database.remove().await?;
    Ok(raw.events as f64 / raw.time.as_secs_f64())
}

/// Microseconds to read a person without and with what is concluded of them.
async fn read(store: &Store, site: &Site, now: i64) -> Result<(f64, f64)> {
    let filter = VisitorFilter {
        bots: Bots::Include,
        ..VisitorFilter::default()
    };
    let people = store.persons(site.id, &filter, None, PEOPLE).await?.data;
    let (mut plain, mut scored) = (Vec::new(), Vec::new());
    for person in &people {
        // By turns, so that neither always finds the rows in memory.
        for with_scores in [false, true] {
            let began = Instant::now();
            one(store, site, person, with_scores, now).await?;
            let micros = began.elapsed().as_secs_f64() * 1e6;
            if with_scores {
                scored.push(micros);
            } else {
                plain.push(micros);
            }
        }
    }
    let of = |values: Vec<f64>| median(values).context("there are people");
    Ok((of(plain)?, of(scored)?))
}

/// Reads what the API answers about a person.
async fn one(
    store: &Store,
    site: &Site,
    person: &Person,
    with_scores: bool,
    now: i64,
) -> Result<()> {
    let found = store.person(site.id, &person.id).await?;
    let found = found.context("somebody of the list")?;
    let within = Slices::of_people([&found]);
    store.person_channels(site.id, &within).await?;
    let filter = SessionFilter {
        bots: Bots::Include,
        within: Some(within.clone()),
        ..SessionFilter::default()
    };
    let sessions = store.sessions(site.id, &filter, None, SESSIONS).await?;
    let filter = OrderFilter {
        within: Some(within.clone()),
        ..OrderFilter::default()
    };
    store.revenue(site, &filter).await?;
    if with_scores {
        let scale = store.scale(site.id).await?;
        let somebody = Somebody::Person(&within);
        let of = Of {
            somebody,
            // The API has them already; one statement more is measured here.
            sessions: store
                .session_occasions(site.id, somebody, &found.person.visitors)
                .await?,
            total_sessions: found.person.figures.total_sessions,
            stages: &found.person.figures.stages,
            definition: &store.stages(site.id),
            latest: now,
            price_views: (now - scale.window_ms() + 1, now),
        };
        let known = known::of(store, site.id, of, scale).await?;
        known.occasions.score(now);
        Trend::of(&known.occasions, now);
        known.insights(now);
        let sessions: Vec<_> = sessions.data.iter().map(|one| one.session_id).collect();
        store.usage(site.id, somebody, &sessions).await?;
        store.insights_of(site.id, &ids(&found), now).await?;
    }
    let filter = EntryFilter {
        bots: Bots::Include,
        within: Some(within),
        ..EntryFilter::default()
    };
    store.timeline(site.id, &filter, None, ENTRIES).await?;
    Ok(())
}
