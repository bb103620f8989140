//! How well chances fit what came.

use serde::Serialize;
use utoipa::ToSchema;

/// How well a model did on the slice that it had not seen.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PredictionQuality)]
pub struct Quality {
    /// Looks at journeys that it learned from.
    pub trained_on: usize,
    /// Those of them that went on.
    pub trained_went_on: usize,
    /// Looks at journeys of the later slice.
    pub measured_on: usize,
    /// Those of them that went on.
    pub measured_went_on: usize,
    /// The part of the later slice that went on.
    pub base_rate: f64,
    /// How likely one that went on was given a higher chance than one that did not; 0.5 is what guessing has.
    pub auc: f64,
    /// The mean square of the difference between chance and what came; less is better.
    pub brier: f64,
    /// That of somebody who always says the base rate.
    pub brier_of_base_rate: f64,
    /// By what part the model is better than that; 0 or less is no better.
    pub brier_skill: f64,
    /// The later slice by tenths, from the lowest chances to the highest.
    pub calibration: Vec<Decile>,
}

/// A tenth of the later slice.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PredictionDecile)]
pub struct Decile {
    /// From 1 to 10.
    pub decile: usize,
    /// Looks at journeys.
    pub count: usize,
    /// The mean of their chances.
    pub predicted: f64,
    /// The part of them that went on.
    pub observed: f64,
}

impl Quality {
    /// Of the chances of a later slice and what came, after learning from `learned`. Both kinds are there.
    pub(super) fn of(chances: &[f64], outcomes: &[bool], learned: &[bool]) -> Self {
        let count = |labels: &[bool]| labels.iter().filter(|label| **label).count();
        let size = chances.len().max(1) as f64;
        let base_rate = count(outcomes) as f64 / size;
        let squares = chances.iter().zip(outcomes);
        let brier = squares
            .map(|(chance, outcome)| (chance - f64::from(u8::from(*outcome))).powi(2))
            .sum::<f64>()
            / size;
        let brier_of_base_rate = base_rate * (1.0 - base_rate);
        let mut ordered: Vec<(f64, bool)> = chances
            .iter()
            .copied()
            .zip(outcomes.iter().copied())
            .collect();
        ordered.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        Self {
            trained_on: learned.len(),
            trained_went_on: count(learned),
            measured_on: outcomes.len(),
            measured_went_on: count(outcomes),
            base_rate,
            auc: auc(&ordered),
            brier,
            brier_of_base_rate,
            brier_skill: 1.0 - brier / brier_of_base_rate,
            calibration: deciles(&ordered),
        }
    }
}

/// Mann and Whitney's statistic as a part of all pairs; of equal chances half counts.
fn auc(ordered: &[(f64, bool)]) -> f64 {
    let (mut below, mut wins, mut positive) = (0.0, 0.0, 0.0);
    for equal in ordered.chunk_by(|a, b| a.0 == b.0) {
        let up = equal.iter().filter(|(_, outcome)| *outcome).count() as f64;
        let down = equal.len() as f64 - up;
        wins += up * (below + down / 2.0);
        below += down;
        positive += up;
    }
    wins / (positive * below)
}

fn deciles(ordered: &[(f64, bool)]) -> Vec<Decile> {
    let all = ordered.len();
    (1..=10)
        .filter_map(|decile| {
            let tenth = &ordered[all * (decile - 1) / 10..all * decile / 10];
            let count = tenth.len();
            let mean =
                |of: fn(&(f64, bool)) -> f64| tenth.iter().map(of).sum::<f64>() / count as f64;
            (count > 0).then(|| Decile {
                decile,
                count,
                predicted: mean(|one| one.0),
                observed: mean(|one| f64::from(u8::from(one.1))),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_can_be_reckoned_by_hand() {
        let chances = [0.1, 0.4, 0.4, 0.8];
        let outcomes = [false, true, false, true];
        let quality = Quality::of(&chances, &outcomes, &[true, false, false]);
        // Of four pairs three are won and one is a draw.
        assert!((quality.auc - 3.5 / 4.0).abs() < 1e-12);
        assert!((quality.brier - (0.01 + 0.36 + 0.16 + 0.04) / 4.0).abs() < 1e-12);
        assert!((quality.brier_of_base_rate - 0.25).abs() < 1e-12);
        assert!((quality.brier_skill - (1.0 - 0.1425 / 0.25)).abs() < 1e-12);
        assert_eq!((quality.trained_on, quality.trained_went_on), (3, 1));
        assert_eq!(
            quality
                .calibration
                .iter()
                .map(|one| one.count)
                .sum::<usize>(),
            4
        );
        let constant = Quality::of(&[0.5; 4], &outcomes, &[]);
        assert!((constant.auc - 0.5).abs() < 1e-12);
        assert!(constant.brier_skill.abs() < 1e-12);
    }

    #[test]
    fn the_area_is_that_of_all_pairs() {
        let chances: Vec<f64> = (0..60).map(|one| f64::from(one * 37 % 23) / 23.0).collect();
        let outcomes: Vec<bool> = (0..60).map(|one| one * 31 % 7 < 3).collect();
        let (mut wins, mut pairs) = (0.0, 0.0);
        for (a, won) in chances.iter().zip(&outcomes).filter(|(_, won)| **won) {
            for (b, lost) in chances.iter().zip(&outcomes).filter(|(_, won)| !**won) {
                assert!(*won && !*lost);
                pairs += 1.0;
                wins += if a > b {
                    1.0
                } else if a == b {
                    0.5
                } else {
                    0.0
                };
            }
        }
        let found = Quality::of(&chances, &outcomes, &outcomes).auc;
        assert!((found - wins / pairs).abs() < 1e-12);
    }
}
