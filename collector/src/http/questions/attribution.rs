//! `GET /api/v1/analytics/attribution`

use std::str::FromStr;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Answer, Asked, Common};
use crate::analytics::attribution::Model;
use crate::analytics::credit::{Credits, DAY_MS, Question, credit};
use crate::analytics::definitions::ATTRIBUTION;
use crate::analytics::dimension::{Dimension, Of};
use crate::analytics::goal::Goal;
use crate::analytics::progress::Stages;
use crate::analytics::scope::Scope;
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::http::input;
use crate::http::openapi::failures;
use crate::money::Currency;

/// Days of the look-back, and how many where nobody says.
const MOST_DAYS: i64 = 365;
const DEFAULT_DAYS: i64 = 30;
/// Days of a half-life.
const HALF_LIVES: std::ops::RangeInclusive<f64> = 0.01..=365.0;
const DEFAULT_HALF_LIFE: f64 = 7.0;
/// Rows, and how many where nobody says.
const KEYS: std::ops::RangeInclusive<usize> = 1..=100;
const DEFAULT_KEYS: usize = 30;
/// Resamples, and how many where nobody says.
const RESAMPLES: std::ops::RangeInclusive<usize> = 50..=1000;
const DEFAULT_RESAMPLES: usize = 200;

/// Every model by its name; the half-life is the question's.
const MODELS: [(&str, Model); 11] = [
    ("first", Model::First),
    ("last", Model::Last),
    ("last_non_direct", Model::LastNonDirect),
    ("linear", Model::Linear),
    ("time_decay", Model::TimeDecay { half_life_ms: 1 }),
    ("position", Model::Position),
    ("w_shaped", Model::WShaped),
    ("markov_1", Model::Markov { order: 1 }),
    ("markov_2", Model::Markov { order: 2 }),
    ("markov_3", Model::Markov { order: 3 }),
    ("shapley", Model::Shapley),
];

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// What touchpoints are counted by: a dimension of sessions or of a visitor's first touch; `channel` where there is none.
    #[serde(default, deserialize_with = "input::parsed")]
    by: Option<Dimension>,
    /// What counts as a conversion: `conversions` (what was told as one; where there is none), `orders`, `event:NAME` or
    /// `milestone:NAME`.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>)]
    conversion: Option<Goal>,
    /// Days before a conversion in which touchpoints count, 1 to 365, or `all`; 30 where there is none.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>)]
    lookback: Option<Lookback>,
    /// Which models, separated by commas: `first`, `last`, `last_non_direct`, `linear`, `time_decay`, `position`, `w_shaped`,
    /// `markov_1`, `markov_2`, `markov_3`, `shapley`; all where there is none.
    models: Option<String>,
    /// Days in which a touchpoint loses half of its weight by `time_decay`, 0.01 to 365; 7 where there is none.
    half_life: Option<f64>,
    /// How many keys have a row of their own, 1 to 100; 30 where there is none.
    keys: Option<usize>,
    /// Whether each share is told with the interval in which it lies but for one in twenty, by drawing people again.
    #[serde(default)]
    intervals: bool,
    /// How often they are drawn, 50 to 1000; 200 where there is none.
    resamples: Option<usize>,
    /// What the drawing follows from; 0 where there is none.
    #[serde(default)]
    seed: u64,
    /// Whether the hundred most frequent paths are told.
    #[serde(default)]
    paths: bool,
    /// The key whose single touches are told, with `model`; for whoever may be told of single persons.
    touches: Option<String>,
    /// By which model, of those that look at one conversion alone; `linear` where there is none.
    model: Option<String>,
}

/// How long before a conversion a touchpoint may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lookback(Option<i64>);

impl FromStr for Lookback {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "all" {
            return Ok(Self(None));
        }
        let days = text.parse::<i64>().ok();
        let days = days.filter(|days| (1..=MOST_DAYS).contains(days));
        days.map(|days| Self(Some(days * DAY_MS)))
            .ok_or("neither a number of days from 1 to 365 nor all")
    }
}

impl Lookback {
    /// Milliseconds; nothing for any time.
    pub(super) fn ms(given: Option<Self>) -> Option<i64> {
        given.map_or(Some(DEFAULT_DAYS * DAY_MS), |one| one.0)
    }
}

pub(super) fn wrong(field: &'static str, message: &str) -> ApiError {
    let message = format!("The parameter {field} {message}.");
    ApiError::new(Code::InvalidParameter, message).field(field)
}

pub(super) fn within<T: PartialOrd + Copy + std::fmt::Display>(
    field: &'static str,
    given: Option<T>,
    range: &std::ops::RangeInclusive<T>,
    usual: T,
) -> Result<T, ApiError> {
    let given = given.unwrap_or(usual);
    if range.contains(&given) {
        return Ok(given);
    }
    let message = format!("has to be within {} to {}", range.start(), range.end());
    Err(wrong(field, &message))
}

impl Params {
    fn model(&self, field: &'static str, name: &str) -> Result<(&'static str, Model), ApiError> {
        let days = within("half_life", self.half_life, &HALF_LIVES, DEFAULT_HALF_LIFE)?;
        let known = MODELS.iter().find(|(known, _)| *known == name.trim());
        let (name, model) = known.copied().ok_or_else(|| {
            let all: Vec<&str> = MODELS.iter().map(|(name, _)| *name).collect();
            wrong(field, &format!("has to name some of {}", all.join(", ")))
        })?;
        Ok(match model {
            Model::TimeDecay { .. } => (
                name,
                Model::TimeDecay {
                    half_life_ms: (days * DAY_MS as f64) as i64,
                },
            ),
            model => (name, model),
        })
    }

    fn question(&self) -> Result<Question, ApiError> {
        let names: Vec<&str> = match &self.models {
            Some(names) => names.split(',').collect(),
            None => MODELS.iter().map(|(name, _)| *name).collect(),
        };
        let mut models = Vec::new();
        for name in names {
            let model = self.model("models", name)?;
            if !models.contains(&model) {
                models.push(model);
            }
        }
        let by = self.by.unwrap_or(Dimension::Channel);
        if by.of() == Of::Item || by.is_personal() {
            let message = "has to be a dimension of sessions or of a visitor's first touch";
            return Err(wrong("by", message));
        }
        let touches = match &self.touches {
            Some(key) => {
                let name = self.model.as_deref().unwrap_or("linear");
                let (_, model) = self.model("model", name)?;
                if let Model::Markov { .. } = model {
                    let message = "has to look at one conversion alone, which chains do not";
                    return Err(wrong("model", message));
                }
                Some((key.clone(), model))
            }
            None => None,
        };
        let resamples = within("resamples", self.resamples, &RESAMPLES, DEFAULT_RESAMPLES)?;
        Ok(Question {
            by,
            goal: self.conversion.clone().unwrap_or_default(),
            lookback: Lookback::ms(self.lookback),
            models,
            keys: within("keys", self.keys, &KEYS, DEFAULT_KEYS)?,
            paths: self.paths,
            intervals: self.intervals.then_some((resamples, self.seed)),
            touches,
        })
    }
}

/// Conversions and their value, divided among what led to them, by several models side by side.
#[utoipa::path(get, path = "/api/v1/analytics/attribution", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Credits>), failures::Asking))]
pub(crate) async fn shares(
    State(app): State<App>,
    asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let question = asked.own.question()?;
    if question.touches.is_some() && !asked.shows_persons {
        let message = "Touches tell of single persons, which you may not be told of.";
        return Err(ApiError::new(Code::Forbidden, message).field("touches"));
    }
    let exchange = app.store().exchange(&asked.site, Currency::all()).await?;
    let definition = app.store().stages(asked.site.id);
    let answer = move |scope: &Scope<'_>, _: &super::Range| {
        let stages = Stages::of(definition.clone(), scope.columns);
        Ok(credit(scope, &question, &stages, &exchange))
    };
    asked.answer(&app, ATTRIBUTION, answer).await
}
