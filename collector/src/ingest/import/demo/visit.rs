//! One visit: the pages that are looked at, and what happens on them.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;
use waymark_protocol::ItemKind;

use super::calendar::MINUTE;
use super::dice::Dice;
use super::plan::{Aim, Plan, Stay};
use super::shop::{
    AGREEMENT, APP, CHECKOUT, CONNECT, GUIDE, HOME, KIT, LOOKS, PRICING, PRODUCTS, Page, REPORTS,
    SIGN_UP, THANKS,
};
use super::{CURRENCY, ORIGIN};
use crate::ingest::ids;
use crate::ingest::import::Outside;
use crate::ingest::import::facts::{self, Visit, Way as Told};
use crate::ingest::money;
use crate::journey::{Arrival, Device, Engagement, Fact, Ga, Screen, email_hash};

/// Milliseconds of reading, at least and at most.
const READING: (i64, i64) = (4_000, 95_000);
/// Of those who go again at once.
const GLANCE: (i64, i64) = (1_500, 9_500);
/// How many of a hundred lookers do.
const LEAVE: i64 = 34;
/// Of so many visits one loses an item on the way.
const LOST: i64 = 90;

/// What happens in a visit, in the order of time.
pub(super) fn facts(outside: &Outside, plan: &Plan, stay: &Stay, dice: &mut Dice) -> Vec<Fact> {
    let landing = match stay.aim {
        Aim::SignUp | Aim::Look if stay.way.campaign.is_some() => &KIT,
        Aim::Agree => &AGREEMENT,
        Aim::Connect => &CONNECT,
        Aim::Use | Aim::Return => &APP,
        _ => *dice
            .one_of(&[(6, &HOME), (2, &PRODUCTS), (2, &GUIDE)])
            .unwrap_or(&&HOME),
    };
    let mut teller = Teller::new(outside, plan, stay, landing, dice.between(0, LOST) == 0);
    let at_home = dice.happens(55);
    match stay.aim {
        Aim::Look => teller.look(landing, dice),
        Aim::SignUp => teller.sign_up(landing, at_home, dice),
        Aim::Agree => {
            teller.view(&AGREEMENT, dice);
            teller.event("agreement_read", json!({"pages": dice.between(2, 9)}));
            teller.milestone("fee_agreement_at");
            teller.view(&APP, dice);
        }
        Aim::Connect => {
            teller.view(&CONNECT, dice);
            teller.event("kit_found", json!({"tries": dice.between(1, 4)}));
            teller.milestone("first_connection_at");
            teller.view(&APP, dice);
        }
        Aim::Use => teller.use_it(dice),
        Aim::Buy => teller.buy(dice),
        Aim::Return => {
            teller.view(&APP, dice);
            let order = json!({"order_id": teller.order_id(), "refund_id": format!("back-{}", teller.plan.number)});
            teller.paid("refund", order, plan.cents);
        }
    }
    teller.facts
}

struct Teller<'t> {
    plan: &'t Plan,
    stay: &'t Stay,
    arrival: Arc<Arrival>,
    at: i64,
    /// How many items there were.
    seq: i64,
    loses: bool,
    page: Option<(Uuid, &'static Page)>,
    facts: Vec<Fact>,
}

fn address(page: &Page, stay: Option<&Stay>) -> String {
    let path = page.path;
    let campaign = stay.and_then(|stay| {
        let way = stay.way;
        Some(format!(
            "?utm_source={}&utm_medium={}&utm_campaign={}",
            way.source?, way.medium?, way.campaign?
        ))
    });
    format!("{ORIGIN}{path}{}", campaign.unwrap_or_default())
}

impl<'t> Teller<'t> {
    fn new(outside: &Outside, plan: &'t Plan, stay: &'t Stay, landing: &Page, loses: bool) -> Self {
        let site_id = outside.site.id;
        let who = plan.number.to_be_bytes();
        let device = stay.device.to_be_bytes();
        let visitor_id = ids::imported(site_id, &[b"demo visitor", &who, &device]);
        let agent = plan.devices.get(stay.device).or(plan.devices.first());
        let (screen, mut seen) = match agent {
            Some(agent) => (agent.size, facts::of_agent(agent.header)),
            None => ((0, 0, 0, 0), Device::default()),
        };
        seen.country = Some(plan.place.country.to_owned());
        seen.city = Some(plan.place.city.to_owned());
        seen.language = Some(plan.place.language.to_owned());
        seen.time_zone = Some(plan.place.zone.to_owned());
        let own = |text: Option<&str>| text.map(str::to_owned);
        let way = Told {
            landing_url: Some(address(landing, Some(stay))),
            referrer: own(stay.way.referrer),
            source: own(stay.way.source),
            medium: own(stay.way.medium),
            campaign: own(stay.way.campaign),
            term: own(stay.way.term),
            ..Told::default()
        };
        let (low, _) = visitor_id.as_u64_pair();
        // Some keep Google Analytics from being loaded.
        let ga = (!low.is_multiple_of(8)).then(|| Ga {
            client_id: Some(format!("{}.{}", low % 2_000_000_000, low % 1_700_000_000)),
            session_id: Some((stay.at / 1000).to_string()),
        });
        let visit = Visit {
            visitor_id,
            session_id: ids::session_at(site_id, visitor_id, stay.at),
            started_at: Some(stay.at),
            user_id: plan.is_known(stay.at).then(|| plan.user.clone()),
            touch: Some(way.conclude(stay.at, outside, &mut Vec::new())),
            ga,
            device: seen,
            screen: Screen {
                width: Some(screen.0),
                height: Some(screen.1),
                viewport_width: Some(screen.2),
                viewport_height: Some(screen.3),
            },
        };
        Self {
            plan,
            stay,
            arrival: visit.arrival(outside),
            at: stay.at,
            seq: 0,
            loses,
            page: None,
            facts: Vec::new(),
        }
    }

    fn fact(&mut self, kind: ItemKind) -> Fact {
        self.seq += 1;
        // The one that nobody hears of.
        if self.loses && self.seq == 3 {
            self.seq += 1;
        }
        let seq = self.seq.to_be_bytes();
        let parts: [&[u8]; 3] = [b"demo", self.arrival.session_id.as_bytes(), &seq];
        let id = ids::imported(self.arrival.site_id, &parts);
        let mut fact = facts::fact(&self.arrival, kind, id, self.at);
        fact.seq = self.seq;
        if let Some((view, page)) = self.page {
            fact.page_view_id = Some(view);
            fact.url = Some(address(page, None));
        }
        fact
    }

    /// A page is looked at for a time.
    fn view(&mut self, page: &'static Page, dice: &mut Dice) {
        self.view_for(page, READING, dice);
    }

    fn view_for(&mut self, page: &'static Page, (least, most): (i64, i64), dice: &mut Dice) {
        let is_first = self.page.take().is_none();
        let before = self.facts.iter().rev().find_map(|fact| fact.url.clone());
        let mut fact = self.fact(ItemKind::PageView);
        fact.url = Some(address(page, is_first.then_some(self.stay)));
        fact.page_view_id = Some(fact.id);
        fact.title = Some(page.title.to_owned());
        fact.referrer = match is_first {
            true => self.stay.way.referrer.map(str::to_owned),
            false => before,
        };
        self.page = Some((fact.id, page));
        self.facts.push(fact);
        if self.arrival.device.is_bot() {
            return;
        }
        let read = dice.between(least, most);
        self.at += read;
        let mut ping = self.fact(ItemKind::PagePing);
        ping.url = None;
        ping.engagement = Some(Engagement {
            visible_ms: read * dice.between(70, 100) / 100,
            scroll_max: dice.between(15, 101),
        });
        self.facts.push(ping);
    }

    fn event(&mut self, name: &str, props: Value) {
        self.at += 1_200;
        let mut fact = self.fact(ItemKind::Event);
        fact.name = Some(name.to_owned());
        fact.props = Some(props.to_string().into());
        self.facts.push(fact);
    }

    fn milestone(&mut self, name: &str) {
        self.at += 900;
        let mut fact = self.fact(ItemKind::Milestone);
        fact.name = Some(name.to_owned());
        self.facts.push(fact);
    }

    /// Who it is, and whose.
    fn tell_who(&mut self) {
        let user = self.plan.user.clone();
        let name = user.replace(['-', '.'], " ");
        let mut fact = self.fact(ItemKind::Identify);
        let hash = email_hash(&format!("{user}@mail.example"));
        fact.props = Some(json!({"name": name, "email_hash": hash}).to_string().into());
        fact.user_id = Some(user);
        self.facts.push(fact);
        if let Some((id, name, domain)) = self.plan.account {
            let mut fact = self.fact(ItemKind::Group);
            fact.name = Some(id.to_owned());
            fact.props = Some(json!({"name": name, "domain": domain}).to_string().into());
            self.facts.push(fact);
        }
    }

    fn look(&mut self, landing: &'static Page, dice: &mut Dice) {
        if dice.happens(LEAVE) {
            return self.view_for(landing, GLANCE, dice);
        }
        self.view(landing, dice);
        if self.arrival.device.is_bot() {
            return;
        }
        for _ in 0..dice.between(1, 5) {
            let page = dice.one_of(&LOOKS).copied().unwrap_or(&HOME);
            self.view(page, dice);
            if dice.happens(22) {
                self.event("cta_clicked", json!({"place": *dice.one_of(&[(5, "hero"), (3, "prices"), (2, "footer")]).unwrap_or(&"hero")}));
            }
            if *page == KIT && dice.happens(30) {
                self.event("video_played", json!({"seconds": dice.between(5, 90)}));
            }
        }
    }

    fn sign_up(&mut self, landing: &'static Page, at_home: bool, dice: &mut Dice) {
        self.view(landing, dice);
        if at_home {
            self.view(&PRICING, dice);
        }
        self.view(&SIGN_UP, dice);
        self.event("signup_started", json!({"form": "short"}));
        self.at += MINUTE;
        self.tell_who();
        self.milestone("signup_at");
        self.view(&APP, dice);
    }

    fn use_it(&mut self, dice: &mut Dice) {
        self.view(&APP, dice);
        let tool = *dice
            .one_of(&[(6, "planner"), (3, "meter"), (1, "sharing")])
            .unwrap_or(&"planner");
        self.event("tool_entered", json!({"tool": tool}));
        let seconds = dice.between(20, 240);
        self.at += seconds * 1000;
        self.event("tool_exited", json!({"tool": tool, "seconds": seconds}));
        if dice.happens(40) {
            self.view(&REPORTS, dice);
            self.event("content_exported", json!({"format": "csv"}));
        }
    }

    fn buy(&mut self, dice: &mut Dice) {
        self.view(&KIT, dice);
        if dice.happens(60) {
            self.view(&PRICING, dice);
        }
        self.view(&CHECKOUT, dice);
        let plan = *dice
            .one_of(&[(6, "home"), (3, "family"), (1, "team")])
            .unwrap_or(&"home");
        let order = json!({"order_id": self.order_id(), "plan": plan, "items": dice.between(1, 4)});
        self.paid("purchase", order, self.plan.cents);
        self.view(&THANKS, dice);
    }

    fn order_id(&self) -> String {
        format!("D-{:05}", self.plan.number)
    }

    /// An order or a refund, read as every import reads one.
    fn paid(&mut self, name: &str, props: Value, cents: i64) {
        let mut names = money::Names::default();
        if let Some(props) = props.as_object() {
            props.keys().for_each(|name| names.see(name));
        }
        self.at += 2_500;
        let mut fact = self.fact(ItemKind::Event);
        fact.name = Some(name.to_owned());
        fact.props = Some(props.to_string().into());
        let told = money::Told {
            value: Some(format!("{}.{:02}", cents / 100, cents % 100)),
            currency: Some(CURRENCY.to_owned()),
            names,
        };
        money::read(&mut fact, told, &mut Vec::new());
        self.facts.push(fact);
    }
}
