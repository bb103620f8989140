//! `collector import …`: history from files, from another PostgreSQL, and from the exports of other tools.
//!
//! Works on the database directly, also while a collector runs on it. What a row means is [`crate::ingest::import`]'s; here
//! are the arguments, the progress, and what is said at the end; the reading and storing is [`crate::importing`]'s.

pub(super) mod progress;
mod telling;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use self::telling::Telling;
use super::CommandError;
use crate::importing::{
    self, End, Format, ImportError, Into, Json, Opened, Pace, Way, Work, format_of, sums::Sums,
};
use crate::ingest::import::Outside;
use crate::store::Store;
use crate::store::foreign::Foreign;
use crate::store::sites::Site;

/// `collector import …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ImportCommand {
    /// Sessions, a row each: from CSV, from JSON Lines, or by a SELECT from another PostgreSQL
    #[command(after_help = SESSIONS_HELP)]
    Sessions(Box<SessionsArguments>),
    /// Google Analytics 4: the event export of BigQuery (events_YYYYMMDD) as JSON Lines
    #[command(after_help = GA4_HELP)]
    Ga4(Ga4Arguments),
    /// Umami: the export of its events as CSV
    #[command(after_help = UMAMI_HELP)]
    Umami(UmamiArguments),
    /// Plausible: the CSV files of its export, which are sums by day and become no journeys
    #[command(after_help = PLAUSIBLE_HELP)]
    Plausible(PlausibleArguments),
}

const SESSIONS_HELP: &str = "\
Examples:
  collector import sessions visits.csv --site wk_1a2b --dry-run
  collector import sessions visits.csv --site wk_1a2b --map visitor=cookie,started=first_hit --rejects bad.csv
  zcat visits.jsonl.gz | collector import sessions - --format jsonl --site wk_1a2b
  collector import sessions --site wk_1a2b --from-postgres postgres://reader@db/shop \\
      --query 'SELECT s.*, j.signup_at FROM sessions s LEFT JOIN journeys j USING (visitor_id)'

Columns with well-known names are found by themselves; docs/import.md lists them. Ends with 0 when every row is
imported, 3 when some are not (they are named, and go into --rejects), 130 when it was interrupted, 2 for arguments
that cannot be used, 1 when it could not be done. The same command again goes on where one ended: what is stored is
not stored twice.";

const GA4_HELP: &str = "\
Example:
  bq extract --destination_format NEWLINE_DELIMITED_JSON --compression GZIP \\
      'analytics_1234.events_20260131' 'gs://bucket/events_20260131.json.gz'
  collector import ga4 events_*.json.gz --site wk_1a2b --dry-run

Exit codes are those of `collector import sessions`.";

const UMAMI_HELP: &str = "\
Examples:
  collector import umami website_event.csv --site wk_1a2b
  psql umami -c \"COPY (SELECT * FROM website_event WHERE website_id = '…') TO STDOUT CSV HEADER\" > events.csv
  psql umami -c \"COPY (SELECT * FROM session WHERE website_id = '…') TO STDOUT CSV HEADER\" > sessions.csv
  collector import umami events.csv --sessions sessions.csv --site wk_1a2b

Exit codes are those of `collector import sessions`.";

const PLAUSIBLE_HELP: &str = "\
Example:
  unzip export.zip -d plausible
  collector import plausible plausible/imported_*.csv --site wk_1a2b

A file is known by its name, imported_sources_20230209_20240123.csv. Exit codes are those of
`collector import sessions`.";

/// What every import is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Common {
    /// The site whose history it is: its write key, or its id
    #[arg(long, value_name = "KEY")]
    pub site: String,
    /// Say what would be imported, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where rows go that cannot be imported, in the form in which they came
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// The zone of times that name none: an IANA name
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub time_zone: String,
}

/// `collector import sessions …`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SessionsArguments {
    /// The file, plain or gzip; - for what is piped in
    #[arg(
        required_unless_present = "from_postgres",
        conflicts_with = "from_postgres"
    )]
    pub file: Option<PathBuf>,
    /// How it is written, where its name does not tell
    #[arg(long)]
    pub format: Option<Format>,
    /// What stands between the values of a CSV file
    #[arg(long, default_value = ",", value_parser = importing::delimiter)]
    pub delimiter: char,
    /// Another PostgreSQL to read from, instead of a file; its password may stand in PGPASSWORD or ~/.pgpass
    #[arg(long, value_name = "URL", requires = "query")]
    pub from_postgres: Option<String>,
    /// The SELECT whose rows are sessions
    #[arg(long, value_name = "SELECT", requires = "from_postgres")]
    pub query: Option<String>,
    /// Which column says what, such as visitor=visitor_id,started=created_at; an empty column for none
    #[arg(long, value_name = "FIELD=COLUMN", value_delimiter = ',')]
    pub map: Vec<String>,
    /// What every import is told
    #[command(flatten)]
    pub common: Common,
}

/// `collector import ga4 …`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Ga4Arguments {
    /// The files, plain or gzip, in any order; - for what is piped in
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// What every import is told
    #[command(flatten)]
    pub common: Common,
}

/// `collector import umami …`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct UmamiArguments {
    /// The file of events, plain or gzip; - for what is piped in
    pub file: PathBuf,
    /// The file of sessions, where the events do not say browser and country
    #[arg(long, value_name = "FILE")]
    pub sessions: Option<PathBuf>,
    /// What every import is told
    #[command(flatten)]
    pub common: Common,
}

/// `collector import plausible …`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct PlausibleArguments {
    /// The files of the export, out of its zip
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// What every import is told
    #[command(flatten)]
    pub common: Common,
}

impl ImportCommand {
    fn common(&self) -> &Common {
        match self {
            Self::Sessions(arguments) => &arguments.common,
            Self::Ga4(arguments) => &arguments.common,
            Self::Umami(arguments) => &arguments.common,
            Self::Plausible(arguments) => &arguments.common,
        }
    }
}

pub(super) async fn run(
    command: &ImportCommand,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let common = command.common();
    let outside = outside(common, store).await?;
    let way = match command {
        ImportCommand::Sessions(arguments) => sessions(arguments, &outside, out).await?,
        ImportCommand::Ga4(Ga4Arguments { files, .. }) => {
            let files: Result<Vec<Opened>, ImportError> =
                files.iter().map(|file| Opened::of(file)).collect();
            importing::ga4(files?, &outside)
        }
        ImportCommand::Umami(arguments) => {
            let events = arguments.file.display().to_string();
            let events = (events.as_str(), Opened::of(&arguments.file)?);
            let shown = arguments.sessions.as_ref();
            let shown = shown.map(|file| file.display().to_string());
            let sessions = match (&shown, &arguments.sessions) {
                (Some(shown), Some(file)) => Some((shown.as_str(), Opened::of(file)?)),
                _ => None,
            };
            importing::umami(events, sessions, &outside)?
        }
        ImportCommand::Plausible(arguments) => {
            return plausible(arguments, store, outside.site.id, out).await;
        }
    };
    let mut telling = Telling::new(importing::extent(&way.0));
    let report = Work {
        store,
        outside,
        way,
        pace: Pace::Alone,
        dry_run: common.dry_run.then_some(usize::MAX),
        rejects: rejects(common),
    }
    .run(telling::interruption()?, &mut telling)
    .await;
    if let Some(summary) = &report.summary {
        telling::describe(summary, out)?;
    }
    telling::tell(&report, common.dry_run, out)?;
    match report.end {
        End::Failed(error) => Err(error.into()),
        End::Interrupted => Err(telling::interrupted(report.rows)),
        End::Done if report.rejected > 0 => Err(CommandError::BadRows(report.rejected)),
        End::Done => Ok(()),
    }
}

fn rejects(common: &Common) -> Into {
    match &common.rejects {
        Some(path) => Into::Named(path.clone()),
        None => Into::Nothing,
    }
}

async fn sessions(
    arguments: &SessionsArguments,
    outside: &Outside,
    out: &mut (impl Write + Send),
) -> Result<Way, CommandError> {
    let source = match (&arguments.from_postgres, &arguments.query, &arguments.file) {
        (Some(url), Some(query), _) => {
            let foreign = Foreign::open(url, query)
                .await
                .map_err(|error| CommandError::Refused(error.to_string()))?;
            let total = foreign.total();
            let texts = foreign.texts();
            tokio::task::spawn_blocking(move || Json::of_query(texts, total))
                .await
                .map_err(|error| CommandError::Refused(error.to_string()))??
        }
        (_, _, Some(file)) => {
            let format = match arguments.format {
                Some(format) => format,
                None => format_of(file).ok_or_else(|| {
                    let message = "format: The file's name does not tell; give csv or jsonl.";
                    CommandError::Argument(message.to_owned())
                })?,
            };
            importing::session_rows(Opened::of(file)?, format, arguments.delimiter)?
        }
        _ => {
            let message = "query: Give the SELECT whose rows are sessions.";
            return Err(CommandError::Argument(message.to_owned()));
        }
    };
    let (way, lines) = importing::sessions(source, &arguments.map, outside)?;
    writeln!(out, "Read from the columns:")?;
    for line in lines {
        writeln!(out, "  {line}")?;
    }
    Ok(way)
}

/// Files of sums. All of them are looked at before the first row is written.
async fn plausible(
    arguments: &PlausibleArguments,
    store: &Store,
    site_id: i64,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let common = &arguments.common;
    let mut files = Vec::new();
    for file in &arguments.files {
        let name = file.file_name().and_then(|name| name.to_str());
        let shown = file.display().to_string();
        files.push(Sums::open(site_id, name, &shown, Opened::of(file)?)?);
    }
    let (mut rows, mut rejected) = (0, 0);
    for sums in files {
        let dimension = sums.dimension();
        let mut telling = Telling::of_part(dimension);
        let never = std::future::pending();
        let report = sums
            .run(store, common.dry_run, rejects(common), never, &mut telling)
            .await;
        if let End::Failed(error) = report.end {
            return Err(error.into());
        }
        writeln!(
            out,
            "{dimension}: {} rows, {} of them not imported",
            report.rows, report.rejected
        )?;
        rows += report.rows;
        rejected += report.rejected;
    }
    writeln!(out, "{rows} rows read, {rejected} of them not imported.")?;
    if common.dry_run {
        writeln!(out, "Nothing was written.")?;
    }
    match rejected {
        0 => Ok(()),
        rejected => Err(CommandError::BadRows(rejected)),
    }
}

async fn outside(common: &Common, store: &Store) -> Result<Outside, CommandError> {
    let site = find(&common.site, store).await?;
    let zone = importing::zone(&common.time_zone)?;
    Ok(importing::outside(store, site, zone)?)
}

/// The site with this write key or id.
async fn find(text: &str, store: &Store) -> Result<Site, CommandError> {
    let id: Option<i64> = text.parse().ok();
    let sites = store.sites().await?;
    sites
        .into_iter()
        .find(|site| site.key == text || Some(site.id) == id)
        .ok_or_else(|| {
            let message = "site: There is no site with this write key or id; `collector sites list` has them.";
            CommandError::Argument(message.to_owned())
        })
}
