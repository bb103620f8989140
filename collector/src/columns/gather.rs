//! Rows become a segment: they come in any order, and are put in that of their visitors when all are there.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::contacts::Contact;
use super::kinds::Common;
use super::persons::Link;
use super::props::{self, Column, Names, Props};
use super::segment::{NO_EVENT, NO_SESSION, Segment, own};
use super::shelf::Shelf;
use super::words::{Word, number};
use crate::store::columns::{
    ContactRow, EventRow, FirstRow, LinkRow, OrderRow, SessionRow, Take, TakeEvents, VisitorRow,
};

/// What is known of rows until they are in order: the number of their visitor as they came, and more.
#[derive(Debug, Default)]
struct Owners {
    visitor: Vec<u32>,
    session: Vec<Uuid>,
    id: Vec<Uuid>,
}

/// Rows until they are a segment.
#[derive(Debug)]
pub(super) struct Gather {
    pub(super) common: Common,
    /// Nothing in order, and without ends.
    rows: Segment,
    visitors: HashMap<Uuid, u32>,
    /// Visitors and ids of sessions.
    sessions: Vec<(u32, Uuid)>,
    events: Owners,
    firsts: Vec<u32>,
    orders: Vec<Told>,
    /// The properties that are wanted, and the values of each with their rows.
    names: Names,
    values: Vec<Vec<(u32, Word)>>,
    /// Users of browsers that several used.
    pub(super) sharing: Vec<(Uuid, Word)>,
    /// Links that are there.
    pub(super) links: Vec<Link>,
    /// Interactions that are there.
    pub(super) contacts: Vec<(Uuid, Contact)>,
    room: Room,
}

/// What is known of an order until it is in order.
#[derive(Debug)]
struct Told {
    visitor: u32,
    session: Uuid,
    item: Uuid,
    key: String,
}

/// Whose rows these are, and where all columns take their memory from.
#[derive(Debug, Clone)]
pub(super) struct Room {
    pub(super) site_id: i64,
    /// What the site has beside these rows.
    pub(super) held: usize,
    pub(super) shelf: Arc<Shelf>,
}

impl Gather {
    /// Of words and the like that are there already, with these properties of events.
    pub(super) fn new(common: Common, names: Names, room: Room) -> Self {
        Self {
            common,
            values: vec![Vec::new(); names.len()],
            names,
            rows: Segment::new(),
            visitors: HashMap::new(),
            sessions: Vec::new(),
            events: Owners::default(),
            firsts: Vec::new(),
            orders: Vec::new(),
            sharing: Vec::new(),
            links: Vec::new(),
            contacts: Vec::new(),
            room,
        }
    }

    /// The segment, with properties of its entries.
    pub(super) fn finish(self) -> ((Segment, Props), Common) {
        let Self {
            common,
            rows: mut all,
            sessions,
            events,
            firsts,
            orders,
            values,
            ..
        } = self;
        let visitors = all.len();
        let mut order = numbers(visitors);
        order.sort_unstable_by_key(|row| all.visitors.id[*row as usize]);
        let mut ranks = vec![0; visitors];
        for (rank, row) in order.iter().enumerate() {
            ranks[*row as usize] = number(rank);
        }
        all.visitors.put(&order);

        let rank = |row: u32| ranks[sessions[row as usize].0 as usize];
        let mut order = numbers(sessions.len());
        order.sort_unstable_by_key(|row| {
            let place = *row as usize;
            (
                rank(*row),
                all.sessions.started_at[place],
                sessions[place].1,
            )
        });
        all.sessions.put(&order);
        let owners = order.iter().map(|row| rank(*row));
        all.ends.sessions = ends(visitors, owners);
        let sessions: Vec<Uuid> = order.iter().map(|row| sessions[*row as usize].1).collect();

        // Rank, time and row: what sorting looks at stands together.
        let mut keys: Vec<(u32, u32, i64)> = events
            .visitor
            .iter()
            .zip(&all.events.at)
            .enumerate()
            .map(|(row, (visitor, at))| (ranks[*visitor as usize], number(row), *at))
            .collect();
        keys.sort_unstable_by(|one, other| {
            let id = |key: &(u32, u32, i64)| events.id[key.1 as usize];
            (one.0, one.2)
                .cmp(&(other.0, other.2))
                .then_with(|| id(one).cmp(&id(other)))
        });
        let owners = keys.iter().map(|(rank, ..)| *rank);
        all.ends.events = ends(visitors, owners.clone());
        let mut last = 0;
        let places: Vec<u32> = keys
            .iter()
            .map(|(rank, row, _)| {
                let own = own(&all.ends.sessions, *rank as usize);
                find(&sessions[own], events.session[*row as usize], &mut last)
            })
            .collect();
        for (row, told) in orders.iter().enumerate() {
            let own = own(&all.ends.events, ranks[told.visitor as usize] as usize);
            let at = all.orders.at[row];
            let own = &keys[own];
            let first = own.partition_point(|(_, _, other)| *other < at);
            let mut same = own[first..].iter().take_while(|(_, _, other)| *other == at);
            let found = same.position(|(_, row, _)| events.id[*row as usize] == told.item);
            all.orders.event[row] = found.map_or(NO_EVENT, |found| number(first + found));
        }
        let order: Vec<u32> = keys.iter().map(|(_, row, _)| *row).collect();
        let props = in_order(values, &order);
        all.events.put(&order);
        all.events.session = places;
        drop((keys, order, events));
        all.count_sessions();

        let mut order = numbers(firsts.len());
        let key = |row: &u32| {
            let place = *row as usize;
            let word = all.firsts.name[place];
            let name = common.words.text(word).unwrap_or_default();
            (ranks[firsts[place] as usize], name, all.firsts.at[place])
        };
        order.sort_unstable_by(|one, other| key(one).cmp(&key(other)));
        // Of two of one name the earlier one counts.
        order.dedup_by_key(|row| (firsts[*row as usize], all.firsts.name[*row as usize]));
        all.ends.firsts = ends(
            visitors,
            order
                .iter()
                .map(|row| ranks[firsts[*row as usize] as usize]),
        );
        all.firsts.put(&order);

        let mut order = numbers(orders.len());
        let key = |row: &u32| {
            let told = &orders[*row as usize];
            (
                ranks[told.visitor as usize],
                all.orders.at[*row as usize],
                told.key.as_str(),
            )
        };
        order.sort_unstable_by(|one, other| key(one).cmp(&key(other)));
        let owners = order
            .iter()
            .map(|row| ranks[orders[*row as usize].visitor as usize]);
        all.ends.orders = ends(visitors, owners.clone());
        let places: Vec<u32> = order
            .iter()
            .zip(owners)
            .map(|(row, rank)| {
                let own = own(&all.ends.sessions, rank as usize);
                find(&sessions[own], orders[*row as usize].session, &mut last)
            })
            .collect();
        all.orders.put(&order);
        all.orders.session = places;
        all.shrink();
        ((all, props), common)
    }

    fn visitor_of(&self, id: Uuid) -> Option<u32> {
        // Who came after the visitors were read is told as a change.
        self.visitors.get(&id).copied()
    }

    fn bytes(&self) -> usize {
        // Once more while it is put in order: keys of events, and an array at a time.
        let events = self.events.visitor.len();
        self.rows.bytes()
            + self.common.bytes()
            + events * (4 + 16 + 16 + 24)
            + self.visitors.capacity() * 21
            + self.sessions.capacity() * 20
            + self
                .values
                .iter()
                .map(|own| own.capacity() * 16)
                .sum::<usize>()
    }
}

/// Columns of values by their rows, which come in this order.
fn in_order(values: Vec<Vec<(u32, Word)>>, order: &[u32]) -> Props {
    if values.is_empty() {
        return Props::default();
    }
    let mut places = vec![0; order.len()];
    for (place, row) in order.iter().enumerate() {
        places[*row as usize] = number(place);
    }
    let columns = values.into_iter().map(|mut own| {
        for (row, _) in &mut own {
            *row = places[*row as usize];
        }
        Column::of(order.len(), own)
    });
    Props::of(columns.collect())
}

fn numbers(length: usize) -> Vec<u32> {
    (0..number(length)).collect()
}

/// Ends of the rows of so many visitors, by the visitor of each row, which are in order.
fn ends(visitors: usize, owners: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut ends = vec![0; visitors + 1];
    for owner in owners {
        ends[owner as usize + 1] += 1;
    }
    for place in 1..ends.len() {
        ends[place] += ends[place - 1];
    }
    ends
}

/// Where a session stands among its visitor's, most often at the same place as that of the row before.
fn find(sessions: &[Uuid], id: Uuid, last: &mut usize) -> u32 {
    if sessions.get(*last) != Some(&id) {
        match sessions.iter().position(|session| *session == id) {
            Some(place) => *last = place,
            None => return NO_SESSION,
        }
    }
    number(*last)
}

impl Segment {
    /// Counts what sessions have of their events.
    fn count_sessions(&mut self) {
        for visitor in 0..self.len() {
            let first = self.ends.sessions[visitor] as usize;
            for event in own(&self.ends.events, visitor) {
                let session = self.events.session[event];
                if session == NO_SESSION {
                    continue;
                }
                let session = first + session as usize;
                self.sessions.conversions[session] += u32::from(self.events.is_conversion[event]);
                self.sessions.visible_ms[session] += i64::from(self.events.visible_ms[event]);
            }
        }
    }
}

/// A count. Nothing counts so far that it does not fit.
fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Take for Gather {
    fn visitor(&mut self, row: &VisitorRow<'_>) {
        let next = number(self.visitors.len());
        if *self.visitors.entry(row.visitor_id).or_insert(next) != next {
            return;
        }
        let common = &mut self.common;
        let columns = &mut self.rows.visitors;
        columns.id.push(row.visitor_id);
        columns.first_at.push(row.first_at);
        columns.last_at.push(row.last_at);
        columns.is_bot.push(row.bot);
        columns.is_shared.push(row.shared);
        columns.touch.push(common.touch(row.touch.as_ref()));
        columns.place.push(common.place(&row.device));
        columns.device.push(common.device(&row.device));
        columns.user.push(common.words.add(row.user));
        columns.owner.push(common.words.add(row.owner));
        columns.account.push(common.words.add(row.account));
    }

    fn session(&mut self, row: &SessionRow<'_>) {
        let Some(visitor) = self.visitor_of(row.visitor_id) else {
            return;
        };
        self.sessions.push((visitor, row.session_id));
        let common = &mut self.common;
        let columns = &mut self.rows.sessions;
        columns.started_at.push(row.started_at);
        columns.last_at.push(row.last_at);
        columns.touch.push(common.touch(row.touch.as_ref()));
        columns.place.push(common.place(&row.device));
        columns.device.push(common.device(&row.device));
        columns.entry.push(common.page(row.entry_url));
        columns.exit.push(common.page(row.exit_url));
        columns.page_views.push(count(row.page_views));
        columns.events.push(count(row.events));
        columns.conversions.push(0);
        columns.visible_ms.push(row.past_visible_ms);
    }

    fn first(&mut self, row: &FirstRow<'_>) {
        let Some(visitor) = self.visitor_of(row.visitor_id) else {
            return;
        };
        self.firsts.push(visitor);
        let word: Word = self.common.words.add(Some(row.name));
        self.rows.firsts.name.push(word);
        self.rows.firsts.at.push(row.first_at);
    }

    fn order(&mut self, row: &OrderRow<'_>) {
        let Some(visitor) = self.visitor_of(row.visitor_id) else {
            return;
        };
        self.orders.push(Told {
            visitor,
            session: row.session_id,
            item: row.item_id,
            key: row.key.to_owned(),
        });
        let columns = &mut self.rows.orders;
        columns.at.push(row.at);
        columns.session.push(NO_SESSION);
        columns.amount.push(row.amount);
        columns.refunded.push(row.refunded);
        columns.currency.push(self.common.words.add(row.currency));
        columns.name.push(self.common.words.add(Some(row.name)));
        columns.event.push(NO_EVENT);
    }

    fn sharing(&mut self, visitor_id: Uuid, user: &str) {
        let user = self.common.words.add(Some(user));
        self.sharing.push((visitor_id, user));
    }

    fn link(&mut self, row: &LinkRow<'_>) {
        let ids = [row.one, row.other].map(str::to_owned);
        self.links.push((ids, row.by_owner));
    }

    fn contact(&mut self, row: &ContactRow<'_>) {
        let words = &mut self.common.words;
        let contact = Contact {
            at: row.at,
            channel: words.add(Some(row.channel)),
            kind: words.add(Some(row.kind)),
            direction: words.add(row.direction),
            source: words.add(row.source),
            campaign: words.add(row.campaign),
            user: words.add(row.user),
            visitor: row.visitor_id,
            email_user: words.add(row.email_user),
        };
        self.contacts.push((row.id, contact));
    }
}

impl TakeEvents for Gather {
    fn event(&mut self, row: &EventRow<'_>) {
        let Some(visitor) = self.visitor_of(row.visitor_id) else {
            return;
        };
        if let Some(text) = row.props {
            let (values, words) = (&mut self.values, &mut self.common.words);
            let own = number(self.events.visitor.len());
            props::read(text, &self.names, &mut |name, value| {
                values[name].push((own, words.add(Some(value))));
            });
        }
        self.events.visitor.push(visitor);
        self.events.session.push(row.session_id);
        self.events.id.push(row.id);
        let columns = &mut self.rows.events;
        columns.at.push(row.at);
        columns.kind.push(row.kind);
        columns.is_conversion.push(row.conversion);
        columns.name.push(self.common.words.add(row.name));
        columns.page.push(self.common.page(row.url));
        columns.session.push(NO_SESSION);
        columns.visible_ms.push(count(row.visible_ms.unwrap_or(0)));
        let scroll = u8::try_from(row.scroll_max.unwrap_or(0)).unwrap_or(100);
        columns.scroll_max.push(scroll);
    }

    fn wants_props(&self) -> bool {
        !self.names.is_empty()
    }

    fn has_room(&self) -> bool {
        let Room {
            site_id,
            held,
            shelf,
        } = &self.room;
        shelf.has_room(*site_id, held + self.bytes())
    }
}
