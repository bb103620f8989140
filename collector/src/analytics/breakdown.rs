//! What an answer is broken down into: the whole, the values that most are of, and the rest.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::columns::{Columns, Word};

/// The most values of which an answer tells each by itself.
pub const MOST_GROUPS: usize = 50;

/// What a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RowGroup)]
pub enum Group {
    /// Everybody.
    All,
    /// A value of the dimension; null is one.
    Value,
    /// The values beyond the fifty that most are of.
    Others,
}

/// Figures that can be put together.
pub trait Figures {
    /// Adds another's.
    fn join(&mut self, other: Self);
    /// How many are in it, by which groups are sorted.
    fn size(&self) -> u64;
}

/// Figures by value.
#[derive(Debug)]
pub struct Groups<F>(HashMap<Word, F>);

impl<F> Default for Groups<F> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<F: Figures> Groups<F> {
    /// The figures of a value, which are made where there are none.
    pub fn of(&mut self, word: Word, new: impl FnOnce() -> F) -> &mut F {
        self.0.entry(word).or_insert_with(new)
    }

    /// Adds another thread's.
    pub fn join(&mut self, other: Self) {
        for (word, figures) in other.0 {
            match self.0.entry(word) {
                std::collections::hash_map::Entry::Occupied(mut entry) => {
                    entry.get_mut().join(figures);
                }
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(figures);
                }
            }
        }
    }

    /// The values that most are of, then the rest together; those of equal size by their text, null first.
    pub fn ranked(self, columns: &Columns) -> Vec<(Group, Option<String>, F)> {
        let mut all: Vec<(Word, F)> = self.0.into_iter().collect();
        all.sort_by_cached_key(|(word, figures)| {
            (
                Reverse(figures.size()),
                columns.text(*word).map(str::to_owned),
            )
        });
        let mut rest: Option<F> = None;
        let mut ranked = Vec::new();
        for (place, (word, figures)) in all.into_iter().enumerate() {
            if place < MOST_GROUPS {
                let text = columns.text(word).map(str::to_owned);
                ranked.push((Group::Value, text, figures));
            } else if let Some(rest) = &mut rest {
                rest.join(figures);
            } else {
                rest = Some(figures);
            }
        }
        ranked.extend(rest.map(|rest| (Group::Others, None, rest)));
        ranked
    }
}
