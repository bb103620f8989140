//! Lists: filters, order, and pages that show everything exactly once.

use serde_json::json;
use uuid::Uuid;
use waymark_collector::journey::EntryKind;
use waymark_collector::store::{EntryFilter, SessionFilter, StoreError, VisitorFilter};

use super::desk::{
    Desk, batch, context, entries, event, id, item, journeys, page, sessions, visitor, walk,
};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    pages_show_everything_once_in_order,
    journeys_are_found_by_name_user_stage_and_source,
    entries_are_found_by_visitor_session_name_and_kind,
    sessions_are_found_by_visitor,
    a_text_in_a_filter_stands_for_itself,
    a_made_up_cursor_is_refused,
    many_journeys_are_read_by_id,
);

const NOBODY: [Uuid; 0] = [];

/// Five visitors with two sessions each; the third is a registered user who came by a campaign.
async fn filled(database: Database) -> Desk {
    let desk = Desk::new(database).await;
    for who in 0..5_u64 {
        for which in 0..2_u64 {
            let session = who * 2 + which;
            let mut context = context(who, session);
            if who == 2 {
                context["user_id"] = json!("Ann_50%@shop");
                context["touch"] = json!({"source": "News", "medium": "email"});
            }
            let mut items = vec![
                page(session * 10, 5000 - (session as i64 % 3) * 1000, "/"),
                event(session * 10 + 1, 2000, if which == 0 { "a" } else { "b" }),
            ];
            if who == 2 {
                items.push(item(
                    "milestone",
                    session * 10 + 2,
                    1000,
                    json!({"name": "signup_at"}),
                ));
            }
            desk.accept(&batch(&context, &items)).await;
        }
    }
    desk
}

async fn pages_show_everything_once_in_order(database: Database) {
    let desk = filled(database).await;
    for limit in [1_u32, 2, 5, 500] {
        let all = walk!(desk.store, visitors, 1, &VisitorFilter::default(), limit);
        let keys: Vec<_> = all
            .iter()
            .map(|journey| (journey.last_seen, journey.visitor_id))
            .collect();
        assert_eq!(keys.len(), 5);
        assert!(keys.is_sorted_by(|a, b| a > b), "{limit}: {keys:?}");

        let all = walk!(desk.store, sessions, 1, &SessionFilter::default(), limit);
        let keys: Vec<_> = all
            .iter()
            .map(|session| (session.started_at, session.session_id))
            .collect();
        assert_eq!(keys.len(), 10);
        assert!(keys.is_sorted_by(|a, b| a > b), "{limit}: {keys:?}");

        let all = walk!(desk.store, entries, 1, &EntryFilter::default(), limit);
        let keys: Vec<_> = all.iter().map(|entry| (entry.at, entry.id)).collect();
        assert_eq!(keys.len(), 22);
        assert!(keys.is_sorted_by(|a, b| a > b), "{limit}: {keys:?}");
    }
}

async fn found(desk: &Desk, filter: VisitorFilter) -> Vec<Uuid> {
    journeys(&desk.store, 1, &filter)
        .await
        .iter()
        .map(|journey| journey.visitor_id)
        .collect()
}

async fn journeys_are_found_by_name_user_stage_and_source(database: Database) {
    let desk = filled(database).await;
    let name = desk.journey(visitor(2)).await["name"]
        .as_str()
        .unwrap()
        .to_owned();
    for q in [
        name.to_uppercase(),
        name[..name.len() - 1].to_owned(),
        "ANN_50%".to_owned(),
    ] {
        let q = Some(q);
        assert_eq!(
            found(
                &desk,
                VisitorFilter {
                    q: q.clone(),
                    ..Default::default()
                }
            )
            .await,
            [visitor(2)],
            "{q:?}"
        );
    }
    let stage = |key: &str| VisitorFilter {
        stage: Some(key.to_owned()),
        ..Default::default()
    };
    assert_eq!(found(&desk, stage("registered")).await, [visitor(2)]);
    assert_eq!(found(&desk, stage("anonymous")).await.len(), 4);
    assert_eq!(found(&desk, stage("converted")).await, NOBODY);
    let source = |source: &str| VisitorFilter {
        source: Some(source.to_owned()),
        ..Default::default()
    };
    assert_eq!(found(&desk, source("news")).await, [visitor(2)]);
    assert_eq!(found(&desk, source("nobody")).await, NOBODY);
    let all = VisitorFilter {
        q: Some("shop".to_owned()),
        stage: Some("registered".to_owned()),
        source: Some("news".to_owned()),
        bots: Default::default(),
        ..VisitorFilter::default()
    };
    assert_eq!(found(&desk, all.clone()).await, [visitor(2)]);
    assert_eq!(
        found(
            &desk,
            VisitorFilter {
                stage: Some("anonymous".to_owned()),
                ..all
            }
        )
        .await,
        NOBODY
    );
}

async fn entries_are_found_by_visitor_session_name_and_kind(database: Database) {
    let desk = filled(database).await;
    for (filter, count) in [
        (
            EntryFilter {
                visitor: Some(visitor(2)),
                ..Default::default()
            },
            6,
        ),
        (
            EntryFilter {
                visitor: Some(visitor(9)),
                ..Default::default()
            },
            0,
        ),
        (
            EntryFilter {
                session: Some(id(2_000_000 + 3)),
                ..Default::default()
            },
            2,
        ),
        (
            EntryFilter {
                name: Some("a".to_owned()),
                ..Default::default()
            },
            5,
        ),
        (
            EntryFilter {
                kind: Some(EntryKind::PageView),
                ..Default::default()
            },
            10,
        ),
        (
            EntryFilter {
                kind: Some(EntryKind::Milestone),
                ..Default::default()
            },
            2,
        ),
        (
            EntryFilter {
                visitor: Some(visitor(2)),
                session: Some(id(2_000_000 + 5)),
                name: Some("b".to_owned()),
                kind: Some(EntryKind::Event),
                ..Default::default()
            },
            1,
        ),
    ] {
        assert_eq!(
            entries(&desk.store, 1, &filter).await.len(),
            count,
            "{filter:?}"
        );
    }
}

async fn sessions_are_found_by_visitor(database: Database) {
    let desk = filled(database).await;
    let filter = SessionFilter {
        visitor: Some(visitor(3)),
        ..Default::default()
    };
    let found = sessions(&desk.store, 1, &filter).await;
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|session| session.visitor_id == visitor(3)));
}

async fn a_text_in_a_filter_stands_for_itself(database: Database) {
    let desk = filled(database).await;
    for q in ["%", "_0%", "!", "' OR 1=1 --", "\u{0}", "\\"] {
        let found = found(
            &desk,
            VisitorFilter {
                q: Some(q.to_owned()),
                ..Default::default()
            },
        )
        .await;
        let expected: &[Uuid] = if q == "%" { &[visitor(2)] } else { &[] };
        assert_eq!(found, expected, "{q}");
    }
    for odd in ["\u{0}", "'"] {
        let source = VisitorFilter {
            source: Some(odd.to_owned()),
            ..Default::default()
        };
        assert_eq!(found(&desk, source).await, NOBODY);
        let name = EntryFilter {
            name: Some(odd.to_owned()),
            ..Default::default()
        };
        assert!(entries(&desk.store, 1, &name).await.is_empty());
    }
}

async fn a_made_up_cursor_is_refused(database: Database) {
    let desk = Desk::new(database).await;
    let cursor = Some("next");
    let refused = [
        desk.store
            .visitors(1, &VisitorFilter::default(), cursor, 5)
            .await
            .err(),
        desk.store
            .sessions(1, &SessionFilter::default(), cursor, 5)
            .await
            .err(),
        desk.store
            .entries(1, &EntryFilter::default(), cursor, 5)
            .await
            .err(),
    ];
    for error in refused {
        assert!(
            matches!(error, Some(StoreError::InvalidCursor)),
            "{error:?}"
        );
    }
}

async fn many_journeys_are_read_by_id(database: Database) {
    let desk = Desk::new(database).await;
    for who in 0..600_u64 {
        if who % 100 == 0 {
            desk.accept(&batch(&context(who, who), &[event(who, 10, "a")]))
                .await;
        }
    }
    let mut asked: Vec<Uuid> = (0..600).map(visitor).collect();
    asked.push(Uuid::nil());
    let mut found: Vec<Uuid> = desk
        .store
        .journeys(1, &asked)
        .await
        .unwrap()
        .iter()
        .map(|journey| journey.visitor_id)
        .collect();
    let mut expected: Vec<Uuid> = (0..6).map(|who| visitor(who * 100)).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(desk.store.journeys(1, &[]).await.unwrap().len(), 0);
}
