//! The commands that are not `serve`, one file for each noun.
//!
//! Those on sites, their catalogues, stages and rates, keys, share links and people work on the database directly, also while a collector runs on it, which knows of a
//! change within two seconds. Everything they print is for the operator's terminal; a secret is printed once, here, and
//! never logged.

mod backup;
mod catalogue;
mod check;
mod db;
mod destinations;
mod export;
mod geo;
mod import;
mod keys;
mod migrate;
mod persons;
mod privacy;
mod rates;
mod retention;
mod shares;
mod sites;
mod stages;
mod users;
mod verify;
mod workspaces;
mod write;

use std::io::{Read, Write};
use std::path::Path;

use clap::Subcommand;

pub use backup::{BackupArguments, BackupError, RestoreArguments, backup, restore};
pub use catalogue::{CatalogueCommand, check as check_catalogue};
pub use check::{CheckArguments, check};
pub use db::DbCommand;
pub use destinations::{DestinationsCommand, One as OneDestination, Wanted as DestinationWants};
pub use export::ExportArguments;
pub use geo::{GeoCommand, run as geo};
pub use import::{
    Common, Ga4Arguments, ImportCommand, PlausibleArguments, SessionsArguments, UmamiArguments,
};
pub use keys::KeysCommand;
pub use migrate::{MigrateArguments, MigrateError, migrate};
pub use persons::PersonsCommand;
pub use privacy::PrivacyCommand;
pub use rates::RatesCommand;
pub use retention::RetentionArguments;
pub use shares::{SharesCommand, Shown};
pub use sites::SitesCommand;
pub use stages::StagesCommand;
pub use users::UsersCommand;
pub(crate) use users::setup_link;
pub use verify::VerifyArguments;
pub use workspaces::WorkspacesCommand;
pub(crate) use write::queue;
pub use write::{Partitions, WriteArguments, again};

use crate::clock::moment;
use crate::config::Config;
use crate::credentials::CredentialError;
use crate::http::invitations::InvitationError;
use crate::http::keys::KeyError;
pub use crate::importing::Format;
use crate::importing::ImportError;
use crate::site_rules::SiteError;
use crate::site_shares::ShareError;
use crate::store::{Store, StoreError};

/// Who changed something, in the audit log.
const ACTOR: &str = "cli";

/// What the program is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Take events and answer questions (this is what it does without a command)
    Serve,
    /// Take items from the queue and commit them; any number of these may work side by side (docs/queue.md)
    Write(WriteArguments),
    /// Workspaces: sites that belong together, and nobody of another one sees (docs/access.md)
    #[command(subcommand)]
    Workspaces(WorkspacesCommand),
    /// Sites: whose pages may send
    #[command(subcommand)]
    Sites(SitesCommand),
    /// Event catalogues: which events a site has, and what their properties look like (docs/catalogue.md)
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Milestones and stages: what leads where, and what another definition would change (docs/stages.md)
    #[command(subcommand)]
    Stages(StagesCommand),
    /// Rates of exchange: what money in other currencies is in a site's own (docs/revenue.md)
    #[command(subcommand)]
    Rates(RatesCommand),
    /// Keys of machines: API keys may do what their scopes say, server keys may send
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Links by which somebody without a sign-in reads of one site (docs/security.md)
    #[command(subcommand)]
    Shares(SharesCommand),
    /// Persons among the visitors: who they are, and which ids mean one of them (docs/identity.md)
    #[command(subcommand)]
    Persons(PersonsCommand),
    /// Everything of a person, and its end; how long things are kept, and what is stored where (docs/privacy-operations.md)
    #[command(subcommand)]
    Privacy(PrivacyCommand),
    /// History: sessions from files or another PostgreSQL, and what other tools export (docs/import.md)
    #[command(subcommand)]
    Import(ImportCommand),
    /// Items, sessions or journeys as CSV, JSON Lines or Parquet (docs/export.md)
    Export(ExportArguments),
    /// Destinations: what a site's items are sent on to (docs/destinations.md)
    #[command(subcommand)]
    Destinations(DestinationsCommand),
    /// People who sign in, and what they are in which workspace
    #[command(subcommand)]
    Users(UsersCommand),
    /// The database that tells visitors' country, region and city
    #[command(subcommand)]
    Geo(GeoCommand),
    /// Look at everything that a start would need, change nothing, and say what is wrong
    Check(CheckArguments),
    /// Count every item anew, change nothing, and say where what is kept beside them differs (docs/verify.md)
    Verify(VerifyArguments),
    /// Write everything in the database but the secrets of destinations into one file, also while a collector runs
    Backup(BackupArguments),
    /// Fill an empty database, SQLite or PostgreSQL, from the file of a backup
    Restore(RestoreArguments),
    /// How a PostgreSQL database keeps items (docs/partitions.md)
    #[command(subcommand)]
    Db(DbCommand),
    /// Move everything to another database, SQLite or PostgreSQL, while the collector goes on with this one (docs/moving.md)
    MigrateTo(MigrateArguments),
}

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No secret could be made.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The database of places.
    #[error(transparent)]
    Geo(#[from] crate::geo::FileError),
    /// Nothing can be sent.
    #[error(transparent)]
    Transport(#[from] crate::destinations::transport::TransportError),
    /// Something is for the operator to do: what it is.
    #[error("{0}")]
    Guidance(String),
    /// An argument is of no use.
    #[error("--{0}")]
    Argument(String),
    /// What it was to be done to is not there, or may not be changed so.
    #[error("{0}")]
    Refused(String),
    /// Rows of an import could not be imported; the others are.
    #[error("{0} rows were not imported")]
    BadRows(u64),
    /// Somebody wanted it to end before it was done: how far it came.
    #[error("{0}")]
    Interrupted(String),
    /// The output was closed.
    #[error("cannot print: {0}")]
    Output(#[from] std::io::Error),
}

impl From<ImportError> for CommandError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Argument { field, message } => {
                let flag = field.replace('_', "-");
                Self::Argument(format!("{flag}: {message}"))
            }
            ImportError::Refused(message) => Self::Refused(message),
            ImportError::Store(error) => Self::Store(error),
        }
    }
}

impl From<KeyError> for CommandError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Credential(error) => Self::Credential(error),
            KeyError::Store(error) => Self::Store(error),
        }
    }
}

impl From<InvitationError> for CommandError {
    fn from(error: InvitationError) -> Self {
        match error {
            InvitationError::Credential(error) => Self::Credential(error),
            InvitationError::Store(error) => Self::Store(error),
            InvitationError::TooMany => Self::Refused(error.to_string()),
        }
    }
}

impl From<ShareError> for CommandError {
    fn from(error: ShareError) -> Self {
        match error {
            ShareError::Unfit { field, message } => Self::Argument(format!("{field}: {message}")),
            ShareError::Credential(error) => Self::Credential(error),
            ShareError::Store(error) => Self::Store(error),
        }
    }
}

impl From<SiteError> for CommandError {
    fn from(error: SiteError) -> Self {
        match error {
            SiteError::Credential(error) => Self::Credential(error),
            SiteError::Field { field, message } => {
                let flag = match field.split('[').next() {
                    Some("origins") => "origin",
                    Some("time_zone") => "time-zone",
                    Some("cookie_domain") => "cookie-domain",
                    _ => field.as_str(),
                };
                Self::Argument(format!("{flag}: {message}"))
            }
        }
    }
}

/// Does `command`'s work and prints what came of it. What a command that is not about rows does is not done here.
///
/// # Errors
/// [`CommandError`]; nothing was changed then.
pub async fn run(
    command: &Command,
    config: &Config,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    match command {
        Command::Workspaces(command) => workspaces::run(command, config, store, out).await,
        Command::Sites(command) => sites::run(command, config, store, out).await,
        Command::Catalogue(command) => catalogue::run(command, store, out).await,
        Command::Stages(command) => stages::run(command, store, out).await,
        Command::Rates(command) => rates::run(command, store, out).await,
        Command::Keys(command) => keys::run(command, store, out).await,
        Command::Shares(command) => shares::run(command, config, store, out).await,
        Command::Persons(command) => persons::run(command, store, out).await,
        Command::Privacy(command) => privacy::run(command, store, out).await,
        Command::Import(command) => import::run(command, store, out).await,
        Command::Export(arguments) => export::run(arguments, store, out).await,
        Command::Destinations(command) => destinations::run(command, config, store, out).await,
        Command::Users(command) => users::run(command, config, store, out).await,
        Command::Verify(arguments) => verify::run(arguments, store, out).await,
        Command::Db(command) => db::run(command, store, out).await,
        Command::Serve
        | Command::Write(_)
        | Command::Geo(_)
        | Command::Check(_)
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::MigrateTo(_) => Ok(()),
    }
}

/// The text of a file, or what is typed or piped in.
fn text(path: &Path) -> Result<String, CommandError> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|error| CommandError::Refused(format!("{}: {error}", path.display())))?;
    Ok(text)
}
