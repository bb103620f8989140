//! What fires: a figure beside a bound, the window before, or what is usual at this time of the week.
//!
//! All of it is integer arithmetic on exact numbers, so the same figures come to the same finding everywhere. Usual is the median
//! of the same hour or day of the weeks before, and how far figures are from it is told in spreads: 1.4826 times the median
//! distance from the median, which for figures that are spread as a normal distribution is its standard deviation. Neither
//! moves for a few weeks that were unlike the others. Where the weeks were all the same the distance is nothing, and no figure
//! is as exact as that: a spread is never less than [`Scale::least`] says.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::number::Number;

/// The weeks that an anomaly is held against, when nobody says, and at most.
const WEEKS: u32 = 8;
pub(crate) const MOST_WEEKS: u32 = 52;
/// The weeks that there have to be, when nobody says, and at least.
const LEAST: u32 = 4;
const FEWEST: u32 = 3;
/// The spreads beyond which a figure is unusual, when nobody says.
const SPREADS: Number = Number::whole(3);

/// How a condition is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlertConditionKind)]
pub enum Kind {
    /// The figure is above `value`.
    Above,
    /// The figure is below `value`.
    Below,
    /// It differs from the window before by more than `percent`.
    Change,
    /// It is more than `spreads` from what is usual at this time of the week.
    Anomaly,
}

/// On which side of what is expected a figure fires.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlertSide)]
pub enum Side {
    /// Above it.
    Above,
    /// Below it.
    Below,
    /// On either.
    #[default]
    Both,
}

/// When an alert fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertCondition)]
pub struct Condition {
    /// How it is meant.
    pub kind: Kind,
    /// Of `above` and `below`: the bound, which itself does not fire. Decimal text; a number is read too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "100")]
    pub value: Option<Number>,
    /// Of `change`: by how much of the window before, in per cent, more than 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "50")]
    pub percent: Option<Number>,
    /// Of `anomaly`: how many weeks before are looked at, 3 to 52; 8 where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 3, maximum = 52)]
    pub weeks: Option<u32>,
    /// Of `anomaly`: of how many of them there has to be a figure, 3 to `weeks`; 4 where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 3, maximum = 52)]
    pub least: Option<u32>,
    /// Of `anomaly`: how many spreads from the median are unusual, 1 to 100; 3 where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "3")]
    pub spreads: Option<Number>,
    /// Of `change` and `anomaly`: on which side it fires; on both where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
}

/// A field of a condition that cannot be as it is, and why.
pub(crate) type Unfit = (&'static str, String);

impl Condition {
    /// Checks what somebody set: what its kind needs is there, and nothing else.
    ///
    /// # Errors
    /// [`Unfit`].
    pub(crate) fn check(&self) -> Result<(), Unfit> {
        let takes: &[&str] = match self.kind {
            Kind::Above | Kind::Below => &["value"],
            Kind::Change => &["percent", "side"],
            Kind::Anomaly => &["weeks", "least", "spreads", "side"],
        };
        for (field, is_told) in [
            ("value", self.value.is_some()),
            ("percent", self.percent.is_some()),
            ("weeks", self.weeks.is_some()),
            ("least", self.least.is_some()),
            ("spreads", self.spreads.is_some()),
            ("side", self.side.is_some()),
        ] {
            if is_told && !takes.contains(&field) {
                return Err((
                    field,
                    "A condition of this kind has no such field.".to_owned(),
                ));
            }
        }
        match self.kind {
            Kind::Above | Kind::Below if self.value.is_none() => {
                Err(("value", "Say the bound.".to_owned()))
            }
            Kind::Change => match self.percent {
                None => Err(("percent", "Say by how many per cent.".to_owned())),
                Some(percent) if percent <= Number::ZERO => {
                    Err(("percent", "It has to be more than 0.".to_owned()))
                }
                Some(_) => Ok(()),
            },
            Kind::Anomaly => {
                let weeks = self.weeks();
                if !(FEWEST..=MOST_WEEKS).contains(&weeks) {
                    let message = format!("It has to be {FEWEST} to {MOST_WEEKS}.");
                    return Err(("weeks", message));
                }
                if !(FEWEST..=weeks).contains(&self.least()) {
                    let message = format!("It has to be {FEWEST} to {weeks}, the weeks looked at.");
                    return Err(("least", message));
                }
                if !(Number::whole(1)..=Number::whole(100)).contains(&self.spreads()) {
                    return Err(("spreads", "It has to be 1 to 100.".to_owned()));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The weeks that are looked at.
    pub fn weeks(&self) -> u32 {
        self.weeks.unwrap_or(WEEKS)
    }

    fn least(&self) -> u32 {
        self.least.unwrap_or_else(|| LEAST.min(self.weeks()))
    }

    fn spreads(&self) -> Number {
        self.spreads.unwrap_or(SPREADS)
    }

    /// The bounds beyond which a figure fires.
    ///
    /// # Errors
    /// Why there are none.
    pub fn baseline(&self, scale: Scale, past: &[Option<Number>]) -> Result<Baseline, Silence> {
        match self.kind {
            Kind::Above => Ok(Baseline {
                high: self.value,
                ..Baseline::default()
            }),
            Kind::Below => Ok(Baseline {
                low: self.value,
                ..Baseline::default()
            }),
            Kind::Change => {
                let before = past.first().ok_or(Silence::NotEnoughHistory)?;
                let before = before.filter(|before| *before > Number::ZERO);
                let before = before.ok_or(Silence::NothingBefore)?;
                let percent = self.percent.unwrap_or_default().millionths();
                let part = before.millionths().saturating_mul(percent) / 100 / 1_000_000;
                Ok(self.around(before, Number::of_millionths(part)))
            }
            Kind::Anomaly => {
                let known: Vec<i128> = past.iter().flatten().map(|one| one.millionths()).collect();
                if known.len() < self.least() as usize {
                    return Err(Silence::NotEnoughHistory);
                }
                let (middle, spread) = usual(known.clone(), scale);
                let far = spread.saturating_mul(self.spreads().millionths()) / 1_000_000;
                Ok(Baseline {
                    spread: Some(Number::of_millionths(spread)),
                    samples: Some(known.len()),
                    ..self.around(Number::of_millionths(middle), Number::of_millionths(far))
                })
            }
        }
    }

    fn around(&self, middle: Number, far: Number) -> Baseline {
        let side = self.side.unwrap_or_default();
        let (middle_of, far) = (middle.millionths(), far.millionths());
        let bound = |other: Side, at: i128| (side != other).then_some(Number::of_millionths(at));
        Baseline {
            expected: Some(middle),
            low: bound(Side::Above, middle_of.saturating_sub(far)),
            high: bound(Side::Below, middle_of.saturating_add(far)),
            ..Baseline::default()
        }
    }

    /// What a figure comes to. `past` is what it is held against, the latest first: of `change` the window before, of
    /// `anomaly` those like it, each null where nothing is known of it, and absent where it lies before all history.
    pub fn judge(&self, scale: Scale, figure: Option<Number>, past: &[Option<Number>]) -> Finding {
        let silent = |why| Finding {
            verdict: Verdict::Unknown,
            why: Some(why),
            baseline: None,
        };
        let baseline = match self.baseline(scale, past) {
            Ok(baseline) => baseline,
            Err(why) => return silent(why),
        };
        let Some(figure) = figure else {
            return Finding {
                baseline: Some(baseline),
                ..silent(Silence::NoFigure)
            };
        };
        let fires = baseline.low.is_some_and(|low| figure < low)
            || baseline.high.is_some_and(|high| figure > high);
        Finding {
            verdict: if fires { Verdict::Firing } else { Verdict::Ok },
            why: None,
            baseline: Some(baseline),
        }
    }
}

/// What kind of number a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// How many of something.
    Count,
    /// A part of one.
    Rate,
    /// Money.
    Money,
}

impl Scale {
    /// The least that a spread around `middle` is, in millionths: of counts what chance alone makes of them, its square root,
    /// and no less than one; of rates a hundredth; of money a twentieth, and no less than one unit.
    fn least(self, middle: i128) -> i128 {
        const ONE: i128 = 1_000_000;
        let size = middle.abs();
        match self {
            Self::Count => size.saturating_mul(ONE).isqrt().max(ONE),
            Self::Rate => ONE / 100,
            Self::Money => (size / 20).max(ONE),
        }
    }
}

/// The middle of some numbers; between two of them, rounded down to a millionth. Nothing of nothing is 0.
fn median(mut all: Vec<i128>) -> i128 {
    all.sort_unstable();
    let half = all.len() / 2;
    match all.get(half) {
        None => 0,
        Some(upper) if all.len() % 2 == 1 => *upper,
        Some(upper) => (all[half - 1] + upper).div_euclid(2),
    }
}

/// What is usual, and how far from it is one spread.
fn usual(past: Vec<i128>, scale: Scale) -> (i128, i128) {
    let middle = median(past.clone());
    let distances = past.into_iter().map(|one| (one - middle).abs()).collect();
    let spread = median(distances).saturating_mul(14_826) / 10_000;
    (middle, spread.max(scale.least(middle)))
}

/// What a figure is held against. It fires below `low` and above `high`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AlertBaseline)]
pub struct Baseline {
    /// The window before, or the median of those like it; null where there is only a bound.
    #[schema(value_type = Option<String>)]
    pub expected: Option<Number>,
    /// One spread; only of `anomaly`.
    #[schema(value_type = Option<String>)]
    pub spread: Option<Number>,
    /// Below this it fires; null where it does not fire below.
    #[schema(value_type = Option<String>)]
    pub low: Option<Number>,
    /// Above this it fires; null where it does not fire above.
    #[schema(value_type = Option<String>)]
    pub high: Option<Number>,
    /// How many windows it is made of; only of `anomaly`.
    pub samples: Option<usize>,
}

/// What is said of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlertVerdict)]
pub enum Verdict {
    /// Nothing, which changes no state.
    Unknown,
    /// It is as it should be.
    Ok,
    /// It is not.
    Firing,
}

/// Why nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlertSilence)]
pub enum Silence {
    /// There are too few windows to compare with.
    NotEnoughHistory,
    /// The window before has nothing of which a change could be a part.
    NothingBefore,
    /// There is no figure: nothing to divide by, or no currency.
    NoFigure,
    /// The segment is not there any more.
    NoSegment,
}

/// What came of a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AlertFinding)]
pub struct Finding {
    /// What is said.
    pub verdict: Verdict,
    /// Why nothing is, where that is so.
    pub why: Option<Silence>,
    /// What the figure is held against.
    pub baseline: Option<Baseline>,
}

#[cfg(test)]
mod tests;
