//! `collector export`: items, sessions or journeys of a site, as a file or to what reads the output.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;

use super::{ACTOR, CommandError, sites};
use crate::clock;
use crate::export::{Days, Export, ExportError, Format, What, file};
use crate::store::audit::By;
use crate::store::{Bots, Store};

/// `collector export …`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = HELP)]
pub struct ExportArguments {
    /// The site's id, as `sites list` prints it
    pub site: i64,
    /// What to write: items by when they happened, sessions by when they began, journeys by when they were last seen
    #[arg(long, value_name = "WHAT")]
    pub what: What,
    /// The first day, in the site's time zone; without it, from the beginning
    #[arg(long, value_name = "DAY")]
    pub from: Option<Date>,
    /// The last day; without it, until now
    #[arg(long, value_name = "DAY")]
    pub to: Option<Date>,
    /// How
    #[arg(long, default_value = "csv")]
    pub format: Format,
    /// exclude, include or only [default: exclude]
    #[arg(long, value_name = "BOTS")]
    pub bots: Option<Bots>,
    /// Where to; what has the name is replaced once all is written. - is the output
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub to_file: PathBuf,
}

const HELP: &str = "\
Examples:
  collector export 1 --what events --from 2026-03-01 --to 2026-03-31 --format parquet --to-file march.parquet
  collector export 1 --what journeys --format jsonl | gzip > journeys.jsonl.gz";

impl From<ExportError> for CommandError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => Self::Store(error),
            ExportError::Days(unfit) => {
                Self::Argument(format!("{}: {}", unfit.field, unfit.message))
            }
            other => Self::Refused(other.to_string()),
        }
    }
}

pub(super) async fn run(
    arguments: &ExportArguments,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let site = sites::find(store, arguments.site).await?;
    let export = Export {
        site_id: site.id,
        what: arguments.what,
        days: Days {
            from: arguments.from,
            to: arguments.to,
        },
        bots: arguments.bots.unwrap_or_default(),
        format: arguments.format,
    };
    let by = By {
        actor: ACTOR,
        now: clock::now(),
    };
    let mut walk = export.begin(store, &site, by).await?;
    let path = &arguments.to_file;
    if path != Path::new("-") {
        let rows = file::write(walk, path).await?;
        writeln!(out, "{rows} rows in {}", path.display())?;
        return Ok(());
    }
    while let Some(bytes) = walk.next().await? {
        out.write_all(&bytes)?;
    }
    out.flush()?;
    Ok(())
}
