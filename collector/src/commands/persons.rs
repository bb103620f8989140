//! `collector persons …`

use std::io::Write;

use clap::Subcommand;

use super::{ACTOR, CommandError, sites};
use crate::clock;
use crate::journey::{Identity, MOST_IDS, Person};
use crate::store::Store;
use crate::store::persons::Merged;

/// `collector persons …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum PersonsCommand {
    /// Print what is known of a person (docs/identity.md)
    Show {
        /// The site's id, as `sites list` prints it
        site: i64,
        /// One of their ids: user:<id> or visitor:<id>
        person: Identity,
    },
    /// Let two ids mean one person. Nothing is rewritten, and `unmerge` takes it back
    Merge {
        /// The site's id, as `sites list` prints it
        site: i64,
        /// One id: user:<id> or visitor:<id>
        person: Identity,
        /// The other one
        other: Identity,
    },
    /// Take a merge back: everything is as it was before
    Unmerge {
        /// The site's id, as `sites list` prints it
        site: i64,
        /// One id of the merge, as `persons show` prints it
        person: Identity,
        /// The other one
        other: Identity,
    },
}

pub(super) async fn run(
    command: &PersonsCommand,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    match command {
        PersonsCommand::Show { site, person } => {
            let site = sites::find(store, *site).await?;
            show(store, site.id, person, out).await?;
        }
        PersonsCommand::Merge {
            site,
            person,
            other,
        } => {
            let site = sites::find(store, *site).await?;
            let ids = [person, other];
            let merged = store.merge_persons(site.id, ids, ACTOR, clock::now());
            match merged.await? {
                Merged::Done => writeln!(out, "{person} and {other} are one person.")?,
                Merged::Nothing => writeln!(out, "{person} and {other} were one person already.")?,
                Merged::Unknown(id) => return Err(unknown(&id)),
                Merged::Shared(id) => {
                    return Err(CommandError::Refused(format!(
                        "{id} has several users: say which one, as user:<id>"
                    )));
                }
                Merged::TooMany => {
                    return Err(CommandError::Refused(format!(
                        "together they would have more than {MOST_IDS} ids"
                    )));
                }
            }
            show(store, site.id, person, out).await?;
        }
        PersonsCommand::Unmerge {
            site,
            person,
            other,
        } => {
            let site = sites::find(store, *site).await?;
            let ids = [person, other];
            let unmerged = store.unmerge_persons(site.id, ids, ACTOR, clock::now());
            if !unmerged.await? {
                return Err(CommandError::Refused(format!(
                    "nobody has merged {person} and {other}"
                )));
            }
            writeln!(out, "{person} and {other} are merged no more.")?;
            for id in ids {
                show(store, site.id, id, out).await?;
            }
        }
    }
    Ok(())
}

fn unknown(id: &Identity) -> CommandError {
    CommandError::Refused(format!("nobody has the id {id}"))
}

async fn show(
    store: &Store,
    site_id: i64,
    id: &Identity,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let found = store.person(site_id, id).await?;
    let found = found.ok_or_else(|| unknown(id))?;
    let Person {
        id,
        name,
        user_ids,
        account_ids,
        figures,
        visitors,
        ..
    } = &found.person;
    writeln!(out, "{id}\t{name}\t{}", figures.stage)?;
    writeln!(
        out,
        "  sessions {}, page views {}, events {}",
        figures.total_sessions, figures.total_page_views, figures.total_events
    )?;
    writeln!(out, "  users: {}", user_ids.join(", "))?;
    writeln!(out, "  accounts: {}", account_ids.join(", "))?;
    for visitor in visitors {
        let shared = if visitor.shared { ", shared" } else { "" };
        writeln!(
            out,
            "  browser {} ({}{shared})",
            visitor.visitor_id, visitor.name
        )?;
    }
    for merge in &found.merges {
        let [one, other] = &merge.ids;
        writeln!(out, "  merged: {one} {other}")?;
    }
    Ok(())
}
