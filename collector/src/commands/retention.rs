//! `collector privacy retention`: how long a site keeps things, what a round would remove, and a round at once.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;

use super::{CommandError, moment, sites};
use crate::clock;
use crate::expiring;
use crate::store::Store;
use crate::store::retention::{Keep, Limits, MOST_DAYS, MOST_EVENTS, Removed};

/// `collector privacy retention …`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RetentionArguments {
    /// The site's id, as `sites list` prints it
    #[arg(long)]
    pub site: i64,
    /// Keep things for so many days, from 1 on
    #[arg(long, value_name = "N", conflicts_with_all = ["forever", "default"], value_parser = days)]
    pub days: Option<i64>,
    /// Keep things for ever
    #[arg(long, conflicts_with = "default")]
    pub forever: bool,
    /// Keep things as long as a site of which nobody says anything: 365 days
    #[arg(long)]
    pub default: bool,
    /// Keep events of a name for another time: days, forever, or default for as long as the site's other things; may be given
    /// several times
    #[arg(long = "event", value_name = "NAME=DAYS", value_parser = event)]
    pub events: Vec<(String, Keep)>,
    /// Days for which an erasure can be taken back where nobody says how many, 0 for none
    #[arg(long, value_name = "N", value_parser = grace)]
    pub grace_days: Option<i64>,
    /// Say what a round would remove by these limits, and change nothing
    #[arg(long, conflicts_with = "run")]
    pub dry_run: bool,
    /// Remove now what is too old
    #[arg(long)]
    pub run: bool,
}

fn days(text: &str) -> Result<i64, String> {
    match text.parse() {
        Ok(days) if (1..=MOST_DAYS).contains(&days) => Ok(days),
        _ => Err(format!("has to be from 1 to {MOST_DAYS} days")),
    }
}

fn grace(text: &str) -> Result<i64, String> {
    match text.parse() {
        Ok(days) if (0..=crate::http::retention::MOST_GRACE).contains(&days) => Ok(days),
        _ => Err("has to be from 0 to 365 days".to_owned()),
    }
}

fn event(text: &str) -> Result<(String, Keep), String> {
    // A name may have the sign itself.
    let (name, kept) = text.rsplit_once('=').unwrap_or(("", text));
    if name.is_empty() {
        return Err("has to be NAME=DAYS".to_owned());
    }
    let keep = match kept {
        "forever" => Keep::Forever,
        "default" => Keep::Default,
        kept => Keep::Days(days(kept)?),
    };
    Ok((name.to_owned(), keep))
}

impl RetentionArguments {
    fn changes(&self) -> BTreeMap<Option<String>, Keep> {
        let own = match (self.days, self.forever, self.default) {
            (Some(days), ..) => Some(Keep::Days(days)),
            (_, true, _) => Some(Keep::Forever),
            (.., true) => Some(Keep::Default),
            _ => None,
        };
        let events = self.events.iter().cloned();
        own.map(|keep| (None, keep))
            .into_iter()
            .chain(events.map(|(name, keep)| (Some(name), keep)))
            .collect()
    }
}

pub(super) async fn run(
    arguments: &RetentionArguments,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let site = sites::find(store, arguments.site).await?;
    let changes = arguments.changes();
    let limits = store.limits(site.id).await?.with(&changes);
    if limits.events.len() > MOST_EVENTS {
        return Err(CommandError::Argument(format!(
            "event: A site has at most {MOST_EVENTS} events with a limit of their own."
        )));
    }
    if arguments.dry_run {
        tell(&limits, out)?;
        let would = store.expirable(site.id, &limits, clock::now()).await?;
        write!(out, "A round would remove ")?;
        return removed(would, out);
    }
    if let Some(days) = arguments.grace_days {
        store
            .set_grace_days(site.id, days, super::ACTOR, clock::now())
            .await?;
    }
    if !changes.is_empty() {
        store
            .set_limits(site.id, &changes, super::ACTOR, clock::now())
            .await?;
    }
    tell(&limits, out)?;
    let grace = store.grace_days(site.id).await?;
    writeln!(out, "An erasure can be taken back for {grace} days.")?;
    if arguments.run {
        let now = clock::now();
        let turn = store.begin_round(site.id, now, now).await?;
        let turn = turn.ok_or_else(|| {
            CommandError::Refused(
                "a collector is removing what is too old at this moment".to_owned(),
            )
        })?;
        write!(out, "Removed ")?;
        return removed(expiring::round(store, &site, turn).await?, out);
    }
    match store.round(site.id).await? {
        None => writeln!(out, "There was no round yet.")?,
        Some(round) => {
            match round.ended_at {
                Some(ended) => write!(
                    out,
                    "The last round ended at {} and removed ",
                    moment(ended)
                )?,
                None => write!(
                    out,
                    "A round began at {} and has removed ",
                    moment(round.began_at)
                )?,
            }
            removed(round.removed, out)?;
        }
    }
    Ok(())
}

fn tell(limits: &Limits, out: &mut impl Write) -> Result<(), CommandError> {
    let told = |days: Option<i64>| match days {
        Some(days) => format!("{days} days"),
        None => "ever".to_owned(),
    };
    writeln!(out, "Kept for {}.", told(limits.days))?;
    for (name, days) in &limits.events {
        writeln!(out, "  {name}: for {}", told(*days))?;
    }
    Ok(())
}

fn removed(removed: Removed, out: &mut impl Write) -> Result<(), CommandError> {
    let Removed {
        events,
        sessions,
        visitors,
        interactions,
    } = removed;
    writeln!(
        out,
        "{events} items, {sessions} sessions, {visitors} visitors, {interactions} interactions."
    )?;
    Ok(())
}
