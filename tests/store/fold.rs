//! The store against the definition: the same items in any order, any number of times, in any batches, over any number
//! of connections and two collectors, add up to what [`waymark_collector::journey::fold`] says of the set, and so does
//! what is missing of it. So it is under every definition of stages, also under one that is changed in the middle.

use std::collections::HashMap;

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use uuid::Uuid;
use waymark_collector::ingest::{Ingest, Received, envelope, read};
use waymark_collector::journey::{Fact, fold, loss};
use waymark_collector::store::sites::Site;
use waymark_collector::store::{Bots, EntryFilter, SessionFilter, Store, VisitorFilter};
use waymark_protocol::Status;

use super::definitions::{DEFINITIONS, definition, restate, set};
use super::desk::{
    BOT, Desk, NOW, batch, context, entries, fresh_site, id, item, journeys, received, sessions,
    submit_from,
};
use super::verify::verified;
use super::{persons, revenue, told};
use crate::support::database::Database;
use crate::support::{long, on_both_databases};

on_both_databases!(any_delivery_adds_up_to_the_same);

/// What a batch's context says, small enough that cases meet often.
#[derive(Debug, Clone)]
struct Setting {
    visitor: u64,
    session: u64,
    started_ago: i64,
    user: Option<u8>,
    touch: Option<u8>,
    first_touch: Option<u8>,
    ga: Option<u8>,
    language: Option<u8>,
    /// Who sends: somebody without a user agent, a browser, a bot.
    sender: u8,
}

/// One item and the setting in which it was made.
#[derive(Debug, Clone)]
struct Atom {
    setting: usize,
    ago: i64,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    PageView(u8),
    Event(u8),
    Identify(u8),
    Milestone(u8),
    /// About the atom of this number, whatever that is.
    Ping(usize, u32, u8),
    GaLinked(u8),
    Consent,
    Group(u8),
    Alias(u8),
    /// An order id, and how much.
    Order(Option<u8>, u8),
    /// Ids of order and refund, and how much.
    Refund(Option<u8>, Option<u8>, u8),
}

/// Items and one way in which they arrive.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    settings: Vec<Setting>,
    atoms: Vec<Atom>,
    /// Numbers of atoms in the order of arrival, each at least once.
    order: Vec<usize>,
    /// Items that travel together at most.
    together: usize,
    /// Requests at a time.
    lanes: usize,
    /// The number of the site's definition of stages, and of the one that it is changed to in the middle.
    pub(crate) definitions: (usize, Option<usize>),
}

pub(crate) fn delivery() -> impl Strategy<Value = Delivery> {
    let few = || proptest::option::of(0..3_u8);
    let setting = (
        0..2_u64,
        0..3_u64,
        0..4_i64,
        few(),
        few(),
        few(),
        few(),
        few(),
        0..3_u8,
    )
        .prop_map(
            |(visitor, session, started_ago, user, touch, first_touch, ga, language, sender)| {
                Setting {
                    visitor,
                    session,
                    started_ago,
                    user,
                    touch,
                    first_touch,
                    ga,
                    language,
                    sender,
                }
            },
        );
    let kind = prop_oneof![
        3 => (0..4_u8).prop_map(Kind::PageView),
        2 => (0..4_u8).prop_map(Kind::Event),
        1 => (0..3_u8).prop_map(Kind::Identify),
        2 => (0..5_u8).prop_map(Kind::Milestone),
        3 => (any::<usize>(), 0..10_000_u32, 0..=100_u8).prop_map(|(of, ms, most)| Kind::Ping(of, ms, most)),
        1 => (0..3_u8).prop_map(Kind::GaLinked),
        1 => Just(Kind::Consent),
        2 => (0..3_u8).prop_map(Kind::Group),
        1 => (0..3_u8).prop_map(Kind::Alias),
        3 => (few(), 0..6_u8).prop_map(|(order, worth)| Kind::Order(order, worth)),
        2 => (few(), few(), 0..6_u8).prop_map(|(order, refund, worth)| Kind::Refund(order, refund, worth)),
    ];
    // Few different times, so that many items share one and the id decides.
    let atom = (any::<usize>(), 0..6_i64, kind).prop_map(|(setting, ago, kind)| Atom {
        setting,
        ago: ago * 1000,
        kind,
    });
    (
        proptest::collection::vec(setting, 1..5),
        proptest::collection::vec((atom, 1..4_usize), 1..30),
        1..8_usize,
        1..5_usize,
        (0..DEFINITIONS, proptest::option::of(0..DEFINITIONS)),
    )
        .prop_flat_map(|(settings, atoms, together, lanes, definitions)| {
            let order: Vec<usize> = atoms
                .iter()
                .enumerate()
                .flat_map(|(number, (_, times))| vec![number; *times])
                .collect();
            let atoms: Vec<Atom> = atoms.into_iter().map(|(atom, _)| atom).collect();
            (
                Just(settings),
                Just(atoms),
                Just(order).prop_shuffle(),
                Just(together),
                Just(lanes),
                Just(definitions),
            )
        })
        .prop_map(
            |(settings, atoms, order, together, lanes, definitions)| Delivery {
                settings,
                atoms,
                order,
                together,
                lanes,
                definitions,
            },
        )
}

impl Delivery {
    fn context(&self, number: usize) -> Value {
        let setting = &self.settings[number];
        let mut context = context(setting.visitor, setting.session);
        context["tab_id"] = json!(id(3_000_000 + setting.visitor));
        context["session"]["started_at"] = json!(NOW - 3000 - setting.started_ago * 1000);
        if let Some(user) = setting.user {
            context["user_id"] = json!(format!("user-{user}"));
        }
        if let Some(touch) = setting.touch {
            context["touch"] = touch_of(touch);
        }
        if let Some(touch) = setting.first_touch {
            context["first_touch"] = touch_of(touch);
        }
        if let Some(ga) = setting.ga {
            context["ga"] = json!({"client_id": format!("{ga}.0")});
        }
        if let Some(language) = setting.language {
            context["device"] = json!({"language": format!("l{language}"), "screen_width": 100});
        }
        context
    }

    fn item(&self, number: usize) -> Value {
        let atom = &self.atoms[number];
        let about = number as u64;
        let (kind, data) = match &atom.kind {
            Kind::PageView(path) => (
                "page_view",
                json!({"url": format!("https://shop.example/{path}")}),
            ),
            Kind::Event(name) => (
                "event",
                json!({"name": format!("e{name}"), "props": {"n": name}}),
            ),
            Kind::Identify(user) => ("identify", json!({"user_id": format!("known-{user}")})),
            Kind::Milestone(which) => {
                let names = [
                    "signup_at",
                    "nda_signed_at",
                    "fee_agreement_at",
                    "first_connection_at",
                    "x",
                ];
                ("milestone", json!({"name": names[*which as usize]}))
            }
            Kind::Ping(_, ms, most) => ("page_ping", json!({"visible_ms": ms, "scroll_max": most})),
            Kind::GaLinked(ga) => (
                "ga_linked",
                json!({"client_id": format!("{ga}.1"), "session_id": "s"}),
            ),
            Kind::Consent => ("consent", json!({"state": "denied"})),
            Kind::Group(account) => (
                "group",
                json!({"account_id": format!("account-{account}"), "traits": {"seats": account}}),
            ),
            Kind::Alias(user) => (
                "identify",
                json!({"user_id": format!("known-{user}"), "previous_id": persons::other_id(*user), "traits": {"n": user}}),
            ),
            Kind::Order(order, worth) => ("event", revenue::order(*order, *worth)),
            Kind::Refund(order, refund, worth) => {
                ("event", revenue::refund(*order, *refund, *worth))
            }
        };
        let mut item = item(kind, about, atom.ago, data);
        // Gaps within blocks, and whole blocks of which nothing is there.
        item["seq"] = json!(about * about * 37 % 700 + 1);
        if let Kind::Ping(of, ..) = atom.kind {
            item["page_view_id"] = json!(id((of % self.atoms.len()) as u64));
        }
        item
    }

    /// The batches in which the items arrive, and what is known of the request of each.
    pub(crate) fn batches(&self) -> Vec<(Value, Received)> {
        let mut batches = Vec::new();
        for run in self.order.chunks(self.together) {
            let mut by_setting: Vec<(usize, Vec<Value>)> = Vec::new();
            for number in run {
                let setting = self.atoms[*number].setting % self.settings.len();
                let item = self.item(*number);
                match by_setting.iter_mut().find(|(known, _)| *known == setting) {
                    Some((_, items)) => items.push(item),
                    None => by_setting.push((setting, vec![item])),
                }
            }
            batches.extend(by_setting.into_iter().map(|(setting, items)| {
                let sender = self.settings[setting].sender;
                (batch(&self.context(setting), &items), received_from(sender))
            }));
        }
        batches
    }
}

fn received_from(sender: u8) -> Received {
    let received = received();
    match sender {
        0 => Received {
            user_agent: None,
            ..received
        },
        1 => received,
        _ => Received {
            user_agent: Some(BOT.to_owned()),
            ip: Some("192.0.2.0".to_owned()),
            ..received
        },
    }
}

fn touch_of(number: u8) -> Value {
    match number {
        0 => json!({"at": NOW - 9000, "landing_url": "https://shop.example/"}),
        1 => {
            json!({"at": NOW - 8000, "source": "news", "medium": "email", "campaign": "c", "term": "t", "content": "x"})
        }
        _ => {
            json!({"referrer": "https://www.google.com/", "click_ids": {"gclid": "1", "fbclid": "2"}})
        }
    }
}

async fn any_delivery_adds_up_to_the_same(database: Database) {
    hold(database, 96, delivery(), async |desk, second, delivery| {
        deliver(&desk.store, [&desk.ingest, second], delivery).await
    })
    .await;
}

/// Checks so many cases on a database, and on an ingest of another collector beside the desk's; many more where the long
/// form was asked for.
pub(super) async fn hold<S: Strategy>(
    database: Database,
    cases: u32,
    strategy: S,
    check: impl AsyncFn(&Desk, &Ingest, &S::Value) -> Result<(), TestCaseError>,
) {
    let desk = Desk::new(database).await;
    let second = desk.second().await;
    let runtime = tokio::runtime::Handle::current();
    let mut runner = TestRunner::new(Config {
        cases: if long() { 2000 } else { cases },
        // A failure is told with its smallest case; there is no file of old ones to keep.
        failure_persistence: None,
        // In milliseconds: a failure that comes and goes with the load of the machine would be made smaller for hours.
        max_shrink_time: 60_000,
        ..Config::default()
    });
    let result = tokio::task::block_in_place(|| {
        let ran = runner.run(&strategy, |case| {
            runtime.block_on(check(&desk, &second, &case))
        });
        ran.map_err(|failure| failure.to_string())
    });
    second.drain().await;
    if let Err(failure) = result {
        panic!("{failure}");
    }
    desk.log.assert_quiet();
}

async fn deliver(
    store: &Store,
    ingests: [&Ingest; 2],
    delivery: &Delivery,
) -> Result<(), TestCaseError> {
    let site = fresh_site();
    let batches = delivery.batches();
    let (first, next) = delivery.definitions;
    if first > 0 {
        set(store, site.id, &definition(first)).await;
        // There is no past yet, and it is searched all the same.
        restate(store, site.id, 3).await;
    }
    let lanes = (0..delivery.lanes).map(|lane| {
        let (site, batches) = (&site, &batches);
        async move {
            let mut statuses = Vec::new();
            let own = batches.iter().skip(lane).step_by(delivery.lanes);
            let half = own.len() / 2;
            for (number, (batch, received)) in own.enumerate() {
                if let (0, Some(next)) = (lane, next)
                    && number == half
                {
                    set(store, site.id, &definition(next)).await;
                    restate(store, site.id, 3).await;
                }
                let answer = submit_from(ingests[lane % 2], site, batch, received)
                    .await
                    .unwrap();
                statuses.extend(
                    answer
                        .results
                        .into_iter()
                        .map(|line| (line.id, line.status)),
                );
            }
            statuses
        }
    });
    let told: Vec<(Option<Uuid>, Status)> = join_all(lanes).await.into_iter().flatten().collect();

    let mut facts: HashMap<Uuid, Fact> = HashMap::new();
    for (batch, received) in &batches {
        facts.extend(
            facts_of(&site, batch, received)
                .into_iter()
                .map(|fact| (fact.id, fact)),
        );
    }
    for fact in facts.values().filter(|fact| fact.engagement.is_none()) {
        let accepted = told
            .iter()
            .filter(|line| **line == (Some(fact.id), Status::Accepted))
            .count();
        prop_assert_eq!(accepted, 1, "{:?} was accepted {} times", fact.id, accepted);
    }
    prop_assert!(
        told.iter()
            .all(|(_, status)| matches!(status, Status::Accepted | Status::Duplicate))
    );

    agrees(store, &site, &facts, next.unwrap_or(first)).await
}

/// Holds what is stored of a site against the fold of its facts, under the definition of stages of this number.
pub(crate) async fn agrees(
    store: &Store,
    site: &Site,
    facts: &HashMap<Uuid, Fact>,
    stages: usize,
) -> Result<(), TestCaseError> {
    let folded = fold(facts.values(), &definition(stages));
    let stored = journeys(
        store,
        site.id,
        &VisitorFilter {
            bots: Bots::Include,
            ..Default::default()
        },
    )
    .await;
    for stage in definition(stages).stages() {
        let filter = VisitorFilter {
            stage: Some(stage.key.clone()),
            bots: Bots::Include,
            ..Default::default()
        };
        let stored: Vec<Uuid> = journeys(store, site.id, &filter)
            .await
            .into_iter()
            .map(|journey| journey.visitor_id)
            .collect();
        let there = folded.journeys.iter();
        let folded: Vec<Uuid> = there
            .filter(|journey| journey.stage == stage.key)
            .map(|journey| journey.visitor_id)
            .collect();
        prop_assert_eq!(stored, folded, "at {}", stage.key);
    }
    prop_assert_eq!(&stored, &folded.journeys);
    let stored = sessions(
        store,
        site.id,
        &SessionFilter {
            bots: Bots::Include,
            ..Default::default()
        },
    )
    .await;
    prop_assert_eq!(readable(&stored), readable(&folded.sessions));
    let stored = entries(
        store,
        site.id,
        &EntryFilter {
            bots: Bots::Include,
            ..Default::default()
        },
    )
    .await;
    prop_assert_eq!(readable(&stored), readable(&folded.entries));
    for (from, to) in [
        (0, i64::MAX),
        (NOW - 3000, NOW - 1000),
        (NOW - 1000, NOW + 1),
    ] {
        let stored = store.loss(site.id, from, to).await.unwrap();
        prop_assert_eq!(stored, loss(facts.values(), from, to));
    }
    verified(store, site.id).await?;
    told::agree(store, site, &folded).await?;
    revenue::agree(store, site, facts.values()).await?;
    persons::agree(store, site.id, facts.values()).await
}

pub(crate) fn facts_of(site: &Site, batch: &Value, received: &Received) -> Vec<Fact> {
    let body = serde_json::to_vec(batch).unwrap();
    let envelope = envelope::read(&body).unwrap();
    read(site, &envelope, received).unwrap().facts
}

/// As a reader of the API sees it: the databases write the same JSON object in different ways.
pub(super) fn readable<T: serde::Serialize>(rows: &[T]) -> Vec<Value> {
    rows.iter()
        .map(|row| serde_json::to_value(row).unwrap())
        .collect()
}
