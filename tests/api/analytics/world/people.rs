//! Who there is, and what they do.

use std::sync::Arc;

use serde_json::{Value, json};

use super::dice::Dice;
use super::tables::{AGENTS, BOT, MILESTONES, TOUCHES};
use super::telling::{Sending, context};
use super::visit::Visit;
use super::{Browser, DAY, DAYS, Fact, Gone, HOUR, Interaction, MINUTE, Session, Touch, World};

/// How many persons there are of each kind, and what is said of them.
const STRANGERS: usize = 48;
const USERS: usize = 40;
const BOTS: usize = 5;

pub(super) struct Maker {
    pub(super) dice: Dice,
    anchor: i64,
    browsers: Vec<Arc<Browser>>,
    facts: Vec<Fact>,
    interactions: Vec<Interaction>,
    sendings: Vec<Sending>,
    sessions: usize,
    pub(super) orders: usize,
}

/// What somebody is to be.
#[derive(Default, Clone)]
struct Plan {
    person: usize,
    is_bot: bool,
    gone: Option<Gone>,
    /// Under which the browser's items are told.
    users: Vec<String>,
    account: Option<&'static str>,
    /// Another id of the user, told by an alias.
    previous: Option<String>,
}

pub(super) fn world(seed: u64, anchor: i64) -> World {
    let mut maker = Maker {
        dice: Dice::new(seed),
        anchor,
        browsers: Vec::new(),
        facts: Vec::new(),
        interactions: Vec::new(),
        sendings: Vec::new(),
        sessions: 0,
        orders: 0,
    };
    let mut merges = Vec::new();
    for person in 0..STRANGERS {
        let gone = [(3, Gone::Anonymous), (4, Gone::Deleted)];
        let gone = gone.into_iter().find(|(who, _)| *who == person);
        maker.browser(&Plan {
            person,
            gone: gone.map(|(_, gone)| gone),
            ..Plan::default()
        });
    }
    for number in 0..USERS {
        let person = STRANGERS + number;
        let gone = [(5, Gone::Anonymous), (6, Gone::Deleted), (7, Gone::Deleted)];
        let gone = gone.into_iter().find(|(who, _)| *who == number);
        let plan = Plan {
            person,
            gone: gone.map(|(_, gone)| gone),
            users: vec![format!("u{number}")],
            account: [None, Some("acme"), Some("globex")][number % 3],
            ..Plan::default()
        };
        maker.browser(&plan);
        match number {
            // Another browser that never said who uses it.
            0 => {
                let other = maker.browser(&Plan {
                    person,
                    ..Plan::default()
                });
                merges.push((
                    format!("user:u{number}"),
                    format!("visitor:{}", other.visitor),
                ));
            }
            // Another browser under another id of theirs.
            1 | 2 => {
                let previous = format!("u{number}-before");
                maker.browser(&Plan {
                    users: vec![previous.clone()],
                    account: None,
                    ..plan.clone()
                });
                maker.browser(&Plan {
                    previous: Some(previous),
                    ..plan
                });
            }
            _ if number % 4 == 1 => {
                maker.browser(&plan);
            }
            _ => {}
        }
    }
    for number in 0..2 {
        let person = STRANGERS + USERS + number;
        let users = vec![format!("u{}", 20 + number), format!("only-here-{number}")];
        maker.browser(&Plan {
            person,
            users,
            ..Plan::default()
        });
    }
    for number in 0..BOTS {
        let person = STRANGERS + USERS + 2 + number;
        maker.browser(&Plan {
            person,
            is_bot: true,
            ..Plan::default()
        });
    }
    maker.end(merges)
}

impl Maker {
    fn browser(&mut self, plan: &Plan) -> Arc<Browser> {
        let came = self.anchor - DAYS * DAY + self.dice.below(2 * DAYS * DAY * 9 / 10);
        let is_left = plan.gone.is_none();
        let language = *self
            .dice
            .weighted(&[(5, Some("de-DE")), (4, Some("en-US")), (1, None)]);
        let agent = if plan.is_bot {
            &BOT
        } else {
            self.dice.weighted(&AGENTS)
        };
        let country = *self
            .dice
            .weighted(&[(5, Some("DE")), (3, Some("US")), (2, None)]);
        let user = plan.users.last().cloned();
        let browser = Arc::new(Browser {
            number: self.browsers.len(),
            visitor: self.dice.id(came),
            person: plan.person,
            user: if is_left {
                user
            } else {
                user.map(|user| format!("{user}, erased"))
            },
            account: plan.account.filter(|_| is_left).map(str::to_owned),
            is_bot: plan.is_bot,
            gone: plan.gone,
            agent,
            language: language.filter(|_| is_left),
            country,
        });
        self.browsers.push(browser.clone());
        let mut at = came;
        let sessions = *self
            .dice
            .weighted(&[(40, 1), (25, 2), (15, 3), (10, 5), (10, 8)]);
        let sessions = sessions.max(plan.users.len());
        let mut reached = 0;
        for number in 0..sessions {
            let user = match plan.users.as_slice() {
                [] => None,
                [only] => Some(only),
                // One after the other.
                [one, other] => Some(if number == 0 { one } else { other }),
                _ => unreachable!("nobody shares a browser with two others"),
            };
            // Somebody is known from their second session on, or at once.
            let user = user.filter(|_| number > 0 || sessions == 1 || plan.users.len() > 1);
            at = self.session(&browser, plan, language, at, user, &mut reached);
            if at > self.anchor + DAYS * DAY {
                break;
            }
        }
        self.interactions(plan, &browser, came);
        browser
    }

    /// A session that begins at about `at`. Gives the earliest time of the next.
    fn session(
        &mut self,
        browser: &Arc<Browser>,
        plan: &Plan,
        language: Option<&'static str>,
        at: i64,
        user: Option<&String>,
        reached: &mut usize,
    ) -> i64 {
        let at = self.start(at);
        let touch: &'static Touch = self.dice.weighted(&TOUCHES);
        let mut visit = Visit {
            at,
            last_at: at,
            items: Vec::new(),
            facts: Vec::new(),
        };
        if let Some(user) = user {
            let mut data = json!({"user_id": user});
            if let Some(previous) = &plan.previous {
                data["previous_id"] = json!(previous);
            }
            visit.add(self, "identify", data);
            if let Some(account) = plan.account {
                visit.add(self, "group", json!({"account_id": account}));
            }
        }
        let pages = *self
            .dice
            .weighted(&[(8, 0), (40, 1), (22, 2), (15, 3), (10, 4), (5, 7)]);
        for _ in 0..pages {
            self.pass(browser, &mut visit);
            self.page(&mut visit);
            self.pass(browser, &mut visit);
            self.events(browser, touch, &mut visit);
        }
        if visit.items.is_empty() {
            visit.add(self, "event", json!({"name": "opened"}));
        }
        let likely = if touch.channel == Some("Email") {
            45
        } else {
            20
        };
        if !plan.users.is_empty() && *reached < MILESTONES.len() && self.dice.happens(likely) {
            self.pass(browser, &mut visit);
            visit.add(self, "milestone", json!({"name": MILESTONES[*reached]}));
            *reached += 1;
        }
        let started_at = at;
        let session = Arc::new(Session {
            number: self.sessions,
            browser: browser.clone(),
            touch,
            started_at,
            last_at: visit.last_at,
        });
        self.sessions += 1;
        let session_id = self.dice.id(started_at);
        let context = context(browser, language, session_id, &session, user);
        let (header, country) = (browser.agent.header, browser.country);
        let mut items = visit.items;
        let cut = usize::try_from(self.dice.below(items.len() as i64 + 1)).unwrap();
        let rest = items.split_off(cut);
        for items in [items, rest].into_iter().filter(|items| !items.is_empty()) {
            let sending = Sending {
                header,
                country,
                context: context.clone(),
                items,
            };
            if self.dice.happens(10) {
                self.sendings.push(sending.clone());
            }
            self.sendings.push(sending);
        }
        let is_left = plan.gone.is_none();
        let facts = visit.facts.into_iter().map(|mut what| {
            what.props = if is_left { what.props } else { Value::Null };
            Fact {
                session: session.clone(),
                what,
            }
        });
        self.facts.extend(facts);
        let pause = *self
            .dice
            .weighted(&[(2, HOUR), (4, DAY), (4, 5 * DAY), (1, 20 * DAY)]);
        visit.last_at + 31 * MINUTE + self.dice.below(pause)
    }

    /// A start at this time or soon after: at times right before a midnight, or about when clocks are changed.
    fn start(&mut self, at: i64) -> i64 {
        let midnight = (at / DAY + 1) * DAY - 30 * MINUTE;
        let change = self.anchor - 2 * HOUR;
        match self.dice.below(20) {
            0 | 1 => midnight + self.dice.below(30 * MINUTE),
            2 | 3 => at.max(midnight - HOUR + self.dice.below(30 * MINUTE)),
            4 if at <= change => change + self.dice.below(5 * HOUR),
            _ => at,
        }
    }

    fn interactions(&mut self, plan: &Plan, browser: &Browser, came: i64) {
        if plan.is_bot || plan.gone.is_some() || plan.users.len() > 1 || !self.dice.happens(30) {
            return;
        }
        let kinds = [
            (5, ("email", "opened", Some("crm"), Some("june"))),
            (2, ("call", "answered", None, None)),
            (1, ("meeting", "held", None, None)),
        ];
        for _ in 0..=self.dice.below(3) {
            let (channel, kind, source, campaign) = *self.dice.weighted(&kinds);
            let left = self.anchor + DAYS * DAY - came;
            let at = came + self.dice.below(left.min(20 * DAY));
            let id = format!("i-{}", self.interactions.len());
            let mut told = json!({"id": id, "channel": channel, "kind": kind, "at": at, "source": source, "campaign": campaign});
            match plan.users.first() {
                Some(user) => told["user_id"] = json!(user),
                None => told["visitor_id"] = json!(browser.visitor),
            }
            self.interactions.push(Interaction {
                at,
                person: plan.person,
                channel,
                kind,
                source,
                campaign,
                told,
            });
        }
    }

    fn end(mut self, merges: Vec<(String, String)>) -> World {
        self.facts
            .retain(|fact| fact.session.browser.gone != Some(Gone::Deleted));
        self.facts
            .sort_by_key(|fact| (fact.session.browser.number, fact.at, fact.id));
        self.interactions.sort_by_key(|one| one.at);
        self.dice.shuffle(&mut self.sendings);
        World {
            anchor: self.anchor,
            browsers: self.browsers,
            facts: self.facts,
            interactions: self.interactions,
            sendings: self.sendings,
            merges,
        }
    }
}
