//! `collector shares …`

use std::io::Write;

use clap::{Subcommand, ValueEnum};
use uuid::Uuid;

use super::{CommandError, moment, sites};
use crate::clock;
use crate::config::Config;
use crate::site_shares::{self, DAYS, NewShare};
use crate::store::Store;
use crate::store::shares::{Shows, Standing};

/// What the holder of a link is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shown {
    /// Sums that tell of no single person: revenue, loss, interactions by channel, imported totals
    Figures,
    /// These, and every journey, person, account, session and event
    Journeys,
}

/// `collector shares …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum SharesCommand {
    /// Print every link of a site: id, token's beginning, what it shows, until when, when it was used last, name
    List {
        /// The site's id, as `sites list` prints it
        #[arg(long, value_name = "ID")]
        site: i64,
    },
    /// Make a link to read of one site without signing in, and print it, once
    Add {
        /// The site's id, as `sites list` prints it
        #[arg(long, value_name = "ID")]
        site: i64,
        /// Whom it is for
        #[arg(long)]
        name: String,
        /// What it shows
        #[arg(long, value_enum, default_value = "figures")]
        shows: Shown,
        /// For how many days it is good, at most 366
        #[arg(long, default_value_t = DAYS)]
        days: u32,
    },
    /// Take a link back, at once and for good
    Revoke {
        /// The site's id, as `sites list` prints it
        #[arg(long, value_name = "ID")]
        site: i64,
        /// Its id, as `shares list` prints it
        id: Uuid,
    },
}

/// Who it was, for the audit log.
const ACTOR: &str = "cli";

pub(super) async fn run(
    command: &SharesCommand,
    config: &Config,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    match command {
        SharesCommand::List { site } => {
            let site = sites::find(store, *site).await?;
            let now = clock::now();
            for share in store.share_links(site.id).await? {
                let until = match share.standing(now) {
                    Standing::Good => format!("until {}", moment(share.expires_at)),
                    Standing::Expired => "expired".to_owned(),
                    Standing::Revoked => "revoked".to_owned(),
                };
                let used = share
                    .last_used_at
                    .map_or("never used".to_owned(), |at| format!("used {}", moment(at)));
                writeln!(
                    out,
                    "{}\t{}…\tshows {}\t{until}\t{used}\t{}",
                    share.id,
                    share.hint,
                    share.shows.as_str(),
                    share.name
                )?;
            }
        }
        SharesCommand::Add {
            site,
            name,
            shows,
            days,
        } => {
            let site = sites::find(store, *site).await?;
            let new = NewShare {
                name: name.clone(),
                shows: match shows {
                    Shown::Figures => Shows::Figures,
                    Shown::Journeys => Shows::Journeys,
                },
                days: *days,
            };
            let (share, token) = site_shares::add(store, site.id, &new, ACTOR).await?;
            let link = site_shares::page(&config.public_base(config.listen), &token);
            writeln!(
                out,
                "Link {} shows {} of {} until {}: {}",
                share.id,
                share.shows.as_str(),
                site.name,
                moment(share.expires_at),
                share.name
            )?;
            writeln!(out, "Shown this once: {link}")?;
        }
        SharesCommand::Revoke { site, id } => {
            let site = sites::find(store, *site).await?;
            if !site_shares::revoke(store, site.id, *id, ACTOR).await? {
                return Err(CommandError::Refused(format!(
                    "{} has no link {id} that has not been taken back",
                    site.name
                )));
            }
            writeln!(out, "Link {id} is revoked.")?;
        }
    }
    Ok(())
}
