//! `collector rates …`

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;
use jiff::civil::Date;

use super::{ACTOR, CommandError, sites, text};
use crate::clock;
use crate::money::{Currency, DatedRate, csv};
use crate::store::Store;
use crate::store::rates::RateFilter;

/// Rates that are asked for at a time.
const PAGE: u32 = 500;

/// `collector rates …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum RatesCommand {
    /// Load rates of exchange, all of a file or none; one that is there already is replaced. Loading again changes nothing
    Load {
        /// The site's id, as `sites list` prints it
        site: i64,
        /// Lines of date,from,to,rate, such as 2026-01-31,USD,EUR,0.9123; - for what is typed or piped in
        file: PathBuf,
    },
    /// Print a site's rates, the latest day first: date, from, to, rate
    List {
        /// The site's id, as `sites list` prints it
        site: i64,
        /// From this currency alone
        #[arg(long, value_name = "CODE")]
        from: Option<Currency>,
        /// Into this currency alone
        #[arg(long, value_name = "CODE")]
        to: Option<Currency>,
    },
    /// Take the rates from one currency into another away
    Remove {
        /// The site's id, as `sites list` prints it
        site: i64,
        /// From this currency
        #[arg(long, value_name = "CODE")]
        from: Currency,
        /// Into this currency
        #[arg(long, value_name = "CODE")]
        to: Currency,
        /// From this day on [default: the first]
        #[arg(long, value_name = "DATE")]
        first: Option<Date>,
        /// Up to this day [default: the last]
        #[arg(long, value_name = "DATE")]
        last: Option<Date>,
    },
}

pub(super) async fn run(
    command: &RatesCommand,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    match command {
        RatesCommand::Load { site, file } => {
            let site = sites::find(store, *site).await?;
            let refused = |line: usize, message: &str| {
                CommandError::Refused(format!("{}, line {line}: {message}", file.display()))
            };
            let read =
                csv(&text(file)?).map_err(|(line, unfit)| refused(line, &unfit.to_string()))?;
            let mut days = BTreeSet::new();
            for (line, rate) in &read {
                if !days.insert((rate.date, rate.from, rate.to)) {
                    let message = "there is another rate of the same day and currencies";
                    return Err(refused(*line, message));
                }
            }
            let rates: Vec<DatedRate> = read.into_iter().map(|(_, rate)| rate).collect();
            let loaded = store
                .load_rates(site.id, &rates, ACTOR, clock::now())
                .await?;
            writeln!(
                out,
                "Site {}: {} rates are new, {} have changed, {} were there.",
                site.id, loaded.new, loaded.changed, loaded.unchanged
            )?;
            if site.currency.is_none() {
                writeln!(
                    out,
                    "The site has no currency yet: sites set {} --currency CODE",
                    site.id
                )?;
            }
        }
        RatesCommand::List { site, from, to } => {
            let site = sites::find(store, *site).await?;
            let filter = RateFilter {
                from: *from,
                to: *to,
            };
            let mut cursor: Option<String> = None;
            loop {
                let page = store
                    .rates(site.id, filter, cursor.as_deref(), PAGE)
                    .await?;
                for rate in page.data {
                    writeln!(
                        out,
                        "{}\t{}\t{}\t{}",
                        rate.date, rate.from, rate.to, rate.rate
                    )?;
                }
                match page.next_cursor {
                    Some(next) => cursor = Some(next),
                    None => break,
                }
            }
        }
        RatesCommand::Remove {
            site,
            from,
            to,
            first,
            last,
        } => {
            let site = sites::find(store, *site).await?;
            let days = (first.unwrap_or(Date::ZERO), last.unwrap_or(Date::MAX));
            let now = clock::now();
            if !store
                .remove_rates(site.id, (*from, *to), days, ACTOR, now)
                .await?
            {
                return Err(CommandError::Refused("there is no such rate".to_owned()));
            }
            writeln!(out, "The rates from {from} into {to} are gone.")?;
        }
    }
    Ok(())
}
