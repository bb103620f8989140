//! `GET /api/v1/analytics/insights`

use std::time::Instant;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::attribution::wrong;
use super::{Answer, Asked, Range, Timed};
use crate::analytics::definitions::INSIGHTS;
use crate::analytics::scope::Sample;
use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::http::openapi::failures;
use crate::journey::{InsightKind, rules};
use crate::store::Bots;
use crate::store::kept_insights::RuleCount;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {}

/// Of how many persons each rule holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InsightCounts)]
pub(crate) struct Counts {
    /// Every rule, in the order of the definition.
    rows: Vec<Row>,
}

/// A rule and of how many it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InsightCountRow)]
pub(crate) struct Row {
    /// The rule's name.
    rule: &'static str,
    /// The rule's version.
    version: u32,
    /// `signal` or `risk`.
    kind: &'static str,
    /// Persons of whom it held at the end of the time, or now where that is yet to come.
    holds: i64,
    /// Persons of whom it began to hold in the time.
    began: i64,
    /// Persons of whom it ended in the time.
    ended: i64,
    /// Where those are listed of whom it holds now.
    href: String,
}

/// Of how many persons each insight holds, and of how many it began and ended.
#[utoipa::path(get, path = "/api/v1/analytics/insights", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(Timed, Params), responses((status = 200, body = Answer<Counts>), failures::Asking))]
pub(crate) async fn counts(
    State(app): State<App>,
    asked: Asked<Params>,
) -> Result<Response, ApiError> {
    let began = Instant::now();
    let whole = "cannot narrow this: insights are of whole persons";
    if asked.is_segment {
        return Err(wrong("segment", whole));
    }
    if !asked.filters.is_empty() {
        return Err(wrong("filters", whole));
    }
    if asked.bots != Bots::Exclude {
        return Err(wrong("bots", "has to be exclude: bots have no insights"));
    }
    let now = clock::now();
    let (data, sample) = count(&app, asked.site.id, &asked.range, now).await?;
    let previous = match &asked.compared {
        Some(range) => Some(count(&app, asked.site.id, range, now).await?.0),
        None => None,
    };
    asked.told(began, INSIGHTS, now, (data, sample), previous)
}

async fn count(
    app: &App,
    site_id: i64,
    range: &Range,
    now: i64,
) -> Result<(Counts, Sample), ApiError> {
    let span = range.span();
    // What is yet to come is not counted.
    let within = (span.begin, span.end.min(now + 1));
    let found = app.store().insight_counts(site_id, within).await?;
    let row = |(rule, version, kind): (&'static str, u32, InsightKind)| {
        let is_own = |one: &&RuleCount| one.rule == rule && one.version == i64::from(version);
        let count = found.iter().find(is_own);
        let of = |figure: fn(&RuleCount) -> i64| count.map_or(0, figure);
        Row {
            rule,
            version,
            kind: kind.as_str(),
            holds: of(|one| one.holds),
            began: of(|one| one.began),
            ended: of(|one| one.ended),
            href: format!("/api/v1/insights?site={site_id}&rule={rule}&status=current"),
        }
    };
    let rows: Vec<Row> = rules().map(row).collect();
    let sample = Sample {
        people: app
            .store()
            .insight_persons(site_id, within)
            .await?
            .unsigned_abs(),
        ..Sample::default()
    };
    Ok((Counts { rows }, sample))
}
