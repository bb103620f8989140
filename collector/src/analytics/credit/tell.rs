//! What was divided, as answers say it.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use super::paths::{Credited, Paths};
use super::{Keys, MOST_PATHS, MOST_TOUCHES, Question, numbered};
use crate::analytics::attribution::bootstrap::{Interval, Intervals, shares};
use crate::analytics::attribution::{Attribution, Conversion, Credit, Key, Model, Visit, WHOLE};
use crate::analytics::goal::Wanted;
use crate::analytics::prices::Worth;
use crate::columns::Columns;
use crate::journey::Identity;
use crate::money::{Currency, Sum};

/// Conversions, divided among keys by several models.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Attributed)]
pub struct Credits {
    /// The keys, those with the most touchpoints first.
    pub rows: Vec<Row>,
    /// What was divided: by each model, what the rows have and what is unattributed add up to it to the last digit.
    pub total: Whole,
    /// The conversions of which no touchpoint is known within the look-back.
    pub unattributed: Whole,
    /// The currency of values; null where there are none.
    pub currency: Option<String>,
    /// Orders whose value nobody told: they count, with no value.
    pub orders_without_value: u64,
    /// What is no part of any value, because there is no rate into the site's currency.
    pub unconverted: Vec<Foreign>,
    /// How many persons did not convert; Markov chains learn from their paths too.
    pub not_converted: u64,
    /// What was asked.
    pub asked: Stated,
    /// The most frequent paths, where they were asked for.
    pub paths: Option<Vec<PathRow>>,
    /// The latest touches behind the share of one key, where they were asked for.
    pub touches: Option<Vec<Touch>>,
}

/// What counts, and how it is divided.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = AttributionAsked)]
pub struct Stated {
    /// What touchpoints are counted by.
    pub by: &'static str,
    /// What counts as a conversion.
    pub conversion: String,
    /// Days before a conversion in which touchpoints count; null for all of them.
    pub lookback_days: Option<i64>,
    /// The models.
    pub models: Vec<Named>,
}

/// A model as it was asked.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = AttributionModel)]
pub struct Named {
    /// Its name in the rows.
    pub model: &'static str,
    /// Days in which a touchpoint loses half of its weight, of `time_decay`.
    pub half_life_days: Option<f64>,
    /// How many resamples the intervals are of. Fewer than were asked for where more would have taken too long, and 0, without
    /// intervals, where not even fifty were possible; null where nobody asked.
    pub resamples: Option<usize>,
    /// False where the model could not be solved: the rows do not have it.
    pub solved: bool,
}

/// A number of conversions and what they are worth. Decimal text, exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AttributedWhole)]
pub struct Whole {
    /// Conversions.
    #[schema(format = "decimal")]
    pub conversions: String,
    /// What they are worth; null where conversions have no value.
    #[schema(format = "decimal")]
    pub value: Option<String>,
}

/// Orders in a currency without a rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AttributionUnconverted)]
pub struct Foreign {
    /// The code; null where none was told.
    pub currency: Option<String>,
    /// Orders.
    pub orders: u64,
    /// What they brought, net of refunds.
    #[schema(format = "decimal")]
    pub net: String,
}

/// A key with what each model gives it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = AttributionRow)]
pub struct Row {
    /// The value of the dimension; null where it is not known, and of the rest.
    pub key: Option<String>,
    /// Whether these are all the keys without a row of their own.
    pub rest: bool,
    /// Touchpoints on the ways of those who converted and of those who did not.
    pub touchpoints: u64,
    /// By model; one that could not be solved is not there.
    pub models: BTreeMap<&'static str, Share>,
}

/// What a key is given.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = AttributionShare)]
pub struct Share {
    /// Conversions, to a millionth.
    #[schema(format = "decimal")]
    pub conversions: String,
    /// What they are worth; null where conversions have no value.
    #[schema(format = "decimal")]
    pub value: Option<String>,
    /// Its part of all conversions, also the unattributed ones; null where there are none.
    pub share: Option<f64>,
    /// The lower end of the interval of `conversions`.
    #[schema(format = "decimal")]
    pub conversions_low: Option<String>,
    /// The upper end.
    #[schema(format = "decimal")]
    pub conversions_high: Option<String>,
    /// The lower end of the interval of `value`.
    #[schema(format = "decimal")]
    pub value_low: Option<String>,
    /// The upper end.
    #[schema(format = "decimal")]
    pub value_high: Option<String>,
}

/// One step of a path.
pub type Path = Vec<Option<String>>;

/// A path and those who went it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = AttributionPath)]
pub struct PathRow {
    /// The keys, the oldest first; null for one that is not known. The rest's are `(rest)`.
    pub path: Path,
    /// Conversions at its end.
    pub conversions: u64,
    /// What they are worth; null where conversions have no value.
    #[schema(format = "decimal")]
    pub value: Option<String>,
    /// Persons who went it and did not convert.
    pub not_converted: u64,
    /// The mean time from its first touchpoint to the conversion, in milliseconds; null without touchpoints.
    pub mean_ms: Option<i64>,
}

/// A touch and what it was given of a conversion.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = AttributionTouch)]
pub struct Touch {
    /// Whose.
    #[schema(value_type = String)]
    pub person: Identity,
    /// When it was.
    pub at: i64,
    /// When the conversion was.
    pub conversion_at: i64,
    /// What the conversion is worth as a whole; null where it has no value.
    #[schema(format = "decimal")]
    pub value: Option<String>,
    /// Its part of the conversion, from 0 to 1.
    pub weight: f64,
}

/// What is told of.
pub(super) struct Telling<'a> {
    pub(super) columns: &'a Columns,
    pub(super) question: &'a Question,
    pub(super) wanted: &'a Wanted,
    pub(super) paths: &'a Paths,
    pub(super) keys: &'a Keys,
}

/// Millionths as decimal text.
fn decimal(millionths: i128, decimals: usize) -> String {
    Sum::of_millionths(millionths).text(decimals)
}

impl Telling<'_> {
    pub(super) fn tell(
        &self,
        divided: &[Option<Attribution>],
        drawn: Option<&[Intervals]>,
        visits: &[Visit],
    ) -> Credits {
        let count = i128::from(WHOLE) * self.paths.conversions.len() as i128;
        let whole = Credit {
            conversions: count,
            value: self.paths.value(),
        };
        let apart = self.paths.conversions.iter();
        let apart = apart.filter(|one| one.touchpoints.is_empty());
        let apart = apart.fold(Credit::default(), |sum, one| Credit {
            conversions: sum.conversions + i128::from(WHOLE),
            value: sum.value + one.happened.worth.value(),
        });
        let rows = (0..self.keys.count()).map(|key| self.row(key, count, divided, drawn));
        Credits {
            rows: rows.collect(),
            total: self.whole(whole),
            unattributed: self.whole(apart),
            currency: self.currency().map(|currency| currency.to_string()),
            orders_without_value: self.paths.count(|worth| worth == Worth::Untold),
            unconverted: self.unconverted(),
            not_converted: visits.iter().map(|visit| visit.people).sum(),
            asked: self.stated(divided, drawn),
            paths: self.question.paths.then(|| self.paths(visits)),
            touches: self.touches(),
        }
    }

    fn currency(&self) -> Option<Currency> {
        let currency = self.wanted.currency();
        currency.filter(|_| self.wanted.has_value())
    }

    fn value(&self, millionths: i128) -> Option<String> {
        let decimals = self.currency()?.decimals();
        Some(decimal(millionths, decimals))
    }

    fn whole(&self, credit: Credit) -> Whole {
        Whole {
            conversions: decimal(credit.conversions, 0),
            value: self.value(credit.value),
        }
    }

    fn stated(&self, divided: &[Option<Attribution>], drawn: Option<&[Intervals]>) -> Stated {
        let models = self.question.models.iter().enumerate();
        let day = super::DAY_MS;
        Stated {
            by: self.question.by.as_str(),
            conversion: self.question.goal.to_string(),
            lookback_days: self.question.lookback.map(|lookback| lookback / day),
            models: models
                .map(|(place, (name, model))| Named {
                    model: name,
                    half_life_days: match model {
                        Model::TimeDecay { half_life_ms } => {
                            Some(*half_life_ms as f64 / day as f64)
                        }
                        _ => None,
                    },
                    resamples: drawn.map(|drawn| drawn[place].resamples),
                    solved: divided[place].is_some(),
                })
                .collect(),
        }
    }

    fn row(
        &self,
        key: usize,
        count: i128,
        divided: &[Option<Attribution>],
        drawn: Option<&[Intervals]>,
    ) -> Row {
        let models = self.question.models.iter().zip(divided).enumerate();
        let models = models.filter_map(|(place, ((name, _), divided))| {
            let interval = drawn.and_then(|drawn| drawn[place].keys.get(key).copied());
            let credit = divided.as_ref()?.credits[key];
            Some((*name, self.share(credit, count, interval)))
        });
        Row {
            key: self.key(key as Key),
            rest: key >= self.keys.words.len(),
            touchpoints: self.keys.touchpoints[key],
            models: models.collect(),
        }
    }

    fn key(&self, key: Key) -> Option<String> {
        let word = self.keys.words.get(key as usize)?;
        self.columns.text(*word).map(str::to_owned)
    }

    fn share(&self, credit: Credit, count: i128, drawn: Option<(Interval, Interval)>) -> Share {
        let (conversions, value) = drawn.unzip();
        Share {
            conversions: decimal(credit.conversions, 0),
            value: self.value(credit.value),
            share: (count > 0).then(|| credit.conversions as f64 / count as f64),
            conversions_low: conversions.map(|one| decimal(one.low, 0)),
            conversions_high: conversions.map(|one| decimal(one.high, 0)),
            value_low: value.and_then(|one| self.value(one.low)),
            value_high: value.and_then(|one| self.value(one.high)),
        }
    }

    fn unconverted(&self) -> Vec<Foreign> {
        let mut all: BTreeMap<Option<Currency>, (u64, i128)> = BTreeMap::new();
        for one in &self.paths.conversions {
            if let Worth::Foreign(currency, net) = one.happened.worth {
                let sum = all.entry(currency).or_default();
                sum.0 += 1;
                sum.1 += i128::from(net);
            }
        }
        let all = all.into_iter();
        all.map(|(currency, (orders, net))| Foreign {
            currency: currency.map(|currency| currency.to_string()),
            orders,
            net: decimal(net, currency.map_or(0, Currency::decimals)),
        })
        .collect()
    }

    fn paths(&self, visits: &[Visit]) -> Vec<PathRow> {
        #[derive(Default)]
        struct Gone {
            conversions: u64,
            value: i128,
            took: i128,
            lost: u64,
        }
        let mut all: HashMap<Vec<Key>, Gone> = HashMap::new();
        for one in &self.paths.conversions {
            let own = self.paths.of(one);
            let path = own
                .iter()
                .map(|touch| self.keys.number(touch.key))
                .collect();
            let gone = all.entry(path).or_default();
            gone.conversions += 1;
            gone.value += one.happened.worth.value();
            let began = own.first().map_or(one.happened.at, |touch| touch.at);
            gone.took += i128::from(one.happened.at - began);
        }
        for visit in visits {
            if let Some(gone) = all.get_mut(&visit.keys) {
                gone.lost += visit.people;
            }
        }
        let mut all: Vec<(Vec<Key>, Gone)> = all.into_iter().collect();
        all.sort_unstable_by(|(a, one), (b, other)| {
            other
                .conversions
                .cmp(&one.conversions)
                .then_with(|| a.cmp(b))
        });
        all.truncate(MOST_PATHS);
        let told = all.into_iter().map(|(path, gone)| PathRow {
            conversions: gone.conversions,
            value: self.value(gone.value),
            not_converted: gone.lost,
            mean_ms: (!path.is_empty())
                .then(|| i64::try_from(gone.took / i128::from(gone.conversions)).ok())
                .flatten(),
            path: path.into_iter().map(|key| self.step(key)).collect(),
        });
        told.collect()
    }

    fn step(&self, key: Key) -> Option<String> {
        if self.keys.has_rest && key as usize == self.keys.words.len() {
            return Some("(rest)".to_owned());
        }
        self.key(key)
    }

    /// The latest touches of a key, those of the latest conversions first.
    fn touches(&self) -> Option<Vec<Touch>> {
        let (text, model) = self.question.touches.as_ref()?;
        let Some(key) = self.keys.find(self.columns, text) else {
            return Some(Vec::new());
        };
        let mut latest: Vec<_> = self.paths.conversions.iter().collect();
        latest.sort_by_key(|one| std::cmp::Reverse((one.happened.at, one.browser)));
        let mut touches = Vec::new();
        for one in latest {
            let own = self.paths.of(one);
            for (place, weight) in self.weights(*model, one, key) {
                touches.push(Touch {
                    person: match self.columns.text(one.user) {
                        Some(user) => Identity::User(user.to_owned()),
                        None => Identity::Visitor(one.browser),
                    },
                    at: own[place].at,
                    conversion_at: one.happened.at,
                    value: self.value(one.happened.worth.value()),
                    weight,
                });
                if touches.len() == MOST_TOUCHES {
                    return Some(touches);
                }
            }
        }
        Some(touches)
    }

    /// The places of a key's touchpoints that are given something of a conversion, and what.
    fn weights(&self, model: Model, one: &Credited, key: Key) -> Vec<(usize, f64)> {
        let own = self.paths.of(one);
        let is_own = |place: &usize| self.keys.number(own[*place].key) == key;
        let Some(first) = (0..own.len()).find(is_own) else {
            return Vec::new();
        };
        let mut conversion = Conversion {
            at: one.happened.at,
            touchpoints: numbered(own, self.keys),
            registered_at: one.registered_at,
            qualified_at: one.qualified_at,
            ..Conversion::default()
        };
        if model == Model::Shapley {
            let shares = shares(model, &conversion).into_iter();
            return shares
                .filter(|(other, _)| *other == key)
                .map(|(_, weight)| (first, weight))
                .collect();
        }
        // Each is a key of its own, so that each is told what it was given.
        for (place, touch) in conversion.touchpoints.iter_mut().enumerate() {
            touch.key = place as Key;
        }
        let shares = shares(model, &conversion).into_iter();
        shares
            .map(|(place, weight)| (place as usize, weight))
            .filter(|(place, _)| is_own(place))
            .collect()
    }
}
