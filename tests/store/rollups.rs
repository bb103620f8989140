//! Sums by hour against the rows: whatever happens to a site, and whether or not hours were kept meanwhile, what is read is what
//! the rows add up to.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use waymark_collector::analytics::buckets::{Buckets, Interval, day_of};
use waymark_collector::analytics::dimension::Dimension;
use waymark_collector::analytics::figures::Sort;
use waymark_collector::analytics::filter::Filters;
use waymark_collector::analytics::groups::By;
use waymark_collector::analytics::prices::Prices;
use waymark_collector::analytics::rolled::{self, Rolled as Sums};
use waymark_collector::analytics::rows::{Shown, Table};
use waymark_collector::analytics::scope::Scope;
use waymark_collector::analytics::{overview, sources};
use waymark_collector::columns::{Columns, Visitor};
use waymark_collector::journey::EntryKind;
use waymark_collector::money::Exchange;
use waymark_collector::rollups::hours::{HOUR_MS, Hours, Whence, hour_of, ranges};
use waymark_collector::store::rollups::{Rolled, Sold};
use waymark_collector::store::{Bots, Store};

use super::columns::{Doing, piece};
use super::desk::{Desk, NOW, batch, context, event, fresh_site, page, submit};
use super::fold::hold;
use super::told::anew;
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    whatever_happens_what_is_read_is_the_recount,
    hours_are_right_while_items_arrive,
    a_defect_of_a_kept_hour_is_found,
);

const DAY: i64 = 24;

/// When hours from before there were sums are counted, and after which pieces those that changed are: all, some, or none.
fn rolls() -> impl Strategy<Value = (usize, Vec<u8>)> {
    (0..12_usize, proptest::collection::vec(0..4_u8, 30))
}

/// Counts hours from before, so many at a time.
pub(super) async fn roll_past(store: &Store, site_id: i64, hours: i64) {
    while store
        .roll_past(site_id, hours, NOW)
        .await
        .unwrap()
        .is_some()
    {}
}

/// Counts those of the marked hours that are named by their place.
pub(super) async fn roll(store: &Store, site_id: i64, keep: impl Fn(usize) -> bool) -> Vec<Rolled> {
    let due = store.due_hours(site_id).await.unwrap();
    let chosen = due.keys().enumerate().filter(|(place, _)| keep(*place));
    let mut all = Vec::new();
    for range in ranges(chosen.map(|(_, hour)| *hour)) {
        all.push(store.roll_due(site_id, vec![range]).await.unwrap());
    }
    all
}

/// Figures by hour, bot and, of sessions, where they came from; without those that are nothing. The last are ids of visitors.
type Figures = BTreeMap<(i64, bool, Option<Whence>), Vec<i64>>;

fn add(figures: &mut Figures, key: (i64, bool, Option<Whence>), numbers: &[i64]) {
    let sums = figures.entry(key).or_insert_with(|| vec![0; numbers.len()]);
    for (sum, number) in sums.iter_mut().zip(numbers) {
        *sum += number;
    }
}

/// What the rows add up to, said as plainly as can be.
fn recount(columns: &Columns) -> Figures {
    let mut figures = Figures::new();
    for visitor in columns.visitors() {
        recount_visitor(columns, visitor, &mut figures);
    }
    figures.retain(|_, numbers| numbers.iter().any(|number| *number != 0));
    figures
}

fn recount_visitor(columns: &Columns, visitor: Visitor<'_>, figures: &mut Figures) {
    let bot = visitor.is_bot();
    let (sessions, events) = (visitor.sessions(), visitor.events());
    let text = |word| columns.text(word).map(str::to_owned);
    for place in 0..sessions.started_at.len() {
        let own: Vec<usize> = (0..events.at.len())
            .filter(|item| events.session[*item] as usize == place)
            .collect();
        let of = |kind: EntryKind| {
            own.iter()
                .filter(|item| events.kind[**item] == kind)
                .count() as i64
        };
        let conversions = own
            .iter()
            .filter(|item| events.is_conversion[**item])
            .count() as i64;
        let hour = hour_of(sessions.started_at[place]);
        let views = i64::from(sessions.page_views[place]);
        let others = i64::from(sessions.events[place]);
        let visible = sessions.visible_ms[place];
        let is_engaged = visible > 10_000 || conversions > 0 || views >= 2;
        let gone = [
            views - of(EntryKind::PageView),
            others - of(EntryKind::Event),
            0,
        ];
        add(figures, (hour, bot, None), &gone);
        for item in own {
            let numbers = [
                i64::from(events.kind[item] == EntryKind::PageView),
                i64::from(events.kind[item] == EntryKind::Event),
                i64::from(events.is_conversion[item]),
            ];
            add(figures, (hour_of(events.at[item]), bot, None), &numbers);
        }
        let touch = columns.touches()[sessions.touch[place] as usize];
        let whence = Whence {
            source: text(touch.source),
            medium: text(touch.medium),
            campaign: text(touch.campaign),
            channel: text(touch.channel),
        };
        let lasted = sessions.last_at[place] - sessions.started_at[place];
        let numbers = [
            1,
            i64::from(place == 0),
            i64::from(is_engaged),
            i64::from(conversions > 0),
            views,
            others,
            conversions,
            visible,
            lasted,
        ];
        add(figures, (hour, bot, Some(whence)), &numbers);
    }
}

fn figures(hours: &Hours) -> Figures {
    let mut figures = Figures::new();
    for ((hour, bot), sums) in &hours.happened {
        let numbers = [sums.page_views, sums.events, sums.conversions];
        add(&mut figures, (*hour, *bot, None), &numbers);
    }
    for ((hour, bot), touches) in &hours.began {
        let all: i64 = touches.values().map(|sums| sums.starts.engaged).sum();
        assert_eq!(hours.happened[&(*hour, *bot)].starts.engaged, all);
        for (whence, sums) in touches {
            let numbers = [
                sums.starts.sessions,
                sums.starts.new_visitors,
                sums.starts.engaged,
                sums.starts.converted,
                sums.page_views,
                sums.events,
                sums.conversions,
                sums.starts.visible_ms,
                sums.starts.lasted_ms,
            ];
            add(&mut figures, (*hour, *bot, Some(whence.clone())), &numbers);
        }
    }
    figures.retain(|_, numbers| numbers.iter().any(|number| *number != 0));
    figures
}

/// The overview by hours, days and months, and sources of the same times: from sums, and from the copy.
async fn questions(store: &Store, site_id: i64, made: &Columns, bots: Bots) -> [Vec<Table>; 2] {
    let exchange = Exchange::new(None, "UTC");
    let filters = Filters::of(&[]).unwrap();
    let day = |ago: i64| day_of(NOW - ago * DAY * HOUR_MS, &TimeZone::UTC).unwrap();
    let by = By::of(vec![Dimension::Channel, Dimension::Source]);
    let shown = Shown {
        sort: Sort::default(),
        limit: 100,
    };
    let (mut sums, mut exact) = (Vec::new(), Vec::new());
    for (interval, ago) in [
        (Interval::Hour, 12),
        (Interval::Day, 50),
        (Interval::Month, 20),
    ] {
        let buckets = Buckets::of(day(ago), day(0), &TimeZone::UTC, interval).unwrap();
        let scope = Scope {
            columns: made,
            span: buckets.span(),
            bots,
            filters: filters.decide(made),
        };
        let prices = Prices::of(made, &exchange);
        let series = overview::series(&scope, &prices, &buckets);
        exact.push(Table::series(made, &prices, buckets.starts(), &series));
        let groups = sources::sources(&scope, &prices, &by).unwrap();
        exact.push(Table::groups((made, &prices), by.dimensions(), shown, &groups, None).0);
        let hours = rolled::hours(buckets.span()).unwrap();
        for sold in [Sold::Within, Sold::BegunWithin] {
            let read = store.read_hours(site_id, hours.clone(), sold).await;
            let read = read.unwrap().unwrap();
            let columns = rolled::columns([&read]);
            let prices = Prices::of(&columns, &exchange);
            let rolled = Sums {
                read: &read,
                bots,
                columns: &columns,
                prices: &prices,
            };
            let known = (&columns, &prices);
            sums.push(match sold {
                Sold::Within => {
                    let (series, _) = rolled.series(&buckets);
                    Table::series(&columns, &prices, buckets.starts(), &series)
                }
                Sold::BegunWithin => {
                    let (groups, _) = rolled.groups(by.dimensions());
                    Table::groups(known, by.dimensions(), shown, &groups, None).0
                }
            });
        }
    }
    [sums, exact]
}

/// All that is read of a site, if all of it is kept.
async fn read(store: &Store, site_id: i64) -> Option<(Hours, usize)> {
    let hours = hour_of(NOW) - 60 * DAY..hour_of(NOW) + DAY;
    let read = store
        .read_hours(site_id, hours, Sold::BegunWithin)
        .await
        .unwrap();
    read.map(|read| (read.hours, read.recounted))
}

async fn whatever_happens_what_is_read_is_the_recount(database: Database) {
    let pieces = (proptest::collection::vec(piece(), 1..30), rolls());
    hold(
        database,
        48,
        pieces,
        async |desk, second, (pieces, rolls)| {
            let mut doing = Doing::new(desk, second);
            let site_id = doing.site.id;
            for (number, piece) in pieces.iter().enumerate() {
                if number == rolls.0 {
                    roll_past(doing.store(), site_id, 7).await;
                }
                doing.act(number, piece).await;
                match rolls.1[number] {
                    0 => drop(roll(doing.store(), site_id, |_| true).await),
                    1 => drop(roll(doing.store(), site_id, |place| place % 2 == 0).await),
                    _ => {}
                }
                if number % 3 == 1 {
                    continue;
                }
                if let Some((hours, _)) = read(doing.store(), site_id).await {
                    let made = anew(doing.store(), site_id).await;
                    prop_assert_eq!(figures(&hours), recount(&made), "after {:?}", piece);
                }
                let verified = doing.store().verify_hours(site_id).await.unwrap();
                prop_assert_eq!(verified.different, 0, "{:?} after {:?}", verified, piece);
            }
            roll_past(doing.store(), site_id, 24 * 30).await;
            let (hours, _) = read(doing.store(), site_id).await.unwrap();
            roll(doing.store(), site_id, |_| true).await;
            let (kept, recounted) = read(doing.store(), site_id).await.unwrap();
            prop_assert_eq!(recounted, 0);
            prop_assert_eq!(&hours, &kept);
            let made = anew(doing.store(), site_id).await;
            prop_assert_eq!(figures(&kept), recount(&made));
            for bots in [Bots::Exclude, Bots::Only] {
                let [sums, exact] = questions(doing.store(), site_id, &made, bots).await;
                prop_assert_eq!(sums, exact);
            }
            Ok(())
        },
    )
    .await;
}

async fn hours_are_right_while_items_arrive(database: Database) {
    let desk = Desk::new(database).await;
    let second = desk.second().await;
    let other = Store::open(desk.database.url()).await.unwrap();
    let site = fresh_site();
    roll_past(&desk.store, site.id, 24).await;
    let sending = |ingest, odd: u64| {
        let site = &site;
        async move {
            for round in 0..60_u64 {
                for who in 0..4_u64 {
                    // Both send of the same visitors, and later sessions first.
                    let number = (round * 4 + who) * 2 + odd;
                    let ago = round as i64 * 1_700_000 + odd as i64 * 600_000;
                    let items = [
                        page(number * 2, ago, "/a"),
                        event(number * 2 + 1, ago - 900, "b"),
                    ];
                    let batch = batch(&context(who, who * 1000 + round * 2 + odd), &items);
                    submit(ingest, site, &batch).await.unwrap();
                }
            }
        }
    };
    let rolling = |store: Store| {
        let site_id = site.id;
        async move {
            for _ in 0..60 {
                roll(&store, site_id, |_| true).await;
                tokio::task::yield_now().await;
            }
        }
    };
    tokio::join!(
        sending(&desk.ingest, 0),
        sending(&second, 1),
        rolling(desk.store.clone()),
        rolling(other),
    );
    let (hours, _) = read(&desk.store, site.id).await.unwrap();
    let made = anew(&desk.store, site.id).await;
    assert_eq!(figures(&hours), recount(&made));
    while !roll(&desk.store, site.id, |_| true).await.is_empty() {}
    let verified = desk.store.verify_hours(site.id).await.unwrap();
    assert_eq!((verified.different, verified.due), (0, 0), "{verified:?}");
    assert!(verified.kept > 20, "{verified:?}");
    let (kept, recounted) = read(&desk.store, site.id).await.unwrap();
    assert_eq!((figures(&kept), recounted), (figures(&hours), 0));
    second.drain().await;
}

/// Defects of what is kept of an hour.
const DEFECTS: [&str; 6] = [
    "UPDATE rollup_hours SET events = events + 1",
    "UPDATE rollup_touches SET engaged = engaged + 1",
    "UPDATE rollup_touches SET source = 'elsewhere'",
    "DELETE FROM rollup_hours",
    "DELETE FROM rollup_touches",
    "UPDATE rollup_hours SET visitors = (SELECT visitors FROM rollup_hours ORDER BY hour DESC LIMIT 1)",
];

async fn a_defect_of_a_kept_hour_is_found(database: Database) {
    let desk = Desk::new(database).await;
    for who in 0..2_u64 {
        let items = [
            page(who * 2, 9_000_000 * who as i64, "/"),
            event(who * 2 + 1, 9_000_000 * who as i64, "a"),
        ];
        desk.accept(&batch(&context(who, who), &items)).await;
    }
    for defect in DEFECTS {
        desk.database.execute("DELETE FROM rollups").await;
        roll_past(&desk.store, desk.site.id, 24).await;
        roll(&desk.store, desk.site.id, |_| true).await;
        let verified = desk.store.verify_hours(desk.site.id).await.unwrap();
        assert_eq!((verified.kept, verified.different), (2, 0), "{verified:?}");
        desk.database.execute(defect).await;
        let verified = desk.store.verify_hours(desk.site.id).await.unwrap();
        assert!(verified.different > 0, "{defect}: {verified:?}");
    }
}
