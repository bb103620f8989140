//! What a set of facts says of each row that it touches, gathered in memory, so that a row is touched once.
//!
//! The rules are those of [`crate::journey::fold`]; an upsert then folds a tally into the row by the same rules.

use uuid::Uuid;

use super::{
    Created, ItemKind, Ordered, SESSION_COLUMNS, Stages, VISITOR_COLUMNS, Value, VisitorKey,
};
use crate::journey::{Device, Engagement, Fact, Ga, Moment, Touch, friendly};

/// First times by site, visitor and name.
type Firsts<'f> = Ordered<(i64, Uuid, &'f str), i64>;

/// The rows that a set of facts touches.
#[derive(Default)]
pub(super) struct Tally<'f> {
    visitors: Ordered<VisitorKey, VisitorTally<'f>>,
    sessions: Ordered<(i64, Uuid, Uuid), SessionTally<'f>>,
    milestones: Firsts<'f>,
    first_events: Firsts<'f>,
    page_views: Ordered<(i64, Uuid), Engagement>,
}

/// What a set says of one visitor.
struct VisitorTally<'f> {
    name: String,
    first: &'f Fact,
    last: Moment,
    user: Option<(Moment, &'f str)>,
    account: Option<(Moment, &'f str)>,
    ga: Option<(Moment, &'f Ga)>,
    page_views: i64,
    events: i64,
}

/// What a set says of one session.
struct SessionTally<'f> {
    first: &'f Fact,
    last: Moment,
    started_at: i64,
    entry: Option<(Moment, &'f str)>,
    exit: Option<(Moment, &'f str)>,
    ga: Option<(Moment, &'f Ga)>,
    page_views: i64,
    events: i64,
}

/// Keeps the value of the earlier moment.
fn keep_first<T>(kept: &mut Option<(Moment, T)>, moment: Moment, value: Option<T>) {
    if let Some(value) = value
        && kept.as_ref().is_none_or(|(at, _)| moment < *at)
    {
        *kept = Some((moment, value));
    }
}

/// Keeps the value of the later moment.
fn keep_last<T>(kept: &mut Option<(Moment, T)>, moment: Moment, value: Option<T>) {
    if let Some(value) = value
        && kept.as_ref().is_none_or(|(at, _)| moment > *at)
    {
        *kept = Some((moment, value));
    }
}

impl<'f> Tally<'f> {
    pub(super) fn of(facts: impl Iterator<Item = &'f Fact>, known: &Stages) -> Self {
        let mut tally = Self::default();
        for fact in facts {
            tally.add(fact, known);
        }
        tally
    }

    fn add(&mut self, fact: &'f Fact, known: &Stages) {
        let site_id = fact.arrival.site_id;
        let visitor_id = fact.arrival.visitor_id;
        if fact.dated {
            self.visitors
                .entry((site_id, visitor_id))
                .or_insert_with(|| VisitorTally::new(fact))
                .add(fact);
            self.sessions
                .entry((site_id, visitor_id, fact.arrival.session_id))
                .or_insert_with(|| SessionTally::new(fact))
                .add(fact);
        }
        let firsts = match (fact.kind, fact.name.as_deref()) {
            (ItemKind::Milestone, Some(name)) => Some((&mut self.milestones, name)),
            (ItemKind::Event, Some(name)) if known.keeps_first(site_id, name) => {
                Some((&mut self.first_events, name))
            }
            _ => None,
        };
        if let Some((firsts, name)) = firsts {
            let at = firsts.entry((site_id, visitor_id, name)).or_insert(fact.at);
            *at = fact.at.min(*at);
        }
        if let (Some(new), Some(page_view_id)) = (fact.engagement, fact.page_view_id) {
            let kept = self
                .page_views
                .entry((site_id, page_view_id))
                .or_insert(new);
            kept.visible_ms = kept.visible_ms.max(new.visible_ms);
            kept.scroll_max = kept.scroll_max.max(new.scroll_max);
        }
    }

    /// How many sessions of each visitor the set has facts of.
    pub(super) fn sessions_by_visitor(&self) -> Created {
        let mut counts = Created::new();
        for (site_id, visitor_id, _) in self.sessions.keys() {
            *counts.entry((*site_id, *visitor_id)).or_default() += 1;
        }
        counts
    }

    /// Keys of the sessions, site, visitor and session, each with its start as far as the set says.
    pub(super) fn session_starts(&self) -> impl Iterator<Item = ((i64, Uuid, Uuid), i64)> {
        let sessions = self.sessions.iter();
        sessions.map(|(key, session)| (*key, session.started_at))
    }

    /// Rows for `sql/sessions/upsert.*.sql`.
    pub(super) fn session_rows(&self) -> Vec<Value<'_>> {
        let mut rows = Vec::with_capacity(self.sessions.len() * SESSION_COLUMNS);
        for ((site_id, visitor_id, session_id), session) in &self.sessions {
            let screen = session.first.arrival.screen;
            rows.extend::<[Value<'_>; 10]>([
                (*site_id).into(),
                (*visitor_id).into(),
                (*session_id).into(),
                session.started_at.into(),
                session.first.at.into(),
                session.first.id.into(),
                session.last.0.into(),
                session.last.1.into(),
                session.page_views.into(),
                session.events.into(),
            ]);
            push_dated(&mut rows, session.entry);
            push_dated(&mut rows, session.exit);
            push_touch(&mut rows, session.first.arrival.touch.as_ref());
            push_device(&mut rows, &session.first.arrival.device);
            rows.extend::<[Value<'_>; 6]>([
                screen.width.into(),
                screen.height.into(),
                screen.viewport_width.into(),
                screen.viewport_height.into(),
                session.first.arrival.rules.into(),
                (&session.first.arrival.ip).into(),
            ]);
            push_ga(&mut rows, session.ga);
        }
        rows
    }

    /// Rows for `sql/page_views/upsert.sql`.
    pub(super) fn page_view_rows(&self) -> Vec<Value<'_>> {
        self.page_views
            .iter()
            .flat_map(|((site_id, id), engagement)| {
                [
                    (*site_id).into(),
                    (*id).into(),
                    engagement.visible_ms.into(),
                    engagement.scroll_max.into(),
                ]
            })
            .collect()
    }

    /// Rows for `sql/milestones/upsert.sql`.
    pub(super) fn milestone_rows(&self) -> Vec<Value<'_>> {
        first_rows(&self.milestones)
    }

    /// Rows for `sql/first_events/upsert.sql`.
    pub(super) fn first_event_rows(&self) -> Vec<Value<'_>> {
        first_rows(&self.first_events)
    }

    /// Rows for `sql/visitors/upsert.sql`, given how many sessions of each visitor are new.
    pub(super) fn visitor_rows<'t>(&'t self, created: &Created) -> Vec<Value<'t>>
    where
        'f: 't,
    {
        let mut rows = Vec::with_capacity(self.visitors.len() * VISITOR_COLUMNS);
        for (key, visitor) in &self.visitors {
            rows.extend::<[Value<'_>; 10]>([
                key.0.into(),
                key.1.into(),
                visitor.name.as_str().into(),
                visitor.first.at.into(),
                visitor.first.id.into(),
                visitor.last.0.into(),
                visitor.last.1.into(),
                created.get(key).copied().unwrap_or(0).into(),
                visitor.page_views.into(),
                visitor.events.into(),
            ]);
            push_dated(&mut rows, visitor.user);
            push_dated(&mut rows, visitor.account);
            push_ga(&mut rows, visitor.ga);
            push_touch(&mut rows, visitor.first.origin());
            push_device(&mut rows, &visitor.first.arrival.device);
            rows.push(visitor.first.arrival.rules.into());
        }
        rows
    }
}

fn first_rows<'t>(firsts: &'t Firsts<'_>) -> Vec<Value<'t>> {
    firsts
        .iter()
        .flat_map(|((site_id, visitor_id, name), at)| {
            [
                (*site_id).into(),
                (*visitor_id).into(),
                (*name).into(),
                (*at).into(),
            ]
        })
        .collect()
}

fn push_touch<'t>(rows: &mut Vec<Value<'t>>, touch: Option<&'t Touch>) {
    let text = |field: fn(&Touch) -> &Option<String>| {
        Value::Text(touch.and_then(|touch| field(touch).as_deref()))
    };
    rows.extend([
        touch.is_some().into(),
        touch.and_then(|touch| touch.at).into(),
        text(|touch| &touch.source),
        text(|touch| &touch.medium),
        text(|touch| &touch.campaign),
        text(|touch| &touch.term),
        text(|touch| &touch.content),
        text(|touch| &touch.channel),
        text(|touch| &touch.click_ids),
        text(|touch| &touch.landing_url),
        text(|touch| &touch.referrer),
    ]);
}

fn push_dated<'t>(rows: &mut Vec<Value<'t>>, dated: Option<(Moment, &'t str)>) {
    rows.extend::<[Value<'_>; 3]>([
        dated.map(|(_, text)| text).into(),
        dated.map(|((at, _), _)| at).into(),
        dated.map(|((_, item), _)| item).into(),
    ]);
}

fn push_device<'t>(rows: &mut Vec<Value<'t>>, device: &'t Device) {
    rows.extend::<[Value<'_>; 8]>([
        (&device.kind).into(),
        (&device.browser).into(),
        (&device.os).into(),
        (&device.country).into(),
        (&device.region).into(),
        (&device.city).into(),
        (&device.language).into(),
        (&device.time_zone).into(),
    ]);
}

fn push_ga<'t>(rows: &mut Vec<Value<'t>>, ga: Option<(Moment, &'t Ga)>) {
    rows.extend::<[Value<'_>; 4]>([
        Value::Text(ga.and_then(|(_, ga)| ga.client_id.as_deref())),
        Value::Text(ga.and_then(|(_, ga)| ga.session_id.as_deref())),
        ga.map(|((at, _), _)| at).into(),
        ga.map(|((_, item), _)| item).into(),
    ]);
}

impl<'f> VisitorTally<'f> {
    fn new(fact: &'f Fact) -> Self {
        Self {
            name: friendly(fact.arrival.visitor_id),
            first: fact,
            last: fact.moment(),
            user: None,
            account: None,
            ga: None,
            page_views: 0,
            events: 0,
        }
    }

    fn add(&mut self, fact: &'f Fact) {
        let moment = fact.moment();
        if moment < self.first.moment() {
            self.first = fact;
        }
        self.last = self.last.max(moment);
        keep_last(&mut self.user, moment, fact.known_user());
        keep_last(&mut self.account, moment, fact.account());
        keep_last(&mut self.ga, moment, fact.known_ga());
        self.page_views += i64::from(fact.kind == ItemKind::PageView);
        self.events += i64::from(fact.kind == ItemKind::Event);
    }
}

impl<'f> SessionTally<'f> {
    fn new(fact: &'f Fact) -> Self {
        Self {
            first: fact,
            last: fact.moment(),
            started_at: fact.session_start(),
            entry: None,
            exit: None,
            ga: None,
            page_views: 0,
            events: 0,
        }
    }

    fn add(&mut self, fact: &'f Fact) {
        let moment = fact.moment();
        if moment < self.first.moment() {
            self.first = fact;
        }
        self.last = self.last.max(moment);
        self.started_at = self.started_at.min(fact.session_start());
        keep_first(&mut self.ga, moment, fact.known_ga());
        if fact.kind == ItemKind::PageView {
            keep_first(&mut self.entry, moment, fact.url.as_deref());
            keep_last(&mut self.exit, moment, fact.url.as_deref());
        }
        self.page_views += i64::from(fact.kind == ItemKind::PageView);
        self.events += i64::from(fact.kind == ItemKind::Event);
    }
}
