//! `collector privacy …`

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;

use super::{CommandError, sites, text};
use crate::clock;
use crate::journey::Identity;
use crate::store::Store;
use crate::store::privacy::Receipt;

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
        /// One of the person's ids: user:<id> or visitor:<id>
        #[arg(long)]
        person: Identity,
        /// Where to; what is there is not overwritten. Without it, to the terminal
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Erase a person: random ids take the place of theirs, and what tells of them is emptied. Totals stay. Prints a receipt
    Erase {
        /// The site's id, as `sites list` prints it
        #[arg(long)]
        site: i64,
        /// One of the person's ids: user:<id> or visitor:<id>. All ids that mean the person are erased; a dry run names them
        #[arg(long)]
        person: Identity,
        /// Print what would be erased, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Say whether a receipt is one of this installation, unchanged
    Verify {
        /// The receipt's file, or - for what is typed or piped in
        file: PathBuf,
    },
}

/// Who did it, in the audit log.
const ACTOR: &str = "cli";

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
            let lines = store.export_person(site.id, person, clock::now()).await?;
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
            dry_run,
        } => {
            let site = sites::find(store, *site).await?;
            if *dry_run {
                let would = store.erasable(site.id, person).await?;
                let would = would.ok_or_else(|| unknown(person))?;
                writeln!(out, "{}", json(&would)?)?;
                return Ok(());
            }
            let receipts = store.erase(site.id, person, ACTOR, clock::now()).await?;
            if receipts.is_empty() {
                return Err(unknown(person));
            }
            for receipt in receipts {
                writeln!(out, "{}", json(&receipt)?)?;
            }
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

fn unknown(id: &Identity) -> CommandError {
    CommandError::Refused(format!("nobody has the id {id}"))
}
