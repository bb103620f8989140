//! What is kept of people: whatever came in which order, was judged in which parts and by which of two collectors, it is what
//! one judgement of the whole says.

use futures_util::future::join_all;
use proptest::prelude::*;
use serde_json::{Value, json};
use waymark_collector::ingest::{Ingest, interactions};
use waymark_collector::journey::Identity;
use waymark_collector::judging::{finish, judge, made};
use waymark_collector::store::judgements::Ranking;
use waymark_collector::store::kept_insights::{InsightFilter, KeptInsight};
use waymark_collector::store::sites::Site;
use waymark_collector::store::{Bots, Store, VisitorFilter};

use super::definitions::BY;
use super::desk::{Desk, NOW, batch, context, event, fresh_site, item, run_sql, submit, visitor};
use super::fold::hold;
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    any_way_of_judging_comes_to_the_same,
    whom_nobody_judged_is_found_in_the_rows,
    of_two_who_judge_the_later_reading_stays,
    who_knew_of_one_browser_less_keeps_nothing,
    people_are_ranked_by_what_is_kept,
);

const DAY: i64 = 86_400_000;

#[derive(Debug, Clone)]
enum Piece {
    /// A session on a day, by a channel, by a user or nobody, with as many views of the prices.
    Visit {
        visitor: u64,
        user: Option<u8>,
        channel: u8,
        prices: u8,
    },
    Identify {
        visitor: u64,
        user: u8,
        previous: Option<u8>,
    },
    Milestone {
        visitor: u64,
    },
    Order {
        visitor: u64,
    },
    Call {
        user: Option<u8>,
        visitor: Option<u64>,
        kind: u8,
    },
    /// Two users are one, or are not any more.
    Merge(u8, u8),
    Unmerge(u8, u8),
    Bot(u64, Option<bool>),
}

#[derive(Debug, Clone)]
struct Delivery {
    /// Each with the days before now on which it happened.
    pieces: Vec<(Piece, i64)>,
    order: Vec<usize>,
    lanes: usize,
    /// In which of the pieces' turns it is judged meanwhile.
    judged: Vec<bool>,
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let few = || proptest::option::of(0..3_u8);
    let piece = prop_oneof![
        12 => (0..4_u64, few(), 0..4_u8, 0..3_u8).prop_map(|(visitor, user, channel, prices)| {
            Piece::Visit { visitor, user, channel, prices }
        }),
        2 => (0..4_u64, 0..3_u8, proptest::option::weighted(0.3, 0..3_u8))
            .prop_map(|(visitor, user, previous)| Piece::Identify { visitor, user, previous }),
        1 => (0..4_u64).prop_map(|visitor| Piece::Milestone { visitor }),
        1 => (0..4_u64).prop_map(|visitor| Piece::Order { visitor }),
        4 => (few(), proptest::option::of(0..4_u64), 0..3_u8)
            .prop_filter("is with somebody", |(user, visitor, _)| user.is_some() || visitor.is_some())
            .prop_map(|(user, visitor, kind)| Piece::Call { user, visitor, kind }),
        1 => (0..3_u8, 0..3_u8).prop_map(|(one, other)| Piece::Merge(one, other)),
        1 => (0..3_u8, 0..3_u8).prop_map(|(one, other)| Piece::Unmerge(one, other)),
        1 => (0..4_u64, any::<Option<bool>>()).prop_map(|(visitor, bot)| Piece::Bot(visitor, bot)),
    ];
    // Days that lie close together now and then, so that rules find something.
    let day = prop_oneof![0..8_i64, 14..34_i64, 0..130_i64];
    proptest::collection::vec((piece, day), 1..40)
        .prop_flat_map(|pieces| {
            let order: Vec<usize> = (0..pieces.len()).chain(0..pieces.len() / 3).collect();
            let judged = proptest::collection::vec(any::<bool>(), order.len());
            (Just(pieces), Just(order).prop_shuffle(), 1..4_usize, judged)
        })
        .prop_map(|(pieces, order, lanes, judged)| Delivery {
            pieces,
            order,
            lanes,
            judged,
        })
}

fn user(number: u8) -> Identity {
    Identity::User(format!("user-{number}"))
}

impl Delivery {
    async fn send(&self, store: &Store, ingest: &Ingest, site: &Site, number: usize) {
        let (piece, days) = &self.pieces[number];
        let (ago, own) = (days * DAY + 60_000, number as u64);
        let (who, items) = match piece {
            Piece::Visit {
                visitor, prices, ..
            } => {
                let view = |of: u64| {
                    let data = json!({"url": "https://shop.example/pricing", "title": "Prices"});
                    item("page_view", own * 100 + of, ago, data)
                };
                let views = (1..=u64::from(*prices)).map(view);
                let first = event(own * 100, ago, "e");
                (*visitor, std::iter::once(first).chain(views).collect())
            }
            Piece::Identify {
                visitor,
                user,
                previous,
            } => {
                let previous = previous.map(|user| format!("user-{user}"));
                let data = json!({"user_id": format!("user-{user}"), "previous_id": previous});
                (*visitor, vec![item("identify", own * 100, ago, data)])
            }
            Piece::Milestone { visitor } => {
                let data = json!({"name": "first_connection_at"});
                (*visitor, vec![item("milestone", own * 100, ago, data)])
            }
            Piece::Order { visitor } => {
                let props = json!({"order_id": format!("o-{number}")});
                let data =
                    json!({"name": "purchase", "value": "9.90", "currency": "EUR", "props": props});
                (*visitor, vec![item("event", own * 100, ago, data)])
            }
            Piece::Call {
                user,
                visitor: who,
                kind,
            } => {
                let kind = ["answered", "missed", "replied"][usize::from(*kind)];
                let body = json!({"interactions": [{
                    "id": format!("i{number}"), "channel": "call", "kind": kind, "at": NOW - ago,
                    "user_id": user.map(|user| format!("user-{user}")), "visitor_id": who.map(visitor),
                }]});
                let body = body.to_string();
                let batch = interactions::read(body.as_bytes()).unwrap();
                ingest.submit_interactions(site, &batch, NOW).await.unwrap();
                return;
            }
            Piece::Merge(one, other) => {
                let ids = [&user(*one), &user(*other)];
                store.merge_persons(site.id, ids, "cli", NOW).await.unwrap();
                return;
            }
            Piece::Unmerge(one, other) => {
                let ids = [&user(*one), &user(*other)];
                store
                    .unmerge_persons(site.id, ids, "cli", NOW)
                    .await
                    .unwrap();
                return;
            }
            Piece::Bot(who, bot) => {
                store
                    .decide_bot(site.id, visitor(*who), *bot, BY)
                    .await
                    .unwrap();
                return;
            }
        };
        let mut context = context(who, own);
        context["session"]["started_at"] = json!(NOW - ago);
        if let Piece::Visit { user, channel, .. } = piece {
            if let Some(user) = user {
                context["user_id"] = json!(format!("user-{user}"));
            }
            let medium = ["email", "cpc", "organic", "referral"][usize::from(*channel)];
            context["touch"] = json!({"source": "google", "medium": medium});
        }
        submit(ingest, site, &batch(&context, &items))
            .await
            .unwrap();
    }
}

/// All that is kept of a site, whether it has begun or not, with the ranking.
async fn kept(store: &Store, site: &Site) -> (Vec<KeptInsight>, Vec<Value>) {
    let mut all = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let filter = InsightFilter::default();
        let page = store
            .kept_insights(site.id, &filter, NOW + 400 * DAY, cursor.as_deref(), 3)
            .await
            .unwrap();
        all.extend(page.data);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    (all, ranking(store, site, Ranking::Stage).await)
}

async fn ranking(store: &Store, site: &Site, by: Ranking) -> Vec<Value> {
    let filter = VisitorFilter {
        bots: Bots::Include,
        ..VisitorFilter::default()
    };
    let mut all = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = store
            .ranked_persons(site.id, &filter, (by, None), cursor.as_deref(), 2)
            .await
            .unwrap();
        let ids = page.data.iter().map(|person| &person.id);
        let scores = store.kept_scores(site.id, ids).await.unwrap();
        all.extend(page.data.iter().map(|person| {
            let kept = &scores[&person.id];
            json!([person.id, kept.standing, kept.judged_at])
        }));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return all;
        }
    }
}

const FORGET: &str =
    "DELETE FROM kept_insights; DELETE FROM judged_persons; DELETE FROM judged_visitors";

async fn any_way_of_judging_comes_to_the_same(database: Database) {
    let first = Store::open(database.url()).await.unwrap();
    let other = Store::open(database.url()).await.unwrap();
    hold(database, 48, delivery(), async |desk, second, delivery| {
        let site = fresh_site();
        let lanes = (0..delivery.lanes).map(|lane| {
            let (store, ingest) = [(&first, &desk.ingest), (&other, second)][lane % 2];
            let site = &site;
            async move {
                let own = delivery.order.iter().zip(&delivery.judged);
                for (number, is_judged) in own.skip(lane).step_by(delivery.lanes) {
                    delivery.send(store, ingest, site, *number).await;
                    if *is_judged {
                        let all: Vec<_> = (0..4).map(visitor).collect();
                        let all = &all[..1 + *number % 4];
                        judge(store, site.id, all, &[], NOW).await.unwrap();
                    }
                }
            }
        });
        join_all(lanes).await;
        finish(&other, site.id, NOW).await.unwrap();
        let (insights, ranked) = kept(&desk.store, &site).await;
        run_sql(&desk.database, FORGET, FORGET).await;
        finish(&desk.store, site.id, NOW).await.unwrap();
        let whole = kept(&desk.store, &site).await;
        prop_assert_eq!(insights, whole.0);
        prop_assert_eq!(ranked, whole.1);
        Ok(())
    })
    .await;
}

async fn there(desk: &Desk, site: &Site, who: u64, days: &[i64]) {
    for (number, ago) in days.iter().enumerate() {
        let own = who * 1000 + number as u64;
        let mut context = context(who, own);
        context["session"]["started_at"] = json!(NOW - ago * DAY);
        let sent = batch(&context, &[event(own, ago * DAY, "e")]);
        submit(&desk.ingest, site, &sent).await.unwrap();
    }
}

async fn of_site(store: &Store, site: &Site, now: i64) -> Vec<KeptInsight> {
    let filter = InsightFilter::default();
    let page = store.kept_insights(site.id, &filter, now, None, 100).await;
    page.unwrap().data
}

async fn whom_nobody_judged_is_found_in_the_rows(database: Database) {
    let desk = Desk::new(database).await;
    there(&desk, &desk.site, 0, &[24, 22, 20]).await;
    desk.ingest.drain().await;
    // Another process, which was told nothing.
    let other = Store::open(desk.database.url()).await.unwrap();
    finish(&other, desk.site.id, NOW).await.unwrap();
    let told = |one: &KeptInsight| (one.rule.clone(), one.found_at - NOW, one.status.clone());
    let quiet = |status: &str| ("going_quiet".to_owned(), -6 * DAY, status.to_owned());
    let found = of_site(&desk.store, &desk.site, NOW).await;
    assert_eq!(
        found.iter().map(told).collect::<Vec<_>>(),
        [quiet("current")]
    );
    assert_eq!(found[0].confirmed_at, NOW);
    // Nobody judges it again, and it ends when it does, and had not begun before it did.
    let later = NOW + 70 * DAY + 1;
    let ended = of_site(&desk.store, &desk.site, later).await;
    assert_eq!(ended.iter().map(told).collect::<Vec<_>>(), [quiet("ended")]);
    assert_eq!(ended[0].ended_at, Some(later));
    assert!(
        of_site(&desk.store, &desk.site, NOW - 7 * DAY)
            .await
            .is_empty()
    );
    // Whoever was judged is left alone until something happens, or their score is of the past.
    let rows = desk.database.rows("judged_persons").await;
    finish(&other, desk.site.id, NOW + DAY).await.unwrap();
    assert_eq!(desk.database.rows("judged_persons").await, rows);
    finish(&other, desk.site.id, NOW + 6 * DAY).await.unwrap();
    assert_ne!(desk.database.rows("judged_persons").await, rows);
    desk.log.assert_quiet();
}

async fn of_two_who_judge_the_later_reading_stays(database: Database) {
    let desk = Desk::new(database).await;
    there(&desk, &desk.site, 0, &[24, 22]).await;
    let other = Store::open(desk.database.url()).await.unwrap();
    let store = &desk.store;
    let old = made(store, desk.site.id, &[visitor(0)], &[], NOW)
        .await
        .unwrap();
    there(&desk, &desk.site, 0, &[24, 22, 20]).await;
    assert!(!store.keep_judgements(desk.site.id, &old).await.unwrap());
    judge(&other, desk.site.id, &[visitor(0)], &[], NOW)
        .await
        .unwrap();
    assert!(!store.keep_judgements(desk.site.id, &old).await.unwrap());
    assert_eq!(of_site(store, &desk.site, NOW).await.len(), 1);
    desk.log.assert_quiet();
}

async fn who_knew_of_one_browser_less_keeps_nothing(database: Database) {
    let desk = Desk::new(database).await;
    let (store, site) = (&desk.store, &desk.site);
    let visit = async |who: u64, ago: i64| {
        let mut context = context(who, who);
        context["session"]["started_at"] = json!(NOW - ago * DAY);
        context["user_id"] = json!("user-0");
        let sent = batch(&context, &[event(who, ago * DAY, "e")]);
        submit(&desk.ingest, site, &sent).await.unwrap();
    };
    visit(0, 1).await;
    let of_visitor = made(store, site.id, &[visitor(0)], &[], NOW).await.unwrap();
    let of_user = made(store, site.id, &[], &[user(0)], NOW).await.unwrap();
    // The first browser's row is what it was.
    visit(1, 60).await;
    judge(store, site.id, &[visitor(1)], &[], NOW)
        .await
        .unwrap();
    for old in [of_visitor, of_user] {
        assert!(!store.keep_judgements(site.id, &old).await.unwrap());
    }
    let rules: Vec<String> = of_site(store, site, NOW)
        .await
        .into_iter()
        .map(|one| one.rule)
        .collect();
    assert_eq!(rules, ["returned"]);
    desk.log.assert_quiet();
}

async fn people_are_ranked_by_what_is_kept(database: Database) {
    let desk = Desk::new(database).await;
    there(&desk, &desk.site, 0, &[20]).await;
    there(&desk, &desk.site, 1, &[3, 2, 1]).await;
    there(&desk, &desk.site, 2, &[50]).await;
    there(&desk, &desk.site, 3, &[3, 1]).await;
    // Nobody is ranked who was not judged.
    assert!(
        ranking(&desk.store, &desk.site, Ranking::Score)
            .await
            .is_empty()
    );
    finish(&desk.store, desk.site.id, NOW).await.unwrap();
    let scale = desk.store.scale(desk.site.id).await.unwrap();
    let ranked = ranking(&desk.store, &desk.site, Ranking::Score).await;
    let of = |who: u64| json!(Identity::Visitor(visitor(who)));
    let ids: Vec<&Value> = ranked.iter().map(|one| &one[0]).collect();
    assert_eq!(ids, [&of(1), &of(3), &of(0), &of(2)]);
    let score = |now: i64, place: usize| scale.score_of(ranked[place][1].as_i64().unwrap(), now);
    let near = |one: f64, other: f64| assert!((one - other).abs() < 1e-5, "{one} {other}");
    // 0.4 · 29/30 + 0.4 · 0.3, and so on: no channel is known.
    for (place, expected) in [0.506_667, 0.466_667, 0.173_333, 0.0]
        .into_iter()
        .enumerate()
    {
        near(score(NOW, place), expected);
    }
    // Nothing is written, and recency goes on.
    near(score(NOW + 3 * DAY, 0), 0.506_667 - 0.04);
    let filter = VisitorFilter::default();
    let least = Some(scale.standing_of(0.45, NOW));
    let page = desk
        .store
        .ranked_persons(desk.site.id, &filter, (Ranking::Score, least), None, 10)
        .await
        .unwrap();
    assert_eq!(page.data.len(), 2);
    desk.log.assert_quiet();
}
