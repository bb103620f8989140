//! When people reached the stages of a site's definition, by their first times in columns.

use crate::columns::{Columns, Visitor, Word};
use crate::journey::Definition;

/// The most stages that a definition has.
pub const MOST: usize = 20;

/// When each stage was entered; nothing for those that were not. A stage is entered with the first milestone of it or of a
/// higher one, and the first stage with the first item.
pub type Entered = [Option<i64>; MOST];

/// A definition, looked up in the words of some columns.
#[derive(Debug, Clone)]
pub struct Stages {
    definition: std::sync::Arc<Definition>,
    /// Milestones, and events that reach one, with the place of the stage that they lead to; by word.
    ranks: Vec<(Word, usize)>,
}

impl Stages {
    /// Looks the milestones and events up.
    pub fn of(definition: std::sync::Arc<Definition>, columns: &Columns) -> Self {
        let words = columns.words();
        let mut ranks = Vec::new();
        for rule in definition.milestones() {
            let Some(rank) = definition.rank_of_milestone(&rule.name) else {
                continue;
            };
            let names = [Some(&rule.name), rule.event.as_ref()]
                .into_iter()
                .flatten();
            ranks.extend(names.filter_map(|name| Some((words.find(name)?, rank))));
        }
        ranks.sort_unstable();
        Self { definition, ranks }
    }

    /// How many stages there are.
    pub fn len(&self) -> usize {
        self.definition.stages().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.definition.stages().is_empty()
    }

    /// The key of a stage.
    pub fn key(&self, rank: usize) -> &str {
        self.definition.key(rank)
    }

    /// The words under which a milestone is told: its own, and that of the event that reaches it.
    pub fn words_of(&self, columns: &Columns, milestone: &str) -> Vec<Word> {
        let rules = self.definition.milestones().iter();
        let event = rules
            .filter(|rule| rule.name == milestone)
            .find_map(|rule| rule.event.as_deref());
        let names = [Some(milestone), event].into_iter().flatten();
        names
            .filter_map(|name| columns.words().find(name))
            .collect()
    }

    /// When a person entered each stage.
    pub fn entered(&self, browsers: &[Visitor<'_>]) -> Entered {
        let mut entered = [None; MOST];
        entered[0] = browsers.iter().map(|browser| browser.first_at()).min();
        for browser in browsers {
            let firsts = browser.firsts();
            for (name, at) in firsts.name.iter().zip(firsts.at) {
                let first = self.ranks.partition_point(|(word, _)| word < name);
                let of_name = self.ranks[first..]
                    .iter()
                    .take_while(|(word, _)| word == name);
                for (_, rank) in of_name {
                    // Everything up to it is entered with it at the latest.
                    for earlier in &mut entered[1..=*rank] {
                        *earlier = Some(earlier.map_or(*at, |known| known.min(*at)));
                    }
                }
            }
        }
        entered
    }

    /// The highest stage that was entered before a moment.
    pub fn at(entered: &Entered, before: i64) -> usize {
        let is_in = |at: &Option<i64>| at.is_some_and(|at| at < before);
        entered.iter().rposition(is_in).unwrap_or(0)
    }
}
