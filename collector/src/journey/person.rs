//! Persons and accounts as a reader of the API sees them, and how they come of what their browsers did.
//!
//! A [`Slice`] is what one browser did for one person: all of it, or, where the browser's items name several users, the
//! part that is this user's. A person is the slices of all of their ids, an account those of its people. What a person
//! or account says is summed over slices whenever somebody asks; nothing of it is stored, so that an id that is told
//! later, or a merge, moves everything at once and nothing has to be put right.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::identity::Identity;
use super::model::{Device, Milestone, ReachedStage, Touch, free_object};
use super::names::friendly;
use super::progress::{Firsts, Progress};
use super::stages::Definition;

/// What several slices add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Figures {
    /// The key of the highest stage reached.
    pub stage: String,
    /// When that stage was entered; null for the first.
    pub stage_at: Option<i64>,
    /// The stages up to that one, in order.
    pub stages: Vec<ReachedStage>,
    /// Time of the earliest item.
    pub first_seen: i64,
    /// Time of the latest item.
    pub last_seen: i64,
    /// Sessions seen, each once.
    pub total_sessions: i64,
    /// Items of type `page_view`.
    pub total_page_views: i64,
    /// Items of type `event`.
    pub total_events: i64,
    /// How the earliest browser of which it is known came for the first time.
    pub first_touch: Option<Touch>,
    /// The first time of each, by time, then name.
    pub milestones: Vec<Milestone>,
}

/// One person with everything they did on all of their browsers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Person {
    /// The least of their ids: `user:` and a user id, or `visitor:` and the id of a browser of which no user is known.
    #[schema(value_type = String)]
    pub id: Identity,
    /// The friendly name of their earliest browser.
    pub name: String,
    /// The site's own ids of them.
    pub user_ids: Vec<String>,
    /// The accounts they told.
    pub account_ids: Vec<String>,
    /// What they did.
    #[serde(flatten)]
    pub figures: Figures,
    /// Their browsers, the one first seen first.
    pub visitors: Vec<PersonVisitor>,
    /// Whether each of their browsers is a bot's.
    pub bot: bool,
}

/// A browser of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonVisitor {
    /// The browser's lasting id.
    pub visitor_id: Uuid,
    /// Its friendly name.
    pub name: String,
    /// Whether others used it too: the person's is then only what the items named them, or nobody after them, for.
    pub shared: bool,
    /// Time of the person's earliest item there.
    pub first_seen: i64,
    /// Time of the person's latest item there.
    pub last_seen: i64,
    /// The device at the browser's earliest item.
    pub device: Device,
    /// Whether it is a bot's.
    pub bot: bool,
}

/// An account as the site told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Account {
    /// The site's own id of it.
    pub id: String,
    /// The trait `name`.
    pub name: Option<String>,
    /// The domain of the trait `domain` or `website`, in lower case and without `www.`.
    pub domain: Option<String>,
    /// The latest traits: the JSON text of an object. Readers get the object.
    #[serde(serialize_with = "free_object")]
    #[schema(value_type = Option<std::collections::HashMap<String, serde_json::Value>>)]
    pub traits: Option<Box<str>>,
    /// When it was told first.
    pub first_told: i64,
    /// When it was told last.
    pub last_told: i64,
    /// Browsers that told it.
    pub visitors: i64,
}

/// What one browser did for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The browser.
    pub visitor_id: Uuid,
    /// Whose part of the browser it is; `None` where the browser is nobody else's.
    pub share: Option<String>,
    /// Time of the earliest item.
    pub first_seen: i64,
    /// Time of the latest item.
    pub last_seen: i64,
    /// Sessions.
    pub sessions: BTreeSet<Uuid>,
    /// Items of type `page_view`.
    pub page_views: i64,
    /// Items of type `event`.
    pub events: i64,
    /// How it began.
    pub touch: Option<Touch>,
    /// The first time of each milestone, sent or reached by an event.
    pub milestones: Vec<(String, i64)>,
    /// Accounts that items of it told.
    pub accounts: BTreeSet<String>,
    /// The browser's device.
    pub device: Device,
    /// Whether the browser is a bot's.
    pub bot: bool,
}

impl Figures {
    /// What slices add up to by the site's definition of stages; nothing without any.
    pub fn of(slices: &[&Slice], definition: &Definition) -> Option<Self> {
        let mut ordered = slices.to_vec();
        ordered.sort_by_key(|slice| slice.place());
        let first_seen = ordered.first()?.first_seen;
        let firsts = Firsts {
            milestones: slices
                .iter()
                .flat_map(|slice| slice.milestones.iter().cloned())
                .collect(),
            events: Vec::new(),
        };
        let progress = Progress::of(definition, first_seen, &firsts);
        let sessions: BTreeSet<&Uuid> = slices.iter().flat_map(|slice| &slice.sessions).collect();
        Some(Self {
            stage: definition.key(progress.rank).to_owned(),
            stage_at: progress.stage_at,
            stages: progress.stages,
            first_seen,
            last_seen: slices.iter().map(|slice| slice.last_seen).max()?,
            total_sessions: sessions.len() as i64,
            total_page_views: slices.iter().map(|slice| slice.page_views).sum(),
            total_events: slices.iter().map(|slice| slice.events).sum(),
            first_touch: ordered.iter().find_map(|slice| slice.touch.clone()),
            milestones: progress.milestones,
        })
    }
}

impl Person {
    /// The person with these ids and slices, by the site's definition of stages; nobody without any.
    pub fn of(
        ids: &BTreeSet<Identity>,
        slices: &[&Slice],
        definition: &Definition,
    ) -> Option<Self> {
        let figures = Figures::of(slices, definition)?;
        let mut visitors: BTreeMap<Uuid, PersonVisitor> = BTreeMap::new();
        for slice in slices {
            let visitor = visitors
                .entry(slice.visitor_id)
                .or_insert_with(|| slice.visitor());
            visitor.first_seen = visitor.first_seen.min(slice.first_seen);
            visitor.last_seen = visitor.last_seen.max(slice.last_seen);
        }
        let browsers: BTreeSet<Uuid> = visitors.keys().copied().collect();
        let ids: Vec<&Identity> = ids.iter().filter(|id| !id.is_told_of(&browsers)).collect();
        let mut visitors: Vec<PersonVisitor> = visitors.into_values().collect();
        visitors.sort_by_key(|visitor| (visitor.first_seen, visitor.visitor_id));
        let accounts: BTreeSet<&String> = slices.iter().flat_map(|slice| &slice.accounts).collect();
        Some(Self {
            id: (*ids.first()?).clone(),
            name: visitors.first()?.name.clone(),
            user_ids: ids
                .iter()
                .filter_map(|id| id.user().map(str::to_owned))
                .collect(),
            account_ids: accounts.into_iter().cloned().collect(),
            figures,
            bot: visitors.iter().all(|visitor| visitor.bot),
            visitors,
        })
    }
}

impl Slice {
    /// Its place among the slices of a person: by its beginning.
    fn place(&self) -> (i64, Uuid, Option<String>) {
        (self.first_seen, self.visitor_id, self.share.clone())
    }

    /// Reaches a milestone at `at`, if it has not before.
    pub fn reach(&mut self, milestone: Option<String>, at: i64) {
        if let Some(name) = milestone
            && self.milestones.iter().all(|(reached, _)| *reached != name)
        {
            self.milestones.push((name, at));
        }
    }

    fn visitor(&self) -> PersonVisitor {
        PersonVisitor {
            visitor_id: self.visitor_id,
            name: friendly(self.visitor_id),
            shared: self.share.is_some(),
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            device: self.device.clone(),
            bot: self.bot,
        }
    }
}

/// The name and domain that an account's traits tell. Only what the site says of the account counts: an e-mail address
/// of one of its people says nothing of it.
pub fn named(traits: &str) -> (Option<String>, Option<String>) {
    #[derive(serde::Deserialize)]
    struct Told {
        #[serde(default)]
        name: serde_json::Value,
        #[serde(default)]
        domain: serde_json::Value,
        #[serde(default)]
        website: serde_json::Value,
    }
    let Ok(told) = serde_json::from_str::<Told>(traits) else {
        return (None, None);
    };
    let name = told.name.as_str().map(str::trim).filter(|n| !n.is_empty());
    let domain = [&told.domain, &told.website]
        .into_iter()
        .find_map(|told| told.as_str().and_then(domain));
    (name.map(str::to_owned), domain)
}

/// The domain in a domain's name or a website's address.
fn domain(text: &str) -> Option<String> {
    let text = text.trim();
    let url = if text.contains("://") {
        url::Url::parse(text)
    } else {
        url::Url::parse(&format!("https://{text}"))
    };
    match url.ok()?.host()? {
        url::Host::Domain(host) => {
            let host = host.trim_end_matches('.').to_lowercase();
            let bare = host.strip_prefix("www.").unwrap_or(&host);
            bare.contains('.').then(|| bare.to_owned())
        }
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_by_its_own_traits_alone() {
        let (name, acme) = (Some("Acme".to_owned()), Some("acme.example".to_owned()));
        for (traits, told) in [
            (
                r#"{"name":" Acme ","domain":"ACME.example"}"#,
                (name.clone(), acme.clone()),
            ),
            (
                r#"{"website":"https://www.acme.example/about?x=1"}"#,
                (None, acme.clone()),
            ),
            (r#"{"website":"www.acme.example"}"#, (None, acme.clone())),
            (
                r#"{"domain":7,"website":"acme.example:8080"}"#,
                (None, acme),
            ),
            (
                r#"{"name":"","domain":"localhost","website":"http://10.0.0.1"}"#,
                (None, None),
            ),
            (r#"{"email":"ann@acme.example"}"#, (None, None)),
            ("[]", (None, None)),
        ] {
            assert_eq!(named(traits), told, "{traits}");
        }
    }
}
