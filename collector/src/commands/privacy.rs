//! `collector privacy …`

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;
use uuid::Uuid;

use super::{ACTOR, CommandError, sites, text};
use crate::clock;
use crate::store::Store;
use crate::store::audit::By;
use crate::store::privacy::{Erasing, Mode, Receipt, Subject};

/// `collector privacy …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum PrivacyCommand {
    /// Print every table and column, and what becomes of it when a person is erased, as JSON Lines
    Inventory,
    /// Write everything that is stored of a person, as JSON Lines
    Export {
        /// The site's id, as `sites list` prints it
        #[arg(long)]
        site: i64,
        /// One of the person's ids: user:<id> or visitor:<id>, or email:<address or its SHA-256>
        #[arg(long)]
        person: Subject,
        /// Where to; what is there is not overwritten. Without it, to the terminal
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Erase a person: random ids take the place of theirs, and what tells of them is emptied. Totals stay. Prints a receipt
    Erase {
        /// The site's id, as `sites list` prints it
        #[arg(long)]
        site: i64,
        /// One of the person's ids: user:<id> or visitor:<id>, or email:<address or its SHA-256>. All ids that mean the person are
        /// erased; a dry run names them
        #[arg(long)]
        person: Subject,
        /// Delete the rows instead; sums of them by day are kept, and orders without whose they are
        #[arg(long)]
        delete: bool,
        /// Days for which it can be taken back, 0 for none [default: the site's]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..=365))]
        grace_days: Option<i64>,
        /// Print what would be erased, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Print the erasures that can still be taken back, as JSON Lines
    Pending {
        /// The site's id, as `sites list` prints it
        #[arg(long)]
        site: i64,
    },
    /// Take back an erasure whose time of grace is not over
    Restore {
        /// The site's id, as `sites list` prints it
        #[arg(long)]
        site: i64,
        /// The erasure's id, as `privacy pending` prints it
        #[arg(long)]
        erasure: Uuid,
    },
    /// How long a site keeps things; without a change, what holds and what the last round removed
    Retention(super::RetentionArguments),
    /// Say whether a receipt is one of this installation, unchanged
    Verify {
        /// The receipt's file, or - for what is typed or piped in
        file: PathBuf,
    },
}

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
pub(super) async fn run(
    command: &PrivacyCommand,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    match command {
        PrivacyCommand::Inventory => {
            for column in store.inventory().await? {
                writeln!(out, "{}", json(&column)?)?;
            }
        }
        PrivacyCommand::Export {
            site,
            person,
            out: file,
        } => {
            let site = sites::find(store, *site).await?;
            let by = By {
                actor: ACTOR,
                now: clock::now(),
            };
            let lines = store.export_person(site.id, person, by).await?;
            let lines = lines.ok_or_else(|| unknown(person))?;
            match file {
                None => write(&lines, out)?,
                Some(path) => {
                    let refused = |error: std::io::Error| {
                        CommandError::Refused(format!("{}: {error}", path.display()))
                    };
                    let mut file = private(path).map_err(refused)?;
                    write(&lines, &mut file).map_err(refused)?;
                    file.sync_all().map_err(refused)?;
                    let rows = lines.len() - 2;
                    writeln!(out, "{rows} rows in {}", path.display())?;
                }
            }
        }
        PrivacyCommand::Erase {
            site,
            person,
            delete,
            grace_days,
            dry_run,
        } => {
            let site = sites::find(store, *site).await?;
            if *dry_run {
                let would = store.erasable(site.id, person).await?;
                let would = would.ok_or_else(|| unknown(person))?;
                writeln!(out, "{}", json(&would)?)?;
                return Ok(());
            }
            let days = match grace_days {
                Some(days) => *days,
                None => store.grace_days(site.id).await?,
            };
            let now = clock::now();
            let how = Erasing {
                mode: if *delete {
                    Mode::Delete
                } else {
                    Mode::Anonymise
                },
                due_at: (days > 0).then(|| now + days * DAY_MS),
            };
            let erased = store.erase(&site, person, how, ACTOR, now).await?;
            if erased.is_nothing() {
                return Err(unknown(person));
            }
            for receipt in erased.receipts {
                writeln!(out, "{}", json(&receipt)?)?;
            }
            for pending in erased.pending {
                writeln!(out, "{}", json(&pending)?)?;
            }
        }
        PrivacyCommand::Pending { site } => {
            let site = sites::find(store, *site).await?;
            for pending in store.pending_erasures(site.id).await? {
                writeln!(out, "{}", json(&pending)?)?;
            }
        }
        PrivacyCommand::Restore { site, erasure } => {
            let site = sites::find(store, *site).await?;
            let restored = store
                .restore_erasure(&site, *erasure, ACTOR, clock::now())
                .await?;
            let restored = restored.ok_or_else(|| {
                CommandError::Refused(format!(
                    "there is no erasure {erasure} that could be taken back"
                ))
            })?;
            writeln!(out, "{}", json(&restored)?)?;
        }
        PrivacyCommand::Retention(arguments) => {
            super::retention::run(arguments, store, out).await?;
        }
        PrivacyCommand::Verify { file } => {
            for line in text(file)?.lines().filter(|line| !line.is_empty()) {
                let receipt: Receipt = serde_json::from_str(line)
                    .map_err(|_| CommandError::Refused("this is no receipt".to_owned()))?;
                if !store.verify_receipt(&receipt).await? {
                    return Err(CommandError::Refused(format!(
                        "{} was not signed by this installation, or was changed since",
                        receipt.receipt
                    )));
                }
                writeln!(out, "{} is genuine.", receipt.receipt)?;
            }
        }
    }
    Ok(())
}

/// A new file that nobody else can read.
fn private(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

fn write(lines: &[String], out: &mut impl Write) -> std::io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    out.flush()
}

fn json(value: &impl serde::Serialize) -> Result<String, CommandError> {
    serde_json::to_string(value).map_err(|error| CommandError::Output(error.into()))
}

fn unknown(id: &Subject) -> CommandError {
    CommandError::Refused(format!("nobody has the id {id}"))
}
