//! `GET /api/v1/analytics/properties`

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, Asked, Common, Range, Worked, rows};
use crate::analytics::definitions::PROPERTIES;
use crate::analytics::filter::Question;
use crate::analytics::latest::{Latest, latest};
use crate::analytics::properties::{Row, properties};
use crate::analytics::scope::{Sample, Scope};
use crate::app::App;
use crate::columns::props::text_of;
use crate::error::ApiError;
use crate::http::input;
use crate::http::openapi::failures;

/// Values of each property where nobody says how many.
const USUAL_VALUES: usize = 10;
/// Events that are looked at where nobody says how many, and at most.
const USUAL_EVENTS: usize = 1_000;
const MOST_EVENTS: usize = 10_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// The name of the events.
    event: String,
    /// One property; all where there is none.
    property: Option<String>,
    /// How many values of each, 10 where nobody says.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// How many of the latest events are looked at, 1000 where nobody says.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(minimum = 1, maximum = 10000)]
    events: Option<usize>,
}

/// What events of a name tell.
#[derive(Serialize, ToSchema)]
pub(crate) struct Properties {
    event: String,
    /// How many of the events were looked at: the latest. `sample` has how many there are.
    looked_at: usize,
    /// The earliest of them; null where there is none.
    first_at: Option<i64>,
    /// Their properties, the most frequent first.
    rows: Vec<Row>,
}

/// What events tell beside their name: properties with their most frequent values, of the latest events of the time.
#[utoipa::path(get, path = "/api/v1/analytics/properties", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Common, Params), responses((status = 200, body = Answer<Properties>), failures::Asking))]
pub(crate) async fn table(
    State(app): State<App>,
    asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let began = Instant::now();
    rows::limit(asked.own.limit, USUAL_VALUES)?;
    let most = asked.own.events.unwrap_or(USUAL_EVENTS);
    if !(1..=MOST_EVENTS).contains(&most) {
        let message = format!("has to be from 1 to {MOST_EVENTS}");
        return Err(rows::wrong("events", &message));
    }
    let columns = asked.columns(&app).await?;
    let as_of = columns.as_of();
    let word = columns.words().find(&asked.own.event);
    let question = move |scope: &Scope<'_>, _: &Range| {
        let found = word.map(|word| latest(scope, word, most));
        Ok((found.unwrap_or_default(), Sample::default()))
    };
    let tell = |_: &_, now, before| (now, before);
    let worked: Worked<Latest> = asked
        .work(&app, Arc::clone(&columns), question, tell)
        .await?;
    let sample = worked.data.sample;
    let data = told(&app, &asked, &worked.data).await?;
    let previous = match &worked.previous {
        Some(before) => Some(told(&app, &asked, before).await?),
        None => None,
    };
    let worked = Worked {
        data,
        previous,
        sample,
        visitors_error: None,
    };
    asked.say(PROPERTIES, (began, as_of), worked)
}

async fn told(app: &App, asked: &Asked<Params>, latest: &Latest) -> Result<Properties, ApiError> {
    let own = &asked.own;
    let texts = app
        .store()
        .props_of(asked.site.id, &own.event, &latest.moments)
        .await?;
    let read = |text: &Option<String>| -> Map<String, Value> {
        let read = text.as_deref().map(serde_json::from_str);
        read.and_then(Result::ok).unwrap_or_default()
    };
    let mut events: Vec<Map<String, Value>> = texts.iter().map(read).collect();
    // Two of one moment may differ in what they tell.
    for filter in &asked.filters {
        let question = Question::of(filter).map_err(ApiError::internal)?;
        if let Some(name) = filter.dimension.name() {
            let told = |event: &Map<String, Value>| event.get(name).and_then(text_of);
            events.retain(|event| question.holds(told(event).as_deref()));
        }
    }
    let values = rows::limit(own.limit, USUAL_VALUES)?;
    Ok(Properties {
        event: own.event.clone(),
        looked_at: events.len(),
        first_at: latest.moments.last().map(|(at, _)| *at),
        rows: properties(&events, own.property.as_deref(), values),
    })
}
