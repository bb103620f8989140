//! Looking at windows of a site: the overview's fold over those that are asked about and those that they are held against.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Rule;
use super::figure::Figure;
use super::number::Number;
use super::rules::{Finding, Kind, Silence, Verdict};
use crate::analytics::buckets::{Buckets, Span};
use crate::analytics::filter::{Filter, Filters};
use crate::analytics::overview;
use crate::analytics::prices::{self, Prices};
use crate::analytics::scope::Scope;
use crate::columns::keep::Keeper;
use crate::columns::{Columns, Visitor};
use crate::export::days;
use crate::store::sites::Site;
use crate::store::{Bots, Store, StoreError};

/// What came of looking at a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AlertLook)]
pub struct Looked {
    /// The window's first moment.
    pub begin: i64,
    /// The first moment after it.
    pub end: i64,
    /// The figure, as decimal text; null where there is none.
    #[schema(value_type = Option<String>)]
    pub figure: Option<Number>,
    /// What is said of it.
    #[serde(flatten)]
    pub finding: Finding,
}

/// A site's rows, and what it takes to ask them for a rule's figure.
#[derive(Debug)]
pub(crate) struct Glass {
    rule: Rule,
    zone: TimeZone,
    columns: Arc<Columns>,
    prices: Prices,
    /// Its own conditions and the segment's; none where the segment is not there.
    filters: Option<Vec<Filter>>,
    /// From when on there is anything to compare with.
    kept_from: i64,
    /// When items were dropped, of a rule about those.
    dropped: Vec<i64>,
}

impl Glass {
    /// Reads what looking at a rule's windows takes. `since` is the beginning of the first of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn of(
        store: &Store,
        keeper: &Keeper,
        site: &Site,
        rule: Rule,
        since: i64,
    ) -> Result<Self, StoreError> {
        let classes = store.classes(site.id).await?;
        let kept_from = classes.all().map(|class| class.kept_from).max();
        let mut filters = Some(rule.conditions());
        if let Some(segment) = &rule.segment {
            let text = store.segment(site.id, segment).await?;
            let more: Option<Vec<Filter>> = text.and_then(|text| serde_json::from_str(&text).ok());
            filters = filters.zip(more).map(|(own, more)| [own, more].concat());
        }
        let names = filters.iter().flatten();
        let names: Vec<String> = names
            .filter_map(|filter| filter.dimension.name().map(str::to_owned))
            .collect();
        let columns = keeper.with(site.id, names).await?;
        let exchange = store.exchange(site, prices::currencies(&columns)).await?;
        let dropped = if rule.figure == Figure::Rejected {
            let zone = days::zone(&site.time_zone);
            let first = rule.window.around(since, &zone);
            let first = first.and_then(|first| rule.window.before(first, &zone));
            let since = first.map_or(since, |first| first.begin);
            store.dropped_since(site.id, since).await?
        } else {
            Vec::new()
        };
        Ok(Self {
            prices: Prices::of(&columns, &exchange),
            zone: days::zone(&site.time_zone),
            kept_from: kept_from.unwrap_or(0),
            columns,
            filters,
            dropped,
            rule,
        })
    }

    /// Everything that was stored before this moment is in it.
    pub(crate) fn as_of(&self) -> i64 {
        self.columns.as_of()
    }

    /// What windows come to, in their order. Takes as long as a question does.
    pub(crate) fn look(&self, windows: &[Span]) -> Vec<Looked> {
        let begins = self.begins();
        let past: Vec<Vec<Span>> = windows
            .iter()
            .map(|window| self.past(*window, begins))
            .collect();
        let figures = self.figures(windows, &past);
        let looked = windows.iter().zip(&past).map(|(window, past)| {
            let figure = figures(*window);
            let past: Vec<Option<Number>> = past.iter().map(|one| figures(*one)).collect();
            let condition = &self.rule.condition;
            let finding = if self.filters.is_some() {
                condition.judge(self.rule.figure.scale(), figure, &past)
            } else {
                Finding {
                    verdict: Verdict::Unknown,
                    why: Some(Silence::NoSegment),
                    baseline: None,
                }
            };
            Looked {
                begin: window.begin,
                end: window.end,
                figure,
                finding,
            }
        });
        looked.collect()
    }

    /// From when on windows say something of what is usual: the site's first item, or since when everything is kept.
    fn begins(&self) -> i64 {
        let first = self.columns.fold_visitors(
            || i64::MAX,
            |first: &mut i64, visitor: Visitor<'_>| *first = (*first).min(visitor.first_at()),
            |first, other| *first = (*first).min(other),
        );
        first.max(self.kept_from)
    }

    /// What a window is held against, the latest first, as far as history goes.
    fn past(&self, window: Span, begins: i64) -> Vec<Span> {
        let (length, condition) = (self.rule.window, &self.rule.condition);
        let mut past = match condition.kind {
            Kind::Above | Kind::Below => Vec::new(),
            Kind::Change => length.before(window, &self.zone).into_iter().collect(),
            Kind::Anomaly => length.like(window, condition.weeks(), &self.zone),
        };
        past.retain(|one| one.begin >= begins || self.rule.figure == Figure::Rejected);
        past
    }

    /// The figure of each of these windows.
    fn figures(&self, windows: &[Span], past: &[Vec<Span>]) -> impl Fn(Span) -> Option<Number> {
        let mut all: Vec<Span> = windows
            .iter()
            .chain(past.iter().flatten())
            .copied()
            .collect();
        all.sort_unstable_by_key(|window| window.begin);
        all.dedup();
        let figures: Vec<Option<Number>> = match (&self.filters, self.rule.figure) {
            (_, Figure::Rejected) => all.iter().map(|window| self.dropped(*window)).collect(),
            (Some(filters), figure) => self.counted(filters, figure, &all),
            (None, _) => Vec::new(),
        };
        move |window| {
            let place = all
                .binary_search_by_key(&window.begin, |one| one.begin)
                .ok()?;
            figures.get(place).copied().flatten()
        }
    }

    fn dropped(&self, window: Span) -> Option<Number> {
        let within = self.dropped.iter().filter(|at| window.has(**at)).count();
        Some(Number::whole(within as u64))
    }

    /// By the overview's own fold, of which the time between windows is pieces that nobody reads.
    fn counted(&self, filters: &[Filter], figure: Figure, windows: &[Span]) -> Vec<Option<Number>> {
        let Ok(filters) = Filters::of(filters) else {
            return Vec::new();
        };
        let buckets = Buckets::among(windows);
        let scope = Scope {
            columns: &self.columns,
            span: buckets.span(),
            bots: Bots::Exclude,
            filters: filters.decide(&self.columns),
        };
        let tallied = overview::series(&scope, &self.prices, &buckets);
        let of = |window: &Span| {
            let figures = tallied.by_bucket.get(buckets.find(window.begin)?)?;
            figure.of(&figures.told(&self.columns, &self.prices))
        };
        windows.iter().map(of).collect()
    }
}
