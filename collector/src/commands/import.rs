//! `collector import …`: history from files, from another PostgreSQL, and from the exports of other tools.
//!
//! Works on the database directly, also while a collector runs on it. What a row means is [`crate::ingest::import`]'s; here
//! are the arguments, the reading, the progress, and what is said at the end.

mod kept;
mod plausible;
pub(super) mod progress;
mod rejects;
pub(super) mod source;
mod work;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::tz::TimeZone;

use self::source::{Opened, Source};
use super::CommandError;
use crate::clock;
use crate::ingest::import::ga4::Ga4;
use crate::ingest::import::sessions::Sessions;
use crate::ingest::import::umami::Umami;
use crate::ingest::import::{Convert, Mapping, Outside};
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

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Values with commas between, under a line with the columns' names.
    Csv,
    /// A JSON object on each line.
    Jsonl,
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
    #[arg(long, default_value = ",", value_parser = delimiter)]
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

fn delimiter(text: &str) -> Result<char, String> {
    match text {
        "\\t" | "tab" => Ok('\t'),
        _ => match text.chars().next() {
            Some(one) if text.len() == 1 => Ok(one),
            _ => Err("has to be one ASCII character, or tab".to_owned()),
        },
    }
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
    let (sources, converter) = match command {
        ImportCommand::Sessions(arguments) => sessions(arguments, &outside, out).await?,
        ImportCommand::Ga4(Ga4Arguments { files, .. }) => {
            let mut sources: Vec<Box<dyn Source>> = Vec::new();
            for file in files {
                sources.push(Box::new(source::Lines::new(Opened::of(file)?)));
            }
            let converter: Box<dyn Convert> = Box::new(Ga4::new(outside.clone()));
            (sources, converter)
        }
        ImportCommand::Umami(arguments) => umami(arguments, &outside)?,
        ImportCommand::Plausible(arguments) => {
            return plausible::run(arguments, store, outside.site.id, out).await;
        }
    };
    work::Work {
        store,
        outside,
        sources,
        converter,
        dry_run: common.dry_run,
        rejects: common.rejects.clone(),
    }
    .run(out)
    .await
}

/// Where rows come from, and what makes facts of them.
type Way = (Vec<Box<dyn Source>>, Box<dyn Convert>);

async fn sessions(
    arguments: &SessionsArguments,
    outside: &Outside,
    out: &mut (impl Write + Send),
) -> Result<Way, CommandError> {
    let source: Box<dyn Source> =
        match (&arguments.from_postgres, &arguments.query, &arguments.file) {
            (Some(url), Some(query), _) => {
                let foreign = Foreign::open(url, query)
                    .await
                    .map_err(|error| CommandError::Refused(error.to_string()))?;
                let total = foreign.total();
                let texts = foreign.texts();
                tokio::task::spawn_blocking(move || source::Json::of_query(texts, total))
                    .await
                    .map_err(|error| CommandError::Refused(error.to_string()))??
            }
            (_, _, Some(file)) => {
                let format = match arguments.format {
                    Some(format) => format,
                    None => source::format_of(file).ok_or_else(|| {
                        let message = "format: The file's name does not tell; give csv or jsonl.";
                        CommandError::Argument(message.to_owned())
                    })?,
                };
                let opened = Opened::of(file)?;
                match format {
                    Format::Csv => Box::new(source::Csv::new(opened, arguments.delimiter)?),
                    Format::Jsonl => Box::new(source::Json::of_file(opened)?),
                }
            }
            _ => {
                let message = "query: Give the SELECT whose rows are sessions.";
                return Err(CommandError::Argument(message.to_owned()));
            }
        };
    let mapping = Mapping::find(&arguments.map, source.columns(), &outside.stages)
        .map_err(|error| CommandError::Argument(error.to_string()))?;
    writeln!(out, "Read from the columns:")?;
    for line in mapping.lines() {
        writeln!(out, "  {line}")?;
    }
    let converter = Box::new(Sessions::new(outside.clone(), mapping));
    Ok((vec![source], converter))
}

fn umami(arguments: &UmamiArguments, outside: &Outside) -> Result<Way, CommandError> {
    let source = source::Csv::new(Opened::of(&arguments.file)?, ',')?;
    let missing = |file: &PathBuf, name: &str, columns: &[String]| {
        CommandError::Refused(format!(
            "{}: there is no column \"{name}\"; there are {}",
            file.display(),
            columns.join(", ")
        ))
    };
    let mut converter = Umami::new(outside.clone(), source.columns())
        .map_err(|name| missing(&arguments.file, name, source.columns()))?;
    if let Some(file) = &arguments.sessions {
        let mut sessions = source::Csv::new(Opened::of(file)?, ',')?;
        let columns = sessions.columns().to_vec();
        if !columns.iter().any(|column| column == "session_id") {
            return Err(missing(file, "session_id", &columns));
        }
        while let Some(record) = sessions.next() {
            let record = record.map_err(|unreadable| {
                CommandError::Refused(format!("{}: {unreadable}", file.display()))
            })?;
            converter.know_session(&columns, &record);
        }
    }
    Ok((vec![Box::new(source)], Box::new(converter)))
}

async fn outside(common: &Common, store: &Store) -> Result<Outside, CommandError> {
    let site = find(&common.site, store).await?;
    let zone = TimeZone::get(&common.time_zone).map_err(|_| {
        let message = "time-zone: There is no such zone; give an IANA name such as Europe/Berlin.";
        CommandError::Argument(message.to_owned())
    })?;
    if site.is_demo {
        let message =
            "site: This is a demo site, of which everything is made up; it takes nothing in.";
        return Err(CommandError::Argument(message.to_owned()));
    }
    Ok(Outside {
        stages: store.stages(site.id),
        site,
        zone,
        now: clock::now(),
    })
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
