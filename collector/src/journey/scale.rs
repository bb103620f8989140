//! How a site measures engagement: what each part of a score counts, how far it looks back, and when a part is full.
//!
//! Weights are millionths, so that together they are exactly one. A site that has said nothing has [`Scale::default`].

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::score::DAY_MS;

/// What all weights are together.
const WHOLE: i64 = 1_000_000;
/// The longest window.
const MOST_DAYS: i64 = 365;
/// The most occasions or channels with which a part is full.
const MOST_FULL: i64 = 1_000;

/// How engagement is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    recency: i64,
    frequency: i64,
    channels: i64,
    /// Days that a score looks back.
    pub window_days: i64,
    /// Occasions with which the frequency is full.
    pub full_occasions: i64,
    /// Channels with which the diversity is full.
    pub full_channels: i64,
}

/// The same as a reader and a writer of the API see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScaleDocument {
    /// How much each part counts. Together they are 1, to the millionth.
    pub weights: WeightsDocument,
    /// Days before a moment from which occasions count: 1 to 365.
    pub window_days: i64,
    /// Occasions with which the frequency is full: 1 to 1000.
    pub full_occasions: i64,
    /// Channels with which the diversity is full: 1 to 1000.
    pub full_channels: i64,
}

/// Weights of the parts, each from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightsDocument {
    /// That of recency.
    pub recency: f64,
    /// That of frequency.
    pub frequency: f64,
    /// That of the channels.
    pub channels: f64,
}

/// What is wrong with a document, and at which of its members.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct UnfitScale {
    /// The member, with dots between.
    pub field: &'static str,
    /// Why it cannot be.
    pub reason: String,
}

impl Default for Scale {
    fn default() -> Self {
        Self {
            recency: 400_000,
            frequency: 400_000,
            channels: 200_000,
            window_days: 30,
            full_occasions: 10,
            full_channels: 5,
        }
    }
}

impl Scale {
    /// What a document says.
    ///
    /// # Errors
    /// [`UnfitScale`] names the first member that is at fault.
    pub fn of(document: &ScaleDocument) -> Result<Self, UnfitScale> {
        let weights = &document.weights;
        let scale = Self {
            recency: weight("weights.recency", weights.recency)?,
            frequency: weight("weights.frequency", weights.frequency)?,
            channels: weight("weights.channels", weights.channels)?,
            window_days: within("window_days", document.window_days, MOST_DAYS)?,
            full_occasions: within("full_occasions", document.full_occasions, MOST_FULL)?,
            full_channels: within("full_channels", document.full_channels, MOST_FULL)?,
        };
        let sum = scale.recency + scale.frequency + scale.channels;
        if sum != WHOLE {
            return Err(UnfitScale {
                field: "weights",
                reason: format!("they are {} together, and have to be 1", share(sum)),
            });
        }
        Ok(scale)
    }

    /// As a document.
    pub fn document(&self) -> ScaleDocument {
        ScaleDocument {
            weights: WeightsDocument {
                recency: self.recency(),
                frequency: self.frequency(),
                channels: self.channels(),
            },
            window_days: self.window_days,
            full_occasions: self.full_occasions,
            full_channels: self.full_channels,
        }
    }

    /// The weight of recency.
    pub fn recency(&self) -> f64 {
        share(self.recency)
    }

    /// The weight of frequency.
    pub fn frequency(&self) -> f64 {
        share(self.frequency)
    }

    /// The weight of the channels.
    pub fn channels(&self) -> f64 {
        share(self.channels)
    }

    /// Milliseconds that a score looks back.
    pub fn window_ms(&self) -> i64 {
        self.window_days * DAY_MS
    }

    /// The part of a standing that is recency's, in millionths: what somebody's last activity is worth beside another's.
    pub(super) fn of_recency(&self, at: i64) -> i64 {
        let worth = i128::from(self.recency) * i128::from(at) / i128::from(self.window_ms());
        i64::try_from(worth).unwrap_or(i64::MAX)
    }

    /// The score at a moment of a standing.
    pub fn score_of(&self, standing: i64, at: i64) -> f64 {
        share((standing - self.standing_of_nothing(at)).clamp(0, WHOLE))
    }

    /// The least standing at a moment of a score.
    pub fn standing_of(&self, score: f64, at: i64) -> i64 {
        self.standing_of_nothing(at) + (score * WHOLE as f64).round() as i64
    }

    fn standing_of_nothing(&self, at: i64) -> i64 {
        self.of_recency(at) - self.recency
    }

    /// All of it as numbers, in one order: weights in millionths, window, full occasions, full channels.
    pub(crate) fn numbers(&self) -> [i64; 6] {
        [
            self.recency,
            self.frequency,
            self.channels,
            self.window_days,
            self.full_occasions,
            self.full_channels,
        ]
    }

    /// The same from [`Scale::numbers`], as they were stored.
    pub(crate) fn from_numbers(
        [
            recency,
            frequency,
            channels,
            window_days,
            full_occasions,
            full_channels,
        ]: [i64; 6],
    ) -> Self {
        Self {
            recency,
            frequency,
            channels,
            window_days,
            full_occasions,
            full_channels,
        }
    }
}

fn share(millionths: i64) -> f64 {
    millionths as f64 / WHOLE as f64
}

fn weight(field: &'static str, value: f64) -> Result<i64, UnfitScale> {
    let millionths = value * WHOLE as f64;
    if !(0.0..=1.0).contains(&value) {
        return Err(UnfitScale {
            field,
            reason: "a weight is from 0 to 1".to_owned(),
        });
    }
    if (millionths - millionths.round()).abs() > 1e-6 {
        return Err(UnfitScale {
            field,
            reason: "a weight has at most six decimals".to_owned(),
        });
    }
    // Within 0 and a million.
    Ok(millionths.round() as i64)
}

fn within(field: &'static str, value: i64, most: i64) -> Result<i64, UnfitScale> {
    if (1..=most).contains(&value) {
        Ok(value)
    } else {
        Err(UnfitScale {
            field,
            reason: format!("{value} is not within 1 to {most}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(change: impl FnOnce(&mut ScaleDocument)) -> Result<Scale, &'static str> {
        let mut document = Scale::default().document();
        change(&mut document);
        Scale::of(&document).map_err(|unfit| unfit.field)
    }

    #[test]
    fn a_scale_and_its_document_lead_back() {
        assert_eq!(changed(|_| ()), Ok(Scale::default()));
        let third = |document: &mut ScaleDocument| {
            document.weights.recency = 0.333_333;
            document.weights.frequency = 0.333_333;
            document.weights.channels = 0.333_334;
        };
        let scale = changed(third).unwrap();
        assert_eq!(Scale::of(&scale.document()), Ok(scale));
        assert_eq!(Scale::from_numbers(scale.numbers()), scale);
    }

    #[test]
    fn what_cannot_be_is_named() {
        assert_eq!(changed(|d| d.weights.recency = 0.5), Err("weights"));
        assert_eq!(
            changed(|d| d.weights.recency = -0.1),
            Err("weights.recency")
        );
        assert_eq!(
            changed(|d| d.weights.channels = f64::NAN),
            Err("weights.channels")
        );
        assert_eq!(
            changed(|d| d.weights.frequency = 0.400_000_1),
            Err("weights.frequency")
        );
        assert_eq!(changed(|d| d.window_days = 0), Err("window_days"));
        assert_eq!(changed(|d| d.window_days = 366), Err("window_days"));
        assert_eq!(changed(|d| d.full_occasions = 0), Err("full_occasions"));
        assert_eq!(changed(|d| d.full_channels = 1001), Err("full_channels"));
    }
}
