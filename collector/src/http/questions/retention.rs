//! `GET /api/v1/analytics/retention`

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::range::wrong;
use super::{Answer, Asked, Common};
use crate::analytics::buckets::Interval;
use crate::analytics::definitions::RETENTION;
use crate::analytics::dimension::{Dimension, Of};
use crate::analytics::retention::{
    Asking, MOST_OFFSETS, Periods, Retention, Returning, Since, retention,
};
use crate::analytics::scope::Scope;
use crate::analytics::steps::{Sought, Step};
use crate::analytics::whose::By;
use crate::app::App;
use crate::error::ApiError;
use crate::http::input;
use crate::http::openapi::failures;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// What a cohort is of: `first_seen` (where nothing is said), `first_source`, `first_medium`, `first_channel` or `first_campaign`
    /// for one of each value, or the first `milestone:NAME`, `event:NAME` or `page:PATH`.
    cohort: Option<String>,
    /// What counts as coming back: `session` (where nothing is said), `event:NAME`, `milestone:NAME` or `page:PATH`.
    returning: Option<String>,
    /// `day`, `week` or `month`; by the number of days where there is none.
    #[serde(default, deserialize_with = "input::parsed")]
    period: Option<Interval>,
    /// Periods of which return is told, the cohort's own included: 2 to 100; 13 where there is none.
    periods: Option<usize>,
    /// Who counts as one; `person` where nothing is said.
    #[serde(default, deserialize_with = "input::parsed")]
    by: Option<By>,
}

/// What people have to do, before there are columns.
enum Told {
    Seen,
    Split(Dimension),
    Doing(Step),
}

/// How many of those who began together came back, period by period.
#[utoipa::path(get, path = "/api/v1/analytics/retention", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Retention>), failures::Asking))]
pub(crate) async fn cohorts(
    State(app): State<App>,
    asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let own = &asked.own;
    let since = since(own.cohort.as_deref().unwrap_or("first_seen"))?;
    let returning = match own.returning.as_deref() {
        None | Some("session") => None,
        Some(text) => Some(doing("returning", text)?),
    };
    let period = own.period.unwrap_or(match asked.range.days() {
        ..=31 => Interval::Day,
        32..=200 => Interval::Week,
        _ => Interval::Month,
    });
    if period == Interval::Hour {
        return Err(wrong("period", "has to be day, week or month"));
    }
    let offsets = own.periods.unwrap_or(13);
    if !(2..=MOST_OFFSETS).contains(&offsets) {
        return Err(wrong("periods", "has to be 2 to 100"));
    }
    let by = own.by.unwrap_or_default();
    let stages = app.store().stages(asked.site.id);
    let question = move |scope: &Scope<'_>, range: &super::Range| {
        let sought = |step: &Step| {
            let sought = Sought::of(scope.columns, std::slice::from_ref(step), &stages);
            sought.map_err(ApiError::internal)
        };
        let periods = Periods::of(range.from, range.to, range.zone(), period, offsets)
            .ok_or_else(|| wrong("period", "cuts this time into more than 200 cohorts"))?;
        let asking = Asking {
            since: match &since {
                Told::Seen => Since::FirstSeen,
                Told::Split(dimension) => Since::Split(*dimension),
                Told::Doing(step) => Since::Doing(sought(step)?),
            },
            returning: match &returning {
                None => Returning::Session,
                Some(step) => Returning::Doing(sought(step)?),
            },
            by,
            periods,
            offsets,
        };
        Ok(retention(scope, &asking))
    };
    asked.answer(&app, RETENTION, question).await
}

fn since(text: &str) -> Result<Told, ApiError> {
    if text == "first_seen" {
        return Ok(Told::Seen);
    }
    if let Ok(dimension) = text.parse::<Dimension>() {
        return if dimension.of() == Of::Visitor && !dimension.is_personal() {
            Ok(Told::Split(dimension))
        } else {
            Err(wrong(
                "cohort",
                "is a dimension that is not of the first touch",
            ))
        };
    }
    doing("cohort", text).map(Told::Doing)
}

fn doing(field: &'static str, text: &str) -> Result<Step, ApiError> {
    let none = || {
        wrong(
            field,
            "is neither a word for it nor event:NAME, milestone:NAME or page:PATH",
        )
    };
    let (kind, name) = text.split_once(':').ok_or_else(none)?;
    let name = Some(name.to_owned()).filter(|name| !name.is_empty());
    let mut step = Step::default();
    match kind {
        "event" => step.event = name,
        "milestone" => step.milestone = name,
        "page" => step.page = name,
        _ => return Err(none()),
    }
    step.check().map_err(|_| none())?;
    Ok(step)
}
