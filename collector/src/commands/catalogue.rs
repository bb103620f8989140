//! `collector catalogue …`

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::Value;

use super::{ACTOR, CommandError, moment, sites, text};
use crate::catalogue::{Document, Mode};
use crate::site_catalogue::{self, CatalogueError, Changes};
use crate::store::Store;

/// `collector catalogue …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum CatalogueCommand {
    /// Print a site's document
    Get {
        /// The site's id, as `sites list` prints it
        site: i64,
    },
    /// Set a site's document, or what becomes of events that it does not describe; what is not named stays as it is
    Set {
        /// The site's id, as `sites list` prints it
        site: i64,
        /// The document, such as waymark.events.json; - for what is typed or piped in
        #[arg(long, value_name = "PATH", required_unless_present = "mode")]
        file: Option<PathBuf>,
        /// off: nobody asks it; flag: store such an event, count it and say so; reject: drop it into the inbox
        #[arg(long, value_name = "MODE")]
        mode: Option<Mode>,
    },
    /// Look at a document, and say what is wrong with it
    Check {
        /// The document; - for what is typed or piped in
        file: PathBuf,
    },
    /// Print the events that were not as a site's catalogue says: how many, last seen, problem, event, field
    Unknown {
        /// The site's id, as `sites list` prints it
        site: i64,
    },
    /// Add an event to a site's document, with any properties
    Adopt {
        /// The site's id, as `sites list` prints it
        site: i64,
        /// The event's name
        name: String,
    },
}

pub(super) async fn run(
    command: &CatalogueCommand,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    match command {
        CatalogueCommand::Get { site } => {
            let site = sites::find(store, *site).await?;
            let stored = site_catalogue::current(store, site.id).await?;
            let text = stored.document.ok_or_else(|| {
                CommandError::Refused(format!("site {} has no catalogue", site.id))
            })?;
            let value: Value = serde_json::from_str(&text).map_err(std::io::Error::from)?;
            let pretty = serde_json::to_string_pretty(&value).map_err(std::io::Error::from)?;
            writeln!(out, "{pretty}")?;
        }
        CatalogueCommand::Set { site, file, mode } => {
            let site = sites::find(store, *site).await?;
            let document = file.as_deref().map(read).transpose()?;
            let changes = Changes {
                mode: *mode,
                document: document.map(|document| Some(document.as_json().clone())),
            };
            let stored = site_catalogue::change(store, site.id, changes, ACTOR).await?;
            let events = site_catalogue::events(&stored);
            writeln!(out, "Site {}: {}", site.id, site.name)?;
            writeln!(
                out,
                "Catalogue, revision {}: {events} events",
                stored.revision
            )?;
            writeln!(out, "What it does not describe is {}.", fate(stored.mode))?;
        }
        CatalogueCommand::Check { file } => check(file, out)?,
        CatalogueCommand::Unknown { site } => {
            let site = sites::find(store, *site).await?;
            for found in store.findings(site.id).await? {
                let last = moment(found.last_seen);
                writeln!(
                    out,
                    "{}\t{last}\t{}\t{}\t{}",
                    found.count, found.problem, found.name, found.field
                )?;
            }
        }
        CatalogueCommand::Adopt { site, name } => {
            let site = sites::find(store, *site).await?;
            let stored = site_catalogue::adopt(store, site.id, name, ACTOR).await?;
            writeln!(
                out,
                "{name} is in the catalogue of site {}, revision {}.",
                site.id, stored.revision
            )?;
        }
    }
    Ok(())
}

/// `collector catalogue check`, which needs no database.
///
/// # Errors
/// [`CommandError`] that says what is wrong with the document, and where.
pub fn check(file: &Path, out: &mut impl Write) -> Result<(), CommandError> {
    let document = read(file)?;
    writeln!(out, "Good: {} events.", document.events())?;
    Ok(())
}

fn fate(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => {
            "stored; nobody asks the catalogue (--mode flag or --mode reject changes that)"
        }
        Mode::Flag => "stored, counted and named in the answer",
        Mode::Reject => "dropped into the inbox",
    }
}

/// Reads and checks a document.
fn read(path: &Path) -> Result<Document, CommandError> {
    let text = text(path)?;
    let document = Document::read(&text)
        .and_then(|document| site_catalogue::check(document.as_json().clone()));
    document.map_err(|unfit| CommandError::Refused(format!("{}: {unfit}", path.display())))
}

impl From<CatalogueError> for CommandError {
    fn from(error: CatalogueError) -> Self {
        match error {
            CatalogueError::Store(error) => Self::Store(error),
            CatalogueError::Mode(message) => Self::Argument(format!("mode: {message}")),
            other => Self::Refused(other.to_string()),
        }
    }
}
