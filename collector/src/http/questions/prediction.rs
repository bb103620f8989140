//! `GET /api/v1/analytics/prediction`

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::attribution::wrong;
use super::{Answer, Asked, Common};
use crate::analytics::definitions::PREDICTION;
use crate::analytics::prediction::Prediction;
use crate::analytics::progress::Stages;
use crate::analytics::scope::Scope;
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::http::openapi::failures;
use crate::journey::Identity;

/// Persons of one answer.
const MOST_PERSONS: usize = 100;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Persons whose chances are told, up to a hundred, separated by commas: `user:42,visitor:…`; for whoever may be told of
    /// single persons.
    person: Option<String>,
}

impl Params {
    fn persons(&self) -> Result<Vec<Identity>, ApiError> {
        let Some(text) = &self.person else {
            return Ok(Vec::new());
        };
        let persons: Result<Vec<Identity>, _> = text.split(',').map(str::parse).collect();
        let persons = persons.map_err(|error| wrong("person", &error.to_string()))?;
        if persons.len() > MOST_PERSONS {
            return Err(wrong("person", "names more than a hundred persons"));
        }
        Ok(persons)
    }
}

/// The chance of the next stage within 30 days, learned from the site's own history, with how well it did on what came later.
#[utoipa::path(get, path = "/api/v1/analytics/prediction", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Prediction>), failures::Asking))]
pub(crate) async fn chances(
    State(app): State<App>,
    asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let persons = asked.own.persons()?;
    if !persons.is_empty() && !asked.shows_persons {
        let message = "Chances of single persons are what you may not be told of.";
        return Err(ApiError::new(Code::Forbidden, message).field("person"));
    }
    if asked.compared.is_some() {
        return Err(wrong(
            "compare",
            "has nothing to compare: chances are those of now",
        ));
    }
    let definition = app.store().stages(asked.site.id);
    let (predictor, site_id) = (Arc::clone(app.predictor()), asked.site.id);
    let answer = move |scope: &Scope<'_>, _: &super::Range| {
        let learned = predictor.of(site_id, scope.columns, &definition);
        let stages = Stages::of(Arc::clone(&definition), scope.columns);
        Ok(learned.trained.tell(scope, &stages, &persons, learned.at))
    };
    asked.answer(&app, PREDICTION, answer).await
}
