//! Persons and accounts: what the store says of a set of items, against what
//! [`waymark_collector::journey::persons`] says of it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use waymark_collector::journey::{Account, Fact, Figures, Identity, Merge, Person, Slice, persons};
use waymark_collector::store::accounts::AccountFilter;
use waymark_collector::store::persons::{MOST_BROWSERS, Merged, Slices};
use waymark_collector::store::sites::Site;
use waymark_collector::store::{Bots, EntryFilter, SessionFilter, Store, VisitorFilter};
use waymark_protocol::Status;

use super::desk::{
    Desk, NOW, batch, context, entries, event, fresh_site, item, received, run_sql, sessions,
    statuses, submit, visitor, walk,
};
use super::fold::{facts_of, readable};
use super::revenue;
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    many_people_fit_into_one_transaction,
    users_who_are_named_at_once_share_their_browser,
    what_was_stored_before_there_were_persons_is_read_too,
    a_user_of_very_many_browsers_is_read_from_the_first,
);

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
    let definition = store.stages(site_id);
    let facts: Vec<&Fact> = facts.collect();
    let folded = persons(facts.iter().copied(), merges, &definition);
    let filter = VisitorFilter {
        bots: Bots::Include,
        ..VisitorFilter::default()
    };
    let mut listed = walk!(store, persons, site_id, &filter, 2);
    listed.sort_by(|a, b| a.id.cmp(&b.id));
    prop_assert_eq!(readable(&listed), readable(&folded.persons));
    super::told::agree_on_persons(store, site_id, &folded.persons).await?;

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
        revenue::agree_on(store, site_id, &facts, &found.slices, timeline).await?;
    }

    let mut accounts = walk!(store, accounts, site_id, &AccountFilter::default(), 2);
    accounts.sort_by(|a, b| a.id.cmp(&b.id));
    let mut told: Vec<(Account, Option<Figures>)> = Vec::new();
    for account in accounts {
        let people = store.account_people(site_id, &account.id).await.unwrap();
        let slices: Vec<&Slice> = people.iter().flat_map(|found| &found.slices).collect();
        told.push((account, Figures::of(&slices, &definition)));
    }
    prop_assert_eq!(readable(&told), readable(&folded.accounts));
    Ok(folded.persons)
}

/// Another id of a user of the property test: a user's, or a browser's.
pub(super) fn other_id(user: u8) -> String {
    match user {
        2 => visitor(0).to_string(),
        user => format!("user-{user}"),
    }
}

/// What a visitor's batch makes of items that name users and accounts.
fn facts(site: &Site, who: u64, items: &[Value]) -> Vec<Fact> {
    facts_of(site, &batch(&context(who, who), items), &received())
}

fn identify(number: u64, ago: i64, user: &str) -> Value {
    item("identify", number, ago, json!({"user_id": user}))
}

async fn many_people_fit_into_one_transaction(database: Database) {
    let desk = Desk::new(database).await;
    let site = fresh_site();
    let mut all: Vec<Fact> = Vec::new();
    for who in 0..50_u64 {
        let traits = json!({"name": format!("Account {who}"), "domain": "acme.example"});
        let group = json!({"account_id": format!("account-{who}"), "traits": traits});
        let alias = json!({"user_id": format!("user-{who}"), "previous_id": format!("old-{who}")});
        let items = [
            event(who * 10, 5000, "before"),
            item("identify", who * 10 + 1, 4000, alias),
            item("group", who * 10 + 2, 3000, group),
            // Half of the browsers are shared with one and the same user.
            identify(
                who * 10 + 3,
                2000,
                if who % 2 == 0 { "guest" } else { "own" },
            ),
            event(who * 10 + 4, 1000, "after"),
        ];
        all.extend(facts(&site, who, &items));
    }
    let facts: Vec<&Fact> = all.iter().collect();
    let (early, late) = facts.split_at(facts.len() / 2);
    for facts in [late, early, late] {
        desk.store.commit(facts).await.unwrap();
    }
    agree(&desk.store, site.id, all.iter()).await.unwrap();
    desk.log.assert_quiet();
}

async fn users_who_are_named_at_once_share_their_browser(database: Database) {
    let desk = Desk::new(database).await;
    let second = desk.second().await;
    let mut all: Vec<Fact> = Vec::new();
    for who in 0..40_u64 {
        let name = |place: u64, user: &str| {
            let items = [identify(who * 10 + place, 1000, user)];
            batch(&context(who, who), &items)
        };
        let (ann, ben) = (name(0, "ann"), name(1, "ben"));
        let (one, two) = tokio::join!(
            submit(&desk.ingest, &desk.site, &ann),
            submit(&second, &desk.site, &ben)
        );
        assert_eq!(statuses(&one.unwrap()), [Status::Accepted]);
        assert_eq!(statuses(&two.unwrap()), [Status::Accepted]);
        for batch in [ann, ben] {
            all.extend(facts_of(&desk.site, &batch, &received()));
        }
    }
    for user in ["ann", "ben"] {
        let id = Identity::User(user.to_owned());
        let found = desk.store.person(1, &id).await.unwrap().unwrap();
        assert_eq!(found.person.visitors.len(), 40);
        assert!(found.person.visitors.iter().all(|visitor| visitor.shared));
    }
    agree(&desk.store, desk.site.id, all.iter()).await.unwrap();
    second.drain().await;
    desk.log.assert_quiet();
}

async fn what_was_stored_before_there_were_persons_is_read_too(database: Database) {
    let desk = Desk::new(database).await;
    let traits = json!({"name": "Acme", "domain": "ACME.example", "seats": 3});
    let alias = json!({"user_id": "ann", "previous_id": "ann@shop"});
    let sent = [
        batch(
            &context(0, 0),
            &[
                event(0, 9000, "before"),
                item("identify", 1, 8000, alias),
                item(
                    "group",
                    2,
                    7000,
                    json!({"account_id": "acme", "traits": {"name": "Old"}}),
                ),
                item(
                    "group",
                    3,
                    6000,
                    json!({"account_id": "acme", "traits": traits}),
                ),
                item("group", 4, 5000, json!({"account_id": "acme"})),
                identify(5, 4000, "ben"),
            ],
        ),
        batch(&context(1, 1), &[identify(6, 3000, "ann")]),
        batch(&context(2, 2), &[event(7, 2000, "nobodys")]),
    ];
    let mut all: Vec<Fact> = Vec::new();
    for batch in &sent {
        desk.accept(batch).await;
        all.extend(facts_of(&desk.site, batch, &received()));
    }
    // The tables as the migration before left them, and what the migration makes of the items.
    let forget = "DELETE FROM visitor_users; DELETE FROM visitor_accounts; DELETE FROM accounts; DELETE FROM person_links;";
    run_sql(&desk.database, forget, forget).await;
    let (_, sqlite) = include_str!("../../migrations/sqlite/0009_persons.sql")
        .split_once("-- What is stored already.")
        .unwrap();
    let (_, postgres) = include_str!("../../migrations/postgres/0009_persons.sql")
        .split_once("-- What is stored already.")
        .unwrap();
    let text = |text: &'static str| text.split_once('\n').unwrap().1;
    run_sql(&desk.database, text(sqlite), text(postgres)).await;
    agree(&desk.store, desk.site.id, all.iter()).await.unwrap();
}

async fn a_user_of_very_many_browsers_is_read_from_the_first(database: Database) {
    let desk = Desk::new(database).await;
    let site = fresh_site();
    let many = MOST_BROWSERS as u64 + 10;
    let all: Vec<Fact> = (0..many)
        .flat_map(|who| {
            // Many of the browsers have another user as well.
            let other = if who % 3 == 0 { "guest" } else { "robot" };
            let items = [
                identify(who * 10, 2000, "robot"),
                identify(who * 10 + 1, 1000, other),
            ];
            facts(&site, who, &items)
        })
        .collect();
    let facts: Vec<&Fact> = all.iter().collect();
    for some in facts.chunks(2000) {
        desk.store.commit(some).await.unwrap();
    }
    let id = Identity::User("robot".to_owned());
    let found = desk.store.person(site.id, &id).await.unwrap().unwrap();
    let mut first: Vec<Uuid> = (0..many).map(visitor).collect();
    first.sort();
    first.truncate(MOST_BROWSERS);
    let mut read: Vec<Uuid> = found.slices.iter().map(|slice| slice.visitor_id).collect();
    read.sort();
    assert_eq!(read, first);
    assert_eq!(found.person.figures.total_sessions, MOST_BROWSERS as i64);
    let filter = EntryFilter {
        bots: Bots::Include,
        within: Some(Slices::of(&found.slices)),
        ..EntryFilter::default()
    };
    let page = desk
        .store
        .entries(site.id, &filter, None, 500)
        .await
        .unwrap();
    assert_eq!(page.data.len(), 500);
    assert!(
        page.data
            .iter()
            .all(|entry| entry.user_id.as_deref() == Some("robot"))
    );
    let filter = SessionFilter {
        bots: Bots::Include,
        within: Some(Slices::of(&found.slices)),
        ..SessionFilter::default()
    };
    let page = desk
        .store
        .sessions(site.id, &filter, None, 500)
        .await
        .unwrap();
    assert_eq!(page.data.len(), 500);
    desk.log.assert_quiet();
}
