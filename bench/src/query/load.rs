//! The events of a shape in a database, stored by the collector's own commit as if they had been sent, and kept for the next
//! run.
//!
//! A kept database is taken again where what decided it is the same: version, seed and size of the shape, the end if one was
//! asked for, and the migrations. What the store writes without a migration is not seen: `--fresh` makes all anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use uuid::Uuid;
use waymark_collector::enrich::geo::Place;
use waymark_collector::ingest::{self, IngestOptions, Received, envelope};
use waymark_collector::journey::Fact;
use waymark_collector::judging::finish;
use waymark_collector::money::DatedRate;
use waymark_collector::rollups::keep;
use waymark_collector::store::audit::By;
use waymark_collector::store::sites::Site;
use waymark_collector::store::{Committed, Kind, Store, StoreError};

use super::shape::{Sent, Shape, VERSION, Visits};
use crate::case::name;
use crate::database::{Database, Places};
use crate::machine::{free_bytes, now_ms};

/// Items of a transaction of each writer.
const COMMIT_ITEMS: usize = 8_000;
/// Browsers of which the numbers are kept, to ask about them.
const SAMPLE: u64 = 2_000;
/// Bytes on the disk for one event, and as many again for the copy that is loaded.
const BYTES_PER_EVENT: u64 = 1_600;
/// How old the end of kept events may be where none was asked for.
const FRESH_DAYS: i64 = 7;

/// What is to be there.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The seed.
    pub seed: u64,
    /// Rows of events.
    pub events: u64,
    /// The end; the present hour if nobody says.
    pub end: Option<i64>,
    /// Whether what is kept is not good enough.
    pub fresh: bool,
    /// Whether nobody needs to be judged.
    pub unjudged: bool,
}

/// What is there, as it is written down beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// See [`VERSION`].
    pub version: u32,
    /// The seed.
    pub seed: u64,
    /// Rows of events.
    pub events: u64,
    /// Browsers.
    pub visitors: u64,
    /// Sessions.
    pub sessions: u64,
    /// The end, in milliseconds.
    pub end: i64,
    /// A digest of the migrations.
    pub migrations: String,
    /// The site's id.
    pub site: i64,
    /// Seconds that it took to make, read and store all items.
    pub load_seconds: u64,
    /// Seconds that it took to judge everybody and to count every hour after that; nothing as long as that is to be done.
    pub judge_seconds: Option<u64>,
    /// Bytes on the disk.
    pub bytes: u64,
    /// Some browsers; who comes oftener is oftener among them.
    pub sample: Vec<Uuid>,
}

/// A database with events in it.
#[derive(Debug)]
pub struct Loaded {
    /// The database.
    pub database: Database,
    /// What is in it.
    pub manifest: Manifest,
    /// Whether it was there before.
    pub was_kept: bool,
}

/// Takes what is kept, or makes it; with the end of another one, where there is one to be the same as.
///
/// # Errors
/// A disk without room, a database that fails, an item that is not stored.
pub async fn take(
    places: Places<'_>,
    kind: Kind,
    wanted: Wanted,
    same_end: Option<i64>,
) -> Result<Loaded> {
    let migrations = migrations(places, kind).await?;
    let decided = format!("{VERSION} {} {:?} {migrations}", wanted.seed, wanted.end);
    let name_of = |digest: &str| format!("query_{}_{digest}", wanted.events);
    let own = name_of(&digest(&decided));
    let database = Database::lasting(places, kind, &own).await?;
    let noted = places.folder.join(format!("{own}_{}.json", name(kind)));
    if let Some(manifest) = kept(&noted, wanted)
        && same_end.is_none_or(|end| end == manifest.end)
        && database.events().await.ok() == Some(manifest.events)
    {
        let mut loaded = Loaded {
            database,
            manifest,
            was_kept: true,
        };
        loaded.judge(wanted, &noted).await?;
        return Ok(loaded);
    }
    database.remove().await?;
    // Older ones of this size nobody asks for any more.
    for other in notes(places.folder, &name_of(""), kind)? {
        let stem = other.file_stem().and_then(|stem| stem.to_str());
        let other_name = stem.and_then(|stem| stem.strip_suffix(&format!("_{}", name(kind))));
        if let Some(other_name) = other_name {
            let other = Database::lasting(places, kind, other_name).await?;
            other.remove().await?;
        }
        fs::remove_file(&other)?;
    }
    let need = BYTES_PER_EVENT * wanted.events;
    let free = free_bytes(places.folder).unwrap_or(u64::MAX);
    ensure!(
        free >= need,
        "{} needs {} GB free, of which there are {}",
        places.folder.display(),
        need.div_ceil(1_000_000_000),
        free / 1_000_000_000
    );
    let database = Database::lasting(places, kind, &own).await?;
    let end = wanted.end.or(same_end);
    let end = end.unwrap_or_else(|| now_ms() / HOUR * HOUR);
    let shape = Shape {
        seed: wanted.seed,
        events: wanted.events,
        end,
    };
    let manifest = fill(&database, shape, migrations).await?;
    crate::report::write_json(&manifest, &noted)?;
    let mut loaded = Loaded {
        database,
        manifest,
        was_kept: false,
    };
    loaded.judge(wanted, &noted).await?;
    Ok(loaded)
}

impl Loaded {
    /// Judges who is not judged and counts the hours that are not: a collector would do so in the course of the measurement. Whoever
    /// ends it loses nothing but time.
    async fn judge(&mut self, wanted: Wanted, noted: &Path) -> Result<()> {
        if wanted.unjudged || self.manifest.judge_seconds.is_some() {
            return Ok(());
        }
        eprintln!(
            "  judging everybody and counting hours on {}",
            self.database.kind()
        );
        let store = Store::open(self.database.url()).await?;
        let began = Instant::now();
        finish(&store, self.manifest.site, now_ms()).await?;
        keep::finish(&store, self.manifest.site).await?;
        self.manifest.judge_seconds = Some(began.elapsed().as_secs());
        store.close().await;
        self.database.settle().await?;
        self.manifest.bytes = self.database.bytes().await?;
        crate::report::write_json(&self.manifest, noted)
    }
}

const HOUR: i64 = 3_600_000;

/// What is written down of a database that can be taken again.
fn kept(file: &Path, wanted: Wanted) -> Option<Manifest> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let oldest = now_ms() - FRESH_DAYS * 24 * HOUR;
    let is_fresh = wanted.end.is_some() || manifest.end >= oldest;
    (is_fresh && !wanted.fresh).then_some(manifest)
}

/// The files in which databases are written down whose name begins like this.
fn notes(folder: &Path, beginning: &str, kind: Kind) -> Result<Vec<PathBuf>> {
    let ending = format!("_{}.json", name(kind));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name().to_string_lossy().into_owned();
        if file.starts_with(beginning) && file.ends_with(&ending) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// A digest of the migrations that this build runs.
async fn migrations(places: Places<'_>, kind: Kind) -> Result<String> {
    let label = format!("query_{}_schema", std::process::id());
    let blank = Database::create(places, kind, &label).await?;
    Store::open(blank.url()).await?.close().await;
    let migrations = blank.migrations().await?;
    blank.remove().await?;
    Ok(digest(&migrations))
}

/// FNV-1a: enough to tell versions apart, the same in every build.
fn digest(text: &str) -> String {
    let digest = text
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
    format!("{digest:016x}")
}

/// What comes with a batch from outside of it.
pub fn received(sent: &Sent) -> Received {
    let [country, city] = sent.place;
    Received {
        at_ms: sent.at,
        user_agent: Some(sent.user_agent.to_owned()),
        place: Place {
            country: Some(country.to_owned()),
            region: None,
            city: Some(city.to_owned()),
        },
        ..Received::default()
    }
}

/// What each writer commits at a time.
type Block = Vec<Vec<Fact>>;

async fn fill(database: &Database, shape: Shape, migrations: String) -> Result<Manifest> {
    let kind = database.kind();
    eprintln!("  loading {} events into {kind}", shape.events);
    let (store, site) = database.open().await?;
    let site = with_money(&store, site, shape).await?;
    store.expect_bulk().await?;
    let began = Instant::now();
    let sample = store_all(&store, &site, shape).await?;
    let load_seconds = began.elapsed().as_secs();
    store.close().await;
    database.settle().await?;
    database.check_events(shape.events).await?;
    let (visitors, sessions) = (shape.visitors() as u64, shape.sessions() as u64);
    for (sql, expected) in [
        ("SELECT COUNT(*) FROM visitors", visitors),
        ("SELECT COUNT(*) FROM sessions", sessions),
    ] {
        let rows = database.number(sql).await?;
        ensure!(rows == expected, "{sql}: {rows} instead of {expected}");
    }
    let bytes = database.bytes().await?;
    eprintln!(
        "  loaded into {kind} within {load_seconds} s; it takes {} MB",
        bytes / 1_000_000
    );
    Ok(Manifest {
        version: VERSION,
        seed: shape.seed,
        events: shape.events,
        visitors,
        sessions,
        end: shape.end,
        migrations,
        site: site.id,
        load_seconds,
        judge_seconds: None,
        bytes,
        sample,
    })
}

/// A site with figures in one currency, and what the other is in it.
async fn with_money(store: &Store, site: Site, shape: Shape) -> Result<Site> {
    let now = now_ms();
    let by = By {
        actor: "bench",
        now,
    };
    let site = Site {
        currency: Some("EUR".to_owned()),
        ..site
    };
    ensure!(store.update_site(&site, by).await?, "the site is gone");
    let day = super::day_of(shape.start())?.to_string();
    let rate = DatedRate::read([&day, "USD", "EUR", "0.92"])?;
    store
        .load_rates(site.id, &[rate], by.actor, now)
        .await
        .context("the rate")?;
    Ok(site)
}

/// Stores every item, and gives some of the browsers.
async fn store_all(store: &Store, site: &Site, shape: Shape) -> Result<Vec<Uuid>> {
    let writers = match store.kind() {
        Kind::Sqlite => 1,
        Kind::Postgres => IngestOptions::default().writers,
    };
    // Two blocks wait at most: memory is bounded, and making and storing go on at the same time.
    let (give, mut take) = mpsc::channel(2);
    let of = site.clone();
    let maker = tokio::task::spawn_blocking(move || make(&of, shape, writers, &give));
    let (mut stored, mut told) = (0_u64, 0);
    while let Some(block) = take.recv().await {
        stored += commit(store, block).await?;
        let tenth = stored * 50 / (shape.events * 6).max(1);
        if tenth > told {
            told = tenth;
            eprintln!("    {stored} items");
        }
    }
    maker.await?
}

/// Makes and reads every visit, and hands over blocks. Who is one person is of one writer.
fn make(
    site: &Site,
    shape: Shape,
    writers: usize,
    give: &mpsc::Sender<Block>,
) -> Result<Vec<Uuid>> {
    let every = (shape.sessions() as u64 / SAMPLE).max(1);
    let mut visits = Visits::new(shape);
    let mut body = Vec::new();
    let mut sample = Vec::new();
    let mut block: Block = vec![Vec::new(); writers];
    let mut made = 0_u64;
    while let Some(sent) = visits.write_next(&mut body)? {
        let facts = ingest::read(site, &envelope::read(&body)?, &received(&sent))?.facts;
        ensure!(facts.len() == sent.items, "an item could not be read");
        if made.is_multiple_of(every)
            && let Some(fact) = facts.first()
        {
            sample.push(fact.arrival.visitor_id);
        }
        made += 1;
        let writer = &mut block[sent.person() as usize % writers];
        writer.extend(facts);
        if writer.len() >= COMMIT_ITEMS {
            let full = std::mem::replace(&mut block, vec![Vec::new(); writers]);
            if give.blocking_send(full).is_err() {
                // Whoever stores has failed and says why.
                return Ok(sample);
            }
        }
    }
    let _ = give.blocking_send(block);
    Ok(sample)
}

async fn commit(store: &Store, block: Block) -> Result<u64> {
    let mut running = JoinSet::new();
    for facts in block {
        let store = store.clone();
        running.spawn(async move {
            let facts: Vec<&Fact> = facts.iter().collect();
            // A writer of the collector would commit again, too.
            let committed = loop {
                match store.commit(&facts).await {
                    Err(StoreError::Conflict(_)) => {}
                    done => break done?,
                }
            };
            ensure!(
                committed.iter().all(|item| *item == Committed::New),
                "an item was not new"
            );
            Ok(facts.len() as u64)
        });
    }
    let mut items = 0;
    while let Some(stored) = running.join_next().await {
        items += stored.context("a writer's task broke")??;
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_is_taken_again_and_what_differs_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            folder: folder.path(),
            server: "",
        };
        let wanted = Wanted {
            seed: 7,
            events: 1_000,
            end: None,
            fresh: false,
            unjudged: false,
        };
        let first = take(places, Kind::Sqlite, wanted, None).await.unwrap();
        assert!(!first.was_kept && first.manifest.sample.len() >= 100);
        assert_eq!(first.database.events().await.unwrap(), 1_000);
        assert!(first.manifest.judge_seconds.is_some());
        let again = take(places, Kind::Sqlite, wanted, None).await.unwrap();
        assert!(again.was_kept);
        assert_eq!(again.manifest, first.manifest);
        let other = Wanted { seed: 8, ..wanted };
        let other = take(places, Kind::Sqlite, other, None).await.unwrap();
        assert!(!other.was_kept);
        // It took the first one's place.
        assert!(
            !take(places, Kind::Sqlite, wanted, None)
                .await
                .unwrap()
                .was_kept
        );
        let folders = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(folders, 2);
    }
}
