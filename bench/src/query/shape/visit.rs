//! What happens in a visit, by who it is and what they have done before.
//!
//! Who a browser is follows from its number; what it has done is kept, a few bytes for each.

use std::io;

use fastrand::Rng;
use uuid::Uuid;

use super::body::{Item, Touch, Visit, What, id};
use super::calendar::{self, Planned, exponential};
use super::market::{BOT, BROWSERS, COUNTRIES, DIRECT, Market};
use super::{SECOND, STEPS, Shape, mix};

/// Of a thousand browsers, those that are bots.
const BOTS: u64 = 8;
/// How many go on to each step, of those who are at it.
const GO_ON: [f64; STEPS.len()] = [0.5, 0.85, 0.8, 0.75, 0.8, 0.75, 0.8, 0.6, 0.5];
/// Rank of the page where the steps are.
const APP: usize = 4;
/// The step that makes a user of somebody: it comes with who it is and a milestone.
const REGISTRATION: usize = 7;
/// The step that earns.
const PAYMENT: usize = 8;
/// One browser of so many is the second one of the user whose first is the one before it.
const SECOND_BROWSERS: u32 = 16;

/// A batch that was written, and what comes with it from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// The browser's number.
    pub visitor: u32,
    /// When it was sent.
    pub at: i64,
    /// What the browser calls itself.
    pub user_agent: &'static str,
    /// Country and city of its address.
    pub place: [&'static str; 2],
    /// Items, with those that have no row.
    pub items: usize,
}

impl Sent {
    /// The one of whom it is for the order of items: both browsers of a user have the same.
    pub fn person(&self) -> u32 {
        first_browser(self.visitor)
    }
}

/// What a browser has done.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    first: Option<Touch>,
    /// Steps.
    done: u8,
    is_user: bool,
    has_nda: bool,
    orders: u16,
}

/// Who a browser is.
#[derive(Debug)]
struct Who {
    country: usize,
    city: usize,
    user_agent: &'static str,
    window: [u32; 2],
    is_bot: bool,
}

/// All visits in the order of their start.
#[derive(Debug)]
pub struct Visits {
    shape: Shape,
    market: Market,
    calendar: std::vec::IntoIter<Planned>,
    states: Vec<State>,
}

impl Visits {
    /// Those of a shape.
    pub fn new(shape: Shape) -> Self {
        let market = Market::new();
        let calendar = calendar::plan(&shape, |visitor| {
            COUNTRIES[who(&shape, &market, visitor).country].4
        });
        Self {
            shape,
            market,
            calendar: calendar.into_iter(),
            states: vec![State::default(); shape.visitors()],
        }
    }

    /// Writes the next visit in place of what `body` holds; nothing after the last one.
    ///
    /// # Errors
    /// None that a buffer in memory could have.
    pub fn write_next(&mut self, body: &mut Vec<u8>) -> io::Result<Option<Sent>> {
        let Some(planned) = self.calendar.next() else {
            return Ok(None);
        };
        let who = who(&self.shape, &self.market, planned.visitor);
        let visit = self.visit(planned, &who);
        visit.write(body)?;
        let (country, cities, ..) = COUNTRIES[who.country];
        Ok(Some(Sent {
            visitor: planned.visitor,
            at: visit.sent_at(),
            user_agent: who.user_agent,
            place: [country, cities[who.city]],
            items: visit.items.len(),
        }))
    }

    fn visit(&mut self, planned: Planned, who: &Who) -> Visit {
        let matter = u64::from(planned.visitor) << 32 | u64::from(planned.second);
        let mut random = Rng::with_seed(mix(self.shape.seed, matter));
        let visitor = planned.visitor as usize;
        let partner = self.states[first_browser(planned.visitor) as usize];
        let at = self.shape.start() + i64::from(planned.second) * SECOND;
        let touch = self.touch(&mut random, at, self.states[visitor].first.is_some());
        let state = &mut self.states[visitor];
        let first_touch = *state.first.get_or_insert(touch);
        let mut own = Rng::with_seed(mix(self.shape.seed, !u64::from(planned.visitor)));
        let mut going = Going {
            browser: planned.visitor,
            pace: (40.0 * 60.0 / f64::from(planned.rows)).min(300.0),
            left: usize::from(planned.rows),
            at,
            page: touch.page,
            page_view: Uuid::nil(),
            items: Vec::with_capacity(usize::from(planned.rows) * 2),
            pings: !who.is_bot,
            random: &mut random,
        };
        let user = format!("user-{}", first_browser(planned.visitor));
        let known = state.is_user.then(|| user.clone());
        going.open(touch.page);
        if !who.is_bot {
            let logs_in = partner.is_user && !state.is_user;
            if logs_in && going.left > 0 && going.random.f64() < 0.6 {
                going.add(What::Identify(user.clone()));
                state.is_user = true;
            }
            going.act(state, &user, &self.market);
        }
        while going.left > 0 {
            let page = self.market.pages.draw(going.random);
            going.open(page);
        }
        let items = going.items;
        Visit {
            visitor_id: id(&mut own, first_touch.at),
            tab_id: id(&mut random, at),
            session_id: id(&mut random, at),
            touch,
            first_touch,
            user: known,
            country: who.country,
            window: who.window,
            items,
        }
    }

    fn touch(&self, random: &mut Rng, at: i64, has_been_here: bool) -> Touch {
        let way = match has_been_here {
            true if random.f64() < 0.5 => DIRECT,
            _ => self.market.ways.draw(random),
        };
        Touch {
            at,
            way,
            campaign: self.market.campaigns.draw(random),
            page: self.market.pages.draw(random),
        }
    }
}

/// A visit while it is made.
struct Going<'g> {
    /// The browser's number.
    browser: u32,
    /// The longest wait between two items, in seconds.
    pace: f64,
    /// Rows that are still to be made.
    left: usize,
    at: i64,
    page: usize,
    page_view: Uuid,
    items: Vec<Item>,
    pings: bool,
    random: &'g mut Rng,
}

impl Going<'_> {
    /// What somebody does after the first page, most of the time on the way of the steps.
    fn act(&mut self, state: &mut State, user: &str, market: &Market) {
        let interest = if state.done > 0 { 0.6 } else { 0.35 };
        let mut is_on_the_way = self.random.f64() < interest;
        while self.left > 0 {
            if is_on_the_way {
                is_on_the_way = self.step(state, user);
                continue;
            }
            let chance = self.random.f64();
            if chance < 0.62 {
                let page = market.pages.draw(self.random);
                self.open(page);
            } else if chance < 0.70 && state.is_user && !state.has_nda {
                state.has_nda = true;
                self.add(What::Milestone("nda_signed_at"));
            } else {
                let (name, props) = self.remark();
                self.add(What::Event(name, props, None));
            }
        }
    }

    /// The next step, an earlier one again, or another order. Says whether there may be one more after it.
    fn step(&mut self, state: &mut State, user: &str) -> bool {
        let next = usize::from(state.done);
        let Some(go_on) = GO_ON.get(next) else {
            if self.random.f64() < 0.25 {
                self.order("purchase", state);
            }
            let again = self.random.usize(..REGISTRATION);
            self.repeat(again);
            return self.random.f64() < 0.3;
        };
        if self.random.f64() >= *go_on {
            if next > 0 {
                // Nobody registers twice.
                let again = self.random.usize(..next.min(REGISTRATION));
                self.repeat(again);
            }
            return false;
        }
        match next {
            PAYMENT if self.left > 0 => self.order(STEPS[PAYMENT], state),
            // Who it is, the milestone and the event come together or not at all.
            REGISTRATION if self.left >= 3 => {
                self.add(What::Identify(user.to_owned()));
                self.add(What::Milestone("signup_at"));
                self.add(What::Event(
                    STEPS[REGISTRATION],
                    r#"{"form":"hero"}"#.to_owned(),
                    None,
                ));
                state.is_user = true;
            }
            REGISTRATION => return false,
            _ => self.repeat(next),
        }
        state.done += 1;
        true
    }

    fn repeat(&mut self, step: usize) {
        if self.left == 0 {
            return;
        }
        self.page = APP;
        let project = self.random.u32(1..2_000);
        let props = format!(r#"{{"project":{project},"step":{}}}"#, step + 1);
        self.add(What::Event(STEPS[step], props, None));
    }

    fn order(&mut self, name: &'static str, state: &mut State) {
        if self.left == 0 {
            return;
        }
        state.orders += 1;
        let plan = self.random.usize(..3);
        let value = ["29.00", "79.00", "249.90"][plan];
        let currency = if self.random.f64() < 0.8 {
            "EUR"
        } else {
            "USD"
        };
        let props = format!(
            r#"{{"order_id":"{}-{}","plan":"{}"}}"#,
            self.browser,
            state.orders,
            ["solo", "team", "fleet"][plan]
        );
        self.add(What::Event(name, props, Some((value.to_owned(), currency))));
    }

    /// Something that is on no way.
    fn remark(&mut self) -> (&'static str, String) {
        let number = self.random.u32(..20);
        match self.random.usize(..5) {
            0 | 1 => (
                "cta_clicked",
                format!(
                    r#"{{"place":"hero","variant":"{}"}}"#,
                    ["a", "b"][(number % 2) as usize]
                ),
            ),
            2 => (
                "video_played",
                format!(
                    r#"{{"id":"tour-{}","seconds":{number},"muted":true}}"#,
                    number % 5
                ),
            ),
            3 => (
                "filter_changed",
                format!(
                    r#"{{"filter":"berths","value":{},"results":{number}}}"#,
                    number % 7
                ),
            ),
            _ => ("form_started", r#"{"form":"contact"}"#.to_owned()),
        }
    }

    fn open(&mut self, page: usize) {
        self.page = page;
        self.add(What::Page(page));
    }

    /// One row, and how the page was doing before it.
    fn add(&mut self, what: What) {
        let waited = match self.items.is_empty() {
            true => 0,
            false => {
                let mean = (self.pace / 4.0).min(25.0);
                (1_000.0 * exponential(self.random, mean).clamp(1.0, self.pace)) as i64
            }
        };
        if matches!(what, What::Page(_)) {
            self.ping(waited);
        }
        self.at += waited;
        let id = id(self.random, self.at);
        if matches!(what, What::Page(_)) {
            self.page_view = id;
        }
        self.left -= 1;
        self.push(id, what);
        if self.left == 0 {
            let stayed = (1_000.0 * exponential(self.random, 20.0).clamp(1.0, 120.0)) as i64;
            self.ping(stayed);
        }
    }

    /// How the page is doing when so much time has gone by on it since the last row.
    fn ping(&mut self, time: i64) {
        if !self.pings || self.items.is_empty() || self.random.f64() > 0.7 {
            return;
        }
        let share = self.random.f64();
        let scroll = self.random.u8(10..=100);
        let (before, now) = (self.at, self.at + time);
        self.at = now;
        let id = id(self.random, now);
        let visible = ((time as f64) * (0.4 + 0.6 * share)) as i64;
        self.push(id, What::Ping(visible, scroll));
        self.at = before;
    }

    fn push(&mut self, id: Uuid, what: What) {
        self.items.push(Item {
            at: self.at,
            id,
            page_view_id: self.page_view,
            page: self.page,
            what,
        });
    }
}

/// The first browser of whose browser it is.
fn first_browser(visitor: u32) -> u32 {
    match visitor % SECOND_BROWSERS {
        1 => visitor - 1,
        _ => visitor,
    }
}

fn who(shape: &Shape, market: &Market, visitor: u32) -> Who {
    let mut own = Rng::with_seed(mix(shape.seed, u64::from(visitor) | 1 << 63));
    let is_bot = own.u64(..1_000) < BOTS;
    let (user_agent, window) = if is_bot {
        BOT
    } else {
        BROWSERS[market.browsers.draw(&mut own)]
    };
    Who {
        country: market.countries.draw(&mut own),
        city: own.usize(..2),
        user_agent,
        window,
        is_bot,
    }
}

#[cfg(test)]
mod tests;
