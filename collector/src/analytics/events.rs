//! Events and milestones by their names.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;

use super::field::{Field, Reading};
use super::groups::MOST_GROUPS;
use super::items::{Counted, Items, Question, count};
use super::prices::{Earned, Prices, Takings};
use super::rows::TooMany;
use super::scope::{Sample, Scope};
use crate::columns::{Columns, Events, NONE, Sessions, Visitor, Word};
use crate::journey::{EntryKind, UnknownName};

/// What else is counted of a name.
#[derive(Debug, Default)]
pub struct More {
    conversions: u64,
    takings: Takings,
}

/// A name: twice its word, and one more for milestones. Beside it the value of what names are told apart by, if they are.
type Name = (u32, Word);

/// Names while they are counted.
#[derive(Debug, Default)]
pub struct Names {
    items: Items<More>,
    /// Where names are told apart, each by its number in `items`.
    values: Option<Values>,
}

#[derive(Debug, Default)]
struct Values {
    all: Vec<Name>,
    numbers: HashMap<Name, u32>,
}

impl Values {
    fn of(found: HashSet<Name>) -> Self {
        let mut all: Vec<Name> = found.into_iter().collect();
        all.sort_unstable();
        Self {
            numbers: all.iter().copied().zip(0..).collect(),
            all,
        }
    }
}

impl Names {
    fn number(values: Option<&Values>, name: Name) -> Option<u32> {
        match values {
            None => Some(name.0),
            Some(values) => values.numbers.get(&name).copied(),
        }
    }

    fn iter(&self) -> impl Iterator<Item = (Name, &Counted<More>)> {
        let name = |number: u32| match &self.values {
            None => (number, NONE),
            Some(values) => values.all[number as usize],
        };
        self.items
            .iter()
            .map(move |(number, named)| (name(number), named))
    }

    fn get(&self, name: Name) -> Option<&Counted<More>> {
        self.items.get(Self::number(self.values.as_ref(), name)?)
    }
}

fn key(kind: EntryKind, name: Word) -> Option<u32> {
    match kind {
        EntryKind::Event => Some(2 * name),
        EntryKind::Milestone => Some(2 * name + 1),
        _ => None,
    }
}

/// Counts the events and milestones of the scope's time, told apart by their own value of a property, if one is named.
///
/// # Errors
/// [`TooMany`].
pub fn events(
    scope: &Scope<'_>,
    prices: &Prices,
    by: Option<&Field>,
) -> Result<(Names, Sample), TooMany> {
    let by = by.map(|field| field.reading(scope.columns));
    let values = by.map(|by| Values::of(found(scope, by)));
    if values
        .as_ref()
        .is_some_and(|own| own.all.len() > MOST_GROUPS)
    {
        return Err(TooMany);
    }
    let own = |events: &Events<'_>, place: usize| {
        by.map_or(NONE, |by| by.of_item(scope.columns, events, place))
    };
    let number = |name| Names::number(values.as_ref(), name);
    let question = Question {
        key: |events: &Events<'_>, place: usize| {
            let key = key(events.kind[place], events.name[place])?;
            number((key, own(events, place)))
        },
        add: |more: &mut More, events: &Events<'_>, place: usize| {
            more.conversions += u64::from(events.is_conversion[place]);
        },
        visitor: |items: &mut Items<More>,
                  visitor: Visitor<'_>,
                  _: &Sessions<'_>,
                  counts: &[bool]| {
            let orders = visitor.orders();
            for place in 0..orders.at.len() {
                let session = orders.session[place] as usize;
                if !counts.get(session).copied().unwrap_or(false)
                    || !scope.span.has(orders.at[place])
                    || !scope.filters.order(scope.columns, visitor, &orders, place)
                {
                    continue;
                }
                let value = by.map_or(NONE, |by| {
                    by.of_order(scope.columns, visitor, &orders, place)
                });
                if let Some(number) = number((2 * orders.name[place], value)) {
                    items.at(number).more.takings.add(prices, &orders, place);
                }
            }
        },
        join: |more: &mut More, other: More| {
            more.conversions += other.conversions;
            more.takings.join(&other.takings);
        },
    };
    let items = count(scope, &question);
    let sample = Sample {
        people: items.total.visitors,
        sessions: items.total.sessions,
        items: items.total.items,
    };
    Ok((Names { items, values }, sample))
}

/// Every name with every value that there is.
fn found(scope: &Scope<'_>, by: Reading) -> HashSet<Name> {
    let question = Question {
        key: |events: &Events<'_>, place: usize| {
            key(events.kind[place], events.name[place]).map(|_| 0)
        },
        add: |found: &mut HashSet<Name>, events: &Events<'_>, place: usize| {
            let key = key(events.kind[place], events.name[place]);
            let value = by.of_item(scope.columns, events, place);
            found.extend(key.map(|key| (key, value)));
        },
        visitor: |_: &mut Items<HashSet<Name>>, _: Visitor<'_>, _: &Sessions<'_>, _: &[bool]| {},
        join: |found: &mut HashSet<Name>, other: HashSet<Name>| found.extend(other),
    };
    let mut items = count(scope, &question);
    std::mem::take(&mut items.at(0).more)
}

/// A name.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = EventNameRow)]
pub struct Row {
    /// Null where it was emptied.
    pub name: Option<String>,
    /// Whether it is the name of an event or of a milestone.
    #[schema(value_type = String, example = "event")]
    pub kind: &'static str,
    /// The value of the property by which names are told apart, by `property:` and its name; not there where they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<BTreeMap<String, Option<String>>>,
    /// How many there were.
    pub count: u64,
    /// Visitors who had one.
    pub visitors: u64,
    /// Sessions in which there was one.
    pub sessions: u64,
    /// Those of them that are a conversion.
    pub conversions: u64,
    /// What orders that were told by it brought.
    #[serde(flatten)]
    pub earned: Earned,
}

/// All names together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EventNameTotal)]
pub struct Total {
    /// How many there were.
    pub count: u64,
    /// Visitors who had one.
    pub visitors: u64,
    /// Sessions in which there was one.
    pub sessions: u64,
}

/// Names, as an answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = EventNameTable)]
pub struct Table {
    /// The site's currency, in which revenue is; null where it has none.
    #[schema(value_type = Option<String>)]
    pub currency: Option<&'static str>,
    /// Names, the greatest first.
    pub rows: Vec<Row>,
    /// How many there are, those that are not shown included.
    pub count: usize,
    /// All of them together.
    pub total: Total,
}

/// What names are sorted by, the greatest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ToSchema)]
#[schema(as = EventNameSort, rename_all = "snake_case")]
pub enum Sort {
    /// How many there were.
    #[default]
    Count,
    /// Visitors.
    Visitors,
    /// Sessions.
    Sessions,
    /// Conversions.
    Conversions,
    /// What is left of orders in the site's currency.
    Revenue,
}

impl FromStr for Sort {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "count" => Ok(Self::Count),
            "visitors" => Ok(Self::Visitors),
            "sessions" => Ok(Self::Sessions),
            "conversions" => Ok(Self::Conversions),
            "revenue" => Ok(Self::Revenue),
            _ => Err(UnknownName),
        }
    }
}

impl Sort {
    fn compare(self, one: &Counted<More>, other: &Counted<More>) -> std::cmp::Ordering {
        let count = |named: &Counted<More>| match self {
            Self::Visitors => named.visitors,
            Self::Sessions => named.sessions,
            Self::Conversions => named.more.conversions,
            Self::Count | Self::Revenue => named.items,
        };
        match self {
            Self::Revenue => one.more.takings.net().cmp(&other.more.takings.net()),
            _ => count(one).cmp(&count(other)),
        }
    }
}

/// The greatest names, and what they were in another time; told apart by what they were counted by.
pub fn tables(
    (columns, prices): (&Columns, &Prices),
    (sort, limit): (Sort, usize),
    by: Option<&Field>,
    now: &Names,
    before: Option<&Names>,
) -> (Table, Option<Table>) {
    let mut all: Vec<(Name, &Counted<More>)> = now.iter().collect();
    all.sort_unstable_by(|(one, a), (other, b)| {
        let text = |(key, value): Name| (columns.text(key / 2), key % 2, columns.text(value));
        sort.compare(b, a)
            .then_with(|| b.items.cmp(&a.items))
            .then_with(|| text(*one).cmp(&text(*other)))
    });
    all.truncate(limit);
    let nothing = Counted::default();
    let row = |(key, value): Name, named: &Counted<More>| Row {
        name: columns.text(key / 2).map(str::to_owned),
        kind: if key.is_multiple_of(2) {
            "event"
        } else {
            "milestone"
        },
        by: by.map(|field| {
            let value = columns.text(value).map(str::to_owned);
            BTreeMap::from([(field.to_string(), value)])
        }),
        count: named.items,
        visitors: named.visitors,
        sessions: named.sessions,
        conversions: named.more.conversions,
        earned: named.more.takings.told(columns, prices),
    };
    let table = |names: &Names| Table {
        currency: prices.currency(),
        rows: all
            .iter()
            .map(|(name, _)| row(*name, names.get(*name).unwrap_or(&nothing)))
            .collect(),
        count: names.items.len(),
        total: Total {
            count: names.items.total.items,
            visitors: names.items.total.visitors,
            sessions: names.items.total.sessions,
        },
    };
    (table(now), before.map(table))
}
