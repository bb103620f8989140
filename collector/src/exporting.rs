//! Writing each site's days to a folder, once they are over: when, where, and again where something came late.
//!
//! A day is written some hours after the site's midnight. What was written stands in the database, so a restart neither repeats
//! nor forgets a day, and days of a time in which nothing ran are made up for. For some days more each is looked at again and
//! written again, whole, if it has changed (`docs/decisions/0026-…`). Of several collectors one is at it. How rows are written is
//! [`crate::export`]'s.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Span as Time, Timestamp, ToSpan};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock;
use crate::config::Config;
use crate::export::{Days, Export, ExportError, Format, What, days, file};
use crate::store::audit::By;
use crate::store::exports::Span;
use crate::store::schedules::{ExportedDay, Schedule};
use crate::store::sites::Site;
use crate::store::{Bots, Store};

/// How often it looks whether a day is over.
const LOOK: Duration = Duration::from_secs(60);
/// How often who writes a day says so.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// Who it is in the audit log.
const ACTOR: &str = "collector";

/// What is written where, and when.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The folder.
    pub folder: PathBuf,
    /// What is written.
    pub what: Vec<What>,
    /// How.
    pub format: Format,
    /// How long after its end a day is written.
    pub grace: Duration,
    /// How many days a day that has been written is looked at again, for what comes late.
    pub late_days: u32,
    /// The time between two looks at a day that has been written.
    pub again: Duration,
}

impl Plan {
    /// The usual one, for this folder.
    pub fn of(folder: PathBuf) -> Self {
        Self {
            folder,
            what: What::ALL.to_vec(),
            format: Format::Parquet,
            grace: Duration::from_secs(6 * 60 * 60),
            late_days: 7,
            again: Duration::from_secs(24 * 60 * 60),
        }
    }

    /// The last day that is over for long enough.
    fn last(&self, now: i64, site: &Site) -> Option<Date> {
        let over = now.checked_sub(millis(self.grace))?;
        let over = Timestamp::from_millisecond(over).ok()?;
        let today = over.to_zoned(days::zone(&site.time_zone)).date();
        today.yesterday().ok()
    }

    /// The file of a day, in folders that readers of partitioned files know.
    fn file(&self, schedule: Schedule, day: &str, format: &str) -> PathBuf {
        let Schedule { site_id, what } = schedule;
        self.folder
            .join(what)
            .join(format!("site={site_id}"))
            .join(format!("day={day}"))
            .join(format!("{what}.{format}"))
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Writes days, until it is told to stop.
#[derive(Debug)]
pub(crate) struct Exporter {
    store: Store,
    plan: Option<Plan>,
}

/// Somebody else writes.
struct Taken;

impl Exporter {
    pub(crate) fn new(store: Store, config: &Config) -> Arc<Self> {
        let plan = config.export.clone();
        Arc::new(Self { store, plan })
    }

    /// Works until `stopping` is cancelled.
    pub(crate) async fn run(self: Arc<Self>, stopping: CancellationToken) {
        let Some(plan) = &self.plan else {
            return;
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = self.work(plan) => {}
        }
    }

    async fn work(&self, plan: &Plan) {
        let mut is_known = false;
        loop {
            let done = self.look(plan).await;
            if let Err(error) = &done
                && !is_known
            {
                tracing::warn!(%error, "a day cannot be exported, which is tried again");
            }
            is_known = done.is_err();
            tokio::time::sleep(LOOK.min(plan.again)).await;
        }
    }

    async fn look(&self, plan: &Plan) -> Result<(), ExportError> {
        for site in self.store.sites().await? {
            for what in &plan.what {
                self.look_at(plan, &site, *what).await?;
            }
        }
        Ok(())
    }

    async fn look_at(&self, plan: &Plan, site: &Site, what: What) -> Result<(), ExportError> {
        let now = clock::now();
        let Some(last) = plan.last(now, site) else {
            return Ok(());
        };
        let schedule = Schedule {
            site_id: site.id,
            what: what.as_str(),
        };
        if self.due(plan, site, schedule, last).await?.is_empty() {
            return Ok(());
        }
        let holder = Uuid::now_v7();
        if !self.store.hold_export(schedule, holder, now).await? {
            return Ok(());
        }
        // Whoever had it before may have written what was due a moment ago.
        let written = match self.due(plan, site, schedule, last).await {
            Ok(days) => self.write_all(plan, site, what, days, holder).await,
            Err(error) => Err(error),
        };
        // Also after a failure, so that whoever looks next need not wait.
        self.store.let_export_go(schedule, holder).await?;
        written
    }

    /// The days that have to be written, with how.
    async fn due(
        &self,
        plan: &Plan,
        site: &Site,
        schedule: Schedule,
        last: Date,
    ) -> Result<Vec<(Date, Format)>, ExportError> {
        let next = self.store.next_export(schedule, &last.to_string()).await?;
        let next: Date = next
            .parse()
            .map_err(|_| ExportError::Format(format!("the day {next}")))?;
        let mut days = self.changed(plan, site, schedule, last).await?;
        let new = std::iter::successors(Some(next), |day| day.tomorrow().ok());
        days.extend(
            new.take_while(|day| *day <= last)
                .map(|day| (day, plan.format)),
        );
        Ok(days)
    }

    async fn write_all(
        &self,
        plan: &Plan,
        site: &Site,
        what: What,
        days: Vec<(Date, Format)>,
        holder: Uuid,
    ) -> Result<(), ExportError> {
        let schedule = Schedule {
            site_id: site.id,
            what: what.as_str(),
        };
        for day in days {
            let written = self.write(plan, site, what, day, holder);
            if self.held(schedule, holder, written).await?.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Days that have been written and are others by now, with how they were written.
    async fn changed(
        &self,
        plan: &Plan,
        site: &Site,
        schedule: Schedule,
        last: Date,
    ) -> Result<Vec<(Date, Format)>, ExportError> {
        let mut changed = Vec::new();
        let Ok(since) = last.checked_sub(Time::new().days(plan.late_days)) else {
            return Ok(changed);
        };
        let since = since.saturating_add(1.day()).to_string();
        let now = clock::now();
        for written in self.store.exported_days(schedule, &since).await? {
            if now < written.looked_at.saturating_add(millis(plan.again)) {
                continue;
            }
            let (Ok(day), Ok(format)) = (written.day.parse::<Date>(), written.format.parse())
            else {
                continue;
            };
            let span = span_of(site, day)?;
            if !self.is_whole(site, span).await? {
                continue;
            }
            if self.store.export_mark(schedule, span).await? == written.mark {
                self.store
                    .day_was_looked_at(schedule, &written.day, now)
                    .await?;
            } else {
                changed.push((day, format));
            }
        }
        Ok(changed)
    }

    /// Whether nothing of a day has gone for its age. A file has more of one that is not.
    async fn is_whole(&self, site: &Site, span: Span) -> Result<bool, ExportError> {
        let classes = self.store.classes(site.id).await?;
        let from = span.from.unwrap_or(i64::MIN);
        Ok(classes.all().all(|class| class.kept_from <= from))
    }

    /// Does some work while the schedule is held.
    async fn held<T>(
        &self,
        schedule: Schedule,
        holder: Uuid,
        work: impl Future<Output = Result<T, ExportError>>,
    ) -> Result<Result<T, Taken>, ExportError> {
        // Beside the work and not between its steps: a step may wait for what the work has in its hands.
        let signs = async {
            loop {
                tokio::time::sleep(SIGN_OF_LIFE).await;
                let held = self.store.hold_export(schedule, holder, clock::now());
                if !held.await? {
                    return Ok(Err(Taken));
                }
            }
        };
        tokio::select! {
            done = work => Ok(Ok(done?)),
            lost = signs => lost,
        }
    }

    async fn write(
        &self,
        plan: &Plan,
        site: &Site,
        what: What,
        (day, format): (Date, Format),
        holder: Uuid,
    ) -> Result<(), ExportError> {
        let schedule = Schedule {
            site_id: site.id,
            what: what.as_str(),
        };
        // Before the rows: what changes while they are read is seen at the next look.
        let mark = self
            .store
            .export_mark(schedule, span_of(site, day)?)
            .await?;
        let now = clock::now();
        let export = Export {
            site_id: site.id,
            what,
            days: Days::one(day),
            bots: Bots::Exclude,
            format,
        };
        let by = By { actor: ACTOR, now };
        let path = plan.file(schedule, &day.to_string(), format.as_str());
        make_folder(&path)?;
        let walk = export.begin(&self.store, site, by).await?;
        let rows = file::write(walk, &path).await?;
        let written = ExportedDay {
            day: day.to_string(),
            format: format.as_str().to_owned(),
            row_count: i64::try_from(rows).unwrap_or(i64::MAX),
            mark,
            written_at: now,
            looked_at: now,
        };
        let next = day.saturating_add(1.day()).to_string();
        self.store
            .day_was_exported(schedule, holder, &written, &next)
            .await?;
        tracing::info!(site = site.id, %what, %day, rows, "a day was exported");
        Ok(())
    }
}

/// A day of a site, without bots.
fn span_of(site: &Site, day: Date) -> Result<Span, ExportError> {
    let (from, to) = Days::one(day).bounds(&days::zone(&site.time_zone))?;
    Ok(Span {
        from,
        to,
        bots: Bots::Exclude,
    })
}

fn make_folder(path: &Path) -> Result<(), ExportError> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(|error| ExportError::File {
        path: folder.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(time_zone: &str) -> Site {
        Site {
            id: 3,
            workspace: 1,
            name: String::new(),
            key: String::new(),
            origins: Vec::new(),
            time_zone: time_zone.to_owned(),
            server_key_required: false,
            renew_cookie: false,
            cookie_domain: None,
            currency: None,
            is_demo: false,
            created_at: 0,
        }
    }

    #[test]
    fn a_day_is_over_some_hours_after_the_sites_midnight() {
        let plan = Plan::of("exports".into());
        let last = |text: &str, zone: &str| {
            let now: Timestamp = text.parse().unwrap();
            let last = plan.last(now.as_millisecond(), &site(zone));
            last.unwrap().to_string()
        };
        assert_eq!(last("2026-03-02T05:59:59Z", "UTC"), "2026-02-28");
        assert_eq!(last("2026-03-02T06:00:00Z", "UTC"), "2026-03-01");
        assert_eq!(last("2026-03-02T04:59:59Z", "Europe/Berlin"), "2026-02-28");
        assert_eq!(last("2026-03-02T05:00:00Z", "Europe/Berlin"), "2026-03-01");
    }

    #[test]
    fn files_are_in_folders_of_their_site_and_day() {
        let plan = Plan::of("exports".into());
        let schedule = Schedule {
            site_id: 3,
            what: "events",
        };
        assert_eq!(
            plan.file(schedule, "2026-03-01", "parquet"),
            Path::new("exports/events/site=3/day=2026-03-01/events.parquet")
        );
    }
}
