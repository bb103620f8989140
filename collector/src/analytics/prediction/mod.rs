//! The chance of the next stage, learned from a site's own history and shown with how well it did on what came later.
//!
//! The history is looked at on moments a week apart ([`snapshots`]): of everybody who was on their way then, only what was
//! known by then, and whether a higher stage followed within 30 days. A logistic model of each stage learns from the
//! earlier moments ([`model`]) and is measured on the later ones ([`quality`]); between the two lies as long as a label
//! looks ahead, so nothing of what it is measured on was there to learn from. Where there are under 200 journeys, or the
//! model is no better than the stage's base rate, no chance is shown, and the reason is. What most often came before the
//! next stage among journeys alike is told beside it ([`action`]), as association.
//!
//! Everything follows from the columns, the definition of the stages and the seed.

mod action;
mod model;
mod quality;
mod snapshots;

use serde::Serialize;
use utoipa::ToSchema;

pub use action::Action;
pub use quality::{Decile, Quality};
pub use snapshots::Recency;

use super::progress::{MOST, Stages};
use super::scope::{Sample, Scope};
use crate::columns::{Columns, Visitor};
use crate::journey::Identity;
use model::Model;
use snapshots::{Kinds, Looked, Snapshot, Snapshots, look};

const DAY_MS: i64 = 86_400_000;
/// How far ahead a label looks.
pub const HORIZON_DAYS: i64 = 30;
/// Fewer journeys than this say nothing.
pub const FEWEST_JOURNEYS: usize = 200;
/// Fewer who went on than this are nothing to learn from.
const FEWEST_POSITIVE: usize = 10;

/// What was learned of a site.
#[derive(Debug)]
pub struct Trained {
    /// The last moment of the history, a beginning of a day in UTC.
    pub until: i64,
    kinds: Kinds,
    stages: Vec<Stage>,
}

#[derive(Debug)]
struct Stage {
    journeys: usize,
    model: Option<Model>,
    quality: Option<Quality>,
    reason: Option<&'static str>,
    actions: Vec<Action>,
}

/// What answers tell of the chances.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Prediction)]
pub struct Prediction {
    /// The stages that have a next one, in order.
    pub rows: Vec<Row>,
    /// Those who were asked for.
    pub persons: Vec<Chance>,
    /// Days that a chance looks ahead.
    pub horizon_days: i64,
    /// The end of the history that was learned from.
    pub trained_until: i64,
    /// When it was learned.
    pub trained_at: i64,
}

/// A stage and the chance of the next one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PredictionRow)]
pub struct Row {
    /// The stage's key.
    pub stage: String,
    /// The key of the next one.
    pub next: String,
    /// Persons at the stage who were there in the time that was asked about.
    pub persons: u64,
    /// How many of them may be expected to reach the next stage within the horizon; null where no chance is shown.
    pub expected: Option<f64>,
    /// Their mean chance, from 0 to 1; likewise.
    pub chance: Option<f64>,
    /// Why no chance is shown; null where one is.
    pub reason: Option<&'static str>,
    /// Journeys that were learned from or measured on.
    pub journeys: usize,
    /// How well the model did on the later slice; null where there was nothing to measure.
    pub quality: Option<Quality>,
    /// What went with the next stage, among journeys alike: association, not cause.
    pub actions: Vec<Action>,
}

/// Somebody's chance.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PersonChance)]
pub struct Chance {
    /// Who was asked for.
    #[schema(value_type = String)]
    pub person: Identity,
    /// The key of their stage; null where nothing is known of them.
    pub stage: Option<String>,
    /// Their chance of a higher stage within the horizon, from 0 to 1; null where none is shown.
    pub chance: Option<f64>,
    /// Why not; null where one is.
    pub reason: Option<&'static str>,
}

impl Trained {
    /// Learns from everything in the columns.
    pub fn of(columns: &Columns, stages: &Stages, seed: u64) -> Self {
        let until = columns.as_of() - columns.as_of().rem_euclid(DAY_MS);
        let history = Snapshots::read(columns, stages, until, seed);
        let learned = (0..stages.len().saturating_sub(1)).map(|rank| {
            let rows = &history.rows[rank];
            let (model, quality, reason) = learn(rows, &history);
            Stage {
                journeys: snapshots::journeys(rows),
                model,
                quality,
                reason,
                actions: action::best(&history.kinds, rows, seed),
            }
        });
        Self {
            until,
            stages: learned.collect(),
            kinds: history.kinds,
        }
    }

    /// Whether a chance is shown of any stage.
    pub fn shows(&self) -> bool {
        self.stages.iter().any(|stage| stage.reason.is_none())
    }

    /// What is told of those in the scope, and of some persons.
    pub fn tell(
        &self,
        scope: &Scope<'_>,
        stages: &Stages,
        persons: &[Identity],
        trained_at: i64,
    ) -> (Prediction, Sample) {
        let asking = Asking::of(self, scope, stages);
        let add = |sums: &mut Sums, person: &[Visitor<'_>]| {
            let browsers = scope.browsers_of(person);
            if !browsers
                .iter()
                .any(|one| scope.last_session(*one).is_some())
            {
                return;
            }
            let Some(snapshot) = asking.look(&browsers) else {
                return;
            };
            sums.sample.people += 1;
            let rank = usize::from(snapshot.stage);
            sums.persons[rank] += 1;
            if let Some(chance) = self.chance(&snapshot) {
                // A sum of integers is the same in any order.
                sums.chances[rank] += (chance * 1e12) as i128;
            }
        };
        let sums = scope.columns.fold_persons(Sums::default, add, Sums::join);
        let rows = self.stages.iter().enumerate().map(|(rank, stage)| {
            let persons = sums.persons[rank];
            let is_shown = stage.reason.is_none();
            let expected = is_shown.then(|| sums.chances[rank] as f64 / 1e12);
            Row {
                stage: stages.key(rank).to_owned(),
                next: stages.key(rank + 1).to_owned(),
                persons,
                expected,
                chance: expected
                    .filter(|_| persons > 0)
                    .map(|sum| sum / persons as f64),
                reason: stage.reason,
                journeys: stage.journeys,
                quality: stage.quality.clone(),
                actions: stage.actions.clone(),
            }
        });
        let prediction = Prediction {
            rows: rows.collect(),
            persons: self.of_persons(&asking, persons),
            horizon_days: HORIZON_DAYS,
            trained_until: self.until,
            trained_at,
        };
        (prediction, sums.sample)
    }

    fn chance(&self, snapshot: &Snapshot) -> Option<f64> {
        let stage = self.stages.get(usize::from(snapshot.stage))?;
        let model = stage.model.as_ref().filter(|_| stage.reason.is_none())?;
        Some(model.chance(&self.kinds.features(snapshot)))
    }

    fn of_persons(&self, asking: &Asking<'_>, asked: &[Identity]) -> Vec<Chance> {
        if asked.is_empty() {
            return Vec::new();
        }
        let columns = asking.columns;
        let is = |identity: &Identity, browser: &Visitor<'_>| match identity {
            Identity::Visitor(id) => browser.id() == *id,
            Identity::User(user) => columns.text(browser.user()) == Some(user),
        };
        let unknown = |person: &Identity| Chance {
            person: person.clone(),
            stage: None,
            chance: None,
            reason: Some("nobody_known"),
        };
        let new = || asked.iter().map(unknown).collect::<Vec<_>>();
        let add = |found: &mut Vec<Chance>, person: &[Visitor<'_>]| {
            for (place, identity) in asked.iter().enumerate() {
                if person.iter().any(|browser| is(identity, browser)) {
                    found[place] = self.of_person(asking, identity, person);
                }
            }
        };
        columns.fold_persons(new, add, |all, other| {
            for (own, other) in all.iter_mut().zip(other) {
                if other.stage.is_some() {
                    *own = other;
                }
            }
        })
    }

    fn of_person(
        &self,
        asking: &Asking<'_>,
        identity: &Identity,
        person: &[Visitor<'_>],
    ) -> Chance {
        let stages = asking.stages;
        let rank = Stages::at(&stages.entered(person), i64::MAX);
        let snapshot = asking.look(person);
        let chance = snapshot.as_ref().and_then(|snapshot| self.chance(snapshot));
        let reason = match (&chance, &snapshot, self.stages.get(rank)) {
            (Some(_), ..) => None,
            (_, _, None) => Some("last_stage"),
            (_, None, _) => Some("not_seen_lately"),
            (_, _, Some(stage)) => stage.reason,
        };
        Chance {
            person: identity.clone(),
            stage: Some(stages.key(rank).to_owned()),
            chance,
            reason,
        }
    }
}

/// What looks at somebody now take.
struct Asking<'a> {
    columns: &'a Columns,
    stages: &'a Stages,
    looked: Looked,
}

impl<'a> Asking<'a> {
    fn of(trained: &Trained, scope: &Scope<'a>, stages: &'a Stages) -> Self {
        Self {
            columns: scope.columns,
            stages,
            looked: trained.kinds.look(scope.columns),
        }
    }

    fn look(&self, browsers: &[Visitor<'_>]) -> Option<Snapshot> {
        let entered = self.stages.entered(browsers);
        let stages = (&entered, self.stages.len());
        look(
            &self.looked,
            self.columns,
            browsers,
            stages,
            self.columns.as_of(),
        )
    }
}

/// Persons of each stage and the sums of their chances, in millionths of millionths.
#[derive(Debug, Default)]
struct Sums {
    persons: [u64; MOST],
    chances: [i128; MOST],
    sample: Sample,
}

impl Sums {
    fn join(&mut self, other: Self) {
        for (own, more) in self.persons.iter_mut().zip(other.persons) {
            *own += more;
        }
        for (own, more) in self.chances.iter_mut().zip(other.chances) {
            *own += more;
        }
        self.sample.add(other.sample);
    }
}

/// Learns of one stage from the earlier rows and measures by the later ones.
fn learn(
    rows: &[Snapshot],
    history: &Snapshots,
) -> (Option<Model>, Option<Quality>, Option<&'static str>) {
    if !history.has_slices {
        return (None, None, Some("history_too_short"));
    }
    if snapshots::journeys(rows) < FEWEST_JOURNEYS {
        return (None, None, Some("too_few_journeys"));
    }
    let slice = |is_later: bool| {
        let of = rows
            .iter()
            .filter(move |row| row.is_later == Some(is_later));
        of.map(|row| (history.kinds.features(row), row.went_on))
            .unzip()
    };
    let (earlier, labels): (Vec<Vec<f64>>, Vec<bool>) = slice(false);
    let (later, outcomes): (Vec<Vec<f64>>, Vec<bool>) = slice(true);
    let is_enough = |labels: &[bool]| {
        let positive = labels.iter().filter(|label| **label).count();
        positive >= FEWEST_POSITIVE && labels.len() - positive >= FEWEST_POSITIVE
    };
    if !is_enough(&labels) || !is_enough(&outcomes) {
        return (None, None, Some("too_few_went_on"));
    }
    let Some(model) = Model::learn(&earlier, &labels) else {
        return (None, None, Some("nothing_learned"));
    };
    let chances: Vec<f64> = later
        .iter()
        .map(|features| model.chance(features))
        .collect();
    let quality = Quality::of(&chances, &outcomes, &labels);
    let reason = (quality.brier_skill <= 0.0).then_some("no_better_than_the_base_rate");
    (Some(model), Some(quality), reason)
}

#[cfg(test)]
mod tests;
