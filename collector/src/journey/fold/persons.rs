//! What a set of facts says of persons and accounts.
//!
//! - an item that names a user is that user's; another one is of the user named last before it by the same visitor,
//!   else of the one named first; where no item of a visitor names a user, all are the visitor's own;
//! - a milestone that is not dated belongs to whoever has the items around it, and says when nobody was there;
//! - page pings name nobody; they belong to whoever has all of a visitor's items, and to nobody where several have;
//! - a person is every id that links lead to, and what they did is what all of those did.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use waymark_protocol::ItemKind;

use super::{is_bot, milestones, progress};
use crate::journey::Definition;
use crate::journey::identity::{Identity, Links, Merge};
use crate::journey::model::Touch;
use crate::journey::names::friendly;
use crate::journey::person::{Account, Figures, Person, PersonVisitor, named};
use crate::journey::{EntryKind, Fact};

/// Everybody and every account that a set of facts knows of.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Persons {
    /// By their least id.
    pub persons: Vec<Person>,
    /// The ids of each person's timeline, in the same order.
    pub timelines: Vec<BTreeSet<Uuid>>,
    /// By id: the account, and what its people did, if there is anything.
    pub accounts: Vec<(Account, Option<Figures>)>,
}

/// One browser's facts that are one person's.
struct Part<'s> {
    visitor: Uuid,
    user: Option<&'s str>,
    shared: bool,
    facts: Vec<&'s Fact>,
    touch: Option<Touch>,
}

/// Folds facts of one site, each of them once, with what the owner said of ids and of stages.
pub fn persons<'f>(
    facts: impl IntoIterator<Item = &'f Fact>,
    merges: &[Merge],
    definition: &Definition,
) -> Persons {
    let counts = |fact: &&Fact| fact.dated || fact.kind == ItemKind::Milestone;
    let mut facts: Vec<&Fact> = facts.into_iter().filter(counts).collect();
    facts.sort_by_key(|fact| fact.moment());
    let mut told: BTreeMap<Uuid, Vec<&Fact>> = BTreeMap::new();
    let mut visitors: BTreeMap<Uuid, Vec<&Fact>> = BTreeMap::new();
    for fact in &facts {
        let visitor_id = fact.arrival.visitor_id;
        told.entry(visitor_id).or_default().push(fact);
        if fact.dated {
            visitors.entry(visitor_id).or_default().push(fact);
        }
    }
    let parts: Vec<Part<'_>> = visitors
        .iter()
        .flat_map(|(visitor, own)| parts(own[0], &told[visitor]))
        .collect();

    let mut links = Links::default();
    for fact in &facts {
        if let (Some(user), Some(previous)) = (fact.known_user(), fact.previous_id.as_deref()) {
            let user = Identity::User(user.to_owned());
            links.alias(&user, &Identity::User(previous.to_owned()));
            if let Ok(visitor) = previous.parse() {
                links.alias(&user, &Identity::Visitor(visitor));
            }
        }
    }
    for merge in merges {
        links.merge(merge.clone());
    }
    let mut together: BTreeMap<BTreeSet<Identity>, Vec<&Part<'_>>> = BTreeMap::new();
    for part in &parts {
        let ids = links.person(&part.identity());
        together.entry(ids).or_default().push(part);
    }

    let bots = |visitor: &Uuid| visitors.get(visitor).is_some_and(|own| is_bot(own));
    let device = |visitor: &Uuid| {
        let first = visitors.get(visitor).and_then(|own| own.first());
        first.map_or_else(Default::default, |first| first.arrival.device.clone())
    };
    let mut found: Vec<(Person, BTreeSet<Uuid>, &Vec<&Part<'_>>)> = Vec::new();
    for (ids, parts) in &together {
        let Some(figures) = figures(parts, definition) else {
            continue;
        };
        let of: BTreeSet<Uuid> = parts.iter().map(|part| part.visitor).collect();
        let mut own: Vec<PersonVisitor> = of
            .iter()
            .map(|visitor| {
                let there = || parts.iter().filter(|part| part.visitor == *visitor);
                let times: Vec<i64> = there().flat_map(|part| part.times()).collect();
                PersonVisitor {
                    visitor_id: *visitor,
                    name: friendly(*visitor),
                    shared: there().any(|part| part.shared),
                    first_seen: times.iter().copied().min().unwrap_or_default(),
                    last_seen: times.iter().copied().max().unwrap_or_default(),
                    device: device(visitor),
                    bot: bots(visitor),
                }
            })
            .collect();
        own.sort_by_key(|visitor| (visitor.first_seen, visitor.visitor_id));
        let all = || parts.iter().flat_map(|part| &part.facts);
        let accounts: BTreeSet<&str> = all().filter_map(|fact| fact.account()).collect();
        let told = || ids.iter().filter(|id| !id.is_told_of(&of));
        let person = Person {
            id: told().next().cloned().unwrap_or(parts[0].identity()),
            name: own[0].name.clone(),
            user_ids: told()
                .filter_map(|id| id.user().map(str::to_owned))
                .collect(),
            account_ids: accounts.into_iter().map(str::to_owned).collect(),
            figures,
            bot: of.iter().all(bots),
            visitors: own,
        };
        let timeline = all()
            .filter(|fact| EntryKind::of(fact.kind).is_some())
            .map(|fact| fact.id)
            .collect();
        found.push((person, timeline, parts));
    }
    found.sort_by(|(a, ..), (b, ..)| a.id.cmp(&b.id));

    let told: BTreeSet<&str> = facts.iter().filter_map(|fact| fact.account()).collect();
    let accounts = told
        .into_iter()
        .filter_map(|id| {
            let people = found
                .iter()
                .filter(|(person, ..)| person.account_ids.iter().any(|own| own == id));
            let parts: Vec<&Part<'_>> = people.flat_map(|(.., parts)| *parts).copied().collect();
            Some((account(id, &facts)?, self::figures(&parts, definition)))
        })
        .collect();
    let (persons, timelines) = found
        .into_iter()
        .map(|(person, timeline, _)| (person, timeline))
        .unzip();
    Persons {
        persons,
        timelines,
        accounts,
    }
}

/// Who has what of one visitor, whose facts these are, in order; `first` is the first that is dated.
fn parts<'s>(first: &'s Fact, own: &[&'s Fact]) -> Vec<Part<'s>> {
    let entries: Vec<&'s Fact> = own
        .iter()
        .copied()
        .filter(|fact| fact.kind != ItemKind::PagePing)
        .collect();
    let users: BTreeSet<&str> = entries
        .iter()
        .filter_map(|fact| fact.known_user())
        .collect();
    if users.len() < 2 {
        return vec![Part {
            visitor: first.arrival.visitor_id,
            user: users.into_iter().next(),
            shared: false,
            facts: own.to_vec(),
            touch: first.origin().cloned(),
        }];
    }
    let named_first = entries.iter().find_map(|fact| fact.known_user());
    users
        .into_iter()
        .map(|user| {
            let facts: Vec<&Fact> = entries
                .iter()
                .enumerate()
                .filter(|(place, _)| {
                    let before = entries[..=*place].iter().rev();
                    let last = before.into_iter().find_map(|fact| fact.known_user());
                    last.or(named_first) == Some(user)
                })
                .map(|(_, fact)| *fact)
                .collect();
            let opening = facts.iter().find(|fact| fact.id == entries[0].id);
            let session = facts.first().map(|fact| fact.arrival.session_id);
            let of_session = own
                .iter()
                .find(|fact| Some(fact.arrival.session_id) == session);
            Part {
                visitor: first.arrival.visitor_id,
                user: Some(user),
                shared: true,
                touch: match opening {
                    Some(_) => first.origin().cloned(),
                    None => of_session.and_then(|fact| fact.arrival.touch.clone()),
                },
                facts,
            }
        })
        .collect()
}

impl<'s> Part<'s> {
    fn identity(&self) -> Identity {
        match self.user {
            Some(user) => Identity::User(user.to_owned()),
            None => Identity::Visitor(self.visitor),
        }
    }

    /// When somebody was there; where nothing says so, when they reached what they did.
    fn times(&self) -> impl Iterator<Item = i64> {
        let any = self.facts.iter().any(|fact| fact.dated);
        let own = self.facts.iter().filter(move |fact| fact.dated == any);
        own.map(|fact| fact.at)
    }
}

fn figures(parts: &[&Part<'_>], definition: &Definition) -> Option<Figures> {
    let mut facts: Vec<&Fact> = parts.iter().flat_map(|part| &part.facts).copied().collect();
    facts.sort_by_key(|fact| fact.moment());
    let times = || parts.iter().flat_map(|part| part.times());
    let (first_seen, last_seen) = (times().min()?, times().max()?);
    let of_kind = |kind| facts.iter().filter(|fact| fact.kind == kind).count() as i64;
    let dated = facts.iter().filter(|fact| fact.dated);
    let sessions: BTreeSet<Uuid> = dated.map(|fact| fact.arrival.session_id).collect();
    let (stage, stage_at, stages) = progress(first_seen, &facts, definition);
    let mut ordered = parts.to_vec();
    ordered.sort_by_key(|part| (part.times().min(), part.visitor, part.user));
    Some(Figures {
        stage,
        stage_at,
        stages,
        first_seen,
        last_seen,
        total_sessions: sessions.len() as i64,
        total_page_views: of_kind(ItemKind::PageView),
        total_events: of_kind(ItemKind::Event),
        first_touch: ordered.iter().find_map(|part| part.touch.clone()),
        milestones: milestones(first_seen, &facts, definition),
    })
}

/// `facts` are in order.
fn account(id: &str, facts: &[&Fact]) -> Option<Account> {
    let told: Vec<&&Fact> = facts
        .iter()
        .filter(|fact| fact.account() == Some(id))
        .collect();
    let visitors: BTreeSet<Uuid> = told.iter().map(|fact| fact.arrival.visitor_id).collect();
    let traits = told.iter().rev().find_map(|fact| fact.props.clone());
    let (name, domain) = traits.as_deref().map(named).unwrap_or_default();
    Some(Account {
        id: id.to_owned(),
        name,
        domain,
        traits,
        first_told: told.first()?.at,
        last_told: told.last()?.at,
        visitors: visitors.len() as i64,
    })
}
