//! Properties that nobody asked about before, read of all entries and put beside the segments that are there.
//!
//! Entries come in any order and are put in that of their visitors, as the segments have them. Somebody of whom there are more
//! or fewer than in their segment has changed meanwhile; nothing is told of them here, because whoever changed is read again
//! before anything of this is shown.

use uuid::Uuid;

use super::gather::Room;
use super::part::Part;
use super::props::{self, Column, Names};
use super::segment::own;
use super::words::{Word, Words, number};
use crate::store::columns::{EventRow, TakeEvents};

/// Where an entry stands of which it is not known.
const NOWHERE: (u32, u32) = (u32::MAX, u32::MAX);

/// Entries until their properties are columns.
#[derive(Debug)]
pub(super) struct Fill {
    parts: Vec<Part>,
    names: Names,
    /// Of its own, so that nothing is different where it does not come to an end.
    words: Words,
    entries: Vec<Entry>,
    /// Of each property, with rows of `entries`.
    values: Vec<Vec<(u32, Word)>>,
    /// The visitor of the row before, and where they stand.
    last: Option<(Uuid, (u32, u32))>,
    room: Room,
}

#[derive(Debug)]
struct Entry {
    /// Part and place of the visitor.
    visitor: (u32, u32),
    at: i64,
    id: Uuid,
    row: u32,
}

/// For each part, a column for each property, of words that are not the site's yet.
pub(super) type Filled = (Vec<Vec<Column>>, Words);

impl Fill {
    pub(super) fn new(parts: Vec<Part>, names: Names, room: Room) -> Self {
        Self {
            parts,
            words: Words::default(),
            entries: Vec::new(),
            values: vec![Vec::new(); names.len()],
            names,
            last: None,
            room,
        }
    }

    fn find(&mut self, id: Uuid) -> Option<(u32, u32)> {
        if let Some((last, standing)) = self.last
            && last == id
        {
            return Some(standing);
        }
        let mut parts = self.parts.iter().enumerate().rev();
        let standing = parts.find_map(|(part, own)| {
            let place = own.rows.find(id).filter(|place| !own.gone.has(*place))?;
            Some((number(part), number(place)))
        })?;
        self.last = Some((id, standing));
        Some(standing)
    }

    pub(super) fn finish(self) -> Filled {
        let Self {
            parts,
            words,
            mut entries,
            values,
            ..
        } = self;
        entries.sort_unstable_by(|one, other| {
            let key = |entry: &Entry| (entry.visitor, entry.at, entry.id);
            key(one).cmp(&key(other))
        });
        let mut standings = vec![NOWHERE; entries.len()];
        for entries in entries.chunk_by(|one, other| one.visitor == other.visitor) {
            let (part, visitor) = entries[0].visitor;
            let own = own(&parts[part as usize].rows.ends.events, visitor as usize);
            if own.len() == entries.len() {
                for (entry, place) in entries.iter().zip(own) {
                    standings[entry.row as usize] = (part, number(place));
                }
            }
        }
        drop(entries);
        let mut all: Vec<Vec<Column>> = parts.iter().map(|_| Vec::new()).collect();
        for values in values {
            let mut by_part: Vec<Vec<(u32, Word)>> = vec![Vec::new(); parts.len()];
            for (row, word) in values {
                let (part, place) = standings[row as usize];
                if let Some(own) = by_part.get_mut(part as usize) {
                    own.push((place, word));
                }
            }
            for ((part, own), columns) in parts.iter().zip(by_part).zip(&mut all) {
                columns.push(Column::of(part.rows.events.at.len(), own));
            }
        }
        (all, words)
    }
}

impl TakeEvents for Fill {
    fn event(&mut self, row: &EventRow<'_>) {
        // Who came after the segments were made is read again.
        let Some(visitor) = self.find(row.visitor_id) else {
            return;
        };
        let own = number(self.entries.len());
        if let Some(text) = row.props {
            let (values, words) = (&mut self.values, &mut self.words);
            props::read(text, &self.names, &mut |name, value| {
                values[name].push((own, words.add(Some(value))));
            });
        }
        self.entries.push(Entry {
            visitor,
            at: row.at,
            id: row.id,
            row: own,
        });
    }

    fn wants_props(&self) -> bool {
        true
    }

    fn has_room(&self) -> bool {
        let values: usize = self.values.iter().map(|own| own.capacity() * 24).sum();
        let own = self.entries.capacity() * (size_of::<Entry>() + 8) + self.words.bytes() + values;
        let Room {
            site_id,
            held,
            shelf,
        } = &self.room;
        shelf.has_room(*site_id, held + own)
    }
}
