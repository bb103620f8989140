//! One item that has been read, corrected and enriched: what the store keeps and the fold folds.

use std::sync::Arc;

use uuid::Uuid;
use waymark_protocol::{Consent, ItemKind};

use super::model::{Device, Entry, EntryKind, Ga, Screen, Touch};
use super::names::friendly;
use super::stages::{Definition, Reached};
use super::transaction::Transaction;
use crate::catalogue::Finding;

/// The place of an item in time: by time, and by id where two share a millisecond. Everything that is first or last
/// is so by this order, so that no arrival order can change it.
pub type Moment = (i64, Uuid);

/// What all items of a batch have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// The site the batch was sent to.
    pub site_id: i64,
    /// The browser's lasting id.
    pub visitor_id: Uuid,
    /// The tab.
    pub tab_id: Uuid,
    /// The session.
    pub session_id: Uuid,
    /// When the session started by its own account, corrected; null where that account is not credible.
    pub started_at: Option<i64>,
    /// The site's own id of the person.
    pub user_id: Option<String>,
    /// How the visitor came to this session.
    pub touch: Option<Touch>,
    /// How the visitor came for the first time, where the browser still knows.
    pub first_touch: Option<Touch>,
    /// Google Analytics' ids.
    pub ga: Option<Ga>,
    /// The device.
    pub device: Device,
    /// The device's sizes.
    pub screen: Screen,
    /// The sender's address, as far as it may be kept.
    pub ip: Option<String>,
    /// The version of the rules by which all this was concluded.
    pub rules: i64,
    /// The consent under which the items were made.
    pub consent: Option<Consent>,
    /// The collector's clock when the batch arrived.
    pub received_at: i64,
    /// Whether it was brought in from elsewhere, and so is no news to anybody.
    pub is_history: bool,
}

/// How a page view is going, as far as one ping knows. Both only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Engagement {
    /// Milliseconds for which the page was visible.
    pub visible_ms: i64,
    /// Furthest scroll in per cent.
    pub scroll_max: i64,
}

/// One item.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What its whole batch says.
    pub arrival: Arc<Arrival>,
    /// The item's id.
    pub id: Uuid,
    /// What kind of item.
    pub kind: ItemKind,
    /// When it happened, by the corrected client clock.
    pub at: i64,
    /// Its number within the tab.
    pub seq: i64,
    /// The page view it belongs to; always there for a ping that measured something.
    pub page_view_id: Option<Uuid>,
    /// The name of an event or milestone; of a group, the account's id.
    pub name: Option<String>,
    /// The page's URL.
    pub url: Option<String>,
    /// The page's title.
    pub title: Option<String>,
    /// The page before.
    pub referrer: Option<String>,
    /// JSON text of an object: properties, traits, or what the kind says and no field here holds.
    pub props: Option<Box<str>>,
    /// Whether it counts as a conversion.
    pub conversion: bool,
    /// Money earned, as decimal text.
    pub value: Option<String>,
    /// The value's currency.
    pub currency: Option<String>,
    /// What it says of an order or a refund.
    pub transaction: Option<Box<Transaction>>,
    /// The user id that the item itself tells.
    pub user_id: Option<String>,
    /// Another id of that user, which the item tells too.
    pub previous_id: Option<Box<str>>,
    /// The ids that the item itself tells.
    pub ga: Option<Ga>,
    /// What a ping measured.
    pub engagement: Option<Engagement>,
    /// Whether it says when its visitor and session were there. Everything but a ping does. A ping has no row that
    /// would keep the time of its first copy, so one whose time had to be corrected, which comes out a little
    /// different for each copy, says only what it measured. Nor does an imported milestone, of which nobody knows in
    /// which session it was reached: it says only that it was.
    pub dated: bool,
    /// What the site's event catalogue holds against it. Nothing that is stored with it: it is counted once it is stored.
    pub finding: Option<Box<Finding>>,
}

impl Fact {
    /// A fact of which nothing but its kind and its place is known.
    pub fn bare(arrival: &Arc<Arrival>, kind: ItemKind, id: Uuid, at: i64) -> Self {
        Self {
            arrival: Arc::clone(arrival),
            id,
            kind,
            at,
            seq: 0,
            page_view_id: None,
            name: None,
            url: None,
            title: None,
            referrer: None,
            props: None,
            conversion: false,
            value: None,
            currency: None,
            transaction: None,
            user_id: None,
            previous_id: None,
            ga: None,
            engagement: None,
            dated: true,
            finding: None,
        }
    }
}

impl Arrival {
    /// Bytes it holds beyond its own size, roughly: what the queue's limit counts, once for all items of the batch.
    pub fn weight(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let touch = |touch: &Option<Touch>| {
            touch.as_ref().map_or(0, |touch| {
                [
                    &touch.source,
                    &touch.medium,
                    &touch.campaign,
                    &touch.term,
                    &touch.content,
                    &touch.channel,
                    &touch.click_ids,
                    &touch.landing_url,
                    &touch.referrer,
                ]
                .into_iter()
                .map(text)
                .sum()
            })
        };
        size_of::<Self>()
            + text(&self.user_id)
            + touch(&self.touch)
            + touch(&self.first_touch)
            + text(&self.device.country)
            + text(&self.device.region)
            + text(&self.device.city)
            + text(&self.device.language)
            + text(&self.device.time_zone)
            + text(&self.ip)
    }
}

impl Fact {
    /// Its place in time.
    pub fn moment(&self) -> Moment {
        (self.at, self.id)
    }

    /// The user id that holds at this item: its own before its batch's.
    pub fn known_user(&self) -> Option<&str> {
        self.user_id.as_deref().or(self.arrival.user_id.as_deref())
    }

    /// The account that the item tells.
    pub fn account(&self) -> Option<&str> {
        match self.kind {
            ItemKind::Group => self.name.as_deref(),
            _ => None,
        }
    }

    /// The Google Analytics ids that hold at this item: its own before its batch's.
    pub fn known_ga(&self) -> Option<&Ga> {
        self.ga.as_ref().or(self.arrival.ga.as_ref())
    }

    /// How the visitor came for the first time, as far as this item knows.
    pub fn origin(&self) -> Option<&Touch> {
        self.arrival
            .first_touch
            .as_ref()
            .or(self.arrival.touch.as_ref())
    }

    /// When its session started, as far as this item knows.
    pub fn session_start(&self) -> i64 {
        self.arrival
            .started_at
            .map_or(self.at, |at| at.min(self.at))
    }

    /// The milestone that it reaches.
    pub fn reaches<'a>(&'a self, definition: &'a Definition) -> Option<Reached<'a>> {
        let name = self.name.as_deref()?;
        match self.kind {
            ItemKind::Milestone => Some(Reached {
                milestone: name,
                rank: definition.rank_of_milestone(name),
            }),
            ItemKind::Event => definition.reached_by_event(name),
            _ => None,
        }
    }

    /// The line it makes in a timeline; `None` for a ping.
    pub fn entry(&self, definition: &Definition) -> Option<Entry> {
        Some(Entry {
            id: self.id,
            kind: EntryKind::of(self.kind)?,
            at: self.at,
            received_at: self.arrival.received_at,
            visitor_id: Some(self.arrival.visitor_id),
            visitor_name: Some(friendly(self.arrival.visitor_id)),
            session_id: Some(self.arrival.session_id),
            page_view_id: self.page_view_id,
            name: self.name.clone(),
            url: self.url.clone(),
            title: self.title.clone(),
            referrer: self.referrer.clone(),
            props: self.props.clone(),
            conversion: self.conversion,
            value: self.value.clone(),
            currency: self.currency.clone(),
            user_id: self.known_user().map(str::to_owned),
            visible_ms: None,
            scroll_max: None,
            stage: self
                .reaches(definition)
                .and_then(|reached| reached.rank)
                .map(|rank| definition.key(rank).to_owned()),
            interaction: None,
            bot: self.arrival.device.is_bot(),
        })
    }

    /// Bytes it holds beyond its own size, roughly: what the queue's limit counts.
    pub fn weight(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        size_of::<Self>()
            + text(&self.name)
            + text(&self.url)
            + text(&self.title)
            + text(&self.referrer)
            + text(&self.user_id)
            + self.previous_id.as_ref().map_or(0, |id| id.len())
            + self.props.as_ref().map_or(0, |props| props.len())
            + self
                .transaction
                .as_ref()
                .map_or(0, |_| size_of::<Transaction>())
    }
}
