//! The work of an import: one thread reads and makes facts, while the group before is being committed.
//!
//! A group is a transaction. Whatever ends the import, those that are committed stay, and the same command again goes on from
//! there, because what is stored is a duplicate. Memory holds a few groups, however long the source is.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use waymark_protocol::{ItemAnswer, ItemKind, Status};

use super::CommandError;
use super::kept::Kept;
use super::progress::Progress;
use super::rejects::{Reject, Rejects};
use super::source::{Extent, Source, Unreadable};
use crate::commands::moment;
use crate::ingest::import::{Convert, Converted, Outside, Summary};
use crate::ingest::{Ingest, IngestError, IngestOptions};
use crate::journey::Fact;
use crate::live::Feed;
use crate::outcome;
use crate::store::{Kind, Store};

/// Facts of one transaction, roughly: a row is never cut. Enough that pages of the database are written once for many rows, and
/// few enough that a collector on the same SQLite file gets its turn well within its patience.
const GROUP: usize = 10_000;
/// Transactions at a time on PostgreSQL: while one waits for the disk the other one is on its way.
const POSTGRES_WRITERS: usize = 2;
/// A collector on the same SQLite file looks every tenth of a second whether it may write, and would find no gap between
/// transactions that follow one another: after so much writing there is a pause in which it does.
const WRITING: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(120);

/// An import, ready to begin.
pub(super) struct Work<'s> {
    pub(super) store: &'s Store,
    pub(super) outside: Outside,
    pub(super) sources: Vec<Box<dyn Source>>,
    pub(super) converter: Box<dyn Convert>,
    pub(super) dry_run: bool,
    pub(super) rejects: Option<PathBuf>,
}

/// What the reading thread hands over.
#[derive(Default)]
struct Group {
    converted: Converted,
    /// For each fact the place of its row.
    places: Vec<u64>,
    rejects: Vec<Reject>,
    rows: u64,
    bytes: u64,
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
}

impl Work<'_> {
    /// Imports, and prints what came of it.
    pub(super) async fn run(self, out: &mut (impl Write + Send)) -> Result<(), CommandError> {
        let interrupted = interruption()?;
        let extent = extent(&self.sources);
        let head = self.sources.first().and_then(|source| source.head());
        let mut rejects = Rejects::new(self.rejects, head);
        let mut progress = Progress::new(extent);
        let (give, groups) = mpsc::channel(1);
        let (sources, converter) = (self.sources, self.converter);
        let kept = Kept::of(self.store, &self.outside).await?;
        let wants_rows = rejects.wants_rows();
        // It ends when nobody takes its groups any more, unless it waits for what is piped in: nobody waits for that.
        std::thread::Builder::new()
            .name("import-reader".to_owned())
            .spawn(move || read(sources, converter.as_ref(), wants_rows, &kept, &give))?;
        let mut work = Committing {
            store: self.store,
            outside: &self.outside,
            rejects: &mut rejects,
            progress: &mut progress,
            done: Done::default(),
        };
        let ended = if self.dry_run {
            work.summarise(groups, interrupted, out).await
        } else {
            work.commit(groups, interrupted).await
        };
        let done = std::mem::take(&mut work.done);
        progress.finish();
        rejects.finish()?;
        tell(&done, rejects.count(), self.dry_run, out)?;
        match ended? {
            true => Err(CommandError::Interrupted(format!(
                "interrupted after {} rows, all of which are dealt with; the same command goes on from there",
                done.rows
            ))),
            false if rejects.count() > 0 => Err(CommandError::BadRows(rejects.count())),
            false => Ok(()),
        }
    }
}

fn extent(sources: &[Box<dyn Source>]) -> Option<Extent> {
    let mut bytes = 0;
    for source in sources {
        match source.extent()? {
            Extent::Bytes(own) => bytes += own,
            rows @ Extent::Rows(_) => return Some(rows),
        }
    }
    Some(Extent::Bytes(bytes))
}

/// Is ready when somebody wants the import to end. From here on a signal does not end the process at once.
fn interruption() -> Result<impl Future<Output = ()>, CommandError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Reads all sources, until nobody takes what was read.
fn read(
    sources: Vec<Box<dyn Source>>,
    converter: &dyn Convert,
    wants_rows: bool,
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
                    if let Err(bad) = converter.convert(&record, &mut group.converted) {
                        group.rejects.push(Reject {
                            place: record.place,
                            why: bad.to_string(),
                            text: wants_rows.then(|| source.text(&record)),
                        });
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
                    group.rejects.push(Reject {
                        place,
                        why: format!("row: {message}"),
                        text: text.filter(|_| wants_rows),
                    });
                }
                Err(Unreadable::End(message)) => {
                    group.failed = Some(message);
                    group.is_last = true;
                    group.bytes = before + source.bytes_read();
                    let _ = give.blocking_send(group);
                    return;
                }
            }
            if group.places.len() >= GROUP || group.rejects.len() >= GROUP {
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

/// The taking of groups.
struct Committing<'w> {
    store: &'w Store,
    outside: &'w Outside,
    rejects: &'w mut Rejects,
    progress: &'w mut Progress,
    done: Done,
}

impl Committing<'_> {
    /// Counts and stores nothing; whether it was interrupted.
    async fn summarise(
        &mut self,
        mut groups: mpsc::Receiver<Group>,
        interrupted: impl Future<Output = ()>,
        out: &mut (impl Write + Send),
    ) -> Result<bool, CommandError> {
        let mut interrupted = std::pin::pin!(interrupted);
        let mut summary = Summary::default();
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
            self.progress.at(self.done.rows, self.done.bytes);
            if let Some(message) = failed {
                return Err(CommandError::Refused(message));
            }
            if is_last {
                break;
            }
        }
        self.progress.finish();
        describe(&summary, out)?;
        Ok(false)
    }

    /// Stores; whether it was interrupted.
    async fn commit(
        &mut self,
        groups: mpsc::Receiver<Group>,
        interrupted: impl Future<Output = ()>,
    ) -> Result<bool, CommandError> {
        self.store.expect_bulk().await?;
        let live = Feed::new(1);
        let options = IngestOptions {
            queue_items: usize::MAX,
            queue_bytes: usize::MAX,
            commit_items: GROUP,
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
    ) -> Result<bool, CommandError> {
        let mut interrupted = std::pin::pin!(interrupted);
        let at_once = match self.store.kind() {
            Kind::Sqlite => 1,
            Kind::Postgres => POSTGRES_WRITERS,
        };
        let mut committing: JoinSet<Result<Committed, CommandError>> = JoinSet::new();
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
            failed = group.failed.take().map(CommandError::Refused);
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
        committing: &mut JoinSet<Result<Committed, CommandError>>,
    ) -> Result<Duration, CommandError> {
        let Some(committed) = committing.join_next().await else {
            return Ok(Duration::ZERO);
        };
        let committed = committed.map_err(|error| CommandError::Refused(error.to_string()))??;
        self.note(&committed.rejects)?;
        self.done.rows += committed.rows;
        self.done.bytes = self.done.bytes.max(committed.bytes);
        self.done.new += committed.new;
        self.done.known += committed.known;
        self.progress.at(self.done.rows, self.done.bytes);
        Ok(committed.took)
    }

    fn note(&mut self, rejects: &[Reject]) -> Result<(), CommandError> {
        for reject in rejects {
            if let Some(line) = self.rejects.take(reject)? {
                self.progress.note(&line);
            }
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
fn cut_off() -> CommandError {
    CommandError::Refused("the reading broke off; what was stored stays".to_owned())
}

/// Stores a group.
async fn store(
    ingest: Ingest,
    site: crate::store::sites::Site,
    group: Group,
) -> Result<Committed, CommandError> {
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
            IngestError::ShuttingDown => CommandError::Refused("the writer has ended".to_owned()),
            other => CommandError::Refused(other.to_string()),
        })?;
    let (mut new, mut known) = (0, 0);
    for ((line, counts), place) in lines.iter().zip(counted).zip(places) {
        match line.status {
            Status::Accepted => new += u64::from(counts),
            Status::Duplicate => known += u64::from(counts),
            Status::Dropped => rejects.push(Reject {
                place,
                why: dropped(line),
                text: None,
            }),
            Status::Retry => {
                let message = "the database does not answer; what was stored before stays, and the same command goes on from there";
                return Err(CommandError::Refused(message.to_owned()));
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
    let field = line.field.as_deref().unwrap_or("row");
    let reason = line.reason.map_or("rejected", outcome::reason_name);
    format!("{field}: {reason}, by the site's catalogue or the database")
}

fn tell(
    done: &Done,
    rejected: u64,
    dry_run: bool,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    writeln!(
        out,
        "{} rows read, {rejected} of them not imported.",
        done.rows
    )?;
    for (field, count) in &done.left_out {
        writeln!(
            out,
            "{field} could not be read and was left out of {count} rows."
        )?;
    }
    if dry_run {
        writeln!(out, "Nothing was written.")?;
    } else {
        let (new, known) = (done.new, done.known);
        writeln!(
            out,
            "{} items: {new} new, {known} there already.",
            new + known
        )?;
    }
    Ok(())
}

fn describe(summary: &Summary, out: &mut impl Write) -> Result<(), CommandError> {
    writeln!(
        out,
        "{} visitors, {} sessions",
        summary.visitors(),
        summary.sessions()
    )?;
    if let Some((first, last)) = summary.times() {
        writeln!(out, "from {} to {}", moment(first), moment(last))?;
    }
    for (kind, count) in summary.kinds() {
        writeln!(out, "  {kind}: {count}")?;
    }
    for (name, count) in summary.milestones() {
        writeln!(out, "  {name}: {count}")?;
    }
    writeln!(out, "Sessions by channel:")?;
    for (channel, count) in summary.channels() {
        writeln!(out, "  {channel}: {count}")?;
    }
    Ok(())
}
