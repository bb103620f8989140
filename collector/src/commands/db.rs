//! `collector db …`: how a PostgreSQL database keeps items. It works while collectors run; they need not be told.

use std::io::Write;

use clap::Subcommand;

use super::CommandError;
use crate::clock;
use crate::store::Store;
use crate::store::months::{Divided, Division, MOST_PAST, Month};

/// `collector db …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum DbCommand {
    /// Keep the items of each month from the next one on in partitions of their own, which are dropped once retention has emptied
    /// them. Items wait while PostgreSQL reads through what there is, once; there is no way back but another database
    Partition {
        /// Begin with this month of the past, such as 2026-01; for a database without items, before a backup is restored into it or
        /// another database moved there [default: the present month]
        #[arg(long, value_name = "MONTH")]
        from: Option<Month>,
        /// Say what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) async fn run(
    command: &DbCommand,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let DbCommand::Partition { from, dry_run } = command;
    let now = clock::now();
    let present = Month::of(now);
    if let Some(from) = from {
        let mut last = *from;
        for _ in 0..MOST_PAST {
            last = last.next();
        }
        if *from > present || last < present {
            return Err(CommandError::Argument(format!(
                "from: has to be {present} or one of the {MOST_PAST} months before it"
            )));
        }
    }
    let refused = |why: &str| Err(CommandError::Refused(why.to_owned()));
    let (division, would) = match store.divide(*from, now, *dry_run).await? {
        Divided::Now(division) => (division, *dry_run),
        Divided::Before(months) => {
            let months = months.map_or_else(
                || "there is no month yet".to_owned(),
                |(first, last)| format!("{first} to {last}"),
            );
            writeln!(
                out,
                "Items are kept by month already: {months}. Nothing was changed."
            )?;
            return Ok(());
        }
        Divided::Elsewhere => {
            return refused("a collector or another command is changing partitions: try again");
        }
        Divided::Moving => {
            return refused(
                "the database is being moved: partition the one that it is moved to, or wait",
            );
        }
        Divided::HasItems => {
            return refused(
                "the database has items: without --from, months begin with the next one, and what is there stays where it is",
            );
        }
        Divided::Never => {
            return refused("SQLite has no partitions: this is for a PostgreSQL database");
        }
    };
    print(&division, would, out)?;
    Ok(())
}

fn print(division: &Division, would: bool, out: &mut impl Write) -> std::io::Result<()> {
    let (first, last) = division.months;
    let megabytes = division.bytes / 1_000_000;
    if would {
        writeln!(
            out,
            "Items from {first} on would be kept by month, with partitions up to {last}. PostgreSQL would read {megabytes} MB once, while \
             whoever stores or asks for items waits. Nothing was changed."
        )
    } else {
        writeln!(
            out,
            "Items from {first} on are kept by month; partitions up to {last} are made, and collectors make more. What was there \
             before, {megabytes} MB, was read once and stays as it is."
        )
    }
}
