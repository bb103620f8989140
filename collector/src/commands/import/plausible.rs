//! `collector import plausible`: files of sums, each row a sum, written as they are.

use std::collections::BTreeMap;
use std::io::Write;

use super::rejects::{Reject, Rejects};
use super::source::{Csv, Opened, Source, Unreadable};
use super::{CommandError, PlausibleArguments};
use crate::ingest::import::plausible::{DIMENSIONS, Plausible, dimension_of};
use crate::store::Store;
use crate::store::totals::NewTotal;

/// Rows of one transaction.
const GROUP: usize = 5_000;

/// Rows by their key, so that no two of a transaction have the same.
type Group = BTreeMap<(String, uuid::Uuid), NewTotal>;

pub(super) async fn run(
    arguments: &PlausibleArguments,
    store: &Store,
    site_id: i64,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let common = &arguments.common;
    // All of them before the first row is written.
    let mut files = Vec::new();
    for file in &arguments.files {
        let failed =
            |message: String| CommandError::Refused(format!("{}: {message}", file.display()));
        let name = file.file_name().and_then(|name| name.to_str());
        let dimension = name.and_then(dimension_of).ok_or_else(|| {
            let known: Vec<&str> = DIMENSIONS.iter().map(|(name, _)| *name).collect();
            failed(format!(
                "the name is not imported_ and one of {}",
                known.join(", ")
            ))
        })?;
        let source = Csv::new(Opened::of(file)?, ',')?;
        let reader = Plausible::new(site_id, dimension, source.columns())
            .map_err(|column| failed(format!("there is no column \"{column}\"")))?;
        files.push((dimension, source, reader));
    }
    let (mut rows, mut rejected) = (0, 0);
    for (dimension, mut source, reader) in files {
        let mut rejects = Rejects::new(common.rejects.clone(), source.head());
        let (mut own, mut group) = (0, Group::new());
        while let Some(record) = source.next() {
            own += 1;
            let bad = match record {
                Ok(record) => match reader.read(&record) {
                    Ok(total) => {
                        group.insert((total.day.clone(), total.id), total);
                        None
                    }
                    Err(bad) => Some(Reject {
                        place: record.place,
                        why: bad.to_string(),
                        text: Some(source.text(&record)),
                    }),
                },
                Err(Unreadable::Row {
                    place,
                    message,
                    text,
                }) => Some(Reject {
                    place,
                    why: format!("row: {message}"),
                    text,
                }),
                Err(Unreadable::End(message)) => return Err(CommandError::Refused(message)),
            };
            if let Some(reject) = bad
                && let Some(line) = rejects.take(&reject)?
            {
                // Who does not listen is no reason to stop.
                let _ = writeln!(std::io::stderr(), "{dimension}: {line}");
            }
            if group.len() >= GROUP {
                put(store, site_id, common.dry_run, &mut group).await?;
            }
        }
        put(store, site_id, common.dry_run, &mut group).await?;
        rejects.finish()?;
        writeln!(
            out,
            "{dimension}: {own} rows, {} of them not imported",
            rejects.count()
        )?;
        rows += own;
        rejected += rejects.count();
    }
    writeln!(out, "{rows} rows read, {rejected} of them not imported.")?;
    if common.dry_run {
        writeln!(out, "Nothing was written.")?;
    }
    match rejected {
        0 => Ok(()),
        rejected => Err(CommandError::BadRows(rejected)),
    }
}

async fn put(
    store: &Store,
    site_id: i64,
    dry_run: bool,
    group: &mut Group,
) -> Result<(), CommandError> {
    let totals: Vec<NewTotal> = std::mem::take(group).into_values().collect();
    if !dry_run && !totals.is_empty() {
        store.put_totals(site_id, &totals).await?;
    }
    Ok(())
}
