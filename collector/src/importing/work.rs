//! The work of an import: one thread reads and makes facts, while the group before is being committed.
//!
//! A group is a transaction. Whatever ends the import, those that are committed stay, and the same import again goes on from
//! there, because what is stored is a duplicate. Memory holds a few groups, however long the source is and however long its rows.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use waymark_protocol::{ItemAnswer, ItemKind, Status};

use super::kept::Kept;
use super::rejects::{Into, Reject, Rejects};
use super::source::{Source, Unreadable};
use super::{End, ImportError, Report, Told, Way};
use crate::ingest::import::{Convert, Converted, Outside, Record, Summary};
use crate::ingest::{Ingest, IngestError, IngestOptions};
use crate::journey::Fact;
use crate::live::Feed;
use crate::outcome;
use crate::store::{Kind, Store};

/// Bytes of rows that one group was read from, roughly.
const GROUP_BYTES: usize = 16 * 1024 * 1024;
/// Transactions at a time on PostgreSQL: while one waits for the disk the other one is on its way.
const POSTGRES_WRITERS: usize = 2;
/// A collector on the same SQLite file looks every tenth of a second whether it may write, and would find no gap between
/// transactions that follow one another: after so much writing there is a pause in which it does.
const WRITING: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(120);

/// How much is done at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// By a process of its own. Facts of one transaction, roughly (a row is never cut), are many enough that pages of the database
    /// are written once for many rows, and few enough that a collector on the same SQLite file gets its turn well within its
    /// patience.
    Alone,
    /// Beside requests, of which on SQLite each waits for the transaction under way.
    Beside,
}

impl Pace {
    fn group(self) -> usize {
        match self {
            Self::Alone => 10_000,
            Self::Beside => 2_000,
        }
    }
}

/// An import, ready to begin.
pub(crate) struct Work<'s> {
    pub(crate) store: &'s Store,
    pub(crate) outside: Outside,
    pub(crate) way: Way,
    pub(crate) pace: Pace,
    /// Whether nothing is stored; and then how many visitors and sessions are told apart at most.
    pub(crate) dry_run: Option<usize>,
    pub(crate) rejects: Into,
}

/// What the reading thread hands over.
#[derive(Default)]
struct Group {
    converted: Converted,
    /// For each fact the place of its row.
    places: Vec<u64>,
    rejects: Vec<Reject>,
    rows: u64,
    /// Bytes of the source up to its end, and of its rows.
    bytes: u64,
    weight: usize,
    /// Whether there is nothing more.
    is_last: bool,
    /// Why not, where that is not the end.
    failed: Option<String>,
}

/// A group that has been committed.
struct Committed {
    rejects: Vec<Reject>,
    rows: u64,
    bytes: u64,
    new: u64,
    known: u64,
    took: Duration,
}

/// What has been done so far.
#[derive(Default)]
struct Done {
    rows: u64,
    bytes: u64,
    new: u64,
    known: u64,
    left_out: BTreeMap<String, u64>,
    summary: Option<Summary>,
}

impl Work<'_> {
    /// Imports, until there is no more or `interrupted` is ready.
    pub(crate) async fn run(
        self,
        interrupted: impl Future<Output = ()>,
        told: &mut dyn Told,
    ) -> Report {
        let (sources, converter) = self.way;
        let head = sources.first().and_then(|source| source.head());
        let mut rejects = Rejects::new(self.rejects, head);
        let mut work = Committing {
            store: self.store,
            outside: &self.outside,
            pace: self.pace,
            rejects: &mut rejects,
            told,
            done: Done::default(),
        };
        let ended = work
            .read_and_commit(sources, converter, self.dry_run, interrupted)
            .await;
        let done = std::mem::take(&mut work.done);
        work.told.finish();
        let ended = rejects.finish().and(ended);
        Report {
            rows: done.rows,
            new: done.new,
            known: done.known,
            rejected: rejects.count(),
            left_out: done.left_out,
            summary: done.summary,
            end: match ended {
                Ok(true) => End::Interrupted,
                Ok(false) => End::Done,
                Err(error) => End::Failed(error),
            },
        }
    }
}

/// Reads all sources, until nobody takes what was read.
fn read(
    sources: Vec<Box<dyn Source>>,
    converter: &dyn Convert,
    wants_rows: bool,
    most: usize,
    kept: &Kept,
    give: &mpsc::Sender<Group>,
) {
    let mut group = Group::default();
    let mut before = 0;
    for mut source in sources {
        while let Some(record) = source.next() {
            match record {
                Ok(record) => {
                    group.rows += 1;
                    group.weight += weight(&record);
                    if let Err(bad) = converter.convert(&record, &mut group.converted) {
                        let text = wants_rows.then(|| source.text(&record));
                        group.rejects.push(Reject::bad(record.place, bad, text));
                    }
                    let before = group.places.len();
                    if let Some(old) = kept.passed(&group.converted.facts[before..]) {
                        group.converted.facts.truncate(before);
                        group.failed = Some(kept.refusal(record.place, old));
                        group.is_last = true;
                        let _ = give.blocking_send(group);
                        return;
                    }
                    let facts = group.converted.facts.len();
                    group.places.resize(facts, record.place);
                }
                Err(Unreadable::Row {
                    place,
                    message,
                    text,
                }) => {
                    group.rows += 1;
                    group.weight += text.as_ref().map_or(0, String::len);
                    let text = text.filter(|_| wants_rows);
                    group.rejects.push(Reject::unreadable(place, message, text));
                }
                Err(Unreadable::End(message)) => {
                    group.failed = Some(message);
                    group.is_last = true;
                    group.bytes = before + source.bytes_read();
                    let _ = give.blocking_send(group);
                    return;
                }
            }
            let is_full = group.places.len() >= most || group.rejects.len() >= most;
            if is_full || group.weight >= GROUP_BYTES {
                group.bytes = before + source.bytes_read();
                if give.blocking_send(std::mem::take(&mut group)).is_err() {
                    return;
                }
            }
        }
        before += source.bytes_read();
    }
    group.bytes = before;
    group.is_last = true;
    // Nobody takes it when the import was interrupted.
    let _ = give.blocking_send(group);
}

/// Bytes of a row, as far as it was read.
fn weight(record: &Record) -> usize {
    let values = record.values.iter().flatten().map(String::len);
    values.sum::<usize>() + record.line.as_ref().map_or(0, String::len)
}

/// The taking of groups.
struct Committing<'w> {
    store: &'w Store,
    outside: &'w Outside,
    pace: Pace,
    rejects: &'w mut Rejects,
    told: &'w mut dyn Told,
    done: Done,
}

impl Committing<'_> {
    /// Whether it was interrupted.
    async fn read_and_commit(
        &mut self,
        sources: Vec<Box<dyn Source>>,
        converter: Box<dyn Convert>,
        dry_run: Option<usize>,
        interrupted: impl Future<Output = ()>,
    ) -> Result<bool, ImportError> {
        let kept = Kept::of(self.store, self.outside).await?;
        let (give, groups) = mpsc::channel(1);
        let (wants_rows, most) = (self.rejects.wants_rows(), self.pace.group());
        // It ends when nobody takes its groups any more, unless it waits for what is piped in: nobody waits for that.
        std::thread::Builder::new()
            .name("import-reader".to_owned())
            .spawn(move || read(sources, converter.as_ref(), wants_rows, most, &kept, &give))
            .map_err(|error| ImportError::Refused(error.to_string()))?;
        match dry_run {
            Some(most) => self.summarise(groups, most, interrupted).await,
            None => self.commit(groups, interrupted).await,
        }
    }

    /// Counts and stores nothing; whether it was interrupted.
    async fn summarise(
        &mut self,
        mut groups: mpsc::Receiver<Group>,
        most: usize,
        interrupted: impl Future<Output = ()>,
    ) -> Result<bool, ImportError> {
        let mut interrupted = std::pin::pin!(interrupted);
        let mut summary = Summary::of_at_most(most);
        loop {
            let group = tokio::select! {
                biased;
                () = &mut interrupted => return Ok(true),
                group = groups.recv() => group,
            };
            let group = group.ok_or_else(cut_off)?;
            let (failed, is_last) = (group.failed, group.is_last);
            summary.add(&group.converted.facts);
            self.note(&group.rejects)?;
            self.left_out(group.converted.left_out);
            self.done.rows += group.rows;
            self.done.bytes = group.bytes;
            self.told.at(self.done.rows, self.done.bytes);
            if let Some(message) = failed {
                return Err(ImportError::Refused(message));
            }
            if is_last {
                break;
            }
        }
        self.done.summary = Some(summary);
        Ok(false)
    }

    /// Stores; whether it was interrupted.
    async fn commit(
        &mut self,
        groups: mpsc::Receiver<Group>,
        interrupted: impl Future<Output = ()>,
    ) -> Result<bool, ImportError> {
        if self.pace == Pace::Alone {
            self.store.expect_bulk().await?;
        }
        let live = Feed::new(1);
        let options = IngestOptions {
            queue_items: usize::MAX,
            queue_bytes: usize::MAX,
            queue_wait: None,
            commit_items: self.pace.group(),
            writers: POSTGRES_WRITERS,
            // Its rows stand in a file already, and the inbox would forget what else is there for them.
            rejected_items: 0,
            ..IngestOptions::default()
        };
        let ingest = Ingest::start(self.store.clone(), options, live);
        ingest.catalogues().refresh().await?;
        let ended = self.work(&ingest, groups, interrupted).await;
        ingest.drain().await;
        // Where no collector runs beside it, nobody else does.
        self.store.trim_changes(self.outside.site.id).await?;
        ended
    }

    async fn work(
        &mut self,
        ingest: &Ingest,
        mut groups: mpsc::Receiver<Group>,
        interrupted: impl Future<Output = ()>,
    ) -> Result<bool, ImportError> {
        let mut interrupted = std::pin::pin!(interrupted);
        let at_once = match self.store.kind() {
            Kind::Sqlite => 1,
            Kind::Postgres => POSTGRES_WRITERS,
        };
        let mut committing: JoinSet<Result<Committed, ImportError>> = JoinSet::new();
        let mut written = Duration::ZERO;
        let mut failed = None;
        let was_interrupted = loop {
            while committing.len() >= at_once {
                written += self.settle(&mut committing).await?;
            }
            if self.store.kind() == Kind::Sqlite && written > WRITING {
                sleep(PAUSE).await;
                written = Duration::ZERO;
            }
            let group = tokio::select! {
                biased;
                () = &mut interrupted => break true,
                group = groups.recv() => group,
            };
            let Some(mut group) = group else {
                failed = Some(cut_off());
                break false;
            };
            self.left_out(std::mem::take(&mut group.converted.left_out));
            failed = group.failed.take().map(ImportError::Refused);
            let is_last = group.is_last;
            committing.spawn(store(ingest.clone(), self.outside.site.clone(), group));
            if is_last {
                break false;
            }
        };
        while !committing.is_empty() {
            self.settle(&mut committing).await?;
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(was_interrupted),
        }
    }

    /// Waits for a group and counts it; gives how long it took.
    async fn settle(
        &mut self,
        committing: &mut JoinSet<Result<Committed, ImportError>>,
    ) -> Result<Duration, ImportError> {
        let Some(committed) = committing.join_next().await else {
            return Ok(Duration::ZERO);
        };
        let committed = committed.map_err(|error| ImportError::Refused(error.to_string()))??;
        self.note(&committed.rejects)?;
        self.done.rows += committed.rows;
        self.done.bytes = self.done.bytes.max(committed.bytes);
        self.done.new += committed.new;
        self.done.known += committed.known;
        self.told.at(self.done.rows, self.done.bytes);
        Ok(committed.took)
    }

    fn note(&mut self, rejects: &[Reject]) -> Result<(), ImportError> {
        for reject in rejects {
            self.rejects.take(reject)?;
            self.told.rejected(reject, self.rejects.count());
        }
        Ok(())
    }

    fn left_out(&mut self, fields: BTreeMap<String, u64>) {
        for (field, count) in fields {
            *self.done.left_out.entry(field).or_default() += count;
        }
    }
}

/// The reading thread is gone without a word.
fn cut_off() -> ImportError {
    ImportError::Refused("the reading broke off; what was stored stays".to_owned())
}

/// Stores a group.
async fn store(
    ingest: Ingest,
    site: crate::store::sites::Site,
    group: Group,
) -> Result<Committed, ImportError> {
    let began = Instant::now();
    let Group {
        converted,
        places,
        mut rejects,
        rows,
        bytes,
        ..
    } = group;
    // A presence has no row, so nobody can say whether it is new.
    let count = |fact: &Fact| fact.kind != ItemKind::PagePing;
    let counted: Vec<bool> = converted.facts.iter().map(count).collect();
    let lines = ingest
        .submit_facts(&site, converted.facts)
        .await
        .map_err(|error| match error {
            IngestError::ShuttingDown => ImportError::Refused("the writer has ended".to_owned()),
            other => ImportError::Refused(other.to_string()),
        })?;
    let (mut new, mut known) = (0, 0);
    for ((line, counts), place) in lines.iter().zip(counted).zip(places) {
        match line.status {
            Status::Accepted => new += u64::from(counts),
            Status::Duplicate => known += u64::from(counts),
            Status::Dropped => rejects.push(Reject {
                place,
                field: line.field.clone().unwrap_or_else(|| "row".to_owned()),
                message: dropped(line),
                text: None,
            }),
            Status::Retry => {
                let message = "the database does not answer; what was stored before stays, and the same import again goes on from there";
                return Err(ImportError::Refused(message.to_owned()));
            }
        }
    }
    Ok(Committed {
        rejects,
        rows,
        bytes,
        new,
        known,
        took: began.elapsed(),
    })
}

/// Why an item was dropped that could be read.
fn dropped(line: &ItemAnswer) -> String {
    let reason = line.reason.map_or("rejected", outcome::reason_name);
    format!("{reason}, by the site's catalogue or the database")
}
