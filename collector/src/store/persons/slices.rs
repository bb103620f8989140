//! What browsers did for whom.
//!
//! A browser whose items name one user, or nobody, is read from its rows: visitor, sessions, milestones, accounts. One that
//! several used is read from its items, because whose an item is depends on those before it; such browsers are few, and
//! their items stand together in an index.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlx::FromRow;
use uuid::Uuid;

use super::{Naming, listed};
use crate::journey::{Identity, Journey, Slice, Touch};
use crate::store::page::TextCursor;
use crate::store::record::TouchColumns;
use crate::store::rows::Value;
use crate::store::{Store, StoreError};

/// Slices by id, each with its place in the list of persons.
pub(super) type ByIdentity = HashMap<Identity, Vec<(TextCursor, Slice)>>;

/// An item of a browser that several used.
#[derive(FromRow)]
struct Owned {
    visitor_id: Uuid,
    id: Uuid,
    at: i64,
    kind: String,
    name: Option<String>,
    session_id: Uuid,
    /// Whether it is the browser's first.
    opens: bool,
    owner: String,
}

#[derive(FromRow)]
struct SessionTouch {
    visitor_id: Uuid,
    session_id: Uuid,
    #[sqlx(flatten)]
    touch: TouchColumns,
}

impl Store {
    /// The slices of some ids.
    pub(super) async fn slices<'i>(
        &self,
        site_id: i64,
        ids: impl Iterator<Item = &'i Identity> + Clone,
    ) -> Result<ByIdentity, StoreError> {
        let users: Vec<Value<'_>> = ids
            .clone()
            .filter_map(|id| id.user().map(Value::from))
            .collect();
        let anonymous: Vec<Uuid> = ids
            .filter_map(|id| match id {
                Identity::Visitor(visitor_id) => Some(*visitor_id),
                Identity::User(_) => None,
            })
            .collect();
        let namings: Vec<Naming> = self.visitors_of_users(site_id, &users).await?;
        // A visitor of whom a user is known is that user's.
        let values: Vec<Value<'_>> = anonymous.iter().copied().map(Value::from).collect();
        let known: BTreeSet<Uuid> = self
            .users_of_visitors(site_id, &values)
            .await?
            .into_iter()
            .map(|(visitor_id, ..)| visitor_id)
            .collect();
        let nobodys = anonymous.iter().filter(|id| !known.contains(id));

        let mut whole: BTreeMap<Uuid, Identity> =
            nobodys.map(|id| (*id, Identity::Visitor(*id))).collect();
        let mut shares: BTreeMap<(Uuid, String), i64> = BTreeMap::new();
        for (visitor_id, user, last_at, shared) in namings {
            if shared {
                shares.insert((visitor_id, user), last_at);
            } else {
                whole.insert(visitor_id, Identity::User(user));
            }
        }
        let shared: BTreeSet<Uuid> = shares.keys().map(|(visitor_id, _)| *visitor_id).collect();
        let all: Vec<Uuid> = whole.keys().chain(&shared).copied().collect();
        let journeys: HashMap<Uuid, Journey> = self
            .journeys(site_id, &all)
            .await?
            .into_iter()
            .map(|journey| (journey.visitor_id, journey))
            .collect();

        let mut slices = ByIdentity::new();
        for (id, slice) in self.whole_slices(site_id, &whole, &journeys).await? {
            let place = TextCursor {
                at: slice.last_seen,
                id: slice.visitor_id,
                text: String::new(),
            };
            slices.entry(id).or_default().push((place, slice));
        }
        if !shared.is_empty() {
            for (user, slice) in self.shares(site_id, &shared, &journeys).await? {
                let key = (slice.visitor_id, user);
                if let Some(last_at) = shares.get(&key) {
                    let place = TextCursor {
                        at: *last_at,
                        id: key.0,
                        text: key.1.clone(),
                    };
                    let own = slices.entry(Identity::User(key.1)).or_default();
                    own.push((place, slice));
                }
            }
        }
        Ok(slices)
    }

    /// Browsers that are somebody's as a whole.
    async fn whole_slices(
        &self,
        site_id: i64,
        whole: &BTreeMap<Uuid, Identity>,
        journeys: &HashMap<Uuid, Journey>,
    ) -> Result<Vec<(Identity, Slice)>, StoreError> {
        let values: Vec<Value<'_>> = whole.keys().copied().map(Value::from).collect();
        let mut sessions: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
        let keys = listed!(
            self,
            site_id,
            include_str!("../sql/sessions/list_keys.sql"),
            values,
            (Uuid, Uuid)
        );
        for (visitor_id, session_id) in keys {
            sessions.entry(visitor_id).or_default().insert(session_id);
        }
        let mut accounts: HashMap<Uuid, BTreeSet<String>> = HashMap::new();
        let told = listed!(
            self,
            site_id,
            include_str!("../sql/visitor_accounts/of_visitors.sql"),
            values,
            (Uuid, String)
        );
        for (visitor_id, account) in told {
            accounts.entry(visitor_id).or_default().insert(account);
        }
        let slice = |(visitor_id, id): (&Uuid, &Identity)| {
            let journey = journeys.get(visitor_id)?;
            let slice = Slice {
                visitor_id: *visitor_id,
                share: None,
                first_seen: journey.first_seen,
                last_seen: journey.last_seen,
                sessions: sessions.remove(visitor_id).unwrap_or_default(),
                page_views: journey.total_page_views,
                events: journey.total_events,
                touch: journey.first_touch.clone(),
                milestones: journey
                    .milestones
                    .iter()
                    .map(|reached| (reached.name.clone(), reached.at))
                    .collect(),
                accounts: accounts.remove(visitor_id).unwrap_or_default(),
                device: journey.device.clone(),
                bot: journey.bot,
            };
            Some((id.clone(), slice))
        };
        Ok(whole.iter().filter_map(slice).collect())
    }

    /// What each user did on browsers that several used.
    async fn shares(
        &self,
        site_id: i64,
        visitors: &BTreeSet<Uuid>,
        journeys: &HashMap<Uuid, Journey>,
    ) -> Result<Vec<(String, Slice)>, StoreError> {
        let values: Vec<Value<'_>> = visitors.iter().copied().map(Value::from).collect();
        let mut items = listed!(
            self,
            site_id,
            include_str!("../sql/events/list_owned.sql"),
            values,
            Owned
        );
        let touches: HashMap<(Uuid, Uuid), Option<Touch>> = listed!(
            self,
            site_id,
            include_str!("../sql/sessions/list_touches.sql"),
            values,
            SessionTouch
        )
        .into_iter()
        .map(|row| ((row.visitor_id, row.session_id), row.touch.into()))
        .collect();
        items.sort_by_key(|item| (item.at, item.id));
        let definition = self.stages(site_id);
        let mut shares: BTreeMap<(Uuid, String), Slice> = BTreeMap::new();
        for item in items {
            let Some(journey) = journeys.get(&item.visitor_id) else {
                continue;
            };
            let session = (item.visitor_id, item.session_id);
            let share = shares
                .entry((item.visitor_id, item.owner.clone()))
                .or_insert_with(|| Slice {
                    visitor_id: item.visitor_id,
                    share: Some(item.owner.clone()),
                    first_seen: item.at,
                    last_seen: item.at,
                    sessions: BTreeSet::new(),
                    page_views: 0,
                    events: 0,
                    touch: if item.opens {
                        journey.first_touch.clone()
                    } else {
                        touches.get(&session).cloned().flatten()
                    },
                    milestones: Vec::new(),
                    accounts: BTreeSet::new(),
                    device: journey.device.clone(),
                    bot: journey.bot,
                });
            // What is outside of all sessions says when somebody was there only where nothing else does.
            let is_dated = touches.contains_key(&session);
            if is_dated && share.sessions.is_empty() {
                (share.first_seen, share.last_seen) = (item.at, item.at);
            }
            if is_dated || share.sessions.is_empty() {
                share.last_seen = share.last_seen.max(item.at);
            }
            if is_dated {
                share.sessions.insert(item.session_id);
            }
            match (item.kind.as_str(), item.name) {
                ("page_view", _) => share.page_views += 1,
                ("event", name) => {
                    share.events += 1;
                    let reached = name.and_then(|name| {
                        let reached = definition.reached_by_event(&name)?;
                        Some(reached.milestone.to_owned())
                    });
                    share.reach(reached, item.at);
                }
                ("group", Some(account)) => {
                    share.accounts.insert(account);
                }
                ("milestone", name) => share.reach(name, item.at),
                _ => {}
            }
        }
        Ok(shares
            .into_iter()
            .map(|((_, user), slice)| (user, slice))
            .collect())
    }
}
