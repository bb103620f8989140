//! Whose interactions are, by a set of facts.
//!
//! - one with a user id is the user's, if an item names the user or tells the id as another one's;
//! - else one with a visitor id is of whom the visitor's items named last before it, else of whom they named first, else
//!   the visitor's own, if there is an item of the visitor;
//! - else one with the hash of an address is of the user who told the address last.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use waymark_protocol::ItemKind;

use crate::journey::email::told_emails;
use crate::journey::identity::Identity;
use crate::journey::{Fact, Interaction, MatchedBy};

/// By the interaction's id: an id of its person and by what it was found; `None` for one that is nobody's.
pub type Contacts = BTreeMap<Uuid, Option<(Identity, MatchedBy)>>;

/// Says of interactions of one site whose they are by facts of the site.
pub fn contacts<'f>(
    facts: impl IntoIterator<Item = &'f Fact>,
    interactions: &[Interaction],
) -> Contacts {
    let mut facts: Vec<&Fact> = facts.into_iter().filter(|fact| fact.dated).collect();
    facts.sort_by_key(|fact| fact.moment());
    let visitors: BTreeSet<Uuid> = facts.iter().map(|fact| fact.arrival.visitor_id).collect();
    let entries: Vec<&Fact> = facts
        .into_iter()
        .filter(|fact| fact.kind != ItemKind::PagePing)
        .collect();
    let naming = || entries.iter().filter(|fact| fact.known_user().is_some());
    let users: BTreeSet<&str> = naming()
        .flat_map(|fact| [fact.known_user(), fact.previous_id.as_deref()])
        .flatten()
        .collect();
    let mut emails: BTreeMap<String, (i64, &str)> = BTreeMap::new();
    for fact in &entries {
        told_emails(fact, |hash, user| {
            let last = emails.entry(hash).or_insert((fact.at, user));
            *last = (fact.at, user).max(*last);
        });
    }
    let user = |id: &str| Identity::User(id.to_owned());
    let whose = |one: &Interaction| {
        if let Some(id) = one.user_id.as_deref().filter(|id| users.contains(id)) {
            return Some((user(id), MatchedBy::UserId));
        }
        if let Some(visitor) = one.visitor_id.filter(|id| visitors.contains(id)) {
            let own = || naming().filter(|fact| fact.arrival.visitor_id == visitor);
            let last = own().rfind(|fact| fact.moment() <= (one.at, one.id));
            let named = last.or(own().next()).and_then(|fact| fact.known_user());
            let id = named.map_or(Identity::Visitor(visitor), user);
            return Some((id, MatchedBy::VisitorId));
        }
        let (_, id) = emails.get(one.email_hash.as_ref()?)?;
        Some((user(id), MatchedBy::EmailHash))
    };
    interactions
        .iter()
        .map(|one| (one.id, whose(one)))
        .collect()
}
