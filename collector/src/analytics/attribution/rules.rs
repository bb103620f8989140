//! Models that look at one conversion alone.

use super::apportion::fraction;
use super::{Conversion, Model, Touchpoint};

/// How much of `conversion` each of its touchpoints is given by `model`, as weights, one for each; there is at least one
/// touchpoint. [`Model::Markov`] and [`Model::Shapley`] are no rules, and weigh all alike.
pub fn weights(model: Model, conversion: &Conversion) -> Vec<u64> {
    let touchpoints = &conversion.touchpoints;
    let last = touchpoints.len() - 1;
    match model {
        Model::First => only(0, touchpoints),
        Model::Last => only(last, touchpoints),
        Model::LastNonDirect => {
            let found = touchpoints.iter().rposition(|touch| !touch.is_direct);
            only(found.unwrap_or(last), touchpoints)
        }
        Model::TimeDecay { half_life_ms } => {
            // Against the latest one instead of the conversion: the shares are the same, and never all too small to tell.
            let latest = touchpoints[last].at;
            let share = |touch: &Touchpoint| {
                let age = latest.saturating_sub(touch.at) as f64;
                fraction((-age / half_life_ms.max(1) as f64).exp2())
            };
            touchpoints.iter().map(share).collect()
        }
        Model::Position => position(touchpoints.len()),
        Model::WShaped => w_shaped(conversion),
        Model::Linear | Model::Markov { .. } | Model::Shapley => vec![1; touchpoints.len()],
    }
}

fn only(place: usize, touchpoints: &[Touchpoint]) -> Vec<u64> {
    let mut weights = vec![0; touchpoints.len()];
    weights[place] = 1;
    weights
}

/// 40/20/40, times the number of those between.
fn position(touchpoints: usize) -> Vec<u64> {
    let between = touchpoints.saturating_sub(2) as u64;
    let mut weights = vec![20; touchpoints];
    weights[0] = 40 * between.max(1);
    weights[touchpoints - 1] = 40 * between.max(1);
    weights
}

/// The first touchpoint and the last before each of two stages have 30 each, one that is several of these as much as several,
/// and 10 are the others'. What nobody can be given, because a stage was not reached before the conversion, no touchpoint was
/// there yet, or there are no others, is the rest's in proportion.
fn w_shaped(conversion: &Conversion) -> Vec<u64> {
    let touchpoints = &conversion.touchpoints;
    let before = |moment: Option<i64>| {
        let moment = moment.filter(|at| *at <= conversion.at)?;
        touchpoints.iter().rposition(|touch| touch.at <= moment)
    };
    let mut marks = vec![0_u64; touchpoints.len()];
    for place in [
        Some(0),
        before(conversion.registered_at),
        before(conversion.qualified_at),
    ]
    .into_iter()
    .flatten()
    {
        marks[place] += 1;
    }
    // 30 for each mark and 10 for the others together, times the number of the others.
    let others = marks.iter().filter(|marks| **marks == 0).count() as u64;
    let weight = |marks: &u64| match marks {
        0 => 10,
        marks => 30 * marks * others.max(1),
    };
    marks.iter().map(weight).collect()
}
