//! `GET /api/v1/analytics/funnel`

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::length::Length;
use super::range::wrong;
use super::{Answer, Asked, Common};
use crate::analytics::attempt::{Order, Rule};
use crate::analytics::definitions::FUNNEL;
use crate::analytics::field::Field;
use crate::analytics::funnel::{Asking, Funnel, Outcome, funnel};
use crate::analytics::scope::Scope;
use crate::analytics::steps::{MOST_STEPS, Sought, Step};
use crate::analytics::whose::By;
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::http::input;
use crate::http::openapi::failures;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// A JSON list of 2 to 20 steps: `[{"page":"/pricing"},{"event":"trial","name":"Trial"},{"milestone":"signup_at"}]`. Each may
    /// have `op`, `name` and `filters`, and of events and milestones `props`: `{"event":"trial","props":{"plan":["pro","team"]}}`.
    #[param(required = true)]
    steps: Option<String>,
    /// From the first step to the last: `30m`, `24h`, `7d`, at most 366 days; seven days where there is none.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>)]
    window: Option<Length>,
    /// What may lie between two steps; `loose` where nothing is said.
    #[serde(default, deserialize_with = "input::parsed")]
    order: Option<Order>,
    /// Who counts as one; `person` where nothing is said.
    #[serde(default, deserialize_with = "input::parsed")]
    by: Option<By>,
    /// The dimension of the first step by which the answer is broken down, or `property:NAME` for a property of it.
    #[serde(default, deserialize_with = "input::parsed")]
    breakdown: Option<Field>,
    /// The step, from 1, of which people are listed; for those who may be told of single persons.
    people: Option<usize>,
    /// Which of them; `reached` where nothing is said.
    #[serde(default, deserialize_with = "input::parsed")]
    outcome: Option<Outcome>,
}

/// How many made one step after another, and how long it took them.
#[utoipa::path(get, path = "/api/v1/analytics/funnel", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Funnel>), failures::Asking))]
pub(crate) async fn counts(
    State(app): State<App>,
    mut asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let steps = steps(&mut asked)?;
    let breakdown = asked.own.breakdown.take();
    if let Some(field) = &breakdown {
        asked.reads(field, "breakdown")?;
    }
    let own = &asked.own;
    let rule = Rule {
        steps: steps.len(),
        window: own.window.unwrap_or(Length::days(7)).ms,
        order: own.order.unwrap_or_default(),
    };
    let people = people(&asked, steps.len())?;
    let by = own.by.unwrap_or_default();
    let stages = app.store().stages(asked.site.id);
    let question = move |scope: &Scope<'_>, _: &super::Range| {
        let asking = Asking {
            sought: Sought::of(scope.columns, &steps, &stages).map_err(ApiError::internal)?,
            names: steps.iter().map(|step| step.title().to_owned()).collect(),
            rule,
            by,
            breakdown: breakdown.as_ref().map(|field| field.reading(scope.columns)),
            people,
        };
        Ok(funnel(scope, &asking))
    };
    asked.answer(&app, FUNNEL, question).await
}

fn steps(asked: &mut Asked<Params>) -> Result<Vec<Step>, ApiError> {
    let wrong = |message: String| wrong("steps", &message);
    let text = asked.own.steps.take();
    let text = text.ok_or_else(|| wrong("is missing".to_owned()))?;
    let steps: Vec<Step> = serde_json::from_str(&text)
        .map_err(|error| wrong(format!("is no JSON list of steps: {error}")))?;
    if !(2..=MOST_STEPS).contains(&steps.len()) {
        return Err(wrong(format!(
            "has to be a list of 2 to {MOST_STEPS} steps"
        )));
    }
    for (place, step) in steps.iter().enumerate() {
        let told = |error| wrong(format!("has a wrong step {}: it {error}", place + 1));
        step.check().map_err(told)?;
        asked.reads_step(step, "steps")?;
    }
    Ok(steps)
}

fn people(asked: &Asked<Params>, steps: usize) -> Result<Option<(usize, Outcome)>, ApiError> {
    let outcome = asked.own.outcome.unwrap_or_default();
    let Some(step) = asked.own.people else {
        return Ok(None);
    };
    if !asked.shows_persons {
        let message = "The parameter people asks for single persons, which you may not be told of.";
        return Err(ApiError::new(Code::Forbidden, message).field("people"));
    }
    let first = match outcome {
        Outcome::Reached => 1,
        Outcome::Dropped => 2,
    };
    if !(first..=steps).contains(&step) {
        return Err(wrong(
            "people",
            &format!("has to be a step from {first} to {steps}"),
        ));
    }
    Ok(Some((step, outcome)))
}
