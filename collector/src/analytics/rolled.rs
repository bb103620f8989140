//! Overview and sources from sums by hour ([`crate::rollups`]): the same figures, as far as hours can tell them.
//!
//! Stretches of time have to begin and end with an hour of UTC; groups have to be of what sums are told apart by. Orders are not
//! summed: they are few, and are given as they are. Visitors are exact where the sets that they are put together of are small,
//! and estimated else.

use std::collections::HashMap;
use std::ops::Range;

use super::buckets::{Buckets, Span};
use super::dimension::Dimension;
use super::figures::Figures;
use super::groups::{Groups, Key, MOST_DIMENSIONS};
use super::prices::Prices;
use super::tally::{Grouped, Tallied};
use crate::columns::{Columns, NO_EVENT, NO_SESSION, NONE, Orders, Word, Words};
use crate::rollups::distinct::{ERROR, Union};
use crate::rollups::hours::{Began, HOUR_MS, Whence};
use crate::store::Bots;
use crate::store::rollups::{Order, Read};

/// Sums of some hours, and what is asked of them.
#[derive(Debug)]
pub struct Rolled<'r> {
    /// The sums, and orders.
    pub read: &'r Read,
    /// What becomes of bots.
    pub bots: Bots,
    /// Texts, of which there are at least those of the sums and of the orders' currencies.
    pub columns: &'r Columns,
    /// How orders are converted.
    pub prices: &'r Prices,
}

/// The hours of a span; nothing where it does not begin and end with one.
pub fn hours(span: Span) -> Option<Range<i64>> {
    let is_whole = span.begin % HOUR_MS == 0 && span.end % HOUR_MS == 0;
    is_whole.then_some(span.begin / HOUR_MS..span.end / HOUR_MS)
}

/// Whether every stretch begins and ends with an hour.
pub fn fits(buckets: &Buckets) -> bool {
    hours(buckets.span()).is_some() && buckets.starts().iter().all(|at| at % HOUR_MS == 0)
}

/// Whether sums tell sessions apart by a dimension.
pub fn tells(dimension: Dimension) -> bool {
    use Dimension::{Campaign, Channel, Medium, Source};
    matches!(dimension, Source | Medium | Campaign | Channel)
}

/// All texts that figures of these sums and orders may say, without rows.
pub fn columns<'r>(reads: impl IntoIterator<Item = &'r Read>) -> Columns {
    let mut words = Words::default();
    for read in reads {
        for whence in read.hours.began.values().flat_map(|touches| touches.keys()) {
            for text in [
                &whence.source,
                &whence.medium,
                &whence.campaign,
                &whence.channel,
            ] {
                words.add(text.as_deref());
            }
        }
        for order in &read.orders {
            words.add(order.currency.as_deref());
        }
    }
    Columns::of_words(words)
}

/// Puts together how many visitors there are, and remembers whether any of it was estimated.
#[derive(Debug, Default)]
struct Visitors {
    is_estimate: bool,
}

impl Visitors {
    fn count(&mut self, union: Union) -> u64 {
        let count = union.count();
        self.is_estimate |= count.is_estimate;
        count.number
    }

    /// The standard error of counts, as a part of one.
    fn error(&self) -> f64 {
        if self.is_estimate { ERROR } else { 0.0 }
    }
}

impl Rolled<'_> {
    /// Counts by stretches of time, with the standard error of visitors.
    pub fn series(&self, buckets: &Buckets) -> (Tallied, f64) {
        let mut rows = vec![Figures::default(); buckets.len()];
        let mut sets = vec![Union::default(); buckets.len()];
        let mut all = Union::default();
        for ((hour, bot), sums) in &self.read.hours.happened {
            let Some(bucket) = self.bucket(buckets, *hour, *bot) else {
                continue;
            };
            rows[bucket].add_happened(sums);
            rows[bucket].add_starts(&sums.starts);
            sets[bucket].join(&sums.visitors);
            all.join(&sums.visitors);
        }
        let sold = self.orders();
        for (place, order) in self.shown_orders() {
            if let Some(bucket) = buckets.find(order.at) {
                rows[bucket].takings.add(self.prices, &sold.orders(), place);
            }
        }
        let mut visitors = Visitors::default();
        for (figures, set) in rows.iter_mut().zip(sets) {
            figures.visitors = visitors.count(set);
        }
        let mut total = Figures::default();
        for figures in &rows {
            total.join(figures);
        }
        total.visitors = visitors.count(all);
        (Tallied::of_buckets(total, rows), visitors.error())
    }

    /// Counts sessions with everything that happened in them by values of dimensions, with the standard error of visitors.
    pub fn groups(&self, dimensions: &[Dimension]) -> (Tallied, f64) {
        let mut groups: Groups<Grouped> = Groups::default();
        let mut sets: Vec<Union> = Vec::new();
        let mut all = Union::default();
        let mut keys: HashMap<&Whence, u32> = HashMap::new();
        for ((_, bot), touches) in &self.read.hours.began {
            if !self.bots.shows(*bot) {
                continue;
            }
            for (whence, sums) in touches {
                let group = *keys
                    .entry(whence)
                    .or_insert_with(|| groups.find(self.key(dimensions, whence)));
                let figures = groups.at(group).figures_mut();
                figures.add_starts(&sums.starts);
                figures.add_within(sums);
                sets.resize(groups.len().max(sets.len()), Union::default());
                sets[group as usize].join(&sums.visitors);
            }
        }
        for ((_, bot), sums) in &self.read.hours.happened {
            if self.bots.shows(*bot) {
                all.join(&sums.visitors);
            }
        }
        let sold = self.orders();
        for (place, order) in self.shown_orders() {
            let group = groups.find(self.key(dimensions, &order.whence));
            let figures = groups.at(group).figures_mut();
            figures.takings.add(self.prices, &sold.orders(), place);
        }
        let mut visitors = Visitors::default();
        let mut total = Figures::default();
        for (group, set) in (0..).zip(sets) {
            groups.at(group).figures_mut().visitors = visitors.count(set);
        }
        for (_, grouped) in groups.iter() {
            total.join(&grouped.figures);
        }
        total.visitors = visitors.count(all);
        (Tallied::of_groups(total, groups), visitors.error())
    }

    fn bucket(&self, buckets: &Buckets, hour: i64, bot: bool) -> Option<usize> {
        if !self.bots.shows(bot) {
            return None;
        }
        buckets.find(hour * HOUR_MS)
    }

    fn word(&self, text: Option<&str>) -> Word {
        text.and_then(|text| self.columns.words().find(text))
            .unwrap_or(NONE)
    }

    fn key(&self, dimensions: &[Dimension], whence: &Whence) -> Key {
        let mut key = [NONE; MOST_DIMENSIONS];
        for (word, dimension) in key.iter_mut().zip(dimensions) {
            let text = match dimension {
                Dimension::Source => &whence.source,
                Dimension::Medium => &whence.medium,
                Dimension::Campaign => &whence.campaign,
                _ => &whence.channel,
            };
            *word = self.word(text.as_deref());
        }
        key
    }

    fn shown_orders(&self) -> impl Iterator<Item = (usize, &Order)> {
        let all = self.read.orders.iter().enumerate();
        all.filter(|(_, order)| self.bots.shows(order.bot))
    }

    fn orders(&self) -> Sold {
        let orders = &self.read.orders;
        Sold {
            at: orders.iter().map(|order| order.at).collect(),
            amount: orders.iter().map(|order| order.amount).collect(),
            refunded: orders.iter().map(|order| order.refunded).collect(),
            currency: orders
                .iter()
                .map(|order| self.word(order.currency.as_deref()))
                .collect(),
            session: vec![NO_SESSION; orders.len()],
            name: vec![NONE; orders.len()],
            event: vec![NO_EVENT; orders.len()],
        }
    }
}

/// Orders, side by side.
struct Sold {
    at: Vec<i64>,
    session: Vec<u32>,
    amount: Vec<Option<i64>>,
    refunded: Vec<i64>,
    currency: Vec<Word>,
    name: Vec<Word>,
    event: Vec<u32>,
}

impl Sold {
    fn orders(&self) -> Orders<'_> {
        Orders {
            at: &self.at,
            session: &self.session,
            amount: &self.amount,
            refunded: &self.refunded,
            currency: &self.currency,
            name: &self.name,
            event: &self.event,
        }
    }
}

impl Figures {
    /// Adds what happened within the sessions of some sums.
    fn add_within(&mut self, sums: &Began) {
        self.page_views += count(sums.page_views);
        self.events += count(sums.events);
        self.conversions += count(sums.conversions);
    }
}

/// A sum, of which none is less than nothing.
pub(super) fn count(sum: i64) -> u64 {
    u64::try_from(sum).unwrap_or(0)
}
