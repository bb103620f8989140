//! Where sessions go on to after something, or came from before it, place by place.

mod links;
mod sequences;
mod things;

use serde::Serialize;
use utoipa::ToSchema;

use self::links::{Links, Told};
use self::sequences::sequences;
use self::things::{NO_THING, Things, is_there};
use super::rows::TooMany;
use super::scope::{Sample, Scope};
use super::steps::Sought;
use crate::columns::Visitor;
use crate::journey::{EntryKind, UnknownName};

/// Places of a path.
pub const DEPTHS: std::ops::RangeInclusive<usize> = 2..=10;
/// Things that are told by themselves at each place.
pub const TOPS: std::ops::RangeInclusive<usize> = 1..=50;
/// Sequences that are told.
pub const SEQUENCES: std::ops::RangeInclusive<usize> = 1..=100;

/// What paths are of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ToSchema)]
#[schema(as = PathsOf, rename_all = "snake_case")]
pub enum Of {
    /// Page views.
    #[default]
    Pages,
    /// Events and milestones.
    Events,
    /// All of them.
    Both,
}

impl std::str::FromStr for Of {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "pages" => Ok(Self::Pages),
            "events" => Ok(Self::Events),
            "both" => Ok(Self::Both),
            _ => Err(UnknownName),
        }
    }
}

/// Which way paths are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// What came after, from the first occurrence in a session on.
    After,
    /// What came before, from the last occurrence back.
    Before,
}

/// What is asked.
#[derive(Debug)]
pub struct Asking {
    /// Which way.
    pub way: Way,
    /// The first step is where paths begin; the session's beginning or end where there is none.
    pub anchor: Option<Sought>,
    /// How many places, the first included: one of [`DEPTHS`].
    pub depth: usize,
    /// How many things are told by themselves at each: one of [`TOPS`].
    pub top: usize,
    /// What paths are of.
    pub of: Of,
    /// How many whole sequences are told: one of [`SEQUENCES`], if any.
    pub sequences: Option<usize>,
}

/// What stands at an end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PathKind)]
pub enum At {
    /// A page, by its path.
    Page,
    /// An event, by its name.
    Event,
    /// A milestone, by its name.
    Milestone,
    /// Everything that is not told by itself at this place.
    Others,
    /// Nothing: the session ended here, or began here where paths are followed back.
    End,
}

/// A thing at a place of paths.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PathNode)]
pub struct Node {
    /// The place, from 0.
    pub depth: usize,
    /// What it is.
    pub kind: At,
    /// Its path or name; null for others, and for a page of which no address is known.
    pub name: Option<String>,
    /// Sessions that have it there.
    pub sessions: u64,
    /// Those, of all sessions that are followed.
    pub rate: Option<f64>,
    /// Sessions of which nothing follows.
    pub ended: u64,
}

/// From one place to the next.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PathRow)]
pub struct Row {
    /// The place it goes from, from 0.
    pub depth: usize,
    /// What is there.
    pub from_kind: At,
    /// Its path or name.
    pub from: Option<String>,
    /// What is at the next place: after it, or before it where paths are followed back.
    pub to_kind: At,
    /// Its path or name.
    pub to: Option<String>,
    /// Sessions that go this way.
    pub sessions: u64,
    /// Those, of the sessions that have `from` at this place.
    pub rate: Option<f64>,
}

/// Paths through sessions.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Paths {
    /// Links, by place, the most frequent first. What goes on beyond the last place has none.
    pub rows: Vec<Row>,
    /// What is linked, by place, the most frequent first and the others last.
    pub nodes: Vec<Node>,
    /// Sessions that are followed.
    pub sessions: u64,
    /// The most frequent sequences of everything up to the last place, if they were asked for.
    pub sequences: Option<Vec<Sequence>>,
}

/// What somebody did, from the place 0 to the last or to the session's end.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PathSequence)]
pub struct Sequence {
    /// Things in their order; where paths are followed back, the latest first.
    pub steps: Vec<Thing>,
    /// Sessions that have just these.
    pub sessions: u64,
    /// Those, of all sessions that are followed.
    pub rate: Option<f64>,
    /// Sessions of which nothing follows; the others go on beyond the last place.
    pub ended: u64,
    /// Visitors with such a session.
    pub visitors: u64,
}

/// A thing of a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PathStep)]
pub struct Thing {
    /// `page`, `event` or `milestone`.
    pub kind: At,
    /// Its path or name; null for a page of which no address is known.
    pub name: Option<String>,
}

/// Where a session's path stands.
#[derive(Clone, Copy)]
struct Standing {
    /// Places that it has so far; 0 before it has begun.
    places: usize,
    thing: u32,
}

/// What is met on the way.
enum Passed {
    /// A thing at a place, with the one before.
    On(usize, Option<u32>, u32),
    /// Nothing after a thing at a place.
    End(usize, u32),
}

#[derive(Default)]
struct Scratch {
    counting: Vec<bool>,
    standing: Vec<Standing>,
}

impl Asking {
    /// Follows the sessions of a visitor that count, and shows what each of them passes; whether there was any.
    fn walk(
        &self,
        scope: &Scope<'_>,
        things: &Things,
        visitor: Visitor<'_>,
        scratch: &mut Scratch,
        mut pass: impl FnMut(usize, Passed),
    ) -> bool {
        if !is_there(scope, visitor) || !scope.has_visitor(visitor) {
            return false;
        }
        let (sessions, events) = (visitor.sessions(), visitor.events());
        if !scope.mark_sessions(&sessions, &events, &mut scratch.counting) {
            return false;
        }
        let new = Standing {
            places: 0,
            thing: NO_THING,
        };
        scratch.standing.clear();
        scratch.standing.resize(scratch.counting.len(), new);
        let mut any = false;
        let count = events.at.len();
        for step in 0..count {
            let place = match self.way {
                Way::After => step,
                Way::Before => count - 1 - step,
            };
            let session = events.session[place] as usize;
            if !scratch.counting.get(session).is_some_and(|counts| *counts) {
                continue;
            }
            let Some((thing, follows)) = things.at(self.of, &events, place) else {
                continue;
            };
            let standing = &mut scratch.standing[session];
            let before = match (standing.places, &self.anchor) {
                (0, Some(anchor)) => {
                    if anchor.item(scope.columns, visitor, &events, place) & 1 == 0 {
                        continue;
                    }
                    None
                }
                _ if !follows => continue,
                (0, None) => None,
                // A page that is seen again right away is one page.
                _ if standing.thing == thing && events.kind[place] == EntryKind::PageView => {
                    continue;
                }
                _ => Some(standing.thing),
            };
            if standing.places < self.depth {
                pass(session, Passed::On(standing.places, before, thing));
                any = true;
            }
            if standing.places <= self.depth {
                standing.places += 1;
            }
            standing.thing = thing;
        }
        for (session, standing) in scratch.standing.iter().enumerate() {
            if (1..=self.depth).contains(&standing.places) {
                pass(session, Passed::End(standing.places - 1, standing.thing));
            }
        }
        any
    }
}

/// Counts.
///
/// # Errors
/// [`TooMany`] different sequences.
pub fn paths(scope: &Scope<'_>, asking: &Asking) -> Result<(Paths, Sample), TooMany> {
    let has_names = asking.of != Of::Pages || asking.anchor.is_some();
    let things = Things::of(scope, has_names);
    let count = things.all.len();
    let new = || {
        (
            vec![0_u32; asking.depth * count],
            Scratch::default(),
            Sample::default(),
        )
    };
    let add = |(seen, scratch, sample): &mut (Vec<u32>, Scratch, Sample), visitor: Visitor<'_>| {
        let any = asking.walk(scope, &things, visitor, scratch, |_, passed| {
            if let Passed::On(depth, _, thing) = passed {
                seen[depth * count + thing as usize] += 1;
                sample.items += 1;
                sample.sessions += u64::from(depth == 0);
            }
        });
        sample.people += u64::from(any);
    };
    let (seen, _, sample) = scope.columns.fold_visitors(new, add, |all, other| {
        all.0
            .iter_mut()
            .zip(other.0)
            .for_each(|(all, other)| *all += other);
        all.2.add(other.2);
    });
    let told: Vec<Told> = (0..asking.depth)
        .map(|depth| {
            Told::of(
                &seen[depth * count..][..count],
                asking.top,
                scope.columns,
                &things,
            )
        })
        .collect();
    let links = Links::count(scope, asking, &things, &told);
    let mut paths = links.paths(scope.columns, &things, &told, sample.sessions);
    if let Some(most) = asking.sequences {
        let found = sequences(scope, asking, &things, (most, sample.sessions))?;
        paths.sequences = Some(found);
    }
    Ok((paths, sample))
}
