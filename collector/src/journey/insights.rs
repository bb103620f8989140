//! Insights: what somebody's figures suggest, as sentences with the figures that led to them.
//!
//! [`rules`] has the rules: conditions on [`Seen`]. Because each is a pure function of a moment, the moments at which it held can
//! be had of any time, the future included as long as nothing more happens ([`history`]): that is what is kept of insights.

mod history;
mod rules;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::history::{Known, Spell};
pub use self::rules::shows_prices;
use self::rules::{Finding, RULES, Rule};
use super::model::UnknownName;
use super::score::{EngagementScore, Occasions, RecordKind};

/// What is known of somebody.
#[derive(Debug)]
pub struct Seen<'s> {
    /// Now.
    pub now: i64,
    /// When they were there.
    pub occasions: &'s Occasions,
    /// Their score now.
    pub score: &'s EngagementScore,
    /// Sessions ever.
    pub total_sessions: i64,
    /// Whether there is an order.
    pub has_ordered: bool,
    /// Whether they have reached the site's last stage.
    pub is_converted: bool,
    /// Views of the prices within the window: time and id, the latest first.
    pub price_views: &'s [(i64, Uuid)],
}

impl Seen<'_> {
    fn window_days(&self) -> i64 {
        self.occasions.scale().window_days
    }
}

/// What an insight is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InsightKind {
    /// It speaks for interest.
    Signal,
    /// Somebody may be lost.
    Risk,
}

/// What somebody's figures suggest.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Insight {
    /// The rule's name, which stays.
    pub rule: &'static str,
    /// The rule's version.
    pub version: u32,
    /// What it is for.
    pub kind: InsightKind,
    /// What was found, as an English sentence.
    pub text: String,
    /// What one could do next, as an English sentence.
    pub action: &'static str,
    /// The figures that led to it.
    pub evidence: Vec<Evidence>,
    /// What the figures are of, the latest first; at most ten.
    pub records: Vec<Record>,
}

/// What an insight says beside its rule.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct InsightDetail<'i> {
    /// What was found, as an English sentence.
    pub text: &'i str,
    /// What one could do next, as an English sentence.
    pub action: &'i str,
    /// The figures that led to it.
    pub evidence: &'i [Evidence],
    /// What the figures are of, the latest first; at most ten.
    pub records: &'i [Record],
}

impl InsightKind {
    /// As it is written in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Risk => "risk",
        }
    }
}

impl std::str::FromStr for InsightKind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "signal" => Ok(Self::Signal),
            "risk" => Ok(Self::Risk),
            _ => Err(UnknownName),
        }
    }
}

impl Insight {
    /// What it says beside its rule and kind.
    pub fn detail(&self) -> InsightDetail<'_> {
        InsightDetail {
            text: &self.text,
            action: self.action,
            evidence: &self.evidence,
            records: &self.records,
        }
    }
}

/// A figure and what the rule asks of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Evidence {
    /// What was counted or measured.
    pub figure: &'static str,
    /// What it is.
    pub value: f64,
    /// Whether the rule asks for so much, or for no more.
    pub asks: Asks,
    /// How much.
    pub threshold: f64,
}

/// Which side of a threshold a rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// The threshold or more.
    AtLeast,
    /// The threshold or less.
    AtMost,
}

/// A session, interaction or page view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Record {
    /// Which of them.
    #[serde(rename = "type")]
    pub kind: RecordKind,
    /// Its id.
    pub id: Uuid,
}

/// What the rules find.
pub fn insights(seen: &Seen<'_>) -> Vec<Insight> {
    let found = |rule: &Rule| Some(rule.insight((rule.find)(seen)?));
    RULES.iter().filter_map(found).collect()
}

/// The rules that there are: name, version and kind.
pub fn rules() -> impl Iterator<Item = (&'static str, u32, InsightKind)> {
    RULES
        .iter()
        .map(|rule| (rule.name, rule.version, rule.kind))
}

impl Rule {
    fn insight(&self, found: Finding) -> Insight {
        Insight {
            rule: self.name,
            version: self.version,
            kind: self.kind,
            text: found.text,
            action: self.action,
            evidence: found.evidence,
            records: found.records,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::score::{DAY_MS, Occasion};
    use super::rules::{HIGH_SCORE, MOST_RECORDS};
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    /// Somebody of whom sessions are known, so many days ago and by so many channels in turn.
    #[derive(Clone)]
    struct Somebody {
        days_ago: Vec<i64>,
        channels: usize,
        total_sessions: i64,
        orders: i64,
        is_converted: bool,
        price_views: usize,
    }

    impl Somebody {
        fn there(days_ago: &[i64]) -> Self {
            Self {
                days_ago: days_ago.to_vec(),
                channels: 1,
                total_sessions: days_ago.len() as i64,
                orders: 0,
                is_converted: false,
                price_views: 0,
            }
        }

        fn insights(&self) -> Vec<Insight> {
            let session = |(place, ago): (usize, &i64)| Occasion {
                kind: RecordKind::Session,
                id: Uuid::from_u128(place as u128),
                began: NOW - ago * DAY_MS,
                last: NOW - ago * DAY_MS,
                channel: Some(format!("channel {}", place % self.channels)),
            };
            let known = self.days_ago.iter().enumerate().map(session).collect();
            let occasions = Occasions::of(known, None);
            let views: Vec<(i64, Uuid)> = (0..self.price_views as u128)
                .map(|id| (NOW, Uuid::from_u128(id)))
                .collect();
            let found = insights(&Seen {
                now: NOW,
                occasions: &occasions,
                score: &occasions.score(NOW),
                total_sessions: self.total_sessions,
                has_ordered: self.orders > 0,
                is_converted: self.is_converted,
                price_views: &views,
            });
            for insight in &found {
                for Evidence {
                    value,
                    asks,
                    threshold,
                    ..
                } in &insight.evidence
                {
                    let holds = match asks {
                        Asks::AtLeast => value >= threshold,
                        Asks::AtMost => value <= threshold,
                    };
                    assert!(holds, "{insight:?}");
                }
                assert!(
                    (1..=MOST_RECORDS).contains(&insight.records.len()),
                    "{insight:?}"
                );
            }
            found
        }

        fn rules(&self) -> Vec<&'static str> {
            self.insights().iter().map(|found| found.rule).collect()
        }
    }

    #[test]
    fn rules_have_names_of_their_own() {
        let names: std::collections::BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), RULES.len());
    }

    #[test]
    fn of_little_nothing_is_said() {
        assert_eq!(Somebody::there(&[]).rules(), [""; 0]);
        assert_eq!(Somebody::there(&[0]).rules(), [""; 0]);
        assert_eq!(Somebody::there(&[200]).rules(), [""; 0]);
    }

    #[test]
    fn high_engagement_wants_the_score() {
        let mut often = Somebody::there(&[0, 1, 2, 3, 4, 5, 6]);
        // 0.4 + 0.28 + 0.04
        assert_eq!(often.rules(), ["high_engagement"]);
        assert_eq!(often.insights()[0].evidence[0].threshold, HIGH_SCORE);
        often.days_ago.pop();
        assert_eq!(often.rules(), [""; 0]);
    }

    #[test]
    fn several_channels_are_three() {
        let mut one = Somebody::there(&[8, 9, 10]);
        one.channels = 3;
        assert_eq!(one.rules(), ["several_channels"]);
        assert!(
            one.insights()[0]
                .text
                .contains("channel 0, channel 1, channel 2")
        );
        one.channels = 2;
        assert_eq!(one.rules(), [""; 0]);
    }

    #[test]
    fn prices_are_seen_again_and_again() {
        let mut one = Somebody::there(&[1]);
        one.price_views = 3;
        assert_eq!(one.rules(), ["prices_seen"]);
        one.price_views = 2;
        assert_eq!(one.rules(), [""; 0]);
    }

    #[test]
    fn a_return_is_news_for_a_week() {
        assert_eq!(Somebody::there(&[80, 45, 7, 2]).rules(), ["returned"]);
        let found = &Somebody::there(&[80, 45, 7, 2]).insights()[0];
        assert_eq!(found.evidence[0].value, 38.0);
        assert_eq!(found.records.len(), 2);
        // A week is over, and a silence that was too short.
        assert_eq!(Somebody::there(&[45, 8, 2]).rules(), [""; 0]);
        assert_eq!(Somebody::there(&[31, 2]).rules(), [""; 0]);
    }

    #[test]
    fn only_who_was_active_goes_quiet() {
        assert_eq!(Somebody::there(&[40, 20, 14]).rules(), ["going_quiet"]);
        assert_eq!(Somebody::there(&[40, 20, 13]).rules(), [""; 0]);
        assert_eq!(Somebody::there(&[95, 94, 91]).rules(), [""; 0]);
        assert_eq!(Somebody::there(&[60, 20, 14]).rules(), [""; 0]);
    }

    #[test]
    fn many_sessions_want_a_conversion() {
        let mut one = Somebody::there(&[20]);
        one.total_sessions = 8;
        assert_eq!(one.rules(), ["no_conversion"]);
        let changes: [fn(&mut Somebody); 4] = [
            |one| one.total_sessions = 7,
            |one| one.orders = 1,
            |one| one.is_converted = true,
            |one| one.days_ago = vec![31],
        ];
        for change in changes {
            let mut other = one.clone();
            change(&mut other);
            assert_eq!(other.rules(), [""; 0]);
        }
    }

    #[test]
    fn a_page_of_prices_is_named_so() {
        for url in [
            "https://shop.example/pricing",
            "https://shop.example/en/Pricing/?plan=team",
            "https://shop.example/plans.html#team",
        ] {
            assert!(shows_prices(url), "{url}");
        }
        for url in [
            "https://shop.example/?from=/pricing",
            "https://shop.example/pricing-history",
            "https://pricing.example/",
            "pricing",
        ] {
            assert!(!shows_prices(url), "{url}");
        }
    }
}
