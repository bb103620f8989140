//! A logistic model: what it learns, and what it says.

use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};

/// How much large weights are held back: as much as one row weighs.
const RIDGE: f64 = 1.0;

/// A model of features, each measured against its own mean and spread.
#[derive(Debug, Clone)]
pub(super) struct Model {
    means: Vec<f64>,
    /// 0 for a feature that was always the same.
    scales: Vec<f64>,
    weights: Vec<f64>,
    intercept: f64,
}

impl Model {
    /// Learns from rows of features and what became of them, of which there is either kind. Nothing where no weights are
    /// found.
    pub(super) fn learn(rows: &[Vec<f64>], labels: &[bool]) -> Option<Self> {
        let width = rows.first()?.len();
        let count = rows.len() as f64;
        let mut means = vec![0.0; width];
        for row in rows {
            means
                .iter_mut()
                .zip(row)
                .for_each(|(mean, one)| *mean += one / count);
        }
        let mut scales = vec![0.0; width];
        for row in rows {
            for ((scale, one), mean) in scales.iter_mut().zip(row).zip(&means) {
                *scale += (one - mean).powi(2) / count;
            }
        }
        for scale in &mut scales {
            *scale = if *scale > 1e-12 {
                1.0 / scale.sqrt()
            } else {
                0.0
            };
        }
        let mut model = Self {
            means,
            scales,
            weights: Vec::new(),
            intercept: 0.0,
        };
        let scaled: Vec<Vec<f64>> = rows.iter().map(|row| model.scaled(row).collect()).collect();
        let matrix = DenseMatrix::from_2d_vec(&scaled).ok()?;
        let labels: Vec<u32> = labels.iter().map(|label| u32::from(*label)).collect();
        let parameters = LogisticRegressionParameters::default().with_alpha(RIDGE);
        let learned = LogisticRegression::fit(&matrix, &labels, parameters).ok()?;
        let weights = learned.coefficients();
        model.weights = (0..width).map(|place| *weights.get((0, place))).collect();
        model.intercept = *learned.intercept().get((0, 0));
        let is_found =
            model.intercept.is_finite() && model.weights.iter().all(|one| one.is_finite());
        is_found.then_some(model)
    }

    fn scaled<'m>(&'m self, row: &'m [f64]) -> impl Iterator<Item = f64> + 'm {
        let measures = self.means.iter().zip(&self.scales);
        row.iter()
            .zip(measures)
            .map(|(one, (mean, scale))| (one - mean) * scale)
    }

    /// What it says of a row, from 0 to 1.
    pub(super) fn chance(&self, row: &[f64]) -> f64 {
        let sum: f64 = self
            .scaled(row)
            .zip(&self.weights)
            .map(|(one, weight)| one * weight)
            .sum();
        1.0 / (1.0 + (-(sum + self.intercept)).exp())
    }
}
