//! Whose interactions are: what the store says, whatever came in which order, against what
//! [`waymark_collector::journey::contacts`] says of the set.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use uuid::Uuid;
use waymark_collector::ingest::{IngestError, interactions};
use waymark_collector::journey::{
    Contacts, EntryKind, Fact, Identity, Interaction, contacts, email_hash,
};
use waymark_collector::store::persons::{Merged, Slices};
use waymark_collector::store::sites::Site;
use waymark_collector::store::{Bots, EntryFilter, InteractionFilter, Store};
use waymark_protocol::Status;

use super::desk::{
    Desk, Hold, NOW, batch, context, fresh_site, item, received, run_sql, submit, visitor, walk,
};
use super::fold::facts_of;
use crate::support::database::Database;
use crate::support::{long, on_both_databases};

on_both_databases!(
    whose_they_are_follows_from_the_set,
    what_was_told_before_there_were_interactions_is_known,
    who_finds_no_room_is_told_to_wait,
);

/// What arrives, small enough that cases meet often.
#[derive(Debug, Clone)]
enum Piece {
    Event {
        visitor: u64,
        user: Option<u8>,
    },
    Identify {
        visitor: u64,
        user: u8,
        previous: Option<u8>,
        email: Option<u8>,
    },
    Interaction {
        user: Option<u8>,
        visitor: Option<u64>,
        email: Option<u8>,
    },
}

/// Pieces, each with how long before now it happened, and the order in which they arrive.
#[derive(Debug, Clone)]
struct Delivery {
    pieces: Vec<(Piece, i64)>,
    order: Vec<usize>,
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let few = || proptest::option::of(0..4_u8);
    let piece = prop_oneof![
        2 => (0..3_u64, few()).prop_map(|(visitor, user)| Piece::Event { visitor, user }),
        3 => (0..3_u64, 0..4_u8, proptest::option::weighted(0.2, 0..4_u8), few()).prop_map(
            |(visitor, user, previous, email)| Piece::Identify { visitor, user, previous, email }
        ),
        4 => (few(), proptest::option::of(0..4_u64), few())
            .prop_filter("is with somebody", |(user, visitor, email)| {
                user.is_some() || visitor.is_some() || email.is_some()
            })
            .prop_map(|(user, visitor, email)| Piece::Interaction { user, visitor, email }),
    ];
    // Few different times, so that the id decides now and then.
    let piece = (piece, (0..5_i64).prop_map(|ago| ago * 1000));
    proptest::collection::vec(piece, 1..24)
        .prop_flat_map(|pieces| {
            let order: Vec<usize> = (0..pieces.len()).chain(0..pieces.len()).collect();
            (Just(pieces), Just(order).prop_shuffle())
        })
        .prop_map(|(pieces, order)| Delivery { pieces, order })
}

/// A user's id; one of them is an address.
fn user_id(user: u8) -> String {
    match user {
        3 => address(3),
        user => format!("user-{user}"),
    }
}

fn address(number: u8) -> String {
    format!("a{number}@shop.example")
}

impl Delivery {
    /// The batch of a piece that is an item.
    fn batch(&self, number: usize) -> Option<Value> {
        let (piece, ago) = &self.pieces[number];
        let id = number as u64;
        let (who, item) = match piece {
            Piece::Event { visitor, .. } => {
                (*visitor, item("event", id, *ago, json!({"name": "e"})))
            }
            Piece::Identify {
                visitor,
                user,
                previous,
                email,
            } => {
                let mut data = json!({"user_id": user_id(*user), "traits": {"n": number}});
                if let Some(previous) = previous {
                    data["previous_id"] = json!(user_id(*previous));
                }
                if let Some(email) = email {
                    data["traits"]["email"] = json!(address(*email).to_uppercase());
                }
                (*visitor, item("identify", id, *ago, data))
            }
            Piece::Interaction { .. } => return None,
        };
        let mut context = context(who, who);
        if let Piece::Event {
            user: Some(user), ..
        } = piece
        {
            context["user_id"] = json!(user_id(*user));
        }
        Some(batch(&context, &[item]))
    }

    /// The body of a piece that is an interaction, and what is read of it.
    fn interaction(&self, site: &Site, number: usize) -> Option<(Value, Interaction)> {
        let (
            Piece::Interaction {
                user,
                visitor: who,
                email,
            },
            ago,
        ) = &self.pieces[number]
        else {
            return None;
        };
        let key = format!("i{number}");
        let body = json!({"interactions": [{
            "id": key, "channel": "email", "kind": "sent", "at": NOW - ago, "user_id": user.map(user_id),
            "visitor_id": who.map(visitor), "email": email.map(address),
        }]});
        // A user id that is an address is told as one.
        let is_address = *user == Some(3);
        let told = if is_address { *user } else { *email };
        let read = Interaction {
            id: interactions::id(site.id, &key),
            at: NOW - ago,
            user_id: user.filter(|_| !is_address).map(user_id),
            visitor_id: who.map(visitor),
            email_hash: told.and_then(|number| email_hash(&address(number))),
            ..Interaction::default()
        };
        Some((body, read))
    }
}

async fn whose_they_are_follows_from_the_set(database: Database) {
    let desk = Desk::new(database).await;
    let runtime = tokio::runtime::Handle::current();
    let mut runner = TestRunner::new(Config {
        cases: if long() { 1000 } else { 64 },
        failure_persistence: None,
        ..Config::default()
    });
    let result = tokio::task::block_in_place(|| {
        let ran = runner.run(&delivery(), |delivery| {
            runtime.block_on(deliver(&desk, &delivery))
        });
        ran.map_err(|failure| failure.to_string())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    desk.log.assert_quiet();
}

async fn deliver(desk: &Desk, delivery: &Delivery) -> Result<(), TestCaseError> {
    let site = fresh_site();
    for number in &delivery.order {
        if let Some(batch) = delivery.batch(*number) {
            submit(&desk.ingest, &site, &batch).await.unwrap();
        }
        if let Some((body, _)) = delivery.interaction(&site, *number) {
            let body = body.to_string();
            let batch = interactions::read(body.as_bytes()).unwrap();
            let lines = desk.ingest.submit_interactions(&site, &batch, NOW).await;
            prop_assert!(lines.unwrap()[0].answer.ignored.is_empty());
        }
    }
    let numbers = 0..delivery.pieces.len();
    let facts: Vec<Fact> = numbers
        .clone()
        .filter_map(|number| delivery.batch(number))
        .flat_map(|batch| facts_of(&site, &batch, &received()))
        .collect();
    let told: Vec<Interaction> = numbers
        .filter_map(|number| Some(delivery.interaction(&site, number)?.1))
        .collect();
    let whose = contacts(&facts, &told);
    let before = agree(&desk.store, site.id, &whose).await?;
    let (Some(first), Some(last)) = (before.keys().next(), before.keys().next_back()) else {
        return Ok(());
    };
    if first == last {
        return Ok(());
    }
    let ids = [first, last];
    let merged = desk.store.merge_persons(site.id, ids, "cli", NOW).await;
    prop_assert_eq!(merged.unwrap(), Merged::Done);
    let together = agree(&desk.store, site.id, &whose).await?;
    prop_assert_eq!(together.len(), before.len() - 1);
    let back = desk.store.unmerge_persons(site.id, ids, "cli", NOW).await;
    prop_assert!(back.unwrap());
    prop_assert_eq!(agree(&desk.store, site.id, &whose).await?, before);
    Ok(())
}

async fn what_was_told_before_there_were_interactions_is_known(database: Database) {
    let desk = Desk::new(database).await;
    let hash = email_hash("cid@shop.example").unwrap();
    let alias = json!({"user_id": "ben", "previous_id": "Ben@shop.example", "traits": {"email": {"x": "a@b"}}});
    let sent = [
        json!({"user_id": "ann@shop.example"}),
        json!({"user_id": "bea", "traits": {"email": " Bea@Shop.example"}}),
        json!({"user_id": "bea", "traits": {"email": "bea@shop.example", "email_hash": "x"}}),
        json!({"user_id": "cid", "traits": {"email_hash": hash.to_uppercase(), "email": 7}}),
        alias,
    ];
    for (data, who) in sent.iter().zip(0..) {
        let item = item("identify", who, 1000 * who as i64, data.clone());
        desk.accept(&batch(&context(who, who), &[item])).await;
    }
    let told = desk.database.rows("user_emails").await;
    assert_eq!(told.len(), 4, "{told:?}");
    // The table as the migration before left it, what the migration makes of the items, and the next start.
    let forget = "DELETE FROM user_emails";
    run_sql(&desk.database, forget, forget).await;
    let stored = |text: &'static str| {
        let (_, stored) = text.split_once("-- What is stored already.").unwrap();
        stored.split_once('\n').unwrap().1
    };
    let sqlite = stored(include_str!(
        "../../migrations/sqlite/0011_interactions.sql"
    ));
    let postgres = stored(include_str!(
        "../../migrations/postgres/0011_interactions.sql"
    ));
    run_sql(&desk.database, sqlite, postgres).await;
    assert!(desk.database.rows("told_emails").await.len() >= 4);
    let again = Store::open(desk.database.url()).await.unwrap();
    again.close().await;
    assert_eq!(desk.database.rows("user_emails").await, told);
    assert!(desk.database.rows("told_emails").await.is_empty());
    desk.log.assert_quiet();
}

async fn who_finds_no_room_is_told_to_wait(database: Database) {
    let desk = Desk::new(database).await;
    let hold = Hold::take(&desk.database).await;
    let one = |number: usize| {
        let key = format!("i{number}");
        json!({"interactions": [{"id": key, "channel": "sms", "kind": "sent", "at": NOW, "user_id": "ann"}]}).to_string()
    };
    let bodies: Vec<String> = (0..65).map(one).collect();
    let submits = bodies.iter().map(|body| async {
        let batch = interactions::read(body.as_bytes()).unwrap();
        let submit = desk.ingest.submit_interactions(&desk.site, &batch, NOW);
        submit.await.map(|lines| lines[0].answer.status)
    });
    // All have asked before the first is stored.
    let (mut answers, ()) = tokio::join!(join_all(submits), hold.release());
    let last = answers.pop().unwrap();
    assert!(
        matches!(last, Err(IngestError::Overloaded { .. })),
        "{last:?}"
    );
    assert!(
        answers.iter().all(|answer| *answer == Ok(Status::Accepted)),
        "{answers:?}"
    );
    let batch = interactions::read(bodies[64].as_bytes()).unwrap();
    let again = desk
        .ingest
        .submit_interactions(&desk.site, &batch, NOW)
        .await;
    assert_eq!(again.unwrap()[0].answer.status, Status::Accepted);
    desk.ingest.drain().await;
    let after = desk
        .ingest
        .submit_interactions(&desk.site, &batch, NOW)
        .await;
    assert_eq!(after.err(), Some(IngestError::ShuttingDown));
    desk.log.assert_quiet();
}

/// The interactions of each person who has any.
type ByPerson = BTreeMap<Identity, BTreeSet<Uuid>>;

/// Holds what is read against the definition.
async fn agree(store: &Store, site_id: i64, whose: &Contacts) -> Result<ByPerson, TestCaseError> {
    let filter = InteractionFilter::default();
    let listed: Contacts = walk!(store, interactions, site_id, &filter, 3)
        .into_iter()
        .map(|entry| {
            let contact = entry.interaction.unwrap();
            (entry.id, contact.person.zip(contact.matched_by))
        })
        .collect();
    prop_assert_eq!(&listed, whose);
    for matched in [true, false] {
        let filter = InteractionFilter {
            matched: Some(matched),
            ..InteractionFilter::default()
        };
        let some = walk!(store, interactions, site_id, &filter, 3);
        let expected = whose
            .values()
            .filter(|one| one.is_some() == matched)
            .count();
        prop_assert_eq!(some.len(), expected);
    }
    let mut by_person = ByPerson::new();
    for (id, person) in whose {
        if let Some((identity, _)) = person {
            let found = store.person(site_id, identity).await.unwrap().unwrap();
            by_person.entry(found.person.id).or_default().insert(*id);
        }
    }
    for (person, own) in &by_person {
        let found = store.person(site_id, person).await.unwrap().unwrap();
        let within = Slices::of_people([&found]);
        let channels = store.person_channels(site_id, &within).await.unwrap();
        prop_assert_eq!(channels[0].interactions as usize, own.len());
        let filter = EntryFilter {
            bots: Bots::Include,
            within: Some(within),
            ..EntryFilter::default()
        };
        let timeline = walk!(store, timeline, site_id, &filter, 3);
        prop_assert!(timeline.is_sorted_by(|a, b| (a.at, a.id) > (b.at, b.id)));
        let theirs: BTreeSet<Uuid> = timeline
            .iter()
            .filter(|entry| entry.kind == EntryKind::Interaction)
            .map(|entry| entry.id)
            .collect();
        prop_assert_eq!(&theirs, own);
    }
    Ok(by_person)
}
