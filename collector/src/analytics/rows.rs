//! Groups as rows of an answer: the greatest of them, the rest as one, and beside each what it was in another time.

use std::collections::HashSet;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::dimension::Dimension;
use super::figures::{Figures, Sort, Told};
use super::groups::{Key, MOST_GROUPS};
use super::prices::Prices;
use super::tally::Tallied;
use crate::columns::{Columns, Word};

/// There are more groups than can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("tells more than {MOST_GROUPS} rows apart: name fewer dimensions, or conditions")]
pub struct TooMany;

/// The values that a row is of, by dimension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values(pub Vec<(Dimension, Option<String>)>);

impl Values {
    /// Those of a key.
    pub fn of(columns: &Columns, dimensions: &[Dimension], key: &[Word]) -> Self {
        let values = dimensions.iter().zip(key);
        Self(
            values
                .map(|(dimension, word)| (*dimension, columns.text(*word).map(str::to_owned)))
                .collect(),
        )
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = self.0.iter();
        serializer.collect_map(values.map(|(dimension, value)| (dimension.as_str(), value)))
    }
}

/// A row of a stretch of time or of some values.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = FiguresRow)]
pub struct Row {
    /// The first moment of the stretch, in milliseconds since the Unix epoch; not there in a row of values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
    /// The values by dimension, null where nothing is known; not there in a row of a stretch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::HashMap<String, Option<String>>>)]
    pub by: Option<Values>,
    /// What it comes to.
    #[serde(flatten)]
    pub figures: Told,
}

/// Figures of sessions, as an answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = FiguresTable)]
pub struct Table {
    /// The site's currency, in which revenue is; null where it has none.
    #[schema(value_type = Option<String>)]
    pub currency: Option<&'static str>,
    /// By stretches of time, the earliest first; or by values, the greatest first.
    pub rows: Vec<Row>,
    /// How many rows of values there are, those that are not shown included.
    pub count: usize,
    /// The rows that are not shown, as one; null where all are. Who is in several of them is a visitor of each.
    pub others: Option<Told>,
    /// All together. Who is in several rows is one visitor.
    pub total: Told,
}

/// Which rows are shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// The greatest by this.
    pub sort: Sort,
    /// So many.
    pub limit: usize,
}

impl Table {
    /// By stretches of time.
    pub fn series(columns: &Columns, prices: &Prices, starts: &[i64], tallied: &Tallied) -> Self {
        let rows = starts.iter().zip(&tallied.by_bucket);
        Self {
            currency: prices.currency(),
            rows: rows
                .map(|(at, figures)| Row {
                    at: Some(*at),
                    by: None,
                    figures: figures.told(columns, prices),
                })
                .collect(),
            count: tallied.by_bucket.len(),
            others: None,
            total: tallied.total.told(columns, prices),
        }
    }

    /// By values; those of `before` in the rows of `now`.
    pub fn groups(
        (columns, prices): (&Columns, &Prices),
        dimensions: &[Dimension],
        shown: Shown,
        now: &Tallied,
        before: Option<&Tallied>,
    ) -> (Self, Option<Self>) {
        let keys = greatest(columns, shown, now);
        let are_shown: HashSet<Key> = keys.iter().copied().collect();
        let table = |tallied: &Tallied| {
            let nothing = Figures::default();
            let figures = |key: &Key| {
                let grouped = tallied.groups.get(key);
                grouped.map_or(&nothing, |grouped| &grouped.figures)
            };
            let row = |key: &Key| Row {
                at: None,
                by: Some(Values::of(columns, dimensions, key)),
                figures: figures(key).told(columns, prices),
            };
            let (mut others, mut count) = (Figures::default(), 0);
            let mut left = 0;
            for (key, figures) in told(tallied) {
                count += 1;
                if !are_shown.contains(key) {
                    others.join(figures);
                    left += 1;
                }
            }
            Self {
                currency: prices.currency(),
                rows: keys.iter().map(row).collect(),
                count,
                others: (left > 0).then(|| others.told(columns, prices)),
                total: tallied.total.told(columns, prices),
            }
        };
        (table(now), before.map(table))
    }
}

/// The keys of the greatest groups, the greatest first, those alike by their texts.
fn greatest(columns: &Columns, shown: Shown, tallied: &Tallied) -> Vec<Key> {
    let texts = |key: &Key| key.map(|word| columns.text(word));
    let mut all: Vec<(&Key, &Figures)> = told(tallied).collect();
    all.sort_unstable_by(|(one, a), (other, b)| {
        shown
            .sort
            .compare(b, a)
            .then_with(|| b.sessions.cmp(&a.sessions))
            .then_with(|| texts(one).cmp(&texts(other)))
    });
    all.truncate(shown.limit);
    all.into_iter().map(|(key, _)| *key).collect()
}

/// The groups of which there is anything to tell. A session may reach into the time with a page ping alone.
fn told(tallied: &Tallied) -> impl Iterator<Item = (&Key, &Figures)> {
    let nothing = Figures::default();
    let all = tallied.groups.iter();
    all.map(|(key, grouped)| (key, &grouped.figures))
        .filter(move |(_, figures)| **figures != nothing)
}
