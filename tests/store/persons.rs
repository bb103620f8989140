//! Persons and accounts: what the store says of a set of items, against what
//! [`waymark_collector::journey::persons`] says of it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;
use waymark_collector::journey::{Account, Fact, Figures, Merge, Person, Slice, persons};
use waymark_collector::store::accounts::AccountFilter;
use waymark_collector::store::persons::{Merged, Slices};
use waymark_collector::store::{Bots, EntryFilter, SessionFilter, Store, VisitorFilter};

use super::desk::{NOW, entries, sessions, walk};

/// Holds everything that is read of persons and accounts against the definition: as the items say it, after the owner
/// has merged two of them, and after that was taken back.
pub(super) async fn agree<'f>(
    store: &Store,
    site_id: i64,
    facts: impl Iterator<Item = &'f Fact> + Clone,
) -> Result<(), TestCaseError> {
    let before = compare(store, site_id, facts.clone(), &[]).await?;
    let [first, .., last] = before.as_slice() else {
        return Ok(());
    };
    let ids = [&last.id, &first.id];
    let done = store.merge_persons(site_id, ids, "cli", NOW).await.unwrap();
    // Together they would be too many, which the definition has no word for.
    prop_assert_eq!(done, Merged::Done);
    let merge = Merge {
        ids: [first.id.clone(), last.id.clone()],
        at: NOW,
    };
    let merged = compare(store, site_id, facts.clone(), &[merge]).await?;
    prop_assert_eq!(merged.len(), before.len() - 1);
    let again = store.merge_persons(site_id, ids, "cli", NOW).await.unwrap();
    prop_assert_eq!(again, Merged::Nothing);
    let back = store.unmerge_persons(site_id, ids, "cli", NOW).await;
    prop_assert!(back.unwrap());
    let after = compare(store, site_id, facts, &[]).await?;
    prop_assert_eq!(after, before);
    Ok(())
}

async fn compare<'f>(
    store: &Store,
    site_id: i64,
    facts: impl Iterator<Item = &'f Fact>,
    merges: &[Merge],
) -> Result<Vec<Person>, TestCaseError> {
    let folded = persons(facts, merges);
    let filter = VisitorFilter {
        bots: Bots::Include,
        ..VisitorFilter::default()
    };
    let mut listed = walk!(store, persons, site_id, &filter, 2);
    listed.sort_by(|a, b| a.id.cmp(&b.id));
    prop_assert_eq!(readable(&listed), readable(&folded.persons));

    for (person, timeline) in folded.persons.iter().zip(&folded.timelines) {
        let found = store.person(site_id, &person.id).await.unwrap().unwrap();
        prop_assert_eq!(&found.person, person);
        prop_assert_eq!(
            found.merges.len(),
            merges
                .iter()
                .filter(|merge| found.merges.contains(merge))
                .count()
        );
        let within = Some(Slices::of(&found.slices));
        let filter = EntryFilter {
            bots: Bots::Include,
            within: within.clone(),
            ..EntryFilter::default()
        };
        let stored = entries(store, site_id, &filter).await;
        let stored_ids: BTreeSet<Uuid> = stored.iter().map(|entry| entry.id).collect();
        prop_assert_eq!(stored.len(), stored_ids.len());
        prop_assert_eq!(&stored_ids, timeline);
        prop_assert!(stored.is_sorted_by(|a, b| (a.at, a.id) > (b.at, b.id)));
        let filter = SessionFilter {
            bots: Bots::Include,
            within,
            ..SessionFilter::default()
        };
        let stored: BTreeSet<Uuid> = sessions(store, site_id, &filter)
            .await
            .iter()
            .map(|session| session.session_id)
            .collect();
        prop_assert_eq!(stored.len() as i64, person.figures.total_sessions);
    }

    let mut accounts = walk!(store, accounts, site_id, &AccountFilter::default(), 2);
    accounts.sort_by(|a, b| a.id.cmp(&b.id));
    let mut told: Vec<(Account, Option<Figures>)> = Vec::new();
    for account in accounts {
        let people = store.account_people(site_id, &account.id).await.unwrap();
        let slices: Vec<&Slice> = people.iter().flat_map(|found| &found.slices).collect();
        told.push((account, Figures::of(&slices)));
    }
    prop_assert_eq!(readable(&told), readable(&folded.accounts));
    Ok(folded.persons)
}

/// As a reader of the API sees it: the databases write the same JSON object in different ways.
fn readable<T: serde::Serialize>(rows: &[T]) -> Vec<Value> {
    rows.iter()
        .map(|row| serde_json::to_value(row).unwrap())
        .collect()
}
