//! `collector verify`: whether what is kept beside the items is what the items add up to.

use std::io::Write;

use super::{CommandError, sites};
use crate::columns::keep::Keeper;
use crate::store::Store;
use crate::store::rollups::{VerifiedHours, WrongHour};
use crate::store::sites::Site;
use crate::store::verify::{Totals, Verified};

/// `collector verify …`
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct VerifyArguments {
    /// The site's id, as `sites list` prints it [default: every site]
    pub site: Option<i64>,
    /// Print one JSON object for each site instead of lines
    #[arg(long)]
    pub json: bool,
}

#[derive(serde::Serialize)]
struct Report {
    site: i64,
    ok: bool,
    totals: Totals,
    columns: Totals,
    hours: VerifiedHours,
    checks: Vec<Verified>,
}

/// Counts, prints what came of it, and fails where anything differs.
pub(super) async fn run(
    arguments: &VerifyArguments,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let sites: Vec<Site> = match arguments.site {
        Some(id) => vec![sites::find(store, id).await?],
        None => store.sites().await?,
    };
    let mut wrong = 0;
    for site in sites {
        let report = report(store, site.id).await?;
        wrong += usize::from(!report.ok);
        if arguments.json {
            let text = serde_json::to_string(&report).map_err(std::io::Error::from)?;
            writeln!(out, "{text}")?;
        } else {
            print(&report, &site, out)?;
        }
    }
    match wrong {
        0 => Ok(()),
        _ => Err(CommandError::Refused(
            "what is kept is not what the items add up to; please report it with the lines above"
                .to_owned(),
        )),
    }
}

async fn report(store: &Store, site_id: i64) -> Result<Report, CommandError> {
    let checks = store.verify(site_id).await?;
    // Whatever is stored while both are counted is in one of them alone, so counting is repeated until nothing is.
    let (mut totals, mut columns);
    let mut tries = 0;
    loop {
        totals = store.counted_totals(site_id).await?;
        columns = counted(store, site_id).await?;
        tries += 1;
        if totals == columns || (tries >= 3 && totals == store.counted_totals(site_id).await?) {
            break;
        }
    }
    let hours = store.verify_hours(site_id).await?;
    let are_kept = hours.different == 0 && checks.iter().all(|check| check.different == 0);
    Ok(Report {
        site: site_id,
        ok: totals == columns && are_kept,
        totals,
        columns,
        hours,
        checks,
    })
}

/// How much a site has, counted over its columns.
async fn counted(store: &Store, site_id: i64) -> Result<Totals, CommandError> {
    let columns = Keeper::new(store.clone(), usize::MAX).of(site_id).await?;
    let nothing = || Totals {
        visitors: 0,
        sessions: 0,
        items: 0,
        conversions: 0,
    };
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    Ok(columns.fold_visitors(
        nothing,
        |all, visitor| {
            let events = visitor.events();
            all.visitors += 1;
            all.sessions += count(visitor.sessions().started_at.len());
            all.items += count(events.at.len());
            all.conversions += count(events.is_conversion.iter().filter(|is| **is).count());
        },
        |all, other| {
            all.visitors += other.visitors;
            all.sessions += other.sessions;
            all.items += other.items;
            all.conversions += other.conversions;
        },
    ))
}

fn print(report: &Report, site: &Site, out: &mut impl Write) -> Result<(), CommandError> {
    let Totals {
        visitors,
        sessions,
        items,
        conversions,
    } = report.totals;
    writeln!(
        out,
        "Site {} {}: {visitors} visitors, {sessions} sessions, {items} items, {conversions} conversions",
        site.id, site.name
    )?;
    for check in &report.checks {
        let state = match check.different {
            0 => "ok".to_owned(),
            different => format!("{different} DIFFER"),
        };
        writeln!(out, "  {:<38} {state}", check.name)?;
        for one in &check.examples {
            let text = |number: Option<i64>| number.map_or("nothing".to_owned(), |n| n.to_string());
            writeln!(
                out,
                "    visitor {}: {} is kept, {} counted",
                one.visitor_id,
                text(one.stored),
                text(one.counted)
            )?;
        }
    }
    let VerifiedHours {
        kept,
        due,
        different,
        examples,
    } = &report.hours;
    let state = match different {
        0 => format!("ok ({kept} kept, {due} due)"),
        different => format!("{different} DIFFER"),
    };
    writeln!(out, "  {:<38} {state}", "sums by hour")?;
    for WrongHour { at, what } in examples {
        let hour = jiff::Timestamp::from_millisecond(*at);
        let hour = hour.map_or_else(|_| at.to_string(), |hour| hour.to_string());
        writeln!(out, "    hour from {hour}: {what}")?;
    }
    let state = if report.columns == report.totals {
        "ok".to_owned()
    } else {
        format!("DIFFER: {:?}", report.columns)
    };
    writeln!(
        out,
        "  {:<38} {state}",
        "the copy that questions are asked of"
    )?;
    Ok(())
}
