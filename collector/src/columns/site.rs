//! All columns of a site, and how questions walk over them.
//!
//! Segments are the base and what changed since: a visitor is in several only where all but the last of them say that it has
//! gone over to another ([`Columns::visitors`] leaves those out). The order of a walk is that of segments and ids, and walks
//! on several threads are put together in that order, so that the same columns give the same answer to the last digit; but for
//! [`Columns::fold_blocks`], for what comes out the same in any order.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::contacts::{Interactions, Told};
use super::kinds::{Device, Known, Page, Place, Touch};
use super::marks::Marks;
use super::part::Part;
use super::persons::{Link, Owner, Persons};
use super::props::Names;
use super::visitor::{Block, Visitor};
use super::words::{Word, Words, number};

/// Visitors that one thread takes at a time.
const CHUNK: usize = 16_384;

/// A site's rows, in columns.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    pub(super) known: Arc<Known>,
    /// Each with those of its visitors who stand in a later one.
    pub(super) segments: Vec<Part>,
    /// The properties of events that are held.
    pub(super) names: Names,
    /// Users of browsers that several used.
    pub(super) sharing: Arc<HashSet<Word>>,
    pub(super) links: Arc<Vec<Link>>,
    pub(super) told: Arc<Told>,
    /// Worked out when somebody asks for persons.
    pub(super) persons: Arc<OnceLock<Persons>>,
    pub(super) as_of: i64,
}

/// Where a visitor stands: segment and place.
pub(super) type Standing = (u32, u32);

impl Columns {
    /// Texts without rows.
    pub(crate) fn of_words(words: Words) -> Self {
        let known = Known {
            words,
            ..Known::default()
        };
        Self {
            known: Arc::new(known),
            ..Self::default()
        }
    }

    /// Everything that was committed before this moment is there. Milliseconds since the Unix epoch.
    pub fn as_of(&self) -> i64 {
        self.as_of
    }

    /// Rows of all kinds that are held, also of those who have gone over to another segment.
    pub(super) fn rows(&self) -> usize {
        self.segments.iter().map(|part| part.rows.rows()).sum()
    }

    /// Texts.
    pub fn words(&self) -> &Words {
        &self.known.words
    }

    /// The text of a word.
    pub fn text(&self, word: Word) -> Option<&str> {
        self.known.words.text(word)
    }

    /// Touches, by the numbers that rows have of them.
    pub fn touches(&self) -> &[Touch] {
        &self.known.touches
    }

    /// Places, likewise.
    pub fn places(&self) -> &[Place] {
        &self.known.places
    }

    /// Devices, likewise.
    pub fn devices(&self) -> &[Device] {
        &self.known.devices
    }

    /// Pages, likewise.
    pub fn pages(&self) -> &[Page] {
        &self.known.pages
    }

    /// Whether these properties of events are held.
    pub(super) fn has(&self, names: &[String]) -> bool {
        names.iter().all(|name| self.names.contains(name))
    }

    /// The place of a property of events among those that are held.
    pub fn property(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own == name)
    }

    /// Every visitor, bots included.
    pub fn visitors(&self) -> impl Iterator<Item = Visitor<'_>> {
        (0..self.segments.len()).flat_map(move |number| {
            let all = 0..self.segments[number].rows.len();
            self.range(number, all)
        })
    }

    /// One visitor.
    pub fn visitor(&self, id: Uuid) -> Option<Visitor<'_>> {
        self.segments.iter().rev().find_map(|part| {
            let place = part.rows.find(id).filter(|place| !part.gone.has(*place))?;
            Some(Visitor { part, place })
        })
    }

    fn range(&self, segment: usize, places: Range<usize>) -> impl Iterator<Item = Visitor<'_>> {
        let part = &self.segments[segment];
        Block { part, places }.visitors()
    }

    /// Every visitor with where they stand.
    pub(super) fn standings(&self) -> impl Iterator<Item = (Standing, Visitor<'_>)> {
        (0..self.segments.len()).flat_map(move |segment| {
            let all = 0..self.segments[segment].rows.len();
            self.range(segment, all)
                .map(move |visitor| ((number(segment), number(visitor.place)), visitor))
        })
    }

    /// Where a visitor stands.
    pub(super) fn standing_of(&self, id: Uuid) -> Option<Standing> {
        let mut segments = self.segments.iter().enumerate().rev();
        segments.find_map(|(segment, part)| {
            let place = part.rows.find(id).filter(|place| !part.gone.has(*place))?;
            Some((number(segment), number(place)))
        })
    }

    fn persons(&self) -> &Persons {
        self.persons.get_or_init(|| Persons::of(self))
    }

    pub(super) fn standing(&self, (number, place): Standing) -> Visitor<'_> {
        Visitor {
            part: &self.segments[number as usize],
            place: place as usize,
        }
    }

    /// Folds over all visitors, on as many threads as there are processors: `new` makes what a thread gathers in, `add` adds
    /// one visitor, and `join` adds what a later thread gathered to that of an earlier one.
    pub fn fold_visitors<A: Send>(
        &self,
        new: impl Fn() -> A + Sync,
        add: impl Fn(&mut A, Visitor<'_>) + Sync,
        join: impl FnMut(&mut A, A),
    ) -> A {
        let work = |gathered: &mut A, chunk: &Chunk| {
            for visitor in self.range(chunk.segment, chunk.places.clone()) {
                add(gathered, visitor);
            }
        };
        on_threads(&self.chunks(), &new, &work, join)
    }

    /// The same by blocks, for questions to which a visitor is a few numbers: finding the arrays of each would cost more than
    /// adding them. A thread takes the next block when it is done with one, so who came lately, of whom there is most to add,
    /// is not all on one thread. What comes out must not depend on which thread adds what.
    pub fn fold_blocks<A: Send>(
        &self,
        new: impl Fn() -> A + Sync,
        add: impl Fn(&mut A, Block<'_>) + Sync,
        join: impl FnMut(&mut A, A),
    ) -> A {
        let work = |gathered: &mut A, chunk: &Chunk| {
            let part = &self.segments[chunk.segment];
            let places = chunk.places.clone();
            add(gathered, Block { part, places });
        };
        on_free_threads(&self.chunks(), &new, &work, join)
    }

    /// Folds over all persons, each with all of its browsers in the order of their ids. A browser that several users shared
    /// is a person of its own here: whose each of its items is, questions about everybody do not ask.
    pub fn fold_persons<A: Send>(
        &self,
        new: impl Fn() -> A + Sync,
        add: impl Fn(&mut A, &[Visitor<'_>]) + Sync,
        join: impl FnMut(&mut A, A),
    ) -> A {
        self.fold_people(new, |all, person| add(all, person.browsers), join)
    }

    /// The same, each with what passed between the site and them outside of its pages. On a browser that several users shared
    /// it is the browser's.
    pub fn fold_people<A: Send>(
        &self,
        new: impl Fn() -> A + Sync,
        add: impl Fn(&mut A, Person<'_>) + Sync,
        mut join: impl FnMut(&mut A, A),
    ) -> A {
        let persons = self.persons();
        let none = Marks::default();
        let alone = |gathered: &mut A, chunk: &Chunk| {
            let grouped = persons.grouped.get(chunk.segment).unwrap_or(&none);
            for visitor in self.range(chunk.segment, chunk.places.clone()) {
                if !grouped.has(visitor.place) {
                    let standing = (number(chunk.segment), number(visitor.place));
                    let person = Person {
                        browsers: &[visitor],
                        interactions: persons.contacts.with(Owner::Alone(standing)),
                    };
                    add(gathered, person);
                }
            }
        };
        let mut all = on_threads(&self.chunks(), &new, &alone, &mut join);
        let groups: Vec<Range<usize>> = ranges(persons.groups.len());
        let together = |gathered: &mut A, groups: &Range<usize>| {
            for place in groups.clone() {
                let group = &persons.groups[place];
                let browsers: Vec<Visitor<'_>> =
                    group.iter().map(|at| self.standing(*at)).collect();
                let person = Person {
                    browsers: &browsers,
                    interactions: persons.contacts.with(Owner::Group(number(place))),
                };
                add(gathered, person);
            }
        };
        let others = on_threads(&groups, &new, &together, &mut join);
        join(&mut all, others);
        all
    }

    fn chunks(&self) -> Vec<Chunk> {
        let segments = self.segments.iter().enumerate();
        segments
            .flat_map(|(segment, part)| {
                ranges(part.rows.len())
                    .into_iter()
                    .map(move |places| Chunk { segment, places })
            })
            .collect()
    }
}

/// Some visitors of a segment.
#[derive(Debug, Clone)]
struct Chunk {
    segment: usize,
    places: Range<usize>,
}

fn ranges(length: usize) -> Vec<Range<usize>> {
    (0..length)
        .step_by(CHUNK)
        .map(|start| start..length.min(start + CHUNK))
        .collect()
}

/// Gathers from neighbouring pieces on a thread each, and joins in their order.
fn on_threads<P: Sync, A: Send>(
    pieces: &[P],
    new: &(impl Fn() -> A + Sync),
    work: &(impl Fn(&mut A, &P) + Sync),
    join: impl FnMut(&mut A, A),
) -> A {
    let share = pieces.len().div_ceil(threads()).max(1);
    let shares: Vec<&[P]> = pieces.chunks(share).collect();
    let gather = |number: usize| {
        let mut gathered = new();
        for piece in shares.get(number).copied().unwrap_or_default() {
            work(&mut gathered, piece);
        }
        gathered
    };
    each_gathers(shares.len(), gather, join)
}

/// Gathers from pieces on whichever thread is free.
fn on_free_threads<P: Sync, A: Send>(
    pieces: &[P],
    new: &(impl Fn() -> A + Sync),
    work: &(impl Fn(&mut A, &P) + Sync),
    join: impl FnMut(&mut A, A),
) -> A {
    let next = AtomicUsize::new(0);
    let gather = |_| {
        let mut gathered = new();
        while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(&mut gathered, piece);
        }
        gathered
    };
    each_gathers(threads().min(pieces.len()), gather, join)
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Has so many threads gather, this one for the first of them, and joins in their order.
fn each_gathers<A: Send>(
    threads: usize,
    gather: impl Fn(usize) -> A + Sync,
    mut join: impl FnMut(&mut A, A),
) -> A {
    let gather = &gather;
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .map(|number| scope.spawn(move || gather(number)))
            .collect();
        let mut all = gather(0);
        for other in others {
            match other.join() {
                Ok(gathered) => join(&mut all, gathered),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

/// Somebody.
#[derive(Debug, Clone, Copy)]
pub struct Person<'p> {
    /// Their browsers, in the order of the ids; one at least.
    pub browsers: &'p [Visitor<'p>],
    /// What passed between the site and them outside of its pages.
    pub interactions: Interactions<'p>,
}
