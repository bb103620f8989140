//! Stages at which more stay behind than should, and what it would bring if they did not.
//!
//! Who entered a stage is followed for one length of time, the same for all, because who came yesterday has had no time to go
//! on; those of whom that much time has not passed are left out. A stage is a bottleneck where more than the limit of them stay
//! behind, or significantly more than of the site's own journeys before. Nothing is said of fewer than [`LEAST`] journeys.

use serde::Serialize;
use utoipa::ToSchema;

use super::breakdown::Group;
use super::fisher::{Share, chance};
use super::quantile::{percentile, rate};
use super::stages::Journeys;
use crate::journey::{DAY_MS, Definition, LEVEL};

/// The fewest journeys about which something is said.
pub const LEAST: u64 = 30;
/// The version of the rules by which something is said.
pub const VERSION: u32 = 1;

/// How losses are judged.
#[derive(Debug, Clone, Copy)]
pub struct Judging {
    /// The loss, of 1, beyond which a stage is a bottleneck.
    pub limit: f64,
    /// How long after entering a stage somebody goes on in time, in milliseconds.
    pub within_ms: i64,
    /// How long before the time that is asked about journeys began that it is compared with, in milliseconds.
    pub before_ms: i64,
    /// The moment of asking.
    pub as_of: i64,
}

/// Who entered a stage long enough ago.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Followed {
    pub(super) all: u64,
    /// Who of them went on in time.
    pub(super) went_on: u64,
}

impl Followed {
    /// Adds somebody who entered, and perhaps went on.
    pub(super) fn add(&mut self, entered: i64, went_on: Option<i64>, judging: &Judging) {
        if entered.saturating_add(judging.within_ms) > judging.as_of {
            return;
        }
        self.all += 1;
        self.went_on += u64::from(went_on.is_some_and(|at| at - entered <= judging.within_ms));
    }

    pub(super) fn join(&mut self, other: Self) {
        self.all += other.all;
        self.went_on += other.went_on;
    }

    fn lost(self) -> Share {
        Share {
            part: self.all - self.went_on,
            whole: self.all,
        }
    }

    pub(super) fn loss(self) -> Option<f64> {
        rate(self.lost().part, self.all)
    }
}

/// Why a stage is a bottleneck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BottleneckRule)]
pub enum Rule {
    /// Significantly more stay behind than of the site's journeys before.
    WorseThanBefore,
    /// More stay behind than the limit.
    OverLimit,
}

/// A stage at which more stay behind than should.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Bottleneck {
    /// Of whom.
    pub group: Group,
    /// The dimension's value where it is of one.
    pub value: Option<String>,
    /// The key of the stage in which they stay.
    pub stage: String,
    /// The key of the next one.
    pub next: String,
    /// The rule that says so, the stronger of two.
    pub rule: Rule,
    /// The version of the rules.
    pub rule_version: u32,
    /// Journeys that were followed: the sample.
    pub followed: u64,
    /// Who of them did not go on in time.
    pub lost: u64,
    /// Those, of `followed`.
    pub loss: f64,
    /// The site's journeys before that were followed alike.
    pub followed_before: u64,
    /// What was lost of them; null where they are too few to say.
    pub loss_before: Option<f64>,
    /// The chance of such a difference or a greater one if nothing had changed (Fisher's exact test, to one side); null where
    /// there are too few before.
    pub chance: Option<f64>,
    /// How many more of `followed` would have gone on at the loss before; null where that is no less, or not known.
    pub would_go_on: Option<f64>,
    /// How many of those would have reached the last stage, at the rate at which those do who went on.
    pub would_convert: Option<f64>,
    /// What to look at.
    pub recommendation: String,
}

/// Finds them: the greatest loss in people first.
pub(super) fn judge(
    definition: &Definition,
    judging: &Judging,
    groups: &[(Group, Option<String>, Journeys)],
    before: &[Followed],
) -> Vec<Bottleneck> {
    let enough = |followed: &Followed| followed.all >= LEAST;
    let asked = groups.iter().filter(|(group, ..)| *group != Group::Others);
    let pairs: Vec<_> = asked
        .flat_map(|(group, value, journeys)| {
            let stages = journeys.followed.iter().zip(before).enumerate();
            stages
                .map(move |(place, (own, before))| (*group, value, journeys, place, *own, *before))
        })
        .filter(|(.., own, _)| enough(own))
        .collect();
    // Who asks often enough is told something at last: what is significant is divided among all that is asked.
    let tests = pairs.iter().filter(|(.., before)| enough(before)).count();
    let mut found: Vec<Bottleneck> = pairs
        .into_iter()
        .filter_map(|(group, value, journeys, place, own, before)| {
            let loss = own.loss()?;
            let known = Some(before).filter(enough);
            let chance = known.map(|before| chance(own.lost(), before.lost()));
            let rule = match chance {
                Some(chance) if chance <= LEVEL / tests as f64 => Rule::WorseThanBefore,
                _ if loss > judging.limit => Rule::OverLimit,
                _ => return None,
            };
            let loss_before = known.and_then(Followed::loss);
            let would_go_on = loss_before
                .map(|before| (loss - before) * own.all as f64)
                .filter(|more| *more > 0.0);
            let last = journeys.reached.last().copied().unwrap_or(0);
            let converts = rate(last, journeys.reached[place + 1]);
            let mut bottleneck = Bottleneck {
                group,
                value: value.clone(),
                stage: definition.key(place).to_owned(),
                next: definition.key(place + 1).to_owned(),
                rule,
                rule_version: VERSION,
                followed: own.all,
                lost: own.lost().part,
                loss,
                followed_before: before.all,
                loss_before,
                chance,
                would_go_on,
                would_convert: would_go_on.zip(converts).map(|(more, rate)| more * rate),
                recommendation: String::new(),
            };
            let usual = percentile(&mut journeys.spent[place].clone(), 90);
            bottleneck.recommendation = sentence(definition, judging, place, &bottleneck, usual);
            Some(bottleneck)
        })
        .collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.lost));
    found
}

/// What a bottleneck says to whoever can do something about it.
fn sentence(
    definition: &Definition,
    judging: &Judging,
    place: usize,
    found: &Bottleneck,
    usual: Option<i64>,
) -> String {
    let label = |place: usize| definition.stages()[place].label.as_str();
    let percent = |part: f64| format!("{:.0} %", part * 100.0);
    let whose = match (&found.group, &found.value) {
        (Group::Value, Some(value)) => format!(" of {value}"),
        (Group::Value, None) => " of which the source is not known".to_owned(),
        _ => String::new(),
    };
    let mut text = format!(
        "{}: {} of {} journeys{whose} did not go on to {} within {}",
        label(place),
        percent(found.loss),
        found.followed,
        label(place + 1),
        length(judging.within_ms),
    );
    match (found.rule, found.loss_before) {
        (Rule::WorseThanBefore, Some(before)) => {
            let more = found.would_go_on.unwrap_or_default();
            text += &format!(
                ", where {} of {} did not before. Look for what has changed since; at the earlier rate about {more:.0} more would have gone on.",
                percent(before),
                found.followed_before,
            );
        }
        _ => text += &format!(", more than the limit of {}.", percent(judging.limit)),
    }
    let (milestones, _) = definition.leading_to(|rank| rank == place + 1);
    if !milestones.is_empty() {
        text += &format!(" What leads there: {}.", milestones.join(", "));
    }
    if let Some(usual) = usual {
        let most = length(usual);
        text += &format!(
            " Nine of ten who do go on have done so after {most}: reach out to those who have not by then."
        );
    }
    text
}

/// A length of time in the greatest unit that has some of it, rounded up.
fn length(ms: i64) -> String {
    let units = [(DAY_MS, "day"), (3_600_000, "hour"), (60_000, "minute")];
    let (unit, name) = units
        .into_iter()
        .find(|(unit, _)| ms >= *unit)
        .unwrap_or((60_000, "minute"));
    match (ms + unit - 1) / unit {
        0 | 1 => format!("1 {name}"),
        many => format!("{many} {name}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_in_one_unit() {
        for (ms, text) in [
            (0, "1 minute"),
            (90_000, "2 minutes"),
            (3_600_000, "1 hour"),
            (DAY_MS, "1 day"),
            (DAY_MS + 1, "2 days"),
        ] {
            assert_eq!(length(ms), text);
        }
    }

    const JUDGING: Judging = Judging {
        limit: 0.3,
        within_ms: 7 * DAY_MS,
        before_ms: 90 * DAY_MS,
        as_of: 0,
    };

    fn journeys(followed: [(u64, u64); 3]) -> (Group, Option<String>, Journeys) {
        let mut journeys = Journeys::new(4);
        journeys.followed = all(followed);
        journeys.reached = vec![200, 80, 40, 20];
        journeys.spent[0] = vec![DAY_MS; 48];
        (Group::All, None, journeys)
    }

    fn all(followed: [(u64, u64); 3]) -> Vec<Followed> {
        let followed = followed.map(|(all, went_on)| Followed { all, went_on });
        followed.to_vec()
    }

    #[test]
    fn a_loss_is_held_against_the_time_before() {
        let own = [journeys([(120, 48), (48, 36), (29, 0)])];
        let before = all([(400, 240), (240, 180), (100, 90)]);
        let found = judge(&Definition::standard(), &JUDGING, &own, &before);
        // Of the second nothing is too much, of the third there are too few.
        assert_eq!(found.len(), 1);
        let one = &found[0];
        assert_eq!(
            (one.rule, one.stage.as_str(), one.next.as_str()),
            (Rule::WorseThanBefore, "anonymous", "registered")
        );
        assert_eq!(
            (one.followed, one.lost, one.followed_before),
            (120, 72, 400)
        );
        assert!((one.would_go_on.unwrap() - 24.0).abs() < 1e-9);
        assert!((one.would_convert.unwrap() - 6.0).abs() < 1e-9);
        assert!(one.chance.unwrap() < 0.001);
        assert_eq!(
            one.recommendation,
            "Anonymous: 60 % of 120 journeys did not go on to Registered within 7 days, where 40 % of 400 did not before. \
             Look for what has changed since; at the earlier rate about 24 more would have gone on. What leads there: signup_at. \
             Nine of ten who do go on have done so after 1 day: reach out to those who have not by then."
        );
    }

    #[test]
    fn without_enough_before_the_limit_alone_decides() {
        let own = [journeys([(120, 48), (48, 36), (30, 20)])];
        let found = judge(
            &Definition::standard(),
            &JUDGING,
            &own,
            &all([(29, 29), (0, 0), (400, 390)]),
        );
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.stage.as_str(), one.rule, one.loss_before))
            .collect();
        assert_eq!(
            told,
            [
                ("anonymous", Rule::OverLimit, None),
                ("qualified", Rule::WorseThanBefore, Some(0.025))
            ]
        );
        assert_eq!(found[0].would_go_on, None);
        let generous = Judging {
            limit: 0.6,
            ..JUDGING
        };
        let found = judge(&Definition::standard(), &generous, &own, &all([(0, 0); 3]));
        assert_eq!(found, []);
    }

    #[test]
    fn who_has_had_no_time_to_go_on_is_not_followed() {
        let judging = Judging {
            limit: 0.3,
            within_ms: 10,
            before_ms: 100,
            as_of: 50,
        };
        let mut followed = Followed::default();
        for (entered, went_on) in [
            (40, None),
            (41, None),
            (30, Some(40)),
            (30, Some(41)),
            (45, Some(46)),
        ] {
            followed.add(entered, went_on, &judging);
        }
        assert_eq!((followed.all, followed.went_on), (3, 1));
    }
}
