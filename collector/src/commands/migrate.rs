//! `collector migrate-to`: everything in one database to another, SQLite or PostgreSQL, while a collector goes on with the first.
//!
//! How far it is goes to the standard error, what came of it to the standard output. No URL is printed with its password.

use std::io::Write;

use super::import::progress::Progress;
use crate::clock;
use crate::config::Config;
use crate::importing::Extent;
use crate::store::moving::{MoveError, Report, Stage, TableReport, Watch};
use crate::store::{Store, StoreError};

/// `collector migrate-to …`
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct MigrateArguments {
    /// The database to move to, sqlite:PATH or postgres://…; it has to be empty or not there yet, or the one of a move that was
    /// interrupted, which is gone on with. The one to move from is that of --database-url
    #[arg(required_unless_present = "give_up", conflicts_with = "give_up")]
    pub to: Option<String>,
    /// Say what would be moved, and change nothing
    #[arg(long, conflicts_with = "give_up")]
    pub dry_run: bool,
    /// Let a move be: the database of --database-url forgets it, and takes events again if it had been moved
    #[arg(long)]
    pub give_up: bool,
}

/// Why nothing was moved, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The databases.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// The output was closed.
    #[error("cannot print: {0}")]
    Output(#[from] std::io::Error),
}

impl From<StoreError> for MigrateError {
    fn from(error: StoreError) -> Self {
        Self::Move(error.into())
    }
}

/// Moves, or says what would be moved, or lets a move be.
///
/// # Errors
/// [`MigrateError`]; the database serves as before then.
pub async fn migrate(
    arguments: &MigrateArguments,
    config: &Config,
    out: &mut (impl Write + Send),
) -> Result<(), MigrateError> {
    let from = &config.database_url;
    let Some(to) = &arguments.to else {
        return give_up(from, out).await;
    };
    if arguments.dry_run {
        let plan = Store::plan_move(from, to).await?;
        for table in &plan.tables {
            writeln!(out, "{:<24}{:>14}", table.name, table.rows)?;
        }
        let rows: u64 = plan.tables.iter().map(|table| table.rows).sum();
        writeln!(
            out,
            "{rows} rows of {} tables would be moved to {}. Nothing was changed.",
            plan.tables.len(),
            plan.target
        )?;
        return Ok(());
    }
    let mut telling = Telling::default();
    let moved = Store::move_to(from, to, clock::now(), &mut telling).await;
    telling.finish();
    match moved {
        Ok(Some(report)) => print(&report, out)?,
        Ok(None) => writeln!(out, "The database has been moved there already.")?,
        Err(error) => {
            if let MoveError::Different(tables) = &error {
                print_tables(tables, out)?;
            }
            return Err(error.into());
        }
    }
    Ok(())
}

async fn give_up(from: &str, out: &mut impl Write) -> Result<(), MigrateError> {
    match Store::give_up_move(from).await? {
        Some(other) => writeln!(
            out,
            "The move to {other} was given up: the database is served as before. What is there is of no more use; a database that \
             took events there has those alone."
        )?,
        None => writeln!(out, "The database is not being moved.")?,
    }
    Ok(())
}

fn print(report: &Report, out: &mut impl Write) -> Result<(), MigrateError> {
    print_tables(&report.tables, out)?;
    let rows: u64 = report.tables.iter().map(|table| table.rows).sum();
    writeln!(
        out,
        "{rows} rows of {} tables are in {}, and as many were here.",
        report.tables.len(),
        report.target
    )?;
    if let Some(held) = report.held {
        writeln!(
            out,
            "Every cell of {} rows was compared while the collector went on; {} rows that changed after that were read back. Nobody \
             could write here for {:.1} s.",
            report.compared,
            report.since,
            held.as_secs_f64()
        )?;
    }
    writeln!(
        out,
        "The old database takes nothing any more. Now end the collector that serves it, and start it with --database-url pointing to \
         {}: what is sent meanwhile is not accepted, and is sent again.",
        report.target
    )?;
    Ok(())
}

fn print_tables(tables: &[TableReport], out: &mut impl Write) -> Result<(), MigrateError> {
    writeln!(out, "{:<24}{:>14}{:>14}", "table", "rows", "rows there")?;
    for table in tables {
        let state = if table.is_equal() { "equal" } else { "DIFFERS" };
        writeln!(
            out,
            "{:<24}{:>14}{:>14}  {state}",
            table.name, table.rows, table.rows_there
        )?;
    }
    Ok(())
}

/// Tells on the standard error how far it is.
#[derive(Default)]
struct Telling {
    progress: Option<Progress>,
    /// Rows that were done before this began.
    already: u64,
}

impl Telling {
    fn finish(&mut self) {
        if let Some(progress) = self.progress.take() {
            progress.finish();
        }
    }

    fn say(&mut self, line: &str) {
        self.finish();
        // Who does not listen is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

impl Watch for Telling {
    fn begins(&mut self, stage: Stage) {
        match stage {
            Stage::Copying { rows, already } => {
                let again = if already > 0 {
                    format!(", of which {already} have been copied before")
                } else {
                    String::new()
                };
                self.say(&format!(
                    "Copying {rows} rows{again}; the collector goes on."
                ));
                self.already = already;
                let left = rows.saturating_sub(already);
                self.progress = Some(Progress::new(Some(Extent::Rows(left))));
            }
            Stage::CaughtUp { noted } => {
                self.say(&format!("{noted} rows had changed and were copied again."));
            }
            Stage::Comparing { rows } => {
                self.say(&format!("Comparing {rows} rows; the collector goes on."));
                self.already = 0;
                self.progress = Some(Progress::new(Some(Extent::Rows(rows))));
            }
            Stage::Holding => {
                self.say("The last pass: whoever writes to the old database waits.");
            }
        }
    }

    fn at(&mut self, rows: u64) {
        if let Some(progress) = &mut self.progress {
            progress.at(rows.saturating_sub(self.already), 0);
        }
    }
}
