//! Visitors with all that is theirs, as arrays side by side.
//!
//! Visitors stand in the order of their ids. What belongs to one of them stands in one piece in each array: `sessions[v]..
//! sessions[v + 1]` are the sessions of the visitor `v`, by their start; events by time and id; first times by name. A segment
//! does not change once it is made ([`super::gather`]); several become one by copying their arrays ([`super::part`]).

use std::ops::Range;

use uuid::Uuid;

use super::words::{Word, number};
use crate::journey::EntryKind;

/// Arrays of one length.
macro_rules! columns {
    ($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $column:ident: $value:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(super) struct $name {
            $($(#[$note])* pub(super) $column: Vec<$value>,)*
        }

        impl $name {
            /// Adds some rows of others.
            pub(super) fn extend(&mut self, other: &Self, rows: Range<usize>) {
                $(self.$column.extend_from_slice(&other.$column[rows.clone()]);)*
            }

            /// Puts rows in an order, one array after the other, so that little stands in memory twice.
            pub(super) fn put(&mut self, order: &[u32]) {
                $(self.$column = order.iter().map(|row| self.$column[*row as usize]).collect();)*
            }

            /// Takes no more memory than is needed.
            pub(super) fn shrink(&mut self) {
                $(self.$column.shrink_to_fit();)*
            }

            pub(super) fn bytes(&self) -> usize {
                0 $(+ self.$column.capacity() * size_of::<$value>())*
            }
        }
    };
}

columns! {
    VisitorColumns {
        id: Uuid,
        first_at: i64,
        last_at: i64,
        is_bot: bool,
        is_shared: bool,
        touch: u32,
        place: u32,
        device: u32,
        user: Word,
        owner: Word,
        account: Word,
    }
}

columns! {
    SessionColumns {
        started_at: i64,
        last_at: i64,
        touch: u32,
        place: u32,
        device: u32,
        entry: u32,
        exit: u32,
        page_views: u32,
        events: u32,
        conversions: u32,
        visible_ms: i64,
    }
}

columns! {
    EventColumns {
        at: i64,
        kind: EntryKind,
        is_conversion: bool,
        name: Word,
        page: u32,
        /// The visitor's own session, or [`NO_SESSION`].
        session: u32,
        visible_ms: u32,
        scroll_max: u8,
    }
}

columns! {
    FirstColumns {
        name: Word,
        at: i64,
    }
}

columns! {
    OrderColumns {
        at: i64,
        /// The visitor's own session, or [`NO_SESSION`].
        session: u32,
        amount: Option<i64>,
        refunded: i64,
        currency: Word,
        name: Word,
        /// The visitor's own entry that told it, or [`NO_EVENT`].
        event: u32,
    }
}

/// Where an event's session is not among its visitor's.
pub const NO_SESSION: u32 = u32::MAX;
/// Where the entry that told an order is not among its visitor's.
pub const NO_EVENT: u32 = u32::MAX;

/// Arrays of visitors and of what is theirs.
#[derive(Debug)]
pub struct Segment {
    pub(super) visitors: VisitorColumns,
    pub(super) sessions: SessionColumns,
    pub(super) events: EventColumns,
    pub(super) firsts: FirstColumns,
    pub(super) orders: OrderColumns,
    pub(super) ends: Ends,
}

/// Where what is each visitor's ends; one more than there are visitors, of which the first is 0.
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) sessions: Vec<u32>,
    pub(super) events: Vec<u32>,
    pub(super) firsts: Vec<u32>,
    pub(super) orders: Vec<u32>,
}

impl Default for Ends {
    fn default() -> Self {
        Self {
            sessions: vec![0],
            events: vec![0],
            firsts: vec![0],
            orders: vec![0],
        }
    }
}

/// The rows of the visitor at a place.
pub(super) fn own(ends: &[u32], place: usize) -> Range<usize> {
    ends[place] as usize..ends[place + 1] as usize
}

impl Default for Segment {
    fn default() -> Self {
        Self::new()
    }
}

impl Segment {
    /// A segment without anybody.
    pub fn new() -> Self {
        Self {
            visitors: VisitorColumns::default(),
            sessions: SessionColumns::default(),
            events: EventColumns::default(),
            firsts: FirstColumns::default(),
            orders: OrderColumns::default(),
            ends: Ends::default(),
        }
    }

    /// How many visitors.
    pub fn len(&self) -> usize {
        self.visitors.id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.visitors.id.is_empty()
    }

    /// Where a visitor stands.
    pub fn find(&self, id: Uuid) -> Option<usize> {
        self.visitors.id.binary_search(&id).ok()
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        let ends = &self.ends;
        self.visitors.bytes()
            + self.sessions.bytes()
            + self.events.bytes()
            + self.firsts.bytes()
            + self.orders.bytes()
            + 4 * (ends.sessions.capacity()
                + ends.events.capacity()
                + ends.firsts.capacity()
                + ends.orders.capacity())
    }

    /// Rows of all kinds: what it costs to copy it.
    pub(super) fn rows(&self) -> usize {
        self.len() + self.sessions.started_at.len() + self.events.at.len()
    }

    /// Adds a visitor of another one.
    pub(super) fn copy(&mut self, other: &Self, place: usize) {
        self.visitors.extend(&other.visitors, place..place + 1);
        let ends = &other.ends;
        self.sessions
            .extend(&other.sessions, own(&ends.sessions, place));
        self.events.extend(&other.events, own(&ends.events, place));
        self.firsts.extend(&other.firsts, own(&ends.firsts, place));
        self.orders.extend(&other.orders, own(&ends.orders, place));
        self.end();
    }

    /// What was added until now is of the visitors until now.
    fn end(&mut self) {
        let ends = &mut self.ends;
        ends.sessions.push(number(self.sessions.started_at.len()));
        ends.events.push(number(self.events.at.len()));
        ends.firsts.push(number(self.firsts.at.len()));
        ends.orders.push(number(self.orders.at.len()));
    }

    pub(super) fn shrink(&mut self) {
        self.visitors.shrink();
        self.sessions.shrink();
        self.events.shrink();
        self.firsts.shrink();
        self.orders.shrink();
        let ends = &mut self.ends;
        for ends in [
            &mut ends.sessions,
            &mut ends.events,
            &mut ends.firsts,
            &mut ends.orders,
        ] {
            ends.shrink_to_fit();
        }
    }
}
