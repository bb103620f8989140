//! Visitors of a segment with what is theirs, as questions see them: slices of the segment's arrays.

use std::ops::Range;

use uuid::Uuid;

use super::part::Part;
use super::props::Properties;
use super::segment::{SessionColumns, own};
use super::words::Word;
use crate::journey::EntryKind;

/// Visitors of a segment who stand side by side.
#[derive(Debug, Clone)]
pub struct Block<'c> {
    pub(super) part: &'c Part,
    pub(super) places: Range<usize>,
}

impl<'c> Block<'c> {
    /// They, without who has gone over to a later segment.
    pub fn visitors(self) -> impl Iterator<Item = Visitor<'c>> {
        let Self { part, places } = self;
        places
            .filter(|place| !part.gone.has(*place))
            .map(move |place| Visitor { part, place })
    }

    /// Everybody who stands there, and whether they still do: not gone over to a later segment.
    pub fn everybody(&self) -> impl Iterator<Item = (Visitor<'c>, bool)> + use<'c> {
        let part = self.part;
        self.places
            .clone()
            .map(move |place| (Visitor { part, place }, !part.gone.has(place)))
    }

    /// The sessions of everybody, one visitor's after the other's: which are whose is [`Self::own_sessions`].
    pub fn sessions(&self) -> Sessions<'c> {
        let ends = &self.part.rows.ends.sessions;
        let end = ends[self.places.end] as usize;
        Sessions::of(&self.part.rows.sessions, self.first_session()..end)
    }

    /// Which of the block's sessions are a visitor's.
    pub fn own_sessions(&self, visitor: Visitor<'_>) -> Range<usize> {
        let (first, own) = (self.first_session(), visitor.own_sessions());
        own.start - first..own.end - first
    }

    fn first_session(&self) -> usize {
        self.part.rows.ends.sessions[self.places.start] as usize
    }
}

/// One visitor of a segment.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'c> {
    pub(super) part: &'c Part,
    pub(super) place: usize,
}

/// Sessions of a visitor, by their start, as slices of one length.
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'c> {
    /// Milliseconds since the Unix epoch.
    pub started_at: &'c [i64],
    /// The last item's time.
    pub last_at: &'c [i64],
    /// Places in [`Columns::touches`]; 0 where none is known.
    pub touch: &'c [u32],
    /// Places in [`Columns::places`].
    pub place: &'c [u32],
    /// Places in [`Columns::devices`].
    pub device: &'c [u32],
    /// The page of the first page view: places in [`Columns::pages`]; 0 where there is none.
    pub entry: &'c [u32],
    /// The page of the last page view, likewise.
    pub exit: &'c [u32],
    /// Page views.
    pub page_views: &'c [u32],
    /// Items of the type event.
    pub events: &'c [u32],
    /// Items that are a conversion.
    pub conversions: &'c [u32],
    /// How long the pages that were opened in it were visible.
    pub visible_ms: &'c [i64],
}

impl<'c> Sessions<'c> {
    fn of(all: &'c SessionColumns, own: Range<usize>) -> Self {
        Self {
            started_at: &all.started_at[own.clone()],
            last_at: &all.last_at[own.clone()],
            touch: &all.touch[own.clone()],
            place: &all.place[own.clone()],
            device: &all.device[own.clone()],
            entry: &all.entry[own.clone()],
            exit: &all.exit[own.clone()],
            page_views: &all.page_views[own.clone()],
            events: &all.events[own.clone()],
            conversions: &all.conversions[own.clone()],
            visible_ms: &all.visible_ms[own],
        }
    }
}

/// Entries of a visitor's timeline, oldest first, as slices of one length.
#[derive(Debug, Clone, Copy)]
pub struct Events<'c> {
    /// Milliseconds since the Unix epoch.
    pub at: &'c [i64],
    /// Their kind.
    pub kind: &'c [EntryKind],
    /// Whether it is a conversion.
    pub is_conversion: &'c [bool],
    /// The name of events and milestones, the account of groups.
    pub name: &'c [Word],
    /// The page that was shown, or on which it happened: places in [`Columns::pages`].
    pub page: &'c [u32],
    /// Places among the visitor's [`Sessions`]; [`super::segment::NO_SESSION`] where the session's row is gone.
    pub session: &'c [u32],
    /// How long the page was visible, of page views.
    pub visible_ms: &'c [u32],
    /// How far it was scrolled, in per cent.
    pub scroll_max: &'c [u8],
    /// What events and milestones tell beside their name.
    pub properties: Properties<'c>,
}

/// First times of a visitor, by name, as slices of one length.
#[derive(Debug, Clone, Copy)]
pub struct Firsts<'c> {
    /// A milestone, or an event that reaches one.
    pub name: &'c [Word],
    /// Milliseconds since the Unix epoch.
    pub at: &'c [i64],
}

/// Orders of a visitor, oldest first, as slices of one length.
#[derive(Debug, Clone, Copy)]
pub struct Orders<'c> {
    /// Milliseconds since the Unix epoch.
    pub at: &'c [i64],
    /// Places among the visitor's [`Sessions`]; [`super::segment::NO_SESSION`] where the session's row is gone.
    pub session: &'c [u32],
    /// Millionths of the currency, as it was told; nothing where the order told none.
    pub amount: &'c [Option<i64>],
    /// Millionths of the order's currency that refunds took back so far.
    pub refunded: &'c [i64],
    /// ISO 4217.
    pub currency: &'c [Word],
    /// The event's name.
    pub name: &'c [Word],
    /// The event: places among the visitor's [`Events`]; [`super::segment::NO_EVENT`] where its row is gone.
    pub event: &'c [u32],
}

impl<'c> Visitor<'c> {
    fn own(self, ends: &[u32]) -> Range<usize> {
        own(ends, self.place)
    }

    /// The visitor's id.
    pub fn id(self) -> Uuid {
        self.part.rows.visitors.id[self.place]
    }

    /// The first item's time.
    pub fn first_at(self) -> i64 {
        self.part.rows.visitors.first_at[self.place]
    }

    /// The last item's time.
    pub fn last_at(self) -> i64 {
        self.part.rows.visitors.last_at[self.place]
    }

    /// Whether it is a bot.
    pub fn is_bot(self) -> bool {
        self.part.rows.visitors.is_bot[self.place]
    }

    /// The first touch: a place in [`Columns::touches`]; 0 where none is known.
    pub fn touch(self) -> u32 {
        self.part.rows.visitors.touch[self.place]
    }

    /// Where it was first seen: a place in [`Columns::places`].
    pub fn place(self) -> u32 {
        self.part.rows.visitors.place[self.place]
    }

    /// With what: a place in [`Columns::devices`].
    pub fn device(self) -> u32 {
        self.part.rows.visitors.device[self.place]
    }

    /// Whether several users were named in it.
    pub fn is_shared(self) -> bool {
        self.part.rows.visitors.is_shared[self.place]
    }

    /// The one user that was named in it; nothing where there were several.
    pub fn owner(self) -> Word {
        self.part.rows.visitors.owner[self.place]
    }

    /// The user that was named last.
    pub fn user(self) -> Word {
        self.part.rows.visitors.user[self.place]
    }

    /// The account that was told last.
    pub fn account(self) -> Word {
        self.part.rows.visitors.account[self.place]
    }

    /// Its sessions.
    pub fn sessions(self) -> Sessions<'c> {
        Sessions::of(&self.part.rows.sessions, self.own_sessions())
    }

    fn own_sessions(self) -> Range<usize> {
        self.own(&self.part.rows.ends.sessions)
    }

    /// Whether there is an order of theirs.
    pub fn has_orders(self) -> bool {
        !self.own(&self.part.rows.ends.orders).is_empty()
    }

    /// Its timeline.
    pub fn events(self) -> Events<'c> {
        let all = &self.part.rows.events;
        let own = self.own(&self.part.rows.ends.events);
        Events {
            at: &all.at[own.clone()],
            kind: &all.kind[own.clone()],
            is_conversion: &all.is_conversion[own.clone()],
            name: &all.name[own.clone()],
            page: &all.page[own.clone()],
            session: &all.session[own.clone()],
            visible_ms: &all.visible_ms[own.clone()],
            properties: Properties::of(&self.part.props, own.start),
            scroll_max: &all.scroll_max[own],
        }
    }

    /// Its first times.
    pub fn firsts(self) -> Firsts<'c> {
        let own = self.own(&self.part.rows.ends.firsts);
        Firsts {
            name: &self.part.rows.firsts.name[own.clone()],
            at: &self.part.rows.firsts.at[own],
        }
    }

    /// Its orders.
    pub fn orders(self) -> Orders<'c> {
        let all = &self.part.rows.orders;
        let own = self.own(&self.part.rows.ends.orders);
        Orders {
            at: &all.at[own.clone()],
            session: &all.session[own.clone()],
            amount: &all.amount[own.clone()],
            refunded: &all.refunded[own.clone()],
            currency: &all.currency[own.clone()],
            name: &all.name[own.clone()],
            event: &all.event[own],
        }
    }
}
