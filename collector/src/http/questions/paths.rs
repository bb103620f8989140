//! `GET /api/v1/analytics/paths`

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::range::wrong;
use super::{Answer, Asked, Common};
use crate::analytics::definitions::PATHS;
use crate::analytics::paths::{Asking, DEPTHS, Of, Paths, SEQUENCES, TOPS, Way, paths};
use crate::analytics::scope::Scope;
use crate::analytics::steps::{Sought, Step};
use crate::app::App;
use crate::error::ApiError;
use crate::http::input;
use crate::http::openapi::failures;

/// What stands for the beginning or the end of a session.
const SESSION: &str = "session";

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Where paths begin, as a step of a funnel in JSON: `{"page":"/pricing"}`; `session` for the session's beginning, which it
    /// is where neither `start` nor `end` is there.
    start: Option<String>,
    /// Where paths that are followed back begin: a step, or `session` for the session's end.
    end: Option<String>,
    /// Places of a path, the first included: 2 to 10; 5 where there is none.
    depth: Option<usize>,
    /// Things that are told by themselves at each place, the rest as others: 1 to 50; 10 where there is none.
    top: Option<usize>,
    /// `pages`, `events` (milestones included) or `both`; `pages` where nothing is said.
    #[serde(default, deserialize_with = "input::parsed")]
    of: Option<Of>,
    /// How many of the most frequent whole sequences of things are told, of up to `depth` each: 1 to 100; none where there is
    /// none.
    sequences: Option<usize>,
}

/// Where sessions go on to after something, or came from before it.
#[utoipa::path(get, path = "/api/v1/analytics/paths", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Paths>), failures::Asking))]
pub(crate) async fn links(
    State(app): State<App>,
    mut asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let ends = (asked.own.start.take(), asked.own.end.take());
    let (way, name, text) = match (ends.0.as_deref(), ends.1.as_deref()) {
        (Some(_), Some(_)) => {
            let message = "cannot be there beside start: paths are followed one way".to_owned();
            return Err(wrong("end", &message));
        }
        (start, None) => (Way::After, "start", start.unwrap_or(SESSION)),
        (None, Some(end)) => (Way::Before, "end", end),
    };
    let anchor = anchor(&mut asked, name, text)?;
    let own = &asked.own;
    let depth = own.depth.unwrap_or(5);
    if !DEPTHS.contains(&depth) {
        return Err(wrong("depth", "has to be 2 to 10"));
    }
    let top = own.top.unwrap_or(10);
    if !TOPS.contains(&top) {
        return Err(wrong("top", "has to be 1 to 50"));
    }
    let of = own.of.unwrap_or_default();
    let sequences = own.sequences;
    if sequences.is_some_and(|most| !SEQUENCES.contains(&most)) {
        return Err(wrong("sequences", "has to be 1 to 100"));
    }
    let stages = app.store().stages(asked.site.id);
    let question = move |scope: &Scope<'_>, _: &super::Range| {
        let anchor = anchor.as_ref();
        let sought = |step| Sought::of(scope.columns, std::slice::from_ref(step), &stages);
        let asking = Asking {
            way,
            anchor: anchor.map(sought).transpose().map_err(ApiError::internal)?,
            depth,
            top,
            of,
            sequences,
        };
        paths(scope, &asking).map_err(|_| {
            let message = "would tell more than a million sequences apart: ask for a smaller depth, or conditions";
            wrong("sequences", message)
        })
    };
    asked.answer(&app, PATHS, question).await
}

fn anchor(
    asked: &mut Asked<Params>,
    name: &'static str,
    text: &str,
) -> Result<Option<Step>, ApiError> {
    if text == SESSION {
        return Ok(None);
    }
    let step: Step = serde_json::from_str(text).map_err(|error| {
        wrong(
            name,
            &format!("is neither session nor a step in JSON: {error}"),
        )
    })?;
    step.check()
        .map_err(|error| wrong(name, &error.to_string()))?;
    asked.reads_step(&step, name)?;
    Ok(Some(step))
}
