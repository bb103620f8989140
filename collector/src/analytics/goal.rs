//! What counts as a conversion, of whom, when, and what it is worth.
//!
//! A person's conversions are what happened in a span of time, each with the order that is behind it, if one is. Value is the
//! order's, net of refunds, in the site's currency by the rate of its day ([`Prices`]); what has no rate, or tells no value,
//! is counted and told apart, and never guessed.

use std::fmt;
use std::str::FromStr;

use super::field::Reading;
use super::prices::{Prices, Worth};
use super::progress::Stages;
use super::scope::Scope;
use crate::columns::{Columns, Events, NONE, Orders, Visitor, Word};
use crate::journey::EntryKind;
use crate::money::{Currency, Exchange};

/// Characters of a name.
const NAME: usize = 200;

/// What counts as a conversion.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Goal {
    /// Every item that was told as one.
    #[default]
    Conversions,
    /// Events of this name.
    Event(String),
    /// The first time of this milestone.
    Milestone(String),
    /// Orders.
    Orders,
}

/// Why a text is no goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is one of conversions, orders, event:NAME and milestone:NAME")]
pub struct UnknownGoal;

impl FromStr for Goal {
    type Err = UnknownGoal;

    fn from_str(text: &str) -> Result<Self, UnknownGoal> {
        let named = |name: &str| {
            let fits = !name.is_empty() && name.len() <= NAME;
            fits.then(|| name.to_owned()).ok_or(UnknownGoal)
        };
        match text.split_once(':') {
            None if text == "conversions" => Ok(Self::Conversions),
            None if text == "orders" => Ok(Self::Orders),
            Some(("event", name)) => named(name).map(Self::Event),
            Some(("milestone", name)) => named(name).map(Self::Milestone),
            _ => Err(UnknownGoal),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conversions => f.write_str("conversions"),
            Self::Event(name) => write!(f, "event:{name}"),
            Self::Milestone(name) => write!(f, "milestone:{name}"),
            Self::Orders => f.write_str("orders"),
        }
    }
}

/// A conversion of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happened {
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// What it brought.
    pub worth: Worth,
    /// What its item tells of the property that is wanted.
    pub told: Word,
}

/// A goal, ready to be asked of some columns.
#[derive(Debug)]
pub struct Wanted {
    kind: Kind,
    prices: Prices,
    /// What is told of a conversion's item.
    told: Option<Reading>,
}

#[derive(Debug)]
enum Kind {
    Conversions,
    /// The name's word, if there is one.
    Event(Option<Word>),
    Milestone(Vec<Word>),
    Orders,
}

impl Wanted {
    /// Looks up the words.
    pub fn of(goal: &Goal, columns: &Columns, stages: &Stages, exchange: &Exchange) -> Self {
        let kind = match goal {
            Goal::Conversions => Kind::Conversions,
            Goal::Event(name) => Kind::Event(columns.words().find(name)),
            Goal::Milestone(name) => Kind::Milestone(stages.words_of(columns, name)),
            Goal::Orders => Kind::Orders,
        };
        Self {
            kind,
            prices: Prices::of(columns, exchange),
            told: None,
        }
    }

    /// The same, with what each conversion's item tells of a property.
    pub fn with(self, told: Option<Reading>) -> Self {
        Self { told, ..self }
    }

    /// Whether what is wanted may have a value.
    pub fn has_value(&self) -> bool {
        self.prices.own().is_some() && !matches!(self.kind, Kind::Milestone(_))
    }

    /// The site's currency.
    pub fn currency(&self) -> Option<Currency> {
        self.prices.own()
    }

    /// Adds a person's conversions of the span to `found`, the earliest first. Conditions on sessions and items are those
    /// of the session in which it happened.
    pub fn find(&self, scope: &Scope<'_>, browsers: &[Visitor<'_>], found: &mut Vec<Happened>) {
        let before = found.len();
        match &self.kind {
            Kind::Milestone(words) => {
                let first = browsers
                    .iter()
                    .flat_map(|browser| {
                        let firsts = browser.firsts();
                        let named = firsts.name.iter().zip(firsts.at);
                        named
                            .filter(|(name, _)| words.contains(name))
                            .map(|(_, at)| (*at, *browser))
                    })
                    .min_by_key(|(at, _)| *at);
                if let Some((at, browser)) = first
                    && scope.span.has(at)
                    && is_counted(scope, browser, latest_session(browser, at))
                {
                    found.push(Happened {
                        at,
                        worth: Worth::NoOrder,
                        told: self.told_first(scope, browser, (words, at)),
                    });
                }
            }
            Kind::Orders => {
                for browser in browsers {
                    self.find_orders(scope, *browser, found);
                }
            }
            Kind::Conversions | Kind::Event(_) => {
                for browser in browsers {
                    self.find_items(scope, *browser, found);
                }
            }
        }
        if browsers.len() > 1 {
            found[before..].sort_by_key(|one| one.at);
        }
    }

    fn find_orders(&self, scope: &Scope<'_>, browser: Visitor<'_>, found: &mut Vec<Happened>) {
        let orders = browser.orders();
        for (place, at) in orders.at.iter().enumerate() {
            if scope.span.has(*at) && is_counted(scope, browser, orders.session[place]) {
                let told = self.told.map_or(NONE, |told| {
                    told.of_order(scope.columns, browser, &orders, place)
                });
                found.push(Happened {
                    at: *at,
                    worth: self.prices.worth(&orders, place),
                    told,
                });
            }
        }
    }

    fn find_items(&self, scope: &Scope<'_>, browser: Visitor<'_>, found: &mut Vec<Happened>) {
        let events = browser.events();
        let first = events.at.partition_point(|at| *at < scope.span.begin);
        let end = events.at.partition_point(|at| *at < scope.span.end);
        let mut orders = None;
        for place in first..end {
            let is_wanted = match self.kind {
                Kind::Event(name) => {
                    events.kind[place] == EntryKind::Event && Some(events.name[place]) == name
                }
                _ => events.is_conversion[place],
            };
            if !is_wanted
                || !is_counted(scope, browser, events.session[place])
                || !scope.filters.item(scope.columns, &events, place)
            {
                continue;
            }
            let (orders, taken) = orders.get_or_insert_with(|| (browser.orders(), Vec::new()));
            let order = order_of(orders, taken, &events, place);
            found.push(Happened {
                at: events.at[place],
                worth: order.map_or(Worth::NoOrder, |order| self.prices.worth(orders, order)),
                told: self.told_item(scope, &events, place),
            });
        }
    }

    fn told_item(&self, scope: &Scope<'_>, events: &Events<'_>, place: usize) -> Word {
        self.told
            .map_or(NONE, |told| told.of_item(scope.columns, events, place))
    }

    /// What the item tells by which a milestone was reached first; nothing where it has none.
    fn told_first(
        &self,
        scope: &Scope<'_>,
        browser: Visitor<'_>,
        (words, at): (&[Word], i64),
    ) -> Word {
        if self.told.is_none() {
            return NONE;
        }
        let events = browser.events();
        let first = events.at.partition_point(|other| *other < at);
        let mut same = (first..events.at.len()).take_while(|place| events.at[*place] == at);
        let is_it = |place: &usize| {
            words.contains(&events.name[*place])
                && matches!(events.kind[*place], EntryKind::Event | EntryKind::Milestone)
        };
        same.find(is_it)
            .map_or(NONE, |place| self.told_item(scope, &events, place))
    }
}

/// The order that an item told: of its time, its name and its session, and no other item's yet.
fn order_of(
    orders: &Orders<'_>,
    taken: &mut Vec<usize>,
    events: &Events<'_>,
    place: usize,
) -> Option<usize> {
    let at = events.at[place];
    let first = orders.at.partition_point(|order| *order < at);
    let order = (first..orders.at.len())
        .take_while(|order| orders.at[*order] == at)
        .find(|order| {
            orders.name[*order] == events.name[place]
                && orders.session[*order] == events.session[place]
                && !taken.contains(order)
        })?;
    taken.push(order);
    Some(order)
}

/// The session that had begun last at a moment.
fn latest_session(browser: Visitor<'_>, at: i64) -> u32 {
    let begun = browser
        .sessions()
        .started_at
        .partition_point(|start| *start <= at);
    begun.checked_sub(1).map_or(u32::MAX, |place| place as u32)
}

/// Whether what happened in a session counts. What is of none counts where there are no conditions.
fn is_counted(scope: &Scope<'_>, browser: Visitor<'_>, session: u32) -> bool {
    scope.filters.asks_nothing_of_sessions() || {
        let (sessions, events) = (browser.sessions(), browser.events());
        scope.sessions_of_any_time(&sessions, &events).has(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_what_it_is_written_as() {
        for text in [
            "conversions",
            "orders",
            "event:cta:clicked",
            "milestone:signup_at",
        ] {
            assert_eq!(text.parse::<Goal>().unwrap().to_string(), text);
        }
        for text in ["", "event", "event:", "revenue", "orders:x", "Event:x"] {
            assert_eq!(text.parse::<Goal>(), Err(UnknownGoal), "{text}");
        }
    }
}
