//! `/api/v1/annotations`: what happened on a day or at a moment.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::caller::Caller;
use super::input::{self, Id, Json, Query};
use super::openapi::failures;
use super::reports::too_many;
use super::visitors::SiteParams;
use crate::app::App;
use crate::clock;
use crate::error::{ApiError, Code};
use crate::export::days;
use crate::saved::{self, MOST_ANNOTATIONS, Unfit};
use crate::store::audit::By;
use crate::store::saved::Annotation;
use crate::store::sites::Site;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    site: Option<i64>,
    /// The first day; without it, from the beginning.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; without it, to the end.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Annotations {
    data: Vec<Annotation>,
}

/// A day or a moment, and what happened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAnnotation {
    /// A day of the site's time zone, where it is no moment.
    #[schema(format = Date)]
    day: Option<String>,
    /// A moment, where it is no day.
    at: Option<i64>,
    /// 1 to 500 characters.
    text: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnnotationChange {
    /// A day, in the place of what there was.
    #[schema(format = Date)]
    day: Option<String>,
    /// A moment, in the place of what there was.
    at: Option<i64>,
    /// 1 to 500 characters.
    text: Option<String>,
}

/// The day on which it is, in the site's time zone, and the moment within it.
fn place(annotation: &Annotation, site: &Site) -> Option<(Date, Option<i64>)> {
    match (&annotation.day, annotation.at) {
        (Some(day), _) => Some((day.parse().ok()?, None)),
        (None, at) => {
            let moment = Timestamp::from_millisecond(at?).ok()?;
            let zone = days::zone(&site.time_zone);
            Some((moment.to_zoned(zone).date(), at))
        }
    }
}

/// One of the two.
fn time(day: Option<String>, at: Option<i64>) -> Result<(Option<String>, Option<i64>), ApiError> {
    let wrong = |field: &str, message: &str| {
        let unfit = Unfit {
            field: field.to_owned(),
            message: message.to_owned(),
        };
        Err(unfit.into())
    };
    match (day, at) {
        (Some(day), None) => match day.parse::<Date>() {
            Ok(day) => Ok((Some(day.to_string()), None)),
            Err(_) => wrong("day", "A day is written as in 2026-03-01."),
        },
        (None, Some(at)) if Timestamp::from_millisecond(at).is_err() => {
            wrong("at", "This is no moment of which there is a day.")
        }
        (None, Some(at)) => Ok((None, Some(at))),
        (Some(_), Some(_)) => wrong("at", "It is of a day or of a moment, not of both."),
        (None, None) => wrong("day", "Say the day or the moment."),
    }
}

/// `GET /api/v1/annotations`
#[utoipa::path(get, path = "/api/v1/annotations", tag = "saved", security(("api_key" = []), ("cookie" = [])), params(Params), responses((status = 200, body = Annotations), failures::Asking))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Answer<Annotations>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    if let (Some(from), Some(to)) = (params.from, params.to)
        && from > to
    {
        let message = "The parameter from has to be no later than to.";
        return Err(ApiError::new(Code::InvalidParameter, message).field("from"));
    }
    let mut data = app.store().annotations(site.id).await?;
    data.retain(|annotation| {
        place(annotation, &site).is_some_and(|(day, _)| {
            params.from.is_none_or(|from| day >= from) && params.to.is_none_or(|to| day <= to)
        })
    });
    // What is of the whole day stands before what is of a moment of it.
    data.sort_by_key(|annotation| (place(annotation, &site), annotation.id));
    Ok(Answer(Annotations { data }))
}

/// `POST /api/v1/annotations`
#[utoipa::path(post, path = "/api/v1/annotations", tag = "saved", security(("api_key" = []), ("cookie" = [])), params(SiteParams), request_body = NewAnnotation, responses((status = 201, body = Annotation), failures::Changing))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<SiteParams>,
    Json(new): Json<NewAnnotation>,
) -> Result<(StatusCode, Answer<Annotation>), ApiError> {
    let site = caller.site(&app, params.site).await?;
    let now = clock::now();
    let (day, at) = time(new.day, new.at)?;
    let annotation = Annotation {
        id: Uuid::now_v7(),
        day,
        at,
        note: saved::note(&new.text)?,
        created_at: now,
        created_by: caller.actor(),
        changed_at: now,
    };
    let store = app.store();
    if store.annotations(site.id).await?.len() >= MOST_ANNOTATIONS {
        return Err(too_many(MOST_ANNOTATIONS, "annotations"));
    }
    store.add_annotation(site.id, &annotation).await?;
    Ok((StatusCode::CREATED, Answer(annotation)))
}

async fn find(app: &App, site_id: i64, id: Uuid) -> Result<Annotation, ApiError> {
    let mut all = app.store().annotations(site_id).await?.into_iter();
    all.find(|annotation| annotation.id == id)
        .ok_or_else(ApiError::not_found)
}

/// `PATCH /api/v1/annotations/{id}`
#[utoipa::path(patch, path = "/api/v1/annotations/{id}", tag = "saved", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), SiteParams), request_body = AnnotationChange, responses((status = 200, body = Annotation), failures::Changing))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
    Json(change): Json<AnnotationChange>,
) -> Result<Answer<Annotation>, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let mut annotation = find(&app, site.id, id).await?;
    if change.day.is_some() || change.at.is_some() {
        (annotation.day, annotation.at) = time(change.day, change.at)?;
    }
    if let Some(text) = change.text {
        annotation.note = saved::note(&text)?;
    }
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    annotation.changed_at = by.now;
    let changed = app.store().change_annotation(site.id, &annotation, by);
    if !changed.await? {
        return Err(ApiError::not_found());
    }
    Ok(Answer(annotation))
}

/// `DELETE /api/v1/annotations/{id}`
#[utoipa::path(delete, path = "/api/v1/annotations/{id}", tag = "saved", security(("api_key" = []), ("cookie" = [])), params(("id" = Uuid, Path), SiteParams), responses((status = 204, description = "Removed"), failures::Changing))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Uuid>,
    Query(params): Query<SiteParams>,
) -> Result<StatusCode, ApiError> {
    let site = caller.site(&app, params.site).await?;
    let annotation = find(&app, site.id, id).await?;
    let by = By {
        actor: &caller.actor(),
        now: clock::now(),
    };
    let removed = app.store().remove_annotation(site.id, &annotation, by);
    if !removed.await? {
        return Err(ApiError::not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}
