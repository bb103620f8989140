//! Bots: kept, marked, left out unless asked for, and let in again by the owner.

use uuid::Uuid;
use waymark_collector::enrich::RULES;
use waymark_collector::ingest::Received;
use waymark_collector::journey::MarkedBy;
use waymark_collector::store::{Bots, EntryFilter, SessionFilter, VisitorFilter};

use super::definitions::BY;
use super::desk::{
    BOT, Desk, batch, context, entries, event, journeys, page, received, sessions, submit_from,
    visitor,
};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    a_bot_is_kept_and_left_out_unless_asked_for,
    the_owner_says_who_is_a_bot_and_may_take_it_back,
    rules_and_address_are_those_of_the_sessions_start,
);

/// Visitor 0 is a person and visitor 1 is a bot, with a session each.
async fn filled(database: Database) -> Desk {
    let desk = Desk::new(database).await;
    desk.accept(&batch(
        &context(0, 0),
        &[page(1, 5000, "/"), event(2, 4000, "e")],
    ))
    .await;
    accept_from(
        &desk,
        BOT,
        None,
        1,
        &[page(3, 3000, "/"), event(4, 2000, "e")],
    )
    .await;
    desk
}

async fn accept_from(
    desk: &Desk,
    agent: &str,
    ip: Option<&str>,
    who: u64,
    items: &[serde_json::Value],
) {
    let received = Received {
        user_agent: Some(agent.to_owned()),
        ip: ip.map(str::to_owned),
        ..received()
    };
    let batch = batch(&context(who, who), items);
    let answer = submit_from(&desk.ingest, &desk.site, &batch, &received).await;
    assert_eq!(answer.unwrap().results.len(), items.len());
}

/// Whose journeys, sessions and entries are listed, each visitor once.
async fn listed(desk: &Desk, bots: Bots) -> Vec<Uuid> {
    let filter = VisitorFilter {
        bots,
        ..Default::default()
    };
    let of_journeys: Vec<Uuid> = journeys(&desk.store, 1, &filter)
        .await
        .iter()
        .map(|journey| journey.visitor_id)
        .collect();
    let filter = SessionFilter {
        bots,
        ..Default::default()
    };
    let mut of_sessions: Vec<Uuid> = sessions(&desk.store, 1, &filter)
        .await
        .iter()
        .map(|session| session.visitor_id)
        .collect();
    let filter = EntryFilter {
        bots,
        ..Default::default()
    };
    let of_entries = entries(&desk.store, 1, &filter).await;
    assert_eq!(of_entries.len(), 2 * of_journeys.len(), "{bots:?}");
    let mut of_entries: Vec<Uuid> = of_entries
        .iter()
        .filter_map(|entry| entry.visitor_id)
        .collect();
    of_entries.dedup();
    let mut sorted = of_journeys.clone();
    for ids in [&mut sorted, &mut of_sessions, &mut of_entries] {
        ids.sort();
    }
    assert_eq!(of_sessions, sorted, "{bots:?}");
    assert_eq!(of_entries, sorted, "{bots:?}");
    of_journeys
}

async fn a_bot_is_kept_and_left_out_unless_asked_for(database: Database) {
    let desk = filled(database).await;
    assert_eq!(listed(&desk, Bots::default()).await, [visitor(0)]);
    assert_eq!(listed(&desk, Bots::Include).await, [visitor(1), visitor(0)]);
    assert_eq!(listed(&desk, Bots::Only).await, [visitor(1)]);

    let bot = desk.store.journey(1, visitor(1)).await.unwrap().unwrap();
    assert_eq!((bot.bot, bot.bot_by), (true, Some(MarkedBy::Rules)));
    assert_eq!((bot.total_events, bot.rules), (1, RULES));
    let person = desk.store.journey(1, visitor(0)).await.unwrap().unwrap();
    assert_eq!((person.bot, person.bot_by), (false, None));
    desk.log.assert_quiet();
}

async fn the_owner_says_who_is_a_bot_and_may_take_it_back(database: Database) {
    let desk = filled(database).await;
    let decide = async |who, decision| {
        assert!(
            desk.store
                .decide_bot(1, visitor(who), decision, BY)
                .await
                .unwrap()
        );
    };
    decide(1, Some(false)).await;
    decide(0, Some(true)).await;
    assert_eq!(listed(&desk, Bots::Exclude).await, [visitor(1)]);
    assert_eq!(listed(&desk, Bots::Only).await, [visitor(0)]);

    // What comes later leaves the decision alone.
    accept_from(
        &desk,
        BOT,
        None,
        1,
        &[event(5, 100, "e"), event(6, 9000, "e")],
    )
    .await;
    let bot = desk.store.journey(1, visitor(1)).await.unwrap().unwrap();
    assert_eq!((bot.bot, bot.bot_by), (false, Some(MarkedBy::Owner)));

    decide(1, None).await;
    let bot = desk.store.journey(1, visitor(1)).await.unwrap().unwrap();
    assert_eq!((bot.bot, bot.bot_by), (true, Some(MarkedBy::Rules)));

    let elsewhere = desk.store.decide_bot(2, visitor(1), Some(true), BY).await;
    assert!(!elsewhere.unwrap(), "a visitor of another site");
    desk.log.assert_quiet();
}

async fn rules_and_address_are_those_of_the_sessions_start(database: Database) {
    let desk = Desk::new(database).await;
    let only = async || {
        let filter = SessionFilter {
            bots: Bots::Include,
            ..Default::default()
        };
        sessions(&desk.store, 1, &filter).await.remove(0)
    };
    accept_from(&desk, BOT, Some("192.0.2.0"), 1, &[event(1, 2000, "e")]).await;
    let session = only().await;
    assert_eq!(
        (session.ip.as_deref(), session.rules),
        (Some("192.0.2.0"), RULES)
    );
    assert!(session.bot);

    accept_from(&desk, "", Some("198.51.100.0"), 1, &[event(2, 1000, "e")]).await;
    assert_eq!(only().await.ip.as_deref(), Some("192.0.2.0"));
    accept_from(&desk, "", None, 1, &[event(3, 3000, "e")]).await;
    let session = only().await;
    assert_eq!((session.ip, session.bot), (None, false));
    desk.log.assert_quiet();
}
